"""Whether and when coalitions turned into something more lasting."""

from __future__ import annotations

import pandas as pd

DAYS_PER_YEAR = 365.25
NO_BOND = ("party_split", "electoral_pact")


def transformed_on(
    transformations: pd.DataFrame, spells: pd.DataFrame, within_years: float
) -> pd.Series:
    """First transformation after the start and within `within_years` of the stop, by unit_id.

    `spells` has unit_id, coalition_id, start and stop. Missing where there is none. Splits of
    members and pacts of separate lists are in the table for the record and do not count.
    """
    bonds = transformations[~transformations["kind"].isin(NO_BOND)]
    rows = spells[["unit_id", "coalition_id", "start", "stop"]].merge(
        bonds[["coalition_id", "date"]], on="coalition_id"
    )
    inside = (rows["date"] > rows["start"]) & (rows["date"] <= rows["stop"] + _window(within_years))
    return rows[inside].groupby("unit_id")["date"].min()


def undated(transformations: pd.DataFrame) -> pd.Series:
    """Ids of the coalitions of which it is known that they were transformed, but not when."""
    return transformations.loc[transformations["date"].isna(), "coalition_id"]


def followed_for(spells: pd.DataFrame, last_seen: pd.Series, within_years: float) -> pd.Series:
    """Whether the source would have seen a transformation throughout the window.

    `last_seen` gives, for each row of `spells`, the last day that the source of transformations
    covers.
    """
    return spells["stop"] + _window(within_years) <= last_seen


def _window(years: float) -> pd.Timedelta:
    return pd.to_timedelta(round(years * DAYS_PER_YEAR), unit="D").as_unit("s")
