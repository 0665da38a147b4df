"""Distances between all pairs of rows of one matrix, as observed and as expected by chance.

`P` is states x targets with nan for missing; every sum goes over the targets that both rows have.
Each form adds terms that are not negative, or whole numbers that a float holds exactly, so that
nothing cancels: equal portfolios are 0 apart to the last bit, and an expected distance is 0 where
and only where both rows hold one value throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coalitiondata.measures._arrays import FloatArray

Distance = Literal["absolute", "squared", "nominal"]

DISTANCES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "absolute": np.abs,
    "squared": np.square,
    "nominal": lambda gap: (gap != 0).astype(np.float64),
}

# Above this many distinct values a product per value costs more than going row by row.
MAX_LEVELS = 64

# n * sum(x^2) and the like stay below 2^53 as long as targets * range * 2 stays below this.
_EXACT = 2**25


def levels_of(P: FloatArray) -> FloatArray:
    """All distinct values, sorted, without the missing."""
    values = np.sort(pd.unique(P.ravel()))
    return np.asarray(values[~np.isnan(values)], dtype=np.float64)


def s_of_rows(
    P: FloatArray,
    levels: FloatArray,
    *,
    distance: Distance,
    width: float,
    weights: FloatArray | None,
) -> FloatArray:
    """S of every pair of rows; `levels` are sorted and hold at least the values of `P`."""
    if not len(levels) or (weights is not None and np.isnan(weights).any()):
        return np.full((len(P), len(P)), math.nan)
    apart = observed(P, levels, distance, weights)
    d_max = width**2 if distance == "squared" else width
    return _one_minus_ratio(2 * apart, d_max * shared(P, weights))


def chance_corrected_of_rows(
    P: FloatArray, levels: FloatArray, *, distance: Distance, pooled: bool
) -> FloatArray:
    """Scott's pi (`pooled`) or Cohen's kappa of every pair of rows; `levels` as in `s_of_rows`."""
    if not len(levels):
        return np.full((len(P), len(P)), math.nan)
    apart = observed(P, levels, distance, None) * shared(P)
    return _one_minus_ratio(apart, expected(P, levels, distance, pooled=pooled))


def chance_corrected(x: FloatArray, y: FloatArray, distance: Distance, *, pooled: bool) -> float:
    """1 - D_o / D_e for one pair of complete portfolios."""
    if not len(x):
        return math.nan
    chance = _expected_of_pair(x, y, distance, pooled=pooled) / len(x)
    return float(1 - DISTANCES[distance](x - y).sum() / chance) if chance > 0 else math.nan


def shared(P: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Weight of the targets that both rows have; 1 x 1 if no value is missing."""
    known = ~np.isnan(P)
    if known.all():
        return np.full((1, 1), P.shape[1] if weights is None else weights.sum(), dtype=np.float64)
    present = known.astype(np.float64)
    if weights is None:
        return np.asarray(present @ present.T)
    return _symmetric((present * weights) @ present.T)


def observed(
    P: FloatArray, levels: FloatArray, distance: Distance, weights: FloatArray | None
) -> FloatArray:
    """Weighted sum of distances over the targets that both rows have."""
    if distance == "squared" and weights is None and _exact(P, levels):
        _, squares = _sums(P, levels)
        values = _from_zero(P, levels)
        return np.asarray(squares + squares.T - 2 * (values @ values.T))
    if len(levels) > MAX_LEVELS:
        return _observed_by_rows(P, distance, weights)
    importance = np.ones(P.shape[1]) if weights is None else weights
    total = np.zeros((len(P), len(P)))
    if distance == "absolute":
        # |x - y| is the width of the steps between levels that one value has taken and the other
        # has not.
        for low, high in pairwise(levels):
            below = (low >= P) * (importance * (high - low))
            total += (high <= P).astype(np.float64) @ below.T
        return total + total.T
    for level in levels:
        far = DISTANCES[distance](P - level)
        far[np.isnan(P)] = 0
        total += (far * importance) @ (level == P).astype(np.float64).T
    return _symmetric(total)


def expected(P: FloatArray, levels: FloatArray, distance: Distance, *, pooled: bool) -> FloatArray:
    """D_e times the squared number of targets that both rows have."""
    both = shared(P)
    if distance == "squared":
        if not _exact(P, levels):
            return _expected_square_by_rows(P, pooled=pooled)
        sums, squares = _sums(P, levels)
        if pooled:
            return np.asarray(both * (squares + squares.T) - np.square(sums + sums.T) / 2)
        return np.asarray(both * (squares + squares.T) - 2 * sums * sums.T)
    if len(levels) > MAX_LEVELS:
        return _expected_by_pairs(P, distance, pooled=pooled)
    total = np.zeros((len(P), len(P)))
    if distance == "absolute":
        for low, high in pairwise(levels):
            above = _counts(high <= P, P)
            if pooled:
                of_both = above + above.T
                total += (high - low) / 2 * of_both * (2 * both - of_both)
            else:
                apart = above * (both - above.T)
                total += (high - low) * (apart + apart.T)
        return total
    for level in levels:
        equal = _counts(level == P, P)
        total += np.square(equal + equal.T) / 4 if pooled else equal * equal.T
    return np.asarray(np.square(both) - total)


