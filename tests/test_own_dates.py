"""Dates as people write them: what is understood, what is refused, and what is kept."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalitiondata.own.dates import read_dates


def one(value: object) -> tuple[str, str | None, str | None]:
    row = read_dates(pd.Series([value], dtype="object")).iloc[0]
    return str(row["date"])[:10], row["precision"], row["hint"]


@pytest.mark.parametrize(
    ("value", "date", "precision"),
    [
        ("1914", "1914-07-01", "year"),
        (1914, "1914-07-01", "year"),
        (1914.0, "1914-07-01", "year"),
        ("1914-08", "1914-08-15", "month"),
        ("1914-8", "1914-08-15", "month"),
        ("1914-08-04", "1914-08-04", "day"),
        (" 1914-08-04 00:00:00 ", "1914-08-04", "day"),
        ("1631-09-17", "1631-09-17", "day"),
        ("0800-12-25", "0800-12-25", "day"),
        ("4 August 1914", "1914-08-04", "day"),
        ("August 4, 1914", "1914-08-04", "day"),
        ("Aug. 1914", "1914-08-15", "month"),
        ("2nd Sept 1945", "1945-09-02", "day"),
        (dt.date(1618, 5, 23), "1618-05-23", "day"),
        (dt.datetime(1914, 8, 4), "1914-08-04", "day"),
        (pd.Timestamp("1914-08-04"), "1914-08-04", "day"),
    ],
)
def test_understood(value: object, date: str, precision: str) -> None:
    assert one(value) == (date, precision, None)


@pytest.mark.parametrize(
    ("value", "because"),
    [
        ("04.08.1914", "either way"),
        ("8/4/1914", "either way"),
        ("25/12/1914", "either way"),
        (5330, "serial"),
        ("42005", "serial"),
        (42005.5, "serial"),
        ("1914-02-30", "No calendar"),
        ("1914-13", "No calendar"),
        ("-0431", "before 1"),
        ("431 BC", "before 1"),
        (-431, "before 1"),
        (14, "only a year"),
        ("1914?", "guess"),
        ("ca. 1914", "guess"),
        ("1914-1918", "guess"),
        ("1914-08-04 12:30", "time of day"),
        (dt.datetime(1914, 8, 4, 12), "time of day"),
        (pd.Timestamp("1914-08-04", tz="UTC"), "time of day"),
        ("Augst 1914", "Write"),
        ("soon", "Write"),
        (True, "Write"),
    ],
)
def test_refused_with_a_reason(value: object, because: str) -> None:
    date, precision, hint = one(value)
    assert (date, precision) == ("NaT", None)
    assert hint is not None
    assert because in hint


@pytest.mark.parametrize("value", [None, "", "  ", float("nan"), pd.NaT, pd.NA])
def test_nothing_is_no_fault(value: object) -> None:
    assert one(value) == ("NaT", None, None)


def test_open_ends_are_no_dates() -> None:
    read = read_dates(pd.Series(["ongoing", "Present", "1914", ""]))
    assert read["open"].tolist() == [True, True, False, False]
    assert read["hint"].isna().all()


@settings(deadline=None)
@given(st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)), st.sampled_from([10, 7, 4]))
def test_what_is_known_comes_back(day: dt.date, length: int) -> None:
    written = day.isoformat()[:length]
    date, precision, hint = one(written)
    assert hint is None
    assert date[:length] == written
    assert precision == {10: "day", 7: "month", 4: "year"}[length]
    assert date[length:] == {10: "", 7: "-15", 4: "-07-01"}[length]


@settings(deadline=None)
@given(st.text(max_size=12))
def test_any_text_is_read_or_refused_never_both(text: str) -> None:
    row = read_dates(pd.Series([text], dtype="object")).iloc[0]
    assert not (pd.notna(row["date"]) and row["hint"])
    assert pd.notna(row["date"]) == (row["precision"] in ("day", "month", "year"))


def test_columns_of_timestamps_keep_their_index() -> None:
    days = [pd.Timestamp("1914-08-04"), pd.NaT, pd.Timestamp("1914-08-04 01:00")]
    column = pd.Series(days, index=list("abc"))
    read = read_dates(column)
    assert read.index.tolist() == list("abc")
    assert read["precision"].tolist() == ["day", None, None]
    assert read["hint"].notna().tolist() == [False, False, True]
