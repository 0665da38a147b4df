"""Workbooks that a user has -> data frames, within bounds that no honest workbook meets."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pandas as pd

from coalitiondata.errors import DamagedFileError
from coalitiondata.own.library_errors import read_by_library

MOST_BYTES = 256 * 2**20
"""Most that a workbook may unpack to."""
MOST_CELLS = 5_000_000
"""Most cells of the rectangle that a sheet uses; larger tables go into CSV or Parquet."""

_BLOCK = 2**20
_OVERLAP = 64
_CELL = re.compile(rb'\sr\s*=\s*["\']([A-Z]{1,3})(\d{1,7})["\']')
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")


def read_sheets(path: Path) -> dict[str, pd.DataFrame]:
    """The sheets by name, cells as they stand.

    Raises DamagedFileError for a file that is no workbook, cannot be read, or unpacks to more than
    the bounds above; MissingExtraError without openpyxl.
    """
    missing = 'Excel needs openpyxl: pip install "coalitiondata[export]"'
    with read_by_library(path, "a workbook", missing):
        _check_size(path)
        return pd.read_excel(path, sheet_name=None, dtype="object", keep_default_na=False,
                             na_values=[""], engine="openpyxl")  # fmt: skip


def _check_size(path: Path) -> None:
    # A few kilobytes can unpack to gigabytes, and one cell in the last corner of a sheet makes it
    # as large as sheets get.
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        total = sum(part.file_size for part in parts)
        if total > MOST_BYTES:
            raise DamagedFileError(
                f"{path} unpacks to {total / 2**20:.0f} MB, more than the {MOST_BYTES // 2**20} MB "
                "that a workbook may have; give large tables as CSV or Parquet."
            )
        for part in parts:
            if "worksheets/" in part.filename:
                rows, columns = _extent(archive, part)
                if rows * columns > MOST_CELLS:
                    raise DamagedFileError(
                        f"{path}: {part.filename} uses {rows} rows and {columns} columns, more "
                        f"than {MOST_CELLS} cells; delete what stands far outside the table, or "
                        "give the table as CSV or Parquet."
                    )


def _extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int]:
    """Last row and last column that a cell of the sheet names, or as many rows as there are."""
    last_row = last_column = counted = 0
    before = b""
    with archive.open(part) as file:
        while block := file.read(_BLOCK):
            text = before + block
            for column, row in set(_CELL.findall(text)):
                last_row = max(last_row, int(row))
                last_column = max(last_column, _number(column))
            counted += len(_ROW.findall(block))
            before = block[-_OVERLAP:]
    return max(last_row, counted), max(last_column, 1)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
