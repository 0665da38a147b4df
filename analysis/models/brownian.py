"""How far a Brownian bridge strays: critical values of simultaneous confidence bands.

W is a Brownian bridge on [0, 1], watched on [a, b]. Both values follow from eigenfunctions of the
process killed at the boundary, to seven decimals; no tables, no simulation. The published
tables for equal precision (Nair 1984) are a tail approximation: up to 0.014 off where
b (1 - a) > 2 a (1 - b), up to 0.3 too high where a and b are closer.

Source: Hall and Wellner (1980), Biometrika 67: 133-143; Nair (1984), Technometrics 26: 265-275.
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np

from analysis.models.frame import Floats, Ints

MOST_TERMS = 300  # what is left out is below 1e-5 however close a and b are


def equal_precision_probability(c: float, a: float, b: float) -> float:
    """P(|W(x)| <= c sqrt(x (1 - x)) for all x in [a, b]), 0 < a < b < 1.

    With s = log(x / (1 - x)) / 2, W(x) / sqrt(x (1 - x)) is a stationary Ornstein-Uhlenbeck process
    of covariance exp(-|s|), whose generator f'' - x f' on [-c, c] becomes, times the root of the
    normal density, f'' - (x^2 / 4 - 1 / 2) f; it is diagonalised among cosines.
    """
    time = 0.5 * np.log(b * (1 - a) / (a * (1 - b)))
    terms = int(min(MOST_TERMS, 24 + c / np.pi * np.sqrt(32 / time)))
    odd = 2 * np.arange(terms) + 1
    half_sum, half_gap = (odd[:, None] + odd) // 2, (odd[:, None] - odd) // 2
    potential = (_squares(half_sum, c) + _squares(half_gap, c)) / 8 - np.eye(terms) / 2
    kinetic = np.diag((odd * np.pi / (2 * c)) ** 2)
    rates, vectors = np.linalg.eigh(kinetic + potential)
    start = np.sqrt(4 * np.pi / c) * _cosines(odd, c, 2.0) @ vectors
    return float((np.exp(-rates * time) * start**2).sum() / np.sqrt(2 * np.pi))


def hall_wellner_probability(k: float, a: float, b: float) -> float:
    """P(|W(x)| <= k for all x in [a, b]), 0 <= a < b <= 1.

    A Brownian motion of length b - a between two Gaussian ends, killed at -k and k: a sum over the
    sines that vanish there, of which those odd about zero drop out.
    """
    terms = int(min(20 * MOST_TERMS, 20 + k * np.sqrt(32 / (b - a))))
    odd = 2 * np.arange(terms) + 1
    decay = np.exp(-((odd * np.pi / k) ** 2) * (b - a) / 8)
    ends = _cosines(odd, k, a) * _cosines(odd, k, 1 - b)
    return float(np.sqrt(2 * np.pi) / k * (decay * ends).sum())


@lru_cache(maxsize=256)
def equal_precision_value(a: float, b: float, level: float = 0.95) -> float:
    """c with `equal_precision_probability` = level; the normal quantile if a = b."""
    from scipy.optimize import brentq

    pointwise = NormalDist().inv_cdf((1 + level) / 2)
    if b <= a:
        return pointwise
    return float(
        brentq(
            lambda c: equal_precision_probability(c, a, b) - level, 0.99 * pointwise, pointwise + 3
        )
    )


@lru_cache(maxsize=256)
def hall_wellner_value(a: float, b: float, level: float = 0.95) -> float:
    """k with `hall_wellner_probability` = level; the normal quantile of W(a) if a = b."""
    from scipy.optimize import brentq

    pointwise = NormalDist().inv_cdf((1 + level) / 2)
    if b <= a:
        return float(pointwise * np.sqrt(a * (1 - a)))
    widest = a if a > 0.5 else min(b, 0.5)
    low = 0.99 * pointwise * np.sqrt(widest * (1 - widest))
    return float(brentq(lambda k: hall_wellner_probability(k, a, b) - level, low, 6))


def _squares(r: Ints, c: float) -> Floats:
    """Integral over [-c, c] of x^2 cos(r pi x / c), times 1 / c, for whole r."""
    wave = 4 * c**2 * np.where(r % 2, -1.0, 1.0) / (np.maximum(np.abs(r), 1) * np.pi) ** 2
    return np.where(r == 0, 2 * c**2 / 3, wave)


def _cosines(odd: Ints, k: float, variance: float) -> Floats:
    """Integral over [-k, k] of the normal density of that variance, times cos(odd pi x / (2 k)).

    Its closed form in the error function of a complex number, in Faddeeva's form, which neither
    overflows nor cancels.
    """
    from scipy.special import wofz

    if variance <= 0:
        return np.ones(len(odd))
    frequency = odd * np.pi / (2 * k)
    turned = np.where(odd % 4 == 1, 1j, -1j)  # exp(i k frequency)
    tail = wofz((frequency * variance + 1j * k) / np.sqrt(2 * variance))
    closed = np.exp(-(frequency**2) * variance / 2)
    return np.asarray(closed - np.exp(-(k**2) / (2 * variance)) * (turned * tail).real)
