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
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models.frame import Floats, Ints

# Shelves for sums by stratum may have this many places for each event time.
ROOM = 8


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Who is at risk at which event time; event times are numbered through all strata.

    Attributes:
        time: event times, ordered within strata.
        stratum: number of the stratum of each event time.
        first, last: per row, the event times first .. last-1 are those it is at risk at.
        opens: per row, the number of its stratum's first event time.
        own: per row, the number of its own event time, -1 if it is censored.
    """

    time: Floats
    stratum: Ints
    first: Ints
    last: Ints
    opens: Ints
    own: Ints

    @cached_property
    def exits(self) -> Ints:
        """Per row, the last event time it is at risk at; the number of times if there is none."""
        return np.where(self.last > self.first, self.last - 1, len(self.time))

    @cached_property
    def entries(self) -> Ints:
        """Per row, the last event time of its stratum that it misses; as `exits` if none."""
        late = (self.last > self.first) & (self.first > self.opens)
        return np.where(late, self.first - 1, len(self.time))

    @cached_property
    def dead(self) -> npt.NDArray[np.bool_]:
        """Which rows end with an event."""
        return self.own >= 0

    @cached_property
    def deaths(self) -> Ints:
        """Events at each event time."""
        return np.bincount(self.own[self.dead], minlength=len(self.time))

    @cached_property
    def step_time(self) -> Ints:
        """The event time of each of Efron's steps."""
        return np.repeat(np.arange(len(self.time)), self.deaths)

    @cached_property
    def step_share(self) -> Floats:
        """k/d of each of Efron's steps."""
        before = self.deaths.cumsum() - self.deaths
        return (np.arange(len(self.step_time)) - before[self.step_time]) / self.deaths[
            self.step_time
        ]

    def at_risk_sum(self, values: Floats) -> Floats:
        """Sums of `values` (rows, or rows x columns) over the risk set of each event time."""
        T = len(self.time)
        moves = group_sum(self.exits, values, T + 1)[:T]
        if (self.entries < T).any():
            moves -= group_sum(self.entries, values, T + 1)[:T]
        backwards = moves[::-1]
        if not T or self.stratum[0] == self.stratum[-1]:
            return np.asarray(backwards.cumsum(axis=0)[::-1])
        # Sums over all strata less those of earlier strata would lose digits in small strata.
        if (shelf := self._shelf) is not None:
            place, shape = shelf
            shelved = np.zeros((shape[0] * shape[1], *moves.shape[1:]))
            shelved[place] = backwards
            sums = shelved.reshape(*shape, *moves.shape[1:]).cumsum(axis=1)
            return np.asarray(sums.reshape(shelved.shape)[place][::-1])
        by_stratum = pd.DataFrame(backwards).groupby(self.stratum[::-1], sort=False)
        return np.asarray(by_stratum.cumsum().to_numpy()[::-1].reshape(moves.shape))

    @cached_property
    def _shelf(self) -> tuple[Ints, tuple[int, int]] | None:
        """The event times, last first, on one shelf per stratum: places and shape of the whole.

        None where strata differ so much in size that most places would be empty.
        """
        number, size = np.unique(self.stratum[::-1], return_inverse=True, return_counts=True)[1:]
        shape = (len(size), int(size.max()))
        if shape[0] * shape[1] > ROOM * len(number) + ROOM:
            return None
        # Within a run of equal numbers, strata being ordered, places count up from its beginning.
        run = np.r_[0, np.flatnonzero(np.diff(number)) + 1]
        begin = np.repeat(run, np.diff(np.r_[run, len(number)]))
        return number * shape[1] + np.arange(len(number)) - begin, shape

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
    sums = np.empty((groups, values.shape[1]), order="F")  # by column, as the sums over it run
    for k, column in enumerate(values.T):
        sums[:, k] = np.bincount(number, weights=column, minlength=groups)
    return sums


def risk_sets(start: Floats, stop: Floats, event: npt.NDArray[np.bool_], strata: Ints) -> RiskSets:
    """Number the event times and find for each row those at which it is at risk."""
    times = np.unique(stop[event])
    width = len(times) + 1  # one more than needed keeps neighbouring strata apart
    base = strata * width
    key = base + np.searchsorted(times, stop, side="right") - 1
    numbers = np.unique(key[event])
    first = np.searchsorted(numbers, base + np.searchsorted(times, start, side="right"))
    last = np.searchsorted(numbers, key, side="right")
    return RiskSets(
        time=times[numbers % width],
        stratum=(numbers // width).astype(np.int64),
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
        return self.sets.dead

    def score(self, by_time: Floats | None = None) -> Floats:
        """Score vector, each event time counted `by_time` times (default once), p."""
        own = self.sets.own[self.dead]
        counted = self.weights[self.dead] * (1.0 if by_time is None else by_time[own])
        by_row = np.zeros(len(self.weights))
        by_row[self.dead] = counted
        expected = group_sum(own, counted, len(self.hazard)) @ self.mean
        return np.asarray(by_row @ self.X - expected)

    def exposure(self, by_time: Floats | None = None) -> Floats:
        """Sum of h_k while each row is at risk, Efron's shares of its own death spared, n."""
        return self._gathered(self.hazard, self.held, by_time)

    def exposure_means(self) -> Floats:
        """Sum of h_k m_k while each row is at risk, as `exposure`, n x p."""
        return self._gathered(self.hazard_mean, self.held_mean, None)

    def _gathered(self, increments: Floats, spared: Floats, by_time: Floats | None) -> Floats:
        if by_time is not None:
            increments, spared = by_time * increments, by_time * spared
        total = self.sets.over_time(increments)
        total[self.dead] -= spared[self.sets.own[self.dead]]
        return total

    def information(self, by_time: Floats | None = None) -> Floats:
        """Observed information, each event time counted `by_time` times (default once), p x p."""
        rows = (self.weights * self.risk * self.exposure(by_time))[:, None] * self.X
        counted = self.step_mass if by_time is None else by_time[self.step_time] * self.step_mass
        return np.asarray(self.X.T @ rows - (self.step_mean * counted[:, None]).T @ self.step_mean)

    def martingale(self) -> Floats:
        """Martingale residuals: events minus expected events of each row, n."""
        return np.asarray(self.dead - self.risk * self.exposure())

    def score_residuals(self) -> Floats:
        """Each row's integral of (x - mean) against its martingale, n x p."""
        gathered = self.X * self.exposure()[:, None] - self.exposure_means()
        residual = -self.risk[:, None] * gathered
        residual[self.dead] += self.X[self.dead] - self.mean[self.sets.own[self.dead]]
        return np.asarray(residual)


def efron(sets: RiskSets, X: Floats, weights: Floats, coefficients: Floats) -> Efron:
    """Efron's sums for covariates `X` (n x p), case `weights` (n) and `coefficients` (p)."""
    centred = X - (weights @ X) / weights.sum()
    eta = centred @ coefficients
    risk = np.exp(eta)
    dead, own = sets.dead, sets.own[sets.dead]
    T = len(sets.time)
    step_time, share, deaths = sets.step_time, sets.step_share, sets.deaths

    # The sums of risks and of risks times covariates, in one go.
    weighted = weights * risk
    values = np.column_stack([weighted, weighted[:, None] * centred])
    dying = group_sum(own, values[dead], T)[step_time]
    sums = sets.at_risk_sum(values)[step_time] - share[:, None] * dying
    denominator = sums[:, 0]
    step_mean = sums[:, 1:] / denominator[:, None]
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
