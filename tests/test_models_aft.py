"""Accelerated failure time models against R survreg and closed forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.models import gengamma
from analysis.models.aft import Family
from analysis.models.location_scale import SHAPES
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
        "gengamma": np.log(rng.gamma(4, size=n) / 4) * 2,  # shape 1/2
    }[family]
    x = rng.normal(size=n)
    scale = 1.0 if family == "exponential" else 0.6
    frame = pd.DataFrame({"x": x, "duration": np.exp(2 + 0.5 * x + scale * noise), "event": 1})
    frame["entry"] = rng.uniform(0, 10, n)
    seen = frame[frame["duration"] > frame["entry"]]
    fit = analysis.aft(seen, "x", entry="entry", family=family)
    truth = [2, 0.5, np.log(scale), 0.5][: len(fit.table)]
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


@pytest.mark.parametrize(
    ("q", "family"), [(1.0, "weibull"), (0.0, "lognormal"), (1e-4, "lognormal")]
)
def test_generalised_gamma_contains_the_others(q: float, family: str) -> None:
    w = np.linspace(-3, 2, 41)
    for ours, theirs in zip(gengamma.shapes(q), SHAPES[family], strict=True):
        for one, other in zip(ours(w), theirs(w), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=0 if q != 1e-4 else 2e-3)


@pytest.mark.parametrize("q", [-1.5, -0.3, -0.099, 0.099, 0.101, 0.5, 1.0, 2.5])
def test_generalised_gamma_is_a_distribution(q: float) -> None:
    """The density integrates to one, the survivor is its tail, derivatives are derivatives."""
    density, survivor = gengamma.shapes(q)
    w = np.linspace(-60, 60, 480_001) if abs(q) > 1 else np.linspace(-25, 25, 200_001)
    f = np.exp(density(w)[0])
    assert np.trapezoid(f, w) == pytest.approx(1, abs=1e-6)
    inside = np.abs(w) < 1.5
    tail = np.trapezoid(f, w) - np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / 2 * np.diff(w))])
    np.testing.assert_allclose(np.exp(survivor(w)[0])[inside], tail[inside], atol=1e-6)
    for curve in (density, survivor):
        value, first, second = (v[inside] for v in curve(w))
        np.testing.assert_allclose(np.gradient(value, w[inside])[1:-1], first[1:-1], atol=1e-5)
        np.testing.assert_allclose(np.gradient(first, w[inside])[1:-1], second[1:-1], atol=1e-5)


def test_generalised_gamma_agrees_with_a_direct_maximisation_in_r() -> None:
    """R optim on the textbook density: good to about 1e-4 of a standard error."""
    theirs = json.loads((HERE / "survival.json").read_text())["gengamma"]
    fit = analysis.aft(SPELLS, "x + z", family="gengamma")
    assert fit.converged
    assert fit.loglik == pytest.approx(theirs["loglik"], abs=1e-7)
    distance = (fit.table["estimate"] - theirs["coef"]) / fit.table["std_error"]
    assert np.abs(distance).max() < 1e-3
    np.testing.assert_allclose(fit.table["std_error"], theirs["se"], rtol=1e-3)
    for nested in ("weibull", "lognormal"):
        assert fit.loglik >= analysis.aft(SPELLS, "x + z", family=nested).loglik
    assert analysis.likelihood_ratio_test(fit)["df"] == 2


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
