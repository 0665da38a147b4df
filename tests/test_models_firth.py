"""Firth's penalised Cox regression against direct maximisation in R, and its invariants."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import analysis
from analysis.models.efron import efron
from analysis.models.firth import Penalised, firth, firth_test
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
CASES = json.loads((HERE / "firth.json").read_text())["cases"]
SPELLS = pd.read_csv(HERE / "survival_spells.csv")
FRAMES = {
    "all spells": SPELLS,
    "a level without events": SPELLS.assign(event=SPELLS["event"].where(SPELLS["g"] != "c", 0)),
    "a covariate that orders the events": SPELLS.assign(
        tell=((SPELLS["duration"] <= 3) & (SPELLS["event"] == 1)).astype(int)
    ),
    "few spells": SPELLS.iloc[:30].assign(event=SPELLS["event"].where(SPELLS["z"] == 0, 0)),
}


def fit_case(case: dict[str, Any]) -> Any:
    return firth(FRAMES[case["name"]], case["formula"], entry=case["entry"], strata=case["strata"])


def close(ours: Any, theirs: Any, rtol: float = 1e-8, atol: float = 1e-9) -> None:
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=rtol, atol=atol
    )


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['name']}: {c['formula']} {c['entry']}")
def test_agrees_with_direct_maximisation_in_r(case: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fit_case(case)
    assert fit.converged
    # The reference takes derivatives by differences: good to about 1e-9.
    close(fit.table["estimate"], case["coef"], rtol=1e-7)
    close(fit.table["std_error"], case["se"], rtol=1e-7)
    close([fit.loglik, fit.loglik_null], [case["loglik"], case["loglik_null"]], rtol=1e-10)
    close(fit.table["statistic"] ** 2, case["chisq"], rtol=1e-7)
    close(fit.table["conf_low"], case["low"], rtol=1e-6)
    close(fit.table["conf_high"], case["high"], rtol=1e-6)
    assert (np.sign(fit.table["statistic"]) == np.sign(fit.table["estimate"])).all()
    close(fit.table["hazard_high"], np.exp(fit.table["conf_high"]))


@pytest.mark.parametrize("case", CASES[1:], ids=lambda c: f"{c['name']}: {c['formula']}")
def test_where_cox_separates_the_penalised_estimate_is_finite(case: dict[str, Any]) -> None:
    with pytest.warns(analysis.SeparationWarning):
        analysis.cox(
            FRAMES[case["name"]], case["formula"], entry=case["entry"], strata=case["strata"]
        )
    fit = fit_case(case)
    assert np.abs(fit.table["estimate"]).max() < 10
    assert np.isfinite(fit.table[["conf_low", "conf_high"]]).all(axis=None)


def test_score_is_the_slope_of_the_penalised_likelihood() -> None:
    """With ties, late entry and strata, away from the maximum."""
    at = analysis.cox(SPELLS, "x + z + g", entry="entry", strata="s").efron
    b, free = np.array([0.3, -0.2, 0.5, 0.1]), np.arange(4)

    def value(b: Any) -> Penalised:
        return Penalised(efron(at.sets, at.X, at.weights, b), b, free)

    h = 1e-5
    slope = [(value(b + h * e).loglik - value(b - h * e).loglik) / (2 * h) for e in np.eye(4)]
    close(value(b).score(), slope, rtol=1e-7, atol=1e-6)


def test_one_pair_of_rows_by_hand() -> None:
    """Two rows, the first to fail has x = 1: l + log(I) / 2 = log p + log(p (1 - p)) / 2."""
    frame = pd.DataFrame({"duration": [1, 2, 3], "event": [1, 1, 0], "x": [1.0, 0.0, 0.0]})
    fit = firth(frame, "x")
    # p = e^b / (e^b + 2); the second event says nothing. Maximum of 1.5 log p + .5 log(1 - p).
    p = 0.75
    close(fit.table["estimate"], np.log(2 * p / (1 - p)))
    close(fit.table["std_error"], (p * (1 - p)) ** -0.5)


def test_large_samples_need_no_penalty() -> None:
    rng = np.random.default_rng(12)
    frame = pd.DataFrame(rng.normal(size=(3000, 2)), columns=["x", "z"])
    frame["duration"], frame["event"] = rng.exponential(np.exp(-0.5 * frame["x"])), 1
    ours, cox = firth(frame, "x + z"), analysis.cox(frame, "x + z")
    away = (ours.table["estimate"] - cox.table["estimate"]) / cox.table["std_error"]
    assert away.abs().max() < 0.02
    np.testing.assert_allclose(ours.table["conf_low"], cox.table["conf_low"], atol=2e-3)


def test_takes_bias_away() -> None:
    """In small samples Cox estimates are too large; the penalised ones are not."""
    rng = np.random.default_rng(31)
    plain, penalised = [], []
    for _ in range(120):
        frame = pd.DataFrame({"x": rng.normal(size=12)})
        frame["duration"], frame["event"] = rng.exponential(np.exp(-frame["x"])), 1
        plain.append(analysis.cox(frame, "x").coefficients["x"])
        penalised.append(firth(frame, "x").coefficients["x"])
    error = np.std(penalised) / np.sqrt(len(penalised))
    assert np.mean(plain) > 1 + 3 * error
    assert abs(np.mean(penalised) - 1) < 2.5 * error


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000), scale=st.sampled_from([1e-5, 3.0, 1e6]), rows=st.integers(8, 40)
)
def test_invariants(seed: int, scale: float, rows: int) -> None:
    """Units, origin and the side of a binary covariate do not matter; estimates are finite."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=rows), "z": rng.integers(0, 2, rows)})
    frame["duration"] = rng.integers(1, 6, rows)
    frame["event"] = rng.integers(0, 2, rows)
    assume(frame["event"].sum() >= 3)
    try:
        fit = firth(frame, "x + z")
    except InvalidDataError:  # no variation, or collinear
        assume(False)
        raise
    other = firth(frame.assign(x=frame["x"] * scale + 5 * scale, z=1 - frame["z"]), "x + z")
    assert fit.converged
    assert other.converged
    close(other.coefficients["x"] * scale, fit.coefficients["x"], rtol=1e-5, atol=1e-6)
    close(other.coefficients["z"], -fit.coefficients["z"], rtol=1e-5, atol=1e-6)
    close(other.table["conf_low"].iloc[1], -fit.table["conf_high"].iloc[1], rtol=1e-5, atol=1e-5)
    close(other.table["p_value"], fit.table["p_value"], rtol=1e-4, atol=1e-7)
    inside = fit.table["conf_low"] < fit.table["estimate"]
    assert (inside & (fit.table["estimate"] < fit.table["conf_high"])).all()
    excludes = (fit.table["conf_low"] > 0) | (fit.table["conf_high"] < 0)
    assert (excludes == (fit.table["p_value"] < 0.05)).all()


