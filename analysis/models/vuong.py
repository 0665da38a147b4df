"""Which of two Cox models that are not nested is closer to the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit
from analysis.models.efron import Efron, group_sum
from analysis.models.frame import Floats
from coalitiondata.errors import InvalidDataError


def nonnested_test(first: CoxFit, second: CoxFit) -> pd.Series:
    """Test that two Cox models, neither nested in the other, are equally close to the truth.

    z = (l1 - l2) / s, the difference of the maximised partial log-likelihoods over its standard
    error, standard normal under the hypothesis; positive favours `first`. A row's part in a
    partial likelihood is no term of an independent sum, so s comes from the derivative of l by
    the row's case weight, u_i = d_i (eta_i - mean_k log D_k - 1) + M_i, with d_i its event, D_k
    Efron's denominators at its time and M_i its martingale residual; coefficients do not matter,
    because l is at its maximum. s^2 is the sum of squares of u1 - u2 about its mean, summed by
    cluster if the fits have clusters, without small-sample factor.

    The larger model has the larger l for no merit: `aic_statistic` is the same after taking one
    off each l for every coefficient. The normal law presumes that the two differ: if neither adds
    anything to what they share, they are one model, and z means nothing.

    Returns:
        difference (l1 - l2), std_error, statistic, p_value (two-sided), aic_statistic,
        aic_p_value. Statistics are missing where the two predict alike in every row.

    Raises:
        InvalidDataError: fits on different rows, or with different strata, clusters or weights.

    Source: Vuong (1989), Econometrica 57: 307-333; Fine (2002), Biometrika 89: 635-647, for the
    partial likelihood.
    """
    from scipy.stats import norm

    if len(first.rows) != len(second.rows) or not np.array_equal(
        first.rows.to_numpy(dtype=float), second.rows.to_numpy(dtype=float)
    ):
        raise InvalidDataError(
            "the fits differ in rows, strata, clusters or weights; fit both on the same complete "
            "rows with the same arguments"
        )
    weight = first.efron.weights
    parts = weight * (likelihood_influence(first.efron) - likelihood_influence(second.efron))
    if first.clusters:
        parts = group_sum(first.rows["cluster"].to_numpy(), parts, first.clusters)
    error = float(np.sqrt(((parts - parts.mean()) ** 2).sum()))
    difference = first.loglik - second.loglik
    penalised = difference - (len(first.table) - len(second.table))
    alike = error <= 1e-9 * max(1.0, abs(difference))
    z, z_aic = (np.nan, np.nan) if alike else (difference / error, penalised / error)
    return pd.Series(
        {
            "difference": difference,
            "std_error": error,
            "statistic": z,
            "p_value": float(2 * norm.sf(abs(z))),
            "aic_statistic": z_aic,
            "aic_p_value": float(2 * norm.sf(abs(z_aic))),
        }
    )


def likelihood_influence(at: Efron) -> Floats:
    """Derivative of the partial log-likelihood by each row's case weight, n."""
    sets, dead, own = at.sets, at.dead, at.sets.own[at.dead]
    weighted = at.weights * at.risk
    dying = group_sum(own, weighted[dead], len(at.hazard))
    at_risk = sets.at_risk_sum(weighted)
    denominator = at_risk[sets.step_time] - sets.step_share * dying[sets.step_time]
    total_log = group_sum(sets.step_time, np.log(denominator), len(at.hazard))
    influence = at.martingale()
    influence[dead] += np.log(at.risk[dead]) - (total_log / sets.deaths)[own] - 1
    return influence
