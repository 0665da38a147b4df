"""Newton's method with step halving for likelihoods that are concave where they are flat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np

from analysis.models.frame import Floats

# Gains in log-likelihood that a full step promises, relative to the likelihood at the start.
# R's coxph stops when the gain made is below 1e-9. A step that promises less than FLAT is made
# and is the last: convergence is quadratic, so that what then remains is far below rounding.
FLAT = 1e-14
# Where so little is left to gain by steps that do not get shorter, a coefficient is infinite.
ENDLESS = 1e-11
LONG = 1e-2
MAX_STEPS = 100
MAX_HALVINGS = 40


class Likelihood(Protocol):
    """A log-likelihood at given coefficients."""

    @property
    def loglik(self) -> float:
        """Its value."""

    def score(self) -> Floats:
        """Its gradient, p."""

    def information(self) -> Floats:
        """Minus its second derivative, or an approximation that is positive definite, p x p."""


L = TypeVar("L", bound=Likelihood)


def climb(at: Callable[[Floats], L], start: L, reach: Floats) -> tuple[Floats, bool]:
    """Coefficients that maximise a likelihood, from zero, and whether the method came to an end.

    Args:
        at: the likelihood at given coefficients.
        start: the likelihood at zero.
        reach: range of each covariate; a step times it is a move of the linear predictor. Zeros
            where no coefficient can be infinite.

    The end is a maximum, or a point on the way to an infinite coefficient: there the likelihood
    is all but flat while each step still moves the linear predictor by about one.
    """
    scale = max(abs(start.loglik), np.finfo(float).tiny)
    here, information, estimate = start, start.information(), np.zeros(len(reach))
    for _ in range(MAX_STEPS):
        score = here.score()
        step = inverse(information) @ score
        gain = float(score @ step)
        if gain <= ENDLESS * scale and (np.abs(step) * reach).max() > LONG:
            return estimate, True
        if gain <= FLAT * scale:
            return estimate + step, True
        for halving in range(MAX_HALVINGS):
            candidate = estimate + step / 2**halving
            with np.errstate(all="ignore"):
                there = at(candidate)
                information = there.information()
            # The likelihood is not a number, or minus infinity, where a step has gone too far.
            if there.loglik >= here.loglik - 1e-13 * scale and np.isfinite(information).all():
                break
        else:
            return estimate, False
        here, estimate = there, candidate
    return estimate, False


def inverse(information: Floats) -> Floats:
    """Inverse of a symmetric matrix, finite even if rounding has left it singular.

    Directions with less than 1e-14 of the largest information count as having that much, and as
    having 1e-150 if there is none at all.
    """
    values, vectors = np.linalg.eigh(information)
    values = np.maximum(values, max(1e-14 * float(values[-1]), 1e-150))
    return np.asarray((vectors / values) @ vectors.T)
