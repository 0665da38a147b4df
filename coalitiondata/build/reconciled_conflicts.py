"""How far two sources agree about one armed coalition: dates, members, outcome."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coalitiondata.build import disputes, expeditions, interventions, wars
from coalitiondata.build.overlaps import OVERLAPS
from coalitiondata.build.sources import RawFile
from coalitiondata.build.stacking import stack
from coalitiondata.rules.dates import earliest, latest

LINK = ["first", "second"]
DAY = 86_400


def records(raw: RawFile, curated: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All coalitions of states and their memberships, before one of two records is made primary."""
    own = expeditions.build(curated)
    listed = {"coalitions": wars.coalitions(raw), "memberships": wars.memberships(raw)}
    parts = [listed, disputes.build(raw), interventions.build(raw), own]
    coalitions = stack([part["coalitions"] for part in parts])
    return coalitions, stack([part["memberships"] for part in parts])


def war_and_dispute(coalitions: pd.DataFrame) -> pd.DataFrame:
    """Links from the sides of listed wars to the disputes that are the same coalition.

    `overlaps_with` before `overlaps.mark_overlaps`, which makes a dispute point to an expedition
    where the war does.
    """
    linked = coalitions[coalitions["coalition_id"].str.startswith("mid-")]
    return _links(linked["overlaps_with"], linked["coalition_id"])


def listed_and_expedition(curated: Path) -> pd.DataFrame:
    """Links from wars and disputes to curated expeditions, with `primary` (an id, or `both`)."""
    rows = _judged(curated)
    rows = rows[rows["second"].str.startswith(("war-", "mid-"))]
    swapped = rows.rename(columns={"first": "second", "second": "first"})
    return swapped[[*LINK, "primary"]].reset_index(drop=True)


def intervention_and_other(coalitions: pd.DataFrame, curated: Path) -> pd.DataFrame:
    """Links from interventions to listed wars, disputes and expeditions."""
    own = coalitions[coalitions["coalition_id"].str.startswith("int-")]
    found = _links(own["coalition_id"], own["overlaps_with"])
    rows = _judged(curated)
    rows = rows[rows["second"].str.startswith("int-")]
    links = pd.concat([found, _links(rows["second"], rows["first"])], ignore_index=True)
    return links[~links["second"].str.startswith("int-")].reset_index(drop=True)


def compare(
    links: pd.DataFrame, coalitions: pd.DataFrame, memberships: pd.DataFrame
) -> pd.DataFrame:
    """One row per link: what the first and the second record say.

    Columns first, second and name (of the second), `start_days` and `end_days` (first minus second,
    see `gap_days`; missing where an end is), members_first, members_second, common, `likeness`
    (common members by members of either), cause_first, cause_second.
    """
    about = coalitions.set_index("coalition_id")
    one, two = (about.loc[links[name]].reset_index() for name in LINK)
    members = memberships[["coalition_id", "actor_id"]].drop_duplicates()
    number = members.groupby("coalition_id").size()
    both = links.merge(members, left_on="first", right_on="coalition_id")
    both = both.merge(
        members, left_on=["second", "actor_id"], right_on=["coalition_id", "actor_id"]
    )
    common = both.groupby(LINK).size().reindex(pd.MultiIndex.from_frame(links[LINK]), fill_value=0)
    counts = {
        "members_first": links["first"].map(number),
        "members_second": links["second"].map(number),
        "common": pd.Series(common.to_numpy(), index=links.index),
    }
    either = counts["members_first"] + counts["members_second"] - counts["common"]
    return links.assign(
        name=two["name"],
        start_days=gap_days(one, two, "start"),
        end_days=gap_days(one, two, "end"),
        **counts,
        likeness=counts["common"] / either,
        cause_first=one["end_cause"],
        cause_second=two["end_cause"],
    )


def member_dates(links: pd.DataFrame, memberships: pd.DataFrame) -> pd.DataFrame:
    """One row per link and common member: joined_days and left_days, first minus second.

    A member with several spells joined with the first and left with the last.
    """
    span = _first_and_last(memberships)
    both = links[LINK].merge(span, left_on="first", right_on="coalition_id")
    both = both.merge(
        span,
        left_on=["second", "actor_id"],
        right_on=["coalition_id", "actor_id"],
        suffixes=("", "_2"),
    )
    other = both.loc[:, both.columns.str.endswith("_2")]
    other = other.set_axis(other.columns.str.removesuffix("_2"), axis=1)
    return both[[*LINK, "actor_id"]].assign(
        joined_days=gap_days(both, other, "joined"), left_days=gap_days(both, other, "left")
    )


def gap_days(one: pd.DataFrame, two: pd.DataFrame, column: str) -> pd.Series:
    """Days by which the first date is later than the second, at least, given their precision.

    0 if the two can be the same day, negative if the first is earlier; missing where a date is.
    """
    known = one[column].notna() & two[column].notna()
    later = earliest(one, column) - latest(two, column)
    sooner = latest(one, column) - earliest(two, column)
    zero = pd.Timedelta(0)
    gap = later.where(later > zero, sooner.where(sooner < zero, zero))
    return (gap.dt.total_seconds() / DAY).where(known)


def outcomes(compared: pd.DataFrame) -> pd.DataFrame:
    """Cross table of the causes of the end, `not coded` where a source gives none."""
    first, second = (
        compared[column].astype(object).where(compared[column].notna(), "not coded")
        for column in ("cause_first", "cause_second")
    )
    return pd.crosstab(first, second)


def _judged(curated: Path) -> pd.DataFrame:
    rows = pd.read_csv(curated / OVERLAPS)
    return rows.rename(columns={"coalition_id": "first", "overlaps_with": "second"})


def _links(first: pd.Series, second: pd.Series) -> pd.DataFrame:
    links = pd.DataFrame({"first": first, "second": second}).dropna()
    return links.sort_values(LINK, ignore_index=True)


def _first_and_last(memberships: pd.DataFrame) -> pd.DataFrame:
    rows = memberships.sort_values(["coalition_id", "actor_id", "spell"])
    key = ["coalition_id", "actor_id"]
    first = rows.drop_duplicates(key)[[*key, "joined", "joined_precision"]]
    last = rows.drop_duplicates(key, keep="last")[[*key, "left", "left_precision"]]
    return first.merge(last, on=key)
