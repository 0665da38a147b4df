"""A file is replaced by a whole new one, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from coalitiondata.errors import TargetExistsError


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the target, then rename: nobody ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".coalitiondata-", dir=path.parent)
    staged = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # Files of tempfile are for their owner alone.
        staged.chmod(0o666 & ~_umask())
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)


def make_way(paths: list[Path], overwrite: bool) -> None:
    """Raise TargetExistsError if one of these is there already and may not be replaced."""
    taken = [path for path in paths if path.exists()]
    if taken and not overwrite:
        raise TargetExistsError(
            f"{taken[0]} exists already. Choose another path, or replace it with "
            f"overwrite=True (--overwrite)."
        )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
