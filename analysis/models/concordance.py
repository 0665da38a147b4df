"""Harrell's concordance of a Cox model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit
from analysis.models.frame import Floats, Ints
from analysis.models.result import Z
from coalitiondata.errors import InvalidDataError

# Comparisons held in memory at once: events of one chunk times rows.
CHUNK = 4_000_000


def concordance(fit: CoxFit) -> pd.Series:
    """Share of comparable pairs in which the row with the higher risk score fails first.

    A pair is comparable if one row fails at a time at which the other, of the same stratum, is at
    risk and does not fail. Equal scores count one half. Late entry is respected. The standard
    error is the infinitesimal jackknife (by cluster if the fit has clusters), as in R
    ``concordance``. Case weights multiply. Time grows with events x rows.

    Returns:
        estimate (0 to 1, one half is chance), std_error, conf_low, conf_high (95 per cent),
        concordant, discordant, tied (weighted pairs).

    Raises:
        InvalidDataError: no comparable pair.

    Source: Harrell et al. (1982), JAMA 247: 2543-2546; Therneau and Atkinson, vignette
    "concordance" of R survival.
    """
    counted = weighted_pairs(fit, np.ones(fit.n))
    influence = pd.Series(counted.influence)
    if fit.clusters:
        influence = influence.groupby(fit.rows["cluster"].to_numpy()).sum()
    error = float(np.sqrt((influence**2).sum()))
    estimate = counted.estimate
    return pd.Series(
        {
            "estimate": estimate,
            "std_error": error,
            "conf_low": estimate - Z * error,
            "conf_high": estimate + Z * error,
            "concordant": counted.concordant,
            "discordant": counted.total - counted.concordant - counted.tied,
            "tied": counted.tied,
        }
    )


@dataclass(frozen=True, eq=False)
class Pairs:
    """Comparable pairs of a fit, weighted.

    Attributes:
        estimate: share in which the row with the higher score fails first, ties counting one half.
        influence: of each row on it.
        concordant, tied, total: weights of pairs.
    """

    estimate: float
    influence: Floats
    concordant: float
    tied: float
    total: float


def weighted_pairs(fit: CoxFit, time_weight: Floats) -> Pairs:
    """The comparable pairs, those of each event multiplied by its `time_weight`.

    Raises InvalidDataError if there is no comparable pair of positive weight.
    """
    at = fit.efron
    eta = rounded(at.X @ fit.coefficients.to_numpy())
    first, last, own = at.sets.first, at.sets.last, at.sets.own
    events: Ints = np.flatnonzero((own >= 0) & (time_weight > 0))
    # Per row, weight of the pairs it takes part in, won and ties half.
    gained, pairs = np.zeros(fit.n), np.zeros(fit.n)
    concordant = tied = 0.0
    for chunk in np.array_split(events, max(1, len(events) * fit.n // CHUNK)):
        now = own[chunk, None]
        comparable = (first <= now) & (now < last) & (own != now)
        factor = (at.weights * time_weight)[chunk, None] * at.weights
        mass = np.where(comparable, factor, 0.0)
        won = np.where(eta[chunk, None] > eta, mass, 0.0)
        even = np.where(eta[chunk, None] == eta, mass, 0.0)
        concordant += float(won.sum())
        tied += float(even.sum())
        for into, values in ((gained, won + even / 2), (pairs, mass)):
            into += values.sum(axis=0)
            into[chunk] += values.sum(axis=1)
    total = float(pairs.sum() / 2)
    if total == 0:
        raise InvalidDataError("no comparable pair: nobody is at risk without failing at an event")
    estimate = (concordant + tied / 2) / total
    influence = np.asarray((gained - estimate * pairs) / total)
    return Pairs(estimate, influence, concordant, tied, total)


def rounded(eta: Floats) -> Floats:
    """Risk scores, over the largest: equal covariates tie, whatever the last bits of products."""
    scale = float(np.abs(eta).max()) if eta.size else 0.0
    return np.asarray(np.round(eta / max(scale, 1e-300), 12))
