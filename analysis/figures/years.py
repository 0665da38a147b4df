"""Coalitions and members by calendar year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.models.frame import Floats, Ints, as_pandas, require_columns
from coalitiondata.errors import InvalidDataError


def alive_by_year(
    coalitions: object, memberships: object = None, years: tuple[int, int] | None = None
) -> pd.DataFrame:
    """Coalitions that existed, and stays of members that were in, at some time of each year.

    A coalition counts from the year of its start to that of its end, or, if it goes on, to that of
    its last observation. A stay counts from the year of entry to that of exit; without a known exit
    to that of its coalition's end. Stays without a known entry do not count.

    Args:
        coalitions: table with coalition_id, family, start, end, observed_until.
        memberships: table with coalition_id, joined, left; None leaves the members out.
        years: first and last year; by default those of the coalitions.

    Returns:
        family, year, coalitions, members (missing without memberships).

    Raises:
        UnknownNameError: a column that a table does not have.
        InvalidDataError: no coalition with a start.
    """
    table = as_pandas(coalitions)
    require_columns(
        table, ["coalition_id", "family", "start", "end", "observed_until"], "alive_by_year"
    )
    dated = table[table["start"].notna()]
    if dated.empty:
        raise InvalidDataError("alive_by_year: no coalition has a start")
    start, until = _years(dated, "start"), _last_year(dated)
    low, high = years or (int(start.min()), int(until.max()))
    families = dated["family"].astype(str).to_numpy()
    counted = np.arange(low, high + 1)
    last_of = pd.Series(until, index=dated["coalition_id"])
    family_of = pd.Series(families, index=dated["coalition_id"])
    stays = None
    if memberships is not None:
        members = as_pandas(memberships)
        require_columns(members, ["coalition_id", "joined", "left"], "alive_by_year")
        known = members["joined"].notna() & members["coalition_id"].isin(dated["coalition_id"])
        stays = members[known]
    parts = []
    for family in sorted(set(families)):
        mine = families == family
        part = pd.DataFrame({"family": family, "year": counted})
        part["coalitions"] = _alive(start[mine], until[mine], counted)
        part["members"] = np.nan
        if stays is not None:
            own = stays[stays["coalition_id"].map(family_of) == family]
            end = own["left"].dt.year.fillna(own["coalition_id"].map(last_of)).to_numpy(dtype=float)
            part["members"] = _alive(_years(own, "joined"), end, counted)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def cabinet_months(coalitions: object, years: tuple[int, int] | None = None) -> pd.DataFrame:
    """Share of each year that a country was governed by a coalition, in months of 12.

    Time between the first and the last coalition cabinet in the data without one was single-party
    or non-party government, or none. In years that do not lie wholly between the two the share is
    missing: the data do not say who governed before and after.

    Args:
        coalitions: table with arena (country), start, end, observed_until, of governing coalitions.
        years: first and last year; by default those of the coalitions.

    Returns:
        arena, year, months (0 to 12, or missing).

    Raises:
        UnknownNameError: a column that the table does not have.
        InvalidDataError: no coalition with a start and an end or last observation.
    """
    table = as_pandas(coalitions)
    require_columns(table, ["arena", "start", "end", "observed_until"], "cabinet_months")
    stop = table["end"].fillna(table["observed_until"])
    dated = table[table["start"].notna() & stop.notna()]
    if dated.empty:
        raise InvalidDataError("cabinet_months: no coalition has a start and an end")
    stop = stop[dated.index]
    low, high = years or (int(dated["start"].dt.year.min()), int(stop.dt.year.max()))
    counted = np.arange(low, high + 1)
    # Days since 1970 of the new years, of the one after the last too.
    turns = (np.arange(low, high + 2) - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    edges = turns.astype(np.int64)
    parts = []
    for arena, mine in dated.groupby("arena", observed=True):
        begin = mine["start"].to_numpy("datetime64[D]").astype(np.int64)
        end = stop[mine.index].to_numpy("datetime64[D]").astype(np.int64)
        governed = np.zeros(edges[-1] - edges[0], dtype=bool)
        for first, last in zip(begin - edges[0], end - edges[0], strict=True):
            governed[max(first, 0) : max(last, 0)] = True
        days = np.add.reduceat(governed.astype(float), edges[:-1] - edges[0])
        months = 12 * days / np.diff(edges)
        inside = (edges[:-1] >= begin.min()) & (edges[1:] <= end.max())
        months[~inside] = np.nan
        parts.append(pd.DataFrame({"arena": arena, "year": counted, "months": months}))
    return pd.concat(parts, ignore_index=True)


def _years(table: pd.DataFrame, column: str) -> Floats:
    return np.asarray(table[column].dt.year, dtype=float)


def _last_year(table: pd.DataFrame) -> Floats:
    """Year of the end, or of the last observation, or of the start where neither is known."""
    last = table["end"].fillna(table["observed_until"]).fillna(table["start"])
    return np.asarray(last.dt.year, dtype=float)


def _alive(start: Floats, end: Floats, years: Ints) -> Ints:
    """How many spells of whole years include each year."""
    begun = np.searchsorted(np.sort(start), years, side="right")
    over = np.searchsorted(np.sort(end), years, side="left")
    return np.asarray(begun - over, dtype=np.int64)
