"""Shapley-Shubik values of large games as an integral over the chance of joining.

If each of the others joins with chance p, member i swings with chance g_i(p), a polynomial of
degree n - 1, and phi_i is its integral from 0 to 1. The distribution of the joined weight takes
one pass over the members for every p, in sums of non-negative terms. Taking one member out again
divides by (1 - p) + p x^w; from the lightest sums upward that is stable as long as p <= 1/2.
For p > 1/2 the absent members are counted instead: they are absent with chance 1 - p, and the
quota becomes sum(w) - q + 1. So one distribution serves p and 1 - p, with either quota.
"""

from __future__ import annotations

import math

import numpy as np

from coalitiondata.measures._arrays import FloatArray
from coalitiondata.measures._game import Game
from coalitiondata.measures._quadrature import chance_points, legendre

_ERROR = 1e-19
# In units of its first coefficient the product of this many factors cannot overflow.
_FACTORS_AT_ONCE = 1000


def pivot_chances(game: Game) -> FloatArray:
    """Return the Shapley-Shubik value of every member, up to rounding."""
    points = chance_points(len(game.weights) - 1, _ERROR)
    nodes, shares = (half[: (points + 1) // 2].copy() for half in legendre(points))
    if points % 2:
        shares[-1] /= 2  # 1/2 is its own mirror image
    distinct = _weights_that_swing(game)
    quotas = (game.quota, game.dual_quota)
    values = np.zeros(len(distinct))
    for p, share in zip(nodes.tolist(), shares.tolist(), strict=True):
        joined = _joined_weight(game.weights, max(quotas), p)
        chances = [_swing_chances(joined, quota, distinct, p) for quota in sorted(set(quotas))]
        values += share * (chances[0] + chances[-1])
    # Rounding can push a value of nearly nothing below it.
    value_of = dict(zip(distinct, np.maximum(values, 0).tolist(), strict=True))
    return np.array([value_of.get(weight, 0.0) for weight in game.weights])


def _weights_that_swing(game: Game) -> list[int]:
    """Return the distinct weights, ascending, of members that swing any coalition at all.

    A member as light as one without power has none either, so the border is found by halving.
    """
    distinct = sorted(set(game.weights) - {0})
    powerless, swinging = -1, len(distinct) - 1
    while swinging - powerless > 1:
        middle = (powerless + swinging) // 2
        if _swings_any(game, distinct[middle]):
            swinging = middle
        else:
            powerless = middle
    return distinct[swinging:]


def _swings_any(game: Game, weight: int) -> bool:
    others = list(game.weights)
    others.remove(weight)
    losing = (1 << game.quota) - 1
    sums = 1  # bit s says whether some of the others weigh s together
    for other in others:
        sums |= sums << other & losing
    return bool(sums >> max(0, game.quota - weight))


def _joined_weight(weights: list[int], size: int, p: float) -> FloatArray:
    """Return the chances that the members that joined weigh 0, 1, ..., size - 1 together."""
    odds = p / (1 - p)
    chances, moved = np.zeros(size), np.empty(size)
    chances[0] = 1
    reach = 0
    # Ascending weights keep the range that is in use short for as long as possible.
    for done, weight in enumerate(sorted(weights), start=1):
        reach = min(reach + weight, size - 1)
        if weight <= reach:
            now = moved[: reach + 1 - weight]
            np.multiply(chances[: reach + 1 - weight], odds, out=now)
            chances[weight : reach + 1] += now
        if done % _FACTORS_AT_ONCE == 0:
            chances *= (1 - p) ** _FACTORS_AT_ONCE
    chances *= (1 - p) ** (len(weights) % _FACTORS_AT_ONCE)
    return chances


def _swing_chances(joined: FloatArray, quota: int, distinct: list[int], p: float) -> FloatArray:
    """Return for each weight w the chance that the others weigh from quota - w to quota - 1."""
    odds = p / (1 - p)
    # Powers of the odds below this no longer change a sum that begins with 1.
    terms = quota if odds > 0.999 else math.ceil(math.log(1e-20) / math.log(odds))
    signs = (-odds) ** np.arange(min(terms, quota) + 1)
    descending = np.ascontiguousarray(joined[:quota][::-1])
    chances = np.empty(len(distinct))
    for at, weight in enumerate(distinct):
        rows = min(quota // weight, len(signs) - 1)
        blocks = descending[: rows * weight].reshape(rows, weight).sum(axis=1)
        rest = descending[rows * weight : (rows + 1) * weight].sum()
        chances[at] = (signs[:rows] * blocks).sum() + signs[rows] * rest
    return chances / (1 - p)