def test_joint_test() -> None:
    fit = firth(FRAMES["a level without events"], "x + g")
    whole = firth_test(fit)
    close(whole["statistic"], 2 * (fit.loglik - fit.loglik_null))
    assert whole["df"] == 3
    alone = firth_test(fit, ["g[T.c]"])
    close(alone["statistic"], fit.table["statistic"].iloc[2] ** 2)
    both = firth_test(fit, ["g[T.b]", "g[T.c]"])
    assert alone["statistic"] < both["statistic"] < whole["statistic"]


def test_mistakes() -> None:
    fit = firth(SPELLS, "x")
    with pytest.raises(UnknownNameError, match="no coefficient 'z'; the fit has x"):
        firth_test(fit, ["z"])
    with pytest.raises(InvalidDataError, match="at least one coefficient"):
        firth_test(fit, [])
    with pytest.raises(UnknownNameError, match="firth: the frame has no column 'until'"):
        firth(SPELLS, "x", duration="until")
    with pytest.raises(InvalidDataError, match="north does not vary within any risk set"):
        firth(SPELLS.assign(north=(SPELLS["s"] == "north").astype(int)), "x + north", strata="s")
    with pytest.warns(analysis.DroppedRowsWarning, match="x 1"):
        assert firth(SPELLS.assign(x=SPELLS["x"].where(SPELLS.index > 0)), "x").n == 239
