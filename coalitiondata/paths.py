"""Where the data set lies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from coalitiondata.errors import DamagedFileError

VARIABLE = "COALITIONDATA_DATA"
DESCRIPTOR = "datapackage.json"

_PACKAGE = Path(__file__).resolve().parent
_OTHER: ContextVar[Path | None] = ContextVar("coalitiondata_folder", default=None)


@contextmanager
def reading_from(folder: Path) -> Iterator[None]:
    """Within this block `folder` is the data folder, whatever the environment says.

    It holds for the calling thread or task alone.
    """
    before = _OTHER.set(folder)
    try:
        yield
    finally:
        _OTHER.reset(before)


@contextmanager
def shipped_tables() -> Iterator[None]:
    """Within this block the data folder is the one that came with the package."""
    with reading_from(_own_folder()):
        yield


def data_dir() -> Path:
    """Folder of the tables and of their schema.

    The environment variable COALITIONDATA_DATA decides if it is set; else the tables that came
    with the installed package; else `data/` beside the package, as in a checkout.

    Raises DamagedFileError if there is no datapackage.json in that folder.
    """
    other = _OTHER.get()
    chosen = str(other) if other else os.environ.get(VARIABLE)
    if chosen:
        folder = Path(chosen).expanduser()
        repair = f"Point {VARIABLE} to a folder that holds it, or unset {VARIABLE}"
    else:
        folder = _own_folder()
        repair = "Install coalitiondata again"
    if not (folder / DESCRIPTOR).is_file():
        raise DamagedFileError(f"{folder / DESCRIPTOR} does not exist. {repair}.")
    return folder


def _own_folder() -> Path:
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent / "data"
