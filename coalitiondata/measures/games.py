"""Voting power in weighted majority games by swings: Banzhaf and Shapley-Shubik.

A coalition wins if its weights add up to the quota or more. A member swings a coalition of the
others that loses without it and wins with it. The numbers of coalitions by total weight are the
coefficients of the generating function prod_j (1 + x^w_j). The whole polynomial is held as one
Python integer, each coefficient in a slot of bits too wide to overflow, so that multiplying by
1 + x^w is one shift and one addition, and every count is an exact integer of any size.

Games where two disjoint coalitions can both win (quota of half the weight or less) are counted
like any other. As a coalition's members swing the complement's in the game with quota
sum(w) - q + 1, either quota gives the same swings; the smaller one makes the smaller table.

Indices by minimal winning coalitions are in `minimal_winning`, many parliaments in `voting`.
"""

from __future__ import annotations

import math
from itertools import accumulate, islice, pairwise

import numpy as np
import numpy.typing as npt

from coalitiondata.measures._arrays import FloatArray
from coalitiondata.measures._enumeration import MAX_MEMBERS, enumerate_power
from coalitiondata.measures._game import Game, check_table, read_game
from coalitiondata.measures._pivots import pivot_chances

# 500 MB; every count is besides a Python object of some 30 bytes.
_MAX_TABLE_BITS = 4_000_000_000
_OBJECT_BITS = 250
# Up to about a fifth of a second of exact integers; beyond it, quadrature takes less.
_MAX_EXACT_WORK = 10**9


def banzhaf(weights: npt.ArrayLike, quota: float, *, normalized: bool = True) -> FloatArray:
    """Banzhaf power index: each member's part of all swings.

    With eta_i the number of coalitions of the others that lose, but win once i joins:
    normalized: eta_i / sum_j eta_j (adds up to 1); otherwise the Penrose-Banzhaf measure
    eta_i / 2^(n - 1), the chance that i decides if all others vote by the toss of a coin.

    `weights` are n non-negative integers, `quota` an integer from 1 to their sum; returns n
    floats in [0, 1] in the order given. A missing weight makes all n values nan. The swings are
    exact integers for any number of members, in improper games (quota of half the weight or
    less) too; each value is the float nearest to the fraction.

    With t the smaller of q and sum(w) - q + 1, time grows with n^2 t and memory with n t. Games
    of up to 20 members take any weights, since their coalitions can be listed.

    Raises InvalidDataError for weights that are negative, infinite, 2^53 or more or not whole
    numbers, for a quota out of range (no coalition or the empty coalition would win), and for
    games whose counting table would not fit in memory.
    Source: Penrose (1946); Banzhaf (1965), Rutgers Law Review 19: 317-343; generating functions
    as in Brams and Affuso (1976).
    """
    game = read_game(weights, quota, "banzhaf")
    if game is None:
        return np.full(np.shape(weights), np.nan)
    if _listing_is_cheaper(game):
        return enumerate_one(game, "banzhaf" if normalized else "absolute_banzhaf")
    swings = _swings(game)
    divisor = sum(swings) if normalized else 2 ** (len(swings) - 1)
    return np.array([count / divisor for count in swings], dtype=np.float64)


def shapley_shubik(weights: npt.ArrayLike, quota: float) -> FloatArray:
    """Shapley-Shubik power index: the chance of being pivotal in a random order of joining.

    phi_i = sum over the coalitions S of the others that i swings of |S|! (n - 1 - |S|)! / n!.
    The values add up to 1.

    `weights` are n non-negative integers, `quota` an integer from 1 to their sum; returns n
    floats in [0, 1] in the order given. A missing weight makes all n values nan. Right for
    improper games (quota of half the weight or less).

    With t the smaller of q and sum(w) - q + 1: where n^3 t is 10^9 or less, or n is 20 or less,
    orders are counted in exact integers and each value is the float nearest to the fraction.
    Larger games are integrated over the chance p with which the others join, with a rule whose
    own error is below 1e-19; rounding is then all that is left (below 2e-13 of each value
    wherever tests compare with exact fractions, typically 1e-14). Time grows with
    n^1.5 max(q, sum(w) - q + 1).

    Raises InvalidDataError for weights that are negative, infinite, 2^53 or more or not whole
    numbers, for a quota out of range (no coalition or the empty coalition would win), and for
    games whose counting table would not fit in memory.
    Source: Shapley and Shubik (1954), American Political Science Review 48: 787-792; generating
    functions as in Mann and Shapley (1962); the integral is Owen's (1972) multilinear extension,
    Management Science 18: 64-79.
    """
    game = read_game(weights, quota, "shapley_shubik")
    if game is None:
        return np.full(np.shape(weights), np.nan)
    if _listing_is_cheaper(game):
        return enumerate_one(game, "shapley_shubik")
    threshold, n = min(game.quota, game.dual_quota), len(game.weights)
    if threshold * n**3 > _MAX_EXACT_WORK:
        check_table(64 * max(game.quota, game.dual_quota), _MAX_TABLE_BITS, "shapley_shubik")
        return pivot_chances(game)
    total = math.factorial(n)
    return np.array([count / total for count in _pivots(game)], dtype=np.float64)


