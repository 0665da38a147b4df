"""Conditional logit against R survival, full enumeration, closed forms and its own invariants."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.models.choice import ChoiceFit, joining
from analysis.models.conditional import choice_sets, conditional
from analysis.models.notices import DroppedRowsWarning, SeparationWarning
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
CASES: list[dict[str, Any]] = json.loads((HERE / "choice.json").read_text())["choice"]
FRAME = pd.read_csv(HERE / "choice_alternatives.csv")


def fit(frame: Any = FRAME, formula: str = "x + seats", **changes: Any) -> ChoiceFit:
    return joining(frame, formula, **{"group": "group", **changes})


def close(ours: Any, theirs: Any, rtol: float = 1e-9) -> None:
    np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=rtol)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_estimates_errors_and_likelihood_agree_with_r(case: dict[str, Any]) -> None:
    """Exact method of clogit; its robust errors from their definition (see the R script)."""
    plain = fit(formula=case["formula"], joined=case["joined"])
    assert plain.converged
    close(plain.table["estimate"], case["coef"])
    close(plain.table["std_error"], case["se"])
    close([plain.loglik_null, plain.loglik], case["loglik"])
    robust = fit(formula=case["formula"], joined=case["joined"], cluster="cluster")
    close(robust.table["std_error"], case["robust_se"])
    close(np.sqrt(np.diag(robust.covariance_model)), case["se"])
    assert robust.clusters == 12


def by_enumeration(
    X: np.ndarray, chosen: np.ndarray, beta: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, score and information of one group, every subset written out."""
    subsets = list(itertools.combinations(range(len(X)), int(chosen.sum())))
    sums = np.array([X[list(s)].sum(axis=0) for s in subsets])
    log_weight = sums @ beta
    p = np.exp(log_weight - log_weight.max())
    p /= p.sum()
    mean = p @ sums
    observed = X[chosen].sum(axis=0)
    total = log_weight.max() + np.log(np.exp(log_weight - log_weight.max()).sum())
    spread = (sums - mean).T @ ((sums - mean) * p[:, None])
    return float(observed @ beta - total), observed - mean, spread


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    sizes=st.lists(st.integers(2, 9), min_size=1, max_size=6),
    reach=st.sampled_from([0.1, 3.0, 40.0]),
)
def test_the_recursion_is_the_sum_over_all_subsets(
    seed: int, sizes: list[int], reach: float
) -> None:
    """Also with linear predictors hundreds apart, where a product of exponentials overflows."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    chosen = np.concatenate([rng.permutation(n) < rng.integers(1, n) for n in sizes])
    X = rng.normal(size=(len(group), 3)) * reach
    beta = rng.normal(size=3) * 3
    ours = conditional(choice_sets(X, chosen, group), beta)
    parts = [by_enumeration(X[group == g], chosen[group == g], beta) for g in range(len(sizes))]
    scale = 1e-9 * max(reach, 1) ** 2
    np.testing.assert_allclose(ours.loglik, sum(p[0] for p in parts), rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(ours.scores, [p[1] for p in parts], atol=scale)
    np.testing.assert_allclose(ours.information(), sum(p[2] for p in parts), rtol=1e-8, atol=scale)


def test_blocks_do_not_change_the_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit(formula="x * seats + kind", cluster="cluster")
    monkeypatch.setattr("analysis.models.conditional.CELLS", 200)
    cut = fit(formula="x * seats + kind", cluster="cluster")
    pd.testing.assert_frame_equal(whole.table, cut.table, rtol=1e-10)


def test_matched_pairs_have_a_closed_form() -> None:
    """In pairs with one chosen, exp(b) is the ratio of discordant pairs (McNemar)."""
    one = pd.DataFrame({"x": [1, 0], "joined": [1, 0]})
    other = pd.DataFrame({"x": [1, 0], "joined": [0, 1]})
    frame = pd.concat([one.assign(group=k) for k in range(21)])
    frame = pd.concat([frame, *[other.assign(group=k) for k in range(21, 30)]])
    matched = fit(frame, "x")
    close(matched.coefficients["x"], math.log(21 / 9))
    close(matched.table["std_error"].iloc[0], math.sqrt(1 / 21 + 1 / 9))
    close(matched.table["odds_ratio"].iloc[0], 21 / 9)
    close(matched.loglik_null, -30 * math.log(2))


def test_likelihood_without_covariates_counts_the_sets() -> None:
    size = FRAME.groupby("group")["joined"].agg(["size", "sum"])
    expected = -sum(math.log(math.comb(int(n), int(k))) for n, k in size.to_numpy())
    close(fit().loglik_null, expected)


def test_large_groups_with_many_joiners() -> None:
    """1,500 alternatives of whom 700 joined: no overflow, no recursion, and the truth nearby."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=3000)
    group = np.repeat([0, 1], 1500)
    taste = pd.Series(0.8 * x + rng.gumbel(size=3000))
    joined = taste.groupby(group).rank(ascending=False) <= 700
    frame = pd.DataFrame({"x": x, "group": group, "joined": joined})
    large = fit(frame, "x")
    assert large.converged
    assert large.events == 1400
    # Sampling without replacement by Gumbel ranks differs from the model: the sign and size hold.
    assert 0.7 < large.coefficients["x"] < 1.3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 1000),
    scale=st.sampled_from([1e-6, 0.1, 30.0, 1e6]),
    shift=st.floats(-100, 100),
)
def test_invariants(seed: int, scale: float, shift: float) -> None:
    """Units, the level of a group and the order of rows do not matter; turning all signs and who
    is chosen gives the same likelihood."""
    rng = np.random.default_rng(seed)
    level = rng.normal(size=60)[FRAME["group"]] * shift
    moved = FRAME.assign(x=(FRAME["x"] + level) * scale).sample(frac=1, random_state=seed)
    plain, other = fit(cluster="cluster"), fit(moved, cluster="cluster")
    close(other.coefficients["x"] * scale, plain.coefficients["x"], rtol=1e-7)
    close(other.table["statistic"], plain.table["statistic"], rtol=1e-7)
    turned = FRAME.assign(joined=1 - FRAME["joined"], x=-FRAME["x"], seats=-FRAME["seats"])
    close(fit(turned).table["estimate"], plain.table["estimate"])


