"""Residuals of a Cox model under Efron ties, late entry and strata.

Each function returns one row per row of the fit, with the frame's own index, or one per event.
Source: Therneau and Grambsch (2000), Modeling Survival Data, sections 4.2 to 4.6 and 7.1.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit
from analysis.models.frame import Floats, Ints


def martingale_residuals(fit: CoxFit) -> pd.Series:
    """Events minus expected events of each row, in (-inf, 1].

    Expected events integrate Efron's hazard over (entry, duration]; at its own death a row is
    charged the steps' hazards times (1 - k/d). They sum to zero (weighted by case weights).
    """
    return pd.Series(fit.efron.martingale(), index=fit.rows.index, name="martingale")


def deviance_residuals(fit: CoxFit) -> pd.Series:
    """Martingale residuals m made more symmetric: sign(m) sqrt(-2 (m + e log(e - m)))."""
    m = fit.efron.martingale()
    dead = fit.efron.dead
    log_expected = np.zeros(len(m))
    log_expected[dead] = np.log(1 - m[dead])
    inside = np.maximum(-2 * (m + log_expected), 0.0)  # rounding can make a zero negative
    return pd.Series(np.sign(m) * np.sqrt(inside), index=fit.rows.index, name="deviance")


def score_residuals(fit: CoxFit) -> pd.DataFrame:
    """Each row's share of the score vector, rows x covariates; weighted, they sum to zero."""
    return pd.DataFrame(
        fit.efron.score_residuals(), index=fit.rows.index, columns=list(fit.design.names)
    )


def dfbeta_residuals(fit: CoxFit) -> pd.DataFrame:
    """Approximate change of each coefficient by a row: weight x score x inverse information."""
    weight = fit.rows["weight"].to_numpy()[:, None]
    values = weight * fit.efron.score_residuals() @ fit.covariance_model.to_numpy()
    return pd.DataFrame(values, index=fit.rows.index, columns=list(fit.design.names))


def schoenfeld_residuals(fit: CoxFit, scaled: bool = False) -> pd.DataFrame:
    """Covariates of each dead row minus their mean in the risk set, averaged over Efron's steps.

    Scaled, they are residual x covariance x events + estimate, which scatters about the course of
    the coefficient over time (Grambsch and Therneau 1994).

    Returns:
        Events ordered by stratum and time: stratum, time, one column per covariate; the index is
        that of the rows.
    """
    order = event_order(fit)
    at = fit.efron
    values: Floats = at.X[order] - at.mean[at.sets.own[order]]
    if scaled:
        values = values @ fit.covariance_model.to_numpy() * len(order)
        values = values + fit.coefficients.to_numpy()
    out = pd.DataFrame(values, index=fit.rows.index[order], columns=list(fit.design.names))
    out.insert(0, "stratum", fit.rows["stratum"].to_numpy()[order])
    out.insert(1, "time", fit.rows["duration"].to_numpy()[order])
    return out


def event_order(fit: CoxFit) -> Ints:
    """Positions of the rows with events, ordered by stratum and time, ties as in the frame."""
    own = fit.efron.sets.own
    dead = np.flatnonzero(own >= 0)
    return dead[np.argsort(own[dead], kind="stable")]
