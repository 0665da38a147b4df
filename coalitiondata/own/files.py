"""Files that a user has -> data frames, cells as they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from coalitiondata import schema
from coalitiondata.errors import DamagedFileError, UnknownNameError
from coalitiondata.own.bounded import opened, read_parquet
from coalitiondata.own.library_errors import read_by_library
from coalitiondata.own.minimal import TABLES
from coalitiondata.own.workbooks import read_sheets
from coalitiondata.paths import DESCRIPTOR, shipped_tables
from coalitiondata.reading import read_text

_EXPLAINING = ("explanation", "levels", "about", "codebook")


def read_files(path: Path, extension: str) -> tuple[dict[str, pd.DataFrame], dict[str, Any] | None]:
    """Tables by name, and the schema that lies beside them, if any.

    `path` is one file, which holds `members` unless it is named like another table, or a folder.
    Raises DamagedFileError for a file that cannot be read, UnknownNameError for a folder without
    any table.
    """
    if extension == "xlsx":
        return _sheets(path), None
    if path.is_dir():
        descriptor = _descriptor(path)
        found = {file.stem: file for file in sorted(path.glob(f"*.{extension}"))}
        tables = {name: _read(found[name], extension) for name in _names(found, descriptor)}
        if not tables:
            raise UnknownNameError(
                f"{path} holds no table as .{extension}: expected members.{extension}, or tables "
                f"of the data set as coalitions.{extension} and memberships.{extension}."
            )
        return tables, descriptor
    return {"members": _read(path, extension)}, None


def _names(found: dict[str, Path], descriptor: dict[str, Any] | None) -> list[str]:
    if descriptor is not None:
        return [each["name"] for each in descriptor["resources"] if each["name"] in found]
    if "members" in found:
        return [name for name in TABLES if name in found]
    with shipped_tables():
        return [name for name in schema.tables() if name in found]


def _descriptor(folder: Path) -> dict[str, Any] | None:
    path = folder / DESCRIPTOR
    if not path.is_file():
        return None
    return schema.read_package(path, "Export the tables again, or correct it.")[0]


def _read(path: Path, extension: str) -> pd.DataFrame:
    if extension == "csv":
        try:
            with opened(path) as file:
                frame = read_text(path, file)
        except DamagedFileError:
            raise
        except OSError as problem:
            raise DamagedFileError(f"{path} cannot be read: {problem}") from problem
        # Spreadsheets write a byte order mark.
        return frame.rename(columns=lambda name: str(name).lstrip("\ufeff").strip())
    missing = 'Parquet needs pyarrow: pip install "coalitiondata[parquet]"'
    with read_by_library(path, "Parquet", missing):
        return read_parquet(path)


def _sheets(path: Path) -> dict[str, pd.DataFrame]:
    sheets = read_sheets(path)
    filled = {name: frame for name, frame in sheets.items() if len(frame)}
    tables = {name: frame for name, frame in filled.items() if name in TABLES}
    if not tables and len(filled) == 1:
        return {"members": next(iter(filled.values()))}
    if "members" not in tables:
        raise UnknownNameError(f"{path} has no sheet `members` with rows: {', '.join(sheets)}.")
    return tables
