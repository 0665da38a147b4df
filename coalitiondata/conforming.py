"""A user's frame -> the same frame in the types of the schema, and the cells that resist."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from coalitiondata import problems
from coalitiondata.given import is_unicode
from coalitiondata.reading import typed
from coalitiondata.schema import Field, Table, dtype

_EXACT = 2.0**53  # beyond, floats skip whole numbers

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
        filled = ~given.astype("object").map(is_missing).astype("bool")
        columns[field.name] = _converted(field, given.where(filled))
        resisted = filled & columns[field.name].isna()
        reports.append(
            problems.at(resisted, original, table.name, field.name, field.type, _HINTS[field.type])
        )
    return pd.DataFrame(columns, index=original.index), problems.together(reports)


def conformed(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with all columns of the table, in its order and dtypes; absent ones are missing."""
    full = frame.reindex(columns=table.columns)
    for field in table.fields:
        column = full[field.name]
        if field.type == "date":
            full[field.name] = column.astype("datetime64[s]")
        elif field.type == "string":
            text = column.astype("object")
            full[field.name] = text.where(text.notna(), float("nan"))
    return typed(table, _numbers(table, full))


def _numbers(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    kinds = {
        field.name: dtype(field)
        for field in table.fields
        if field.type in ("integer", "number", "boolean")
    }
    return frame.astype(kinds)


def _converted(field: Field, given: pd.Series) -> pd.Series:
    if field.type == "date":
        return _dates(given)
    if field.type == "string":
        text = given.astype("object")
        fits = text.map(lambda value: isinstance(value, str) and is_unicode(value))
        return text.where(fits.astype("bool"), np.nan)
    if field.type == "boolean":
        flags = pd.array([_flag(cell) for cell in given.astype("object")], dtype="boolean")
        return pd.Series(flags, index=given.index)
    if field.type == "integer" and pd.api.types.is_signed_integer_dtype(given.dtype):
        return given.astype("Int64")
    numbers = given.astype("object").map(number).astype("float64")
    if field.type == "number":
        return numbers
    return numbers.where((numbers % 1 == 0) & (numbers.abs() <= _EXACT)).astype("Int64")


def _flag(value: Any) -> bool | None:
    # Databases and statistics programs keep flags as 0 and 1.
    plain = isinstance(value, bool | np.bool_ | int | float | np.number | str)
    return _FLAGS.get(value) if plain else None


def is_missing(value: Any) -> bool:
    """Whether a cell is empty: no value of any kind, or empty text."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, str):
        return value == ""
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def is_number(value: Any) -> bool:
    """Whether a cell is a real number: no flag, though Python counts with it, and no time span."""
    real = isinstance(value, int | float | np.integer | np.floating)
    return real and not isinstance(value, bool | np.bool_ | np.timedelta64)


def number(value: Any) -> float:
    """The value as a finite number, NaN if it is none."""
    # `float` reads text exactly, which `pandas.to_numeric` does not.
    if not is_number(value) and (not isinstance(value, str) or "_" in value):
        return np.nan
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return np.nan
    return found if np.isfinite(found) else np.nan


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
