"""Predictive accuracy of Cox models against R survival, the definitions, and their invariants."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.models.accuracy import (
    brier_score,
    explained_variation,
    integrated_brier_score,
    uno_concordance,
)
from analysis.models.concordance import concordance
from analysis.models.cox import cox
from analysis.models.ipcw import brier_weights, curves, step_integral
from analysis.models.nonparametric import kaplan_meier
from analysis.models.prediction import predict_survival
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "accuracy.json").read_text())
FRAMES = {name: pd.read_csv(HERE / f"survival_{name}.csv") for name in ("spells", "intervals")}
SPELLS = FRAMES["spells"]
EXTRAS = ("strata", "cluster", "weights")


def close(ours: Any, theirs: Any, rtol: float = 1e-8, atol: float = 1e-10) -> None:
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=rtol, atol=atol
    )


def by_name(cases: str) -> Any:
    return pytest.mark.parametrize("case", REFERENCE[cases], ids=lambda c: c["name"])


@by_name("uno")
def test_uno_concordance_agrees_with_r(case: dict[str, Any]) -> None:
    fit = cox(SPELLS, case["formula"], **{k: case[k] for k in EXTRAS})
    ours = uno_concordance(fit, case["tau"])
    close(ours[["estimate", "std_error"]], [case["estimate"], case["std_error"]])


@by_name("survival")
def test_predicted_survival_agrees_with_r(case: dict[str, Any]) -> None:
    frame = FRAMES[case["data"]]
    fit = cox(frame, case["formula"], **dict(case["arguments"] or {}))
    newdata = pd.DataFrame(REFERENCE["newdata"], index=list("abcd"))
    ours = predict_survival(fit, newdata, case["times"], training=frame)
    assert list(ours.index) == list("abcd")
    assert list(ours.columns) == case["times"]
    # R carries the curve on; beyond the last exit there are no data, and ours is missing.
    beyond = np.array(case["times"]) > fit.rows["duration"].max()
    assert ours.loc[:, beyond].isna().to_numpy().all()
    close(ours.loc[:, ~beyond], np.array(case["survival"])[:, ~beyond])


def test_predicted_survival_of_strata_agrees_with_r() -> None:
    case = REFERENCE["stratified_survival"]
    ours = predict_survival(cox(SPELLS, "x + z", strata="s"), times=case["times"])
    close(ours, np.array(case["survival"], dtype=float))
    assert ours.isna().to_numpy().any()  # some stratum ends before the last time


def test_predicting_the_rows_of_the_fit_needs_no_new_data() -> None:
    fit = cox(SPELLS, "x * g + z")
    times = [1, 5, 9.5]
    own = predict_survival(fit, times=times)
    pd.testing.assert_frame_equal(own, predict_survival(fit, SPELLS, times, training=SPELLS))


def test_prediction_from_few_new_rows_is_coded_as_the_fit() -> None:
    """One level of a factor, one value of a spline: the coding must come from the fit."""
    fit = cox(SPELLS, "bs(x, df=4) + C(g)")
    whole = predict_survival(fit, SPELLS, [6], training=SPELLS)
    for row in (0, 1, 2):
        part = predict_survival(fit, SPELLS.iloc[[row]], [6], training=SPELLS)
        close(part, whole.iloc[[row]], rtol=1e-12)


def test_prediction_is_missing_where_a_covariate_is() -> None:
    fit = cox(SPELLS, "x + g")
    new = pd.DataFrame({"x": [0.1, np.nan, 0.1], "g": ["b", "b", None]})
    ours = predict_survival(fit, new, [3, 6], training=SPELLS)
    assert ours.isna().all(axis=1).tolist() == [False, True, True]


def test_prediction_takes_other_frames() -> None:
    fit = cox(SPELLS, "x + g")
    expected = predict_survival(fit, SPELLS, [6], training=SPELLS)
    ours = predict_survival(fit, pl.from_pandas(SPELLS), [6], training=pl.from_pandas(SPELLS))
    pd.testing.assert_frame_equal(ours, expected)
    nullable = SPELLS.convert_dtypes()
    pd.testing.assert_frame_equal(predict_survival(fit, nullable, [6], training=nullable), expected)


def test_prediction_errors_say_what_to_do() -> None:
    fit = cox(SPELLS, "x + g")
    with pytest.raises(InvalidDataError, match=r"coding of g depends .* pass training="):
        predict_survival(fit, SPELLS, [6])
    with pytest.raises(InvalidDataError, match="bs"):
        predict_survival(cox(SPELLS, "bs(x, df=4)"), SPELLS, [6])
    with pytest.raises(InvalidDataError, match="not the frame that was fitted"):
        predict_survival(fit, SPELLS, [6], training=SPELLS.assign(x=SPELLS["x"] + 1))
    with pytest.raises(InvalidDataError, match="level of g that the fit has not seen"):
        predict_survival(fit, pd.DataFrame({"x": [0], "g": ["zzz"]}), [6], training=SPELLS)
    with pytest.raises(UnknownNameError, match="no column 'g'"):
        predict_survival(fit, SPELLS[["x"]], [6], training=SPELLS)
    with pytest.raises(InvalidDataError, match="give the times"):
        predict_survival(fit, SPELLS, training=SPELLS)
    with pytest.raises(InvalidDataError, match="stratified"):
        predict_survival(cox(SPELLS, "x", strata="s"), SPELLS, [6])


@by_name("brier")
def test_brier_scores_agree_with_the_definition_in_r(case: dict[str, Any]) -> None:
    fit = cox(SPELLS, case["formula"], strata=case["strata"], weights=case["weights"])
    curve = brier_score(fit)
    close(curve["time"], case["times"])
    close(curve["brier"], case["brier"])
    close(curve["brier_null"], case["brier_null"])
    for tau, ibs, null in zip(case["tau"], case["ibs"], case["ibs_null"], strict=True):
        ours = integrated_brier_score(fit, tau)
        close(ours[["ibs", "ibs_null", "ipa"]], [ibs, null, 1 - ibs / null])


@by_name("explained")
def test_explained_variation_agrees_with_r(case: dict[str, Any]) -> None:
    fit = cox(FRAMES[case["data"]], case["formula"], **dict(case["arguments"] or {}))
    ours = explained_variation(fit)
    # The fit inside R's function stops at a relative change of the likelihood of 1e-9.
    close(ours, [case[name] for name in ours.index], rtol=1e-7)


def test_explained_variation_with_strata_and_clusters_agrees_with_its_definition_in_r() -> None:
    ours = explained_variation(cox(SPELLS, "x + z", strata="s", cluster="c"))
    case = REFERENCE["explained_strata"]
    close(ours[["d", "d_std_error"]], [case["d"], case["d_std_error"]])


def test_whole_weights_are_copies() -> None:
    """Accuracy of a weighted fit is that of its coefficients on rows written out.

    Durations differ, so that copies of a row are the only ties.
    """
    rng = np.random.default_rng(7)
    frame = SPELLS.head(90).assign(
        duration=rng.permutation(90) + 1.0, k=rng.integers(1, 4, 90), event=rng.integers(0, 2, 90)
    )
    copies = frame.loc[frame.index.repeat(frame["k"])]
    fit = cox(frame, "x + z", weights="k")
    stop, event = copies["duration"].to_numpy(float), copies["event"].to_numpy() == 1
    survival = predict_survival(fit, copies, np.unique(stop)).to_numpy()
    grid, unit = np.unique(stop), np.ones(len(copies))
    written = brier_weights(stop, event, unit, grid, curves(stop, event, unit)).score(survival)
    close(brier_score(fit)["brier"], written)


def test_the_null_curve_is_that_of_kaplan_and_meier() -> None:
    """Weights restore what censoring took: predicted for all, S costs exactly S (1 - S)."""
    fit = cox(SPELLS, "x")
    km = kaplan_meier(SPELLS)["estimate"].to_numpy()
    curve = brier_score(fit)
    close(curve["brier_null"].iloc[:-1], (km * (1 - km))[:-1], rtol=1e-12)
    assert np.isnan(curve["brier_null"].iloc[-1])  # all who are left are censored at the end
    stop, event = SPELLS["duration"].to_numpy(float), SPELLS["event"].to_numpy() == 1
    grid, unit = np.unique(stop), np.ones(len(stop))
    counted = brier_weights(stop, event, unit, grid, curves(stop, event, unit))
    close(counted.mass[:, :-1].sum(axis=0), 1, rtol=1e-12)
    for_all = np.broadcast_to(km, (len(stop), len(km)))
    ours = step_integral(grid, counted.score(for_all), 20)
    close(integrated_brier_score(fit, 20)["ibs_null"], ours, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 6), st.booleans(), st.integers(1, 3)), min_size=3, max_size=25
    )
)
def test_weights_sum_to_one_and_curves_multiply_to_who_is_left(
    rows: list[tuple[int, bool, int]],
) -> None:
    stop = np.array([r[0] for r in rows], dtype=float)
    event = np.array([r[1] for r in rows])
    weight = np.array([r[2] for r in rows], dtype=float)
    both = curves(stop, event, weight)
    left = np.array([weight[stop > t].sum() for t in both.time]) / weight.sum()
    close(both.survival * both.uncensored, left, atol=1e-12)
    assert (both.uncensored_before(stop[event]) > 0).all()
    counted = brier_weights(stop, event, weight, both.time, both)
    kept = both.uncensored > 0  # later, those still there at the last censoring count nowhere
    close(counted.mass[:, kept].sum(axis=0), 1, atol=1e-12)


def test_without_censoring_weights_are_nothing() -> None:
    """All fail: Uno's concordance is Harrell's, and the Brier score is a plain mean of squares."""
    frame = SPELLS.assign(event=1)
    fit = cox(frame, "x + z + g", cluster="c")
    names = ["estimate", "std_error"]
    close(uno_concordance(fit)[names], concordance(fit)[names], rtol=1e-12)
    survival = predict_survival(fit, times=[7])[7]
    plain = (((frame["duration"] > 7) - survival) ** 2).mean()
    close(brier_score(fit, [7])["brier"], plain, rtol=1e-12)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_almost_perfect_marker(sign: int) -> None:
    """Uno's concordance counts the one pair out of order; prediction errors all but vanish."""
    n = 60
    duration = np.arange(1, n + 1.0)
    marker = -duration * sign
    marker[[29, 30]] = marker[[30, 29]]  # else the coefficient would be infinite
    frame = pd.DataFrame({"duration": duration, "event": 1, "m": marker})
    fit = cox(frame, "m")
    pairs = n * (n - 1) / 2
    close(uno_concordance(fit)["estimate"], 1 - 1 / pairs, rtol=1e-12)
    assert integrated_brier_score(fit)["ipa"] > 0.9
    assert explained_variation(fit)["r2_d"] > 0.9


