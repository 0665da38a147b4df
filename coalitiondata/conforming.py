"""A user's frame -> the same frame in the types of the schema, and the cells that resist."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from coalitiondata import problems
from coalitiondata.schema import Field, Table

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")

_FLAGS = {True: True, False: False, "true": True, "false": False, "True": True, "False": False}

_HINTS = {
    "string": "Give text, or leave the cell missing.",
    "integer": "Give a whole number, or leave the cell missing.",
    "number": "Give a number, or leave the cell missing.",
    "boolean": "Give true or false, or leave the cell missing.",
    "date": "Give a calendar date as YYYY-MM-DD without time of day, or leave the cell missing.",
}


def conform(table: Table, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Convert the known columns without changing any value; a cell that cannot is reported.

    Numbers and dates may come as text, whole numbers as floats, empty text counts as missing. The
    frame that comes back has its positions as index, missing where a cell resisted; columns with
    listed levels are plain text, so that a wrong level is still there to be reported.
    """
    original = frame.reset_index(drop=True)
    columns: dict[str, pd.Series] = {}
    reports = []
    for field in table.fields:
        if field.name not in original:
            continue
        given = original[field.name]
        filled = given.notna() & ~(given.astype("object") == "")
        columns[field.name] = _converted(field, given.where(filled))
        resisted = filled & columns[field.name].isna()
        reports.append(
            problems.at(resisted, original, table.name, field.name, field.type, _HINTS[field.type])
        )
    return pd.DataFrame(columns, index=original.index), problems.together(reports)


def _converted(field: Field, given: pd.Series) -> pd.Series:
    if field.type == "date":
        return _dates(given)
    if field.type == "string":
        text = given.astype("object")
        return text.where(text.map(lambda value: isinstance(value, str)).astype(bool), np.nan)
    if field.type == "boolean":
        known = given.astype("object").map(_flag, na_action="ignore")
        return known.astype("boolean")
    if field.type == "integer" and pd.api.types.is_integer_dtype(given.dtype):
        return given.astype("Int64")
    numbers = given.astype("object").map(number, na_action="ignore").astype("float64")
    if field.type == "number":
        return numbers
    return numbers.where(numbers % 1 == 0).astype("Int64")


def _flag(value: Any) -> bool | None:
    # Databases and statistics programs keep flags as 0 and 1.
    plain = isinstance(value, bool | np.bool_ | int | float | np.number | str)
    return _FLAGS.get(value) if plain else None


def number(value: Any) -> float:
    """The value as a number, NaN if it is none."""
    # A flag is not a number, though Python counts with it. `float` reads text exactly, which
    # `pandas.to_numeric` does not.
    if isinstance(value, bool | np.bool_):
        return np.nan
    if isinstance(value, int | float | np.number):
        return float(value)
    if not isinstance(value, str) or "_" in value:
        return np.nan
    try:
        return float(value)
    except ValueError:
        return np.nan


def _dates(given: pd.Series) -> pd.Series:
    if given.dtype.kind == "M" and getattr(given.dtype, "tz", None) is None:
        floors: pd.Series = given.dt.floor("D")
        return floors.where(floors == given).astype("datetime64[s]")
    days = given.astype("object").map(_day, na_action="ignore")
    return days.where(days.notna(), "NaT").astype(str).astype("datetime64[s]")


def _day(value: Any) -> str | None:
    if isinstance(value, datetime):
        plain = value.tzinfo is None and value == datetime(value.year, value.month, value.day)
        return value.strftime("%Y-%m-%d").rjust(10, "0") if plain else None
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        return None