def test_one_cluster_per_group_is_the_sum_of_squared_influences() -> None:
    robust = fit(cluster="group", formula="x")
    beta = robust.coefficients.to_numpy()
    scores = np.array(
        [
            by_enumeration(rows[["x"]].to_numpy(), rows["joined"].to_numpy() == 1, beta)[1]
            for _, rows in FRAME.groupby("group")
        ]
    )
    bread = robust.covariance_model.to_numpy()
    close(robust.covariance, bread @ scores.T @ scores @ bread, rtol=1e-7)


def test_missing_values_leave_the_choice_among_the_others() -> None:
    frame = FRAME.copy()
    frame.loc[[3, 40], "x"] = np.nan
    with pytest.warns(DroppedRowsWarning, match=r"2 of 493 rows .* \(x 2\)"):
        gap = fit(frame)
    pd.testing.assert_frame_equal(gap.table, fit(FRAME.drop(index=[3, 40])).table)
    assert gap.dropped == {"x": 2}


def test_groups_without_variation_are_dropped_with_a_count() -> None:
    extra = pd.DataFrame({"group": [99, 99, 98], "joined": [1, 1, 0], "cluster": 1})
    frame = pd.concat([FRAME, extra.assign(x=[1.0, 2.0, 3.0], seats=2)])
    expected = "2 of 62 groups dropped, with 3 rows: all joined in 1, none in 1"
    with pytest.warns(DroppedRowsWarning, match=expected):
        more = fit(frame)
    pd.testing.assert_frame_equal(more.table, fit().table)
    assert (more.n, more.groups, more.groups_dropped) == (len(FRAME), 60, 2)


def test_the_face_of_a_fit() -> None:
    face = fit(formula="x + kind")
    assert list(face.table["term"]) == ["x", "kind[T.b]", "kind[T.c]"]
    assert (face.n, face.events, face.groups) == (len(FRAME), FRAME["joined"].sum(), 60)
    close(face.table["odds_low"], np.exp(face.table["conf_low"]))
    close(face.aic, -2 * face.loglik + 6)


def test_other_frames_and_kinds_of_columns_give_the_same_fit() -> None:
    ours = fit().table
    text = FRAME.assign(group="g" + FRAME["group"].astype(str), joined=FRAME["joined"] == 1)
    for other in (pl.from_pandas(FRAME).lazy(), FRAME.convert_dtypes(), text):
        pd.testing.assert_frame_equal(fit(other).table, ours, rtol=1e-10)
    several = FRAME.assign(a=FRAME["group"] // 8, b=FRAME["group"] % 8)
    pd.testing.assert_frame_equal(fit(several, group=["a", "b"]).table, ours, rtol=1e-10)


def test_separation_names_the_covariate() -> None:
    frame = FRAME.assign(always=FRAME["first"])
    with pytest.warns(SeparationWarning, match="always"):
        separated = fit(frame, "x + always")
    assert not separated.converged


@pytest.mark.parametrize(
    ("formula", "changes", "expected"),
    [
        ("x + level", {}, "level is the same for all alternatives of every group"),
        ("x + shifted", {}, "collinear covariates within groups: x, shifted"),
        ("x + two", {}, "constant covariate: two"),
        ("x", {"joined": "seats"}, "column 'seats' holds 0, 1, 2, 3, 4, 5; it must hold 1"),
        ("x", {"joined": "nobody"}, "in each of the 60 groups all or none"),
        ("x", {"cluster": "seats"}, r"groups lie in several clusters of 'seats'"),
        ("x", {"cluster": "two"}, "at least two clusters"),
        ("x", {"group": "kind", "joined": "kind"}, "column 'kind' is object"),
    ],
)
def test_bad_input_gives_one_clear_error(
    formula: str, changes: dict[str, Any], expected: str
) -> None:
    frame = FRAME.assign(
        level=FRAME["group"] * 0.7, shifted=FRAME["x"] + FRAME["group"], two=2, nobody=0
    )
    with pytest.raises(InvalidDataError, match=expected):
        fit(frame, formula, **changes)


def test_unknown_columns_are_named() -> None:
    with pytest.raises(UnknownNameError, match="'seat'; did you mean seats"):
        fit(formula="seat")
    with pytest.raises(UnknownNameError, match="'coalition_id'"):
        joining(FRAME, "x")


def test_an_empty_frame_is_refused() -> None:
    with pytest.raises(InvalidDataError, match="no rows"):
        fit(FRAME.iloc[:0])
