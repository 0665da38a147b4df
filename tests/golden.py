"""Look-ups in the shipped tables, for tests that hold records against history."""

from __future__ import annotations

from functools import cache

import pandas as pd

import coalitiondata as cd


@cache
def load(table: str) -> pd.DataFrame:
    """A shipped table, read once."""
    return cd.load(table)


def keyed(table: str, key: str) -> pd.DataFrame:
    """A shipped table by its key."""
    return load(table).set_index(key)


@cache
def members(coalition: str) -> pd.DataFrame:
    """Spells of a coalition with the names and abbreviations of its members."""
    spells = load("memberships")
    inside = spells[spells["coalition_id"] == coalition]
    return inside.merge(load("actors")[["actor_id", "name", "abbreviation"]], on="actor_id")


def names(text: str) -> set[str]:
    """The names in a list with commas."""
    return set(text.split(", "))
