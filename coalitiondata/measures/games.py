"""Voting power in weighted majority games, counted exactly.

A coalition wins if its weights add up to the quota or more. A member swings a coalition that
wins with it and loses without it. The numbers of coalitions by total weight (and size) are the
coefficients of a generating function; dividing one member's factor out gives the coalitions of
the others. All counts are integers; only the final quotient is a float.

Games where two disjoint coalitions can both win (quota of half the weight or less) are counted
like any other.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from coalitiondata.errors import InvalidDataError
from coalitiondata.measures._arrays import FloatArray, reject, to_weights

# Any count is at most 2^n, so up to here every sum of counts fits into 64 bits.
_MAX_MEMBERS_INT64 = 62
_MAX_TABLE_CELLS = 20_000_000

Counts = npt.NDArray[Any]


def banzhaf(weights: npt.ArrayLike, quota: float, *, normalized: bool = True) -> FloatArray:
    """Banzhaf power index: each member's part of all swings.

    With eta_i the number of coalitions of the others that lose, but win once i joins:
    normalized: eta_i / sum_j eta_j (adds up to 1); otherwise the Penrose-Banzhaf measure
    eta_i / 2^(n - 1), the chance that i decides if all others vote by the toss of a coin.

    `weights` are n non-negative integers, `quota` an integer from 1 to their sum; returns n
    floats in [0, 1] in the order given. A missing weight makes all n values nan. Exact for
    improper games (quota of half the weight or less).

    Raises InvalidDataError for weights that are negative, infinite or not whole numbers, for a
    quota out of range (no coalition or the empty coalition would win), and for games whose
    counting table would not fit in memory.
    Source: Penrose (1946); Banzhaf (1965), Rutgers Law Review 19: 317-343; generating functions
    as in Brams and Affuso (1976).
    """
    game = _game(weights, quota, "banzhaf", by_size=False)
    if game is None:
        return np.full(np.shape(weights), np.nan)
    sizes, threshold = game
    counts = np.zeros(threshold, dtype=_count_type(len(sizes)))
    counts[0] = 1
    for weight in sizes:
        if weight < threshold:
            counts[weight:] = counts[weight:] + counts[: threshold - weight]

    swings_of: dict[int, int] = {0: 0}
    for weight in set(sizes) - {0}:
        others = counts.copy()
        # Members of equal weight share one division, done in strides of that weight because
        # each coefficient needs the one `weight` places before it.
        for start in range(weight, threshold, weight):
            stop = min(start + weight, threshold)
            others[start:stop] -= others[start - weight : stop - weight]
        swings_of[weight] = int(others[max(0, threshold - weight) :].sum())

    swings = [swings_of[weight] for weight in sizes]
    divisor = sum(swings) if normalized else 2 ** (len(sizes) - 1)
    return np.array([count / divisor for count in swings], dtype=np.float64)


def shapley_shubik(weights: npt.ArrayLike, quota: float) -> FloatArray:
    """Shapley-Shubik power index: the chance of being pivotal in a random order of joining.

    phi_i = sum over the coalitions S of the others that i swings of |S|! (n - 1 - |S|)! / n!.
    The values add up to 1.

    `weights` are n non-negative integers, `quota` an integer from 1 to their sum; returns n
    floats in [0, 1] in the order given. A missing weight makes all n values nan. Exact for
    improper games (quota of half the weight or less).

    Raises InvalidDataError for weights that are negative, infinite or not whole numbers, for a
    quota out of range (no coalition or the empty coalition would win), and for games whose
    counting table would not fit in memory.
    Source: Shapley and Shubik (1954), American Political Science Review 48: 787-792; generating
    functions as in Mann and Shapley (1962).
    """
    game = _game(weights, quota, "shapley_shubik", by_size=True)
    if game is None:
        return np.full(np.shape(weights), np.nan)
    sizes, threshold = game
    n = len(sizes)
    # Row k, column s: number of coalitions of k members with total weight s, losing ones only.
    counts = np.zeros((n + 1, threshold), dtype=_count_type(n))
    counts[0, 0] = 1
    for joined, weight in enumerate(sizes):
        if weight < threshold:
            for k in range(joined, -1, -1):
                counts[k + 1, weight:] += counts[k, : threshold - weight]

    orders = [math.factorial(k) * math.factorial(n - 1 - k) for k in range(n)]
    pivots_of: dict[int, int] = {0: 0}
    for weight in set(sizes) - {0}:
        others = counts[0].copy()
        pivots = 0
        for k in range(n):
            if k > 0:
                smaller = others
                others = counts[k].copy()
                if weight < threshold:
                    others[weight:] -= smaller[: threshold - weight]
            pivots += orders[k] * int(others[max(0, threshold - weight) :].sum())
        pivots_of[weight] = pivots
    total = math.factorial(n)
    return np.array([pivots_of[weight] / total for weight in sizes], dtype=np.float64)


def _count_type(members: int) -> type[Any]:
    return np.int64 if members <= _MAX_MEMBERS_INT64 else object


def _game(
    weights: npt.ArrayLike, quota: float, function: str, *, by_size: bool
) -> tuple[list[int], int] | None:
    """Return integer weights and quota in lowest terms, or None if a weight is missing."""
    array = to_weights(weights, function=function)
    advice = "multiply all weights and the quota by a common factor so that they become integers"
    present = ~np.isnan(array)
    reject(
        present & (array != np.floor(array)),
        array,
        function=function,
        name="weights",
        rule=f"weights must be whole numbers; {advice}",
    )
    if not (math.isfinite(quota) and quota == math.floor(quota)):
        raise InvalidDataError(f"{function}: quota {quota} is not a whole number; {advice}")
    if not present.all():
        return None
    sizes = [int(weight) for weight in array]
    total = sum(sizes)
    if total == 0:
        raise InvalidDataError(f"{function}: the weights add up to 0, so no coalition can win")
    if not 1 <= quota <= total:
        outcome = "no coalition" if quota > total else "even the empty coalition"
        raise InvalidDataError(
            f"{function}: with quota {int(quota)} {outcome} would win; the weights add up to "
            f"{total}, so give a quota from 1 to {total}"
        )
    divisor = math.gcd(*sizes)
    sizes = [weight // divisor for weight in sizes]
    threshold = -(-int(quota) // divisor)
    cells = threshold * (len(sizes) + 1 if by_size else 1)
    if cells > _MAX_TABLE_CELLS:
        raise InvalidDataError(
            f"{function}: counting this game needs a table of {cells:,} cells, more than "
            f"{_MAX_TABLE_CELLS:,}; express weights and quota in a coarser unit"
        )
    return sizes, threshold
