"""Coalitions of states against alliances: the sample and the verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shipped

import coalitiondata as cd
from analysis.study.lifespans import Lifespans, lifespan_frame, lifespans
from analysis.study.samples import load_tables

pytestmark = shipped.needed


@pytest.fixture(scope="module")
def results() -> Lifespans:
    return lifespans(load_tables())


def test_sample_is_what_the_plan_says(results: Lifespans) -> None:
    frame = results.frame
    assert frame["unit_id"].is_unique
    assert frame["duration"].gt(0).all()
    assert frame["start"].dt.year.min() >= 1815
    pacts = cd.load("alliances").set_index("alliance_id")
    mine = pacts.loc[frame.loc[frame["group"] == "alliance", "unit_id"]]
    assert mine[["defense", "offense", "consultation"]].any(axis=1).all()
    # No real coalition twice: a war that an expedition records more fully counts once.
    coalitions = cd.load("coalitions").set_index("coalition_id")
    assert coalitions.loc[frame.loc[frame["group"] == "coalition", "unit_id"], "primary"].all()


def test_the_entente_and_nato(results: Lifespans) -> None:
    rows = results.frame.set_index("unit_id")
    nato = rows.loc["alliance-atop-3180"]
    assert (nato["event"], nato["two_members"]) == (0, 0)
    assert (
        rows.loc["war-cow-106-1", "duration"]
        == (pd.Timestamp("1918-11-11") - pd.Timestamp("1914-08-01")).days
    )


def test_verdict_follows_its_interval(results: Lifespans) -> None:
    main = results.effects.set_index("sample").loc["main"]
    assert main["low"] < main["hazard_ratio"] < main["high"]
    expected = "supported" if main["low"] > 1 else "contrary" if main["high"] < 1 else "undecided"
    assert results.answer.verdict == expected
    assert (results.answer.n, results.answer.events) == (main["n"], main["events"])


def test_swapping_the_groups_inverts_the_hazard_ratio() -> None:
    from analysis.models.cox import cox

    frame = lifespan_frame(load_tables())
    one = cox(frame, "is_coalition + two_members + century").table
    other = cox(
        frame.assign(is_alliance=1 - frame["is_coalition"]), "is_alliance + two_members + century"
    ).table
    assert np.isclose(one["hazard_ratio"].iloc[0] * other["hazard_ratio"].iloc[0], 1)
