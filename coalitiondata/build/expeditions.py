"""Expeditions and historical coalitions of states, compiled by this project.

The war list (COW) begins in 1816, knows a coalition only while a listed war lasts and takes in only
states that fought in strength. The curated tables add coalitions before 1816 and expeditions with
all that sent forces, when each came and went, and why. Every row has the addresses of its sources.

Members have the COW number of the state that continued them, also before 1816: the same government
or ruling house with the core of its territory, restored within a generation if it was interrupted
(England and Great Britain 200, the Dutch Republic 210, Brandenburg-Prussia 255, the Habsburg
monarchy 300, Savoy and Sardinia 325, Naples 329, Denmark-Norway 390). Members that nobody continued
have an id of their own, `state-hist-<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from coalitiondata.build.curated import read_curated
from coalitiondata.build.isodates import partial_iso
from coalitiondata.build.overlaps import mark_overlaps
from coalitiondata.build.resources import resource_rows
from coalitiondata.rules.dates import earliest, latest

SOURCE = "coalitiondata-expeditions"
BY_TREATY = "treaty"
END_OF_COALITION = "end_of_coalition"


def build(curated: Path) -> Mapping[str, pd.DataFrame]:
    """All rows that the curated expeditions and historical coalitions add, by table."""
    return {
        "actors": actors(curated),
        "coalitions": coalitions(curated),
        "memberships": memberships(curated),
        "power": troops(curated),
        "transformations": transformations(curated),
        "successions": successions(curated),
    }


def actors(curated: Path) -> pd.DataFrame:
    """Rows of `actors` for states that ended before 1816 and that no state of COW's continued."""
    listed = read_curated(curated / "expedition_actors.csv")
    return listed[["actor_id", "name"]].assign(kind="state", source=SOURCE)


def coalitions(curated: Path) -> pd.DataFrame:
    """Rows of `coalitions`.

    A coalition founded on a treaty of alliance is a `historical_coalition`; one under a mandate, by
    invitation or ad hoc is an `expedition`. Start and end follow the definition of this data set:
    the day on which the second member is in, and the last on which two are or the common effort
    goes on.
    """
    rows = read_curated(curated / "expedition_coalitions.csv")
    span = _with_dates(rows, {"started": "start", "ended": "end"})
    ongoing = rows["ended"].isna()
    last_seen = partial_iso(rows["observed_until"])["date"]
    curated_label = pd.Series("curated", index=rows.index, dtype="object")
    table = pd.DataFrame(
        {
            "coalition_id": coalition_ids(rows),
            "family": "wartime",
            "subtype": np.where(
                rows["legal_basis"] == BY_TREATY, "historical_coalition", "expedition"
            ),
            "name": rows["name"],
            "arena": coalition_ids(rows),
            "start": span["start"],
            "start_precision": span["start_precision"],
            "end": span["end"],
            "end_precision": span["end_precision"],
            "observed_until": span["end"].where(~ongoing, last_seen),
            "status": np.where(ongoing, "ongoing", "ended"),
            "end_cause": rows["end_cause"],
            "end_cause_basis": curated_label.where(rows["end_cause"].notna(), None),
            "goal": rows["goal"],
            "goal_outcome": rows["goal_outcome"],
            "goal_outcome_basis": curated_label.where(rows["goal_outcome"].notna(), None),
            "opponent": rows["opponent"],
            "legal_basis": rows["legal_basis"],
            "member_coverage": rows["member_coverage"],
            "leader": rows["leader"],
            "predecessor": rows["predecessor"],
            "primary": True,
            "source": SOURCE,
            "source_key": rows["coalition_key"],
        }
    )
    return mark_overlaps(table, curated)


