"""Efron's partial likelihood with a penalised coefficient per group, at a given penalty.

Rows of group j have the linear predictor w_j + x'b. Groups can be many, so that no matrix of
groups by groups is formed unless somebody asks for it: the Newton step solves its equations by
conjugate gradients, to which the information is known through its products with vectors alone,
each a pass over the rows. With p_kj the share of group j in the risk of Efron's step k, the block
of the groups is diag(expected events) - sum_k p_k p_k', with sum_k p_kj (1 - p_kj) on its diagonal.

Source: Therneau, Grambsch and Pankratz (2003), JCGS 12: 156-175.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.models.efron import RiskSets, group_sum
from analysis.models.frame import Floats, Ints
from coalitiondata.errors import InvalidDataError

DECREMENT = 1e-11  # of a Newton step after which the maximum is reached: the error is its square
STEPS = 60


@dataclass(frozen=True)
class LogGamma:
    """exp(w) is gamma with mean 1 and variance theta: log-density (w - exp(w)) / theta."""

    theta: float

    def value(self, w: Floats) -> float:
        """Log-density of all groups together, up to a constant."""
        return float((w - np.expm1(w)).sum() / self.theta)

    def slope(self, w: Floats) -> Floats:
        """Its first derivative by group."""
        return np.asarray(-np.expm1(w) / self.theta)

    def ridge(self, w: Floats) -> Floats:
        """Minus its second derivative by group."""
        return np.asarray(np.exp(w) / self.theta)


@dataclass(frozen=True)
class Normal:
    """w is normal with mean 0 and variance theta: log-density -w^2 / (2 theta)."""

    theta: float

    def value(self, w: Floats) -> float:
        """Log-density of all groups together, up to a constant."""
        return float(-(w @ w) / (2 * self.theta))

    def slope(self, w: Floats) -> Floats:
        """Its first derivative by group."""
        return -w / self.theta

    def ridge(self, w: Floats) -> Floats:
        """Minus its second derivative by group."""
        return np.full(len(w), 1 / self.theta)


Penalty = LogGamma | Normal


@dataclass(frozen=True, eq=False)
class Grouped:
    """What stays the same while coefficients change; n rows, p covariates, G groups, T times.

    Attributes:
        sets: the risk sets.
        X: covariates, n x p.
        group: number of each row's group, n.
        groups: G.
        dead: which rows end with an event, n.
        own: the event times of these.
        step_time: the event time of each of Efron's steps.
        step_share: k/d of each step.
    """

    sets: RiskSets
    X: Floats
    group: Ints
    groups: int
    dead: npt.NDArray[np.bool_]
    own: Ints
    step_time: Ints
    step_share: Floats

    def predictor(self, joint: Floats) -> Floats:
        """w_j + x'b of each row, from w and b in one vector (or several, as columns)."""
        return np.asarray(joint[: self.groups][self.group] + self.X @ joint[self.groups :])

    def collect(self, by_row: Floats) -> Floats:
        """The transpose of `predictor`: sums over the rows of each group, then of covariates."""
        return np.concatenate([group_sum(self.group, by_row, self.groups), self.X.T @ by_row])

    def dying_sum(self, by_row: Floats) -> Floats:
        """Sums over the dead of each event time."""
        return group_sum(self.own, by_row[self.dead], len(self.sets.time))

    def over_time(self, increments: Floats, spared: Floats) -> Floats:
        """Sums of `increments` (by event time) while a row is at risk, less `spared` at its own."""
        total = self.sets.over_time(increments)
        total[self.dead] -= spared[self.own]
        return total


@dataclass(frozen=True, eq=False)
class Point:
    """The partial likelihood at one value of the coefficients.

    Attributes:
        data: rows, covariates, groups.
        joint: w and b, G + p.
        loglik: partial log-likelihood, unpenalised.
        risk: exp(predictor), n.
        exposure: cumulative hazard each row has been under, n.
        squares: sums over the steps of an event time of h^2, (k/d) h^2 and (k/d)^2 h^2, 3 x T,
            where h is the step's hazard increment.
    """

    data: Grouped
    joint: Floats
    loglik: float
    risk: Floats
    exposure: Floats
    squares: Floats

    @property
    def w(self) -> Floats:
        """Coefficients of the groups."""
        return self.joint[: self.data.groups]

    def score(self) -> Floats:
        """Gradient, G + p: martingale residuals summed by group, and against the covariates."""
        return self.data.collect(self.data.dead - self.risk * self.exposure)

    def expected(self) -> Floats:
        """Expected events of each group, G."""
        return group_sum(self.data.group, self.risk * self.exposure, self.data.groups)

    def information_times(self, joint: Floats) -> Floats:
        """The observed information (G + p square) times a vector, or times each column."""
        data = self.data
        moved = data.predictor(joint)
        column = (slice(None), *[None] * (moved.ndim - 1))
        risk, exposure = self.risk[column], self.exposure[column]
        none, one, two = (square[column] for square in self.squares)
        at_risk = data.sets.at_risk_sum(risk * moved)
        dying = data.dying_sum(risk * moved)
        mean = data.over_time(none * at_risk - one * dying, one * at_risk - two * dying)
        return data.collect(risk * (moved * exposure - mean))


