"""Coalitions and members of states in the form that yearly data are joined to."""

from __future__ import annotations

import pandas as pd

FIRST_YEAR = 1816  # of the lists of states, capabilities and (1815) alliances


def observed_spells(
    coalitions: pd.DataFrame, memberships: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Wartime coalitions since 1816 and their members with a COW code, every spell closed.

    An ongoing coalition gets the day on which it was last observed as `end`. A spell without `left`
    runs to that end, one without `joined` from the coalition's start, with `joined_known` false.
    These dates say for which years yearly data are wanted; none of them enters the tables.
    """
    covered = coalitions[coalitions["start"].dt.year >= FIRST_YEAR]
    covered = covered.assign(end=covered["end"].fillna(covered["observed_until"]))
    states = memberships[memberships["actor_id"].str.startswith("state-cow-")]
    span = covered[["coalition_id", "start", "end"]]
    states = states.merge(span, on="coalition_id", validate="m:1")
    spells = states.assign(
        joined=states["joined"].fillna(states["start"]),
        left=states["left"].fillna(states["end"]),
        joined_known=states["joined"].notna(),
    )
    return covered, spells.drop(columns=["start", "end"])
