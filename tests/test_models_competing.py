"""Cumulative incidence, Gray's test and Fine-Gray regression against R survival and cmprsk."""

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
SPELLS = pd.read_csv(HERE / "survival_spells.csv")


def floats(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=float)


@pytest.mark.parametrize("case", REFERENCE["incidence"], ids=lambda c: c["name"])
def test_agrees_with_multistate_survfit(case: dict[str, Any]) -> None:
    ours = analysis.cumulative_incidence(
        SPELLS, by=case["by"], entry=case["entry"], conf=case["conf"]
    )
    for theirs in case["curves"]:
        mine = ours[(ours["group"] == theirs["group"]) & (ours["cause"] == theirs["cause"])]
        # With late entry R also lists times at which somebody only enters.
        kept = np.isin(theirs["time"], mine["time"])
        assert kept.sum() == len(mine)
        started = mine["estimate"].to_numpy() > 0
        for column in ("estimate", "std_error", "conf_low", "conf_high"):
            expected = floats(theirs[column])[kept]
            # Before the first event of a cause R gives limits of zero or none, by interval.
            rows = started if column.startswith("conf") else slice(None)
            # With late entry R's jackknife is not the delta method; conf_* follow the error.
            loose = case["entry"] is not None and column != "estimate"
            np.testing.assert_allclose(
                mine[column].to_numpy()[rows],
                expected[rows],
                rtol=0.03 if loose else 1e-8,
                atol=1e-10,
                err_msg=column,
            )


def test_estimates_agree_with_cmprsk_and_errors_nearly() -> None:
    curves = analysis.cumulative_incidence(SPELLS)
    theirs = REFERENCE["cuminc"]
    for cause, estimate, variance in zip(
        (1, 2), theirs["estimate"], theirs["variance"], strict=True
    ):
        mine = curves[curves["cause"] == cause].set_index("time").loc[theirs["time"]]
        np.testing.assert_allclose(mine["estimate"], estimate, rtol=1e-10)
        # cmprsk uses Aalen's variance, ours is the delta method: 1/n apart.
        np.testing.assert_allclose(mine["std_error"], np.sqrt(variance), rtol=0.02)


def test_by_hand() -> None:
    """S(t-) / n: 1/6; then 5/6 / 5 = 1/6 each; nobody at 3; then 1/2 / 2 = 1/4 each."""
    frame = pd.DataFrame({"duration": [1, 2, 2, 3, 4, 4], "cause": [1, 2, 1, 0, 1, 2]})
    curves = analysis.cumulative_incidence(frame)
    one = curves[curves["cause"] == 1]
    np.testing.assert_allclose(one["estimate"], [1 / 6, 1 / 3, 1 / 3, 7 / 12])
    two = curves[curves["cause"] == 2]
    np.testing.assert_allclose(two["estimate"], [0, 1 / 6, 1 / 6, 5 / 12])
    # R survfit 3.5-3; all who are left fail at 4, where other libraries have no error.
    np.testing.assert_allclose(one["std_error"].iloc[-1], 0.2256677, rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 10), st.sampled_from(["censored", "won", "lost", "merged"])),
        min_size=4,
        max_size=40,
    ).filter(lambda rows: any(cause != "censored" for _, cause in rows))
)
def test_causes_and_survival_add_to_one(rows: list[tuple[int, str]]) -> None:
    frame = pd.DataFrame(rows, columns=["duration", "cause"])
    total = analysis.cumulative_incidence(frame).groupby("time")["estimate"].sum()
    alive = analysis.kaplan_meier(frame.assign(event=frame["cause"] != "censored"))
    np.testing.assert_allclose(total + alive.set_index("time")["estimate"], 1, atol=1e-12)


def test_one_cause_is_one_minus_kaplan_meier_error_included() -> None:
    curve = analysis.cumulative_incidence(SPELLS, cause="event")
    survival = analysis.kaplan_meier(SPELLS)
    np.testing.assert_allclose(curve["estimate"], 1 - survival["estimate"], atol=1e-12)
    np.testing.assert_allclose(curve["std_error"], survival["std_error"], rtol=1e-9)


def test_late_entry_with_one_cause_has_greenwoods_error() -> None:
    curve = analysis.cumulative_incidence(SPELLS, cause="event", entry="entry")
    survival = analysis.kaplan_meier(SPELLS, entry="entry")
    np.testing.assert_allclose(curve["std_error"], survival["std_error"], rtol=1e-9)


