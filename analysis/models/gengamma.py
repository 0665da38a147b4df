"""The generalised gamma distribution of log durations, in Prentice's parametrisation.

With shape q and k = 1 / q^2, W has log density

    log|q| + k log k - lgamma(k) + k (q w - exp(q w)).

q = 1 is the Weibull model, q = 0 the log-normal, q equal to the scale the gamma.

Source: Prentice (1974), Biometrika 61: 539-544; Cox, Chu, Schneider and Munoz (2007), Statistics
in Medicine 26: 4352-4374.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.models.frame import Floats
from analysis.models.location_scale import Curve, LocationScale, Rows, Shape

BOUNDS = (-4.0, 4.0)  # beyond, the distribution has all but one tail cut off
STEP = 1e-3  # of the numerical derivatives in q
TINY = 1e-300


def shapes(q: float) -> tuple[Shape, Shape]:
    """Log density and log survivor function of W with their first and second derivatives."""
    from scipy.special import gammainc, gammaincc, gammaln

    k = 1 / q**2 if abs(q) > 1e-7 else np.inf
    if k > 100:  # Stirling: the terms themselves would cancel to nothing
        constant = -np.log(2 * np.pi) / 2 - q**2 / 12 + q**6 / 360
    else:
        constant = np.log(abs(q)) + k * np.log(k) - k - gammaln(k)

    def density(w: Floats) -> Curve:
        if not np.isfinite(k):
            return constant - w**2 / 2, -w, -np.ones_like(w)
        growth = np.expm1(q * w)
        return constant - k * (growth - q * w), -growth / q, -(growth + 1)

    def survivor(w: Floats) -> Curve:
        if not np.isfinite(k):
            from scipy.special import log_ndtr

            log_s = log_ndtr(-w)
        else:
            tail = (gammaincc if q > 0 else gammainc)(k, k * np.exp(q * w))
            log_s = np.log(np.maximum(tail, TINY))
        log_f, slope, _ = density(w)
        hazard = np.exp(log_f - log_s)
        return log_s, -hazard, -hazard * (slope + hazard)

    return density, survivor


def maximise(model: LocationScale, X: Floats) -> tuple[Floats, Floats]:
    """Maximum over b, log scale and q (in this order), and the step that is still to be made.

    First over q with the others at their best, then Newton in all.
    """
    from scipy.optimize import minimize_scalar

    def best(q: float) -> tuple[Floats, float]:
        fixed = _fixed(model, q)
        others, _ = fixed.maximise(X)
        return others, float(fixed.at(others, X)[0].sum())

    found = minimize_scalar(
        lambda q: -best(q)[1], bounds=BOUNDS, method="bounded", options={"xatol": 1e-5}
    )
    theta = np.append(best(float(found.x))[0], found.x)
    step = np.full(len(theta), np.inf)
    for _ in range(6):
        _, scores, hessian = at(model, theta, X)
        step = np.linalg.pinv(-hessian, hermitian=True) @ scores.sum(axis=0)
        if not np.abs(step).max() < 0.1:
            break  # at a bound, or no maximum here: the step says so
        theta = theta + step
        if np.abs(step).max() < 1e-9:
            break
    return theta, step


def at(model: LocationScale, theta: Floats, X: Floats) -> Rows:
    """The likelihood with q as the last parameter: derivatives in q are central differences."""
    others, q = theta[:-1], float(theta[-1])
    low, (rows, scores, hessian), high = (
        _fixed(model, q + h).at(others, X) for h in (-STEP, 0.0, STEP)
    )
    full = np.empty((len(theta), len(theta)))
    full[:-1, :-1] = hessian
    full[-1, :-1] = full[:-1, -1] = (high[1] - low[1]).sum(axis=0) / (2 * STEP)
    full[-1, -1] = (high[0] - 2 * rows + low[0]).sum() / STEP**2
    return rows, np.column_stack([scores, (high[0] - low[0]) / (2 * STEP)]), full


def _fixed(model: LocationScale, q: float) -> LocationScale:
    density, survivor = shapes(q)
    return replace(model, density=density, survivor=survivor)
