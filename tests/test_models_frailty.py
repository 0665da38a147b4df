"""Shared-frailty models against R survival, and against their own invariants."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

import analysis
from analysis.models.frailty import FrailtyFit, WeakIdentificationWarning, frailty
from analysis.models.frailty_inverse import (
    covariate_inverse,
    group_diagonal,
    information,
    inverse,
    sparse_inverse,
)
from analysis.models.frailty_penalty import LogGamma, Normal, evaluate, grouped
from analysis.models.frailty_theta import Profile
from analysis.models.frame import codes
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "frailty.json").read_text())
FRAMES = {name: pd.read_csv(HERE / f"survival_{name}.csv") for name in ("spells", "intervals")}
FRAMES["recurrences"] = pd.read_csv(HERE / "frailty_recurrences.csv")
FRAMES["catheters"] = pd.DataFrame(REFERENCE["catheters"])
SPELLS = FRAMES["spells"]
CASES = REFERENCE["cases"]
GAMMA = [case for case in CASES if case["distribution"] == "gamma"]
GAUSSIAN = [case for case in CASES if case["distribution"] == "gaussian"]
PEAKED = [case for case in GAMMA if case["name"] != "zero"]
FIXED = [
    pytest.param(case, at, id=f"{case['name']}, {at['theta']:.2g}")
    for case in CASES
    for at in case["fixed"]
]


def fit_case(case: dict[str, Any], **changes: Any) -> FrailtyFit:
    named = ("duration", "entry", "strata", "group", "distribution")
    arguments = {k: case[k] for k in named} | changes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakIdentificationWarning)
        return frailty(FRAMES[case["data"]], case["formula"], **arguments)


def profile_of(case: dict[str, Any]) -> Profile:
    frame = FRAMES[case["data"]]
    given = {k: case[k] for k in ("duration", "entry", "strata")}
    plain = analysis.cox(frame, case["formula"], **given)
    data = grouped(plain.efron.sets, plain.efron.X, codes(frame, case["group"]))
    null = np.concatenate([np.zeros(data.groups), plain.coefficients])
    return Profile(data, case["distribution"], null)


def penalty(case: dict[str, Any], theta: float) -> LogGamma | Normal:
    return LogGamma(theta) if case["distribution"] == "gamma" else Normal(theta)


def close(ours: Any, theirs: Any, rtol: float = 1e-8, atol: float = 1e-10) -> None:
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=rtol, atol=atol
    )


def name(case: dict[str, Any]) -> str:
    return str(case["name"])


class TestAgainstR:
    @pytest.mark.parametrize(("case", "at"), FIXED)
    def test_likelihood_coefficients_errors_and_frailties_at_given_theta(
        self, case: dict[str, Any], at: dict[str, Any]
    ) -> None:
        profile = profile_of(case)
        G = profile.data.groups
        peak = profile.at(at["theta"])
        close(peak.loglik, at["loglik"], rtol=1e-11)
        close(peak.point.joint[G:], at["coef"], rtol=1e-7)
        # R centres the groups' coefficients to about 1e-7 at the end.
        close(peak.point.w, at["w"], rtol=1e-6, atol=1e-6)
        exact = inverse(peak.point, penalty(case, at["theta"]))
        close(np.sqrt(np.diag(exact.covariates)), at["se_full"], rtol=1e-7)
        close(exact.groups, at["w_variance"], rtol=1e-6)
        # With its approximation R ends its iteration up to 1e-6 away from the maximum.
        sparse = sparse_inverse(peak.point, penalty(case, at["theta"]))
        close(np.sqrt(np.diag(sparse)), at["se_sparse"], rtol=1e-5)

    @pytest.mark.parametrize("case", PEAKED, ids=name)
    def test_theta_and_all_that_follows(self, case: dict[str, Any]) -> None:
        fit, best, at = fit_case(case), case["best"], case["fixed"][-1]
        assert fit.converged
        # The reference's own search for theta ends within about 1e-6.
        close(fit.theta, best["theta"], rtol=1e-5)
        close(fit.loglik, best["loglik"], rtol=1e-11)
        close(fit.table["estimate"], at["coef"], rtol=1e-5)
        close(fit.table["std_error"], at["se_full"], rtol=1e-5)
        close([fit.theta_low, fit.theta_high], [best["low"], best["high"]], rtol=1e-4)
        # Where that theta is zero, the reference's search stops at about 1e-7.
        close(fit.loglik_null, best["loglik_alone"], rtol=1e-9)
        close(fit.cox.loglik, best["loglik_cox"], rtol=1e-11)
        close(np.log(fit.frailties["frailty"]), at["w"], rtol=1e-5, atol=1e-5)
        statistic = 2 * (best["loglik"] - best["loglik_cox"])
        close(fit.theta_test["statistic"], statistic, rtol=1e-7)
        close(fit.theta_test["p_value"], chi2.sf(statistic, 1) / 2, rtol=1e-7)

    @pytest.mark.parametrize("case", PEAKED, ids=name)
    def test_the_em_of_r_iterated_to_its_end(self, case: dict[str, Any]) -> None:
        theirs = case["em"]
        sparse = FRAMES[case["data"]][case["group"]].nunique() > 5  # R's rule
        fit = fit_case(case, sparse=sparse)
        close(fit.theta, theirs["theta"], rtol=1e-5)
        # Its steps in the sparse approximation end a little short where a covariate is constant
        # within groups; the exact ones above do not.
        close(fit.table["estimate"], theirs["coef"], rtol=3e-5)
        close(fit.table["std_error"], theirs["se"], rtol=1e-4)

    @pytest.mark.parametrize("case", PEAKED, ids=name)
    def test_a_default_call_of_r(self, case: dict[str, Any]) -> None:
        """R stops early: 4 per cent off in one case, but at a lower likelihood than ours."""
        theirs, fit = case["default"], fit_case(case)
        close(fit.theta, theirs["theta"], rtol=0.05)
        errors = fit.table["std_error"].to_numpy()
        close(fit.table["estimate"] / errors, np.asarray(theirs["coef"]) / errors, atol=0.02)
        profile = profile_of(case)
        assert fit.loglik >= profile.at(theirs["theta"]).loglik - 1e-9

    @pytest.mark.parametrize("case", GAUSSIAN, ids=name)
    def test_gaussian_restricted_likelihood(self, case: dict[str, Any]) -> None:
        theirs, fit = case["reml"], fit_case(case)
        assert fit.converged
        close(fit.theta, theirs["theta"], rtol=1e-7)
        close(fit.table["estimate"], theirs["coef"], rtol=1e-7)
        close(fit.table["std_error"], theirs["se"], rtol=1e-7)
        close(fit.loglik, theirs["loglik"], rtol=1e-10)
        # The call itself iterates less.
        close(fit.theta, case["default"]["theta"], rtol=1e-6)
        close(fit.table["estimate"], case["default"]["coef"], rtol=1e-4)

    @pytest.mark.parametrize("case", GAUSSIAN, ids=name)
    def test_gaussian_interval_and_test(self, case: dict[str, Any]) -> None:
        fit, best = fit_case(case), case["best"]
        close([fit.theta_low, fit.theta_high], [best["low"], best["high"]], rtol=1e-4)
        close(fit.loglik_null, best["loglik_alone"], atol=0.05)  # REML is not where that peaks
        gain = 2 * (fit.loglik - best["loglik_cox"])
        close(fit.theta_test["statistic"], gain, rtol=1e-6)
        assert fit.loglik <= best["loglik"]


class TestNoFrailty:
    def check(self, fit: FrailtyFit) -> None:
        assert fit.theta == 0
        assert fit.theta_low == 0
        assert fit.converged
        assert "theta = 0: the plain Cox model" in fit.model
        pd.testing.assert_frame_equal(fit.table, fit.cox.table)
        pd.testing.assert_frame_equal(fit.covariance, fit.cox.covariance)
        close(fit.loglik, fit.cox.loglik, rtol=1e-13)
        assert fit.theta_test.to_dict() == {"statistic": 0, "p_value": 1}
        assert (fit.frailties[["frailty", "conf_low", "conf_high"]] == 1).all(axis=None)

    def test_gamma_is_the_plain_cox_model_as_in_r(self) -> None:
        case = next(c for c in GAMMA if c["name"] == "zero")
        fit = fit_case(case)
        self.check(fit)
        plain = analysis.cox(FRAMES["intervals"], "x + z", duration="stop", entry="start")
        pd.testing.assert_frame_equal(fit.table, plain.table)
        close(fit.table["estimate"], case["em"]["coef"], rtol=1e-6)
        close(fit.table["std_error"], case["em"]["se"], rtol=1e-6)
        close(fit.theta_high, case["best"]["high"], rtol=1e-4)

    @pytest.mark.parametrize("distribution", ["gamma", "gaussian"])
    def test_of_groups_that_mean_nothing(self, distribution: Any) -> None:
        self.check(
            frailty(
                SPELLS.assign(c=SPELLS.index % 12), "x + z", group="c", distribution=distribution
            )
        )


class TestNumerics:
    @pytest.mark.parametrize("case", CASES, ids=name)
    def test_information_is_the_derivative_of_the_score(self, case: dict[str, Any]) -> None:
        profile = profile_of(case)
        point = profile.at(0.4).point
        ours = information(point)
        step = 1e-5
        for k in (0, 1, profile.data.groups, -1):
            move = np.zeros(len(point.joint))
            move[k] = step
            up, down = (evaluate(profile.data, point.joint + s * move) for s in (1, -1))
            close(ours[:, k], (down.score() - up.score()) / (2 * step), rtol=1e-5, atol=1e-6)
        close(group_diagonal(point), np.diag(ours)[: profile.data.groups], rtol=1e-9)

    @pytest.mark.parametrize("case", CASES, ids=name)
    def test_conjugate_gradients_invert_as_exactly_as_a_matrix(self, case: dict[str, Any]) -> None:
        profile = profile_of(case)
        point = profile.at(0.9).point
        whole = inverse(point, penalty(case, 0.9)).covariates
        ours = covariate_inverse(point, penalty(case, 0.9))
        close(ours, whole, rtol=1e-8, atol=1e-9 * whole.max())

    @pytest.mark.parametrize("theta", [0.01, 0.3, 2.0])
    @pytest.mark.parametrize("case", GAMMA, ids=name)
    def test_slope_is_the_derivative_of_the_likelihood(
        self, case: dict[str, Any], theta: float
    ) -> None:
        profile = profile_of(case)
        step = 1e-4 * theta
        rise = profile.at(theta + step).loglik - profile.at(theta - step).loglik
        close(profile.at(theta).slope, rise / (2 * step), rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("case", CASES, ids=name)
    def test_slope_at_zero_continues_the_slope_beside_it(self, case: dict[str, Any]) -> None:
        profile = profile_of(case)
        close(profile.at(1e-5).slope, profile.at(0).slope, rtol=0.01, atol=0.01)

    def test_gamma_frailties_average_to_one_and_solve_the_em_equations(self) -> None:
        fit = frailty(SPELLS, "x + z", strata="s", entry="entry", group="c")
        u, d = fit.frailties["frailty"], fit.frailties["events"]
        close(u.mean(), 1)
        case = next(c for c in GAMMA if c["name"] == "late entry, strata")
        expected = profile_of(case | {"formula": "x + z"}).at(fit.theta).point.expected()
        # The M-step keeps the cumulative hazard of a group, expected / u; the E-step gives u.
        close(u, (1 / fit.theta + d) / (1 / fit.theta + expected / u), rtol=1e-6)


class TestInvariants:
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        seed=st.integers(0, 10_000),
        scale=st.sampled_from([1e-7, 0.1, 7.0, 1e6]),
        distribution=st.sampled_from(["gamma", "gaussian"]),
    )
    def test_units_names_and_order_do_not_matter(
        self, seed: int, scale: float, distribution: Any
    ) -> None:
        frame = SPELLS.sample(150, random_state=seed)
        fit = frailty(frame, "x + z", entry="entry", group="c", distribution=distribution)
        moved = frame.assign(x=frame["x"] * scale - 3, c="unit " + (97 - frame["c"]).astype(str))
        other = frailty(
            moved.iloc[::-1], "x + z", entry="entry", group="c", distribution=distribution
        )
        close(other.theta, fit.theta, rtol=1e-6, atol=1e-7)
        close(other.coefficients["x"] * scale, fit.coefficients["x"], rtol=1e-5)
        close(other.loglik, fit.loglik, rtol=1e-9)
        assert fit.theta_low <= fit.theta <= fit.theta_high
        assert fit.loglik >= fit.cox.loglik - 1e-9 or distribution == "gaussian"

    def test_splitting_spells_changes_nothing_but_n(self) -> None:
        frame = SPELLS.assign(entry=0)
        cut = frame[frame["duration"] > 4]
        pieces = pd.concat(
            [frame.drop(cut.index), cut.assign(duration=4, event=0), cut.assign(entry=4)]
        )
        whole = frailty(frame, "x + z", group="c")
        split = frailty(pieces, "x + z", entry="entry", group="c")
        close(whole.theta, split.theta)
        close(whole.loglik, split.loglik)
        pd.testing.assert_frame_equal(whole.table, split.table, rtol=1e-7)
        assert split.n == whole.n + len(cut)

    def test_simulated_theta_is_found(self) -> None:
        rng = np.random.default_rng(1648)
        c = np.repeat(np.arange(250), 8)
        u = rng.gamma(1 / 0.6, 0.6, 250)[c]
        x, k = rng.normal(size=2000), rng.normal(size=250)[c]
        time = np.ceil(40 * rng.weibull(1.2, 2000) / (u * np.exp(0.5 * x - 0.3 * k)) ** (1 / 1.2))
        frame = pd.DataFrame({"duration": np.minimum(time, 90), "event": time <= 90})
        fit = frailty(frame.assign(x=x, k=k, c=c), "x + k", group="c")
        assert fit.theta_low < 0.6 < fit.theta_high
        assert fit.theta == pytest.approx(0.6, abs=0.12)
        close(fit.coefficients, [0.5, -0.3], atol=0.15)
        assert np.corrcoef(np.log(fit.frailties["frailty"]), np.log(u[::8]))[0, 1] > 0.8
        inside = (fit.frailties["conf_low"] < u[::8]) & (u[::8] < fit.frailties["conf_high"])
        assert 0.9 < inside.mean() < 0.99


class TestFace:
    def test_of_a_fit(self) -> None:
        fit = frailty(SPELLS, "x + g", strata="s", group="c")
        assert list(fit.table["term"]) == ["x", "g[T.b]", "g[T.c]"]
        close(fit.table["hazard_ratio"], np.exp(fit.table["estimate"]))
        close(np.sqrt(np.diag(fit.covariance)), fit.table["std_error"])
        assert (fit.n, fit.events, fit.groups) == (240, int(SPELLS["event"].sum()), 40)
        close(fit.aic, -2 * fit.loglik + 8)
        close(fit.bic, -2 * fit.loglik + 4 * np.log(fit.events))
        test = analysis.likelihood_ratio_test(fit)
        close(test["statistic"], 2 * (fit.loglik - fit.loglik_null))
        assert test["df"] == 3
        assert analysis.wald_test(fit, ["x"])["df"] == 1

    def test_frailties_list_every_group_with_its_size_and_events(self) -> None:
        frame = SPELLS.assign(c="unit " + SPELLS["c"].astype(str))
        listed = frailty(frame, "x", group="c").frailties.set_index("group")
        counts = frame.groupby("c")["event"].agg(["size", "sum"])
        assert listed.index.equals(counts.index.rename("group"))
        assert (listed[["size", "events"]].to_numpy() == counts.to_numpy()).all()
        assert (listed["conf_low"] < listed["frailty"]).all()
        assert (listed["frailty"] < listed["conf_high"]).all()

    def test_gaussian_frailty_intervals_have_the_posterior_variance_of_r(self) -> None:
        case = next(c for c in GAUSSIAN if c["name"] == "spells, gaussian")
        fit = fit_case(case)
        width = np.log(fit.frailties["conf_high"] / fit.frailties["conf_low"])
        profile = profile_of(case)
        variance = inverse(profile.at(fit.theta).point, Normal(fit.theta)).groups
        close(width, 2 * 1.959963984540054 * np.sqrt(variance), rtol=1e-6)

    def test_several_columns_make_a_group(self) -> None:
        pair = SPELLS["c"].astype(str) + ", " + SPELLS["s"]
        several = frailty(SPELLS, "x", group=["c", "s"])
        single = frailty(SPELLS.assign(pair=pair), "x", group="pair")
        close(several.theta, single.theta)
        assert set(several.frailties["group"]) == set(pair)

    def test_other_frames_give_the_same_fit(self) -> None:
        ours = frailty(SPELLS, "x + g", group="c").table
        for other in (pl.from_pandas(SPELLS), SPELLS.convert_dtypes()):
            pd.testing.assert_frame_equal(frailty(other, "x + g", group="c").table, ours)


class TestWarningsAndErrors:
    def test_missing_groups_are_dropped_and_counted(self) -> None:
        frame = SPELLS.assign(c=SPELLS["c"].where(SPELLS.index >= 11))
        with pytest.warns(analysis.DroppedRowsWarning, match=r"11 of 240 .*\(c 11\)") as caught:
            fit = frailty(frame, "x + z", group="c")
        assert len(caught) == 1
        assert fit.dropped == {"c": 11}
        assert fit.n == 229 == fit.frailties["size"].sum()

    def test_groups_of_one(self) -> None:
        with pytest.warns(
            WeakIdentificationWarning, match="240 of 240 groups hold one unit.*alone"
        ):
            frailty(SPELLS.assign(row=range(240)), "x", group="row")

    def test_mostly_groups_of_one(self) -> None:
        unit = np.where(SPELLS.index < 200, SPELLS.index, 500 + SPELLS.index // 2)
        with pytest.warns(WeakIdentificationWarning, match="200 of 220 .* from the other 20"):
            frailty(SPELLS.assign(unit=unit), "x", group="unit")

    def test_rows_of_one_unit_one_after_the_other_are_one(self) -> None:
        frame = FRAMES["intervals"]
        assert frame.groupby("unit").size().max() > 2
        with pytest.warns(WeakIdentificationWarning, match="90 of 90 groups hold one unit"):
            frailty(frame, "x", duration="stop", entry="start", group="unit")

    def test_recurrent_events_identify_theta(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            frailty(FRAMES["recurrences"], "x", duration="stop", entry="start", group="c")

    def test_few_groups(self) -> None:
        with pytest.warns(WeakIdentificationWarning, match="3 groups say next to nothing"):
            frailty(SPELLS, "x", group="g")

    def test_one_group(self) -> None:
        with pytest.raises(InvalidDataError, match=r"'one' holds one group; .* at least two"):
            frailty(SPELLS.assign(one="a"), "x", group="one")

    def test_groups_that_are_strata(self) -> None:
        with pytest.raises(InvalidDataError, match="no two groups of 'c' are at risk together"):
            frailty(SPELLS, "x", strata="c", group="c")

    def test_unknown_group(self) -> None:
        with pytest.raises(UnknownNameError, match="frailty: the frame has no column 'cc'"):
            frailty(SPELLS, "x", group="cc")

    def test_unknown_distribution(self) -> None:
        with pytest.raises(
            UnknownNameError, match=r"'normal'; choose from \('gamma', 'gaussian'\)"
        ):
            frailty(SPELLS, "x", group="c", distribution="normal")  # type: ignore[arg-type]

    def test_separation(self) -> None:
        with pytest.warns(analysis.SeparationWarning, match="tell runs to infinity"):
            fit = frailty(SPELLS.assign(tell=SPELLS["event"]), "x + tell", group="c")
        assert not fit.converged

    @pytest.mark.parametrize("distribution", ["gamma", "gaussian"])
    def test_groups_far_apart(self, distribution: Any) -> None:
        """Half of the groups never see an event: a large theta, but a finite one."""
        rng = np.random.default_rng(3)
        c = np.repeat(np.arange(30), 8)
        immune = c % 2 == 1
        frame = pd.DataFrame(
            {
                "c": c,
                "duration": np.where(immune, 50, rng.integers(1, 10, 240)),
                "event": ~immune,
                "x": rng.normal(size=240),
            }
        )
        fit = frailty(frame, "x", group="c", distribution=distribution)
        assert fit.converged
        assert 2 < fit.theta < 20
        assert fit.frailties["frailty"][1::2].max() < 0.1
        assert fit.theta_test["p_value"] < 1e-20

    @pytest.mark.parametrize("distribution", ["gamma", "gaussian"])
    def test_groups_without_any_overlap(self, distribution: Any) -> None:
        """Each group ends before the next one begins to: their order is all there is to tell."""
        c = np.repeat(np.arange(150), 6)
        rng = np.random.default_rng(0)
        frame = pd.DataFrame({"c": c, "duration": 10 * c + rng.integers(1, 10, 900), "event": 1})
        with pytest.raises(InvalidDataError, match=r"variance of .* better taken as strata"):
            frailty(frame.assign(x=rng.normal(size=900)), "x", group="c", distribution=distribution)
