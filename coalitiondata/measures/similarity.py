"""How alike the foreign-policy portfolios of two states are.

A portfolio lists one value per target: the alliance obligation to each state, the vote on each
resolution. Pass whole portfolios as the source defines them; whether a state's tie to itself
belongs in them is the user's decision.

Rules shared by all functions:

- Targets on which either value is missing are left out of that pair (pairwise complete).
- A pair without any common target gives nan.
- Distances d(x, y): "absolute" |x - y|, "squared" (x - y)^2, "nominal" 1 where x and y differ.
- Infinite or non-numeric values raise InvalidDataError naming their position.

The matrix forms take states x targets and return states x states. They cost a few matrix products,
or one per value where values are not whole numbers; beyond 64 such values they go row by row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from coalitiondata.errors import InvalidDataError
from coalitiondata.measures._agreement import (
    DISTANCES,
    Distance,
    chance_corrected,
    chance_corrected_of_rows,
    levels_of,
    s_of_rows,
)
from coalitiondata.measures._arrays import FloatArray, reject, same_length, to_floats, to_weights


def s_score(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    distance: Literal["absolute", "squared"] = "absolute",
    max_distance: float | None = None,
    levels: Sequence[float] | None = None,
) -> float:
    """Similarity S of Signorino and Ritter for one pair of portfolios.

    S = 1 - 2 sum_t w_t d(x_t, y_t) / (d_max sum_t w_t), from -1 (as far apart as the scale
    allows on every target) to 1 (identical).

    `x`, `y`: one value per target. `weights`: non-negative importance per target (e.g. CINC),
    equal if not given; a missing weight gives nan. `max_distance`: the largest |x - y| the scale
    allows, or `levels`: all values the scale has; exactly one is needed, because the values one
    pair happens to show understate the scale and change S. With squared distance d_max is the
    square of that largest difference.

    Missing values: pairwise complete; nothing in common, or no weight on it, gives nan. Raises
    InvalidDataError for unequal lengths, values further apart than the scale allows, or a scale
    that is not given.
    Source: Signorino and Ritter (1999), International Studies Quarterly 43: 115-144.
    """
    left, right = _pair(x, y, "s_score")
    check_distance(distance, "s_score", ("absolute", "squared"))
    measure = DISTANCES[distance]
    width = scale_width(max_distance, levels, "s_score")
    importance = _importance(weights, len(left), "s_score")
    common = ~(np.isnan(left) | np.isnan(right))
    gap = left[common] - right[common]
    check_spread(gap, width, "s_score")
    weight = importance[common]
    if np.isnan(importance).any() or not weight.sum() > 0:
        return math.nan
    d_max = float(measure(np.array([width]))[0])
    return float(1 - 2 * (weight @ measure(gap)) / (d_max * weight.sum()))


def scott_pi(x: npt.ArrayLike, y: npt.ArrayLike, *, distance: Distance = "squared") -> float:
    """Scott's pi for one pair of portfolios: agreement corrected for chance, shared propensity.

    pi = 1 - D_o / D_e with observed disagreement D_o = mean_t d(x_t, y_t) and expected
    disagreement D_e = sum_k sum_l p(k) p(l) d(k, l), where p is the distribution of values in
    both portfolios pooled. From -1 to 1 (identical); 0 is agreement by chance.

    With squared distance D_e is twice the pooled variance. The distance's unit cancels, so no
    scale is needed. Missing values: pairwise complete; nothing in common gives nan, and so does
    D_e = 0, where both portfolios hold one and the same value throughout and chance alone
    explains agreement (some published data put 0 there). Raises InvalidDataError for unequal
    lengths or an unknown distance.
    Source: Scott (1955), Public Opinion Quarterly 19: 321-325; for valued portfolios Häge (2011),
    Political Analysis 19: 287-305.
    """
    left, right = _complete_pair(x, y, "scott_pi")
    check_distance(distance, "scott_pi")
    return chance_corrected(left, right, distance, pooled=True)


def cohen_kappa(x: npt.ArrayLike, y: npt.ArrayLike, *, distance: Distance = "squared") -> float:
    """Weighted kappa of Cohen for one pair of portfolios: chance by each state's own propensity.

    kappa = 1 - D_o / D_e with observed disagreement D_o = mean_t d(x_t, y_t) and expected
    disagreement D_e = sum_k sum_l p_x(k) p_y(l) d(k, l), where p_x and p_y are the distributions
    of values in each portfolio. From -1 to 1 (identical); 0 is agreement by chance.

    With squared distance D_e = var(x) + var(y) + (mean(x) - mean(y))^2. The distance's unit
    cancels, so no scale is needed. Missing values: pairwise complete; nothing in common gives
    nan, and so does D_e = 0, where both portfolios hold one and the same value throughout and
    chance alone explains agreement (some published data put 0 there). Raises InvalidDataError for
    unequal lengths or an unknown distance.
    Source: Cohen (1960), Educational and Psychological Measurement 20: 37-46, (1968),
    Psychological Bulletin 70: 213-220; for portfolios Häge (2011), Political Analysis 19: 287-305.
    """
    left, right = _complete_pair(x, y, "cohen_kappa")
    check_distance(distance, "cohen_kappa")
    return chance_corrected(left, right, distance, pooled=False)


def jaccard(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Jaccard similarity of two sets of ties: common ties over ties that either has.

    J = |x and y| / |x or y|, from 0 to 1. `x`, `y`: 0/1 or boolean, one value per target. Unlike
    S it ignores targets to which neither is tied.

    Missing values: pairwise complete; nan if neither has any tie. Raises InvalidDataError for
    unequal lengths or values other than 0 and 1.
    Source: Jaccard (1912), New Phytologist 11: 37-50.
    """
    left, right = _pair(x, y, "jaccard")
    for name, values in (("x", left), ("y", right)):
        reject(
            ~(np.isnan(values) | (values == 0) | (values == 1)),
            values,
            function="jaccard",
            name=name,
            rule="values must be 0 or 1; for valued ties pass a comparison such as x > 0",
        )
    common = ~(np.isnan(left) | np.isnan(right))
    ties = left[common] + right[common]
    either = int((ties > 0).sum())
    return float((ties == 2).sum() / either) if either else math.nan