def test_labels_do_not_matter() -> None:
    words = SPELLS.assign(cause=SPELLS["cause"].map({0: "censored", 1: "broke up", 2: "won"}))
    spoken = analysis.cumulative_incidence(words, by="g")
    coded = analysis.cumulative_incidence(SPELLS, by="g")
    pd.testing.assert_frame_equal(spoken.drop(columns="cause"), coded.drop(columns="cause"))
    assert list(spoken["cause"].unique()) == ["broke up", "won"]


def test_a_missing_cause_is_not_a_censored_one() -> None:
    frame = SPELLS.assign(cause=SPELLS["cause"].where(SPELLS.index > 9))
    with pytest.warns(analysis.DroppedRowsWarning, match="cause 10"):
        curves = analysis.cumulative_incidence(frame)
    assert curves["n_risk"].max() == 230


def test_no_event_of_any_cause() -> None:
    with pytest.raises(InvalidDataError, match="no event"):
        analysis.cumulative_incidence(SPELLS.assign(cause=0))


@pytest.mark.parametrize("case", REFERENCE["gray"], ids=lambda c: c["by"])
def test_gray_agrees_with_cmprsk(case: dict[str, Any]) -> None:
    pytest.importorskip("comprisk")
    ours = analysis.gray_test(SPELLS, by=case["by"])
    np.testing.assert_allclose(ours["statistic"], case["statistic"], rtol=1e-9)
    np.testing.assert_allclose(ours["p_value"], case["p"], rtol=1e-9)
    np.testing.assert_array_equal(ours["df"], case["df"])


@pytest.mark.parametrize("case", REFERENCE["crr"], ids=lambda c: c["formula"])
def test_fine_gray_agrees_with_crr(case: dict[str, Any]) -> None:
    pytest.importorskip("comprisk")
    fit = analysis.fine_gray(SPELLS, case["formula"], of=case["of"])
    assert fit.converged
    np.testing.assert_allclose(fit.table["estimate"], case["coef"], rtol=1e-7)
    np.testing.assert_allclose(fit.table["std_error"], case["se"], rtol=1e-7)
    np.testing.assert_allclose(fit.loglik, case["loglik"], rtol=1e-9)
    np.testing.assert_allclose(fit.loglik_null, case["loglik_null"], rtol=1e-9)
    assert fit.events == (SPELLS["cause"] == case["of"]).sum()


def test_fine_gray_is_at_its_maximum_with_many_rows() -> None:
    """The Newton step that is left, in standard errors."""
    pytest.importorskip("comprisk")
    from analysis.models.subdistribution import score_terms

    rng = np.random.default_rng(4)
    n = 20_000
    frame = pd.DataFrame(rng.normal(size=(n, 2)), columns=["x", "z"])
    frame["duration"] = rng.exponential(np.exp(-0.5 * frame["x"]))
    frame["cause"] = rng.integers(0, 3, n)
    fit = analysis.fine_gray(frame, "x + z", of=2)
    assert fit.converged
    terms = score_terms(
        frame[["x", "z"]].to_numpy(),
        frame["duration"].to_numpy(),
        frame["cause"].to_numpy(),
        2,
        fit.table["estimate"].to_numpy(),
    )
    errors = fit.covariance.to_numpy() @ terms.sum(axis=0) / fit.table["std_error"]
    assert np.abs(errors).max() < 1e-8


def test_fine_gray_without_competitors_is_cox_in_small_ties() -> None:
    """With one cause and hardly a tie, the subdistribution hazard is the hazard."""
    pytest.importorskip("comprisk")
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=200), "cause": rng.integers(0, 2, 200)})
    frame["duration"] = rng.exponential(np.exp(-0.5 * frame["x"]))
    fit = analysis.fine_gray(frame, "x")
    hazard = analysis.cox(frame, "x", event="cause")
    np.testing.assert_allclose(fit.coefficients, hazard.coefficients, rtol=1e-6)


def test_fine_gray_separation_names_the_covariate() -> None:
    pytest.importorskip("comprisk")
    frame = SPELLS[(SPELLS["g"] != "c") | (SPELLS["cause"] != 1)]
    with pytest.warns(analysis.SeparationWarning, match=r"coefficient of g\[T.c\] runs"):
        fit = analysis.fine_gray(frame, "x + g")
    assert not fit.converged


def test_fine_gray_names_the_causes_there_are() -> None:
    pytest.importorskip("comprisk")
    with pytest.raises(UnknownNameError, match=r"cause 3 .*causes are 1, 2"):
        analysis.fine_gray(SPELLS, "x", of=3)
