"""Dates with their precision."""

from __future__ import annotations

import pandas as pd


def day_dates(text: pd.Series) -> pd.Series:
    """ISO dates as datetime64[s], which also holds the years before 1678."""
    return text.fillna("NaT").astype("datetime64[s]")


def precision(dates: pd.Series) -> pd.Series:
    """`day` wherever there is a date, missing elsewhere."""
    return pd.Series("day", index=dates.index, dtype="object").where(dates.notna(), None)


def midyear_precision(dates: pd.Series) -> pd.Series:
    """Precision of ParlGov party dates, whose codebook makes 1 July the default of a known year."""
    return precision(dates).mask((dates.dt.month == 7) & (dates.dt.day == 1), "year")
