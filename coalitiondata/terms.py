"""When the term of a chamber runs out: the horizon of every cabinet."""

from __future__ import annotations

import numpy as np
import pandas as pd

FINAL_YEAR_DAYS = 365.25


def term_limit(coalitions: pd.DataFrame, terms: pd.DataFrame) -> pd.Series:
    """Last lawful day for the next election, by row of `coalitions`.

    The day on which the chamber was elected plus the constitutional inter-election period in force
    for it; missing for wars and where the period is unknown.
    """
    elected = coalitions.dropna(subset="chamber_elected")
    rows = elected[["arena", "chamber_elected"]].reset_index(names="row")
    found = rows.merge(terms[["arena", "elected_from", "elected_until", "ciep_months"]], on="arena")
    in_force = (found["chamber_elected"] >= found["elected_from"]) & ~(
        found["chamber_elected"] > found["elected_until"]
    )
    found = found[in_force].set_index("row")
    return add_months(found["chamber_elected"], found["ciep_months"]).reindex(coalitions.index)


def add_months(days: pd.Series, months: pd.Series) -> pd.Series:
    """The same day of the month, so many months later; the 29th to 31st may run into the next."""
    start = days.to_numpy().astype("datetime64[D]")
    month = start.astype("datetime64[M]")
    day = start - month.astype("datetime64[D]")
    later = (month + months.to_numpy().astype("timedelta64[M]")).astype("datetime64[D]") + day
    return pd.Series(later.astype("datetime64[s]"), index=days.index)


def in_final_year(stop: pd.Series, limit: pd.Series) -> pd.Series:
    """Whether a cabinet stopped less than a year before its chamber's term ran out, or later."""
    left = (limit - stop).dt.total_seconds() / 86_400
    return pd.Series(np.where(left.notna(), left < FINAL_YEAR_DAYS, False), index=stop.index)