def _exact(P: FloatArray, levels: FloatArray) -> bool:
    """Tell whether sums of squares are exact: whole or half values on a range that is not huge."""
    whole = bool((2 * levels == np.rint(2 * levels)).all())
    largest = max(abs(levels[0]), abs(levels[-1]), levels[-1] - levels[0])
    return whole and 2 * largest * P.shape[1] < _EXACT


def _from_zero(P: FloatArray, levels: FloatArray) -> FloatArray:
    """Values above the lowest level, 0 where missing."""
    values = P - levels[0]
    values[np.isnan(values)] = 0
    return np.asarray(values)


def _sums(P: FloatArray, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sums of the row's values and squares over the targets that the column's row has too."""
    values, known = _from_zero(P, levels), ~np.isnan(P)
    if known.all():
        return _column(values), _column(np.square(values))
    present = known.astype(np.float64).T
    return values @ present, np.square(values) @ present


def _counts(holds: npt.NDArray[np.bool_], P: FloatArray) -> FloatArray:
    """Number of the row's marks on targets that the column's row has too."""
    known = ~np.isnan(P)
    if known.all():
        return _column(holds)
    return np.asarray(holds.astype(np.float64) @ known.astype(np.float64).T)


def _observed_by_rows(P: FloatArray, distance: Distance, weights: FloatArray | None) -> FloatArray:
    total = np.empty((len(P), len(P)))
    for i, row in enumerate(P):
        far = DISTANCES[distance](P[i:] - row)
        far[np.isnan(P[i:]) | np.isnan(row)] = 0
        total[i, i:] = total[i:, i] = far.sum(axis=1) if weights is None else far @ weights
    return total


def _expected_square_by_rows(P: FloatArray, *, pooled: bool) -> FloatArray:
    total = np.zeros((len(P), len(P)))
    for i, row in enumerate(P):
        common = ~(np.isnan(P[i:]) | np.isnan(row))
        both = np.maximum(common.sum(axis=1, keepdims=True), 1)
        # Counted from the pair's lowest value, means and squares lose nothing to a distant zero,
        # and are 0 where there is but one value.
        low = np.fmin(row, P[i:]).min(axis=1, keepdims=True, where=common, initial=math.inf)
        x, y = (np.subtract(v, low, out=np.zeros_like(P[i:]), where=common) for v in (row, P[i:]))
        x_mean, y_mean = (v.sum(axis=1, keepdims=True) / both for v in (x, y))
        centre = (x_mean + y_mean) / 2
        x_off, y_off = (centre, centre) if pooled else (x_mean, y_mean)
        spread = (np.square(x - x_off) + np.square(y - y_off)).sum(axis=1, where=common)
        chance = both[:, 0] * spread
        if not pooled:
            chance += np.square(both * (x_mean - y_mean))[:, 0]
        total[i, i:] = total[i:, i] = chance
    return total


def _expected_by_pairs(P: FloatArray, distance: Distance, *, pooled: bool) -> FloatArray:
    total = np.zeros((len(P), len(P)))
    for i, x in enumerate(P):
        for j in range(i, len(P)):
            common = ~(np.isnan(x) | np.isnan(P[j]))
            chance = _expected_of_pair(x[common], P[j][common], distance, pooled=pooled)
            total[i, j] = total[j, i] = chance
    return total


def _expected_of_pair(x: FloatArray, y: FloatArray, distance: Distance, *, pooled: bool) -> float:
    values, index = np.unique(np.concatenate([x, y]), return_inverse=True)
    count_x = np.bincount(index[: len(x)], minlength=len(values)).astype(np.float64)
    count_y = np.bincount(index[len(x) :], minlength=len(values)).astype(np.float64)
    if pooled:
        count_x = count_y = (count_x + count_y) / 2
    return float(count_x @ DISTANCES[distance](values[:, None] - values[None, :]) @ count_y)


def _column(matrix: npt.NDArray[Any]) -> FloatArray:
    """The sums of the rows, to stand beside their transpose."""
    return np.asarray(matrix.sum(axis=1, keepdims=True, dtype=np.float64))


def _symmetric(matrix: FloatArray) -> FloatArray:
    return np.asarray((matrix + matrix.T) / 2)


def _one_minus_ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    result = np.full(part.shape, math.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return np.asarray(1 - result, dtype=np.float64)
