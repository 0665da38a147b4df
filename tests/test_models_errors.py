"""Every mistake a user can make gets one message that names the column and the rule."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import analysis
from coalitiondata.errors import CoalitionDataError, InvalidDataError, UnknownNameError

SPELLS = pd.read_csv(Path(__file__).parent / "reference" / "survival_spells.csv")

MODELS: dict[str, Callable[..., Any]] = {
    "cox": lambda frame, **kw: analysis.cox(frame, "x + z", **kw),
    "aft": lambda frame, **kw: analysis.aft(frame, "x + z", **kw),
    "firth": lambda frame, **kw: analysis.firth(frame, "x + z", **kw),
    "frailty": lambda frame, **kw: analysis.frailty(frame, "x + z", group="c", **kw),
    "piecewise_exponential": lambda frame, **kw: analysis.piecewise_exponential(
        frame, "x + z", cuts=[5, 15], **kw
    ),
}
CURVES: dict[str, Callable[..., Any]] = {
    "kaplan_meier": analysis.kaplan_meier,
    "median_survival": analysis.median_survival,
    "restricted_mean": lambda frame, **kw: analysis.restricted_mean(frame, 10, **kw),
    "log_rank": lambda frame, **kw: analysis.log_rank(frame, by="g", **kw),
    "nelson_aalen": analysis.nelson_aalen,
    "weighted_log_rank": lambda frame, **kw: analysis.weighted_log_rank(frame, by="g", **kw),
}
ALL = {**MODELS, **CURVES}


def changed(column: str, row: int, value: Any) -> pd.DataFrame:
    frame = SPELLS.astype({column: float}) if column != "g" else SPELLS.copy()
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize("call", ALL.values(), ids=ALL)
class TestRowsAndTimes:
    def test_unknown_column(self, call: Callable[..., Any]) -> None:
        with pytest.raises(UnknownNameError, match="no column 'durations'; did you mean duration"):
            call(SPELLS, duration="durations")

    def test_negative_duration(self, call: Callable[..., Any]) -> None:
        with pytest.raises(
            InvalidDataError, match=r"'duration' has negative durations.*1 rows: 17"
        ):
            call(changed("duration", 17, -1))

    def test_infinite_duration(self, call: Callable[..., Any]) -> None:
        with pytest.raises(InvalidDataError, match=r"'duration' has infinite values.*rows: 17"):
            call(changed("duration", 17, np.inf))

    def test_event_not_zero_or_one(self, call: Callable[..., Any]) -> None:
        with pytest.raises(InvalidDataError, match=r"'cause' holds 0, 1, 2; it must hold 0"):
            call(SPELLS, event="cause")

    def test_text_as_duration(self, call: Callable[..., Any]) -> None:
        with pytest.raises(InvalidDataError, match="'duration' is object; numbers are needed"):
            call(SPELLS.assign(duration=SPELLS["duration"].astype(str)))

    def test_time_span_as_duration(self, call: Callable[..., Any]) -> None:
        spans = pd.to_timedelta(SPELLS["duration"], unit="D")
        with pytest.raises(InvalidDataError, match="turn time spans into days"):
            call(SPELLS.assign(duration=spans))

    @pytest.mark.parametrize("late", [0, 60])
    def test_entry_not_before_exit(self, call: Callable[..., Any], late: int) -> None:
        entry = SPELLS["entry"].mask(SPELLS.index == 5, SPELLS["duration"] + late)
        frame = SPELLS.assign(entry=entry)
        with pytest.raises(InvalidDataError, match=r"'entry' has entries that are not before 'dur"):
            call(frame, entry="entry")

    def test_empty_frame(self, call: Callable[..., Any]) -> None:
        with pytest.raises(InvalidDataError, match="no rows"):
            call(SPELLS.iloc[:0])

    def test_not_a_frame(self, call: Callable[..., Any]) -> None:
        with pytest.raises(InvalidDataError, match="not dict"):
            call({"duration": [1]})

    def test_no_complete_row(self, call: Callable[..., Any]) -> None:
        with pytest.raises(InvalidDataError, match=r"no row is complete.*event 240"):
            call(SPELLS.assign(event=np.nan))

    def test_missing_values_are_counted_by_column(self, call: Callable[..., Any]) -> None:
        frame = SPELLS.astype({"duration": float, "event": "Int64"})
        frame.loc[[1, 2, 3], "duration"] = np.nan
        frame.loc[[3, 4], "event"] = pd.NA
        message = r"4 of 240 rows dropped for missing values \(duration 3, event 2\)"
        with pytest.warns(analysis.DroppedRowsWarning, match=message) as caught:
            result = call(frame)
        assert len(caught) == 1
        if hasattr(result, "dropped"):
            assert result.dropped == {"duration": 3, "event": 2}
            assert result.n == 236

    def test_missing_values_elsewhere_are_nobodys_business(self, call: Callable[..., Any]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            call(SPELLS.assign(w=np.nan))


@pytest.mark.parametrize("call", MODELS.values(), ids=MODELS)
class TestModels:
    @pytest.mark.parametrize(("events", "said"), [(0, "no event"), (1, "only one event")])
    def test_too_few_events(self, call: Callable[..., Any], events: int, said: str) -> None:
        frame = SPELLS.assign(event=(SPELLS.index < events).astype(int))
        with pytest.raises(InvalidDataError, match=f"'event' has {said} in 240 rows"):
            call(frame)

    def test_constant_covariate(self, call: Callable[..., Any]) -> None:
        with pytest.raises(InvalidDataError, match="constant covariate: z takes one value in all"):
            call(SPELLS.assign(z=3))

    def test_collinear_covariates(self, call: Callable[..., Any]) -> None:
        with pytest.raises(InvalidDataError, match="collinear covariates: x, z;"):
            call(SPELLS.assign(z=2 - 3 * SPELLS["x"]))

    def test_infinite_covariate(self, call: Callable[..., Any]) -> None:
        with pytest.raises(InvalidDataError, match="'x' has infinite values"):
            call(changed("x", 3, -np.inf))


FORMULAS: dict[str, Callable[[pd.DataFrame, str], Any]] = {
    "cox": analysis.cox,
    "aft": analysis.aft,
    "firth": analysis.firth,
    "frailty": lambda frame, formula: analysis.frailty(frame, formula, group="c"),
    "piecewise_exponential": lambda frame, formula: analysis.piecewise_exponential(
        frame, formula, cuts=[5, 15]
    ),
}


@pytest.mark.parametrize("call", FORMULAS.values(), ids=FORMULAS)
class TestFormulas:
    @pytest.mark.parametrize(
        ("formula", "error", "message"),
        [
            ("x + power_hhi", UnknownNameError, "no column 'power_hhi'"),
            ("x + poly(y, 2)", UnknownNameError, "no column or transform 'y'"),
            ("x + sqroot(z)", UnknownNameError, r"no transform 'sqroot'; .*np\.sqroot"),
            ("duration ~ x", InvalidDataError, "covariates only"),
            ("x + (z", InvalidDataError, "cannot be read"),
            ("np.log(x)", InvalidDataError, r"np.log\(x\) is not finite"),
            ("x + strata(s)", InvalidDataError, "strata='column'"),
            ("x + cluster(c)", InvalidDataError, "cluster='column'"),
            ("x + z + I(x + 2 * z)", InvalidDataError, r"collinear covariates: x, z, I\(x"),
        ],
    )
    def test_message(
        self, call: Callable[..., Any], formula: str, error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message) as caught:
            call(SPELLS, formula)
        assert isinstance(caught.value, CoalitionDataError)

    def test_unused_levels_of_a_category_are_no_covariates(self, call: Callable[..., Any]) -> None:
        frame = SPELLS[SPELLS["g"] != "b"].assign(g=lambda d: d["g"].astype("category"))
        frame["g"] = frame["g"].cat.add_categories(["b", "z"])
        assert "g[T.c]" in list(call(frame, "g").table["term"])
        assert "g[T.b]" not in list(call(frame, "g").table["term"])

    def test_missing_values_inside_a_transform_are_seen(self, call: Callable[..., Any]) -> None:
        frame = SPELLS.assign(x=SPELLS["x"].mask(SPELLS.index < 6))
        with pytest.warns(analysis.DroppedRowsWarning, match="x 6"):
            assert call(frame, "poly(x, 2)").n == 234


def test_cox_without_covariates() -> None:
    with pytest.raises(InvalidDataError, match="no covariate"):
        analysis.cox(SPELLS, "1")


def test_covariate_constant_within_strata() -> None:
    frame = SPELLS.assign(north=(SPELLS["s"] == "north").astype(int))
    with pytest.raises(InvalidDataError, match="north does not vary within any risk set"):
        analysis.cox(frame, "x + north", strata="s")


def test_covariates_collinear_within_strata() -> None:
    shifted = SPELLS["x"] + SPELLS["s"].map({"north": 0, "south": 5, "west": -3})
    frame = SPELLS.assign(shifted=shifted)
    with pytest.raises(InvalidDataError, match="collinear covariates within the risk sets: x, sh"):
        analysis.cox(frame, "z + x + shifted", strata="s")


@pytest.mark.parametrize("covariate", ["event", "duration"])
def test_separation_by_one_covariate(covariate: str) -> None:
    """The covariate is the outcome itself: its coefficient has no finite estimate."""
    frame = SPELLS.assign(tell=SPELLS[covariate])
    with pytest.warns(analysis.SeparationWarning, match="coefficient of (x, )?tell runs to inf"):
        fit = analysis.cox(frame, "x + tell")
    assert not fit.converged


def test_separation_by_a_level_without_events() -> None:
    frame = SPELLS.assign(event=SPELLS["event"].where(SPELLS["g"] != "c", 0))
    with pytest.warns(analysis.SeparationWarning, match=r"g\[T.c\] runs to infinity"):
        fit = analysis.cox(frame, "x + g", strata="s", entry="entry", cluster="c")
    assert not fit.converged
    # What does not separate keeps the estimate it has without those rows.
    rest = analysis.cox(frame[frame["g"] != "c"], "x + g", strata="s", entry="entry")
    np.testing.assert_allclose(fit.coefficients["x"], rest.coefficients["x"], rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_strong_effects_and_odd_units_are_no_separation(scale: float) -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=300)
    frame = pd.DataFrame({"x": x * scale, "duration": rng.exponential(np.exp(-3 * x)), "event": 1})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = analysis.cox(frame, "x")
    assert fit.converged
    assert fit.coefficients["x"] * scale == pytest.approx(3, abs=0.5)


def test_weights_must_be_positive() -> None:
    with pytest.raises(InvalidDataError, match="weights column 'w' must be positive"):
        analysis.cox(changed("w", 0, 0.0), "x", weights="w")


def test_one_cluster() -> None:
    with pytest.raises(InvalidDataError, match="at least two clusters"):
        analysis.cox(SPELLS.assign(c=1), "x", cluster="c")


def test_ties_other_than_efron() -> None:
    with pytest.raises(InvalidDataError, match="use 'efron'"):
        analysis.cox(SPELLS, "x", ties="exact")


def test_wald_test_of_an_unknown_term() -> None:
    with pytest.raises(UnknownNameError, match="the fit has x, z"):
        analysis.wald_test(analysis.cox(SPELLS, "x + z"), ["g"])


def test_likelihood_ratio_test_on_other_rows() -> None:
    larger = analysis.cox(SPELLS, "x + z")
    with pytest.raises(InvalidDataError, match="same complete rows"):
        analysis.likelihood_ratio_test(larger, analysis.cox(SPELLS.iloc[1:], "x"))
    with pytest.raises(InvalidDataError, match="fewer coefficients"):
        analysis.likelihood_ratio_test(larger, larger)


def test_no_comparable_pair() -> None:
    """All who are at risk at the only event time fail at it."""
    frame = pd.DataFrame({"duration": [3, 3, 1], "event": [1, 1, 0], "x": [1.0, 2.0, 1.5]})
    fit = analysis.cox(frame, "x")
    with pytest.raises(InvalidDataError, match="no comparable pair"):
        analysis.concordance(fit)


def test_unknown_public_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'coxx'"):
        _ = analysis.coxx
