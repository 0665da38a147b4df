"""Risk sets under Efron's treatment of ties: the sums from which all Cox diagnostics follow.

At an event time with d tied deaths, Efron (1977) takes d steps k = 0 .. d-1; in step k each of
the dead counts 1 - k/d in the risk set. With r = w exp(x'b), R the sum of r over the risk set and
R_d that over the dead, step k has the denominator D_k = R - (k/d) R_d, the mean covariate m_k of
the same weights, and the hazard increment h_k = (W/d) / D_k, W the dead's total case weight. An
individual's hazard at its own death is the sum of (1 - k/d) h_k, at other times that of h_k.
Rows are at risk on (entry, duration], strata apart.

Source: Therneau and Grambsch (2000), Modeling Survival Data, sections 3.3, 4.2, 7.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.models.frame import Floats, Ints


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Who is at risk at which event time; event times are numbered through all strata.

    Attributes:
        time: event times, ordered within strata.
        blocks: first event time of each stratum that has events, and the total.
        first, last: per row, the event times first .. last-1 are those it is at risk at.
        opens: per row, the number of its stratum's first event time.
        own: per row, the number of its own event time, -1 if it is censored.
    """

    time: Floats
    blocks: Ints
    first: Ints
    last: Ints
    opens: Ints
    own: Ints

    def at_risk_sum(self, values: Floats) -> Floats:
        """Sums of `values` (rows, or rows x columns) over the risk set of each event time."""
        present = self.last > self.first
        late = present & (self.first > self.opens)
        total = self._sum_from(self.last[present] - 1, values[present])
        if late.any():
            total -= self._sum_from(self.first[late] - 1, values[late])
        return total

    def _sum_from(self, number: Ints, values: Floats) -> Floats:
        sums = group_sum(number, values, len(self.time))
        for begin, end in zip(self.blocks[:-1], self.blocks[1:], strict=True):
            sums[begin:end] = sums[begin:end][::-1].cumsum(axis=0)[::-1]
        return sums

    def over_time(self, increments: Floats) -> Floats:
        """For each row, the sum of `increments` (by event time) while it is at risk."""
        shape = (1, *increments.shape[1:])
        running = np.concatenate([np.zeros(shape), increments.cumsum(axis=0)])
        total: Floats = running[np.maximum(self.last, self.first)] - running[self.first]
        return total


def group_sum(number: Ints, values: Floats, groups: int) -> Floats:
    """Sums of rows (vector or matrix) by group number."""
    if values.ndim == 1:
        return np.bincount(number, weights=values, minlength=groups).astype(np.float64)
    columns = [np.bincount(number, weights=v, minlength=groups) for v in values.T]
    return np.stack(columns, axis=1) if columns else np.zeros((groups, 0))


def risk_sets(start: Floats, stop: Floats, event: npt.NDArray[np.bool_], strata: Ints) -> RiskSets:
    """Number the event times and find for each row those at which it is at risk."""
    times = np.unique(stop[event])
    width = len(times) + 1  # one more than needed keeps neighbouring strata apart
    base = strata * width
    key = base + np.searchsorted(times, stop, side="right") - 1
    numbers = np.unique(key[event])
    first = np.searchsorted(numbers, base + np.searchsorted(times, start, side="right"))
    last = np.searchsorted(numbers, key, side="right")
    stratum_of = numbers // width
    edges = np.flatnonzero(np.diff(stratum_of)) + 1
    return RiskSets(
        time=times[numbers % width],
        blocks=np.concatenate([[0], edges, [len(numbers)]]).astype(np.int64),
        first=first.astype(np.int64),
        last=last.astype(np.int64),
        opens=np.searchsorted(numbers, base).astype(np.int64),
        own=np.where(event, last - 1, -1).astype(np.int64),
    )


