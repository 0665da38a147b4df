"""Voting power: published tables, and enumeration of all coalitions and orders."""

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalitiondata.errors import InvalidDataError
from coalitiondata.measures import banzhaf, shapley_shubik

both_indices = pytest.mark.parametrize("index", [banzhaf, shapley_shubik])


def swings_by_enumeration(weights, quota):
    """Return for each member the number of swung coalitions of the others by their size."""
    n = len(weights)
    table = [[0] * n for _ in range(n)]
    for i in range(n):
        others = [j for j in range(n) if j != i]
        for size in range(n):
            for chosen in combinations(others, size):
                total = sum(weights[j] for j in chosen)
                table[i][size] += total < quota <= total + weights[i]
    return table


@st.composite
def games(draw):
    weights = draw(st.lists(st.integers(0, 12), min_size=1, max_size=8).filter(any))
    return weights, draw(st.integers(1, sum(weights)))


# Council of the European Economic Community, 1958: Germany, France and Italy 4 votes each,
# Belgium and the Netherlands 2, Luxembourg 1, quota 12 of 17. Luxembourg never decides.
EEC = ([4, 4, 4, 2, 2, 1], 12)


def test_eec_council_1958():
    np.testing.assert_allclose(banzhaf(*EEC), np.array([5, 5, 5, 3, 3, 0]) / 21, rtol=1e-15)
    np.testing.assert_allclose(
        shapley_shubik(*EEC), np.array([14, 14, 14, 9, 9, 0]) / 60, rtol=1e-15
    )
    # 10, 10, 10, 6, 6 and 0 swings among the 32 coalitions of the other five.
    np.testing.assert_array_equal(
        banzhaf(*EEC, normalized=False), np.array([10, 10, 10, 6, 6, 0]) / 32
    )


# Nassau County Board of Supervisors, the cases of Banzhaf (1965): any two of the three largest
# members win, and the votes of the other three never count.
@pytest.mark.parametrize(
    ("weights", "quota", "powerful"),
    [([9, 9, 7, 3, 1, 1], 16, {0, 1, 2}), ([31, 31, 21, 28, 2, 2], 58, {0, 1, 3})],
    ids=["1958", "1964"],
)
def test_nassau_county(weights, quota, powerful):
    expected = [1 / 3 if i in powerful else 0 for i in range(6)]
    np.testing.assert_allclose(banzhaf(weights, quota), expected, rtol=1e-15)
    np.testing.assert_allclose(shapley_shubik(weights, quota), expected, rtol=1e-15)


def test_security_council_as_weighted_game():
    # Five permanent members with 7 votes and ten others with 1, quota 39: Shapley-Shubik gives
    # each of the ten C(9, 3) 8! 6! / 15! = 4/2145 and each of the five 421/2145.
    weights = [7] * 5 + [1] * 10
    np.testing.assert_allclose(
        shapley_shubik(weights, 39), [421 / 2145] * 5 + [4 / 2145] * 10, rtol=1e-14
    )
    # A permanent member swings all coalitions with the other four and at least 4 of 10 others
    # (848 of them); another member those with all five and exactly 3 of 9 others (84).
    np.testing.assert_allclose(
        banzhaf(weights, 39), np.array([848] * 5 + [84] * 10) / (5 * 848 + 10 * 84), rtol=1e-14
    )


def test_grand_coalition_with_equals_in_power():
    # Any two of three win whatever the sizes: 41, 39 and 20 of 100 seats are equally powerful.
    np.testing.assert_allclose(banzhaf([41, 39, 20], 51), [1 / 3] * 3)


@settings(deadline=None)
@given(game=games())
def test_banzhaf_matches_enumeration(game):
    weights, quota = game
    swings = [sum(row) for row in swings_by_enumeration(weights, quota)]
    np.testing.assert_allclose(banzhaf(weights, quota), np.array(swings) / sum(swings), rtol=1e-15)
    np.testing.assert_allclose(
        banzhaf(weights, quota, normalized=False),
        np.array(swings) / 2 ** (len(weights) - 1),
        rtol=1e-15,
    )


@settings(deadline=None)
@given(game=games())
def test_shapley_shubik_matches_enumeration(game):
    weights, quota = game
    n = len(weights)
    expected = [
        float(
            sum(
                Fraction(count * math.factorial(k) * math.factorial(n - 1 - k), math.factorial(n))
                for k, count in enumerate(row)
            )
        )
        for row in swings_by_enumeration(weights, quota)
    ]
    np.testing.assert_allclose(shapley_shubik(weights, quota), expected, rtol=1e-15)


@both_indices
def test_ten_members_improper_game_matches_enumeration(index):
    weights, quota = [1, 1, 2, 3, 5, 8, 0, 13, 4, 4], 11
    table = swings_by_enumeration(weights, quota)
    if index is banzhaf:
        raw = np.array([sum(row) for row in table], dtype=float)
    else:
        orders = [math.factorial(k) * math.factorial(9 - k) for k in range(10)]
        raw = np.array([float(np.dot(row, orders)) for row in table])
    np.testing.assert_allclose(index(weights, quota), raw / raw.sum(), rtol=1e-14)


@both_indices
@settings(deadline=None)
@given(game=games(), factor=st.integers(1, 50), data=st.data())
def test_invariants(index, game, factor, data):
    weights, quota = game
    value = index(weights, quota)
    assert value.sum() == pytest.approx(1, abs=1e-12)
    assert (value >= 0).all()
    # More weight never means less power, equal weight means equal power.
    for i, j in combinations(range(len(weights)), 2):
        assert (value[i] - value[j]) * (weights[i] - weights[j]) >= 0
        assert weights[i] != weights[j] or value[i] == value[j]
    np.testing.assert_array_equal(index([factor * w for w in weights], factor * quota), value)
    order = data.draw(st.permutations(range(len(weights))))
    np.testing.assert_allclose(
        index([weights[i] for i in order], quota), value[list(order)], rtol=1e-14
    )


@both_indices
def test_more_members_than_64_bit_counts_can_hold(index):
    # 100 equal members; counts of coalitions reach 10^29 and must stay exact.
    np.testing.assert_allclose(index([1] * 100, 51), [0.01] * 100, rtol=1e-14)


@both_indices
def test_missing_weight_gives_nan_for_all(index):
    result = index([4, None, 2], 4)
    assert result.shape == (3,)
    assert np.isnan(result).all()


@both_indices
@pytest.mark.parametrize(
    ("weights", "quota", "message"),
    [
        ([1.5, 2], 2, r"weights\[0\] is 1.5; weights must be whole numbers; multiply"),
        ([1, 2], 1.5, "quota 1.5 is not a whole number; multiply"),
        ([1, 2], math.nan, "quota nan is not a whole number"),
        ([1, -2], 1, r"weights\[1\] is -2; values must not be negative"),
        ([1, 2], 4, "with quota 4 no coalition would win; the weights add up to 3"),
        ([1, 2], 0, "with quota 0 even the empty coalition would win"),
        ([], 1, "the weights add up to 0, so no coalition can win"),
        ([10**8, 10**8 + 1], 10**8 + 1, "express weights and quota in a coarser unit"),
    ],
)
def test_mistakes_get_one_clear_message(index, weights, quota, message):
    with pytest.raises(InvalidDataError, match=f"^{index.__name__}: .*{message}"):
        index(weights, quota)
