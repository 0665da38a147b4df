"""Many Cox fits on one design, without the checks and errors that a user's own fit has."""

from __future__ import annotations

import numpy as np

from analysis.models.efron import Efron, RiskSets, efron
from analysis.models.frame import Floats
from analysis.models.newton import LONG, climb

# Eigenvalue of the information, as correlations, below which covariates count as collinear.
SINGULAR = 1e-10


def maximise(
    sets: RiskSets, X: Floats, weights: Floats, start: Floats | None = None
) -> tuple[Floats, Efron] | None:
    """Coefficients that maximise the partial likelihood, and Efron's sums there.

    None if there is no single finite maximum: separation, or covariates that are constant or
    collinear among those at risk. Without covariates the sums are those of the null model.

    Args:
        sets: risk sets of the rows.
        X: covariates in units of about their spread, rows x p.
        weights: positive case weights.
        start: coefficients to begin at, zero if not given.
    """
    b = np.zeros(X.shape[1]) if start is None else start
    with np.errstate(all="ignore"):  # of coefficients that are running to infinity
        here = efron(sets, X, weights, b)
        if not len(b):
            return b, here
        if not np.isfinite(here.loglik):
            return None if start is None else maximise(sets, X, weights)
        reach = np.ptp(X, axis=0)
        moved, finished = climb(lambda by: efron(sets, X, weights, b + by), here, reach)
        at = efron(sets, X, weights, b + moved)
        information = at.information()
        size = np.diag(information)
        if not finished or not (size > SINGULAR * weights.sum()).all():
            return None
        correlation = information / np.sqrt(np.outer(size, size))
        if np.linalg.eigvalsh(correlation)[0] <= SINGULAR:
            return None
        left = np.linalg.solve(information, at.score())
    return None if (np.abs(left) * reach > LONG).any() else (b + moved, at)
