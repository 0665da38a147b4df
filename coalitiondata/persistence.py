"""Whether the members of a coalition came together again in another one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coalitiondata.errors import InvalidDataError
from coalitiondata.given import number_given
from coalitiondata.outcomes import DAYS_PER_YEAR
from coalitiondata.replacements import tables_or_shipped

NEEDED = ("coalitions", "actors", "memberships")
_LONGEST_YEARS = 10_000

OWN = "coalitiondata-"
"""How the ids of this project's own compilations begin: they go case by case and cover no span."""


def went_on(
    tables: Mapping[str, pd.DataFrame] | None = None,
    within_years: float = 10.0,
    min_members: int = 2,
) -> pd.DataFrame:
    """For each coalition the first later one that at least `min_members` of its members belong to.

    One row per primary record, sorted by `coalition_id`:

    - `coalition_id`;
    - `ended`: the day from which the next one counts; missing while the coalition goes on;
    - `next_id`, `next_start`: the first primary coalition of the same family that starts on that
      day or later and within `within_years` (of 365.25 days); of several that start on one day the
      one with more of the members, then the lower id. Missing if there is none;
    - `years_after`: years from `ended` to `next_start`;
    - `members_carried_over`: ids of the members in both, joined by semicolons; `n_carried`, their
      number; `share_carried`, their share of all who ever were members of the first;
    - `observed`: whether the whole window lies inside the coverage of the family's sources, whether
      or not a next one was found. Where it is false a missing `next_id` says nothing.

    Cabinets of one lineage are one coalition here: they end when the last of them does, and the
    next one is of another lineage. A next coalition may have members that the first had not, and a
    member counts however long it stayed. Ministers without party are no member that could go on.
    Parties and states that merged or split count as the actors that the sources make of them.

    Coverage ends on the last day on which a source saw a coalition of the family. This project's
    own compilations go case by case and count only if the family has no other source.

    Raises InvalidDataError for `within_years` of 0 or less or above 10,000, and for `min_members`
    below 1.

    Source: Franklin and Mackie (1983), British Journal of Political Science 13: 275-298, on
    familiarity and inertia: former partners form the next coalition.
    """
    _check(within_years, min_members)
    tables = tables_or_shipped(tables, NEEDED)
    coalitions = _spans(tables["coalitions"])
    members = _members(tables, coalitions)
    window = pd.Timedelta(np.timedelta64(round(within_years * DAYS_PER_YEAR) * 86_400, "s"))
    shared = _shared(members, coalitions, window)
    first = _first(shared, min_members)
    frame = coalitions[["coalition_id", "family", "ended"]].merge(
        first, on="coalition_id", how="left", validate="1:1"
    )
    size = frame["coalition_id"].map(members.groupby("coalition_id").size())
    covered = frame["family"].map(_coverage(tables["coalitions"])).astype("datetime64[s]")
    frame = frame.assign(
        years_after=(frame["next_start"] - frame["ended"]).dt.days / DAYS_PER_YEAR,
        n_carried=frame["n_carried"].astype("Int64"),
        share_carried=frame["n_carried"] / size,
        observed=frame["ended"] + window <= covered,
    )
    columns = ["coalition_id", "ended", "next_id", "next_start", "years_after"]
    columns += ["members_carried_over", "n_carried", "share_carried", "observed"]
    return frame[columns].sort_values("coalition_id", ignore_index=True)


def _check(within_years: float, min_members: int) -> None:
    if not 0 < number_given(within_years, "within_years") <= _LONGEST_YEARS:
        raise InvalidDataError(
            f"within_years is {within_years!r}; it must be more than 0, and {_LONGEST_YEARS} at "
            "most."
        )
    if not number_given(min_members, "min_members", whole=True) >= 1:
        raise InvalidDataError(f"min_members is {min_members!r}; it must be 1 or more.")


def _spans(coalitions: pd.DataFrame) -> pd.DataFrame:
    """Primary records with the end of their lineage; a coalition without lineage is its own."""
    rows = coalitions[coalitions["primary"].fillna(True).astype(bool)]
    lineage = rows["lineage"].astype("object").fillna(rows["coalition_id"])
    going_on = rows["end"].isna().groupby(lineage).transform("any")
    return pd.DataFrame(
        {
            "coalition_id": rows["coalition_id"],
            "family": rows["family"].astype("object"),
            "lineage": lineage,
            "start": rows["start"],
            "ended": rows["end"].groupby(lineage).transform("max").mask(going_on),
        }
    )


def _members(tables: Mapping[str, pd.DataFrame], coalitions: pd.DataFrame) -> pd.DataFrame:
    """Who ever belonged to a coalition, once each: coalition_id, actor_id."""
    actors, rows = tables["actors"], tables["memberships"][["coalition_id", "actor_id"]]
    nobody = actors.loc[actors["kind"] == "nonpartisan", "actor_id"]
    kept = rows["coalition_id"].isin(coalitions["coalition_id"]) & ~rows["actor_id"].isin(nobody)
    return rows[kept].drop_duplicates(ignore_index=True)


def _shared(members: pd.DataFrame, coalitions: pd.DataFrame, window: pd.Timedelta) -> pd.DataFrame:
    """Coalitions with each later one in the window and each member of both."""
    after = members.merge(coalitions.drop(columns="ended"), on="coalition_id")
    after = after.rename(columns={"coalition_id": "next_id", "start": "next_start"})
    before = members.merge(coalitions.drop(columns="start"), on="coalition_id")
    both = before.merge(after, on=["family", "actor_id"], suffixes=("", "_next"))
    inside = (both["next_start"] >= both["ended"]) & (both["next_start"] <= both["ended"] + window)
    both = both[inside & (both["lineage"] != both["lineage_next"])]
    return both[["coalition_id", "next_id", "next_start", "actor_id"]]


def _first(shared: pd.DataFrame, min_members: int) -> pd.DataFrame:
    """The first later coalition with enough of the members, by coalition_id."""
    link = ["coalition_id", "next_id", "next_start"]
    counted = shared.groupby(link, as_index=False).agg(n_carried=("actor_id", "size"))
    counted = counted[counted["n_carried"] >= min_members].sort_values(
        ["coalition_id", "next_start", "n_carried", "next_id"],
        ascending=[True, True, False, True],
    )
    first = counted.drop_duplicates("coalition_id")
    carried = shared.merge(first, on=link).sort_values("actor_id")
    named = carried.groupby("coalition_id")["actor_id"].agg(";".join)
    return first.assign(members_carried_over=first["coalition_id"].map(named))


def _coverage(coalitions: pd.DataFrame) -> pd.Series:
    """The last day that the sources of a family cover, by family."""
    rows = coalitions.astype({"family": "object", "source": "object"})
    listed = rows[~rows["source"].str.startswith(OWN)]
    listed = listed if len(listed) else rows
    every = rows.groupby("family")["observed_until"].max()
    return listed.groupby("family")["observed_until"].max().reindex(every.index).fillna(every)
