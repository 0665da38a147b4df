"""Piecewise exponential models and cut spells against R, and against models that must agree."""

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

import analysis
from analysis.models.episodes import split_episodes
from analysis.models.flexible import piecewise_exponential
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "flexible.json").read_text())
FRAMES = {name: pd.read_csv(HERE / f"survival_{name}.csv") for name in ("spells", "intervals")}
SPELLS = FRAMES["spells"]
ARGUMENTS = ("duration", "entry")


def close(ours: Any, theirs: Any, rtol: float = 1e-8, atol: float = 1e-10) -> None:
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=rtol, atol=atol
    )


@pytest.mark.parametrize("case", REFERENCE["split"], ids=lambda c: str(c["cuts"]))
def test_pieces_are_those_of_surv_split(case: dict[str, Any]) -> None:
    columns = [case["duration"], "event", *([case["entry"]] if case["entry"] else [])]
    frame = FRAMES[case["data"]][columns]
    ours = split_episodes(frame, case["cuts"], **{k: case[k] for k in ARGUMENTS})
    assert ours.index.tolist() == case["row"]
    close(ours[case["entry"] or "start"], case["start"])
    close(ours[case["duration"]], case["stop"])
    assert ours["event"].tolist() == case["event"]
    assert (ours["period"].cat.codes + 1).tolist() == case["period"]


@pytest.mark.parametrize("case", REFERENCE["glm"], ids=lambda c: c["name"])
def test_agrees_with_glm_in_r(case: dict[str, Any]) -> None:
    fit = piecewise_exponential(
        FRAMES[case["data"]],
        case["formula"],
        case["cuts"],
        **{k: case[k] for k in (*ARGUMENTS, "cluster")},
    )
    assert fit.converged
    close(fit.baseline["estimate"], case["coef"]["periods"])
    close(fit.table["estimate"], case["coef"]["covariates"])
    T = len(fit.baseline)
    plain = np.sqrt(np.diag(fit.covariance_model))
    close(plain[:T], case["se"]["periods"])
    close(plain[T:], case["se"]["covariates"])
    robust = case["robust_se"] or case["se"]
    close(fit.baseline["std_error"], robust["periods"])
    close(fit.table["std_error"], robust["covariates"])
    close(fit.loglik, case["loglik"], rtol=1e-10)
    close(fit.aic, case["aic"], rtol=1e-10)
    assert fit.episodes == case["episodes"]
    assert fit.n == len(FRAMES[case["data"]])


@pytest.mark.parametrize("entry", [None, "entry"])
def test_without_cuts_it_is_the_exponential_model(entry: str | None) -> None:
    fit = piecewise_exponential(SPELLS, "x + g", [], entry=entry, cluster="c")
    aft = analysis.aft(SPELLS, "x + g", family="exponential", entry=entry, cluster="c")
    close(fit.table["estimate"], -aft.table["estimate"].iloc[1:], rtol=1e-7)
    close(fit.table["std_error"], aft.table["std_error"].iloc[1:], rtol=1e-7)
    close(fit.baseline["estimate"], -aft.table["estimate"].iloc[:1], rtol=1e-7)
    close([fit.loglik, fit.loglik_null], [aft.loglik, aft.loglik_null], rtol=1e-10)


def test_without_covariates_hazards_are_events_over_exposure() -> None:
    fit = piecewise_exponential(SPELLS, "1", [5, 10])
    pieces = split_episodes(SPELLS, [5, 10])
    exposure = (pieces["duration"] - pieces["start"]).groupby(pieces["period"], observed=True).sum()
    events = pieces.groupby("period", observed=True)["event"].sum()
    close(fit.baseline["hazard"], events / exposure)
    close(fit.baseline["std_error"], events**-0.5)
    assert fit.baseline["period"].tolist() == ["(0, 5]", "(5, 10]", "(10, inf)"]
    assert fit.baseline["events"].tolist() == events.tolist()
    close(fit.loglik, fit.loglik_null)
    assert fit.table.empty


def test_with_a_cut_at_every_event_time_it_is_nearly_cox() -> None:
    """Without ties the profile of the hazards is the partial likelihood (Breslow)."""
    rng = np.random.default_rng(17)
    frame = pd.DataFrame({"x": rng.normal(size=40), "z": rng.integers(0, 2, 40)})
    time = rng.exponential(np.exp(-0.5 * frame["x"]))
    frame["event"] = (time < 1.5).astype(int)
    times = np.sort(time[frame["event"] == 1])
    # Nobody may leave within a period: those who are censored are so with the last event.
    frame["duration"] = np.minimum(time, times[-1])
    fit = piecewise_exponential(frame, "x + z", times[:-1])
    cox = analysis.cox(frame, "x + z")
    close(fit.table["estimate"], cox.table["estimate"], rtol=1e-6)
    close(fit.table["std_error"], cox.table["std_error"], rtol=1e-6)
    close(
        analysis.likelihood_ratio_test(fit)["statistic"],
        analysis.likelihood_ratio_test(cox)["statistic"],
    )


