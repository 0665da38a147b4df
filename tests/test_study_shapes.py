"""Shapes of time and power: known truths, lifelines beside them, and the shipped data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shipped
import study_toys
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.models.cox import cox
from analysis.models.nonparametric import log_rank
from analysis.study import group_times as times
from analysis.study import samples
from analysis.study.plan import DAYS_PER_YEAR, DEPTH, POWER, z
from analysis.study.settings import all_settings, thirds
from analysis.study.shapes import (
    Shapes,
    distributions,
    hazard_course,
    power_form,
    product,
    shapes,
)

# --- the course of the hazard


def numerical_course(scale: float, q: float) -> str:
    """The hazard of scipy's generalised gamma far into both tails, told by its ups and downs."""
    from scipy.stats import gengamma

    law = gengamma(1 / q**2, q / scale)
    tail = np.logspace(-14, -0.5, 200)
    t = np.concatenate([law.ppf(tail), law.isf(tail[::-1])])
    steps = np.sign(np.diff(law.logpdf(t) - law.logsf(t)))
    kinds = {(1.0,): "rises", (-1.0,): "falls"}
    kinds |= {(1.0, -1.0): "rises, then falls", (-1.0, 1.0): "falls, then rises"}
    return kinds[tuple(steps[np.concatenate([[True], steps[1:] != steps[:-1]])])]


@pytest.mark.parametrize(
    ("scale", "q", "course"),
    [
        (1.0, 1.0, "constant"),
        (0.5, 1.0, "rises"),
        (2.0, 1.0, "falls"),
        (1.0, 0.0, "rises, then falls"),
        (1.0, -0.5, "rises, then falls"),
        (0.5, 3.0, "falls, then rises"),
        (1.5, 0.5, "rises, then falls"),
        (0.5, 0.5, "rises"),  # a gamma with k = 4
    ],
)
def test_known_courses(scale: float, q: float, course: str) -> None:
    assert hazard_course(scale, q) == course


@settings(max_examples=60, deadline=None)
@given(scale=st.floats(0.3, 2.5), q=st.floats(0.5, 2.5))
def test_courses_agree_with_the_hazard_itself(scale: float, q: float) -> None:
    # Near a border the turn lies outside of what can be seen.
    assume(abs(np.log(q / scale)) > 0.35)
    assume(abs(np.log(q * scale)) > 0.35)
    assert hazard_course(scale, q) == numerical_course(scale, q)


# --- distributions


def test_the_true_distribution_is_found() -> None:
    setting = study_toys.setting(study_toys.rows(800, shape=2.0, effects={DEPTH: 0.6}))
    table, ratios = distributions(setting)
    table = table.set_index("distribution")
    assert table["aic"].idxmin() in ("weibull", "gengamma")
    assert table.loc["weibull", "delta_aic"] < 2
    weibull = table.loc["weibull"]
    assert weibull["shape_low"] < 2 < weibull["shape_high"]
    assert weibull["course"] == table.loc["gengamma", "course"] == "rises"
    assert table.loc["gengamma", "q_low"] < 1 < table.loc["gengamma", "q_high"]
    # A log hazard ratio of 0.6 is a log time ratio of -0.6 / 2.
    row = ratios[(ratios["distribution"] == "weibull") & (ratios["term"] == z(DEPTH))].iloc[0]
    assert row["low"] < np.exp(-0.3) < row["high"]


def test_without_duration_dependence_none_is_told() -> None:
    setting = study_toys.setting(study_toys.rows(500, seed=3))
    table = distributions(setting)[0].set_index("distribution")
    assert table.loc["weibull", "course"] == "not told from constant"
    assert table.loc["exponential", "course"] == "constant"
    assert table["delta_aic"].min() == 0


def test_a_model_that_fails_says_why() -> None:
    frame = study_toys.rows(60).assign(event=[1] + [0] * 59)
    table, ratios = distributions(study_toys.setting(frame))
    assert ratios.empty
    assert table["note"].str.startswith("not estimated").all()
    assert table["aic"].isna().all()


# --- power


def bent(seed: int = 4) -> pd.DataFrame:
    """Hazard that is lowest at medium power."""
    frame = study_toys.rows(500, seed)
    rng = np.random.default_rng(seed)
    risk = np.exp(0.5 * frame[POWER] ** 2)
    end = np.ceil(rng.exponential(400 / risk)) + 1
    return frame.assign(duration=end, event=1)


def test_a_bend_is_found_and_drawn() -> None:
    table, curve = power_form(study_toys.setting(bent()))
    assert (table["p_value"] < 1e-4).all()
    row = table[table["test"] == "likelihood ratio"].iloc[0]
    # Two more parameters than the line.
    assert row["aic_line"] - row["aic_spline"] == pytest.approx(row["statistic"] - 4)
    assert row["df"] == 2
    ends = curve[curve["power"].abs() > 1.8]
    assert (ends["estimate"] > 1.5).all()
    middle = curve.iloc[(curve["power"] - curve["power"].median()).abs().argmin()]
    assert middle["estimate"] == pytest.approx(1)


def test_a_line_is_left_a_line() -> None:
    setting = study_toys.setting(study_toys.rows(500, seed=6, effects={POWER: 0.5}))
    table, curve = power_form(setting)
    assert (table["p_value"] > 0.05).all()
    slope = np.polyfit(curve["power"], np.log(curve["estimate"]), 1)[0]
    assert slope == pytest.approx(0.5, abs=0.15)


