"""Cumulative hazards and simultaneous bands against R survival, km.ci and published tables."""

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
from scipy.optimize import brentq
from scipy.stats import kstwobign, norm

import analysis
from analysis.models.brownian import (
    equal_precision_probability,
    equal_precision_value,
    hall_wellner_probability,
    hall_wellner_value,
)
from analysis.models.hazards import nelson_aalen, simultaneous_bands
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "hazards.json").read_text())
SPELLS = pd.read_csv(HERE / "survival_spells.csv")


def records(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def floats(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=float)


def named(case: dict[str, Any]) -> str:
    return " ".join(str(v) for v in case.values() if isinstance(v, str | float))


# -- cumulative hazards -----------------------------------------------------------------------


@pytest.mark.parametrize("case", REFERENCE["hazards"], ids=named)
def test_hazards_agree_with_survfit(case: dict[str, Any]) -> None:
    ours = nelson_aalen(SPELLS, by=case["by"], entry=case["entry"], ties=case["ties"])
    assert ours["group"].nunique() == len(case["curves"])
    for theirs in case["curves"]:
        mine = ours[ours["group"] == theirs["group"]]
        for column in ("time", "n_risk", "n_event", "n_censor"):
            np.testing.assert_array_equal(mine[column], theirs[column])
        for column in ("estimate", "std_error"):
            np.testing.assert_allclose(mine[column], theirs[column], rtol=1e-10)


def test_hazard_by_hand() -> None:
    frame = pd.DataFrame({"duration": [1, 2, 2, 2, 4, 5], "event": [1, 1, 1, 0, 0, 1]})
    hazard = nelson_aalen(frame)
    np.testing.assert_allclose(hazard["estimate"], [1 / 6, 1 / 6 + 2 / 5, 17 / 30, 47 / 30])
    np.testing.assert_allclose(hazard["std_error"].iloc[1] ** 2, 1 / 36 + 2 / 25)
    one_by_one = nelson_aalen(frame, ties="fleming-harrington")
    np.testing.assert_allclose(one_by_one["estimate"].iloc[1], 1 / 6 + 1 / 5 + 1 / 4)
    np.testing.assert_allclose(one_by_one["std_error"].iloc[1] ** 2, 1 / 36 + 1 / 25 + 1 / 16)


def test_intervals_of_a_hazard() -> None:
    frame = pd.DataFrame({"duration": [1, 2, 3, 4], "event": [0, 1, 1, 0]})
    z = norm.ppf(0.975)
    plain = nelson_aalen(frame, conf="plain")
    np.testing.assert_allclose(plain["conf_low"], np.zeros(4))  # cut at zero
    np.testing.assert_allclose(plain["conf_high"], plain["estimate"] + z * plain["std_error"])
    log = nelson_aalen(frame)
    assert log[["conf_low", "conf_high"]].iloc[0].isna().all()
    np.testing.assert_allclose(log["conf_high"].iloc[1], np.exp(z) / 3)
    np.testing.assert_allclose(log["conf_low"].iloc[1], np.exp(-z) / 3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(1, 9), st.booleans()), min_size=2, max_size=40
    ),
)
def test_hazard_and_survival_belong_together(spells: list[tuple[int, int, bool]]) -> None:
    """exp(-A) lies above S; without ties the two ways with ties agree; A never falls."""
    frame = pd.DataFrame(spells, columns=["entry", "length", "event"])
    frame["duration"] = frame["entry"] + frame["length"]
    hazard = nelson_aalen(frame, entry="entry")
    survival = analysis.kaplan_meier(frame, entry="entry")
    pd.testing.assert_frame_equal(hazard.iloc[:, :5], survival.iloc[:, :5])
    assert (np.exp(-hazard["estimate"]) >= survival["estimate"] - 1e-12).all()
    assert (hazard["estimate"].diff().dropna() >= 0).all()
    corrected = nelson_aalen(frame, entry="entry", ties="fleming-harrington")
    assert (corrected["estimate"] >= hazard["estimate"] - 1e-12).all()
    if hazard["n_event"].max() <= 1:
        pd.testing.assert_frame_equal(corrected, hazard)


# -- critical values --------------------------------------------------------------------------


