"""How far the interests of a coalition's members overlap: how deep and how broad.

`positions` is members x dimensions: what each member wants on each issue dimension, on a scale
of known width per dimension. On one dimension two members are similar by
1 - |x_i - x_j| / scale, from 0 (opposite ends) to 1 (same position).

Rules shared by all functions:

- Infinite or non-numeric values raise InvalidDataError naming their position, and so do
  positions further apart than the scale is wide.
- Weights are per member (e.g. seats), finite and not negative; a pair weighs w_i * w_j. A
  missing weight makes the result nan, because it bears on every mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coalitiondata.measures._arrays import (
    FloatArray,
    reject,
    same_length,
    to_floats,
    to_scales,
    to_weights,
)


def ideological_range(positions: npt.ArrayLike, *, skipna: bool = False) -> float:
    """Distance between the two members furthest apart on one dimension: max x_i - min x_i.

    `positions`: one value per member (1-d); the result is in their unit, 0 for a lone member.
    A missing position gives nan; `skipna=True` gives the range of the known members, which is a
    lower bound. No known position gives nan. Raises InvalidDataError for infinite or
    non-numeric positions.
    Source: Warwick (1994), Government Survival in Parliamentary Democracies; Tsebelis (2002),
    Veto Players.
    """
    array = to_floats(positions, function="ideological_range", name="positions", ndim=1)
    if skipna:
        array = array[~np.isnan(array)]
    return float(np.ptp(array)) if len(array) else math.nan


def ideological_variance(
    positions: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, skipna: bool = False
) -> float:
    """Weighted variance of the members' positions on one dimension.

    sum_i w_i (x_i - m)^2 / sum_i w_i with m = sum_i w_i x_i / sum_i w_i; the members are the
    population, so nothing is subtracted from the denominator. `positions` and `weights`: one
    value per member (1-d), equal weights if not given; the result is in the square of the
    positions' unit, 0 for a lone member.

    A missing position or weight gives nan; `skipna=True` leaves out members without a position
    (a missing weight still gives nan). No known position, or no weight on one, gives nan.
    Raises InvalidDataError for infinite or non-numeric values, negative weights or unequal
    lengths.
    Source: Taylor and Herman (1971), American Political Science Review 65: 28-37; weighted by
    size as in Dalton (2008), Comparative Political Studies 41: 899-920.
    """
    array = to_floats(positions, function="ideological_variance", name="positions", ndim=1)
    importance = _importance(weights, array, "ideological_variance")
    if np.isnan(importance).any():
        return math.nan
    if skipna:
        known = ~np.isnan(array)
        array, importance = array[known], importance[known]
    total = importance.sum()
    if not total > 0:
        return math.nan
    mean = importance @ array / total
    return float(importance @ np.square(array - mean) / total)


def depth(
    positions: npt.ArrayLike,
    *,
    scale: float | Sequence[float] = 10,
    weights: npt.ArrayLike | None = None,
) -> float:
    """How similar the members' interests are, averaged over the dimensions they can be judged on.

    Mean over dimensions of the mean over pairs i < j of 1 - |x_i - x_j| / scale, from 0 to 1.
    With `weights` (one per member) the mean over pairs is weighted by w_i * w_j.

    `positions`: members x dimensions. `scale`: width of the scale in the positions' unit, one for
    all dimensions or one per dimension. A pair with a missing position on a dimension is left out
    of that dimension, a dimension without any pair (or any pair's weight) is left out; nothing
    left, or a missing weight, gives nan. Raises InvalidDataError for values of a wrong shape or
    kind, and positions further apart than the scale is wide.
    """
    return _mean_known(_similarity(positions, scale, weights, "depth"))


def breadth(
    positions: npt.ArrayLike,
    usual: npt.ArrayLike,
    *,
    scale: float | Sequence[float] = 10,
    weights: npt.ArrayLike | None = None,
    as_share: bool = False,
) -> float:
    """On how many dimensions the members are closer to each other than is usual.

    The number of dimensions on which the mean pairwise similarity of the members (as in `depth`)
    exceeds `usual`, the similarity of the usual pair on that dimension (nan: unknown), from 0 to
    the number of dimensions. `as_share=True` divides by the number of dimensions that could be
    judged, those with at least one pair and a known usual similarity; it is the form to compare
    across coalitions observed on different numbers of dimensions.

    `positions`: members x dimensions. `usual`: one value per dimension. `scale`, `weights` and
    missing positions as in `depth`. No dimension to judge, or a missing weight, gives nan. Raises
    InvalidDataError for values of a wrong shape or kind, and positions further apart than the
    scale is wide.
    """
    similarity = _similarity(positions, scale, weights, "breadth")
    return _count_above(similarity, usual, as_share, "breadth")


def depth_from_pairs(similarities: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """`depth` where the similarity of each pair on each issue is given directly.

    Mean over issues of the (weighted) mean over pairs. `similarities`: pairs x issues, in any
    unit in which larger is closer, the same for all issues; the result is in that unit.
    `weights`: one per pair, not per member. Missing similarities leave a pair out of that issue,
    an issue without any is left out; nothing left, or a missing weight, gives nan. Raises
    InvalidDataError for values of a wrong shape or kind.
    """
    return _mean_known(_issue_means(similarities, weights, "depth_from_pairs"))


def breadth_from_pairs(
    similarities: npt.ArrayLike,
    usual: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    as_share: bool = False,
) -> float:
    """`breadth` where the similarity of each pair on each issue is given directly.

    The number (or share, `as_share=True`) of issues on which the (weighted) mean similarity of
    the pairs exceeds `usual`. `similarities`: pairs x issues. `usual`: one value per issue in the
    same unit, nan where unknown. `weights`: one per pair. Missing values as in
    `depth_from_pairs`; no issue to judge gives nan. Raises InvalidDataError for values of a wrong
    shape or kind.
    """
    means = _issue_means(similarities, weights, "breadth_from_pairs")
    return _count_above(means, usual, as_share, "breadth_from_pairs")


def _similarity(
    positions: npt.ArrayLike,
    scale: float | Sequence[float],
    weights: npt.ArrayLike | None,
    function: str,
) -> FloatArray:
    """Return the mean pairwise similarity per dimension, nan where there is no pair."""
    array = to_floats(positions, function=function, name="positions", ndim=2)
    widths = to_scales(scale, array.shape[1], function=function)
    importance = _importance(weights, array, function)
    first, second = np.triu_indices(len(array), k=1)
    similarity = 1 - np.abs(array[first] - array[second]) / widths
    too_far = similarity < -1e-12
    if too_far.any():
        pair, dimension = (int(i) for i in np.argwhere(too_far)[0])
        i, j = int(first[pair]), int(second[pair])
        reject(
            np.arange(len(array)) == j,
            array[:, dimension],
            function=function,
            name=f"positions[:, {dimension}]",
            rule=f"that is {abs(array[i, dimension] - array[j, dimension]):g} from member {i}, "
            f"more than the scale's width {widths[dimension]:g}; correct the position or scale",
        )
    return _weighted_means(similarity, importance[first] * importance[second])


def _issue_means(
    similarities: npt.ArrayLike, weights: npt.ArrayLike | None, function: str
) -> FloatArray:
    array = to_floats(similarities, function=function, name="similarities", ndim=2)
    return _weighted_means(array, _importance(weights, array, function))


def _weighted_means(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted mean of each column over its known rows, nan where there is none."""
    known = ~np.isnan(values)
    total = weights @ known
    means = np.full(values.shape[1], np.nan)
    np.divide(weights @ np.where(known, values, 0.0), total, out=means, where=total > 0)
    return means


def _mean_known(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _count_above(
    similarity: FloatArray, usual: npt.ArrayLike, as_share: bool, function: str
) -> float:
    reference = to_floats(usual, function=function, name="usual", ndim=1)
    same_length(reference, similarity, function=function, names="usual and the dimensions")
    judged = ~(np.isnan(similarity) | np.isnan(reference))
    if not judged.any():
        return math.nan
    closer = int((similarity[judged] > reference[judged]).sum())
    return closer / int(judged.sum()) if as_share else float(closer)


def _importance(weights: npt.ArrayLike | None, rows: FloatArray, function: str) -> FloatArray:
    if weights is None:
        return np.ones(len(rows))
    importance = to_weights(weights, function=function)
    same_length(importance, rows, function=function, names="weights and rows")
    return importance
