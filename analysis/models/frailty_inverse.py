"""Standard errors of a penalised Efron likelihood: its information inverted, exactly or sparsely.

The information of the groups' coefficients is full, but its elements off the diagonal are small
where no group holds much of a risk set. R ``coxph`` leaves them out as soon as there are more than
five groups ("sparse"). That hardly matters to covariates that vary within groups, but much to those
that do not: off the diagonal is what says that all groups together cannot rise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.models.efron import group_sum
from analysis.models.frailty_penalty import (
    Penalty,
    Point,
    covariate_block,
    covariate_columns,
    solve,
)
from analysis.models.frame import Floats, Ints
from coalitiondata.errors import InvalidDataError


@dataclass(frozen=True, eq=False)
class Inverse:
    """What the exact inverse of information plus penalty tells at a maximum.

    Attributes:
        covariates: its block of the covariates, p x p.
        groups: its diagonal over the groups, G.
        log_determinant: of the groups' block of information plus penalty, before inversion.
    """

    covariates: Floats
    groups: Floats
    log_determinant: float


def inverse(point: Point, penalty: Penalty) -> Inverse:
    """The exact inverse, through a matrix of groups by groups."""
    G = point.data.groups
    full = information(point)
    full[np.arange(G), np.arange(G)] += penalty.ridge(point.w)
    inverted = np.asarray(np.linalg.inv(full))
    return Inverse(
        covariates=inverted[G:, G:],
        groups=np.diag(inverted)[:G],
        log_determinant=float(np.linalg.slogdet(full[:G, :G])[1]),
    )


def sparse_inverse(point: Point, penalty: Penalty) -> Floats:
    """The covariates' block of the inverse if the groups' block were diagonal, p x p.

    The diagonal is the exact one, sum_k p_kj (1 - p_kj): the approximation of R ``coxph``.

    Raises:
        InvalidDataError: what is left for the covariates is not positive.
    """
    G = point.data.groups
    border = covariate_columns(point)
    diagonal = group_diagonal(point) + penalty.ridge(point.w)
    left = border[G:] - border[:G].T @ (border[:G] / diagonal[:, None])
    if not (np.linalg.eigvalsh(left) > 0).all():
        raise InvalidDataError(
            "the sparse approximation of the information breaks down, "
            "as covariates that are constant within groups can make it; use sparse=False"
        )
    return np.asarray(np.linalg.inv(left))


def covariate_inverse(point: Point, penalty: Penalty) -> Floats:
    """The covariates' block of the exact inverse, p x p, without a matrix of groups by groups."""
    G, p = point.data.groups, point.data.X.shape[1]
    block = covariate_block(point)
    columns = [
        solve(point, penalty, unit, block, tolerance=1e-10) for unit in np.eye(p, G + p, k=G)
    ]
    return np.stack(columns, axis=1)[G:]


def information(point: Point) -> Floats:
    """The full observed information, G + p square, without the penalty."""
    data, sets = point.data, point.data.sets
    G, T = data.groups, len(sets.time)
    scale = np.exp(point.w)
    risk = point.risk / scale[data.group]

    def table(values: Floats, times: Ints, rows: npt.NDArray[np.bool_]) -> Floats:
        cells = times * G + data.group[rows]
        counted = np.bincount(cells, values[rows], minlength=(T + 1) * G)
        return np.asarray(counted.reshape(T + 1, G))

    present = sets.last > sets.first

    def among(values: Floats) -> Floats:
        enter = table(values, sets.first[present], present)
        return np.asarray((enter - table(values, sets.last[present], present)).cumsum(axis=0)[:T])

    # Where no row of a group is at risk, its sum is zero and not a rounding error.
    at_risk = among(risk) * (among(np.ones_like(risk)) > 0)
    dying = table(risk, data.own, data.dead)[:T]
    none, one, two = point.squares[:, :, None]
    crossed = at_risk.T @ (one * dying)
    products = at_risk.T @ (none * at_risk) - crossed - crossed.T + dying.T @ (two * dying)
    groups = np.diag(point.expected()) - np.outer(scale, scale) * products
    border = covariate_columns(point)
    return np.block([[groups, border[:G]], [border[:G].T, border[G:]]])


def group_diagonal(point: Point) -> Floats:
    """sum_k p_kj (1 - p_kj) of each group, without a matrix of groups by steps.

    A group's risk A_t changes only where one of its rows enters or leaves, and its dead a_t differ
    from zero only where it has some, so that in sum_k (A_t - (k/d) a_t)^2 h_k^2 each of the three
    products is a sum over as many terms as there are rows.
    """
    data, sets, squares = point.data, point.data.sets, point.squares
    T = len(sets.time)
    # Risks within a group are taken relative to its own level, lest a large one leaves its rounding
    # errors in the sums of the next. Keys run through the event times of group 0, of group 1, ...
    scale = np.exp(point.w)
    risk = point.risk / scale[data.group]
    base = data.group * (T + 1)
    present = np.tile(sets.last > sets.first, 2)
    key = np.concatenate([base + sets.first, base + sets.last])[present]
    order = np.argsort(key, kind="stable")
    key = key[order]
    sign = np.repeat([1, -1], len(risk))[present][order]
    # Where no row of a group is at risk, its sum is zero and not a rounding error.
    level = (sign * np.tile(risk, 2)[present][order]).cumsum() * (sign.cumsum() > 0)
    passed = np.concatenate([[0.0], squares[0].cumsum()])[key % (T + 1)]
    owner = key // (T + 1)
    span = np.where(owner[1:] == owner[:-1], np.diff(passed), 0.0)
    shares = group_sum(owner[:-1], level[:-1] ** 2 * span, data.groups)

    dying, which = np.unique(base[data.dead] + data.own, return_inverse=True)
    a = np.bincount(which, weights=risk[data.dead])
    A = level[np.searchsorted(key, dying, side="right") - 1]
    time = dying % (T + 1)
    spared = a**2 * squares[2][time] - 2 * A * a * squares[1][time]
    shares += group_sum(dying // (T + 1), spared, data.groups)
    # A group alone in its risk sets has no information, which rounding can make negative.
    return np.asarray(np.maximum(point.expected() - scale**2 * shares, 0.0))
