"""One record per coalition, with all that its page shows."""

from __future__ import annotations

from typing import Any

import pandas as pd

import coalitiondata as cd
from explorer_data import origins, plain, strength
from explorer_data.plain import Row
from explorer_data.tables import Data

SPELL = (
    "actor_id",
    "spell",
    "joined",
    "joined_precision",
    "left",
    "left_precision",
    "role",
    "leader",
    "exit_cause",
    "exit_cause_basis",
    "exit_reason",
    "exit_informative",
    "inducement",
    "power_share",
    "source",
)
POWER = ("actor_id", "year", "resource", "value", "unit", "basis", "missing_reason", "source")
BOND = (
    "kind",
    "date",
    "date_precision",
    "became",
    "alliance_id",
    "members_carried_over",
    "basis",
    "source",
)
_HELPERS = ("coalition_id", "unit_id", "name", "family", "subtype", "arena", "entry")


def records(data: Data) -> list[Row]:
    """Every record, in the order of coalition_id; what nobody knows is None.

    `facts`, `measures` and `related` are one row each, `sources` a list of ids, all else lists of
    rows: none or one of `campaign`, `next` and `votes`.
    """
    coalitions = data.tables["coalitions"]
    facts = plain.rows(coalitions, coalitions.columns)
    measured = data.survival.set_index("coalition_id", drop=False)
    measured = measured.reindex(coalitions["coalition_id"])
    measures = plain.rows(measured, [str(name) for name in measured if name not in _HELPERS])
    related = _related(coalitions)
    parts = _parts(data)
    sources = origins.behind(data)
    pages, pages_of_actor = origins.pages(data)
    found = []
    for fact, measure in zip(facts, measures, strict=True):
        owner = fact["coalition_id"]
        gathered = {name: part.get(owner, []) for name, part in parts.items()}
        members = {each["actor_id"] for each in gathered["members"]}
        evidence = pages.get(owner, []) + [
            {"actor_id": actor, "urls": pages_of_actor[actor]}
            for actor in sorted(members & pages_of_actor.keys())
        ]
        found.append(
            {
                "facts": fact,
                "measures": measure,
                **gathered,
                "related": related[owner],
                "evidence": evidence,
                "sources": sources[owner],
            }
        )
    return found


def _parts(data: Data) -> dict[str, dict[str, list[Row]]]:
    """The tables that have several rows per coalition."""
    tables = data.tables
    bonds = tables["transformations"].sort_values(["coalition_id", "date", "transformation_id"])
    codings = tables["codings"]
    campaigns = tables["campaigns"]
    later = cd.went_on(tables)
    return {
        "members": plain.by_coalition(_spells(data), SPELL),
        "power_at_start": strength.shares_at_start(data),
        "power": plain.by_coalition(tables["power"], POWER),
        "votes": strength.votes(data),
        "positions": _of_members(data, "positions", ["dimension", "value", "basis", "source"]),
        "issue_areas": _of_members(data, "issue_areas", ["issue_area", "rank", "source"]),
        "transformations": plain.by_coalition(bonds, BOND),
        "successions": _successions(tables["successions"]),
        "codings": plain.by_coalition(codings, codings.columns.drop(["coalition_id", "source"])),
        "campaign": plain.by_coalition(campaigns, campaigns.columns.drop("coalition_id")),
        "next": plain.by_coalition(later, later.columns.drop("coalition_id")),
    }


def _spells(data: Data) -> pd.DataFrame:
    """Memberships with the member's share of power on joining; the leader first, then by entry."""
    frame = data.tables["memberships"]
    unit = frame["coalition_id"] + ":" + frame["actor_id"] + ":" + frame["spell"].astype(str)
    share = data.members.set_index("unit_id")["power_share"]
    names = data.tables["actors"].set_index("actor_id")["name"]
    leader = data.tables["coalitions"].set_index("coalition_id")["leader"]
    leads = (frame["coalition_id"].map(leader) == frame["actor_id"]) | (frame["role"] == "leader")
    frame = frame.assign(
        power_share=unit.map(share), leader=leads, called=frame["actor_id"].map(names)
    )
    owners = frame.groupby(["coalition_id", "actor_id"])
    # All spells of a member stand together, at the place of its first entry.
    frame = frame.assign(
        leads=~owners["leader"].transform("any"), first=owners["joined"].transform("min")
    )
    order = ["coalition_id", "leads", "first", "called", "actor_id", "spell"]
    return frame.sort_values(order, na_position="last")


def _of_members(data: Data, table: str, columns: list[str]) -> dict[str, list[Row]]:
    """What members want, once for each coalition that they were in."""
    members = data.tables["memberships"][["coalition_id", "actor_id"]].drop_duplicates()
    rows = members.merge(data.tables[table], on="actor_id")
    return plain.by_coalition(
        rows.sort_values(["coalition_id", "actor_id", columns[0]]), ["actor_id", *columns]
    )


def _successions(steps: pd.DataFrame) -> dict[str, list[Row]]:
    ends = [steps.assign(coalition_id=steps[side]) for side in ("from_coalition", "to_coalition")]
    rows = pd.concat(ends).dropna(subset="coalition_id")
    return plain.by_coalition(rows, steps.columns.drop("succession_id"))


def _related(coalitions: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Ids of other records: before and after it, its lineage, other sides, the same coalition."""
    ids = coalitions["coalition_id"]
    followers = ids.groupby(coalitions["predecessor"]).agg(list)
    lineage = ids.groupby(coalitions["lineage"]).agg(list)
    sides = ids[coalitions["family"] == "wartime"].groupby(coalitions["arena"]).agg(list)
    doubles = ids.groupby(coalitions["overlaps_with"]).agg(list)
    return {
        str(owner): {
            "successors": followers.get(owner, []),
            "lineage": [each for each in lineage.get(line, []) if each != owner],
            "same_arena": [each for each in sides.get(arena, []) if each != owner],
            "same_coalition": doubles.get(owner, []),
        }
        for owner, line, arena in zip(ids, coalitions["lineage"], coalitions["arena"], strict=True)
    }
