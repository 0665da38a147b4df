"""Weighted log-rank tests against R survdiff, against their definition and each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import analysis
from analysis.models.weighted_logrank import weighted_log_rank
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "weighted_logrank.json").read_text())
SPELLS = pd.read_csv(HERE / "survival_spells.csv")
WEIGHTS = ("fleming-harrington", "gehan", "tarone-ware", "peto", "modified-peto")


def named(case: dict[str, Any]) -> str:
    return " ".join(str(v) for v in list(case.values())[:6])


def check(test: analysis.GroupTest, case: dict[str, Any]) -> None:
    assert test.statistic == pytest.approx(case["statistic"], rel=1e-10)
    assert test.p_value == pytest.approx(case["p"], rel=1e-9)
    np.testing.assert_allclose(test.table["observed"], case["observed"], rtol=1e-10)
    np.testing.assert_allclose(test.table["expected"], case["expected"], rtol=1e-10)


@pytest.mark.parametrize("case", REFERENCE["survdiff"], ids=named)
def test_agrees_with_survdiff(case: dict[str, Any]) -> None:
    check(weighted_log_rank(SPELLS, case["by"], strata=case["strata"], rho=case["rho"]), case)


@pytest.mark.parametrize("case", REFERENCE["defined"], ids=named)
def test_agrees_with_its_definition(case: dict[str, Any]) -> None:
    """Event time by event time in R, with strata and late entry."""
    options = {k: case[k] for k in ("by", "weights", "rho", "gamma", "strata", "entry")}
    test = weighted_log_rank(SPELLS, **options)
    check(test, case)
    assert test.df == case["df"]


@pytest.mark.parametrize("entry", [None, "entry"])
@pytest.mark.parametrize("strata", [None, "s"])
def test_without_weights_it_is_the_log_rank_test(entry: str | None, strata: str | None) -> None:
    ours = weighted_log_rank(SPELLS, "g", entry=entry, strata=strata)
    plain = analysis.log_rank(SPELLS, "g", entry=entry, strata=strata)
    assert ours.statistic == pytest.approx(plain.statistic, rel=1e-10)
    assert (ours.df, ours.p_value) == (plain.df, pytest.approx(plain.p_value, rel=1e-9))
    pd.testing.assert_frame_equal(ours.table, plain.table, check_dtype=False)


def test_by_hand() -> None:
    """Five spells in two groups; n is 5, 4, 2 and d is 1, 2, 1 at the events."""
    frame = pd.DataFrame(
        {"duration": [1, 2, 2, 3, 4], "event": [1, 1, 1, 1, 0], "g": ["a", "a", "b", "b", "b"]}
    )

    def statistic(w: list[float]) -> float:
        excess = w[0] * (1 - 2 / 5) + w[1] * (1 - 2 * 1 / 4) + w[2] * 0
        variance = w[0] ** 2 * 6 / 25 + w[1] ** 2 * 3 / 16 * 2 * 2 / 3
        return excess**2 / variance

    by_name = {
        "fleming-harrington": [1, 1, 1],
        "gehan": [5, 4, 2],
        "tarone-ware": [5**0.5, 2, 2**0.5],
        "peto": [5 / 6, 5 / 6 * 3 / 5, 1 / 3],
        "modified-peto": [5 / 6 * 5 / 6, 5 / 6 * 3 / 5 * 4 / 5, 2 / 9],
    }
    for weights, w in by_name.items():
        test = weighted_log_rank(frame, "g", weights=weights)
        assert test.statistic == pytest.approx(statistic(w))
        assert test.df == 1
    late = weighted_log_rank(frame, "g", gamma=1)  # nothing at the first event: S(t-) is 1
    assert late.statistic == pytest.approx(statistic([0, 0.2, 0.6]))


def test_gehan_is_wilcoxon_without_censoring() -> None:
    """Its Z is the Mann-Whitney count of pairs in which one spell outlasts the other."""
    frame = pd.DataFrame({"duration": SPELLS["duration"], "event": 1, "z": SPELLS["z"]})
    test = weighted_log_rank(frame, "z", weights="gehan")
    one = frame.loc[frame["z"] == 1, "duration"].to_numpy()
    zero = frame.loc[frame["z"] == 0, "duration"].to_numpy()
    pairs = np.sign(one[:, None] - zero[None]).sum()
    excess = (test.table["observed"] - test.table["expected"]).iloc[0]
    assert excess == pytest.approx(pairs)


def any_comparison(frame: pd.DataFrame) -> bool:
    """Whether at some event time two groups are at risk and not all at risk fail."""
    for time in set(frame.loc[frame["event"], "duration"]):
        there = frame[(frame["entry"] < time) & (frame["duration"] >= time)]
        fail = there["event"] & (there["duration"] == time)
        if len(set(there["g"])) > 1 and not fail.all():
            return True
    return False


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4), st.integers(1, 8), st.booleans(), st.sampled_from(["a", "b", "c"])
        ),
        min_size=6,
        max_size=40,
    ),
    st.sampled_from(WEIGHTS),
    st.integers(2, 5),
)
def test_invariants(spells: list[tuple[int, int, bool, str]], weights: Any, unit: int) -> None:
    """Units of time, labels and order of rows do not matter; the excesses sum to zero."""
    frame = pd.DataFrame(spells, columns=["entry", "length", "event", "g"])
    frame["duration"] = frame["entry"] + frame["length"]
    assume(len(set(frame["g"])) > 1 and frame["event"].any())
    if not any_comparison(frame):
        with pytest.raises(InvalidDataError, match="while two groups"):
            weighted_log_rank(frame, "g", entry="entry", weights=weights)
        return
    test = weighted_log_rank(frame, "g", entry="entry", weights=weights)
    assert 0 <= test.p_value <= 1
    assert 1 <= test.df < frame["g"].nunique()
    assert test.table["observed"].sum() == pytest.approx(test.table["expected"].sum())
    moved = frame.assign(duration=frame["duration"] * unit, entry=frame["entry"] * unit)
    moved["g"] = moved["g"].map({"a": "z", "b": "y", "c": "x"})
    again = weighted_log_rank(moved.iloc[::-1], "g", entry="entry", weights=weights)
    assert again.statistic == pytest.approx(test.statistic, rel=1e-8, abs=1e-9)
    assert again.df == test.df


def test_early_and_late_differences() -> None:
    """Hazards that cross: the plain test sees nothing, weights for one end do."""
    rng = np.random.default_rng(1871)
    early = np.where(rng.random(400) < 0.35, rng.uniform(0, 1, 400), rng.uniform(5, 9, 400))
    late = np.where(rng.random(400) < 0.1, rng.uniform(0, 1, 400), rng.uniform(2, 6, 400))
    frame = pd.DataFrame(
        {"duration": np.concatenate([early, late]), "event": 1, "g": np.repeat(["e", "l"], 400)}
    )
    excess = {}
    for name, options in {"first": {"rho": 8}, "last": {"gamma": 1}}.items():
        test = weighted_log_rank(frame, "g", **options)
        assert test.p_value < 0.001
        excess[name] = (test.table["observed"] - test.table["expected"]).iloc[0]
    assert excess["first"] > 0 > excess["last"]


def test_a_group_never_at_risk_with_another_costs_a_degree() -> None:
    frame = pd.DataFrame(
        {
            "duration": [1, 2, 3, 4, 9, 10],
            "event": 1,
            "entry": [0, 0, 0, 0, 5, 5],
            "g": ["a", "b", "a", "b", "c", "c"],
        }
    )
    with_c = weighted_log_rank(frame, "g", entry="entry")
    without = weighted_log_rank(frame[frame["g"] != "c"], "g", entry="entry")
    assert with_c.df == without.df == 1
    assert with_c.statistic == pytest.approx(without.statistic)


def test_other_frames_give_the_same() -> None:
    ours = weighted_log_rank(SPELLS, ["g", "z"], weights="peto")
    assert ours.df == 5
    for other in (pl.from_pandas(SPELLS).lazy(), SPELLS.convert_dtypes()):
        again = weighted_log_rank(other, ["g", "z"], weights="peto")
        pd.testing.assert_frame_equal(again.table, ours.table)


def test_mistakes() -> None:
    with pytest.raises(UnknownNameError, match=r"no weights 'wilcoxon'; choose from .*'gehan'"):
        weighted_log_rank(SPELLS, "g", weights="wilcoxon")  # type: ignore[arg-type]
    with pytest.raises(InvalidDataError, match=r"rho -1 and gamma 0\.0 must be 0 or more"):
        weighted_log_rank(SPELLS, "g", rho=-1)
    with pytest.raises(InvalidDataError, match="'gehan' take no rho or gamma"):
        weighted_log_rank(SPELLS, "g", weights="gehan", rho=1)
    with pytest.raises(UnknownNameError, match="no column 'group'"):
        weighted_log_rank(SPELLS, "group")
    with pytest.raises(InvalidDataError, match="'one' has one group"):
        weighted_log_rank(SPELLS.assign(one=1), "one")
    with pytest.raises(InvalidDataError, match="'event' has no event"):
        weighted_log_rank(SPELLS.assign(event=0), "g")
    with pytest.raises(InvalidDataError, match="'event' happens while two groups of 'z'"):
        weighted_log_rank(SPELLS, "z", strata="z")
    with pytest.warns(analysis.DroppedRowsWarning, match="g 4"):
        weighted_log_rank(SPELLS.assign(g=SPELLS["g"].where(SPELLS.index > 3)), "g")
