"""Locks on folders, which the system lets go when their holder ends, however it ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coalitiondata.errors import NotWrittenError

if sys.platform != "win32":
    import fcntl

PATIENCE = 60.0  # seconds; what is done under a lock takes milliseconds


def hold(folder: Path) -> int | None:
    """Lock a folder until the descriptor that is returned is closed, or this process ends.

    Returns None where folders cannot be locked (Windows, some network drives): what is done then
    is as safe as the file system's renaming, but for two processes in the same instant.

    Raises BlockingIOError if another process holds the folder.
    """
    if sys.platform == "win32":
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return descriptor


def release(descriptor: int | None) -> None:
    """Let go what `hold` returned."""
    if descriptor is not None:
        os.close(descriptor)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a folder for this process alone, after waiting for others.

    Raises NotWrittenError if another process does not let it go within a minute.
    """
    last = time.monotonic() + PATIENCE
    while True:
        try:
            descriptor = hold(folder)
            break
        except BlockingIOError:
            if time.monotonic() > last:
                raise NotWrittenError(
                    f"Another process has been writing in {folder} for a minute. Nothing was "
                    "changed; try again when it has ended."
                ) from None
            time.sleep(0.02)
    try:
        yield
    finally:
        release(descriptor)