@settings(max_examples=30, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=5, unique=True).map(sorted),
    late=st.booleans(),
)
def test_pieces_hold_what_the_spells_hold(cuts: list[int], late: bool) -> None:
    """Same time at risk, events and Cox model; a period per piece, none empty."""
    entry = "entry" if late else None
    pieces = split_episodes(SPELLS, cuts, entry=entry)
    start = entry or "start"
    length = (pieces["duration"] - pieces[start]).groupby(level=0).sum()
    whole = SPELLS["duration"] - (SPELLS["entry"] if late else 0)
    assert length.tolist() == whole.tolist()
    assert pieces["event"].groupby(level=0).sum().tolist() == SPELLS["event"].tolist()
    assert (pieces["duration"] > pieces[start]).all()
    edges = np.array([0, *cuts, np.inf])
    assert (pieces[start] >= edges[pieces["period"].cat.codes]).all()
    assert (pieces["duration"] <= edges[pieces["period"].cat.codes + 1]).all()
    cut = analysis.cox(pieces, "x + z", entry=start)
    uncut = analysis.cox(SPELLS, "x + z", entry=entry)
    close(cut.table["estimate"], uncut.table["estimate"])
    close(cut.loglik, uncut.loglik)


def test_units_do_not_matter() -> None:
    fit = piecewise_exponential(SPELLS, "x + z", [4, 9], cluster="c")
    days = SPELLS.assign(duration=SPELLS["duration"] * 365, x=SPELLS["x"] / 1e6 + 3)
    other = piecewise_exponential(days, "x + z", [4 * 365, 9 * 365], cluster="c")
    close(other.coefficients["x"], 1e6 * fit.coefficients["x"], rtol=1e-7)
    close(other.coefficients["z"], fit.coefficients["z"], rtol=1e-7)
    close(other.table["p_value"], fit.table["p_value"], rtol=1e-6)
    close(other.loglik, fit.loglik - fit.events * np.log(365))


def test_finds_a_hazard_that_steps() -> None:
    rng = np.random.default_rng(6)
    first, later = rng.exponential(10, 4000), 5 + rng.exponential(2, 4000)
    frame = pd.DataFrame({"duration": np.where(first < 5, first, later), "event": 1})
    baseline = piecewise_exponential(frame, "1", [5]).baseline
    away = (baseline["estimate"] - np.log([0.1, 0.5])) / baseline["std_error"]
    assert away.abs().max() < 3.5


def test_splitting_keeps_other_columns_and_frames() -> None:
    frame = SPELLS.astype({"x": float})
    frame.loc[3, "x"] = np.nan
    frame.loc[5, "duration"] = np.nan
    with pytest.warns(analysis.DroppedRowsWarning, match="duration 1"):
        pieces = split_episodes(frame, [4])
    assert 5 not in pieces.index
    assert pieces.loc[3, "x"].isna().all()
    assert (pieces["g"] == SPELLS.loc[pieces.index, "g"]).all()
    other = split_episodes(pl.from_pandas(SPELLS), [4])
    pd.testing.assert_frame_equal(other, split_episodes(SPELLS, [4]))


def test_separation_names_the_covariate() -> None:
    frame = SPELLS.assign(event=SPELLS["event"].where(SPELLS["g"] != "c", 0))
    with pytest.warns(analysis.SeparationWarning, match=r"coefficient of g\[T.c\] runs"):
        fit = piecewise_exponential(frame, "x + g", [5])
    assert not fit.converged


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"cuts": [5, 5]}, InvalidDataError, r"cuts \[5.0, 5.0\] must be positive"),
        ({"cuts": [0, 5]}, InvalidDataError, "must be positive"),
        ({"cuts": [np.inf]}, InvalidDataError, "must be positive"),
        ({"cuts": [5, 200]}, InvalidDataError, r"no event in period \(200, inf\)"),
        ({"duration": "until"}, UnknownNameError, "no column 'until'"),
        ({"formula": "x + C(period)"}, InvalidDataError, r"collinear covariates: period \(0, 5\]"),
        ({"formula": "x + I(2 * x)"}, InvalidDataError, "collinear covariates: x"),
        ({"cluster": "one"}, InvalidDataError, "at least two clusters"),
        ({"entry": "early"}, InvalidDataError, "'early' has negative entries"),
    ],
)
def test_mistakes(change: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments: dict[str, Any] = {"formula": "x", "cuts": [5], **change}
    frame = SPELLS.assign(one=1, early=-1)
    with pytest.raises(error, match=message):
        piecewise_exponential(frame, **arguments)


@pytest.mark.parametrize("column", ["start", "period"])
def test_splitting_writes_over_no_column(column: str) -> None:
    with pytest.raises(InvalidDataError, match=f"has a column '{column}'"):
        split_episodes(SPELLS.assign(**{column: 0}), [5])


def test_missing_values_are_counted_by_column() -> None:
    frame = SPELLS.assign(x=SPELLS["x"].where(SPELLS.index > 4))
    with pytest.warns(analysis.DroppedRowsWarning, match="x 5"):
        fit = piecewise_exponential(frame, "x + x:period", [5])
    assert (fit.n, fit.dropped) == (235, {"x": 5})
