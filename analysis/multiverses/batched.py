"""Many Cox models at once: the same rows and outcomes, other covariates or other multiplicities.

The likelihood is that of `analysis.multiverses.kernel`; all models take their Newton steps
together, so that the work is in arrays of models x rows. Steps are not halved and failures not
told apart: what does not run smoothly to a maximum or to infinity is named, to be fitted by itself.

Multiplicity is exact. A resample that holds row i f_i times has, at a time with D = sum of f_i
over the dead, D steps k = 0 .. D-1 with denominators R - (k/D) R_d, as written-out rows have. Case
weights would make as many steps as there are different dead, each weighing more, which is another
likelihood. Where strata are drawn as a whole, each copy is a stratum by itself: its steps then
are those of the original, counted f times.

Source: Therneau and Grambsch (2000), Modeling Survival Data, section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.models.efron import RiskSets
from analysis.models.frame import Floats, Ints
from analysis.models.newton import ENDLESS, FLAT, LONG
from analysis.multiverses.frames import Bools

# Most models are there after five steps; the others go on without them.
FEW_STEPS, MANY_STEPS = 8, 60


@dataclass(frozen=True, eq=False)
class Batch:
    """M models with p covariates.

    Attributes:
        usable: which came to a clear maximum; the others' numbers mean nothing, M.
        unclear: which came to nothing, M; those in neither have no finite maximum, or no event.
        coefficients: M x p.
        loglik: M.
        covariance: robust to clusters, M x p x p; None if no clusters were given.
    """

    usable: Bools
    unclear: Bools
    coefficients: Floats
    loglik: Floats
    covariance: Floats | None


@dataclass(frozen=True, eq=False)
class Layout:
    """Risk sets in the order in which sums over them run; n rows, T event times."""

    sets: RiskSets

    @cached_property
    def dead(self) -> Ints:
        """Rows with an event by event time."""
        rows = np.flatnonzero(self.sets.dead)
        return np.asarray(rows[np.argsort(self.sets.own[rows], kind="stable")])

    @cached_property
    def first_dead(self) -> Ints:
        """Where each event time begins among `dead`, T."""
        return np.asarray(self.sets.deaths.cumsum() - self.sets.deaths)

    @cached_property
    def leaving(self) -> tuple[Ints, Ints, Ints]:
        """Rows by their last event time; for each time, where those begin that count and end."""
        return self._bounds(self.sets.exits)

    @cached_property
    def missing(self) -> tuple[Ints, Ints, Ints] | None:
        """Rows by the last event time before they enter, as `leaving`; None if none is late."""
        late = (self.sets.entries < len(self.sets.time)).any()
        return self._bounds(self.sets.entries) if late else None

    def _bounds(self, number: Ints) -> tuple[Ints, Ints, Ints]:
        order = np.argsort(number, kind="stable")
        ordered = number[order]
        T = len(self.sets.time)
        last = np.searchsorted(self.sets.stratum, self.sets.stratum, side="right")
        return order, np.searchsorted(ordered, np.arange(T)), np.searchsorted(ordered, last)

    def at_risk_sum(self, values: Floats) -> Floats:
        """Sums over the risk set of each event time, along the last axis."""
        sums = _between(values, *self.leaving)
        return sums if self.missing is None else sums - _between(values, *self.missing)

    def dead_sum(self, values: Floats) -> Floats:
        """Sums over those with an event at each time, along the last axis."""
        return np.add.reduceat(values[..., self.dead], self.first_dead, axis=-1)

    def over_time(self, increments: Floats) -> Floats:
        """For each row the sum of increments (by time, last axis) while it is at risk."""
        running = np.zeros((*increments.shape[:-1], increments.shape[-1] + 1))
        np.cumsum(increments, axis=-1, out=running[..., 1:])
        first = self.sets.first
        return np.asarray(running[..., np.maximum(self.sets.last, first)] - running[..., first])


def _between(values: Floats, order: Ints, begin: Ints, end: Ints) -> Floats:
    # From behind, where risk sets are small, so that they keep their digits.
    running = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values[..., order[::-1]], axis=-1, out=running[..., 1:])
    n = values.shape[-1]
    return np.asarray(running[..., n - begin] - running[..., n - end])


@dataclass(frozen=True, eq=False)
class _Steps:
    """Efron's steps of all models in one row, K in all.

    Attributes:
        pair: model x T + event time of each step, K.
        share: k/d of each step, K.
        mass: how often each step counts, K.
        first: where each model's steps begin, M.
    """

    pair: Ints
    share: Floats
    mass: Floats
    first: Ints


@dataclass(frozen=True, eq=False)
class _Sums:
    """Efron's sums of all models at their coefficients."""

    risk: Floats  # M x n
    loglik: Floats  # M
    h: Floats  # K, hazard of each step
    mean: Floats  # p x K, mean covariates of each step
    exposure: Floats  # M x n


