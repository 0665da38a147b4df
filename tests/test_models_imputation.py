"""Multiple imputation: pooling against R by hand, imputations against what they must be."""

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

from analysis.models.aft import aft
from analysis.models.cox import cox
from analysis.models.imputation import impute, pool
from analysis.models.result import Fit, wald_test
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "imputation.json").read_text())
SPELLS = pd.read_csv(HERE / "survival_spells.csv")
GAP = SPELLS.index.to_numpy() % 5 == 0


def filled(number: int) -> pd.DataFrame:
    """The values that make_imputation_reference.R fills in."""
    made = np.sin(SPELLS.index.to_numpy() * (number + 1.0)) + 0.3 * SPELLS["z"]
    return SPELLS.assign(x=SPELLS["x"].where(~GAP, made))


def with_gaps(share: float = 0.3, seed: int = 1) -> pd.DataFrame:
    gap = np.random.default_rng(seed).random(len(SPELLS)) < share
    return SPELLS.assign(x=SPELLS["x"].mask(gap))


@pytest.mark.parametrize("case", list(REFERENCE))
def test_pooling_agrees_with_rubins_rules_by_hand_in_r(case: str) -> None:
    cluster = "c" if case == "robust" else None
    fits = [cox(filled(k), "x + z", cluster=cluster) for k in range(1, 6)]
    found, theirs = pool(fits, 100 if case == "adjusted" else None), REFERENCE[case]
    assert list(found.table["term"]) == theirs["terms"]
    columns = ["estimate", "std_error", "df", "riv", "fmi", "p_value", "conf_low", "conf_high"]
    for column in columns:
        np.testing.assert_allclose(found.table[column], theirs[column], rtol=1e-7)
    for name, matrix in (
        ("total", found.covariance),
        ("within", found.within),
        ("between", found.between),
    ):
        np.testing.assert_allclose(matrix.to_numpy().ravel(), theirs[name], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(found.table["hazard_ratio"], np.exp(theirs["estimate"]), rtol=1e-7)


def test_equal_fits_pool_to_themselves() -> None:
    fit = cox(SPELLS, "x + z")
    found = pool([fit, fit, fit])
    for column in ("estimate", "std_error", "p_value", "conf_low", "conf_high"):
        np.testing.assert_allclose(found.table[column], fit.table[column], rtol=1e-10)
    assert (found.table["fmi"] == 0).all()
    assert np.isinf(found.table["df"]).all()
    np.testing.assert_allclose(wald_test(found)["statistic"], wald_test(fit)["statistic"])


def test_parametric_fits_pool_too() -> None:
    found = pool([aft(filled(k), "x + z") for k in (1, 2, 3)])
    row = found.table.set_index("term").loc["x"]
    assert row["time_low"] < row["time_ratio"] < row["time_high"]
    assert found.n == len(SPELLS)


def test_more_imputations_cost_less_variance() -> None:
    fits = [cox(filled(k), "x + z") for k in range(1, 11)]
    doubled = pool(fits + fits)
    assert doubled.imputations == 20
    assert doubled.table["std_error"][0] < pool(fits).table["std_error"][0]


def other_rows(fit: Fit) -> Fit:
    return cox(SPELLS.iloc[:-1], "x + z")


@pytest.mark.parametrize(
    ("fits", "words"),
    [
        (lambda f: [f], "two or more"),
        (lambda f: [f, cox(SPELLS, "x")], "pool fits of one model"),
        (lambda f: [f, other_rows(f)], "on the same rows"),
    ],
)
def test_what_does_not_pool(fits: Any, words: str) -> None:
    with pytest.raises(InvalidDataError, match=words):
        pool(fits(cox(SPELLS, "x + z")))


def test_degrees_of_freedom_must_be_positive() -> None:
    fit = cox(SPELLS, "x")
    with pytest.raises(InvalidDataError, match="df_complete is 0"):
        pool([fit, fit], df_complete=0)


@settings(max_examples=15, deadline=None)
@given(
    share=st.floats(0.05, 0.6),
    method=st.sampled_from(["matching", "normal"]),
    seed=st.integers(0, 10_000),
)
def test_known_values_stay_and_none_is_missing(share: float, method: Any, seed: int) -> None:
    frame = with_gaps(share, seed)
    frame.loc[7, "x"] = np.nan
    for made in impute(frame, "x", "z + C(g)", imputations=2, rounds=2, method=method, seed=seed):
        known = frame["x"].notna()
        assert made["x"].notna().all()
        pd.testing.assert_series_equal(made.loc[known, "x"], frame.loc[known, "x"])
        pd.testing.assert_frame_equal(made.drop(columns="x"), frame.drop(columns="x"))
        if method == "matching":
            assert set(made["x"]) <= set(frame["x"].dropna())


def test_the_seed_decides() -> None:
    frame = with_gaps()
    arguments: dict[str, Any] = {"imputations": 2, "rounds": 2}
    first, second = (impute(frame, "x", "z", seed=5, **arguments) for _ in range(2))
    other = impute(frame, "x", "z", seed=6, **arguments)
    for a, b in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(a, b)
    assert not first[0]["x"].equals(first[1]["x"])
    assert not first[0]["x"].equals(other[0]["x"])


def test_any_data_frame_will_do() -> None:
    frame = with_gaps()
    (ours,) = impute(frame, "x", "z", imputations=1, rounds=1)
    (theirs,) = impute(pl.from_pandas(frame), "x", "z", imputations=1, rounds=1)
    np.testing.assert_allclose(ours["x"], theirs["x"])


def test_an_exact_relation_is_recovered() -> None:
    """If a target is a line of the predictors, both methods have no noise left to draw."""
    frame = SPELLS.assign(y=2 - 3 * SPELLS["x"] + 0.5 * SPELLS["z"]).assign(
        y=lambda f: f["y"].mask(GAP)
    )
    (made,) = impute(frame, "y", "x + z", imputations=1, method="normal")
    np.testing.assert_allclose(made["y"], 2 - 3 * SPELLS["x"] + 0.5 * SPELLS["z"], atol=1e-5)
    (matched,) = impute(frame, "y", "x + z", imputations=1, donors=1)
    known = frame["y"].dropna().to_numpy()
    truth = (2 - 3 * SPELLS["x"] + 0.5 * SPELLS["z"])[GAP].to_numpy()
    nearest = known[np.abs(known[None] - truth[:, None]).argmin(axis=1)]
    assert (np.abs(matched["y"][GAP] - truth) <= np.abs(nearest - truth) + 1e-5).all()


def test_two_targets_keep_their_relation() -> None:
    """Half of y is missing where x is known and the other way round; they correlate strongly."""
    rng = np.random.default_rng(3)
    frame = SPELLS.assign(y=SPELLS["x"] + rng.normal(0, 0.3, len(SPELLS)))
    full = np.corrcoef(frame["x"], frame["y"])[0, 1]
    part = SPELLS.index % 4
    frame = frame.assign(x=frame["x"].mask(part == 0), y=frame["y"].mask(part == 1))
    made = impute(frame, ["x", "y"], "z", imputations=5, method="normal", seed=4)
    found = np.mean([np.corrcoef(m["x"], m["y"])[0, 1] for m in made])
    assert abs(found - full) < 0.03  # 0.96; of hot-deck draws that ignore each other about 0.5


def test_targets_that_are_missing_together_are_related_from_the_start() -> None:
    """Unrelated starting values would need many rounds to find each other."""
    rng = np.random.default_rng(5)
    frame = SPELLS.assign(y=SPELLS["x"] + rng.normal(0, 0.3, len(SPELLS)))
    full = np.corrcoef(frame["x"], frame["y"])[0, 1]
    gap = frame.index % 2 == 0
    frame = frame.assign(x=frame["x"].mask(gap), y=frame["y"].mask(gap))
    frames = impute(frame, ["x", "y"], "z", imputations=10, rounds=1, method="normal", seed=4)
    found = np.mean([np.corrcoef(m.loc[gap, "x"], m.loc[gap, "y"])[0, 1] for m in frames])
    assert abs(found - full) < 0.03


def simulated(seed: int, effect: float = 0.5, n: int = 600) -> pd.DataFrame:
    """`effect` is x's; x is missing more often where z, without effect, is 1 and the row ended."""
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 2, n).astype(float)
    x = 0.8 * z + rng.normal(size=n)
    end = rng.exponential(np.exp(-effect * x))
    censoring = rng.exponential(2.0, n)
    event = (end <= censoring).astype(int)
    gap = rng.random(n) < 0.1 + 0.6 * z * event
    full = pd.DataFrame({"duration": np.minimum(end, censoring), "event": event, "z": z, "x": x})
    return full.assign(holed=full["x"].mask(gap))


