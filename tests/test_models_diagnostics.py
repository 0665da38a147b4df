"""Diagnostics of Cox and accelerated failure time models against R survival and known truths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.models.cox_snell import cox_snell_check, cox_snell_residuals
from analysis.models.diagnostics import (
    condition_number,
    covariates_table,
    cox_diagnostics,
    influential_rows,
    residual_summary,
)
from analysis.models.efron import efron
from analysis.models.functional_form import form_points, linearity_tests
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "diagnostics.json").read_text())
FRAMES = {name: pd.read_csv(HERE / f"survival_{name}.csv") for name in ("spells", "intervals")}
SPELLS = FRAMES["spells"]
CASES = REFERENCE["cox"]
UNTRUNCATED = [case for case in CASES if case["nelson_aalen"]]


def fit_case(case: dict[str, Any]) -> analysis.CoxFit:
    arguments = {k: case[k] for k in ("duration", "entry", "strata", "cluster", "weights")}
    return analysis.cox(FRAMES[case["data"]], case["formula"], **arguments)


def close(ours: Any, theirs: Any, rtol: float = 1e-8, atol: float = 1e-9) -> None:
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=rtol, atol=atol
    )


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
class TestAgainstR:
    def test_linearity(self, case: dict[str, Any]) -> None:
        ours = linearity_tests(fit_case(case), case["spline_df"])
        assert list(ours["term"]) == ["x"]
        close(ours["statistic"], [case["linearity"]], rtol=1e-7)
        assert ours["df"].tolist() == [case["linearity_df"]]
        close(ours["p_value"], stats.chi2.sf(case["linearity"], case["linearity_df"]), rtol=1e-6)

    def test_functional_form(self, case: dict[str, Any]) -> None:
        frame = FRAMES[case["data"]]
        ours = form_points(fit_case(case))
        by_row = ours.set_index("row")
        close(by_row.loc[frame.index, "martingale"], case["martingale_without"])
        close(by_row.loc[frame.index, "value"], frame["x"])
        # R sums its local regressions in another order.
        close(ours["lowess"], case["lowess_y"], rtol=1e-6, atol=1e-8)

    def test_influence(self, case: dict[str, Any]) -> None:
        fit = fit_case(case)
        ours = influential_rows(fit, top=7)
        theirs = [*np.asarray(case["dfbetas"]).T, np.asarray(case["displacement"])]
        terms = [*fit.design.names, "all"]
        assert list(ours["term"].unique()) == terms
        for term, values in zip(terms, theirs, strict=True):
            mine = ours[ours["term"] == term]
            close(mine["value"], values[mine["row"]], rtol=1e-7)
            close(mine["value"].abs(), np.sort(np.abs(values))[::-1][:7], rtol=1e-7)

    def test_conditioning(self, case: dict[str, Any]) -> None:
        fit = fit_case(case)
        close(condition_number(fit), case["condition_number"], rtol=1e-7)
        close(covariates_table(fit)["variance_inflation"], case["inflation"], rtol=1e-7)

    def test_cox_snell(self, case: dict[str, Any]) -> None:
        ours = cox_snell_residuals(fit_case(case))
        close(ours["residual"] - ours["entry"], case["cox_snell"])
        assert ours["event"].tolist() == FRAMES[case["data"]]["event"].tolist()


@pytest.mark.parametrize("case", UNTRUNCATED, ids=lambda c: c["name"])
def test_nelson_aalen_of_cox_snell_residuals_agrees_with_r(case: dict[str, Any]) -> None:
    fit = fit_case(case)
    ours = cox_snell_check(cox_snell_residuals(fit), fit.efron.weights)
    theirs = case["nelson_aalen"]
    close(ours["residual"], theirs["residual"])
    close(ours["estimate"], theirs["estimate"])
    if case["weights"] is None:  # R has a robust error for weighted curves
        close(ours["std_error"], theirs["std_error"])


@pytest.mark.parametrize("case", REFERENCE["entry"], ids=lambda c: c["data"])
def test_hazard_at_entry_agrees_with_r(case: dict[str, Any]) -> None:
    fit = analysis.cox(
        FRAMES[case["data"]], "x + z", duration=case["duration"], entry=case["entry"]
    )
    close(cox_snell_residuals(fit)["entry"], case["at_entry"])


@pytest.mark.parametrize("case", REFERENCE["aft"], ids=lambda c: c["family"])
def test_aft_residuals_agree_with_r(case: dict[str, Any]) -> None:
    fit = analysis.aft(SPELLS, case["formula"], family=case["family"], cluster="c")
    ours = cox_snell_residuals(fit, SPELLS)
    close(ours["residual"], case["cox_snell"], rtol=1e-7)
    check, theirs = cox_snell_check(ours), case["nelson_aalen"]
    close(check["residual"], theirs["residual"], rtol=1e-7)
    close(check["estimate"], theirs["estimate"])
    close(check["std_error"], theirs["std_error"])


def test_generalised_gamma_residuals_are_those_of_scipys_distribution() -> None:
    fit = analysis.aft(SPELLS, "x + z", family="gengamma")
    b = fit.coefficients
    q, scale = b["(shape)"], np.exp(b["log(scale)"])
    # Prentice's form in scipy's: shape k = 1/q^2, power q/scale, unit exp(lp) q^(2 scale/q).
    lp = b["Intercept"] + b["x"] * SPELLS["x"] + b["z"] * SPELLS["z"]
    survivor = stats.gengamma.logsf(
        SPELLS["duration"], q**-2, q / scale, scale=np.exp(lp) * (q**2) ** (scale / q)
    )
    close(cox_snell_residuals(fit, SPELLS)["residual"], -survivor, rtol=1e-9)


@pytest.mark.parametrize("family", ["weibull", "exponential", "lognormal", "loglogistic"])
def test_aft_residuals_of_late_entries(family: Any) -> None:
    """The row is at risk over what the hazard gathers between entry and exit."""
    frame = SPELLS.assign(late=SPELLS["entry"].where(SPELLS["entry"] < SPELLS["duration"]))
    fit = analysis.aft(frame, "x", entry="late", family=family)
    ours = cox_snell_residuals(fit, frame, entry="late")
    whole = cox_snell_residuals(fit, frame)
    close(ours["residual"], whole["residual"])
    never = frame["late"] == 0
    assert (ours.loc[never, "entry"] == 0).all()
    moved = frame.assign(duration=frame["late"].where(~never, frame["duration"]))
    close(ours.loc[~never, "entry"], cox_snell_residuals(fit, moved).loc[~never, "residual"])
    if family in ("weibull", "exponential"):  # whose likelihood equations include this
        close((ours["residual"] - ours["entry"]).sum(), frame["event"].sum(), rtol=1e-6)


def test_cox_snell_residuals_of_a_cox_model_sum_to_the_events() -> None:
    fit = analysis.cox(SPELLS, "x + g", strata="s", entry="entry")
    ours = cox_snell_residuals(fit)
    close((ours["residual"] - ours["entry"]).sum(), fit.events)
    assert (ours["entry"] >= 0).all()
    assert ours.loc[ours["event"] == 1, "residual"].gt(ours["entry"][ours["event"] == 1]).all()


def test_the_check_finds_a_wrong_distribution_and_not_the_right_one() -> None:
    rng = np.random.default_rng(8)
    n = 2000
    x = rng.normal(size=n)
    frame = pd.DataFrame({"x": x, "duration": np.exp(1 + x + 0.8 * rng.normal(size=n)), "event": 1})

    def distance(family: Any) -> float:
        check = cox_snell_check(cox_snell_residuals(analysis.aft(frame, "x", family=family), frame))
        inside = check[check["residual"].between(0.05, 3)]
        away = (np.log(inside["estimate"]) - np.log(inside["residual"])).abs()
        return float((away / (inside["std_error"] / inside["estimate"])).max())

    assert distance("lognormal") < 3.5
    assert distance("exponential") > 8


def curved(bend: float, n: int = 1500) -> pd.DataFrame:
    rng = np.random.default_rng(21)
    frame = pd.DataFrame({"x": rng.uniform(-2, 2, n), "z": rng.integers(0, 2, n)})
    rate = np.exp(0.4 * frame["x"] + bend * frame["x"] ** 2 - 0.5 * frame["z"])
    time = rng.exponential(1 / rate)
    frame["duration"], frame["event"] = np.minimum(time, 2), (time < 2).astype(int)
    return frame


def test_finds_a_bend_and_not_a_line() -> None:
    bent = analysis.cox(curved(0.5), "x + z")
    straight = analysis.cox(curved(0.0), "x + z")
    assert linearity_tests(bent)["p_value"].iloc[0] < 1e-10
    assert linearity_tests(straight)["p_value"].iloc[0] > 0.01
    points = form_points(bent)
    left, middle, right = (
        points.loc[points["value"].between(*ends), "lowess"].mean()
        for ends in ((-2, -1.5), (-0.5, 0.5), (1.5, 2))
    )
    assert min(left, right) > middle + 0.3


def test_the_spline_is_the_one_of_ns_whatever_the_unit() -> None:
    near = linearity_tests(analysis.cox(SPELLS, "x + z"), 4)
    far = linearity_tests(analysis.cox(SPELLS.assign(x=SPELLS["x"] * 1e6 + 1e7), "x + z"), 4)
    pd.testing.assert_frame_equal(near, far, rtol=1e-5)


def test_which_terms_have_a_form() -> None:
    """Factors, two-valued columns, splines and interactions have none to test."""
    frame = SPELLS.assign(y=np.arange(240) % 7)
    fit = analysis.cox(frame, "x * z + g + np.sqrt(y) + bs(w, df=3)")
    assert list(linearity_tests(fit)["term"]) == ["x", "np.sqrt(y)"]
    assert list(form_points(fit)["term"].unique()) == ["x", "np.sqrt(y)"]


def test_coinciding_quantiles_take_fewer_knots() -> None:
    row = np.arange(240)
    frame = SPELLS.assign(
        some=np.where(row < 120, 0, row % 5), most=np.where(row < 210, 0, row % 7)
    )
    tests = linearity_tests(analysis.cox(frame, "x + some + most"), 5).set_index("term")
    assert tests["df"].to_dict() == {"x": 4, "some": 2, "most": 4}
    assert tests["p_value"].between(0, 1).all()


def test_form_of_the_only_covariate_comes_from_the_empty_model() -> None:
    fit = analysis.cox(SPELLS, "x", strata="s")
    hazard = analysis.kaplan_meier(SPELLS, by="s")[["group", "time", "n_risk", "n_event"]]
    hazard["step"] = hazard["n_event"] / hazard["n_risk"]
    points = form_points(fit).set_index("row")["martingale"].sort_index()
    # Without covariates a dead row is spared part of the last, tied step; a censored one is not.
    censored = SPELLS[SPELLS["event"] == 0]
    deaths = [(g, t, n, d) for g, t, n, d, _ in hazard.itertuples(index=False)]
    expected = [
        -sum(sum(1 / (n - k) for k in range(d)) for g, t, n, d in deaths if g == s and t <= until)
        for s, until in zip(censored["s"], censored["duration"], strict=True)
    ]
    close(points[censored.index], expected)


def test_the_whole_report() -> None:
    frame = SPELLS.set_axis([f"spell-{k}" for k in range(240)]).astype({"z": float})
    frame.loc[["spell-3", "spell-9"], "z"] = np.nan
    with pytest.warns(analysis.DroppedRowsWarning):
        fit = analysis.cox(frame, "x + z + g", cluster="c")
    report = cox_diagnostics(fit, transform="rank", top=3)
    assert report.missing.to_dict("list") == {"column": ["z"], "missing": [2]}
    assert report.summary["events_per_coefficient"] == fit.events / 4
    assert report.summary["largest_step"] < 1e-6
    pd.testing.assert_frame_equal(report.proportionality, analysis.ph_test(fit, "rank"))
    assert set(report.influence["row"]) <= set(frame.index)
    assert report.influence.groupby("term")["rank"].max().eq(3).all()
    table = report.covariates.set_index("term")
    assert (table["events_zero"] + table["events_nonzero"]).eq(fit.events).all()
    assert table.loc["z", "events_nonzero"] == frame.loc[frame["z"] == 1, "event"].sum()
    assert table.loc["g[T.b]", "share_nonzero"] == (frame.dropna()["g"] == "b").mean()
    assert report.cox_snell["n_event"].sum() == fit.events
    close(report.residuals.set_index("residual").loc["martingale", "mean"], 0)


def test_residual_summary_has_no_units() -> None:
    one = residual_summary(analysis.cox(SPELLS, "x + z", weights="w"))
    other = residual_summary(
        analysis.cox(SPELLS.assign(x=SPELLS["x"] / 1000), "x + z", weights="w")
    )
    pd.testing.assert_frame_equal(one, other, rtol=1e-6)
    scores = one[one["residual"].str.startswith("score")]
    close(scores["mean"], 0)


def test_displacement_is_about_the_fall_of_the_likelihood() -> None:
    fit = analysis.cox(SPELLS, "x + z")
    at = fit.efron
    ours = influential_rows(fit, 12).set_index("term").loc["all"]
    falls = []
    for row in ours["row"]:
        b = analysis.cox(SPELLS.drop(row), "x + z").coefficients.to_numpy()
        falls.append(2 * (fit.loglik - efron(at.sets, at.X, at.weights, b).loglik))
    # One step from the full estimate: short of the whole way for the very worst rows.
    np.testing.assert_allclose(ours["value"], falls, rtol=0.35)
    assert np.corrcoef(ours["value"], falls)[0, 1] > 0.99


def test_a_separated_model_cannot_be_checked_but_shows_why() -> None:
    frame = SPELLS.assign(event=SPELLS["event"].where(SPELLS["g"] != "c", 0))
    with pytest.warns(analysis.SeparationWarning):
        fit = analysis.cox(frame, "x + g")
    with pytest.raises(InvalidDataError, match="not converged"):
        cox_diagnostics(fit)
    assert covariates_table(fit).set_index("term").loc["g[T.c]", "events_nonzero"] == 0


def test_mistakes() -> None:
    fit = analysis.cox(SPELLS, "x")
    with pytest.raises(InvalidDataError, match="spline_df 1"):
        linearity_tests(fit, 1)
    with pytest.raises(InvalidDataError, match="top 0"):
        influential_rows(fit, 0)
    parametric = analysis.aft(SPELLS, "x + g")
    with pytest.raises(InvalidDataError, match="give the frame"):
        cox_snell_residuals(parametric)
    with pytest.raises(InvalidDataError, match="the fit has 240 rows"):
        cox_snell_residuals(parametric, SPELLS.iloc[:200])
    with pytest.raises(UnknownNameError, match="no column 'until'"):
        cox_snell_residuals(parametric, SPELLS, duration="until")
    with pytest.raises(InvalidDataError, match="not for 'fine-gray, cause 1'"):
        cox_snell_residuals(analysis.fine_gray(SPELLS, "x"), SPELLS)
