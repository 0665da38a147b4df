"""Inverse probability of censoring weights and the Brier score, on plain arrays.

Rows leave at `stop`, with the event or censored; all are observed from time zero. At a time at
which both happen, events come before censorings, so that G, the probability of not yet being
censored, is 1 - c / (n - d) times what it was before. With the Kaplan-Meier curve S of the events,
S(t) G(t) is exactly the share of rows that stay beyond t.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.models.efron import group_sum
from analysis.models.frame import Floats

Side = Literal["left", "right"]


@dataclass(frozen=True, eq=False)
class Curves:
    """Kaplan-Meier curves of the events and of censoring.

    Attributes:
        time: distinct exit times.
        survival: S at and after each time.
        uncensored: G at and after each time.
    """

    time: Floats
    survival: Floats
    uncensored: Floats

    def survival_at(self, at: Floats) -> Floats:
        """S(t)."""
        return step(self.time, self.survival, at)

    def uncensored_at(self, at: Floats) -> Floats:
        """G(t)."""
        return step(self.time, self.uncensored, at)

    def uncensored_before(self, at: Floats) -> Floats:
        """G(t-), the limit from the left; positive at every event time."""
        return step(self.time, self.uncensored, at, side="left")


def step(
    time: Floats, value: Floats, at: Floats, side: Side = "right", start: float = 1.0
) -> Floats:
    """A step function that is `start` before the first `time`; `side` "left" is its left limit."""
    place = np.searchsorted(time, at, side=side)
    return np.concatenate([[start], value])[place]


def curves(stop: Floats, event: npt.NDArray[np.bool_], weights: Floats) -> Curves:
    """Both curves of rows with case `weights`, none of which is negative."""
    time, place = np.unique(stop, return_inverse=True)
    leaving = group_sum(place, weights, len(time))
    failing = group_sum(place, weights * event, len(time))
    at_risk = leaving[::-1].cumsum()[::-1]
    return Curves(
        time=time,
        survival=_product(at_risk, failing),
        uncensored=_product(at_risk - failing, leaving - failing),
    )


def _product(at_risk: Floats, leaving: Floats) -> Floats:
    share = np.divide(leaving, at_risk, out=np.zeros(len(leaving)), where=at_risk > 0)
    return np.asarray(np.clip(1 - share, 0, 1).cumprod())


@dataclass(frozen=True, eq=False)
class BrierWeights:
    """What a row counts in the Brier score of each time; rows x times.

    Attributes:
        alive: whether it is known to be alive beyond the time.
        mass: its weight, 0 if it is censored by then; columns sum to one.
    """

    alive: npt.NDArray[np.bool_]
    mass: Floats

    def score(self, survival: Floats) -> Floats:
        """Brier score at each time, of predicted `survival` (rows x times, or times)."""
        return np.asarray((self.mass * (self.alive - survival) ** 2).sum(axis=0))


def brier_weights(
    stop: Floats,
    event: npt.NDArray[np.bool_],
    weights: Floats,
    times: Floats,
    censoring: Curves,
) -> BrierWeights:
    """Weights of Graf et al.: 1 / G(T-) once failed, 1 / G(t) while alive, 0 once censored."""
    alive = stop[:, None] > times
    failed = event[:, None] & ~alive
    # G can be zero only where nobody is left to carry the weight.
    now = censoring.uncensored_at(times)
    then = np.where(event, censoring.uncensored_before(stop), 1.0)
    per_time = np.divide(1.0, now, out=np.zeros(len(now)), where=now > 0)
    per_row = np.divide(1.0, then, out=np.zeros(len(then)), where=then > 0)
    mass = weights[:, None] * (failed * per_row[:, None] + alive * per_time) / weights.sum()
    return BrierWeights(alive=alive, mass=mass)


def step_integral(times: Floats, value: Floats, until: float) -> float:
    """Exact mean over (0, until) of a step function that is zero before the first of `times`."""
    inside = times < until
    width = np.diff(np.append(times[inside], until))
    return float((value[inside] * width).sum() / until)
