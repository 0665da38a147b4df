"""Similarity of portfolios: published examples, formulas written out, pairs against matrices."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coalitiondata.errors import InvalidDataError
from coalitiondata.measures import (
    cohen_kappa,
    cohen_kappa_matrix,
    jaccard,
    s_matrix,
    s_score,
    scott_pi,
    scott_pi_matrix,
)

code = st.sampled_from([0.0, 1.0, 2.0, 3.0])
code_or_missing = st.one_of(code, st.just(math.nan))
pairs = st.integers(1, 15).flatmap(
    lambda n: st.tuples(*(st.lists(code, min_size=n, max_size=n) for _ in "xy"))
)
portfolios = st.tuples(st.integers(1, 6), st.integers(1, 8)).flatmap(
    lambda shape: arrays(float, shape, elements=code_or_missing)
)
distances = pytest.mark.parametrize("distance", ["absolute", "squared", "nominal"])


# Signorino and Ritter (1999: 133), alliance codes 0 to 3, S of equally weighted targets:
# (a) distances 3 1 1 3 add up to 8 of 12: 1 - 2 * 8/12 = -1/3; (b) 2 0 0 2 and (c) 1 1 1 1 add
# up to 4 of 12: 1/3; (d) none: 1.
@pytest.mark.parametrize(
    ("x", "y", "published"),
    [
        ([0, 1, 2, 3], [3, 2, 1, 0], -1 / 3),
        ([1, 2, 2, 3], [3, 2, 2, 1], 1 / 3),
        ([2, 2, 3, 3], [3, 3, 2, 2], 1 / 3),
        ([3, 3, 3, 3], [3, 3, 3, 3], 1),
    ],
)
def test_s_as_published(x, y, published):
    assert s_score(x, y, max_distance=3) == pytest.approx(published, rel=1e-14)
    assert s_score(x, y, levels=[0, 1, 2, 3]) == pytest.approx(published, rel=1e-14)


def test_s_with_weights_as_published():
    # Their hypothetical United Nations votes on a scale from 1 to 3: one distance of 1 out of
    # four votes with d_max = 2: 1 - 2 * (1/4) * (1/2) = 3/4.
    x, y = [3, 3, 1, 2], [3, 3, 1, 3]
    assert s_score(x, y, [0.25] * 4, max_distance=2) == pytest.approx(0.75)
    # Weight .7 on that vote: 1 - 2 * .7 * 1/2 = .3; only relative weights matter.
    assert s_score(x, y, [1, 1, 1, 7], max_distance=2) == pytest.approx(0.3)


# Signorino and Ritter (1999, table 6): Germany and Russia, 1914, ties to twenty European states
# (GMY RUS UKG FRN AUH ITA BEL SPN TUR NTH SWD RUM POR SWZ GRC DEN YUG BUL NOR ALB), from 3 for a
# defence pact (and for oneself) over 1 for an entente to 0 for none.
GERMANY = [3, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0]
RUSSIA = [0, 3, 1, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]


def test_germany_and_russia_1914():
    # Distances 3 (GMY RUS FRN AUH RUM), 2 (ITA), 1 (UKG): sum 18, squares 5 * 9 + 4 + 1 = 50.
    assert s_score(GERMANY, RUSSIA, max_distance=3) == pytest.approx(1 - 2 * 18 / 60)
    assert s_score(GERMANY, RUSSIA, max_distance=3, distance="squared") == pytest.approx(
        1 - 2 * 50 / 180
    )
    # Sums 12 and 8, sums of squares 36 and 20: D_e of kappa (36 + 20)/20 - 2 * 12 * 8 / 400 =
    # 2.32, of pi 2 * (56/40 - (20/40)^2) = 2.3, against an observed 50/20 = 2.5.
    assert cohen_kappa(GERMANY, RUSSIA) == pytest.approx(1 - 2.5 / 2.32)
    assert scott_pi(GERMANY, RUSSIA) == pytest.approx(1 - 2.5 / 2.3)


def from_table(table, n=10):
    """Return binary portfolios with the given shares of (x, y) combinations."""
    x = [a for (a, _), share in table.items() for _ in range(round(share * n))]
    y = [b for (_, b), share in table.items() for _ in range(round(share * n))]
    return x, y


# Häge (2011: 296-297): three fourfold tables with the same observed disagreement .4 (S = .2).
# The chance agreement of rare ties (second) lowers the score, different totals (third) raise it.
@pytest.mark.parametrize(
    ("table", "pi", "kappa"),
    [
        ({(0, 0): 0.3, (0, 1): 0.2, (1, 0): 0.2, (1, 1): 0.3}, 0.2, 0.2),
        ({(0, 0): 0.6, (0, 1): 0.2, (1, 0): 0.2}, 1 - 0.4 / 0.32, 1 - 0.4 / 0.32),
        ({(0, 0): 0.3, (0, 1): 0.4, (1, 1): 0.3}, 0.2, 1 - 0.4 / 0.58),
    ],
    ids=["balanced", "rare ties", "different propensity"],
)
def test_chance_correction_of_binary_ties(table, pi, kappa):
    x, y = from_table(table)
    assert s_score(x, y, max_distance=1) == pytest.approx(0.2)
    for distance in ("absolute", "squared", "nominal"):
        assert scott_pi(x, y, distance=distance) == pytest.approx(pi)
        assert cohen_kappa(x, y, distance=distance) == pytest.approx(kappa)


@settings(deadline=None)
@given(pair=pairs)
def test_squared_forms_equal_the_moment_formulas_of_haege(pair):
    x, y = map(np.array, pair)
    observed = np.square(x - y).sum()
    grand = (x.mean() + y.mean()) / 2
    chance = {
        scott_pi: np.square(x - grand).sum() + np.square(y - grand).sum(),
        cohen_kappa: np.square(x - x.mean()).sum()
        + np.square(y - y.mean()).sum()
        + len(x) * (x.mean() - y.mean()) ** 2,
    }
    for measure, expected in chance.items():
        if expected < 1e-9:
            assert math.isnan(measure(x, y))
        else:
            assert measure(x, y) == pytest.approx(1 - observed / expected, rel=1e-10, abs=1e-12)


@settings(deadline=None)
@given(pair=pairs, weights=st.lists(st.floats(0.01, 5), min_size=15, max_size=15))
def test_s_bounds_symmetry_identity(pair, weights):
    x, y = pair
    w = weights[: len(x)]
    for distance in ("absolute", "squared"):
        value = s_score(x, y, w, distance=distance, max_distance=3)
        assert -1 - 1e-12 <= value <= 1
        assert value == s_score(y, x, w, distance=distance, max_distance=3)
        assert s_score(x, x, w, distance=distance, max_distance=3) == 1
        # Unit of the scale and of the weights, and the order of targets, do not matter.
        assert s_score(
            [10 * a for a in reversed(x)],
            [10 * b for b in reversed(y)],
            [7 * c for c in reversed(w)],
            distance=distance,
            max_distance=30,
        ) == pytest.approx(value, abs=1e-12)


@distances
@settings(deadline=None)
@given(pair=pairs)
def test_chance_corrected_bounds_symmetry_identity(distance, pair):
    x, y = pair
    for measure in (scott_pi, cohen_kappa):
        value = measure(x, y, distance=distance)
        assert value == pytest.approx(measure(y, x, distance=distance), abs=1e-12, nan_ok=True)
        assert math.isnan(value) == (len({*x, *y}) == 1)
        assert math.isnan(value) or -1 - 1e-12 <= value <= 1
        if len(set(x)) > 1:
            assert measure(x, x, distance=distance) == 1
    # Different propensities make chance disagreement likelier, never less likely.
    if len({*x, *y}) > 1:
        pooled, own = scott_pi(x, y, distance=distance), cohen_kappa(x, y, distance=distance)
        assert own >= pooled - 1e-12


@settings(deadline=None)
@distances
@given(P=portfolios, data=st.data())
def test_matrices_agree_with_pairs(distance, P, data):
    forms = [
        (scott_pi_matrix(P, distance=distance), scott_pi, {"distance": distance}),
        (cohen_kappa_matrix(P, distance=distance), cohen_kappa, {"distance": distance}),
    ]
    if distance != "nominal":
        w = data.draw(arrays(float, P.shape[1], elements=st.floats(0, 5)))
        options = {"weights": w, "distance": distance, "max_distance": 3}
        forms.append((s_matrix(P, **options), s_score, options))
    for matrix, pair, options in forms:
        expected = [[pair(x, y, **options) for y in P] for x in P]
        np.testing.assert_allclose(matrix, expected, rtol=0, atol=1e-12)


# Whole and half values go through sums, others through their counts, many others row by row.
def many_values(rng, shape):
    return rng.uniform(0, 10, shape)


def halves(rng, shape):
    return rng.integers(0, 7, shape) / 2 - 1


def tenths(rng, shape):
    return rng.integers(0, 5, shape) / 10


def large_whole(rng, shape):
    return rng.integers(0, 3, shape) * 1e7 + 4e15


@distances
@pytest.mark.parametrize("complete", [True, False], ids=["complete", "gaps"])
@pytest.mark.parametrize("draw", [many_values, halves, tenths, large_whole])
def test_matrices_agree_with_pairs_for_all_kinds_of_values(draw, complete, distance):
    rng = np.random.default_rng(11)
    P = draw(rng, (9, 30))
    P[1], P[2] = P[0], P[0, 0]  # two equal portfolios, and one that has a single value
    P[3] = P[2]
    if not complete:
        P[rng.random(P.shape) < 0.2] = np.nan
        P[8] = np.nan
    forms = [
        (scott_pi_matrix(P, distance=distance), scott_pi, {"distance": distance}),
        (cohen_kappa_matrix(P, distance=distance), cohen_kappa, {"distance": distance}),
    ]
    if distance != "nominal":
        width = np.nanmax(P) - np.nanmin(P)
        for weights in (None, rng.random(30)):
            options = {"weights": weights, "distance": distance, "max_distance": width}
            forms.append((s_matrix(P, **options), s_score, options))
    for matrix, pair, options in forms:
        expected = np.array([[pair(x, y, **options) for y in P] for x in P])
        np.testing.assert_allclose(matrix, expected, rtol=0, atol=1e-12)
        assert (matrix[~np.isnan(matrix)] <= 1).all()
        np.testing.assert_array_equal(matrix, matrix.T)
        assert matrix[0, 1] == 1
        assert np.isnan(matrix[2, 3]) == (pair is not s_score)


def test_matrix_takes_a_data_frame():
    frame = pd.DataFrame({"GMY": [3, 0], "RUS": [0, 3], "UKG": [0, 1]}, index=["GMY", "RUS"])
    # Distances 3 3 1 of at most 9: 1 - 2 * 7/9 = -5/9.
    np.testing.assert_allclose(s_matrix(frame, max_distance=3), [[1, -5 / 9], [-5 / 9, 1]])


def test_missing_targets_are_left_out_of_the_pair():
    x, y = [0, 3, None, 1], [0, 1, 2, math.nan]
    assert s_score(x, y, max_distance=3) == s_score([0, 3], [0, 1], max_distance=3)
    assert cohen_kappa(x, y) == cohen_kappa([0, 3], [0, 1])
    assert scott_pi(x, y) == scott_pi([0, 3], [0, 1])
    assert jaccard([0, 1, None, 1], [1, 1, 1, None]) == 0.5


def test_nothing_to_compare_gives_nan():
    x, y = [1, None], [None, 1]
    for value in (
        s_score(x, y, max_distance=3),
        s_score([1, 2], [1, 1], [0, 0], max_distance=3),
        s_score([1, 2], [1, 1], [1, None], max_distance=3),
        scott_pi(x, y),
        cohen_kappa(x, y),
        cohen_kappa([2, 2], [2, 2]),
        jaccard(x, y),
        jaccard([0, 0], [0, 0]),
    ):
        assert math.isnan(value)
    empty = [[None, None], [None, None]]
    for matrix in (
        s_matrix(empty, max_distance=3),
        s_matrix([[1, 2], [1, 1]], [1, None], max_distance=3),
        scott_pi_matrix(empty),
        cohen_kappa_matrix(empty),
    ):
        assert matrix.shape == (2, 2)
        assert np.isnan(matrix).all()


def test_no_states_give_an_empty_matrix():
    nobody = np.empty((0, 5))
    assert s_matrix(nobody, max_distance=3).shape == (0, 0)
    assert cohen_kappa_matrix(nobody).shape == scott_pi_matrix(nobody).shape == (0, 0)


def test_jaccard():
    assert jaccard([1, 1, 0, 0], [1, 0, 1, 0]) == pytest.approx(1 / 3)
    assert jaccard([True, False], [True, False]) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: s_score([1], [2]), "s_score: give either max_distance .* or levels"),
        (lambda: s_score([1], [2], max_distance=3, levels=[0, 3]), "s_score: give either"),
        (
            lambda: s_score([0], [4], max_distance=3),
            "s_score: two values on one target differ by 4",
        ),
        (lambda: s_score([0], [1], max_distance=0), "s_score: the scale's largest difference"),
        (lambda: s_score([0, 1], [1], max_distance=1), "x and y must have the same length"),
        (lambda: s_score([0], [1], [-1], max_distance=1), r"s_score: weights\[0\] is -1"),
        (lambda: s_score([0], [1], [1, 1], max_distance=1), "weights and targets must have"),
        (lambda: s_matrix([[0], [4]], max_distance=3), "s_matrix: two values on one target"),
        (lambda: s_matrix([0, 1], max_distance=3), "s_matrix: P must have 2 dimension"),
        (lambda: cohen_kappa([0], [1], distance="cubed"), "'cubed' is not known; use one of"),
        (lambda: s_score([0], [1], max_distance=1, distance="nominal"), "'nominal' is not known"),
        (lambda: scott_pi([0, math.inf], [1, 1]), r"scott_pi: x\[1\] is inf"),
        (lambda: jaccard([0, 3], [1, 1]), r"jaccard: x\[1\] is 3; values must be 0 or 1"),
    ],
)
def test_mistakes_get_one_clear_message(call, message):
    with pytest.raises(InvalidDataError, match=message):
        call()
