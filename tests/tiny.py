"""A tiny valid data set: made-up coalitions that satisfy every rule, for tests that break one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd

from coalitiondata import schema
from coalitiondata.canonical import csv_text, in_order, write_parquet
from coalitiondata.schema import Field, Table, dtype

Rows = dict[str, list[dict[str, Any]]]

# Only what the rules need; `frames` fills the other required columns with a valid value.
ROWS: Rows = {
    "coalitions": [
        {
            "coalition_id": "gov-tiny-1",
            "family": "governing",
            "subtype": "cabinet",
            "name": 'Ångström "I", or so',
            "arena": "NOR",
            "start": "1950-03-01",
            "start_precision": "day",
            "end": "1952-05-04",
            "end_precision": "day",
            "observed_until": "1952-05-04",
            "terminated": "1952-05-01",
            "status": "ended",
            "end_cause": "early_election",
            "end_cause_basis": "source",
            "leader": "party-tiny-1",
            "lineage": "lin-gov-tiny-1",
            "primary": True,
            "chamber_elected": "1950-02-01",
            "chamber_seats": 100,
            "source": "tinygov",
            "source_key": "1",
        },
        {
            "coalition_id": "gov-tiny-2",
            "family": "governing",
            "subtype": "cabinet",
            "name": "Østby II",
            "arena": "NOR",
            "start": "1952-05-04",
            "start_precision": "day",
            "observed_until": "1960-12-31",
            "status": "ongoing",
            "leader": "party-tiny-2",
            "lineage": "lin-gov-tiny-2",
            "predecessor": "gov-tiny-1",
            "primary": True,
            "source": "tinygov",
            "source_key": "2",
        },
        {
            "coalition_id": "war-tiny-1-1",
            "family": "wartime",
            "subtype": "interstate_war",
            "name": "First tiny war, side 1",
            "arena": "war-tiny-1",
            "start": "1631-07-01",
            "start_precision": "year",
            "end": "1635-02-15",
            "end_precision": "month",
            "observed_until": "1635-02-15",
            "status": "ended",
            "end_cause": "victory",
            "end_cause_basis": "source",
            "goal_outcome": "achieved",
            "goal_outcome_basis": "derived",
            "primary": True,
            "source": "tinywar",
            "source_key": "1/1",
        },
    ],
    "actors": [
        {"actor_id": "party-tiny-1", "kind": "party", "name": "One", "founded": "1900-07-01",
         "founded_precision": "year", "parlgov_id": 1, "iso3": "NOR", "source": "tinygov"},
        {"actor_id": "party-tiny-2", "kind": "party", "name": "Two", "source": "tinygov"},
        {"actor_id": "party-tiny-3", "kind": "party", "name": "NA", "source": "tinygov"},
        {"actor_id": "state-tiny-1", "kind": "state", "name": "A", "cow_code": 2,
         "source": "tinywar"},
        {"actor_id": "state-tiny-2", "kind": "state", "name": "B", "cow_code": 20,
         "source": "tinywar"},
    ],
    "memberships": [
        {"coalition_id": coalition, "actor_id": actor, "spell": spell, "joined": joined,
         "joined_precision": joined and "day", "left": left, "left_precision": left and "day",
         "role": role, "exit_cause": cause, "exit_cause_basis": cause and "derived",
         "source": "tinywar" if coalition.startswith("war") else "tinygov"}
        for coalition, actor, spell, joined, left, role, cause in [
            ("gov-tiny-1", "party-tiny-1", 1, "1950-03-01", "1952-05-04", "leader",
             "end_of_coalition"),
            ("gov-tiny-1", "party-tiny-2", 1, "1950-03-01", "1952-05-04", "member",
             "end_of_coalition"),
            ("gov-tiny-2", "party-tiny-1", 1, "1952-05-04", None, "member", None),
            ("gov-tiny-2", "party-tiny-2", 1, "1952-05-04", None, "leader", None),
            ("war-tiny-1-1", "state-tiny-1", 1, "1631-03-01", "1635-02-20", None,
             "end_of_coalition"),
            ("war-tiny-1-1", "state-tiny-2", 1, "1631-03-01", "1632-01-01", None, "truce"),
            ("war-tiny-1-1", "state-tiny-2", 2, "1633-01-01", "1635-02-20", None,
             "end_of_coalition"),
        ]
    ],
    "power": [
        {"coalition_id": "gov-tiny-1", "actor_id": "party-tiny-1", "year": 1950,
         "resource": "seats", "value": 40.0, "unit": "seats", "basis": "source",
         "source": "tinygov"},
        {"coalition_id": "gov-tiny-1", "actor_id": "party-tiny-2", "year": 1950,
         "resource": "seats", "unit": "seats", "missing_reason": "joint_list",
         "source": "tinygov"},
        {"coalition_id": "war-tiny-1-1", "actor_id": "state-tiny-1", "year": 1631,
         "resource": "battle_deaths", "value": 0.0, "unit": "persons", "basis": "source",
         "source": "tinywar"},
    ],
    "positions": [
        {"actor_id": "party-tiny-1", "dimension": "left_right", "value": 3.3000000000000003,
         "basis": "expert_mean", "source": "tinygov"},
        {"actor_id": "party-tiny-2", "dimension": "eu", "value": 10.0, "basis": "expert_mean",
         "source": "tinygov"},
    ],
    "dyads": [
        {"actor_a": "state-tiny-1", "actor_b": "state-tiny-2", "year": 1820, "s_alliance": -0.5,
         "source": "tiny-own"},
        {"actor_a": "state-tiny-1", "actor_b": "state-tiny-2", "year": 1821, "un_votes": 0,
         "source": "tiny-own"},
    ],
    "dyad_norms": [
        {"year": 1820, "channel": "s_alliance", "pairs": 3, "mean": 0.1, "median": 0.25,
         "source": "tiny-own"},
    ],
    "candidates": [
        {"coalition_id": "gov-tiny-1", "actor_id": "party-tiny-1", "joined": True, "seats": 40,
         "source": "tinygov"},
        {"coalition_id": "gov-tiny-1", "actor_id": "party-tiny-2", "joined": True,
         "source": "tinygov"},
        {"coalition_id": "gov-tiny-1", "actor_id": "party-tiny-3", "joined": False, "seats": 0,
         "source": "tinygov"},
    ],
    "transformations": [
        {"transformation_id": "tr-tiny-1", "coalition_id": "gov-tiny-1", "kind": "party_merger",
         "date": "1953-07-01", "date_precision": "year",
         "members_carried_over": "party-tiny-1;party-tiny-2", "basis": "source",
         "source": "tinygov"},
    ],
    "alliances": [
        {"alliance_id": "alliance-tiny-1", "start": "1816-01-01", "start_precision": "day",
         "observed_until": "2018-12-31", "status": "ongoing", "defense": True, "offense": False,
         "source": "tinywar", "source_key": "1"},
    ],
    "alliance_members": [
        {"alliance_id": "alliance-tiny-1", "actor_id": "state-tiny-1", "spell": 1,
         "joined": "1816-01-01", "joined_precision": "day", "source": "tinywar"},
        {"alliance_id": "alliance-tiny-1", "actor_id": "state-tiny-2", "spell": 1,
         "joined": "1816-01-01", "joined_precision": "day", "source": "tinywar"},
    ],
    "sources": [
        {"source_id": "tiny-own", "title": "Overlap", "citation": "coalitiondata: overlap.",
         "licence": "CC-BY-4.0", "redistribution": "own", "based_on": "tinyraw;tinywar"},
        {"source_id": "tinygov", "title": "Cabinets & parties",
         "citation": "Müller, Jo and A. B. Lee. 2001. Cabinets & parties: 50% more_facts. "
         "Journal 3(1): 1-2.", "doi": "10.1000/a_b", "url": "https://example.org/a_b?c=1&d=%20",
         "licence": "CC0-1.0", "redistribution": "bundle", "retrieved": "2026-01-02"},
        {"source_id": "tinyraw", "title": "Raw votes", "citation": "Votes project. Raw votes.",
         "licence": "free use with citation", "redistribution": "compute_only"},
        {"source_id": "tinywar", "title": "Wars", "citation": "Doe, Jane. 1999. Wars. Press.",
         "version": "4.0", "licence": "free use with citation", "redistribution": "facts_only"},
    ],
    "source_files": [
        {"file": "tiny/a.csv", "source_id": "tinygov", "sha256": "0" * 64, "bytes": 1,
         "url": "https://example.org/a.csv"},
    ],
}  # fmt: skip


# A coalition of organisations beside them, for the tests of that family.
NGO_ROWS: Rows = {
    "coalitions": [
        {"coalition_id": "ngo-tiny-1", "family": "ngo", "subtype": "ngo_coalition",
         "name": "Tiny campaign", "arena": "NOR", "start": "1990-05-04", "start_precision": "day",
         "end": "1995-07-01", "end_precision": "year", "observed_until": "1995-07-01",
         "status": "ended", "end_cause": "goal_achieved", "end_cause_basis": "curated",
         "goal": "End it", "goal_outcome": "achieved", "goal_outcome_basis": "curated",
         "member_coverage": "partial", "leader": "org-tiny-1", "primary": True,
         "source": "tiny-own", "source_key": "tiny-1"},
    ],
    "actors": [
        {"actor_id": f"org-tiny-{k}", "kind": "organisation", "organisation_kind": kind,
         "name": f"Organisation {k}", "source": "tiny-own"}
        for k, kind in ((1, "ngo"), (2, "trade_union"), (3, "religious"))
    ],
    "memberships": [
        {"coalition_id": "ngo-tiny-1", "actor_id": "org-tiny-1", "spell": 1,
         "joined": "1990-05-04", "joined_precision": "day", "role": "leader",
         "exit_cause": "not_established", "exit_cause_basis": "derived", "source": "tiny-own"},
        {"coalition_id": "ngo-tiny-1", "actor_id": "org-tiny-2", "spell": 1, "role": "member",
         "exit_cause": "not_established", "exit_cause_basis": "derived", "source": "tiny-own"},
        {"coalition_id": "ngo-tiny-1", "actor_id": "org-tiny-3", "spell": 1,
         "joined": "1993-07-01", "joined_precision": "year", "left": "1994-02-15",
         "left_precision": "month", "role": "member", "exit_cause": "left_early",
         "exit_cause_basis": "curated", "exit_reason": "own_decision", "exit_informative": True,
         "source": "tiny-own"},
    ],
    "campaigns": [
        {"coalition_id": "ngo-tiny-1", "issue_area": "peace", "goal_type": "stop",
         "governance": "single_host", "scope": "national", "country": "NOR",
         "founding_members": 12, "source": "tiny-own"},
    ],
    "issue_areas": [
        {"actor_id": actor, "issue_area": area, "rank": rank, "source": "tiny-own"}
        for actor, areas in (
            ("org-tiny-1", ("peace", "women")),
            ("org-tiny-2", ("labour", "peace")),
            ("org-tiny-3", ("peace",)),
        )
        for rank, area in enumerate(areas, start=1)
    ],
    "power": [
        {"coalition_id": "ngo-tiny-1", "actor_id": f"org-tiny-{k}", "year": 1990,
         "resource": "decision_right", "value": value, "unit": "weight", "basis": "derived",
         "source": "tiny-own"}
        for k, value in ((1, 1.0), (2, 0.0), (3, 0.0))
    ],
}  # fmt: skip
WITH_NGO: Rows = {
    name: [*ROWS.get(name, []), *NGO_ROWS.get(name, [])] for name in {**ROWS, **NGO_ROWS}
}


def frames(rows: Rows = ROWS) -> dict[str, pd.DataFrame]:
    """Every table of the schema as a typed frame."""
    return {name: typed(table, rows.get(name, [])) for name, table in schema.tables().items()}


def typed(table: Table, rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for field in table.fields:
        default = _valid(field) if field.required else None
        values = [row.get(field.name, default) for row in rows]
        if field.type == "date":
            values = pd.array(values, dtype="object").fillna("NaT")
        elif field.type == "string":
            values = [float("nan") if value is None else value for value in values]
        columns[field.name] = pd.Series(values, dtype="object").astype(dtype(field))
    return in_order(table, pd.DataFrame(columns))


def write(folder: Path, *, stamp: bool = True, twins: bool = False, rows: Rows = ROWS) -> Path:
    """Write the data set into `folder`, with or without fingerprints and Parquet twins."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = json.loads(json.dumps(schema.package()))
    filled = frames(rows)
    for entry in descriptor["resources"]:
        for key in ("hash", "bytes", "rowCount"):
            entry.pop(key, None)
        table = schema.table(entry["name"])
        frame = filled[table.name]
        content = csv_text(table, frame).encode()
        digest = hashlib.sha256(content).hexdigest()
        (folder / table.path).write_bytes(content)
        if stamp:
            entry |= {"hash": f"sha256:{digest}", "bytes": len(content), "rowCount": len(frame)}
        if twins:
            write_parquet(table, frame, folder / f"{table.name}.parquet", csv_sha256=digest)
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    return folder


def _valid(field: Field) -> Any:
    if field.levels:
        return field.levels[0]
    return {"string": "x", "integer": 1, "number": 0.0, "boolean": False, "date": "1950-01-01"}[
        field.type
    ]