@pytest.mark.parametrize("cell", records(REFERENCE["critical"]), ids=named)
def test_critical_values_agree_with_other_ways_to_compute_them(cell: dict[str, Any]) -> None:
    """Images in the barriers (Hall-Wellner) and finite differences (equal precision), in R."""
    a, b, level = cell["a"], cell["b"], cell["level"]
    assert hall_wellner_value(a, b, level) == pytest.approx(cell["hall_wellner"], abs=1e-7)
    # Two grids, extrapolated: good to 1e-6.
    assert equal_precision_value(a, b, level) == pytest.approx(cell["equal_precision"], abs=2e-6)


@pytest.mark.parametrize("cell", records(REFERENCE["tables"]), ids=named)
def test_critical_values_agree_with_published_tables(cell: dict[str, Any]) -> None:
    """Klein and Moeschberger (2003), tables C.3 and C.4, as in km.ci."""
    a, b, level = cell["a"], cell["b"], cell["level"]
    assert hall_wellner_value(a, b, level) == pytest.approx(cell["hall_wellner"], abs=6e-5)

    def nairs_tail(c: float) -> float:
        # The approximation from which the published table was computed.
        odds = np.log(b * (1 - a) / (a * (1 - b)))
        return float(4 * norm.pdf(c) / c + norm.pdf(c) * (c - 1 / c) * odds - (1 - level))

    assert brentq(nairs_tail, 1, 9) == pytest.approx(cell["nair"], abs=6e-5)
    # It is off by up to 0.014 on wide ranges, by more on narrow ones.
    tolerance = 0.015 if b * (1 - a) > 2 * a * (1 - b) else 0.06
    assert equal_precision_value(a, b, level) == pytest.approx(cell["nair"], abs=tolerance)


def test_limits_of_critical_values() -> None:
    """The whole bridge has Kolmogorov's distribution, a single point the normal one."""
    for level in (0.9, 0.99):
        assert hall_wellner_value(0.0, 1.0, level) == pytest.approx(kstwobign.ppf(level), abs=1e-9)
        z = norm.ppf((1 + level) / 2)
        assert equal_precision_value(0.3, 0.3, level) == pytest.approx(z)
        assert equal_precision_value(0.3, 0.3 + 1e-5, level) == pytest.approx(z, abs=0.01)
        assert hall_wellner_value(0.3, 0.3 + 1e-5, level) == pytest.approx(z * 0.21**0.5, abs=0.005)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 0.95), st.floats(0.02, 0.99), st.floats(0.3, 4))
def test_probabilities_of_a_bridge(a: float, width: float, c: float) -> None:
    b = a + width * (0.99 - a)
    for probability, top in ((equal_precision_probability, c), (hall_wellner_probability, c / 2)):
        p = probability(top, a, b)
        assert -1e-9 <= p <= 1 + 1e-9
        assert probability(top * 1.1, a, b) >= p - 1e-9
        assert probability(top, a, (a + b) / 2) >= p - 1e-6
        # Backwards the bridge is a bridge.
        assert probability(top, 1 - b, 1 - a) == pytest.approx(p, abs=1e-6)


# -- bands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", REFERENCE["bands"], ids=named)
def test_bands_agree_with_km_ci(case: dict[str, Any]) -> None:
    """The shape exactly; the width but for km.ci's table, which it reads between cells."""
    between = case["between"] and tuple(case["between"])
    ours = simultaneous_bands(SPELLS, band=case["band"], scale=case["scale"], between=between)
    theirs = pd.DataFrame({k: floats(case[k]) for k in ("time", "conf_low", "conf_high")})
    theirs = theirs.dropna().reset_index(drop=True)
    np.testing.assert_array_equal(ours["time"], theirs["time"])

    def width(limit: pd.Series) -> pd.Series:
        if case["scale"] == "plain":
            return np.abs(limit - ours["estimate"])
        return np.abs(np.log(np.log(limit) / np.log(ours["estimate"])))

    for side in ("conf_low", "conf_high"):
        uncut = theirs[side].between(1e-9, 1 - 1e-9)
        ratio = (width(ours[side]) / width(theirs[side]))[uncut]
        np.testing.assert_allclose(ratio, ratio.iloc[0], rtol=1e-8)
        assert ratio.iloc[0] == pytest.approx(1, abs=0.006)


@pytest.mark.parametrize("case", REFERENCE["defined"], ids=named)
def test_bands_agree_with_their_definition(case: dict[str, Any]) -> None:
    """Computed in R, late entry and groups included, critical values by other means."""
    ours = simultaneous_bands(
        SPELLS,
        entry="entry",
        by="s",
        of=case["of"],
        band=case["band"],
        scale=case["scale"],
        between=tuple(case["between"]),
    )
    mine = ours[ours["group"] == case["group"]]
    np.testing.assert_array_equal(mine["time"], case["time"])
    np.testing.assert_allclose(mine["critical"], case["critical"], atol=1e-6)
    for column in ("estimate", "conf_low", "conf_high"):
        np.testing.assert_allclose(mine[column], case[column], atol=1e-7)


