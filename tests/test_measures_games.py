"""Voting power in single games: published tables, definitions, exact fractions, invariants."""

import math
from fractions import Fraction
from functools import partial
from itertools import combinations

import numpy as np
import pytest
from coalition_lists import games, power_by_listing
from hypothesis import given, settings
from hypothesis import strategies as st

from coalitiondata.errors import InvalidDataError
from coalitiondata.measures import _pivots, minimal_winning
from coalitiondata.measures import games as by_swings
from coalitiondata.measures._game import Game
from coalitiondata.measures._quadrature import chance_points, legendre, reciprocal_rule
from coalitiondata.measures.games import banzhaf, shapley_shubik
from coalitiondata.measures.minimal_winning import deegan_packel, holler_packel

INDICES = {
    "banzhaf": banzhaf,
    "absolute_banzhaf": partial(banzhaf, normalized=False),
    "shapley_shubik": shapley_shubik,
    "deegan_packel": deegan_packel,
    "holler_packel": holler_packel,
}
FUNCTIONS = [banzhaf, shapley_shubik, deegan_packel, holler_packel]
all_indices = pytest.mark.parametrize("index", FUNCTIONS, ids=lambda index: index.__name__)
by_swing = pytest.mark.parametrize("index", [banzhaf, shapley_shubik])


def nearest(fractions):
    return np.array([float(value) for value in fractions])


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
    # Minimal winning: the three with 4 votes (one coalition of three), or two of them with both
    # of 2 votes (three coalitions of four). All but Luxembourg are in three of the four.
    np.testing.assert_array_equal(holler_packel(*EEC), [1 / 5] * 5 + [0])
    large, small = (1 / 3 + 2 / 4) / 4, (3 / 4) / 4
    np.testing.assert_allclose(deegan_packel(*EEC), [large] * 3 + [small] * 2 + [0], rtol=1e-15)


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


def test_published_example_of_minimal_winning_coalitions():
    # McAndrew (2021), numbersandshapes.net, "Voting power (5)": [16; 10, 9, 6, 5].
    weights, quota = [10, 9, 6, 5], 16
    np.testing.assert_allclose(
        deegan_packel(weights, quota), [1 / 3, 5 / 18, 5 / 18, 1 / 9], rtol=1e-15
    )
    np.testing.assert_allclose(
        holler_packel(weights, quota), np.array([2, 2, 2, 1]) / 7, rtol=1e-15
    )


def test_electoral_college_of_the_year_2000():
    # Swings published by Sidran (University of Iowa) from Leech's program ipgenf.
    votes = [54, 33, 32, 25, 23, 22, 21, 18, 15, 14, *[13] * 2, *[12] * 2, *[11] * 4, *[10] * 2]
    votes += [*[9] * 2, *[8] * 6, *[7] * 3, *[6] * 2, *[5] * 4, *[4] * 6, *[3] * 8]
    assert (len(votes), sum(votes)) == (51, 538)
    swings = {
        54: 525_180_666_785_903,
        33: 292_267_988_381_903,
        32: 282_842_187_059_467,
        25: 218_271_801_954_339,
        10: 85_987_775_858_127,
        9: 77_347_890_835_355,
    }
    power = dict(zip(votes, banzhaf(votes, 270, normalized=False), strict=True))
    assert {weight: power[weight] for weight in swings} == {
        weight: count / 2**50 for weight, count in swings.items()
    }
    assert banzhaf(votes, 270)[0] == pytest.approx(0.111428, abs=5e-7)


@settings(deadline=None)
@given(game=games())
def test_every_index_is_the_float_nearest_to_its_definition(game):
    for name, exact in power_by_listing(*game).items():
        np.testing.assert_array_equal(INDICES[name](*game), nearest(exact), err_msg=name)


# Games of this kind have been got wrong: a member with more than the quota beside winners
# without it, a weight of 0, both, a dictator with dummies, and two who each can win alone.
@pytest.mark.parametrize(
    ("weights", "quota", "swings", "orders"),
    [
        ([1, 8, 1], 2, [1, 3, 1], [1, 4, 1]),
        ([2, 1, 1], 2, [3, 1, 1], [4, 1, 1]),
        ([1, 0, 2], 3, [2, 0, 2], [3, 0, 3]),
        ([7, 3, 6, 0], 8, [4, 4, 4, 0], [8, 8, 8, 0]),
        ([1, 2, 0], 2, [0, 4, 0], [0, 6, 0]),
        ([3, 0], 2, [2, 0], [2, 0]),
        ([3, 2], 2, [1, 1], [1, 1]),
        ([0, 4, 6], 3, [0, 2, 2], [0, 3, 3]),
    ],
)
def test_improper_games_dictators_and_members_without_weight(weights, quota, swings, orders):
    exact = power_by_listing(weights, quota)
    n = len(weights)
    assert [value * 2 ** (n - 1) for value in exact["absolute_banzhaf"]] == swings
    assert [value * math.factorial(n) for value in exact["shapley_shubik"]] == orders
    for name, values in exact.items():
        np.testing.assert_array_equal(INDICES[name](weights, quota), nearest(values))