def test_a_useless_marker() -> None:
    """The same marker on either side of every outcome: no discrimination, nothing explained."""
    twice = pd.concat([SPELLS.assign(m=0), SPELLS.assign(m=1)], ignore_index=True)
    fit = cox(twice, "m + x")
    without = cox(twice, "x")
    assert abs(fit.coefficients["m"]) < 1e-10
    close(uno_concordance(fit, 15)["estimate"], uno_concordance(without, 15)["estimate"], rtol=1e-9)
    alone = integrated_brier_score(cox(twice, "m"), 15)
    # What remains is the distance between exp(-H) and the product limit.
    assert abs(alone["ipa"]) < 1e-4
    assert explained_variation(cox(twice.assign(m=twice["m"].iloc[::-1]), "x"))["r2_d"] > 0.1


def test_ties_in_the_score_count_half_and_in_time_not_at_all() -> None:
    # Pairs: event at 1 with the three later rows; the two events at 2 with the row censored at 2.
    frame = pd.DataFrame({"duration": [1, 2, 2, 2], "event": [1, 1, 1, 0], "m": [1, 1, 0, 0]})
    fit = cox(frame, "m")
    assert fit.coefficients["m"] > 0
    # Won: (1 over 0) twice and a tie; then 1 over 0, and a tie of zeros. No censoring before 2.
    close(uno_concordance(fit)["estimate"], (2 + 0.5 + 1 + 0.5) / 5, rtol=1e-12)


