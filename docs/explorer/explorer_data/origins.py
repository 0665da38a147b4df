"""Sources: which stand behind each record, how each is cited, and the pages that were read."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pandas as pd

from coalitiondata.metadata import apa, bibtex
from coalitiondata.metadata import plain as words
from coalitiondata.metadata.record import record
from coalitiondata.metadata.sources import every, with_origins
from explorer_data.plain import Row
from explorer_data.tables import SHOWN, Data


def citations() -> dict[str, dict[str, str | None]]:
    """Every source by id: title, address, and its citation as text, APA and BibTeX."""
    about = record()
    # The first entry of each style is the data set itself.
    own = {
        "title": about.title,
        "url": about.address,
        "text": words.entries(about, [])[0],
        "apa": apa.entries(about, [])[0],
        "bibtex": bibtex.entries(about, [])[0],
    }
    found: dict[str, dict[str, str | None]] = {about.name: own}
    for name, source in every().items():
        found[name] = {
            "title": source.title,
            "url": f"https://doi.org/{source.doi}" if source.doi else source.url,
            "text": words.entries(about, [source])[1],
            "apa": "\n".join(apa.entries(about, [source])[1:]),
            "bibtex": bibtex.entries(about, [source])[1],
        }
    return found


def behind(data: Data) -> dict[str, list[str]]:
    """Of each coalition the ids of all sources of the tables shown, as `coalitiondata.cite` has it.

    Rows count that are about the coalition, about its members, or about pairs of its members.
    """
    memberships = data.tables["memberships"]
    members = memberships.groupby("coalition_id")["actor_id"].agg(lambda ids: sorted(set(ids)))
    of_coalition, of_actor = _sets("coalition_id", data), _sets("actor_id", data)
    dyads = data.tables["dyads"]
    pairs = dict(
        zip(zip(dyads["actor_a"], dyads["actor_b"], strict=True), dyads["source"], strict=True)
    )
    expanded: dict[frozenset[str], list[str]] = {}
    found = {}
    for owner in data.tables["coalitions"]["coalition_id"]:
        ids = set(of_coalition.get(owner, ()))
        for actor in members[owner]:
            ids |= of_actor.get(actor, set())
        for a, b in combinations(members[owner], 2):
            ids |= {pairs[each] for each in ((a, b), (b, a)) if each in pairs}
        key = frozenset(ids)
        if key not in expanded:
            expanded[key] = [source.source_id for source in with_origins(key)]
        found[owner] = expanded[key]
    return found


def _sets(key: str, data: Data) -> dict[str, set[str]]:
    """The sources of all rows about each coalition, or about each actor."""
    other = {"coalition_id": (), "actor_id": ("coalition_id",)}[key]
    about = [
        data.tables[name][[key, "source"]]
        for name in SHOWN
        if key in data.tables[name] and not any(each in data.tables[name] for each in other)
    ]
    pairs = pd.concat(about).dropna().drop_duplicates()
    found: dict[str, set[str]] = _gathered(pairs[key], pairs["source"], set)
    return found


def pages(data: Data) -> tuple[dict[str, list[Row]], dict[str, list[str]]]:
    """Addresses that were read: by coalition with the record each is about, and by organisation."""
    rows = data.tables["evidence"]
    rows = rows[rows["url"].str.match(r"https?://")]
    rows = rows.sort_values(["record_id", "url"]).drop_duplicates(["record_id", "url"])
    addresses = _gathered(rows["record_id"], rows["url"], list)
    of_coalition: dict[str, list[Row]] = {}
    about_one = rows.dropna(subset="coalition_id").drop_duplicates("record_id")
    for owner, about in zip(about_one["coalition_id"], about_one["record_id"], strict=True):
        actor = about.partition(":")[2] or None
        of_coalition.setdefault(owner, []).append({"actor_id": actor, "urls": addresses[about]})
    alone = set(rows.loc[rows["coalition_id"].isna(), "record_id"])
    return of_coalition, {actor: addresses[actor] for actor in sorted(alone)}


def _gathered(keys: pd.Series, values: pd.Series, into: Callable[[pd.Series], Any]) -> Any:
    """The values of each key, in a set or a list."""
    return values.groupby(keys).agg(into).to_dict()