def test_weights_are_left_as_they_were():
    weights = [5, 3, 1]
    for index in FUNCTIONS:
        index(weights, 6)
    assert weights == [5, 3, 1]


@all_indices
@settings(deadline=None)
@given(game=games(), factor=st.integers(1, 50), data=st.data())
def test_invariants(index, game, factor, data):
    weights, quota = game
    value = index(weights, quota)
    assert value.sum() == pytest.approx(1, abs=1e-12)
    assert (value >= 0).all()
    # Equal weight means equal power; more weight never means fewer swings, but can mean fewer
    # minimal winning coalitions.
    for i, j in combinations(range(len(weights)), 2):
        assert weights[i] != weights[j] or value[i] == value[j]
        if index in (banzhaf, shapley_shubik):
            assert (value[i] - value[j]) * (weights[i] - weights[j]) >= 0
    np.testing.assert_array_equal(index([factor * w for w in weights], factor * quota), value)
    np.testing.assert_array_equal(index([*weights, 0], quota), [*value, 0])
    order = data.draw(st.permutations(range(len(weights))))
    np.testing.assert_array_equal(index([weights[i] for i in order], quota), value[list(order)])


@by_swing
@settings(deadline=None)
@given(game=games(max_members=20, max_weight=40))
def test_winning_and_blocking_are_the_same_power(index, game):
    weights, quota = game
    np.testing.assert_array_equal(index(weights, quota), index(weights, sum(weights) - quota + 1))


def test_minimal_winning_coalitions_can_favour_the_lighter():
    # Quota 5 of 3, 2, 1, 1, 1: {3, 2}, three of {3, 1, 1} and {2, 1, 1, 1}.
    np.testing.assert_allclose(holler_packel([3, 2, 1, 1, 1], 5), np.array([4, 2, 3, 3, 3]) / 15)


def counted_by_dictionary(weights, quota):
    """Return swings by number of other members, from sums and sizes of the others' coalitions."""
    tables = []
    for i, weight in enumerate(weights):
        counts = {(0, 0): 1}
        for other in weights[:i] + weights[i + 1 :]:
            joined = dict(counts)
            for (total, size), count in counts.items():
                key = total + other, size + 1
                if key[0] < quota:
                    joined[key] = joined.get(key, 0) + count
            counts = joined
        by_size = [0] * len(weights)
        for (total, size), count in counts.items():
            if total + weight >= quota > total:
                by_size[size] += count
        tables.append(by_size)
    return tables


