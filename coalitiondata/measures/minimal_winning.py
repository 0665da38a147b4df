"""Voting power by minimal winning coalitions: Deegan-Packel and the public good index.

A coalition is minimal winning if it wins and loses whoever leaves. It is enough that its lightest
member makes it lose, so with the members in descending order of weight every minimal winning
coalition is a set of earlier members that weighs from q - w_j to q - 1, and its last member j.
Walking through the members once forwards (ways to have come to a weight) and once backwards (ways
to complete a coalition from it) gives every member's coalitions without any subtraction.
"""

from __future__ import annotations

import math
from itertools import accumulate
from operator import mul

import numpy as np
import numpy.typing as npt

from coalitiondata.errors import InvalidDataError
from coalitiondata.measures._arrays import FloatArray
from coalitiondata.measures._enumeration import MAX_MEMBERS
from coalitiondata.measures._game import Game, check_table, read_game
from coalitiondata.measures._quadrature import reciprocal_rule
from coalitiondata.measures.games import enumerate_one

# Steps of Python integers, some milliseconds; beyond it, floats take less.
_MAX_EXACT_STEPS = 20_000
_MAX_TABLE_BITS = 4_000_000_000
# The number of coalitions of more members need not fit into a float.
_MAX_FLOAT_MEMBERS = 1023
_ERROR = 5e-14