def test_censored_rows_of_the_past_raise_the_weight_of_what_follows() -> None:
    # One of four is censored at 1, after nobody failed: G = 3/4 from then on.
    frame = pd.DataFrame({"duration": [1, 2, 3, 4], "event": [0, 1, 1, 0], "m": [0, 0, 1, 0]})
    fit = cox(frame, "m")
    w = (4 / 3) ** 2
    # Event at 2 loses to 3 and ties with 4; event at 3 beats 4. All have the weight (4/3)^2.
    close(uno_concordance(fit)["estimate"], (0.5 + 1) * w / (3 * w), rtol=1e-12)
    at_two = brier_score(fit, [2.5]).iloc[0]
    S = predict_survival(fit, times=[2.5])[2.5].to_numpy()
    close(at_two["brier"], (4 / 3 * (S[1] ** 2 + (1 - S[2]) ** 2 + (1 - S[3]) ** 2)) / 4)


def test_the_integral_is_that_of_the_curve() -> None:
    fit = cox(SPELLS, "x + z + g")
    fine = np.arange(0, 12, 0.01) + 0.005
    close(integrated_brier_score(fit, 12)["ibs"], brier_score(fit, fine)["brier"].mean())
    assert brier_score(fit, [31])[["brier", "ipa"]].isna().to_numpy().all()


@pytest.mark.parametrize("measure", [uno_concordance, brier_score, integrated_brier_score])
def test_late_entry_is_refused(measure: Any) -> None:
    late = cox(SPELLS, "x", entry="entry")
    with pytest.raises(InvalidDataError, match=r"\d+ rows enter late"):
        measure(late)
    measure(cox(SPELLS.assign(entry=0), "x", entry="entry"))  # an entry at zero is none


def test_a_horizon_must_lie_in_the_data() -> None:
    fit = cox(SPELLS, "x")
    for tau in (0, -1, 31):
        with pytest.raises(InvalidDataError, match=r"at most 30, the last exit"):
            integrated_brier_score(fit, tau)
    with pytest.raises(InvalidDataError, match="no comparable pair"):
        uno_concordance(fit, 0.5)


def test_ranks_need_whole_weights() -> None:
    with pytest.raises(InvalidDataError, match="whole numbers"):
        explained_variation(cox(SPELLS, "x", weights="w"))
