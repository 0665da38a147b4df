"""Weighted log-rank tests: which part of the follow-up a difference of hazards is looked for in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from analysis.models.efron import group_sum, risk_sets
from analysis.models.frame import (
    Floats,
    Ints,
    as_list,
    as_pandas,
    codes,
    complete_rows,
    group_labels,
    observed_events,
    observed_times,
    require_columns,
)
from analysis.models.nonparametric import GroupTest
from coalitiondata.errors import InvalidDataError, UnknownNameError

Weights = Literal["fleming-harrington", "gehan", "tarone-ware", "peto", "modified-peto"]


def weighted_log_rank(
    frame: Any,
    by: str | Sequence[str],
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
    weights: Weights = "fleming-harrington",
    rho: float = 0.0,
    gamma: float = 0.0,
) -> GroupTest:
    """Weighted log-rank test that the hazards of k groups are the same (within strata).

    At each event time, with n at risk and d events in all, n_j and d_j in group j, and a weight w
    that depends on the past of all groups together, the test compares

        Z_j = sum of w (d_j - n_j d / n)   with   V_jl = sum of w^2 (n_j / n) (1{j = l} - n_l / n)
                                                         d (n - d) / (n - 1)

    by Z' V^- Z, chi-square with rank V degrees of freedom (one less than there are groups unless a
    group is never at risk together with another). The weights, S being the Kaplan-Meier curve of
    all groups and S~ the product of (1 - d / (n + 1)):

        fleming-harrington  S(t-)^rho (1 - S(t-))^gamma; rho = gamma = 0 is the log-rank test,
                            rho = 1 stresses early, gamma = 1 late differences;
                            R ``survdiff(rho =)`` for gamma = 0
        gehan               n (also Breslow's; depends on censoring)
        tarone-ware         sqrt(n)
        peto                S~(t) (Peto and Peto's generalised Wilcoxon test)
        modified-peto       S~(t) n / (n + 1) (Andersen)

    Args:
        frame: any data frame, one row per spell.
        by: columns whose combinations are the groups.
        duration, event, entry: as in `cox`; rows that enter late count from then on, in the
            weights too.
        strata: columns within whose combinations groups are compared; S, S~ and n are the
            stratum's own, as in R.
        weights: see above.
        rho, gamma: exponents, 0 or more, of "fleming-harrington" only.

    Returns:
        The test; its table has group, n, observed (sum of w d_j) and expected.

    Rows with missing values in the columns used are dropped with a DroppedRowsWarning.

    Raises:
        UnknownNameError: an unknown column or weight.
        InvalidDataError: fewer than two groups, no event, no event while two groups are at risk
            (with a weight above zero), negative exponents or exponents for other weights; times and
            events as `cox`.

    Source: Fleming and Harrington (1991), Counting Processes and Survival Analysis, ch. 7; Gehan
    (1965), Biometrika 52: 203-223; Tarone and Ware (1977), Biometrika 64: 156-160; Peto and Peto
    (1972), JRSS A 135: 185-207; Klein and Moeschberger (2003), section 7.3.
    """
    from scipy.stats import chi2

    if weights not in get_args(Weights):
        raise UnknownNameError(f"no weights {weights!r}; choose from {get_args(Weights)}")
    if not (rho >= 0 and gamma >= 0):
        raise InvalidDataError(f"rho {rho} and gamma {gamma} must be 0 or more")
    if weights != "fleming-harrington" and (rho or gamma):
        raise InvalidDataError(f"weights {weights!r} take no rho or gamma; leave them out")
    data = as_pandas(frame)
    columns = [duration, event, *as_list(entry), *as_list(by), *as_list(strata)]
    require_columns(data, columns, "weighted_log_rank")
    used, _ = complete_rows(data, columns)
    start, stop = observed_times(used, duration, entry)
    happened = observed_events(used, event, least=1)
    names, member = np.unique(group_labels(used, by).to_numpy(), return_inverse=True)
    if len(names) < 2:
        raise InvalidDataError(
            f"weighted_log_rank: {by!r} has one group ({names[0]!r}); two are needed"
        )
    stratum = codes(used, strata)
    sets = risk_sets(start, stop, happened, stratum)
    at_risk = sets.at_risk_sum(np.eye(len(names))[member])
    n = at_risk.sum(axis=1)
    own = sets.own[happened]
    d = np.bincount(own, minlength=len(n)).astype(float)
    layer = np.zeros(len(n), dtype=np.int64)
    layer[own] = stratum[happened]
    w = _weight(weights, layer, n, d, rho, gamma)
    share = at_risk / n[:, None]
    observed = group_sum(member[happened], w[own], len(names))
    expected = share.T @ (w * d)
    spread = w**2 * np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    covariance = np.diag(share.T @ spread) - (share * spread[:, None]).T @ share
    # Measured by its first term, nothing but rounding is left of it if groups never meet.
    size = max(float((share.T @ spread).max()), 1e-300)
    values, vectors = np.linalg.eigh(covariance / size)
    kept = values > 1e-10
    df = int(kept.sum())
    if df == 0:
        raise InvalidDataError(
            f"weighted_log_rank: no event in column {event!r} happens while two groups of {by!r} "
            "are at risk and the weight is above zero; the groups cannot be compared"
        )
    turned = vectors[:, kept].T @ (observed - expected)
    statistic = float((turned**2 / values[kept]).sum() / size)
    table = pd.DataFrame(
        {"group": names, "n": np.bincount(member), "observed": observed, "expected": expected}
    )
    return GroupTest(statistic, df, float(chi2.sf(statistic, df)), table)


def _weight(weights: str, layer: Ints, n: Floats, d: Floats, rho: float, gamma: float) -> Floats:
    """The weight at each event time, `layer` the number of its stratum."""
    if weights == "gehan":
        return n
    if weights == "tarone-ware":
        return np.asarray(np.sqrt(n))
    if weights == "fleming-harrington":
        left = pd.Series(1 - d / n).groupby(layer).cumprod()
        before = left.groupby(layer).shift(fill_value=1.0).to_numpy(dtype=float)
        return np.asarray(before**rho * (1 - before) ** gamma)
    modified = pd.Series(1 - d / (n + 1)).groupby(layer).cumprod().to_numpy(dtype=float)
    return np.asarray(modified if weights == "peto" else modified * n / (n + 1))
