"""A file or folder is replaced by a whole new one, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coalitiondata.errors import CoalitionDataError, NotWrittenError
from coalitiondata.locking import hold, locked, release
from coalitiondata.settling import make_way, mend, settle

__all__ = ["make_way", "mend", "place", "settle", "staging", "write_whole"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the target, then rename: nobody ever sees half a file.

    Raises NotWrittenError if the disk is full or the folder read-only.
    """
    with staging(path) as staged:
        (staged / path.name).write_bytes(content)
        place(staged / path.name, path)


def place(staged: Path, target: Path, *, overwrite: bool = True) -> None:
    """Give a finished file its name. Raises TargetExistsError if that may not be replaced."""
    with staged.open("rb+") as file:
        os.fsync(file.fileno())
    with locked(target.parent):
        make_way([target], overwrite)
        os.replace(staged, target)


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """A new folder to prepare a file or folder in, on the same disk; it is gone at the end.

    Such folders of runs that were killed are swept away first, those of runs that are alive are
    not. An OSError inside becomes a NotWrittenError about `target`.
    """
    target = target.resolve() if target.is_dir() else Path(os.path.abspath(target))
    absent = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = target.parent
        if target.is_dir() and (target.is_mount() or not os.access(folder, os.W_OK)):
            folder = target
        prefix = f".{target.name}-staged-"
        with locked(folder):
            _sweep(folder, prefix)
            staged = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
            held = hold(staged)
        try:
            # Folders of tempfile are for their owner alone, and this one may stay.
            staged.chmod(0o777 & ~_umask())
            yield staged
        finally:
            shutil.rmtree(staged, ignore_errors=True)
            release(held)
    except BaseException as error:
        with suppress(OSError):
            for made in absent:
                made.rmdir()  # unless something is in it by now
        if isinstance(error, OSError) and not isinstance(error, CoalitionDataError):
            raise not_written(target, error) from error
        raise


def not_written(target: Path, error: OSError) -> NotWrittenError:
    """The error that says in words why a target could not be written."""
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        reason = f"the disk or quota is full ({reason}). Make room, or choose another place"
    elif error.errno in _CLOSED:
        reason = f"it may not be written to ({reason}). Choose another place"
    return NotWrittenError(f"{target} could not be written: {reason}. Nothing there was changed.")


def _sweep(folder: Path, prefix: str) -> None:
    for stray in folder.glob(f"{_literal(prefix)}*"):
        try:
            held = hold(stray)
        except OSError:
            continue
        if held is not None:
            shutil.rmtree(stray, ignore_errors=True)
            release(held)


def _literal(text: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in text)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
