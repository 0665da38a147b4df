"""Everything that the pages are made from, loaded once."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

import coalitiondata as cd
from coalitiondata.survival import NEEDED

SHOWN = (
    "coalitions",
    "actors",
    "memberships",
    "power",
    "positions",
    "dyads",
    "candidates",
    "transformations",
    "campaigns",
    "issue_areas",
    "evidence",
    "codings",
)
"""Tables that a record shows, or from which its numbers are computed; their sources are cited."""


@dataclass(frozen=True, slots=True)
class Data:
    """The tables by name, and the frames that the package computes from them."""

    tables: dict[str, pd.DataFrame]
    survival: pd.DataFrame
    members: pd.DataFrame


def load() -> Data:
    """All records, also those that are not primary; covariates measured at the start."""
    names = dict.fromkeys([*SHOWN, *NEEDED, "successions"])
    tables = {name: cd.load(name) for name in names}
    return Data(
        tables=tables,
        survival=cd.survival_frame(primary=None, tables=tables),
        members=cd.survival_frame("membership", primary=None, tables=tables),
    )