def fit_many(
    layout: Layout,
    X: Floats,
    cluster: Floats | None = None,
    times: Ints | None = None,
    *,
    copies_apart: bool = False,
) -> Batch:
    """Cox models of M matrices of covariates, or of M resamples, with Efron ties.

    Args:
        layout: risk sets of n rows.
        X: covariates, M x p x n.
        cluster: which cluster each row is in, n x clusters of zeros and ones, for robust errors;
            not with `times`.
        times: how often each row is there, M x n; once if not given.
        copies_apart: whether strata drawn twice are two strata.
    """
    M, _, n = X.shape
    eventful = np.ones(M, dtype=bool)
    if times is not None:
        eventful = times[:, layout.sets.dead].sum(axis=1) > 0
    weight = np.ones((M, n)) if times is None else times.astype(np.float64)
    weight[~eventful] = 1.0  # steps of nothing have no sums
    with np.errstate(all="ignore"):
        standard, spread = _standardised(X, weight)
        models = _Models(layout, standard, weight, _steps(layout, weight, copies_apart))
        null = models.at(np.zeros(spread.shape))
        b, finished, endless = _climbed(models, null)
        at = models.at(b)
        variance = _inverse(models.information(at))
        reach = np.ptp(standard, axis=2)
        left = np.abs(_times(variance, models.score(at))) * reach
        inflation = _diagonal(variance) / _diagonal(_inverse(models.information(null)))
        clear = (
            finished
            & (at.loglik >= null.loglik - 1e-12 * np.abs(null.loglik))
            & (left < 1e-6).all(axis=1)
            & ((inflation > 0) & (inflation < 1e4)).all(axis=1)
        )
        covariance = None
        if cluster is not None:
            sums = models.score_residuals(at) @ cluster
            half = variance @ sums
            covariance = half @ half.transpose(0, 2, 1) / (spread[:, :, None] * spread[:, None, :])
    unclear = eventful & ~clear & ~endless
    return Batch(eventful & clear, unclear, b / spread, at.loglik, covariance)


def _climbed(models: _Models, null: _Sums) -> tuple[Floats, Bools, Bools]:
    """Coefficients, which are at a maximum, and which run to infinity as `newton.climb` says."""
    M, p, _ = models.X.shape
    scale = np.maximum(np.abs(null.loglik), np.finfo(float).tiny)
    reach = np.ptp(models.X, axis=2)
    b, at = np.zeros((M, p)), null
    finished, endless = np.zeros(M, dtype=bool), np.zeros(M, dtype=bool)
    active, part = np.arange(M), models
    for steps in (FEW_STEPS, MANY_STEPS):
        for _ in range(steps):
            score = part.score(at)
            step = _times(_inverse(part.information(at)), score)
            gain = (score * step).sum(axis=1)
            long = (np.abs(step) * reach[active]).max(axis=1) > LONG
            # Where a model has arrived it stays, so that it does not depend on its neighbours.
            b[active] += np.where((finished | endless)[active][:, None], 0.0, step)
            endless[active] |= ~finished[active] & (gain <= ENDLESS * scale[active]) & long
            finished[active] |= ~endless[active] & (gain <= FLAT * scale[active])
            if (finished | endless)[active].all():
                break
            at = part.at(b[active])
        active = np.flatnonzero(~(finished | endless))
        if not len(active):
            break
        part = models.some(active)
        at = part.at(b[active])
    return b, finished, endless


def _standardised(X: Floats, weight: Floats) -> tuple[Floats, Floats]:
    total = weight.sum(axis=1)[:, None]
    centred = X - ((X * weight[:, None]).sum(axis=2) / total)[:, :, None]
    spread = np.sqrt((centred**2 * weight[:, None]).sum(axis=2) / total)
    return centred / spread[:, :, None], spread


def _steps(layout: Layout, weight: Floats, copies_apart: bool) -> _Steps:
    M, T = len(weight), len(layout.sets.time)
    died = layout.dead_sum(weight)
    count = np.where(died > 0, layout.sets.deaths, 0) if copies_apart else died
    size = count.ravel().astype(np.int64)
    pair = np.repeat(np.arange(M * T), size)
    begin = size.cumsum() - size
    share = (np.arange(len(pair)) - begin[pair]) / size[pair]
    return _Steps(pair, share, died.ravel()[pair] / size[pair], begin[::T])