def s_matrix(
    P: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    distance: Literal["absolute", "squared"] = "absolute",
    max_distance: float | None = None,
    levels: Sequence[float] | None = None,
) -> FloatArray:
    """Return `s_score` of every pair of rows of `P` (states x targets) as states x states.

    Same formula, arguments, missing-value rules and errors as `s_score`; symmetric, 1 on the
    diagonal of every state that has a value.
    Source: Signorino and Ritter (1999), International Studies Quarterly 43: 115-144.
    """
    portfolios = to_floats(P, function="s_matrix", name="P", ndim=2)
    check_distance(distance, "s_matrix", ("absolute", "squared"))
    width = scale_width(max_distance, levels, "s_matrix")
    importance = None
    if weights is not None:
        importance = _importance(weights, portfolios.shape[1], "s_matrix")
    check_spread(target_ranges(portfolios), width, "s_matrix")
    return s_of_rows(
        portfolios, levels_of(portfolios), distance=distance, width=width, weights=importance
    )


def scott_pi_matrix(P: npt.ArrayLike, *, distance: Distance = "squared") -> FloatArray:
    """Return `scott_pi` of every pair of rows of `P` (states x targets) as states x states.

    Same formula, missing-value rules and errors as `scott_pi`; each pair's chance agreement is
    taken over the targets that both have.
    Source: Scott (1955); Häge (2011), Political Analysis 19: 287-305.
    """
    portfolios = to_floats(P, function="scott_pi_matrix", name="P", ndim=2)
    check_distance(distance, "scott_pi_matrix")
    return chance_corrected_of_rows(
        portfolios, levels_of(portfolios), distance=distance, pooled=True
    )


def cohen_kappa_matrix(P: npt.ArrayLike, *, distance: Distance = "squared") -> FloatArray:
    """Return `cohen_kappa` of every pair of rows of `P` (states x targets) as states x states.

    Same formula, missing-value rules and errors as `cohen_kappa`; each pair's chance agreement is
    taken over the targets that both have.
    Source: Cohen (1960, 1968); Häge (2011), Political Analysis 19: 287-305.
    """
    portfolios = to_floats(P, function="cohen_kappa_matrix", name="P", ndim=2)
    check_distance(distance, "cohen_kappa_matrix")
    return chance_corrected_of_rows(
        portfolios, levels_of(portfolios), distance=distance, pooled=False
    )


def target_ranges(portfolios: FloatArray) -> FloatArray:
    """How far apart the values on each target are, 0 where none is known."""
    if not len(portfolios):
        return np.zeros(portfolios.shape[1])
    ranges = np.fmax.reduce(portfolios, axis=0) - np.fmin.reduce(portfolios, axis=0)
    return np.where(np.isnan(ranges), 0.0, ranges)


def _pair(x: npt.ArrayLike, y: npt.ArrayLike, function: str) -> tuple[FloatArray, FloatArray]:
    left = to_floats(x, function=function, name="x", ndim=1)
    right = to_floats(y, function=function, name="y", ndim=1)
    same_length(left, right, function=function, names="x and y")
    return left, right


def _complete_pair(
    x: npt.ArrayLike, y: npt.ArrayLike, function: str
) -> tuple[FloatArray, FloatArray]:
    left, right = _pair(x, y, function)
    common = ~(np.isnan(left) | np.isnan(right))
    return left[common], right[common]


def _importance(weights: npt.ArrayLike | None, targets: int, function: str) -> FloatArray:
    if weights is None:
        return np.ones(targets)
    importance = to_weights(weights, function=function)
    same_length(importance, np.empty(targets), function=function, names="weights and targets")
    return importance


def check_distance(distance: str, function: str, known: tuple[str, ...] = tuple(DISTANCES)) -> None:
    """Raise InvalidDataError unless the distance has a known name."""
    if distance not in known:
        raise InvalidDataError(
            f"{function}: distance {distance!r} is not known; use one of {', '.join(known)}"
        )


def scale_width(max_distance: float | None, levels: Sequence[float] | None, function: str) -> float:
    """Return the largest difference that the scale allows."""
    if (max_distance is None) == (levels is None):
        raise InvalidDataError(
            f"{function}: give either max_distance (the largest difference the scale allows) or "
            "levels (all values the scale has); the data alone do not tell how wide the scale is"
        )
    if levels is not None:
        values = to_floats(levels, function=function, name="levels", ndim=1)
        width = float(np.ptp(values)) if len(values) else math.nan
    else:
        width = float(max_distance) if max_distance is not None else math.nan
    if not (math.isfinite(width) and width > 0):
        raise InvalidDataError(
            f"{function}: the scale's largest difference must be a positive number, got {width:g}"
        )
    return width


def check_spread(gap: FloatArray, width: float, function: str) -> None:
    """Raise InvalidDataError if two values on one target differ by more than the scale allows."""
    widest = float(np.abs(gap).max(initial=0.0))
    # Room for the rounding of a difference between two decimal numbers.
    if widest > width * (1 + 1e-12):
        raise InvalidDataError(
            f"{function}: two values on one target differ by {widest:g}, more than the scale's "
            f"largest difference {width:g}; correct max_distance or levels"
        )
