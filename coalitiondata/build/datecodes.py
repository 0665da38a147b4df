"""Dates that sources give as year, month and day, some of them unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd

MIDMONTH = 15
MIDYEAR = (7, 1)


def partial_dates(year: pd.Series, month: pd.Series, day: pd.Series) -> pd.DataFrame:
    """Dates with their precision, columns `date` (datetime64[s]) and `precision`.

    Zero, a negative code (-8, -9) and a missing value all mean unknown. An unknown day gives the
    15th and precision `month`, an unknown month gives 1 July and precision `year`, an unknown year
    gives no date.
    """
    known_year, known_month, known_day = (part.fillna(0) > 0 for part in (year, month, day))
    known_day = known_day & known_month
    parts = {
        "year": year.where(known_year, 1),
        "month": month.where(known_month, MIDYEAR[0]),
        "day": day.where(known_day, MIDMONTH).where(known_month, MIDYEAR[1]),
    }
    # Text, because pd.to_datetime would assemble nanoseconds, which end at 1678.
    text = (
        parts["year"].astype(int).astype(str).str.zfill(4)
        + "-"
        + parts["month"].astype(int).astype(str).str.zfill(2)
        + "-"
        + parts["day"].astype(int).astype(str).str.zfill(2)
    )
    precision = pd.Series(
        np.select([known_day, known_month], ["day", "month"], "year"),
        index=year.index,
        dtype=object,
    )
    return pd.DataFrame(
        {
            "date": text.where(known_year, "NaT").astype("datetime64[s]"),
            "precision": precision.where(known_year, None),
        }
    )