def test_thirty_members_equal_a_count_without_generating_functions():
    rng = np.random.default_rng(30)
    weights = rng.integers(0, 9, 30).tolist()
    for quota in (40, sum(weights) // 2 + 1, 80):
        tables = counted_by_dictionary(weights, quota)
        swings = [sum(row) for row in tables]
        np.testing.assert_array_equal(
            banzhaf(weights, quota), nearest(Fraction(count, sum(swings)) for count in swings)
        )
        orders = [
            Fraction(math.factorial(k) * math.factorial(29 - k), math.factorial(30))
            for k in range(30)
        ]
        pivots = [sum(a * b for a, b in zip(orders, row, strict=True)) for row in tables]
        np.testing.assert_array_equal(shapley_shubik(weights, quota), nearest(pivots))


BIG_GAMES = [
    ("even", 60, 40, 0.5),
    ("even", 61, 40, 0.2),
    ("even", 100, 20, 0.67),
    ("skewed", 60, 0, 0.5),
    ("skewed", 101, 0, 0.8),
    ("equal", 64, 1, 0.5),
]


def big_game(kind, members, heaviest, part):
    rng = np.random.default_rng(members)
    if kind == "skewed":
        weights = np.minimum(np.ceil(rng.pareto(1, members)), 400).astype(int)
    else:
        weights = rng.integers(1, heaviest + 1, members)
    weights = weights.tolist()
    return weights, int(part * sum(weights)) + 1


@pytest.mark.parametrize("parameters", BIG_GAMES, ids=str)
def test_integrated_orders_agree_with_counted_orders(parameters):
    weights, quota = big_game(*parameters)
    game = Game(weights, quota)
    total = math.factorial(len(weights))
    exact = nearest(Fraction(count, total) for count in by_swings._pivots(game))
    integrated = _pivots.pivot_chances(game)
    np.testing.assert_allclose(integrated, exact, rtol=2e-13, atol=0)
    assert integrated.sum() == pytest.approx(1, abs=1e-13)


def test_integration_gives_dummies_exactly_nothing():
    # Five of weight 100 decide by majority; no number of the 40 light ones ever matters.
    value = _pivots.pivot_chances(Game([100] * 5 + [1] * 40, 271))
    np.testing.assert_array_equal(value[5:], 0)
    np.testing.assert_allclose(value[:5], 0.2, rtol=1e-14)


@pytest.mark.parametrize("parameters", BIG_GAMES, ids=str)
def test_minimal_coalitions_in_floats_agree_with_integers(parameters):
    weights, quota = big_game(*parameters)
    members = sorted(weights, reverse=True)
    exact = minimal_winning._count_exactly(members, quota)
    seats, shares = (
        minimal_winning._count(members, quota, 1.0),
        minimal_winning._shares(members, quota),
    )
    for weight, by_size in exact.items():
        parts = sum(Fraction(count, size) for size, count in enumerate(by_size, start=1))
        assert seats[weight] == pytest.approx(float(sum(by_size)), rel=1e-13, abs=0)
        assert shares[weight] == pytest.approx(float(parts), rel=2e-13, abs=0)


@pytest.mark.parametrize(("shortest", "longest"), [(1, 1), (1, 200), (3, 40), (150, 351)])
def test_few_points_give_every_reciprocal(shortest, longest):
    nodes, factors = reciprocal_rule(shortest, longest, 5e-14)
    assert len(nodes) <= longest // 2 + 2
    for k in range(shortest, longest + 1):
        assert math.fsum(factors * nodes**k) == pytest.approx(1 / k, rel=1e-13)


def test_chances_are_integrated_within_the_proven_error():
    # The chance of j heads in 400 tosses integrates to 1 / 401 whatever j is; fewer than half of
    # the 201 points of the exact rule are enough.
    nodes, shares = legendre(chance_points(400, 1e-19))
    assert len(nodes) < 101
    for j in (0, 1, 50, 200, 399):
        chance = math.comb(400, j) * np.exp(j * np.log(nodes) + (400 - j) * np.log1p(-nodes))
        assert float(shares @ chance) == pytest.approx(1 / 401, rel=1e-11)


@all_indices
def test_five_hundred_members(index):
    rng = np.random.default_rng(500)
    weights = np.append(rng.integers(1, 400, 499), 0)
    value = index(weights, int(weights.sum()) // 2 + 1)
    assert value.sum() == pytest.approx(1, abs=1e-12)
    assert value[-1] == 0
    # In so large a house both swing indices are close to the weights themselves.
    if index in (banzhaf, shapley_shubik):
        np.testing.assert_allclose(value, weights / weights.sum(), rtol=0.01)
        assert (np.diff(value[np.argsort(weights)]) >= -1e-15).all()


@all_indices
def test_few_members_of_any_weight(index):
    # No table of sums would fit, a list of coalitions does; the same game in units of 10^9.
    light = np.random.default_rng(20).integers(1, 30, 18)
    heavy = light * 10**9 + np.random.default_rng(21).integers(0, 1000, 18)
    quota = int(light.sum()) // 2 + 1
    np.testing.assert_array_equal(index(heavy, quota * 10**9), index(light, quota))


@all_indices
def test_more_members_than_64_bit_counts_can_hold(index):
    # 100 equal members; counts of coalitions reach 10^29 and must stay exact.
    np.testing.assert_allclose(index([1] * 100, 51), [0.01] * 100, rtol=1e-14)


@all_indices
def test_missing_weight_gives_nan_for_all(index):
    result = index([4, None, 2], 4)
    assert result.shape == (3,)
    assert np.isnan(result).all()


@all_indices
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
        ([2**53, 1], 3, "weights must be less than 2\\^53"),
        ([10**12 + i for i in range(30)], 10**13, "express weights and quota in a coarser unit"),
    ],
)
def test_mistakes_get_one_clear_message(index, weights, quota, message):
    with pytest.raises(InvalidDataError, match=f"^{index.__name__}: .*{message}"):
        index(weights, quota)


@pytest.mark.parametrize("index", [deegan_packel, holler_packel])
def test_more_coalitions_than_a_float_holds(index):
    with pytest.raises(InvalidDataError, match=r"1,024 members .* give at most 1,023"):
        index([1] * 1024, 513)
