"""Dates as people write them: what they mean, how precisely, and why some are refused."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coalitiondata.conforming import is_missing, is_number, number

MIDMONTH = 15
MIDYEAR = (7, 1)

_FIRST_NUMBER, _LAST_NUMBER = 1000, 2200
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")  # fmt: skip
_WORD = r"([A-Za-z]{3,9})\.?"
_WORDS = (
    re.compile(rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?P<month>{_WORD}),? (?P<year>\d{{4}})"),
    re.compile(rf"(?P<month>{_WORD}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})"),
    re.compile(rf"(?P<month>{_WORD}),? (?P<year>\d{{4}})"),
)
_OPEN = ("ongoing", "present", "open", "still in", "today", "now")

_HINTS = {
    "form": "Write 1914, 1914-08 or 1914-08-04, as far as it is known.",
    "order": "Day and month can be read either way round: write it as YYYY-MM-DD (1914-08-04).",
    "calendar": "No calendar has this day; correct it, or write only the month or year.",
    "bce": "Years before 1 cannot be held; leave it missing, or leave the coalition out.",
    "serial": "Looks like a spreadsheet's serial number of a day: format the cell as text and "
    "write 1914-08-04.",
    "number": f"As a number only a year from {_FIRST_NUMBER} to {_LAST_NUMBER} is understood: "
    "write other dates as text, YYYY-MM-DD.",
    "time": "A date must have no time of day and no time zone: write YYYY-MM-DD.",
    "span": "One date is wanted, not a span or a guess: give the year or month, or leave it "
    "missing.",
}


class _Day(NamedTuple):
    text: str | None
    precision: str | None
    fault: str | None


_NOTHING = _Day(None, None, None)


def read_dates(column: pd.Series) -> pd.DataFrame:
    """Dates with their precision: `date` (datetime64[s]), `precision`, `open`, `hint`.

    Understood are `1914`, `1914-08`, `1914-08-04` (also with a time of 00:00), `4 August 1914`,
    `August 4, 1914`, `August 1914`, whole numbers from 1000 to 2200 as years, dates, datetimes and
    timestamps at midnight. A year is stored as its 1 July and a month as its 15th, the midpoints
    that analyses use, with the precision `year` or `month`. Years 1 to 9999 can be held; nothing
    ends at 1678.

    `open` marks words that say that something goes on (`ongoing`, `present`, ...), which have no
    date. `hint` says why a cell was refused, and is missing where there is no fault: nothing is
    guessed, so `04.08.1914` and `8/4/1914`, serial numbers of spreadsheets, spans, question marks
    and years BCE are refused. Empty cells and blank text are missing dates without fault.
    """
    if column.dtype.kind == "M" and getattr(column.dtype, "tz", None) is None:
        return _timestamps(column)
    read = [_read(value) for value in column.astype("object")]
    return pd.DataFrame(
        {
            "date": np.array([each.text or "NaT" for each in read], dtype="datetime64[s]"),
            "precision": pd.Series(
                [each.precision for each in read], index=column.index, dtype="object"
            ),
            "open": np.array([isinstance(v, str) and _is_open(v) for v in column], dtype="bool"),
            "hint": pd.Series([each.fault for each in read], index=column.index, dtype="object"),
        },
        index=column.index,
    )


def one_date(value: Any) -> tuple[pd.Timestamp | None, str | None, str | None]:
    """Date, precision and fault of a single value, read as `read_dates` reads a column."""
    row = read_dates(pd.Series([value], dtype="object")).iloc[0]
    return (
        None if pd.isna(row["date"]) else row["date"],
        row["precision"],
        _HINTS["form"] if row["open"] else row["hint"],
    )


def _timestamps(column: pd.Series) -> pd.DataFrame:
    days = column.dt.floor("D")
    odd = column.notna() & (days != column)
    precision = pd.Series("day", index=column.index, dtype="object")
    return pd.DataFrame(
        {
            "date": days.mask(odd).astype("datetime64[s]"),
            "precision": precision.where(column.notna() & ~odd, None),
            "open": False,
            "hint": pd.Series(_HINTS["time"], index=column.index, dtype="object").where(odd, None),
        }
    )


def _is_open(text: str) -> bool:
    return text.strip().lower() in _OPEN


def _read(value: Any) -> _Day:
    if isinstance(value, str):
        return _from_text(" ".join(value.split()))
    if isinstance(value, bool | np.bool_):
        return _refused("form")
    if is_missing(value):
        return _NOTHING
    if is_number(value):
        return _from_number(number(value))
    if isinstance(value, np.datetime64):
        return _NOTHING if np.isnat(value) else _from_text(str(value.astype("datetime64[s]")))
    if isinstance(value, datetime):
        plain = value.tzinfo is None and value == datetime(value.year, value.month, value.day)
        return _made(value.year, value.month, value.day) if plain else _refused("time")
    if isinstance(value, date):
        return _made(value.year, value.month, value.day)
    return _refused("form")


def _from_number(number: float) -> _Day:
    if np.isnan(number):
        return _refused("number")
    if number < 1:
        return _refused("bce")
    if not number.is_integer() or _LAST_NUMBER < number < 100_000:
        return _refused("serial")
    if not _FIRST_NUMBER <= number <= _LAST_NUMBER:
        return _refused("number")
    return _made(int(number), None, None)


def _from_text(text: str) -> _Day:
    if text == "" or _is_open(text):
        return _NOTHING
    found = _ISO.fullmatch(text)
    if found:
        year, month, day = (None if part is None else int(part) for part in found.groups())
        return _refused("bce") if not year else _made(year, month, day)
    for form in _WORDS:
        words = form.fullmatch(text)
        if words:
            parts = words.groupdict()
            number = _month(parts["month"])
            if number is None:
                return _refused("form")
            return _made(int(parts["year"]), number, int(parts["day"]) if "day" in parts else None)
    return _refused(_why(text))


def _why(text: str) -> str:
    if re.fullmatch(r"-\d+(-\d+)*", text) or re.search(r"\b(BCE?|B\.C\.)", text):
        return "bce"
    if re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}", text):
        return "order"
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return "serial"
    if re.search(r"\d[T ]\d{1,2}:\d", text):
        return "time"
    if re.search(r"\?|^c(a|irca)?\.? |\d ?[-/–] ?\d{4}$|\bor\b|\bto\b", text):
        return "span"
    return "form"


def _month(word: str) -> int | None:
    plain = word.lower().rstrip(".")
    whole = "september" if plain == "sept" else plain
    starts = [
        place
        for place, name in enumerate(_MONTHS, start=1)
        if name == whole or (len(whole) == 3 and name.startswith(whole))
    ]
    return starts[0] if len(starts) == 1 else None


def _made(year: int, month: int | None, day: int | None) -> _Day:
    precision = "year" if month is None else "month" if day is None else "day"
    stored = MIDYEAR if month is None else (month, MIDMONTH if day is None else day)
    try:
        return _Day(date(year, *stored).isoformat(), precision, None)
    except ValueError:
        return _refused("calendar")


def _refused(why: str) -> _Day:
    return _Day(None, None, _HINTS[why])
