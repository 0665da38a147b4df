"""Curated dates, written as far as they are known: `1813`, `1813-02` or `1813-02-28`."""

from __future__ import annotations

import pandas as pd

from coalitiondata.build.datecodes import partial_dates
from coalitiondata.errors import InvalidDataError

PATTERN = r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?"


def partial_iso(text: pd.Series) -> pd.DataFrame:
    """Dates with their precision, columns `date` (datetime64[s]) and `precision`.

    A missing text gives no date; month and year become the 15th and 1 July, as everywhere. Raises
    InvalidDataError for text that is no date.
    """
    parts = text.astype("object").str.extract(f"^{PATTERN}$").astype("Float64")
    strange = text[text.notna() & parts["year"].isna()]
    if len(strange):
        raise InvalidDataError(
            f"Column {text.name}, row {strange.index[0]}: {strange.iloc[0]!r} is no date. "
            "Write 1813, 1813-02 or 1813-02-28."
        )
    try:
        return partial_dates(parts["year"], parts["month"], parts["day"])
    except ValueError as problem:
        raise InvalidDataError(
            f"Column {text.name} has a day that no calendar has: {problem}. Correct it."
        ) from problem