def grouped(sets: RiskSets, X: Floats, group: Ints) -> Grouped:
    """Number Efron's steps once for all coefficients; `group` holds 0 .. G-1."""
    dead = sets.own >= 0
    own = sets.own[dead]
    deaths = np.bincount(own, minlength=len(sets.time))
    step_time = np.repeat(np.arange(len(deaths)), deaths)
    before = np.repeat(deaths.cumsum() - deaths, deaths)
    return Grouped(
        sets=sets,
        X=X,
        group=group,
        groups=int(group.max()) + 1,
        dead=dead,
        own=own,
        step_time=step_time,
        step_share=(np.arange(len(own)) - before) / deaths[step_time],
    )


def evaluate(data: Grouped, joint: Floats) -> Point:
    """Efron's sums at the coefficients `joint` (w, then b)."""
    eta = data.predictor(joint)
    time, share, times = data.step_time, data.step_share, len(data.sets.time)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        risk = np.exp(eta)
        left = data.sets.at_risk_sum(risk)[time] - share * data.dying_sum(risk)[time]
        hazard = 1 / left
        spared = group_sum(time, share * hazard, times)
        return Point(
            data=data,
            joint=joint,
            loglik=float(eta[data.dead].sum() - np.log(left).sum()),
            risk=risk,
            exposure=data.over_time(group_sum(time, hazard, times), spared),
            squares=np.stack([group_sum(time, share**k * hazard**2, times) for k in range(3)]),
        )


def maximise(data: Grouped, penalty: Penalty, start: Floats) -> Point:
    """The maximum of partial log-likelihood plus penalty, from `start`.

    Newton steps, halved until the sum rises; it is concave, so that there is one maximum at most.

    Raises:
        InvalidDataError: the maximum is not reached.
    """
    point = evaluate(data, start)
    height = point.loglik + penalty.value(point.w)
    # An approximation for all steps: it only speeds the solution up.
    block = covariate_block(point)
    for _ in range(STEPS):
        gradient = point.score()
        gradient[: data.groups] += penalty.slope(point.w)
        step = solve(point, penalty, gradient, block, tolerance=1e-6)
        decrement = float(gradient @ step)
        for _ in range(30):
            trial = evaluate(data, point.joint + step)
            reached = trial.loglik + penalty.value(trial.w)
            # At the maximum itself rounding decides the sign of a rise.
            if reached >= height - 1e-12 * abs(height):
                break
            step = step / 2
        else:
            break
        point, height = trial, reached
        if decrement < DECREMENT:
            return point
    raise InvalidDataError(
        f"no maximum of the likelihood is found at a frailty variance of {penalty.theta:.3g}; "
        "groups that differ so much are better taken as strata"
    )


def solve(point: Point, penalty: Penalty, right: Floats, block: Floats, tolerance: float) -> Floats:
    """(information + penalty)^-1 `right`, by conjugate gradients, to a relative `tolerance`.

    What preconditions is, for the groups, the information they would have if their shares in the
    risk sets never changed, diag(expected) - expected expected' / events, plus penalty; and
    `block`, an approximate inverse of the covariates' block.
    """
    G = point.data.groups
    ridge = penalty.ridge(point.w)
    expected = point.expected()
    diagonal = expected + ridge
    shares = expected / diagonal
    left = expected @ (1 - shares)

    def precondition(v: Floats) -> Floats:
        groups = v[:G] / diagonal + shares * ((shares @ v[:G]) / left)
        return np.concatenate([groups, block @ v[G:]])

    solution, residual = np.zeros_like(right), right.copy()
    direction = turned = precondition(residual)
    size = float(residual @ turned)
    enough = tolerance**2 * size
    for _ in range(10 * len(right)):
        if not size > enough:
            break
        image = point.information_times(direction)
        image[:G] += ridge * direction[:G]
        length = size / float(direction @ image)
        solution += length * direction
        residual -= length * image
        turned = precondition(residual)
        size, previous = float(residual @ turned), size
        direction = turned + (size / previous) * direction
    return solution


def covariate_columns(point: Point) -> Floats:
    """The covariates' columns of the information, (G + p) x p."""
    G, p = point.data.groups, point.data.X.shape[1]
    return point.information_times(np.concatenate([np.zeros((G, p)), np.eye(p)]))


def covariate_block(point: Point) -> Floats:
    """Inverse of the information about the covariates if the groups' coefficients were known."""
    block = covariate_columns(point)[point.data.groups :]
    return np.asarray(np.linalg.pinv(block, hermitian=True))
