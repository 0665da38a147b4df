"""Where the data set lies."""

from __future__ import annotations

import os
from pathlib import Path

from coalitiondata.errors import DamagedFileError

VARIABLE = "COALITIONDATA_DATA"
DESCRIPTOR = "datapackage.json"

_PACKAGE = Path(__file__).resolve().parent


def data_dir() -> Path:
    """Folder of the tables and of their schema.

    The environment variable COALITIONDATA_DATA decides if it is set; else the tables that came
    with the installed package; else `data/` beside the package, as in a checkout.

    Raises DamagedFileError if there is no datapackage.json in that folder.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        folder = Path(chosen).expanduser()
        repair = f"Point {VARIABLE} to a folder that holds it, or unset {VARIABLE}"
    else:
        installed = _PACKAGE / "_data"
        folder = installed if installed.is_dir() else _PACKAGE.parent / "data"
        repair = "Install coalitiondata again"
    if not (folder / DESCRIPTOR).is_file():
        raise DamagedFileError(f"{folder / DESCRIPTOR} does not exist. {repair}.")
    return folder