def deegan_packel(weights: npt.ArrayLike, quota: float) -> FloatArray:
    """Deegan-Packel power index: equal shares in equally likely minimal winning coalitions.

    With M the minimal winning coalitions: DP_i = (1 / |M|) sum over the S in M with i of 1 / |S|.
    The values add up to 1. Unlike with Banzhaf's and Shapley's indices, a heavier member can have
    less power than a lighter one.

    `weights` are n non-negative integers, `quota` an integer from 1 to their sum; returns n
    floats in [0, 1] in the order given. A missing weight makes all n values nan; a weight of 0
    has power 0. Right for improper games (quota of half the weight or less).

    Coalitions are counted in exact integers where n q is 20,000 or less, or n is 20 or less; then
    each value is the float nearest to the fraction. Larger games are counted in floats, in sums
    of non-negative terms only (relative error below 1e-12, typically 1e-14), the shares 1 / |S|
    as integral of t^(|S| - 1) by a rule whose own relative error is below 5e-14.

    Raises InvalidDataError for weights that are negative, infinite, 2^53 or more or not whole
    numbers, for a quota out of range (no coalition or the empty coalition would win), for games
    whose counting table would not fit in memory and for larger games of more than 1,023 members
    with a positive weight.
    Source: Deegan and Packel (1978), International Journal of Game Theory 7: 113-123.
    """
    game = read_game(weights, quota, "deegan_packel")
    if game is None:
        return np.full(np.shape(weights), np.nan)
    if _listing_is_cheaper(game):
        return enumerate_one(game, "deegan_packel")
    members = _descending(game)
    if _is_exact(game, members):
        by_size = _count_exactly(members, game.quota)
        whole = math.lcm(*range(1, len(members) + 1))
        shares = {
            weight: sum(count * (whole // size) for size, count in enumerate(counts, start=1))
            for weight, counts in by_size.items()
        }
        return _normalized(game, members, shares)
    _check_size(game, members, "deegan_packel")
    return _normalized(game, members, _shares(members, game.quota))


def holler_packel(weights: npt.ArrayLike, quota: float) -> FloatArray:
    """Holler-Packel power index (public good index): each member's part of all minimal seats.

    With c_i the number of minimal winning coalitions that i is in: h_i = c_i / sum_j c_j. The
    values add up to 1. What a coalition wins is a public good, enjoyed whole by every member, so
    unlike in `deegan_packel` it is not divided by the coalition's size. A heavier member can have
    less power than a lighter one.

    `weights` are n non-negative integers, `quota` an integer from 1 to their sum; returns n
    floats in [0, 1] in the order given. A missing weight makes all n values nan; a weight of 0
    has power 0. Right for improper games (quota of half the weight or less).

    Coalitions are counted in exact integers where n q is 20,000 or less, or n is 20 or less; then
    each value is the float nearest to the fraction. Larger games are counted in floats, in sums
    of non-negative terms only (relative error below 1e-12, typically 1e-14).

    Raises InvalidDataError as `deegan_packel`.
    Source: Holler (1982), Political Studies 30: 262-271; Holler and Packel (1983), Zeitschrift
    für Nationalökonomie 43: 21-29.
    """
    game = read_game(weights, quota, "holler_packel")
    if game is None:
        return np.full(np.shape(weights), np.nan)
    if _listing_is_cheaper(game):
        return enumerate_one(game, "holler_packel")
    members = _descending(game)
    if _is_exact(game, members):
        by_size = _count_exactly(members, game.quota)
        seats = {weight: sum(counts) for weight, counts in by_size.items()}
        return _normalized(game, members, seats)
    _check_size(game, members, "holler_packel")
    return _normalized(game, members, _count(members, game.quota, 1.0))


def _descending(game: Game) -> list[int]:
    return sorted((weight for weight in game.weights if weight > 0), reverse=True)


def _listing_is_cheaper(game: Game) -> bool:
    n = len(game.weights)
    return n <= MAX_MEMBERS and 2**n < game.quota


def _is_exact(game: Game, members: list[int]) -> bool:
    return len(members) * game.quota <= _MAX_EXACT_STEPS


def _check_size(game: Game, members: list[int], function: str) -> None:
    # Two tables, the walk's own and the states kept to walk back from.
    kept = 2 * math.isqrt(len(members)) + 4
    check_table(64 * kept * game.quota, _MAX_TABLE_BITS, function)
    if len(members) > _MAX_FLOAT_MEMBERS:
        raise InvalidDataError(
            f"{function}: {len(members):,} members have a positive weight, and the number of their "
            f"coalitions can exceed what a float holds; give at most {_MAX_FLOAT_MEMBERS:,}"
        )


def _normalized(
    game: Game, members: list[int], value_of: dict[int, int] | dict[int, float]
) -> FloatArray:
    total = sum(value_of[weight] for weight in members)
    return np.array([value_of.get(weight, 0) / total for weight in game.weights], dtype=np.float64)


def _count_exactly(members: list[int], quota: int) -> dict[int, list[int]]:
    """Return for each weight the minimal winning coalitions of such a member by size 1, 2, ...

    Numbers by size are kept as one integer, in slots wide enough for any count.
    """
    n = len(members)
    width = n // 8 + 1
    slot = 8 * width
    came = [[1] + [0] * (quota - 1)]
    for weight in members[:-1]:
        before = came[-1]
        moved = ((count << slot) for count in before)
        came.append([*before[:weight], *map(sum, zip(before[weight:], moved, strict=False))])
    # Entry s: ways to complete a losing coalition of weight s with members from k on; from the
    # quota on it is complete.
    complete = [0] * quota + [1] * members[0]
    by_size = {}
    for k in range(n - 1, -1, -1):
        weight = members[k]
        joins = complete[weight : weight + quota]
        if weight not in by_size:
            raw = sum(map(mul, came[k], joins)).to_bytes(width * n, "little")
            by_size[weight] = [
                int.from_bytes(raw[at : at + width], "little") for at in range(0, len(raw), width)
            ]
        complete[:quota] = [
            stay + (join << slot) for stay, join in zip(complete, joins, strict=False)
        ]
    return by_size


def _shares(members: list[int], quota: int) -> dict[int, float]:
    """Return for each weight the sum of 1 / |S| over the coalitions of such a member."""
    # Without its lightest member a coalition loses; the lightest of all make the longest such.
    longest = 1 + sum(reached < quota for reached in accumulate(reversed(members)))
    shortest = 1 + sum(reached < quota for reached in accumulate(members))
    shares: dict[int, float] = dict.fromkeys(members, 0.0)
    rule = reciprocal_rule(shortest, min(longest, len(members)), _ERROR)
    for t, factor in zip(*(part.tolist() for part in rule), strict=True):
        for weight, value in _count(members, quota, t).items():
            shares[weight] += factor * value
    return shares


def _count(members: list[int], quota: int, t: float) -> dict[int, float]:
    """Return for each weight the sum of t^|S| over the coalitions of such a member.

    Before member k is asked, a coalition on its way to the quota weighs no less than the quota
    without all who are still to be asked, and no more than all who were. Only this window counts.
    """
    n, total = len(members), sum(members)
    asked = [0, *accumulate(members)]
    windows = [(max(0, quota - total + before), min(quota, before + 1)) for before in asked]
    step = math.isqrt(n) + 1
    # Ways to have come to a weight: kept at every step-th member, the others made again from it.
    kept = np.zeros((-(-n // step), quota))
    kept[0, 0] = 1
    came, moved = np.empty((step, quota)), np.empty(quota)
    for block in range(len(kept) - 1):
        came[0] = kept[block]
        members_of_block = range(block * step, (block + 1) * step)
        for k in members_of_block:
            after = kept[block + 1] if k == members_of_block[-1] else came[k % step + 1]
            _ask(came[k % step], after, moved, members[k], windows[k : k + 2], t)
    # Entry s: ways to complete a losing coalition of weight s; from the quota on it is complete.
    complete = np.zeros(quota + members[0])
    complete[quota:] = 1
    values: dict[int, float] = {}
    for k in range(n - 1, -1, -1):
        if k == n - 1 or (k + 1) % step == 0:
            first = k - k % step
            came[0] = kept[first // step]
            for j in range(first, k):
                _ask(came[j - first], came[j - first + 1], moved, members[j], windows[j : j + 2], t)
        weight, (low, high) = members[k], windows[k]
        joins = complete[low + weight : high + weight]
        if weight not in values:
            # Not a dot product: those of BLAS wait for each other's threads on a busy machine.
            np.multiply(came[k % step, low:high], joins, out=moved[: high - low])
            values[weight] = t * float(moved[: high - low].sum())
        np.multiply(joins, t, out=moved[: high - low])
        complete[low:high] += moved[: high - low]
    return values


def _ask(
    before: FloatArray,
    after: FloatArray,
    moved: FloatArray,
    weight: int,
    windows: list[tuple[int, int]],
    t: float,
) -> None:
    """Write into `after` the ways to have come to each weight once one more member was asked."""
    (low, high), (next_low, next_high) = windows
    joined = min(max(next_low, low + weight), next_high)
    both = max(high, joined)
    joining = moved[: next_high - joined]
    np.multiply(before[joined - weight : next_high - weight], t, out=joining)
    after[next_low : min(joined, high)] = before[next_low : min(joined, high)]
    after[high:joined] = 0
    np.add(before[joined:both], joining[: both - joined], out=after[joined:both])
    after[both:next_high] = joining[both - joined :]
