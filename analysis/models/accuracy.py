"""How well a Cox model predicts: discrimination, accuracy of probabilities, explained variation.

Uno's concordance and the Brier score weigh rows by the inverse of their probability G of not yet
being censored, so that what they estimate does not depend on how long rows happened to be
followed, as Harrell's concordance does. G is Kaplan and Meier's curve of the censorings, which
takes censoring to be independent of the covariates; at a tied time events come first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models.concordance import rounded, weighted_pairs
from analysis.models.cox import CoxFit, cox
from analysis.models.efron import group_sum
from analysis.models.frame import Floats
from analysis.models.ipcw import brier_weights, curves, step_integral
from analysis.models.prediction import own_survival
from analysis.models.result import Z
from coalitiondata.errors import InvalidDataError

# Variance of the error of a Cox model on the scale of the linear predictor (standard Gumbel).
ERROR_VARIANCE = np.pi**2 / 6
# Standard deviation to separation: Royston and Sauerbrei's kappa.
KAPPA = float(np.sqrt(8 / np.pi))


def uno_concordance(fit: CoxFit, tau: float | None = None) -> pd.Series:
    """Uno's concordance: how often the row with the higher risk score fails first, up to `tau`.

    C = sum_ij w_i 1(T_i < T_j, T_i <= tau) [1(eta_i > eta_j) + 1(eta_i = eta_j) / 2] / sum_ij w_i
    1(T_i < T_j, T_i <= tau) over events i and rows j of the same stratum, with w_i = 1 / G(T_i-)^2.
    A row censored at T_i outlives it. G is that of the stratum. Case weights multiply. The
    standard error is the infinitesimal jackknife (by cluster if the fit has clusters) with G held
    fixed. All as R ``concordance(fit, timewt = "n/G2", ymax = tau)``.

    Args:
        fit: a Cox model whose rows are all observed from time zero.
        tau: last event time that counts, in the unit of the durations; None for all. Late events
            among few rows at risk weigh most, so choose it where enough are left.

    Returns:
        estimate (0 to 1, one half is chance), std_error, conf_low, conf_high (95 per cent), tau.

    Raises:
        InvalidDataError: rows that enter late, for which G says nothing; no comparable pair.

    Source: Uno et al. (2011), Statistics in Medicine 30: 1105-1117.
    """
    stop, event = observed_from_zero(fit, "Uno's concordance")
    stratum, weight = fit.rows["stratum"].to_numpy(), fit.efron.weights
    last = float(stop[event].max()) if tau is None else float(tau)
    time_weight: Floats = np.zeros(len(stop))
    for each in np.unique(stratum):
        mine = stratum == each
        still = curves(stop[mine], event[mine], weight[mine]).uncensored_before(stop[mine])
        time_weight[mine] = np.where(event[mine] & (stop[mine] <= last), 1.0, 0.0)
        time_weight[mine] /= np.where(event[mine], still, 1.0) ** 2
    counted = weighted_pairs(fit, time_weight)
    estimate, influence = counted.estimate, counted.influence
    if fit.clusters:
        influence = group_sum(fit.rows["cluster"].to_numpy(), influence, fit.clusters)
    error = float(np.sqrt((influence**2).sum()))
    return pd.Series(
        {
            "estimate": estimate,
            "std_error": error,
            "conf_low": estimate - Z * error,
            "conf_high": estimate + Z * error,
            "tau": last,
        }
    )


def brier_score(fit: CoxFit, times: Sequence[float] | Floats | None = None) -> pd.DataFrame:
    """Brier score curve: mean squared distance between predicted survival and what happened.

    BS(t) = 1/n sum_i [ S(t | x_i)^2 1(T_i <= t, event) / G(T_i-) + (1 - S(t | x_i))^2
    1(T_i > t) / G(t) ]. The null curve predicts Kaplan and Meier's S(t) for all, which makes it
    S(t) (1 - S(t)). The index of prediction accuracy is IPA(t) = 1 - BS(t) / BS_null(t): the share
    of the null model's error that the covariates remove, negative if they harm. Predictions are
    those of the rows that were fitted, hence optimistic; `compare_blocks` cross-validates.

    Args:
        fit: a Cox model whose rows are all observed from time zero. Strata predict with their own
            baselines; G and the null are common. Case weights multiply.
        times: in the unit of the durations; None for all distinct exit times, between which the
            curve is level.

    Returns:
        time, brier, brier_null (0 to 1, lower is better), ipa (at most 1; missing where the null
        makes no error). Missing after the last exit, and at it if somebody is censored there.

    Raises:
        InvalidDataError: rows that enter late, for which G says nothing.

    Source: Graf et al. (1999), Statistics in Medicine 18: 2529-2545; Gerds and Schumacher (2006),
    Biometrical Journal 48: 1029-1040; Kattan and Gerds (2018), Diagnostic and Prognostic Research
    2: 7.
    """
    stop, event = observed_from_zero(fit, "the Brier score")
    at = np.asarray(np.unique(stop) if times is None else times, dtype=float).reshape(-1)
    weight = fit.efron.weights
    both = curves(stop, event, weight)
    counted = brier_weights(stop, event, weight, at, both)
    curve = pd.DataFrame(
        {
            "time": at,
            "brier": counted.score(own_survival(fit, at)),
            "brier_null": counted.score(both.survival_at(at)),
        }
    )
    unknown = (at > stop.max()) | (both.uncensored_at(at) == 0)
    curve.loc[unknown, ["brier", "brier_null"]] = np.nan
    null = curve["brier_null"].where(curve["brier_null"] > 1e-15)
    return curve.assign(ipa=1 - curve["brier"] / null)


def integrated_brier_score(fit: CoxFit, tau: float | None = None) -> pd.Series:
    """Brier score averaged over (0, tau): IBS = 1/tau times the integral of BS(t).

    The curve is a step function, so the integral is exact. IPA = 1 - IBS / IBS of Kaplan-Meier.

    Args:
        fit: as `brier_score`.
        tau: end of the average, in the unit of the durations; None for the last event time.

    Returns:
        ibs, ibs_null (0 to 1, lower is better), ipa (at most 1, 0 is no better than Kaplan-Meier),
        tau.

    Raises:
        InvalidDataError: as `brier_score`; tau not positive, or beyond the last exit.

    Source: Graf et al. (1999), Statistics in Medicine 18: 2529-2545.
    """
    stop, event = observed_from_zero(fit, "the Brier score")
    last = horizon(stop, event, tau)
    curve = brier_score(fit)
    at = curve["time"].to_numpy()
    model = step_integral(at, curve["brier"].to_numpy(), last)
    null = step_integral(at, curve["brier_null"].to_numpy(), last)
    return pd.Series(
        {
            "ibs": model,
            "ibs_null": null,
            "ipa": 1 - model / null if null > 0 else np.nan,
            "tau": last,
        }
    )


def explained_variation(fit: CoxFit) -> pd.Series:
    """Explained variation and explained randomness of a Cox model.

    The linear predictor is replaced by the normal scores of its ranks (Blom's, averaged over ties)
    over kappa = sqrt(8 / pi); their coefficient D is the log hazard ratio between two prognostic
    groups of equal size. R2_D = (D / kappa)^2 / (pi^2 / 6 + (D / kappa)^2): the share of the
    variation of log time, on the scale of the linear predictor, that it explains. It is little
    affected by censoring and by outliers. Beside it:
    r2_pm = Var(eta) / (pi^2 / 6 + Var(eta)), Kent and O'Quigley's approximation;
    r2_randomness = 1 - exp(-LR / events), LR the likelihood-ratio statistic, Kent's explained
    randomness in the form of O'Quigley, Xu and Stare, which also suits time-varying covariates;
    r2_nagelkerke = (1 - exp(-LR / n)) / (1 - exp(2 loglik_null / n)), which falls with censoring.

    Strata and late entry are those of the fit; the error of D is robust if the fit has clusters.

    Returns:
        d, d_std_error, r2_d, r2_pm, r2_randomness, r2_nagelkerke; each r2 is 0 to 1. With one row
        per spell, d, its error, r2_d, r2_pm and r2_nagelkerke are those of R ``royston``.

    Raises:
        InvalidDataError: case weights other than whole numbers, which have no ranks.

    Source: Royston and Sauerbrei (2004), Statistics in Medicine 23: 723-748; Kent and O'Quigley
    (1988), Biometrika 75: 525-534; O'Quigley, Xu and Stare (2005), Statistics in Medicine 24:
    479-489; Nagelkerke (1991), Biometrika 78: 691-692.
    """
    weight = fit.efron.weights
    if (weight % 1 != 0).any():
        raise InvalidDataError("explained_variation: case weights must be whole numbers, as counts")
    eta = fit.efron.X @ fit.coefficients.to_numpy()
    scored = fit.rows.assign(score=normal_scores(rounded(eta), weight))
    late = bool(np.isfinite(fit.rows["entry"]).any())
    ranked = cox(
        scored,
        "score",
        entry="entry" if late else None,
        strata="stratum",
        cluster="cluster" if fit.clusters else None,
        weights="weight",
    ).table.iloc[0]
    count = weight.sum()
    spread = float(weight @ (eta - np.average(eta, weights=weight)) ** 2 / (count - 1))
    ratio = 2 * (fit.loglik - fit.loglik_null)
    events = float(weight[fit.efron.dead].sum())
    return pd.Series(
        {
            "d": ranked["estimate"] * KAPPA,
            "d_std_error": ranked["std_error"] * KAPPA,
            "r2_d": share_explained(ranked["estimate"] ** 2),
            "r2_pm": share_explained(spread),
            "r2_randomness": 1 - np.exp(-ratio / events),
            "r2_nagelkerke": (1 - np.exp(-ratio / count))
            / (1 - np.exp(2 * fit.loglik_null / count)),
        }
    )


def share_explained(variance: float) -> float:
    """Variance of the linear predictor over that plus the error's."""
    return float(variance / (ERROR_VARIANCE + variance))


def normal_scores(eta: Floats, weights: Floats) -> Floats:
    """Blom's expected normal order statistics of `eta`, averaged over ties.

    A row of whole weight w counts as w tied rows.
    """
    from scipy.special import ndtri

    count = int(weights.sum())
    scores = ndtri((np.arange(1, count + 1) - 3 / 8) / (count + 1 / 4))
    running = np.concatenate([[0.0], scores.cumsum()])
    _, place = np.unique(eta, return_inverse=True)
    sizes = np.bincount(place, weights=weights)
    end = sizes.cumsum().round().astype(np.int64)
    begin = end - sizes.round().astype(np.int64)
    means: Floats = (running[end] - running[begin]) / np.maximum(sizes, 1)
    return means[place]


def horizon(stop: Floats, event: npt.NDArray[np.bool_], tau: float | None) -> float:
    """`tau` as it can be used, or the last event time.

    Raises:
        InvalidDataError: not positive, or beyond the last exit.
    """
    last = float(stop[event].max()) if tau is None else float(tau)
    if not 0 < last <= stop.max():
        raise InvalidDataError(
            f"tau {last:g} must be positive and at most {stop.max():g}, the last exit"
        )
    return last


def observed_from_zero(fit: CoxFit, what: str) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Exit times and events of a fit without late entry."""
    late = (fit.rows["entry"] > 0).to_numpy()
    if late.any():
        raise InvalidDataError(
            f"{what} needs rows that are observed from time zero; {late.sum()} rows enter late "
            "(or are intervals of a spell), and how likely they were to be observed is not known"
        )
    return fit.rows["duration"].to_numpy(dtype=float), fit.efron.dead
