"""Curves, medians, restricted means and log-rank tests against R and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "survival.json").read_text())
FRAMES = {name: pd.read_csv(HERE / f"survival_{name}.csv") for name in ("spells", "intervals")}
CURVES = REFERENCE["curves"]


def floats(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=float)


def arguments(case: dict[str, Any]) -> dict[str, Any]:
    return {k: case[k] for k in ("duration", "entry", "by")}


@pytest.mark.parametrize("case", CURVES, ids=lambda c: c["name"])
def test_curves_agree_with_survfit(case: dict[str, Any]) -> None:
    ours = analysis.kaplan_meier(FRAMES[case["data"]], conf=case["conf"], **arguments(case))
    assert list(ours["group"].unique()) == [curve["group"] for curve in case["curves"]]
    for theirs in case["curves"]:
        mine = ours[ours["group"] == theirs["group"]]
        for column in ("time", "n_risk", "n_event", "n_censor"):
            np.testing.assert_array_equal(mine[column], floats(theirs[column]), err_msg=column)
        for column in ("estimate", "std_error", "conf_low", "conf_high"):
            np.testing.assert_allclose(
                mine[column], floats(theirs[column]), rtol=1e-9, atol=1e-12, err_msg=column
            )


@pytest.mark.parametrize("case", CURVES, ids=lambda c: c["name"])
def test_medians_agree_with_survfit(case: dict[str, Any]) -> None:
    ours = analysis.median_survival(FRAMES[case["data"]], conf=case["conf"], **arguments(case))
    theirs = [curve["median"] for curve in case["curves"]]
    np.testing.assert_array_equal(ours[["median", "conf_low", "conf_high"]], floats(theirs))


@pytest.mark.parametrize("case", CURVES, ids=lambda c: c["name"])
def test_restricted_means_agree_with_survfit(case: dict[str, Any]) -> None:
    ours = analysis.restricted_mean(FRAMES[case["data"]], case["horizon"], **arguments(case))
    theirs = floats([curve["rmean"] for curve in case["curves"]])
    np.testing.assert_allclose(ours[["estimate", "std_error"]], theirs, rtol=1e-9)


@pytest.mark.parametrize("case", REFERENCE["log_rank"], ids=lambda c: f"{c['by']}-{c['strata']}")
def test_log_rank_agrees_with_survdiff(case: dict[str, Any]) -> None:
    ours = analysis.log_rank(FRAMES["spells"], by=case["by"], strata=case["strata"])
    assert ours.statistic == pytest.approx(case["statistic"], rel=1e-10)
    assert ours.p_value == pytest.approx(case["p"], rel=1e-10)
    np.testing.assert_array_equal(ours.table["n"], case["n"])
    np.testing.assert_allclose(ours.table["observed"], case["observed"])
    np.testing.assert_allclose(ours.table["expected"], case["expected"], rtol=1e-10)


def test_curve_by_hand() -> None:
    """Six spells, two ties; one is censored at an event time and counts as at risk there."""
    frame = pd.DataFrame({"duration": [1, 2, 2, 2, 4, 5], "event": [1, 1, 1, 0, 0, 1]})
    curve = analysis.kaplan_meier(frame)
    np.testing.assert_array_equal(curve["n_risk"], [6, 5, 2, 1])
    np.testing.assert_array_equal(curve["n_event"], [1, 2, 0, 1])
    np.testing.assert_array_equal(curve["n_censor"], [0, 1, 1, 0])
    np.testing.assert_allclose(curve["estimate"], [5 / 6, 1 / 2, 1 / 2, 0])
    assert np.isnan(curve["std_error"].iloc[-1])


@pytest.mark.parametrize(
    ("event", "median"),
    [
        ([1, 1, 1, 0, 0, 0], 3.0),  # ends level at one half
        ([1, 1, 1, 0, 1, 0], 4.0),  # level from 3 to 5: the middle
        ([1, 1, 0, 0, 0, 0], np.nan),  # never comes down to one half
        ([1, 1, 0, 1, 1, 0], 4.0),  # first below at 4
    ],
)
def test_median_of_level_curves(event: list[int], median: float) -> None:
    frame = pd.DataFrame({"duration": [1, 2, 3, 4, 5, 6], "event": event})
    np.testing.assert_equal(analysis.median_survival(frame)["median"].iloc[0], median)


def test_no_event_is_a_level_curve() -> None:
    curve = analysis.kaplan_meier(pd.DataFrame({"duration": [3, 4], "event": [0, 0]}))
    assert list(curve["estimate"]) == [1, 1]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=3, max_size=40),
)
def test_without_censoring_the_curve_is_the_share_still_alive(
    spells: list[tuple[int, bool]],
) -> None:
    frame = pd.DataFrame(spells, columns=["duration", "event"])
    curve = analysis.kaplan_meier(frame)
    assert (curve["estimate"].diff().dropna() <= 1e-12).all()
    assert (curve["n_event"] + curve["n_censor"]).sum() == len(frame)
    complete = analysis.kaplan_meier(frame.assign(event=1))
    share = [(frame["duration"] > t).mean() for t in complete["time"]]
    np.testing.assert_allclose(complete["estimate"], share, atol=1e-12)
    mean = analysis.restricted_mean(frame.assign(event=1), 100)
    assert mean["estimate"].iloc[0] == pytest.approx(frame["duration"].mean())
    # With complete data the variance is that of a mean with divisor n.
    assert mean["std_error"].iloc[0] == pytest.approx(
        frame["duration"].std(ddof=0) / len(frame) ** 0.5, abs=1e-9
    )


def test_log_rank_is_the_score_test_of_cox_without_ties() -> None:
    """Without ties the log-rank chi-square equals the Cox score test, also with late entry."""
    rng = np.random.default_rng(5)
    stop = rng.permutation(np.arange(1, 121)).astype(float)
    frame = pd.DataFrame(
        {
            "duration": stop,
            "event": rng.random(120) < 0.7,
            "entry": np.floor(stop * rng.random(120)),
            "g": rng.integers(0, 3, 120).astype(str),
        }
    )
    test = analysis.log_rank(frame, by="g", entry="entry")
    fit = analysis.cox(frame, "g", entry="entry")
    from analysis.models.efron import efron

    null = efron(fit.efron.sets, fit.design.matrix, fit.efron.weights, np.zeros(2))
    score = null.score() @ np.linalg.solve(null.information(), null.score())
    assert test.statistic == pytest.approx(score, rel=1e-9)
    assert test.df == 2


def test_several_grouping_columns_and_missing_values() -> None:
    frame = FRAMES["spells"].assign(z=FRAMES["spells"]["z"].where(FRAMES["spells"].index != 3))
    with pytest.warns(analysis.DroppedRowsWarning, match=r"1 of 240 rows .*\(z 1\)"):
        curves = analysis.kaplan_meier(frame, by=["s", "z"])
    assert curves["group"].nunique() == 6


def test_horizon_beyond_the_data() -> None:
    frame = pd.DataFrame({"duration": [1, 2, 9], "event": [1, 1, 0]})
    with pytest.raises(InvalidDataError, match="beyond the last time 9"):
        analysis.restricted_mean(frame, 10)
    with pytest.raises(InvalidDataError, match="positive"):
        analysis.restricted_mean(frame, 0)


def test_one_group_and_unknown_interval() -> None:
    frame = FRAMES["spells"].assign(one="a")
    with pytest.raises(InvalidDataError, match="one group"):
        analysis.log_rank(frame, by="one")
    with pytest.raises(UnknownNameError, match="log-log"):
        analysis.kaplan_meier(frame, conf="arcsin")  # type: ignore[arg-type]
