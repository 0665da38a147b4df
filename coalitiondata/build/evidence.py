"""The pages behind every curated record: rows of the table `evidence`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coalitiondata.build import expeditions, ngo
from coalitiondata.build.curated import read_curated

FILES = (
    ("expedition_coalitions.csv", "coalitions", "exp-", expeditions.SOURCE),
    ("expedition_members.csv", "memberships", "exp-", expeditions.SOURCE),
    ("ngo_coalitions.csv", "coalitions", "ngo-", ngo.SOURCE),
    ("ngo_members.csv", "memberships", "ngo-", ngo.SOURCE),
    ("ngo_organisations.csv", "actors", "", ngo.SOURCE),
    ("ngo_resources.csv", "power", "", ngo.SOURCE),
)


def evidence(curated: Path) -> pd.DataFrame:
    """One row per curated record and address: record_id, record_table, coalition_id, url, source.

    Several spells or years of one member are one record. A record is named by its coalition, its
    coalition and actor, or its actor.
    """
    parts = [_of_file(curated / name, *rest) for name, *rest in FILES]
    rows = pd.concat(parts, ignore_index=True)
    return rows.drop_duplicates(["record_table", "record_id", "url"], ignore_index=True)


def _of_file(path: Path, table: str, prefix: str, source: str) -> pd.DataFrame:
    rows = read_curated(path)
    rows = rows[rows["source_urls"].notna()]
    nothing = pd.Series(None, index=rows.index, dtype="object")
    coalition = prefix + rows["coalition_key"] if "coalition_key" in rows else nothing
    record = {
        "coalitions": coalition,
        "memberships": coalition + ":" + rows.get("actor_id", nothing),
    }.get(table, rows.get("actor_id", nothing))
    listed = pd.DataFrame({"record_id": record, "url": rows["source_urls"].str.split(";")})
    listed = listed.assign(record_table=table, coalition_id=coalition, source=source)
    listed = listed.explode("url")
    return listed.assign(url=listed["url"].str.strip()).query("url != ''")
