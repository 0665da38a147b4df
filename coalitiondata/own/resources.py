"""The power of own members: stated with their stay, by year, or taken from the data set."""

from __future__ import annotations

import pandas as pd

from coalitiondata import problems
from coalitiondata.loading import load
from coalitiondata.own.findings import Findings
from coalitiondata.own.options import Options

COLUMNS = ["coalition", "actor_id", "year", "value", "source"]


def own_power(
    members: pd.DataFrame, by_year: pd.DataFrame | None, options: Options, found: Findings
) -> pd.DataFrame:
    """Rows of `power`: by year if there is such a table, else one per stay, in its first year."""
    if by_year is not None:
        return _by_year(members, by_year, found)
    if "power" not in members:
        return pd.DataFrame(columns=COLUMNS)
    stated = members.assign(year=members["joined"].dt.year, value=members["power"])
    stated = stated.reindex(columns=[*COLUMNS[:-1], "source"])
    key = ["coalition", "actor_id", "year"]
    stated = stated.drop_duplicates([*key, "value"])
    again = stated.duplicated(key)
    given = found.given["members"].reset_index(drop=True)
    hint = "The member has another value in the same coalition and year; give one of them."
    rows = again.reindex(given.index, fill_value=False)
    column = options.names.get("power", "power")
    found.add(problems.at(rows, given, "members", column, "one_power_a_year", hint))
    return stated.drop_duplicates(key, keep=False) if again.any() else stated


def shipped_power(members: pd.DataFrame) -> pd.DataFrame:
    """CINC of the members from the data set, for the years that it has.

    The data set holds capabilities of states in the years around the coalitions that it lists; a
    member in other years has none, which stays missing.
    """
    rows = load("power")
    cinc = rows[(rows["resource"] == "cinc") & rows["value"].notna()]
    cinc = cinc.drop_duplicates(["actor_id", "year"])[["actor_id", "year", "value"]]
    pairs = members[["coalition", "actor_id"]].drop_duplicates()
    return pairs.merge(cinc, on="actor_id").assign(source="cow_nmc")


def _by_year(members: pd.DataFrame, by_year: pd.DataFrame, found: Findings) -> pd.DataFrame:
    if not {"coalition", "member", "year", "power"} <= set(by_year):
        return pd.DataFrame(columns=COLUMNS)
    given = found.given["power"].reset_index(drop=True)
    links = members[["coalition", "member", "actor_id"]].drop_duplicates()
    linked = by_year.reset_index(names="row").merge(links, on=["coalition", "member"], how="left")
    stray = linked.loc[linked["actor_id"].isna() & linked["member"].notna(), "row"]
    rows = pd.Series(given.index.isin(stray), index=given.index) & ~found.bad("power")
    hint = "`members` has no usable row with this coalition and member."
    found.add(problems.at(rows, given, "power", "member", "foreign_key", hint), spoils=True)
    linked = linked[~linked["row"].isin(found.bad("power").index[found.bad("power")])]
    key = ["coalition", "actor_id", "year"]
    again = linked.duplicated(key)
    rows = pd.Series(given.index.isin(linked.loc[again, "row"]), index=given.index)
    hint = "Another row has the same coalition, member and year."
    found.add(problems.at(rows, given, "power", "year", "primary_key", hint), spoils=True)
    linked = linked[~again].assign(value=linked["power"], source=None)
    return linked[COLUMNS]