def test_imputation_undoes_a_bias_of_complete_cases() -> None:
    """Missingness that depends on the outcome biases complete cases, not proper imputations."""
    seeds = 15
    truth, cases, imputed = np.zeros(2), np.zeros(2), np.zeros(2)
    covered = 0
    for seed in range(seeds):
        frame = simulated(seed)
        truth += cox(frame, "x + z").coefficients.to_numpy() / seeds
        cases += cox(frame.dropna(), "holed + z").coefficients.to_numpy() / seeds
        made = impute(frame, "holed", "z", imputations=10, rounds=1, method="normal", seed=seed)
        found = pool([cox(m, "holed + z") for m in made])
        imputed += found.coefficients.to_numpy() / seeds
        row = found.table.set_index("term").loc["holed"]
        covered += row["conf_low"] <= 0.5 <= row["conf_high"]
    assert cases[1] < truth[1] - 0.3  # z looks as if it kept rows alive
    assert np.abs(imputed - truth).max() < 0.08
    assert covered >= 12


def test_leaving_the_outcome_out_would_weaken_the_effect() -> None:
    """That is what the event and the hazard are for; without them x would not know its effect."""
    frame = simulated(99, 1.0, 2000)
    made = impute(frame, "holed", "z", imputations=5, rounds=1, method="normal")
    blind = frame.assign(nothing=np.random.default_rng(1).random(len(frame)), ended=1)
    unaware = impute(blind, "holed", "z", "nothing", "ended", imputations=5, rounds=1)
    with_it = pool([cox(m, "holed + z") for m in made]).coefficients["holed"]
    without = pool([cox(m, "holed + z") for m in unaware]).coefficients["holed"]
    assert with_it - without > 0.15


