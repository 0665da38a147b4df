"""Cox's model with a frailty that the rows of a group share."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit, cox
from analysis.models.design import formula_variables
from analysis.models.frailty_inverse import covariate_inverse, group_diagonal, sparse_inverse
from analysis.models.frailty_penalty import LogGamma, Normal, evaluate, grouped
from analysis.models.frailty_theta import Distribution, Peak, Profile, estimate, interval
from analysis.models.frame import (
    Floats,
    Ints,
    as_list,
    as_pandas,
    codes,
    complete_rows,
    group_labels,
    require_columns,
)
from analysis.models.result import CONFIDENCE, Fit, Z, coefficient_table
from coalitiondata.errors import InvalidDataError, UnknownNameError

FEW = 5  # groups, fewer of which say next to nothing about a variance


class WeakIdentificationWarning(UserWarning):
    """The data hardly tell the variance of the frailties; the message says why."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FrailtyFit(Fit):
    """A shared-frailty Cox model; see `Fit` for the common face.

    `loglik` has the frailties integrated out, so that it compares with that of a plain Cox model
    (theta = 0); `loglik_null` is that of the frailties alone, theta estimated again.

    Attributes:
        distribution: of the frailties.
        theta: their variance (gaussian: that of their logarithm).
        theta_low, theta_high: 95 per cent interval by profile likelihood.
        theta_test: likelihood-ratio test of theta = 0: statistic, p_value.
        frailties: one row per group: group, size (rows), events, frailty (what its hazard is
            multiplied by), conf_low, conf_high (95 per cent, theta taken as known).
        groups: number of groups.
        sparse: whether standard errors are from R's approximation of the information.
        cox: the same model without frailty.
    """

    distribution: Distribution
    theta: float
    theta_low: float
    theta_high: float
    theta_test: pd.Series
    frailties: pd.DataFrame
    groups: int
    sparse: bool
    cox: CoxFit

    @property
    def aic(self) -> float:
        """Akaike's criterion; theta counts as one more parameter."""
        return super().aic + 2

    @property
    def bic(self) -> float:
        """Schwarz's criterion on the number of events; theta counts as one more parameter."""
        return super().bic + float(np.log(self.events))


