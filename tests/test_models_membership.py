"""Exits of members: leaders and distances from known cases, and the verb against plain Cox."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shipped

import analysis
from analysis.models.leaders import (
    alliance_ties,
    coalition_leaders,
    party_distance,
    with_leader_distance,
)
from analysis.models.membership import FORMULA, exit_frame, membership_exit
from coalitiondata import load
from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.survival import NEEDED

pytestmark = shipped.needed

USA, UK, SPAIN, RUSSIA, GERMANY = (f"state-cow-{code}" for code in (2, 200, 230, 365, 255))
IRAQ = "exp-mnf-iraq-2003"
MERKEL = "gov-parlgov-85"
CDU, SPD = "party-parlgov-1727", "party-parlgov-558"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {name: load(name) for name in (*NEEDED, "alliance_members", "state_system")}


@pytest.fixture(scope="module")
def wartime(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return exit_frame("wartime", tables=tables)


@pytest.fixture(scope="module")
def governing(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return exit_frame("governing", tables=tables)


# --- leaders


def test_leaders_are_those_of_the_data_or_the_strongest_founders(
    tables: dict[str, pd.DataFrame],
) -> None:
    leaders = coalition_leaders(tables).set_index("coalition_id")
    assert tuple(leaders.loc[IRAQ]) == (USA, "coded")
    assert tuple(leaders.loc[MERKEL]) == (CDU, "coded")
    # The strongest in the first month: Russia, Germany and Austria-Hungary in 1914; the Axis.
    assert tuple(leaders.loc["war-cow-106-1"]) == (RUSSIA, "strongest")
    assert tuple(leaders.loc["war-cow-106-2"]) == (GERMANY, "strongest")
    assert tuple(leaders.loc["war-cow-139-2"]) == (GERMANY, "strongest")
    coalitions = tables["coalitions"].set_index("coalition_id")
    coded = coalitions["leader"].notna()
    assert (leaders["leader_basis"].eq("coded") == coded).all()
    assert (leaders["leader"].isna() == leaders["leader_basis"].isna()).all()
    # No party leads a cabinet whose prime minister has none, and nothing is derived for others.
    derived = leaders["leader_basis"] == "strongest"
    assert (coalitions.loc[derived, "family"] == "wartime").all()


def test_the_strongest_is_unknown_if_any_founder_is(tables: dict[str, pd.DataFrame]) -> None:
    power = tables["power"]
    of_serbia = (power["coalition_id"] == "war-cow-106-1") & (power["actor_id"] == "state-cow-345")
    assert of_serbia.any()
    without = {**tables, "power": power[~of_serbia]}
    leaders = coalition_leaders(without).set_index("coalition_id")
    assert leaders.loc["war-cow-106-1"].isna().all()
    same = leaders.drop("war-cow-106-1")
    pd.testing.assert_frame_equal(
        same, coalition_leaders(tables).set_index("coalition_id").drop("war-cow-106-1")
    )


def test_distance_of_states_is_that_of_the_year_before_joining(
    tables: dict[str, pd.DataFrame], wartime: pd.DataFrame
) -> None:
    iraq = wartime[wartime["coalition_id"] == IRAQ].set_index("actor_id")
    dyads = tables["dyads"].set_index(["actor_a", "actor_b", "year"])
    s_2002 = dyads.loc[(USA, UK, 2002), "s_alliance"]
    assert iraq.loc[UK, "leader_distance"] == pytest.approx((1 - s_2002) / 2)
    assert iraq.loc[USA, "leader_distance"] == 0
    assert iraq.loc[SPAIN, "start"].year == 2003
    by_votes = with_leader_distance(
        wartime.drop(columns=["leader", "leader_basis", "leader_distance"]),
        tables,
        channel="un_agreement",
    )
    votes = dyads.loc[(USA, UK, 2002), "un_agreement"]
    of_uk = by_votes.loc[(by_votes["coalition_id"] == IRAQ) & (by_votes["actor_id"] == UK)]
    assert of_uk["leader_distance"].iloc[0] == pytest.approx(1 - votes)


def test_distance_of_parties_is_on_left_and_right(
    tables: dict[str, pd.DataFrame], governing: pd.DataFrame
) -> None:
    merkel = governing[governing["coalition_id"] == MERKEL].set_index("actor_id")
    placed = tables["positions"][tables["positions"]["dimension"] == "left_right"]
    value = placed.set_index("actor_id")["value"]
    assert merkel.loc[SPD, "leader_distance"] == pytest.approx(abs(value[SPD] - value[CDU]) / 10)
    assert merkel.loc[CDU, "leader_distance"] == 0
    filled = exit_frame("governing", tables=tables, positions="all")
    assert filled["leader_distance"].notna().sum() > governing["leader_distance"].notna().sum()


@pytest.mark.parametrize("family", ["wartime", "governing"])
def test_distances_stay_in_range_and_leaders_have_none(
    family: str, request: pytest.FixtureRequest
) -> None:
    frame = request.getfixturevalue(family)
    known = frame["leader_distance"].dropna()
    assert len(known) > 300
    assert known.between(0, 1).all()
    leads = frame["actor_id"] == frame["leader"]
    assert (frame.loc[leads, "leader_distance"].dropna() == 0).all()
    assert frame.loc[frame["leader"].isna(), "leader_distance"].isna().all()
    assert not frame["subtype"].isin(["militarized_dispute", "intervention"]).any()
    if family == "wartime":  # a state is not placed by itself: the others must have been measured
        others = frame[~leads].groupby("coalition_id")["leader_distance"].count()
        alone = others.index[others == 0]
        assert frame.loc[frame["coalition_id"].isin(alone), "leader_distance"].isna().all()


def test_inducements_are_known_or_missing(wartime: pd.DataFrame) -> None:
    how = wartime["inducement"].astype("object")
    assert wartime["rewarded"].isna().equals(how.isna())
    assert (wartime.loc[how == "rewarded", "rewarded"] == 1).all()
    assert (wartime.loc[how == "voluntary", ["rewarded", "coerced"]] == 0).all(axis=None)


def test_alliance_ties_agree_with_the_dyads_of_partners(tables: dict[str, pd.DataFrame]) -> None:
    dyads = tables["dyads"]
    sample = dyads[dyads["year"].isin([1820, 1870, 1914, 1939, 1955, 1990, 2010])]
    pairs = sample.rename(columns={"actor_a": "actor_id", "actor_b": "leader"})
    ours = alliance_ties(pairs, tables)["s_alliance"]
    theirs = sample["s_alliance"]
    assert len(ours) > 3000
    # Another version of the source, and obligations by alliance instead of by direction.
    assert np.corrcoef(ours, theirs)[0, 1] > 0.99
    assert (ours - theirs).abs().mean() < 0.01


def test_defence_pacts_known_from_history(tables: dict[str, pd.DataFrame]) -> None:
    rows = pd.DataFrame(
        [
            (UK, USA, 1948, 0.0),  # a year before the North Atlantic Treaty
            (UK, USA, 1950, 1.0),
            (RUSSIA, USA, 1950, 0.0),
            ("state-cow-300", GERMANY, 1913, 1.0),  # the Dual Alliance
            (RUSSIA, "state-cow-220", 1913, 1.0),
            (UK, USA, 1700, math.nan),  # before any list
            ("state-cow-345", USA, 1850, math.nan),  # not yet in the system
        ],
        columns=["actor_id", "leader", "year", "pact"],
    )
    ties = alliance_ties(rows, tables)
    np.testing.assert_array_equal(ties["defence_pact"], rows["pact"])
    assert ties["s_alliance"].isna().equals(rows["pact"].isna())
    assert (
        alliance_ties(rows.assign(actor_id=rows["leader"]), tables)["s_alliance"].dropna() == 1
    ).all()


def test_unknown_names_are_refused(tables: dict[str, pd.DataFrame], wartime: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="Unknown channel 'alliance'"):
        with_leader_distance(wartime, tables, channel="alliance")
    with pytest.raises(UnknownNameError, match="no column 'actor_id'"):
        with_leader_distance(wartime.drop(columns="actor_id"), tables)
    with pytest.raises(UnknownNameError, match="no column 'year'"):
        alliance_ties(wartime, tables)
    doubled = {**tables, "dyads": pd.concat([tables["dyads"]] * 2)}
    with pytest.raises(InvalidDataError, match="several rows for a pair and year"):
        with_leader_distance(wartime, doubled)
    rows = wartime.assign(leader_distance=party_distance(wartime, tables, "expert"))
    assert rows["leader_distance"].isna().all()  # states have no left and right


# --- the verb


def same(ours: analysis.CoxFit, theirs: analysis.CoxFit) -> None:
    pd.testing.assert_frame_equal(ours.table, theirs.table)


def test_the_default_is_a_cox_model_with_coalitions_as_clusters(wartime: pd.DataFrame) -> None:
    with pytest.warns(analysis.DroppedRowsWarning, match="power_share"):
        fit = membership_exit()
    with pytest.warns(analysis.DroppedRowsWarning):
        same(fit, analysis.cox(wartime, FORMULA, cluster="coalition_id"))
    used = wartime[["duration", "power_share", "leader_distance"]].notna().all(axis=1)
    assert (fit.n, fit.events) == (used.sum(), wartime.loc[used, "event"].sum())
    assert fit.clusters == wartime.loc[used, "coalition_id"].nunique()
    assert fit.dropped["power_share"] == wartime["power_share"].isna().sum()


def test_members_are_compared_within_their_coalition(wartime: pd.DataFrame) -> None:
    """What is the same for all members of a coalition cannot be told from its baseline."""
    complete = wartime.dropna(subset=["duration", "power_share", "leader_distance"])
    within = membership_exit(complete, strata="coalition_id")
    same(within, analysis.cox(complete, FORMULA, strata="coalition_id", cluster="coalition_id"))
    founded = complete.groupby("coalition_id")["start"].transform("min").dt.year
    with pytest.raises(InvalidDataError, match="founded does not vary within any risk set"):
        membership_exit(complete.assign(founded=founded), "founded", strata="coalition_id")
    # Moving all members of each coalition alike changes nothing.
    level = complete.groupby("coalition_id").ngroup()
    moved = complete.assign(power_share=complete["power_share"] + level)
    other = membership_exit(moved, strata="coalition_id")
    np.testing.assert_allclose(other.table["estimate"], within.table["estimate"], rtol=1e-6)


def test_governing_members_and_other_clusters(governing: pd.DataFrame) -> None:
    complete = governing.dropna(subset=["duration", "power_share"])
    fit = membership_exit(complete, "power_share + is_leader", cluster="arena")
    assert fit.clusters == complete["arena"].nunique()
    assert list(fit.table["term"]) == ["power_share", "is_leader"]
    assert fit.converged


def test_late_entry_and_frames_of_ones_own() -> None:
    rng = np.random.default_rng(3)
    n = 80
    own: dict[str, Any] = {
        "coalition_id": np.repeat(np.arange(16), 5),
        "duration": rng.integers(2, 30, n),
        "event": rng.integers(0, 2, n),
        "weak": rng.normal(size=n),
        "seen_from": 1,
    }
    frame = pd.DataFrame(own)
    fit = membership_exit(frame, "weak", entry="seen_from")
    same(fit, analysis.cox(frame, "weak", entry="seen_from", cluster="coalition_id"))
    with pytest.raises(UnknownNameError, match="power_share"):
        membership_exit(frame)
    with pytest.raises(UnknownNameError, match="Unknown family 'war'"):
        membership_exit(family="war")
