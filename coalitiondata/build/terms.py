"""The constitutional inter-election period of each country's lower house, by time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coalitiondata.build.dates import day_dates


def parliamentary_terms(curated: Path) -> pd.DataFrame:
    """Rows of `parliamentary_terms` from data/curated/parliamentary_terms.csv.

    The curated table bounds the election days of the chambers that a rule governed, by a day or a
    year; a year bounds inclusively, from its first day or to its last.
    """
    rows = pd.read_csv(curated / "parliamentary_terms.csv", dtype=str)
    return pd.DataFrame(
        {
            "arena": rows["country"],
            "elected_from": day_dates(_whole_day(rows["from"], "-01-01")),
            "elected_until": day_dates(_whole_day(rows["until"], "-12-31")),
            "ciep_months": rows["ciep_months"].astype(int),
            "rule": rows["rule"],
            "source_title": rows["source_title"],
            "source_url": rows["source_url"],
            "source": "coalitiondata-terms",
        }
    )


def _whole_day(text: pd.Series, day_of_year: str) -> pd.Series:
    return text.where(text.str.len() != len("1900"), text + day_of_year)
