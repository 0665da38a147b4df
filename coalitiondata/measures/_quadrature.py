"""Quadrature on [0, 1] with no more points than an error that is proven or measured needs.

With m points the Gauss-Legendre rule is exact for polynomials of degree 2m - 1. For a polynomial
bounded by M on the ellipse with foci 0 and 1 whose half-axes add up to rho / 2, its error is at
most (32/15) M rho^-2m / (1 - rho^-2) (Trefethen 2013, Approximation Theory and Approximation
Practice, theorem 19.3, halved because the interval is half as long). On that ellipse
|p| + |1 - p| = cosh(u) with u = ln rho.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from coalitiondata.measures._arrays import FloatArray

_GRID = np.linspace(0.001, 4, 4000)


def chance_points(degree: int, error: float) -> int:
    """Return the points that integrate a chance of events of `degree` independent coins.

    Such a chance is a sum of p^k (1 - p)^(degree - k), each of different outcomes, so its modulus
    at complex p is at most (|p| + |1 - p|)^degree.
    """
    # The least m with 2 m u >= log(32/15 M / (1 - rho^-2) / error) for some u.
    log_bound = degree * np.log(np.cosh(_GRID)) - np.log1p(-np.exp(-2 * _GRID))
    needed = (log_bound + math.log(32 / 15 / error)) / (2 * _GRID)
    return min(degree // 2 + 1, math.ceil(float(needed.min())))


@lru_cache(maxsize=32)
def legendre(points: int) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights of the rule on [0, 1], symmetric and ascending."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return (1 + nodes) / 2, weights / 2


def reciprocal_rule(shortest: int, longest: int, error: float) -> tuple[FloatArray, FloatArray]:
    """Return t and c, all positive, with sum c t^k = 1 / k for every k from shortest to longest.

    1 / k is the integral of t^(k - 1), here by Gauss-Jacobi rules for the weight t^a, exact for
    polynomials times t^a. With a near the powers that occur, few points do. Their relative error
    is computed for every k, and the first rule with none above `error` is taken.
    """
    k = np.arange(shortest, longest + 1)
    points = 2
    while points < 6 * math.isqrt(longest) + 20:
        for power in (1.3 * (shortest - 1), shortest - 1.0):
            t, shares = _jacobi(points, power)
            parts = k[:, None] * shares * t ** (k[:, None] - 1 - power)
            if np.abs(parts.sum(axis=1) - 1).max() <= error:
                counts = parts.max(axis=0) > error / 1000
                return t[counts], (shares * t ** (-1 - power))[counts]
        points += 1 + points // 8
    raise AssertionError(f"no rule for sizes {shortest} to {longest}")  # pragma: no cover


def _jacobi(points: int, power: float) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights that integrate t^power times a polynomial (Golub-Welsch)."""
    k = np.arange(points)
    total = 2 * k + power
    diagonal = power * power / np.maximum(total * (total + 2), 1)
    diagonal[0] = power / (power + 2)
    k, total = k[1:], total[1:]
    beside = 2 * k * (k + power) / (total * np.sqrt(total**2 - 1))
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
    return (1 + nodes) / 2, vectors[0] ** 2 / (power + 1)