def frailty(
    frame: Any,
    formula: str,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
    *,
    group: str | Sequence[str],
    distribution: Distribution = "gamma",
    sparse: bool = False,
) -> FrailtyFit:
    """Cox regression with a shared frailty: h(t | x, j) = h0(t) u_j exp(x'b) in group j.

    "gamma": u_j has mean 1 and variance theta. The frailties are integrated out exactly, and theta
    maximises that likelihood, profiled over b and h0 (Efron ties); coefficients, theta, `loglik`
    and frailties are those of R ``coxph(... + frailty(g, method = "em"))``, iterated to the end:
    a default call stops where the likelihood changes by less than 1e-5 of itself, which with
    thousands of events is far from its maximum. Kendall's tau of two members of a group is
    theta / (theta + 2).
    "gaussian": log(u_j) is normal with mean 0 and variance theta, which is estimated by restricted
    likelihood as R ``frailty(g, distribution = "gaussian", sparse = FALSE)`` does. `loglik`, the
    interval and the test of theta use Laplace's approximation of the integral, which R does not
    report and which need not peak at that theta. It needs matrices of groups x groups and times.

    At given theta both maximise a penalised partial likelihood, and standard errors are from the
    inverse of its information, as R's ``fit$var``: conditional on theta, whose uncertainty is not
    in them. The inverse is exact, as with ``frailty(g, sparse = FALSE)`` in R. With more than five
    groups R by default drops elements off the diagonal, and so does `sparse`. Errors of covariates
    that vary within groups change by 2 per cent in pairs and .1 per cent in groups of six; those of
    covariates that are constant within groups can double.

    Late entry conditions on the row being at risk, with the frailties' distribution that of the
    groups in the data, as in R: groups that lost all members before entry are not made up for.

    Args:
        frame: any data frame (pandas, polars, pyarrow, duckdb); one row per spell, or per
            (start, stop] interval with `entry`.
        formula: covariates, R-like, as for `cox`; they can be constant within groups.
        duration: time at which a row ends, in any unit, from the same origin as `entry`.
        event: 1 if it ends with the event, 0 if it is censored.
        entry: time from which a row is at risk.
        strata: columns whose combinations have baseline hazards of their own; groups can reach
            across strata.
        group: column, or columns, whose combinations share a frailty.
        distribution: "gamma" or "gaussian".
        sparse: standard errors from the information as R approximates it by default, see above.

    Returns:
        The fit; its table adds hazard_ratio = exp(estimate), between members of the same group,
        with hazard_low and hazard_high. With theta = 0 it is the plain Cox model's, and `model`
        says so. The p-value of `theta_test` is from the even mixture of chi-square with 0 and
        1 degrees of freedom, half that of the latter, and 1 if theta is 0.

    Rows with a missing value in any column used, the group included, are dropped with a
    DroppedRowsWarning. A WeakIdentificationWarning tells if there are fewer than five groups, or
    if at least half of the groups hold one unit without a second event: if all do, nothing but
    departures from proportional hazards tells theta. Units are told apart by rows that are at
    risk at the same time.

    Raises:
        UnknownNameError: a column that the frame does not have, an unknown distribution.
        InvalidDataError: what `cox` refuses; a single group; groups that coincide with strata, or
            are never at risk together, or differ without bounds; `sparse` where that breaks down.

    Source: Clayton (1978), Biometrika 65: 141-151; Klein (1992), Biometrics 48: 795-806;
    Ripatti and Palmgren (2000), Biometrics 56: 1016-1022; Therneau, Grambsch and Pankratz (2003),
    JCGS 12: 156-175; Self and Liang (1987), JASA 82: 605-610 (test at the boundary).
    """
    if distribution not in get_args(Distribution):
        raise UnknownNameError(
            f"no frailty distribution {distribution!r}; choose from {get_args(Distribution)}"
        )
    data = as_pandas(frame)
    named = [duration, event, *as_list(entry), *as_list(strata), *as_list(group)]
    require_columns(data, named, "frailty")
    used, dropped = complete_rows(data, [*named, *formula_variables(formula, data)])
    number = codes(used, group)
    groups = int(number.max()) + 1
    if groups < 2:
        raise InvalidDataError(
            f"group column {group!r} holds one group; a frailty needs at least two, better dozens"
        )
    plain = cox(used, formula, duration, event, entry, strata)
    _warn_if_weak(plain.rows, number, groups)

    scale = plain.efron.X.std(axis=0)
    start = plain.coefficients.to_numpy() * scale
    profile = _profile(plain, number, plain.efron.X / scale, start, distribution)
    if not group_diagonal(evaluate(profile.data, profile.null)).max() > 1e-10:
        raise InvalidDataError(
            f"no two groups of {group!r} are at risk together (within strata); "
            "their frailties cannot be told from the baseline hazards"
        )
    best = estimate(profile)
    low, high = interval(profile, best)
    nothing = np.empty((plain.n, 0)), np.empty(0)
    alone = estimate(_profile(plain, number, *nothing, distribution))
    table, covariance = plain.table, plain.covariance
    name = f"cox, Efron ties, {distribution} frailty"
    if best.theta == 0:
        name += ", theta = 0: the plain Cox model"
    else:
        table, covariance = _table(best, plain, scale, distribution, sparse)
    return FrailtyFit(
        model=name,
        formula=formula,
        table=table,
        covariance=covariance,
        n=plain.n,
        events=plain.events,
        loglik=best.loglik,
        loglik_null=alone.loglik,
        converged=plain.converged,
        dropped=dropped,
        distribution=distribution,
        theta=best.theta,
        theta_low=low,
        theta_high=high,
        theta_test=_boundary_test(best, plain),
        frailties=_frailties(best, group_labels(used, group), distribution),
        groups=groups,
        sparse=sparse,
        cox=plain,
    )