def enumerate_one(game: Game, index: str) -> FloatArray:
    """Return one index of one game by listing its coalitions; weights in any order."""
    weights = np.array(game.weights, dtype=np.int64)
    order = np.argsort(-weights, kind="stable")
    values = np.empty(len(weights))
    power = enumerate_power(weights[None, order], np.array([game.quota]), [index])
    values[order] = power[index][0]
    return values


def _listing_is_cheaper(game: Game) -> bool:
    n = len(game.weights)
    return n <= MAX_MEMBERS and 2**n < min(game.quota, game.dual_quota)


def _swings(game: Game) -> list[int]:
    """Return the number of coalitions of the others that each member swings."""
    threshold, n = min(game.quota, game.dual_quota), len(game.weights)
    check_table(threshold * (n + _OBJECT_BITS), _MAX_TABLE_BITS, "banzhaf")
    width = n // 8 + 1
    below = _losing(game.weights, threshold, width, joined=0)
    swings_of = {0: 0}
    for weight in set(game.weights) - {0}:
        # Dividing by 1 + x^w alternates signs in steps of w; its window of w sums telescopes.
        swings_of[weight] = below[0] + 2 * (
            sum(below[2 * weight :: 2 * weight]) - sum(below[weight :: 2 * weight])
        )
    return [swings_of[weight] for weight in game.weights]


def _pivots(game: Game) -> list[int]:
    """Return the number of the n! orders of joining in which each member is pivotal.

    Every slot holds a polynomial in y whose powers count members: prod_j (1 + y x^w_j).
    """
    threshold, n = min(game.quota, game.dual_quota), len(game.weights)
    width = n // 8 + 1
    below = _losing(game.weights, threshold, width * (n + 1), joined=8 * width)
    orders = [math.factorial(k) * math.factorial(n - 1 - k) for k in range(n)]
    sizes_kept = (1 << 8 * width * n) - 1
    pivots_of = {0: 0}
    for weight in set(game.weights) - {0}:
        # Terms beyond n steps only concern coalitions of n or more others, and there are none.
        ends = [*below[: n * weight + 1 : weight], 0]
        swung = 0
        for k, (end, start) in enumerate(islice(pairwise(ends), n)):
            term = (end - start) << 8 * width * k
            swung += -term if k % 2 else term
        raw = (swung & sizes_kept).to_bytes(width * n, "little")
        pivots_of[weight] = sum(
            orders[k] * int.from_bytes(raw[k * width : (k + 1) * width], "little") for k in range(n)
        )
    return [pivots_of[weight] for weight in game.weights]


def _losing(weights: list[int], threshold: int, width: int, *, joined: int) -> list[int]:
    """Return, for s = threshold, ..., 1, the (packed) number of coalitions that weigh less than s.

    Slots are `width` bytes; every member that joins shifts its coalition by `joined` bits more.
    """
    slot = 8 * width
    size = slot * threshold
    table_only = (1 << size) - 1
    packed = 1
    for weight in sorted(weights):
        if weight >= threshold:
            break
        packed += packed << weight * slot + joined
        # Cutting only once an eighth too long saves most of the cuts.
        if packed.bit_length() > size + size // 8:
            packed &= table_only
    raw = (packed & table_only).to_bytes(width * threshold, "little")
    starts = range(0, len(raw), width)
    counts = accumulate(int.from_bytes(raw[at : at + width], "little") for at in starts)
    return list(counts)[::-1]