def memberships(curated: Path) -> pd.DataFrame:
    """Rows of `memberships`: one per coalition, member and spell.

    A spell that began certainly before the coalition or ended after it is clipped to it, and then
    has the precision of that date. `exit_cause` is derived from the dates: `end_of_coalition` if
    the member was in to the end, or can have been and did not decide to go; else `left_early`, also
    if it came back later; `not_established` if it is not known whether or when it left; missing if
    it was still in.
    `exit_reason` and `exit_informative` (was leaving the member's own decision?) are curated; of
    a spell clipped to the coalition's end they would tell of a later act: it ended with the
    coalition, not by its own decision.
    """
    rows = _members(curated)
    before = latest(rows, "joined") < earliest(rows, "start")
    possible = latest(rows, "left") >= earliest(rows, "end")
    certain = earliest(rows, "left") >= earliest(rows, "end")
    stayed = certain | (possible & ~rows["exit_informative"].eq(True))
    after = stayed & (rows["left"] > rows["end"])
    cause = np.select(
        [stayed, rows["left"].notna(), rows["exit_reason"] == "unknown"],
        [END_OF_COALITION, "left_early", "not_established"],
        default="",
    )
    exit_cause = pd.Series(cause, index=rows.index, dtype="object").replace("", None)
    return pd.DataFrame(
        {
            "coalition_id": coalition_ids(rows),
            "actor_id": rows["actor_id"],
            "spell": rows["spell"].astype("Int64"),
            "joined": rows["joined"].mask(before, rows["start"]),
            "joined_precision": rows["joined_precision"].mask(before, rows["start_precision"]),
            "left": rows["left"].mask(after, rows["end"]),
            "left_precision": rows["left_precision"].mask(after, rows["end_precision"]),
            "role": rows["role"],
            "exit_cause": exit_cause,
            "exit_cause_basis": exit_cause.mask(exit_cause.notna(), "derived"),
            "exit_reason": rows["exit_reason"].mask(after, END_OF_COALITION),
            "exit_informative": rows["exit_informative"].astype("boolean").mask(after, False),
            "inducement": rows["inducement"],
            "source": SOURCE,
        }
    )


def troops(curated: Path) -> pd.DataFrame:
    """Rows of `power` with the highest reported number of troops of each spell.

    The year is that in which the spell began, or the coalition's first where that is not known.
    Coalitions without a single known number have no rows; in the others an unknown number is a row
    with a missing value. Pledged and treaty strengths count where nothing else is reported; the
    notes of the curated table say so.
    """
    rows = _members(curated)
    some = rows.groupby("coalition_key")["peak_troops"].transform("count") > 0
    rows = rows[some]
    values = pd.DataFrame(
        {
            "coalition_id": coalition_ids(rows),
            "actor_id": rows["actor_id"],
            "year": rows["joined"].fillna(rows["start"]).dt.year,
            "value": rows["peak_troops"],
        }
    )
    table = resource_rows(values, "troops", "persons", SOURCE)
    return table.assign(basis=table["basis"].replace("source", "curated"))


def transformations(curated: Path) -> pd.DataFrame:
    """Rows of `transformations`: lasting bonds that the alliance data lack."""
    rows = read_curated(curated / "expedition_transformations.csv")
    rows = _with_dates(rows, {"date": "date"})
    return pd.DataFrame(
        {
            "transformation_id": coalition_ids(rows) + "-" + rows["kind"].str.replace("_", "-"),
            "coalition_id": coalition_ids(rows),
            "kind": rows["kind"],
            "date": rows["date"],
            "date_precision": rows["date_precision"],
            "became": rows["became"],
            "alliance_id": rows["alliance_id"],
            "members_carried_over": rows["members_carried_over"],
            "basis": "curated",
            "source": SOURCE,
        }
    )


def successions(curated: Path) -> pd.DataFrame:
    """Rows of `successions`: steps of chains that lead through coalitions, pacts and missions."""
    rows = _with_dates(read_curated(curated / "successions.csv"), {"date": "date"})
    named = ["succession_id", "chain", "from_name", "from_coalition", "from_alliance"]
    reached = ["to_name", "to_coalition", "to_alliance", "kind", "date", "date_precision"]
    return rows[[*named, *reached, "members_carried_over"]].assign(source=SOURCE)


def coalition_ids(rows: pd.DataFrame) -> pd.Series:
    """Ids of curated coalitions, from their keys."""
    return "exp-" + rows["coalition_key"]


def _members(curated: Path) -> pd.DataFrame:
    """The curated members with dates, and with the span of their coalition."""
    rows = read_curated(curated / "expedition_members.csv")
    rows = _with_dates(rows, {"joined": "joined", "left": "left"}).assign(
        peak_troops=rows["peak_troops"].astype("Float64"),
        exit_informative=rows["exit_informative"].map({"true": True, "false": False}),
    )
    spans = _with_dates(
        read_curated(curated / "expedition_coalitions.csv"), {"started": "start", "ended": "end"}
    )
    span = ["start", "start_precision", "end", "end_precision"]
    return rows.merge(spans[["coalition_key", *span]], on="coalition_key", validate="m:1")


def _with_dates(rows: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The rows with text columns turned into dates: new name and `<new name>_precision`."""
    for written, name in columns.items():
        known = partial_iso(rows[written])
        rows = rows.assign(**{name: known["date"], f"{name}_precision": known["precision"]})
    return rows
