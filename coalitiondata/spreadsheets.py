"""Text that a spreadsheet would run as a formula, and CSV that is safe to open in one."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from coalitiondata.canonical import csv_text, in_order
from coalitiondata.schema import Table

# What spreadsheets take for the beginning of a formula, full-width forms included (OWASP, CSV
# injection).
_FORMULA = re.compile("[=+\\-@\t\r\n＝＋－＠]")

ENCODING = "utf-8-sig"  # the byte order mark by which spreadsheets know UTF-8


def is_formula_like(text: str) -> bool:
    """Whether a spreadsheet could take this text for a formula."""
    return _FORMULA.match(text) is not None


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before text that begins like a formula; numbers stay."""
    text = {
        str(name): frame[name].map(_guarded, na_action="ignore")
        for name in frame
        if frame[name].dtype == "object"
    }
    return frame.assign(**text)


def write_spreadsheet_csv(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Write one table as CSV for opening in a spreadsheet, with a byte order mark.

    Text that begins like a formula (`+Europa`) gets an apostrophe before it, so that it is not run;
    all else is as in the canonical CSV.
    """
    path.write_bytes(csv_text(table, guarded(in_order(table, frame))).encode(ENCODING))


def _guarded(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and is_formula_like(value) else value
