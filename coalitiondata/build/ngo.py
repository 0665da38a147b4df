"""Coalitions of non-governmental organisations, compiled by this project.

Every coalition was coded twice from its sources (docs/ngo.md has the rules of coding, and how far
the two readings agreed); what the tables hold is settled from both. The curated files list only
members that a source names, so the members of large coalitions are a part of all, and whether a
member stayed to the end is mostly not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from coalitiondata.build.isodates import partial_iso
from coalitiondata.build.ngo_files import Files, read
from coalitiondata.build.ngo_rules import NONE, ONGOING, UNKNOWN
from coalitiondata.build.resources import resource_rows

SOURCE = "coalitiondata-ngo"
NOT_OWN_DECISION = ("dissolved", "merged")
EXIT_REASONS = {"left": "own_decision"}
OUTCOMES = {"not_achieved": "failed", "pending": None, UNKNOWN: None}
YEARS_BEFORE = 5
DECIDERS = ("leader", "founder", "steering")


def build(curated: Path) -> Mapping[str, pd.DataFrame]:
    """All rows that coalitions of organisations add, by table."""
    files = read(curated)
    return {
        "actors": actors(files),
        "coalitions": coalitions(files),
        "memberships": memberships(files),
        "campaigns": campaigns(files),
        "issue_areas": issue_areas(files),
        "power": pd.concat([resources(files), decision_rights(files)], ignore_index=True),
        "transformations": transformations(files),
        "codings": codings(files),
    }


def actors(files: Files) -> pd.DataFrame:
    """Rows of `actors`: every organisation that is a member of a coalition."""
    rows = files.organisations
    founded = partial_iso(rows["founded"])
    return pd.DataFrame(
        {
            "actor_id": rows["actor_id"],
            "kind": "organisation",
            "organisation_kind": rows["kind"],
            "name": rows["name"],
            "iso3": rows["country"],
            "founded": founded["date"],
            "founded_precision": founded["precision"],
            "source": SOURCE,
        }
    )


def coalitions(files: Files) -> pd.DataFrame:
    """Rows of `coalitions`.

    One that ended on a day that no source states has no `end` and is observed until it was last
    seen. `goal_outcome` is missing where the goal is still open or no source tells.
    """
    rows = files.coalitions
    start, end = partial_iso(rows["started"]), partial_iso(rows["ended"])
    seen = partial_iso(rows["observed_until"])["date"]
    ongoing = rows["end_cause"] == ONGOING
    cause = rows["end_cause"].mask(ongoing | (rows["end_cause"] == UNKNOWN))
    outcome = rows["goal_outcome"].replace(OUTCOMES)
    return pd.DataFrame(
        {
            "coalition_id": ids(rows),
            "family": "ngo",
            "subtype": "ngo_" + rows["form"],
            "name": rows["name"],
            "arena": rows["country"].fillna(rows["scope"]),
            "start": start["date"],
            "start_precision": start["precision"],
            "end": end["date"],
            "end_precision": end["precision"],
            "observed_until": end["date"].fillna(seen),
            "status": np.where(ongoing, "ongoing", "ended"),
            "end_cause": cause,
            "end_cause_basis": _curated(cause),
            "goal": rows["goal"],
            "goal_outcome": outcome,
            "goal_outcome_basis": _curated(outcome),
            "member_coverage": "partial",
            "leader": rows["leader"],
            "primary": True,
            "source": SOURCE,
            "source_key": rows["coalition_key"],
        }
    )


def memberships(files: Files) -> pd.DataFrame:
    """Rows of `memberships`: founders and leaders are in from the start, others when dated.

    `exit_cause` is `left_early` for a dated exit while the coalition went on, else
    `not_established`: no source follows every member to the end.
    """
    rows = files.members.merge(
        files.coalitions[["coalition_key", "started", "ended"]], on="coalition_key", validate="m:1"
    )
    founding = rows["role"].isin(["founder", "leader"]) & rows["joined"].isna()
    joined = partial_iso(rows["joined"].mask(founding, rows["started"]).rename("joined"))
    left = partial_iso(rows["left"])
    early = rows["left"].notna()
    reason = rows["exit_cause"].replace(EXIT_REASONS).where(early)
    own = ~rows["exit_cause"].isin(NOT_OWN_DECISION)
    return pd.DataFrame(
        {
            "coalition_id": ids(rows),
            "actor_id": rows["actor_id"],
            "spell": pd.Series(1, index=rows.index, dtype="Int64"),
            "joined": joined["date"],
            "joined_precision": joined["precision"],
            "left": left["date"],
            "left_precision": left["precision"],
            "role": rows["role"],
            "exit_cause": np.where(early, "left_early", "not_established"),
            "exit_cause_basis": np.where(early, "curated", "derived"),
            "exit_reason": reason,
            "exit_informative": own.where(reason.notna()).astype("boolean"),
            "source": SOURCE,
        }
    )


def campaigns(files: Files) -> pd.DataFrame:
    """Rows of `campaigns`: what each coalition wanted and how it was run."""
    rows = files.coalitions
    same = ["issue_area", "goal_type", "scope", "country", "next_goal"]
    return rows[same].assign(
        coalition_id=ids(rows),
        governance=rows["governance"].mask(rows["governance"] == UNKNOWN),
        went_on=rows["went_on"].mask(rows["went_on"] == UNKNOWN),
        founding_members=rows["founding_members_n"].astype("Int64"),
        peak_members=rows["peak_members_n"].astype("Int64"),
        note=rows["notes"],
        source=SOURCE,
    )


def issue_areas(files: Files) -> pd.DataFrame:
    """Rows of `issue_areas`: the areas of every organisation, its main one first."""
    rows = files.organisations[["actor_id", "issue_areas"]].dropna()
    rows = rows.assign(issue_area=rows["issue_areas"].str.split(";")).explode("issue_area")
    rank = rows.groupby("actor_id").cumcount() + 1
    return rows[["actor_id", "issue_area"]].assign(rank=rank, source=SOURCE)


def resources(files: Files) -> pd.DataFrame:
    """Rows of `power` with the resources of members that a source states.

    One for each coalition that the organisation was in and year that a source states, from five
    years before the coalition's start until it was last seen; others are in the curated file.
    """
    coalitions = files.coalitions[["coalition_key", "started", "observed_until"]]
    members = files.members[["coalition_key", "actor_id"]].merge(coalitions, on="coalition_key")
    known = files.resources.merge(members, on="actor_id")
    year = known["year"].astype(int)
    first, last = (known[name].str[:4].astype(int) for name in ("started", "observed_until"))
    near = (year >= first - YEARS_BEFORE) & (year <= last)
    values = known.loc[near, ["actor_id"]].assign(
        coalition_id=ids(known), year=year, value=known["value"].astype(float)
    )
    table = resource_rows(values, "", "", SOURCE)
    return table.assign(resource=known["resource"], unit=known["unit"], basis="curated")


def decision_rights(files: Files) -> pd.DataFrame:
    """Rows of `power` with a weight derived from how the coalition was governed.

    1 for a member with a part in the decisions, else 0: under a single host only the host; under a
    steering committee its members, the founders and the leader; under a secretariat of all
    members or without standing organs everyone. No rows where the governance is unknown, or where
    no named member decided.
    """
    rows = files.members.merge(
        files.coalitions[["coalition_key", "started", "governance"]], on="coalition_key"
    )
    role, rule = rows["role"], rows["governance"]
    value = pd.Series(
        np.select(
            [rule == "single_host", rule == "steering_committee", rule == UNKNOWN],
            [role == "leader", role.isin(DECIDERS), np.nan],
            default=1.0,
        ),
        index=rows.index,
        dtype="float64",
    )
    deciding = value.groupby(rows["coalition_key"]).transform("max") > 0
    values = pd.DataFrame(
        {
            "coalition_id": ids(rows),
            "actor_id": rows["actor_id"],
            "year": rows["started"].str[:4].astype(int),
            "value": value,
        }
    )
    table = resource_rows(values[deciding], "decision_right", "weight", SOURCE)
    return table.assign(basis="derived")


def transformations(files: Files) -> pd.DataFrame:
    """Rows of `transformations`: what coalitions of organisations turned into.

    A coalition that ended by merging or turning into something did so on the day it ended, where
    the transformation itself is not dated.
    """
    rows = files.coalitions
    rows = rows[~rows["transformation"].isin([NONE, UNKNOWN])]
    by_it = rows["end_cause"].isin(["merged", "transformed"])
    on = rows["transformed_on"].where(rows["transformed_on"].notna(), rows["ended"].where(by_it))
    date = partial_iso(on.rename("transformed_on"))
    return pd.DataFrame(
        {
            "transformation_id": ids(rows) + "-" + rows["transformation"].str.replace("_", "-"),
            "coalition_id": ids(rows),
            "kind": rows["transformation"],
            "date": date["date"],
            "date_precision": date["precision"],
            "became": rows["became"],
            "basis": "curated",
            "source": SOURCE,
        }
    )


def codings(files: Files) -> pd.DataFrame:
    """Rows of `codings`: both readings of every coded variable, and what was settled."""
    rows = files.codings
    columns = ["variable", "first", "second", "settled", "reason"]
    return rows[columns].assign(coalition_id=ids(rows), source=SOURCE)


def ids(rows: pd.DataFrame) -> pd.Series:
    """Ids of coalitions, from their keys."""
    return "ngo-" + rows["coalition_key"]


def _curated(values: pd.Series) -> pd.Series:
    return pd.Series(None, index=values.index, dtype="object").mask(values.notna(), "curated")
