"""Accelerated failure time models against R survreg and closed forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.models.aft import Family
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
CASES = json.loads((HERE / "survival.json").read_text())["aft"]
SPELLS = pd.read_csv(HERE / "survival_spells.csv")
FAMILIES = get_args(Family)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['family']}: {c['formula']}")
def test_agrees_with_survreg(case: dict[str, Any]) -> None:
    fit = analysis.aft(SPELLS, case["formula"], family=case["family"])
    scale = [] if case["log_scale"] is None else [case["log_scale"]]
    assert fit.converged
    np.testing.assert_allclose(fit.table["estimate"], [*case["coef"], *scale], rtol=1e-7)
    np.testing.assert_allclose(fit.table["std_error"], case["se"], rtol=1e-7)
    np.testing.assert_allclose([fit.loglik_null, fit.loglik], case["loglik"], rtol=1e-10)
    robust = analysis.aft(SPELLS, case["formula"], family=case["family"], cluster="c")
    np.testing.assert_allclose(robust.table["std_error"], case["robust_se"], rtol=1e-7)


def test_exponential_with_late_entry_is_events_over_exposure() -> None:
    fit = analysis.aft(SPELLS, "1", family="exponential", entry="entry")
    exposure = (SPELLS["duration"] - SPELLS["entry"]).sum()
    rate = SPELLS["event"].sum() / exposure
    assert fit.coefficients["Intercept"] == pytest.approx(-np.log(rate), rel=1e-10)
    assert fit.table["std_error"].iloc[0] == pytest.approx(SPELLS["event"].sum() ** -0.5)


@pytest.mark.parametrize("family", FAMILIES)
def test_late_entry_gives_back_what_was_simulated(family: Any) -> None:
    """Spells seen only if they outlast a random entry: ignoring that would bias the intercept."""
    rng = np.random.default_rng(11)
    n = 40_000
    noise = {
        "weibull": np.log(rng.exponential(size=n)),
        "exponential": np.log(rng.exponential(size=n)),
        "lognormal": rng.normal(size=n),
        "loglogistic": rng.logistic(size=n),
    }[family]
    x = rng.normal(size=n)
    scale = 1.0 if family == "exponential" else 0.6
    frame = pd.DataFrame({"x": x, "duration": np.exp(2 + 0.5 * x + scale * noise), "event": 1})
    frame["entry"] = rng.uniform(0, 10, n)
    seen = frame[frame["duration"] > frame["entry"]]
    fit = analysis.aft(seen, "x", entry="entry", family=family)
    truth = [2, 0.5] if family == "exponential" else [2, 0.5, np.log(scale)]
    distance = (fit.table["estimate"] - truth) / fit.table["std_error"]
    assert np.abs(distance).max() < 4
    ignoring = analysis.aft(seen, "x", family=family)
    assert ignoring.coefficients["Intercept"] > 2 + 10 * fit.table["std_error"].iloc[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_units(family: Any) -> None:
    """Days instead of years move the intercept; covariates in other units scale their effect."""
    years = analysis.aft(SPELLS, "x + z", family=family, entry="entry")
    days = SPELLS.assign(
        duration=SPELLS["duration"] * 365, entry=SPELLS["entry"] * 365, x=SPELLS["x"] / 1000 + 9
    )
    other = analysis.aft(days, "x + z", family=family, entry="entry")
    assert other.coefficients["x"] == pytest.approx(1000 * years.coefficients["x"], rel=1e-7)
    assert other.coefficients["z"] == pytest.approx(years.coefficients["z"], rel=1e-7)
    shift = years.events * np.log(365)
    assert other.loglik == pytest.approx(years.loglik - shift, rel=1e-10)


def test_weibull_with_scale_one_is_the_exponential_and_nests_it() -> None:
    general = analysis.aft(SPELLS, "x + g")
    special = analysis.aft(SPELLS, "x + g", family="exponential")
    test = analysis.likelihood_ratio_test(general, special)
    assert test["statistic"] > 0
    assert test["df"] == 1
    assert analysis.likelihood_ratio_test(general)["df"] == 3


def test_time_ratio() -> None:
    table = analysis.aft(SPELLS, "x").table.set_index("term")
    assert table.loc["x", "time_ratio"] == pytest.approx(np.exp(table.loc["x", "estimate"]))
    assert np.isnan(table.loc["log(scale)", "time_ratio"])


def test_durations_of_zero_and_unknown_family() -> None:
    with pytest.raises(InvalidDataError, match="'duration' has durations of zero"):
        analysis.aft(SPELLS.assign(duration=SPELLS["duration"] - 1), "x")
    with pytest.raises(UnknownNameError, match="weibull"):
        analysis.aft(SPELLS, "x", family="gamma")  # type: ignore[arg-type]


def test_separation_names_the_covariate() -> None:
    frame = SPELLS.assign(never=(SPELLS["event"] == 0).astype(int))
    with pytest.warns(analysis.SeparationWarning, match="coefficient of never runs"):
        fit = analysis.aft(frame, "x + never")
    assert not fit.converged
