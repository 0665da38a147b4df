"""Likelihood of location-scale models of log durations, with analytic derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.models.frame import Floats

Curve = tuple[Floats, Floats, Floats]  # a function of z with its first and second derivative
Shape = Callable[[Floats], Curve]
# Log-likelihood of each row (n), its score (n x parameters), and the summed Hessian.
Rows = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, eq=False)
class LocationScale:
    """log T = x'b + scale W, with the log density and log survivor function of W.

    Attributes:
        stop: durations, positive.
        event: 1 where they end with the event, 0 where they are censored.
        start: entry times; at most zero where nobody enters late.
        density, survivor: of W.
        free_scale: whether log(scale) is the last parameter, or the scale is 1.
    """

    stop: Floats
    event: Floats
    start: Floats
    density: Shape
    survivor: Shape
    free_scale: bool = True

    def at(self, theta: Floats, X: Floats) -> Rows:
        """The likelihood of `theta` = b (and log scale) for covariates `X`, n x p."""
        p = X.shape[1]
        scale = float(np.exp(theta[p])) if self.free_scale else 1.0
        d, y, late = self.event, np.log(self.stop), self.start > 0
        z = (y - X @ theta[:p]) / scale
        f, s = self.density(z), self.survivor(z)
        value, first, second = (d * a + (1 - d) * b for a, b in zip(f, s, strict=True))
        rows = value - d * (np.log(scale) + y)
        scores, hessian = self._chain(z, first, second, X, scale)
        scores[:, p:] -= d[:, None]
        if late.any():
            z0 = (np.log(self.start[late]) - X[late] @ theta[:p]) / scale
            value, first, second = self.survivor(z0)
            entry_scores, entry_hessian = self._chain(z0, first, second, X[late], scale)
            rows[late] -= value
            scores[late] -= entry_scores
            hessian -= entry_hessian
        return rows, scores, hessian

    def _chain(
        self, z: Floats, first: Floats, second: Floats, X: Floats, scale: float
    ) -> tuple[Floats, Floats]:
        """Derivatives in b and log scale of a function of z; dz/db = -x/scale, dz/dlog s = -z."""
        slope = -X / scale
        if self.free_scale:
            slope = np.column_stack([slope, -z])
        hessian = slope.T @ (second[:, None] * slope)
        if self.free_scale:
            p = X.shape[1]
            cross = (first[:, None] * X / scale).sum(axis=0)
            hessian[:p, p] += cross
            hessian[p, :p] += cross
            hessian[p, p] += (first * z).sum()
        return first[:, None] * slope, hessian

    def maximise(self, X: Floats) -> tuple[Floats, Floats]:
        """Newton's method with step halving from the least-squares fit of all log durations.

        Returns the parameters and the step that was still to be made: zero at a maximum.
        """
        y = np.log(self.stop)
        b = np.asarray(np.linalg.lstsq(X, y, rcond=None)[0], dtype=np.float64)
        spread = max(float((y - X @ b).std()), 0.1)
        theta: Floats = np.append(b, np.log(spread)) if self.free_scale else b
        step = np.full(len(theta), np.inf)
        rows, scores, hessian = self.at(theta, X)
        loglik = float(rows.sum())
        for _ in range(100):
            gradient = scores.sum(axis=0)
            curvature, axes = np.linalg.eigh(-hessian)
            # Far from the maximum the likelihood may curve upwards: climb there all the same.
            curvature = np.maximum(np.abs(curvature), 1e-10 * np.abs(curvature).max())
            step = axes @ ((axes.T @ gradient) / curvature)
            if float(gradient @ step) < 1e-20 * max(1.0, abs(loglik)):
                break
            for halving in range(40):
                candidate = theta + step / 2**halving
                with np.errstate(all="ignore"):
                    new = self.at(candidate, X)
                if new[0].sum() >= loglik - 1e-12 * abs(loglik):  # false if not a number
                    break
            else:
                break
            theta, (rows, scores, hessian) = candidate, new
            loglik = float(rows.sum())
        return theta, step


def _gumbel_density(z: Floats) -> Curve:
    e = np.exp(z)
    return z - e, 1 - e, -e


def _gumbel_survivor(z: Floats) -> Curve:
    e = np.exp(z)
    return -e, -e, -e


def _normal_density(z: Floats) -> Curve:
    return -(z**2) / 2 - np.log(2 * np.pi) / 2, -z, -np.ones_like(z)


def _normal_survivor(z: Floats) -> Curve:
    from scipy.special import log_ndtr

    log_s = log_ndtr(-z)
    hazard = np.exp(_normal_density(z)[0] - log_s)
    return log_s, -hazard, -hazard * (hazard - z)


def _logistic_density(z: Floats) -> Curve:
    from scipy.special import expit

    F = expit(z)
    return z - 2 * np.logaddexp(0, z), 1 - 2 * F, -2 * F * (1 - F)


def _logistic_survivor(z: Floats) -> Curve:
    from scipy.special import expit

    F = expit(z)
    return -np.logaddexp(0, z), -F, -F * (1 - F)


SHAPES: dict[str, tuple[Shape, Shape]] = {
    "weibull": (_gumbel_density, _gumbel_survivor),
    "exponential": (_gumbel_density, _gumbel_survivor),
    "lognormal": (_normal_density, _normal_survivor),
    "loglogistic": (_logistic_density, _logistic_survivor),
}