@pytest.mark.parametrize(
    ("change", "arguments", "error", "words"),
    [
        ({}, {"targets": "y"}, UnknownNameError, "no column 'y'"),
        ({}, {"targets": "w"}, InvalidDataError, "no value of w is missing"),
        ({}, {"method": "guess"}, UnknownNameError, "choose from matching, normal"),
        ({}, {"imputations": 0}, InvalidDataError, "imputations is 0"),
        ({}, {"predictors": "x + z"}, InvalidDataError, "'x' is a target"),
        ({"z": np.nan}, {}, InvalidDataError, "'z' is missing in 240 rows"),
        ({"event": 0}, {}, InvalidDataError, "no event"),
        ({"x": "much"}, {}, InvalidDataError, "numbers are needed"),
    ],
)
def test_mistakes_are_named(
    change: dict[str, Any], arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    frame = with_gaps().assign(**change)
    if change.get("x") == "much":
        frame.loc[0, "x"] = None
    with pytest.raises(error, match=words):
        impute(frame, **{"targets": "x", "predictors": "z", **arguments})


def test_too_few_known_values() -> None:
    frame = SPELLS.assign(x=SPELLS["x"].where(SPELLS.index < 5))
    with pytest.raises(InvalidDataError, match="known in 5 rows, too few"):
        impute(frame, "x", "z + C(g)")
