"""The event study of partners against R, and on made-up histories with a known effect."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shipped

from analysis.models import convergence as module
from analysis.models.convergence import Convergence, convergence, convergence_frame
from coalitiondata.errors import InvalidDataError

REFERENCE = Path(__file__).parent / "reference"
YEARS = range(1950, 1981)


def history(effect: float = 0.0, last: int = 1968, clusters: int = 3) -> dict[str, pd.DataFrame]:
    """Partners 1-2 in each of some coalitions from 1965 to `last`, matched with 3-4.

    All pairs share the movements of each year; partners gain `effect` from 1965 on.
    """
    rng = np.random.default_rng(1)
    common = dict(zip(YEARS, rng.normal(size=len(YEARS)), strict=True))
    coalitions, members, dyads, matches = [], [], [], []
    for c in range(clusters):
        ids = [f"state-{c}{k}" for k in range(1, 5)]
        name = f"war-{c}"
        coalitions.append({"coalition_id": name, "observed_until": pd.Timestamp(f"{last}-06-01")})
        members += [
            {"coalition_id": name, "actor_id": a, "joined": pd.Timestamp("1965-03-01"),
             "left": pd.Timestamp(f"{last}-05-01")}
            for a in ids[:2]
        ]  # fmt: skip
        matches.append(
            {"coalition_id": name, "actor_a": ids[0], "actor_b": ids[1], "match_a": ids[2],
             "match_b": ids[3], "year": 1964, "distance": 0.1 + 0.3 * c}
        )  # fmt: skip
        for year in YEARS:
            gain = effect if year >= 1965 else 0.0
            dyads.append((ids[0], ids[1], year, 0.2 * c + common[year] + gain))
            dyads.append((ids[2], ids[3], year, common[year]))
    columns = ["actor_a", "actor_b", "year", "un_agreement"]
    return {
        "coalitions": pd.DataFrame(coalitions),
        "memberships": pd.DataFrame(members),
        "dyads": pd.DataFrame(dyads, columns=columns),
        "matches": pd.DataFrame(matches),
    }


@pytest.mark.parametrize("weights", ["pairs", "coalitions"])
def test_against_r(weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimates to 1e-10 and clustered errors to 1e-9 of lm and the sandwich in R."""
    rows = pd.read_csv(REFERENCE / "convergence_rows.csv").assign(distance=0.1)
    monkeypatch.setattr(module, "convergence_frame", lambda *_, **__: rows)
    fit = convergence({}, equal_coalitions=weights == "coalitions")
    wanted = json.loads((REFERENCE / "convergence.json").read_text())[weights]
    np.testing.assert_allclose(fit.events["estimate"], wanted["years"], rtol=1e-10)
    np.testing.assert_allclose(fit.events["std_error"], wanted["years_se"], rtol=1e-9)
    np.testing.assert_allclose(fit.phases["estimate"], wanted["phases"], rtol=1e-10)
    np.testing.assert_allclose(fit.phases["std_error"], wanted["phases_se"], rtol=1e-9)
    assert fit.pre_trend["statistic"] == pytest.approx(wanted["pre"], rel=1e-8)
    assert fit.pre_trend["df"] == 2


def test_a_known_effect_is_found_exactly() -> None:
    fit = convergence(history(effect=0.25), caliper=None)
    by_year = fit.events.set_index("year")["estimate"]
    np.testing.assert_allclose(by_year[by_year.index >= 0], 0.25, atol=1e-12)
    np.testing.assert_allclose(by_year[by_year.index < 0], 0, atol=1e-12)
    np.testing.assert_allclose(fit.phases["estimate"], 0.25, atol=1e-12)
    assert (fit.pairs, fit.clusters) == (3, 3)


def test_a_placebo_before_the_effect_finds_none() -> None:
    fit = convergence(history(effect=0.25), caliper=None, placebo=5)
    np.testing.assert_allclose(fit.events["estimate"], 0, atol=1e-12)
    assert fit.events["year"].max() == 4
    assert fit.placebo == 5


def test_phases_follow_the_time_together() -> None:
    rows = convergence_frame(history(last=1968))
    assert rows.groupby("phase")["k"].agg(["min", "max"]).to_dict("index") == {
        "before": {"min": -5, "max": -1},
        "during": {"min": 0, "max": 3},
        "after": {"min": 4, "max": 10},
    }


def test_the_caliper_leaves_out_bad_matches() -> None:
    assert convergence(history(), caliper=0.5).pairs == 2
    with pytest.raises(InvalidDataError, match="fewer than two coalitions"):
        convergence(history(), caliper=0.2)


def test_a_pair_without_the_reference_year_is_left_out() -> None:
    tables = history()
    gone = (tables["dyads"]["actor_a"] == "state-01") & (tables["dyads"]["year"] == 1964)
    tables["dyads"] = tables["dyads"][~gone]
    assert convergence(tables, caliper=None).pairs == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channel": "trade"}, "no channel 'trade'"),
        ({"before": 11}, "before is 11"),
        ({"after": -1}, "after is -1"),
        ({"placebo": 8}, "reach more than ten years back"),
        ({"caliper": 0.0}, "caliper is 0.0"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        convergence(history(), **options)  # type: ignore[arg-type]


@shipped.needed
def test_shipped_pairs() -> None:
    fit = convergence(channel="igo_jaccard")
    assert isinstance(fit, Convergence)
    assert fit.pairs > 100
    assert fit.events["std_error"].gt(0).all()
