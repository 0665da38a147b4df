"""Cox models against R survival, against hand-solved cases, and against their own invariants."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

import analysis

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "survival.json").read_text())
FRAMES = {name: pd.read_csv(HERE / f"survival_{name}.csv") for name in ("spells", "intervals")}
CASES = REFERENCE["cox"]
WITH_RESIDUALS = [case for case in CASES if "residuals" in case]


def fit_case(case: dict[str, Any], **changes: Any) -> analysis.CoxFit:
    arguments = {k: case[k] for k in ("duration", "entry", "strata", "cluster", "weights")}
    return analysis.cox(FRAMES[case["data"]], case["formula"], **{**arguments, **changes})


def close(ours: Any, theirs: Any, rtol: float = 1e-8, atol: float = 1e-10) -> None:
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=rtol, atol=atol
    )


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_estimates_errors_and_likelihood_agree_with_r(case: dict[str, Any]) -> None:
    fit = fit_case(case)
    assert fit.converged
    close(fit.table["estimate"], case["coef"])
    close(np.sqrt(np.diag(fit.covariance_model)), case["se"])
    close(fit.table["std_error"], case["robust_se"] or case["se"])
    close([fit.loglik_null, fit.loglik], case["loglik"], rtol=1e-10)
    close(analysis.wald_test(fit)["statistic"], case["wald"])


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["weights"] is None], ids=lambda c: c["name"]
)
def test_estimates_and_likelihood_agree_with_lifelines(case: dict[str, Any]) -> None:
    """Another maximiser of the same likelihood, on the same design matrix."""
    from lifelines import CoxPHFitter

    fit = fit_case(case, cluster=None)
    names = list(fit.design.names)
    table = pd.DataFrame(fit.design.matrix, columns=names)
    late = case["entry"] is not None
    for column in ["duration", "event", "stratum", *(["entry"] if late else [])]:
        table[column] = fit.rows[column].to_numpy()
    theirs = CoxPHFitter().fit(
        table,
        "duration",
        "event",
        strata=["stratum"],
        entry_col="entry" if late else None,
        # Its defaults stop early: estimates are then off by up to 5e-4 standard errors.
        fit_options={"precision": 1e-16, "r_precision": 0.0, "max_steps": 100},
    )
    close(fit.coefficients[names], theirs.params_[names], rtol=1e-6)
    close(fit.table["std_error"], theirs.standard_errors_[names], rtol=1e-6)
    close(fit.loglik, theirs.log_likelihood_, rtol=1e-10)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_concordance_agrees_with_r(case: dict[str, Any]) -> None:
    ours = analysis.concordance(fit_case(case))
    close(ours["estimate"], case["concordance"], rtol=1e-10)
    close(ours["std_error"], case["concordance_se"])


@pytest.mark.parametrize("case", WITH_RESIDUALS, ids=lambda c: c["name"])
def test_residuals_agree_with_r(case: dict[str, Any]) -> None:
    fit, theirs = fit_case(case), case["residuals"]
    close(analysis.martingale_residuals(fit), theirs["martingale"])
    # The square root magnifies the last digits of residuals near zero.
    close(analysis.deviance_residuals(fit), theirs["deviance"], atol=1e-7)
    close(analysis.score_residuals(fit), theirs["score"], atol=1e-9)
    close(analysis.dfbeta_residuals(fit), theirs["dfbeta"])


@pytest.mark.parametrize("case", WITH_RESIDUALS, ids=lambda c: c["name"])
@pytest.mark.parametrize("scaled", [False, True])
def test_schoenfeld_residuals_agree_with_r(case: dict[str, Any], scaled: bool) -> None:
    fit = fit_case(case)
    ours = analysis.schoenfeld_residuals(fit, scaled=scaled)
    theirs = np.asarray(case["residuals"]["scaled" if scaled else "schoenfeld"])
    # R leaves the order of ties open, so rows are compared as sets within stratum and time.
    ours_sorted = ours.sort_values(list(ours.columns), kind="stable").iloc[:, 2:]
    moments = ours[["stratum", "time"]].assign(**{f"r{k}": v for k, v in enumerate(theirs.T)})
    close(ours_sorted, moments.sort_values(list(moments.columns)).iloc[:, 2:], atol=1e-9)


def root_of_first_hand_case() -> float:
    """r = exp(b): the score 2 - r/(r+1) - r/(r+3) - r/(r+5) is zero at r^3 - 23 r - 30 = 0."""
    return float(brentq(lambda r: r**3 - 23 * r - 30, 1, 20, xtol=1e-14, rtol=1e-14))


@pytest.fixture
def first_hand_case() -> pd.DataFrame:
    """Therneau and Grambsch (2000), appendix E.1, without its incomplete row."""
    return pd.DataFrame(
        {
            "duration": [9, 1, 1, 6, 6, 8],
            "event": [1, 1, 0, 1, 1, 0],
            "x": [0, 1, 1, 1, 0, 0],
        }
    )


def test_first_hand_solved_case(first_hand_case: pd.DataFrame) -> None:
    fit = analysis.cox(first_hand_case, "x")
    r = root_of_first_hand_case()
    close(fit.coefficients["x"], np.log(r), rtol=1e-10)
    assert round(fit.coefficients["x"], 6) == 1.676857
    close(fit.loglik_null, -np.log(72), rtol=1e-12)
    close(fit.loglik, 2 * np.log(r) - np.log((3 * r + 3) * (r + 3) * (r + 5) / 2), rtol=1e-12)
    information = r / (r + 1) ** 2 + 3 * r / (r + 3) ** 2 + 5 * r / (r + 5) ** 2
    close(fit.table["std_error"].iloc[0], information**-0.5, rtol=1e-10)


def test_first_hand_solved_case_residuals(first_hand_case: pd.DataFrame) -> None:
    r = root_of_first_hand_case()
    at_one, step_one, step_two = 1 / (3 * r + 3), 1 / (r + 3), 2 / (r + 5)
    died_at_six = at_one + step_one + step_two / 2  # spared half of the second step
    expected = [
        at_one + step_one + step_two + 1,
        r * at_one,
        r * at_one,
        r * died_at_six,
        died_at_six,
        at_one + step_one + step_two,
    ]
    fit = analysis.cox(first_hand_case, "x")
    # Only ratios of risks are defined: R and the book centre x, so the baseline cancels here.
    close(analysis.martingale_residuals(fit), first_hand_case["event"] - expected, rtol=1e-9)
    mean_at_six = (r / (r + 3) + r / (r + 5)) / 2
    schoenfeld = analysis.schoenfeld_residuals(fit)["x"].loc[[1, 3, 4, 0]]
    close(schoenfeld, [1 - r / (r + 1), 1 - mean_at_six, -mean_at_six, 0], rtol=1e-9)


def test_second_hand_solved_case_start_stop() -> None:
    """Therneau and Grambsch (2000), appendix E.2, entries at event times, Efron ties."""
    frame = pd.DataFrame(
        {
            "start": [1, 2, 5, 2, 1, 7, 3, 4, 8, 8],
            "duration": [2, 3, 6, 7, 8, 9, 9, 9, 14, 17],
            "event": [1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
            "x": [1, 0, 0, 1, 0, 1, 1, 1, 0, 0],
        }
    )

    def score(b: float) -> float:
        r = np.exp(b)
        # Risk sets by time: 2: {1,5}; 3: {2,4,5}; 6: {3,4,5,7,8}; 7: {4,5,7,8}; 8: {5,6,7,8};
        # 9: {6,7,8,9,10}, of whom 6 and 7 die.
        means = [r / (r + 1), r / (r + 2), 3 * r / (3 * r + 2), 3 * r / (3 * r + 1)]
        means += [3 * r / (3 * r + 1), 3 * r / (3 * r + 2), 2 * r / (2 * r + 2)]
        return 4 - sum(means)

    fit = analysis.cox(frame, "x", entry="start")
    close(fit.coefficients["x"], brentq(score, -2, 2, xtol=1e-14), atol=1e-9)
    assert round(fit.coefficients["x"], 6) == -0.021105  # so says R survival 3.5-3, too


def test_entry_at_zero_changes_nothing() -> None:
    frame = FRAMES["spells"].assign(zero=0)
    plain = analysis.cox(frame, "x + z", cluster="c")
    late = analysis.cox(frame, "x + z", cluster="c", entry="zero")
    pd.testing.assert_frame_equal(plain.table, late.table, rtol=1e-9)


def test_splitting_spells_changes_nothing_but_n() -> None:
    """A spell cut into two rows carries the same information, clustered errors included."""
    frame = FRAMES["spells"].assign(unit=range(240), entry=0)
    cut = frame[frame["duration"] > 4]
    first = cut.assign(duration=4, event=0)
    split = pd.concat([frame.drop(cut.index), first, cut.assign(entry=4)])
    whole = analysis.cox(frame, "x + z", cluster="unit")
    pieces = analysis.cox(split, "x + z", entry="entry", cluster="unit")
    pd.testing.assert_frame_equal(whole.table, pieces.table, rtol=1e-9)
    close(whole.loglik, pieces.loglik, rtol=1e-12)
    assert pieces.n == whole.n + len(cut)
    assert pieces.events == whole.events
    close(
        analysis.concordance(whole).drop("std_error")["estimate"],
        analysis.concordance(pieces)["estimate"],
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    scale=st.sampled_from([1e-4, 0.1, 7.0, 1e5]),
    shift=st.floats(-50, 50),
)
def test_invariants(seed: int, scale: float, shift: float) -> None:
    """Units, origin and order of rows do not matter; residuals sum to zero."""
    frame = FRAMES["spells"].sample(120, random_state=seed)
    fit = analysis.cox(frame, "x + z", strata="s", entry="entry")
    moved = frame.assign(x=frame["x"] * scale + shift).iloc[::-1]
    other = analysis.cox(moved, "x + z", strata="s", entry="entry")
    close(other.coefficients["x"] * scale, fit.coefficients["x"], rtol=1e-6)
    close(other.loglik, fit.loglik, rtol=1e-9)
    martingale = analysis.martingale_residuals(fit)
    assert abs(martingale.sum()) < 1e-8
    assert martingale.max() <= 1
    assert np.abs(analysis.score_residuals(fit).sum()).max() < 1e-6
    close(analysis.martingale_residuals(other).loc[frame.index], martingale, atol=1e-6)


def test_matched_pairs_are_a_logit_of_differences() -> None:
    """Many strata of two rows, one of which fails first: Cox is a logit without intercept."""
    from statsmodels.discrete.discrete_model import Logit

    rng = np.random.default_rng(9)
    pairs = 20_000
    X = rng.normal(size=(pairs, 2, 2))
    first = rng.exponential(np.exp(-(X @ [0.7, -0.3]))).argmin(axis=1)
    frame = pd.DataFrame(X.reshape(-1, 2), columns=["x", "z"])
    frame["pair"] = np.repeat(np.arange(pairs), 2)
    frame["event"] = (np.tile([0, 1], pairs) == np.repeat(first, 2)).astype(int)
    frame["duration"] = 2 - frame["event"]
    fit = analysis.cox(frame, "x + z", strata="pair")
    difference = X[np.arange(pairs), first] - X[np.arange(pairs), 1 - first]
    logit = Logit(np.ones(pairs), difference).fit(disp=0, tol=1e-12)
    close(fit.table["estimate"], logit.params, rtol=1e-7)
    close(fit.table["std_error"], logit.bse, rtol=1e-7)
    close(fit.loglik, logit.llf, rtol=1e-10)


def test_many_rows_give_back_what_was_simulated() -> None:
    rng = np.random.default_rng(5)
    n = 200_000
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.integers(0, 2, n)})
    risk = np.exp(0.5 * frame["x"] - 0.4 * frame["z"])
    time = rng.exponential(20 / risk)
    frame["entry"] = np.where(rng.random(n) < 0.5, 0, 10 * rng.random(n))
    frame["duration"], frame["event"] = np.minimum(time, 25), (time < 25).astype(int)
    frame = frame[frame["duration"] > frame["entry"]]
    fit = analysis.cox(frame, "x + z", entry="entry")
    assert fit.converged
    assert np.abs((fit.table["estimate"] - [0.5, -0.4]) / fit.table["std_error"]).max() < 4


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_scale_of_the_weights_changes_errors_only_where_it_should(factor: float) -> None:
    """Robust errors, estimates and convergence are those of the relative weights."""
    fit = analysis.cox(FRAMES["spells"], "x + z", weights="w", cluster="c")
    scaled = FRAMES["spells"].assign(w=FRAMES["spells"]["w"] * factor)
    other = analysis.cox(scaled, "x + z", weights="w", cluster="c")
    assert other.converged
    pd.testing.assert_frame_equal(fit.table, other.table, rtol=1e-7)
    close(
        other.loglik, fit.loglik * factor - np.log(factor) * (scaled["w"] * scaled["event"]).sum()
    )


def test_one_cluster_per_row_is_the_sum_of_squared_dfbetas() -> None:
    frame = FRAMES["spells"].assign(row=range(240))
    fit = analysis.cox(frame, "x + z", cluster="row")
    dfbeta = analysis.dfbeta_residuals(fit).to_numpy()
    close(fit.covariance, dfbeta.T @ dfbeta)
    assert fit.clusters == 240


def test_the_face_of_a_fit() -> None:
    fit = analysis.cox(FRAMES["spells"], "x + g", strata=["s", "z"])
    assert list(fit.table.columns[:7]) == [
        "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high",
    ]  # fmt: skip
    assert list(fit.table["term"]) == ["x", "g[T.b]", "g[T.c]"]
    close(fit.table["hazard_ratio"], np.exp(fit.table["estimate"]))
    assert (fit.n, fit.events, fit.dropped) == (240, int(FRAMES["spells"]["event"].sum()), {})
    smaller = analysis.cox(FRAMES["spells"], "x", strata=["s", "z"])
    test = analysis.likelihood_ratio_test(fit, smaller)
    close(test["statistic"], 2 * (fit.loglik - smaller.loglik))
    assert test["df"] == 2
    assert analysis.likelihood_ratio_test(fit)["df"] == 3
    close(fit.aic, -2 * fit.loglik + 6)


@pytest.mark.parametrize("formula", ["g", "g - 1", "0 + g"])
def test_a_factor_keeps_its_reference_level_without_intercept(formula: str) -> None:
    assert list(analysis.cox(FRAMES["spells"], formula).table["term"]) == ["g[T.b]", "g[T.c]"]


def test_other_frames_give_the_same_fit() -> None:
    frame = FRAMES["spells"]
    ours = analysis.cox(frame, "x + g").table
    for other in (pl.from_pandas(frame), pl.from_pandas(frame).lazy(), frame.convert_dtypes()):
        pd.testing.assert_frame_equal(analysis.cox(other, "x + g").table, ours)


def test_residuals_keep_the_index_of_the_frame() -> None:
    frame = FRAMES["spells"].copy()
    frame.index = [f"spell-{k}" for k in range(len(frame))]
    frame.loc["spell-7", "x"] = np.nan
    with pytest.warns(analysis.DroppedRowsWarning):
        fit = analysis.cox(frame, "x")
    assert analysis.martingale_residuals(fit).index.equals(frame.index.drop("spell-7"))


def test_importing_analysis_loads_no_model() -> None:
    heavy = "('lifelines', 'scipy', 'statsmodels', 'formulaic', 'pandas')"
    code = f"import sys, analysis; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_every_public_name_exists() -> None:
    for name in analysis.__all__:
        assert getattr(analysis, name).__doc__