def _profile(
    plain: CoxFit,
    number: Ints,
    X: Floats,
    coefficients: Floats,
    distribution: Distribution,
) -> Profile:
    data = grouped(plain.efron.sets, X, number)
    null = np.concatenate([np.zeros(data.groups), coefficients])
    return Profile(data=data, distribution=distribution, null=null)


def _warn_if_weak(rows: pd.DataFrame, number: Ints, groups: int) -> None:
    """Warn of few groups, and of groups that hold one unit with at most one event."""
    if groups < FEW:
        warnings.warn(
            f"{groups} groups say next to nothing about their variance; "
            "look at its interval, or use strata",
            WeakIdentificationWarning,
            stacklevel=3,
        )
    ordered = rows.assign(group=number).sort_values(["group", "entry", "duration"])
    within = ordered.groupby("group")
    reached = within["duration"].cummax().groupby(ordered["group"]).shift()
    several = (ordered["entry"] < reached).groupby(ordered["group"]).any()
    single = ~several & (within["event"].sum() < 2)
    if 2 * single.sum() >= groups:
        rest = groups - int(single.sum())
        told = f"the other {rest}" if rest else "departures from proportional hazards alone"
        warnings.warn(
            f"{int(single.sum())} of {groups} groups hold one unit without a second event; "
            f"what is known about theta comes from {told}",
            WeakIdentificationWarning,
            stacklevel=3,
        )


def _table(
    best: Peak, plain: CoxFit, scale: Floats, distribution: Distribution, sparse: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    penalty = LogGamma(best.theta) if distribution == "gamma" else Normal(best.theta)
    if sparse:
        inverted = sparse_inverse(best.point, penalty)
    elif best.inverse is not None:
        inverted = best.inverse.covariates
    else:
        inverted = covariate_inverse(best.point, penalty)
    names = list(plain.design.names)
    estimates = best.point.joint[best.point.data.groups :] / scale
    variance = inverted / np.outer(scale, scale)
    table = coefficient_table(plain.design.names, estimates, variance)
    with np.errstate(over="ignore"):
        table["hazard_ratio"] = np.exp(table["estimate"])
        table["hazard_low"] = np.exp(table["conf_low"])
        table["hazard_high"] = np.exp(table["conf_high"])
    return table, pd.DataFrame(variance, index=names, columns=names)


def _boundary_test(best: Peak, plain: CoxFit) -> pd.Series:
    from scipy.stats import chi2

    gain = 0.0 if best.theta == 0 else max(2 * (best.loglik - plain.loglik), 0.0)
    p_value = 0.5 * float(chi2.sf(gain, 1)) if gain > 0 else 1.0
    return pd.Series({"statistic": gain, "p_value": p_value})


def _frailties(best: Peak, labels: pd.Series, distribution: Distribution) -> pd.DataFrame:
    """Each group's frailty given its data: posterior mean (gamma) or mode (gaussian)."""
    from scipy.stats import gamma

    point, number = best.point, best.point.data.group
    value = np.exp(point.w)
    d = np.bincount(number, point.data.dead)
    low = high = value
    if best.theta > 0 and distribution == "gamma":
        # Given its events and its cumulative hazard a group's frailty is gamma again.
        shape = 1 / best.theta + d
        spread = {"a": shape, "scale": 1 / (1 / best.theta + point.expected() / value)}
        low, high = (gamma.ppf((1 + sign * CONFIDENCE) / 2, **spread) for sign in (-1, 1))
    elif best.inverse is not None:
        error = np.sqrt(best.inverse.groups)
        low, high = value * np.exp(-Z * error), value * np.exp(Z * error)
    return pd.DataFrame(
        {
            "group": labels.groupby(number).first().to_numpy(),
            "size": np.bincount(number),
            "events": d.astype(np.int64),
            "frailty": value,
            "conf_low": low,
            "conf_high": high,
        }
    )