def test_product_by_hand() -> None:
    setting = study_toys.setting(study_toys.rows(300, seed=7))
    found = product(setting)
    rows = setting.drawn.complete
    fit = cox(rows, f"{setting.formula} + {z(POWER)}:{z(DEPTH)}", cluster="arena")
    b = fit.coefficients
    expected = np.exp(b[z(DEPTH)] + np.array([-1, 0, 1]) * b[f"{z(POWER)}:{z(DEPTH)}"])
    slopes = found[found["at_power"].notna()]
    np.testing.assert_allclose(slopes["hazard_ratio"], expected)
    at_mean = slopes[slopes["at_power"] == 0].iloc[0]
    own = fit.table.set_index("term").loc[z(DEPTH)]
    np.testing.assert_allclose(
        [at_mean["low"], at_mean["high"]], [own["hazard_low"], own["hazard_high"]]
    )
    wald = found.set_index("test").loc["robust Wald"]
    assert wald["p_value"] == pytest.approx(fit.table["p_value"].iloc[-1])


# --- thirds


def test_restricted_means_agree_with_lifelines() -> None:
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    setting = study_toys.setting(study_toys.rows(240))
    rows = thirds(setting.drawn.frame, setting, "depth")
    found = times.restricted_means(rows, 1.0).set_index("group")
    assert list(found.index) == ["low", "middle", "high"]
    for group, part in rows.groupby("group"):
        curve = KaplanMeierFitter().fit(part["duration"] / DAYS_PER_YEAR, part["event"])
        theirs = restricted_mean_survival_time(curve, t=1.0)
        assert found.loc[group, "estimate"] == pytest.approx(theirs)
    gap = found.loc["high", "estimate"] - found.loc["low", "estimate"]
    assert found.loc["high", "difference"] == pytest.approx(gap)
    assert np.isnan(found.loc["low", "difference"])
    assert found.loc["high", "difference_high"] < 0  # the deeper, the sooner they end
    assert found.loc["high", "p_value"] < 0.01


def test_the_horizon_comes_forward_to_what_is_observed() -> None:
    rows = pd.DataFrame(
        {
            "group": ["low"] * 4 + ["high"] * 4,
            "duration": [100, 200, 300, 400, 100, 200, 300, 730],
            "event": [1, 1, 0, 0, 1, 1, 1, 0],
        }
    )
    found = times.restricted_means(rows, 5)
    assert (found["horizon"] == 400 / DAYS_PER_YEAR).all()
    ended = times.restricted_means(rows.assign(event=1), 5)
    assert (ended["horizon"] == 5).all()
    assert ended["estimate"][0] * DAYS_PER_YEAR == pytest.approx(250)


def test_weighted_tests_see_where_the_difference_is() -> None:
    """Curves part after half of the events: only late weights stress that."""
    rng = np.random.default_rng(5)
    n = 400
    group = np.repeat(["low", "high"], n // 2)
    early, late = rng.exponential(100, n), rng.exponential(np.where(group == "low", 60, 240), n)
    days = np.where(early < 70, early, 70 + late)
    rows = pd.DataFrame({"group": group, "duration": np.ceil(days), "event": 1})
    found = times.weighted_tests(rows).set_index("weights")
    assert found.loc["equal", "statistic"] == pytest.approx(log_rank(rows, "group").statistic)
    assert found.loc["late", "statistic"] > 2 * found.loc["early", "statistic"]


# --- the shipped data


@pytest.fixture(scope="module")
def tables() -> samples.Tables:
    return samples.load_tables()


@pytest.fixture(scope="module")
def found(tables: samples.Tables) -> Shapes:
    return shapes(tables)


@shipped.needed
def test_five_distributions_for_each_family(found: Shapes, tables: samples.Tables) -> None:
    assert found.distributions.groupby("family").size().to_dict() == {
        "governing": 5,
        "ngo": 5,
        "wartime": 5,
    }
    for setting in all_settings(tables):
        mine = found.distributions[found.distributions["family"] == setting.id]
        assert (mine["n"] == len(setting.drawn.complete)).all()
        assert (mine["note"] == "").all()
        # Nested: more parameters cannot fit worse.
        loglik = mine.set_index("distribution")["loglik"]
        assert loglik["exponential"] <= loglik["weibull"] <= loglik["gengamma"] + 1e-6
        assert loglik["lognormal"] <= loglik["gengamma"] + 1e-6


@shipped.needed
def test_single_hosts_are_too_few_for_a_product(found: Shapes) -> None:
    note = found.product.loc[found.product["family"] == "ngo", "note"]
    assert list(note.str.contains("fewer than 10 events")) == [True]
    assert "ngo" not in set(found.power_form["family"])


@shipped.needed
def test_group_times_cover_all_with_the_measure(tables: samples.Tables) -> None:
    found = times.group_times(tables)
    for setting in all_settings(tables):
        for by in ("depth", "power"):
            chosen = (found.means["family"] == setting.id) & (found.means["by"] == by)
            known = setting.drawn.frame[setting.measure(by)].notna().sum()
            assert found.means.loc[chosen, "n"].sum() == known
    horizons = found.means.groupby("family")["horizon"].unique()
    assert {name: list(values) for name, values in horizons.items()} == {
        "governing": [4.0],
        "ngo": [10.0],
        "wartime": [2.0],
    }
    assert (found.means["low"] < found.means["high"]).all()
