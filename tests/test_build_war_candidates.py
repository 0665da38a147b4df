"""States that could have joined a side of a war: who counts, who joined, how strong they were."""

from __future__ import annotations

import pandas as pd
import pytest
from raw_files import raw_or_skip

from coalitiondata.build import states, wars
from coalitiondata.build.rda import read_rda
from coalitiondata.build.war_candidates import war_candidates

KEY = ["coalition_id", "actor_id"]


@pytest.fixture(scope="module")
def candidates() -> pd.DataFrame:
    raw = raw_or_skip()
    return war_candidates(raw, wars.coalitions(raw), wars.memberships(raw))


def codes(rows: pd.DataFrame, coalition: str) -> set[int]:
    of = rows.loc[rows["coalition_id"] == coalition, "actor_id"]
    return {int(actor.rpartition("-")[2]) for actor in of}


def test_once_per_side_and_every_member_among_them(candidates: pd.DataFrame) -> None:
    raw = raw_or_skip()
    assert not candidates.duplicated(KEY).any()
    members = set(wars.memberships(raw)[KEY].itertuples(index=False, name=None))
    joined = set(candidates.loc[candidates["joined"], KEY].itertuples(index=False, name=None))
    assert joined == members
    assert set(candidates["coalition_id"]) == set(wars.coalitions(raw)["coalition_id"])


def test_six_day_war_is_the_whole_system_of_1967_without_israel(candidates: pd.DataFrame) -> None:
    spell = states.spells(raw_or_skip())
    day = pd.Timestamp("1967-06-07")
    system = set(spell.loc[(spell["first"] <= day) & (spell["last"] >= day), "cow_code"])
    assert 666 in system
    assert codes(candidates, "war-cow-169-2") == system - {666}
    joined = candidates[candidates["joined"]]
    assert codes(joined, "war-cow-169-2") == {651, 652, 663}  # Egypt, Syria, Jordan


def test_nobody_can_join_the_side_it_fights(candidates: pd.DataFrame) -> None:
    allies, central = codes(candidates, "war-cow-106-1"), codes(candidates, "war-cow-106-2")
    assert not allies & {255, 300, 640, 355}
    assert not central & {200, 220, 365, 2, 325}
    assert {380, 210} <= allies & central  # Sweden and the Netherlands stayed neutral


def test_states_that_changed_sides_are_candidates_of_both(candidates: pd.DataFrame) -> None:
    joined = candidates[candidates["joined"]]
    for code in (220, 325, 355, 360):  # France, Italy, Bulgaria, Romania
        assert code in codes(joined, "war-cow-139-1") & codes(joined, "war-cow-139-2")
    assert 255 not in codes(candidates, "war-cow-139-1")


def test_states_that_vanish_or_enter_during_a_war_count(candidates: pd.DataFrame) -> None:
    second = codes(candidates, "war-cow-139-1")
    assert {290, 366} <= second  # Poland to September 1939, Estonia to 1940
    assert 395 in second  # Iceland, in the system from 1944
    assert 305 not in codes(candidates, "war-cow-136-1")  # Austria in 1939
    row = candidates[(candidates["coalition_id"] == "war-cow-139-1")].set_index("actor_id")
    assert pd.isna(row.loc["state-cow-395", "cinc"])
    assert pd.notna(row.loc["state-cow-290", "cinc"])


def test_strength_is_that_of_the_year_before(candidates: pd.DataFrame) -> None:
    index = read_rda(raw_or_skip()("cow/cow_nmc.rda")).set_index(["ccode", "year"])["cinc"]
    rows = candidates.set_index(KEY)["cinc"]
    for coalition, code, year in [
        ("war-cow-106-1", 365, 1913),
        ("war-cow-106-1", 2, 1913),
        ("war-cow-139-1", 2, 1938),
        ("war-cow-227-1", 200, 2002),
    ]:
        assert rows[(coalition, f"state-cow-{code}")] == index[(code, year)]
    assert rows.dropna().between(0, 1).all()


def test_only_inter_state_wars() -> None:
    raw = raw_or_skip()
    coalitions = wars.coalitions(raw).head(2)
    coalitions["subtype"] = ["interstate_war", "expedition"]
    some = war_candidates(raw, coalitions, wars.memberships(raw))
    assert set(some["coalition_id"]) == {coalitions["coalition_id"].iloc[0]}
