"""The variance of the frailties: its likelihood, its estimate and its interval."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from analysis.models.frailty_inverse import Inverse, inverse
from analysis.models.frailty_penalty import Grouped, LogGamma, Normal, Point, evaluate, maximise
from analysis.models.frame import Floats
from analysis.models.result import CONFIDENCE
from coalitiondata.errors import InvalidDataError

Distribution = Literal["gamma", "gaussian"]

# Where the search looks first: a log-likelihood in theta may have more than one summit.
GRID = tuple(4.0**k for k in range(-3, 2))
LARGEST = 4.0**8


@dataclass(frozen=True, eq=False)
class Peak:
    """The likelihood at its maximum for one theta.

    Attributes:
        theta: variance of the frailties.
        point: the coefficients and the partial likelihood there.
        loglik: log-likelihood with the frailties integrated out.
        slope: derivative whose root is the estimate of theta.
        inverse: of the information; None where nothing needed it.
    """

    theta: float
    point: Point
    loglik: float
    slope: float
    inverse: Inverse | None


@dataclass(eq=False)
class Profile:
    """The likelihood maximised over everything but theta; keeps what it has computed.

    Attributes:
        data: rows, covariates, groups.
        distribution: of the frailties.
        null: coefficients at theta = 0, G zeros and then those of the plain Cox model.
        peaks: by theta.
    """

    data: Grouped
    distribution: Distribution
    null: Floats
    peaks: dict[float, Peak] = field(default_factory=dict)

    def at(self, theta: float) -> Peak:
        """The maximum at `theta`, found from the nearest one known."""
        theta = float(theta)
        if theta not in self.peaks:
            near = min(self.peaks, key=lambda known: abs(known - theta), default=None)
            start = self.null if near is None else self.peaks[near].point.joint
            if theta == 0:
                self.peaks[theta] = self._without()
            elif self.distribution == "gamma":
                self.peaks[theta] = _gamma_peak(self.data, theta, start)
            else:
                self.peaks[theta] = _gaussian_peak(self.data, theta, start)
        return self.peaks[theta]

    def _without(self) -> Peak:
        """The plain Cox model, and the slope as theta leaves zero."""
        point = evaluate(self.data, self.null)
        groups = self.data.groups
        excess = point.score()[:groups]
        if self.distribution == "gamma":
            rise = (excess**2).sum() - np.bincount(self.data.group, self.data.dead).sum()
        else:
            # As theta goes to zero, a frailty's posterior variance falls short of theta by
            # theta^2 times its information: read off at a theta that is small enough.
            small = 1e-6
            spread = inverse(point, Normal(small)).groups
            rise = (excess**2).sum() - ((small - spread) / small**2).sum()
        return Peak(0.0, point, point.loglik, float(rise) / 2, None)


def _gamma_peak(data: Grouped, theta: float, start: Floats) -> Peak:
    """With nu = 1 / theta and d events in a group, the frailties integrated out exactly.

    loglik = partial loglik + sum over groups of nu w + d - (nu + d) log(nu + d) + nu log(nu)
    + log Gamma(nu + d) - log Gamma(nu), which for theta = 0 is the partial loglik of Cox.
    """
    point = maximise(data, LogGamma(theta), start)
    nu, w = 1 / theta, point.w
    d = np.bincount(data.group, data.dead)
    # log Gamma(nu + d) - log Gamma(nu) as a sum over events keeps its digits for a large nu.
    own = np.repeat(d, d.astype(np.int64))
    rank = np.arange(len(own)) - np.repeat(d.cumsum() - d, d.astype(np.int64))
    # At the maximum exp(w) has mean 1; its deviation is kept because it cancels errors of w.
    prior = w - np.expm1(w)
    added = (nu * prior + d - nu * np.log1p(d / nu)).sum()
    added += np.log1p((rank - own) / (nu + own)).sum()
    by_nu = (prior - np.log1p(d / nu)).sum() + (1 / (nu + rank)).sum()
    return Peak(
        theta=theta,
        point=point,
        loglik=point.loglik + float(added),
        slope=-(nu**2) * float(by_nu),
        inverse=None,
    )


def _gaussian_peak(data: Grouped, theta: float, start: Floats) -> Peak:
    """Laplace's approximation of the integral; the slope is that of restricted likelihood.

    loglik = partial loglik - w'w / (2 theta) - log|I + theta H| / 2, H the information about w.
    The slope treats H as if it did not depend on theta: it is zero where
    theta = (w'w + trace of the posterior variance of w) / G, which is what R's REML solves.
    """
    normal = Normal(theta)
    point = maximise(data, normal, start)
    inverted = inverse(point, normal)
    determinant = inverted.log_determinant + data.groups * float(np.log(theta))
    G, square = data.groups, float(point.w @ point.w)
    return Peak(
        theta=theta,
        point=point,
        loglik=point.loglik - square / (2 * theta) - determinant / 2,
        slope=(square + float(inverted.groups.sum()) - G * theta) / (2 * theta**2),
        inverse=inverted,
    )


def estimate(profile: Profile) -> Peak:
    """The theta with the highest likelihood among the roots of the slope.

    Zero is among them if the slope there points down.

    Raises:
        InvalidDataError: the slope points up as far as one can look.
    """
    from scipy.optimize import brentq

    thetas = [0.0, *GRID]
    while profile.at(thetas[-1]).slope > 0:
        if thetas[-1] > LARGEST:
            raise InvalidDataError(
                f"the likelihood keeps rising up to a frailty variance of {thetas[-1]:.3g}; "
                "groups that differ so much are better taken as strata"
            )
        thetas.append(4 * thetas[-1])
    summits = [profile.at(0)] if profile.at(0).slope <= 0 else []
    for low, high in pairwise(thetas):
        if profile.at(low).slope > 0 >= profile.at(high).slope:
            root = brentq(lambda t: profile.at(t).slope, low, high, xtol=1e-10, rtol=1e-9)
            summits.append(profile.at(root))
    return max(summits, key=lambda peak: peak.loglik)


def interval(profile: Profile, best: Peak) -> tuple[float, float]:
    """The thetas whose log-likelihood is within half a chi-square quantile (1 df) of the highest.

    The lower end is zero if that is within reach, the upper one infinite if nothing bounds it.
    """
    from scipy.optimize import brentq, minimize_scalar
    from scipy.stats import chi2

    top = best
    if profile.distribution == "gaussian":
        # Restricted likelihood estimates theta, so the integrated one peaks somewhere beside.
        known = sorted(profile.peaks)
        at = known.index(max(known, key=lambda t: profile.at(t).loglik))
        around = (known[max(at - 1, 0)], known[min(at + 1, len(known) - 1)])
        found = minimize_scalar(lambda t: -profile.at(t).loglik, bounds=around, method="bounded")
        top = max(profile.at(found.x), profile.at(known[at]), key=lambda peak: peak.loglik)
    least = top.loglik - float(chi2.ppf(CONFIDENCE, 1)) / 2

    def above(theta: float) -> float:
        return profile.at(theta).loglik - least

    def crossing(low: float, high: float) -> float:
        return float(brentq(above, low, high, xtol=1e-6, rtol=1e-5))

    lower = 0.0 if above(0) >= 0 else crossing(0, top.theta)
    upper = max(top.theta, GRID[0])
    while above(upper) >= 0:
        if upper > LARGEST:
            return lower, float("inf")
        upper *= 2
    return lower, crossing(top.theta, upper)