@dataclass(frozen=True, eq=False)
class Efron:
    """Efron's sums at given coefficients; n rows, p covariates, T event times, K steps.

    Attributes:
        sets: the risk sets.
        X: covariates about their mean, n x p.
        weights: case weights, n.
        risk: exp(x'b) about the mean, n, without the case weight.
        loglik: partial log-likelihood.
        step_time: the event time of each step, K.
        step_mean: m_k, K x p.
        step_mass: W/d, K.
        hazard: sum of h_k, T.
        held: sum of (k/d) h_k, T: the part of the hazard that the dead themselves are spared.
        hazard_mean, held_mean: sums of h_k m_k and (k/d) h_k m_k, T x p.
        mean: average of m_k over the steps, T x p.
    """

    sets: RiskSets
    X: Floats
    weights: Floats
    risk: Floats
    loglik: float
    step_time: Ints
    step_mean: Floats
    step_mass: Floats
    hazard: Floats
    held: Floats
    hazard_mean: Floats
    held_mean: Floats
    mean: Floats

    @property
    def dead(self) -> npt.NDArray[np.bool_]:
        """Which rows end with an event."""
        return self.sets.own >= 0

    def score(self, by_time: Floats | None = None) -> Floats:
        """Score vector, each event time counted `by_time` times (default once), p."""
        own = self.sets.own[self.dead]
        deviations = self.weights[self.dead, None] * (self.X[self.dead] - self.mean[own])
        factor = 1.0 if by_time is None else by_time[own, None]
        return np.asarray((deviations * factor).sum(axis=0))

    def information(self, by_time: Floats | None = None) -> Floats:
        """Observed information, each event time counted `by_time` times (default once), p x p."""
        g = np.ones(len(self.hazard)) if by_time is None else by_time
        exposure = self.sets.over_time(g * self.hazard)
        exposure[self.dead] -= (g * self.held)[self.sets.own[self.dead]]
        rows = (self.weights * self.risk * exposure)[:, None] * self.X
        steps = (g[self.step_time] * self.step_mass)[:, None] * self.step_mean
        return np.asarray(self.X.T @ rows - self.step_mean.T @ steps)

    def martingale(self) -> Floats:
        """Martingale residuals: events minus expected events of each row, n."""
        exposure = self.sets.over_time(self.hazard)
        exposure[self.dead] -= self.held[self.sets.own[self.dead]]
        return np.asarray(self.dead - self.risk * exposure)

    def score_residuals(self) -> Floats:
        """Each row's integral of (x - mean) against its martingale, n x p."""
        exposure = self.sets.over_time(self.hazard)
        means = self.sets.over_time(self.hazard_mean)
        own = self.sets.own[self.dead]
        exposure[self.dead] -= self.held[own]
        means[self.dead] -= self.held_mean[own]
        residual = -self.risk[:, None] * (self.X * exposure[:, None] - means)
        residual[self.dead] += self.X[self.dead] - self.mean[own]
        return np.asarray(residual)


def efron(sets: RiskSets, X: Floats, weights: Floats, coefficients: Floats) -> Efron:
    """Efron's sums for covariates `X` (n x p), case `weights` (n) and `coefficients` (p)."""
    centred = X - np.average(X, axis=0, weights=weights)
    eta = centred @ coefficients
    risk = np.exp(eta)
    dead = sets.own >= 0
    own = sets.own[dead]
    T = len(sets.time)

    deaths = np.bincount(own, minlength=T)
    step_time = np.repeat(np.arange(T), deaths)
    share = (np.arange(len(own)) - np.repeat(deaths.cumsum() - deaths, deaths)) / deaths[step_time]

    def stepwise(values: Floats) -> Floats:
        at_risk = sets.at_risk_sum(values)[step_time]
        dying = group_sum(own, values[dead], T)[step_time]
        return at_risk - (share if values.ndim == 1 else share[:, None]) * dying

    weighted = weights * risk
    denominator = stepwise(weighted)
    step_mean = stepwise(weighted[:, None] * centred) / denominator[:, None]
    step_mass = (group_sum(own, weights[dead], T) / deaths)[step_time]
    h = step_mass / denominator

    def total(values: Floats) -> Floats:
        return group_sum(step_time, values, T)

    return Efron(
        sets=sets,
        X=centred,
        weights=weights,
        risk=risk,
        loglik=float(weights[dead] @ eta[dead] - step_mass @ np.log(denominator)),
        step_time=step_time,
        step_mean=step_mean,
        step_mass=step_mass,
        hazard=total(h),
        held=total(share * h),
        hazard_mean=total(h[:, None] * step_mean),
        held_mean=total((share * h)[:, None] * step_mean),
        mean=total(step_mean) / deaths[:, None],
    )