def test_bands_are_wider_than_pointwise_intervals() -> None:
    pointwise = analysis.kaplan_meier(SPELLS).set_index("time")
    band = simultaneous_bands(SPELLS).set_index("time")
    assert (band["conf_low"] < pointwise["conf_low"].loc[band.index]).all()
    assert (band["conf_high"] > pointwise["conf_high"].loc[band.index]).all()
    strict = simultaneous_bands(SPELLS, level=0.99).set_index("time")
    assert (strict["conf_low"] < band["conf_low"]).all()


def test_a_band_holds_the_whole_curve_as_often_as_it_says() -> None:
    """150 samples of 200 exponential times, a third censored; coverage 0.95 within 3 errors."""
    rng = np.random.default_rng(1789)
    samples = 150
    times, limits = rng.exponential(1, (samples, 200)), rng.exponential(2, (samples, 200))
    frame = pd.DataFrame(
        {
            "duration": np.minimum(times, limits).ravel(),
            "event": (times <= limits).ravel().astype(int),
            "sample": np.repeat(np.arange(samples), 200),
        }
    )
    for band in ("equal-precision", "hall-wellner"):
        curves = simultaneous_bands(frame, by="sample", band=band, between=(0.1, 1.2))
        # The truth at a time, and just before the next one, must be inside.
        after = curves.groupby("group")["time"].shift(-1).fillna(1.2)
        inside = (curves["conf_low"] <= np.exp(-after)) & (
            np.exp(-curves["time"]) <= curves["conf_high"]
        )
        covered = inside.groupby(curves["group"]).all().mean()
        assert covered == pytest.approx(0.95, abs=3 * (0.95 * 0.05 / samples) ** 0.5)


def test_other_frames_give_the_same() -> None:
    for function in (nelson_aalen, simultaneous_bands):
        ours = function(SPELLS, by="s")
        for other in (pl.from_pandas(SPELLS).lazy(), SPELLS.convert_dtypes()):
            pd.testing.assert_frame_equal(function(other, by="s"), ours)


# -- mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [nelson_aalen, simultaneous_bands])
def test_mistakes_in_the_frame(function: Any) -> None:
    with pytest.raises(UnknownNameError, match="no column 'durations'; did you mean duration"):
        function(SPELLS, duration="durations")
    with pytest.raises(InvalidDataError, match="'cause' holds 0, 1, 2"):
        function(SPELLS, event="cause")
    with pytest.raises(InvalidDataError, match="'duration' has negative durations"):
        function(SPELLS.assign(duration=SPELLS["duration"] - 5))
    with pytest.warns(analysis.DroppedRowsWarning, match="5 of 240 rows"):
        function(SPELLS.assign(event=SPELLS["event"].where(SPELLS.index > 4)))


def test_unknown_options() -> None:
    with pytest.raises(UnknownNameError, match="no ties 'efron'"):
        nelson_aalen(SPELLS, ties="efron")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="no interval 'log-log'"):
        nelson_aalen(SPELLS, conf="log-log")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match=r"no band 'nair'.*'equal-precision'"):
        simultaneous_bands(SPELLS, band="nair")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="no curve 'odds'"):
        simultaneous_bands(SPELLS, of="odds")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="no scale 'arcsin'"):
        simultaneous_bands(SPELLS, scale="arcsin")  # type: ignore[arg-type]
    with pytest.raises(InvalidDataError, match="level 95 must lie between 0 and 1"):
        simultaneous_bands(SPELLS, level=95)


def test_where_there_is_no_band() -> None:
    frame = pd.DataFrame({"duration": [2, 3, 5, 5], "event": [1, 1, 1, 1]})
    assert list(simultaneous_bands(frame)["time"]) == [2, 3]  # at 5 all fail
    with pytest.raises(InvalidDataError, match=r"at or after 2.* end below 5, where all fail"):
        simultaneous_bands(frame, between=(1, 4))
    with pytest.raises(InvalidDataError, match="end below 5"):
        simultaneous_bands(frame, between=(2, 5))
    with pytest.raises(InvalidDataError, match="group 'all' has no event that leaves somebody"):
        simultaneous_bands(frame.assign(event=0))
