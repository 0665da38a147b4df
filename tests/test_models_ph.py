"""The test of proportional hazards against R's cox.zph and where the answer is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import analysis
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
CASES = json.loads((HERE / "survival.json").read_text())["cox"]
FRAMES = {name: pd.read_csv(HERE / f"survival_{name}.csv") for name in ("spells", "intervals")}


@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_agrees_with_cox_zph(case: dict[str, Any], transform: Any) -> None:
    arguments = {k: case[k] for k in ("duration", "entry", "strata", "cluster", "weights")}
    fit = analysis.cox(FRAMES[case["data"]], case["formula"], **arguments)
    ours, theirs = analysis.ph_test(fit, transform), case["zph"][transform]
    assert list(ours["df"]) == theirs["df"]
    np.testing.assert_allclose(ours["statistic"], theirs["statistic"], rtol=1e-7)
    np.testing.assert_allclose(ours["p_value"], theirs["p"], rtol=1e-7)
    assert ours["term"].iloc[-1] == "GLOBAL"


def test_terms_are_tested_jointly() -> None:
    ours = analysis.ph_test(analysis.cox(FRAMES["spells"], "g + bs(x, df=4)"))
    assert dict(zip(ours["term"], ours["df"], strict=True)) == {
        "g": 2,
        "bs(x, df=4)": 4,
        "GLOBAL": 6,
    }


def two_periods(late_effect: float, rows: int = 3000) -> pd.DataFrame:
    """A binary x multiplies the hazard by e until time 10, by exp(late_effect) afterwards."""
    rng = np.random.default_rng(7)
    x = rng.integers(0, 2, rows)
    first = rng.exponential(12 / np.exp(x))
    later = 10 + rng.exponential(12 / np.exp(late_effect * x))
    time = np.where(first < 10, first, later)
    return pd.DataFrame({"duration": np.ceil(np.minimum(time, 40)), "event": time < 40, "x": x})


def test_finds_an_effect_that_reverses_and_not_one_that_lasts() -> None:
    changing = analysis.ph_test(analysis.cox(two_periods(-1.0), "x"))
    lasting = analysis.ph_test(analysis.cox(two_periods(1.0), "x"))
    assert changing["p_value"].iloc[0] < 1e-10
    assert lasting["p_value"].iloc[0] > 0.01


def test_is_close_to_the_likelihood_ratio_test_of_the_extended_model() -> None:
    """x log(t) fitted as a covariate that changes at every event time."""
    frame = two_periods(0.2, rows=400)
    fit = analysis.cox(frame, "x")
    cuts = np.unique(frame.loc[frame["event"], "duration"])
    rows = frame.loc[frame.index.repeat(len(cuts))].assign(
        stop=np.tile(cuts, len(frame)), start=np.tile(np.r_[0, cuts[:-1]], len(frame))
    )
    rows = rows[rows["duration"] >= rows["stop"]]
    rows["died"] = rows["event"] & (rows["duration"] == rows["stop"])
    rows["trend"] = rows["x"] * np.log(rows["stop"])
    extended = analysis.cox(rows, "x + trend", duration="stop", event="died", entry="start")
    plain = analysis.cox(rows, "x", duration="stop", event="died", entry="start")
    assert plain.loglik == pytest.approx(fit.loglik, rel=1e-10)
    ratio = analysis.likelihood_ratio_test(extended, plain)["statistic"]
    assert ratio > 4
    assert analysis.ph_test(fit, "log")["statistic"].iloc[0] == pytest.approx(ratio, rel=0.1)


def test_unit_of_time_does_not_matter() -> None:
    fit = analysis.cox(FRAMES["spells"], "x + g")
    days = FRAMES["spells"].assign(duration=FRAMES["spells"]["duration"] * 365)
    other = analysis.cox(days, "x + g")
    for transform in ("km", "rank", "identity", "log"):
        pd.testing.assert_frame_equal(
            analysis.ph_test(fit, transform), analysis.ph_test(other, transform), rtol=1e-8
        )


def test_unknown_transform() -> None:
    fit = analysis.cox(FRAMES["spells"], "x")
    with pytest.raises(UnknownNameError, match=r"no transform 'sqrt'.*km"):
        analysis.ph_test(fit, "sqrt")  # type: ignore[arg-type]


def test_all_events_at_one_time() -> None:
    frame = pd.DataFrame({"duration": [5, 5, 5, 6, 7], "event": [1, 1, 1, 0, 0]})
    fit = analysis.cox(frame.assign(x=[1, 0, 3, 2, 0.5]), "x")
    with pytest.raises(InvalidDataError, match="one time"):
        analysis.ph_test(fit)


def test_log_of_time_zero() -> None:
    frame = pd.DataFrame({"duration": [0, 5, 5, 6, 7], "event": [1, 1, 1, 0, 1]})
    fit = analysis.cox(frame.assign(x=[1, 0, 3, 2, 0.5]), "x")
    with pytest.raises(InvalidDataError, match="time zero"):
        analysis.ph_test(fit, "log")