@dataclass(frozen=True, eq=False)
class _Models:
    """Standardised covariates (M x p x n), multiplicities (M x n) and steps of M models."""

    layout: Layout
    X: Floats
    weight: Floats
    steps: _Steps

    def some(self, which: Ints) -> _Models:
        """Some of the models."""
        T = len(self.layout.sets.time)
        end = np.r_[self.steps.first[1:], len(self.steps.pair)]
        size = (end - self.steps.first)[which]
        first = size.cumsum() - size
        at = np.arange(size.sum()) + np.repeat(self.steps.first[which] - first, size)
        pair = self.steps.pair[at] % T + np.repeat(np.arange(len(which)) * T, size)
        steps = _Steps(pair, self.steps.share[at], self.steps.mass[at], first)
        return _Models(self.layout, self.X[which], self.weight[which], steps)

    @cached_property
    def died(self) -> Floats:
        """Events of each row, M x n."""
        return self.weight * self.layout.sets.dead

    def at(self, b: Floats) -> _Sums:
        """Efron's sums at the coefficients b, M x p."""
        M, p, n = self.X.shape
        steps, T = self.steps, len(self.layout.sets.time)
        eta = (b[:, None, :] @ self.X)[:, 0]
        risk = np.exp(eta)
        values = np.empty((1 + p, M, n))
        values[0] = self.weight * risk
        np.multiply(values[0], self.X.transpose(1, 0, 2), out=values[1:])
        sums = self.layout.at_risk_sum(values).reshape(1 + p, M * T)[:, steps.pair]
        sums -= steps.share * self.layout.dead_sum(values).reshape(1 + p, M * T)[:, steps.pair]
        h = steps.mass / sums[0]
        # Per copy: the mass is 1, or the number of copies that a stratum's sums are of.
        logs = np.add.reduceat(steps.mass * np.log(sums[0] / steps.mass), steps.first)
        return _Sums(
            risk=risk,
            loglik=(self.died * eta).sum(axis=1) - logs,
            h=h,
            mean=sums[1:] / sums[0],
            exposure=self._exposure(self._by_time(h), self._by_time(steps.share * h)),
        )

    def score(self, at: _Sums) -> Floats:
        """Gradients, M x p."""
        expected = np.add.reduceat(self.steps.mass * at.mean, self.steps.first, axis=1)
        return np.asarray(_times(self.X, self.died) - expected.T)

    def information(self, at: _Sums) -> Floats:
        """Observed information, M x p x p."""
        rows = self.X * (self.weight * at.risk * at.exposure)[:, None]
        squares = rows @ self.X.transpose(0, 2, 1)
        i, j = np.triu_indices(self.X.shape[1])
        products = self.steps.mass * at.mean[i] * at.mean[j]
        squares[:, i, j] -= np.add.reduceat(products, self.steps.first, axis=1).T
        squares[:, j, i] = squares[:, i, j]
        return np.asarray(squares)

    def score_residuals(self, at: _Sums) -> Floats:
        """Of rows that are there once, M x p x n."""
        dead, own = self.layout.dead, self.layout.sets.own[self.layout.dead]
        weighted = at.h * at.mean
        spared = self.steps.share * weighted
        met = self._exposure(
            np.stack([self._by_time(each) for each in weighted], axis=1),
            np.stack([self._by_time(each) for each in spared], axis=1),
        )
        residual = -at.risk[:, None] * (self.X * at.exposure[:, None] - met)
        mean = np.stack([self._by_time(each) for each in at.mean], axis=1)
        residual[:, :, dead] += self.X[:, :, dead] - (mean / self.layout.sets.deaths)[:, :, own]
        return np.asarray(residual)

    def _by_time(self, values: Floats) -> Floats:
        shape = (len(self.X), len(self.layout.sets.time))
        sums = np.bincount(self.steps.pair, weights=values, minlength=shape[0] * shape[1])
        return np.asarray(sums.reshape(shape))

    def _exposure(self, hazard: Floats, held: Floats) -> Floats:
        total = self.layout.over_time(hazard)
        total[..., self.layout.dead] -= held[..., self.layout.sets.own[self.layout.dead]]
        return total


def _times(matrices: Floats, vectors: Floats) -> Floats:
    return np.asarray((matrices @ vectors[:, :, None])[:, :, 0])


def _diagonal(matrices: Floats) -> Floats:
    return np.diagonal(matrices, axis1=1, axis2=2)


def _inverse(information: Floats) -> Floats:
    """Inverses of those that have one, identity for the others, which are running nowhere."""
    made = np.array(information)
    whole = np.isfinite(made).all(axis=(1, 2))
    made[~whole] = np.eye(made.shape[1])
    size = np.sqrt(np.abs(np.diagonal(made, axis1=1, axis2=2)))
    size = np.where(size > 0, size, 1.0)
    scale = size[:, :, None] * size[:, None, :]
    singular = np.linalg.det(made / scale) <= 1e-10
    made[singular] = scale[singular] * np.eye(made.shape[1])
    return np.asarray(np.linalg.inv(made))
