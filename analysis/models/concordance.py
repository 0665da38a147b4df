"""Harrell's concordance of a Cox model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit
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
    at = fit.efron
    eta = at.X @ fit.coefficients.to_numpy()
    # Equal covariates must tie, whatever the last bits of their products.
    eta = np.round(eta / max(float(np.abs(eta).max()), 1e-300), 12)
    weight, first, last, own = at.weights, at.sets.first, at.sets.last, at.sets.own
    events = np.flatnonzero(own >= 0)
    n = len(eta)
    gained = np.zeros(n)  # per row, weight of the pairs it takes part in, won and ties half
    pairs = np.zeros(n)
    concordant = tied = 0.0
    for chunk in np.array_split(events, max(1, len(events) * n // CHUNK)):
        now = own[chunk, None]
        both = (first <= now) & (now < last) & (own != now)
        mass = np.where(both, weight[chunk, None] * weight, 0.0)
        won = np.where(eta[chunk, None] > eta, mass, 0.0)
        even = np.where(eta[chunk, None] == eta, mass, 0.0)
        concordant += won.sum()
        tied += even.sum()
        for into, values in ((gained, won + even / 2), (pairs, mass)):
            into += values.sum(axis=0)
            into[chunk] += values.sum(axis=1)
    total = pairs.sum() / 2
    if total == 0:
        raise InvalidDataError("no comparable pair: nobody is at risk without failing at an event")
    estimate = (concordant + tied / 2) / total
    influence = pd.Series((gained - estimate * pairs) / total)
    if fit.clusters:
        influence = influence.groupby(fit.rows["cluster"].to_numpy()).sum()
    error = float(np.sqrt((influence**2).sum()))
    return pd.Series(
        {
            "estimate": estimate,
            "std_error": error,
            "conf_low": estimate - Z * error,
            "conf_high": estimate + Z * error,
            "concordant": concordant,
            "discordant": total - concordant - tied,
            "tied": tied,
        }
    )
