"""Competing risks: cumulative incidence, Gray's test, Fine and Gray's regression."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from analysis.models.counts import product_limit, risk_table
from analysis.models.design import design_matrix, formula_variables
from analysis.models.frame import (
    Floats,
    Ints,
    as_list,
    as_pandas,
    complete_rows,
    group_labels,
    observed_causes,
    observed_times,
    require_columns,
)
from analysis.models.nonparametric import Interval, interval
from analysis.models.notices import ConvergenceWarning, warn_of_separation
from analysis.models.result import Fit, coefficient_table
from analysis.models.subdistribution import score_terms
from coalitiondata.errors import InvalidDataError, MissingExtraError, UnknownNameError


def cumulative_incidence(
    frame: Any,
    duration: str = "duration",
    cause: str = "cause",
    by: str | Sequence[str] | None = None,
    entry: str | None = None,
    conf: Interval = "log-log",
) -> pd.DataFrame:
    """Aalen-Johansen probability of having ended by each cause, exact under ties.

    F_k(t) = sum over t_i <= t of S(t_i-) d_ki / n_i, S the Kaplan-Meier curve of all causes
    together, so that the causes and S add to one. The variance is

        sum [ (F_k(t) - F_k(t_i))^2 d_i / (n_i (n_i - d_i)) + S(t_i-)^2 d_ki (n_i - d_ki) / n_i^3
              - 2 (F_k(t) - F_k(t_i)) S(t_i-) d_ki / n_i^2 ],

    the delta-method (equally infinitesimal-jackknife) variance of R ``survfit`` multi-state
    curves. ``cmprsk::cuminc`` has the same estimates with Aalen's variance, about 2 per cent
    larger in samples of forty. With late entry the formula is the one that reduces to Greenwood's
    for a single cause; R's jackknife then differs by some per cent.

    Args:
        frame: any data frame, one row per spell.
        duration: time at which a row ends.
        cause: 0, False or "censored" while it goes on; any other values are causes.
        by: columns whose combinations get curves of their own.
        entry: time from which a row is at risk.
        conf: scale of the 95 per cent interval: log(-log F), log F or F.

    Returns:
        group, cause, time, n_risk, n_event (of that cause), estimate, std_error, conf_low,
        conf_high; one row per group, cause and distinct exit time.

    Rows with missing values in the columns used are dropped with a DroppedRowsWarning: a missing
    cause is not a censored one.

    Raises:
        UnknownNameError, InvalidDataError: as `cox`; no event of any cause.

    Source: Aalen and Johansen (1978), Scand. J. Statist. 5: 141-150; Gaynor et al. (1993), JASA
    88: 400-409.
    """
    if conf not in get_args(Interval):
        raise UnknownNameError(f"no interval {conf!r}; choose from {get_args(Interval)}")
    data = as_pandas(frame)
    columns = [duration, cause, *as_list(by), *as_list(entry)]
    require_columns(data, columns, "cumulative_incidence")
    used, _ = complete_rows(data, columns)
    start, stop = observed_times(used, duration, entry)
    number, labels = observed_causes(used, cause)
    groups = group_labels(used, by).to_numpy()
    curves = []
    for group in pd.unique(pd.Series(groups).sort_values()):
        mine = groups == group
        table = risk_table(start[mine], stop[mine], number[mine] > 0)
        for k, label in enumerate(labels, start=1):
            failing = risk_table(start[mine], stop[mine], number[mine] == k)["n_event"]
            estimate, error = _incidence(table, failing.to_numpy(dtype=float))
            low, high = interval(estimate, error, conf)
            curves.append(
                pd.DataFrame(
                    {
                        "group": group,
                        "cause": label,
                        "time": table["time"],
                        "n_risk": table["n_risk"],
                        "n_event": failing,
                        "estimate": estimate,
                        "std_error": error,
                        "conf_low": low,
                        "conf_high": high,
                    }
                )
            )
    return pd.concat(curves, ignore_index=True)


def gray_test(
    frame: Any,
    by: str | Sequence[str],
    duration: str = "duration",
    cause: str = "cause",
) -> pd.DataFrame:
    """Gray's test, cause by cause, that groups have the same cumulative incidence.

    By comprisk (rho = 0), which agrees with ``cmprsk::cuminc``. Arguments, missing values as
    `cumulative_incidence`.

    Returns:
        cause, statistic (chi-square), df, p_value.

    Raises:
        MissingExtraError: comprisk is not installed.
        InvalidDataError: fewer than two groups, or as `cumulative_incidence`.

    Source: Gray (1988), Annals of Statistics 16: 1141-1154.
    """
    comprisk = _comprisk()
    data = as_pandas(frame)
    columns = [duration, cause, *as_list(by)]
    require_columns(data, columns, "gray_test")
    used, _ = complete_rows(data, columns)
    _, stop = observed_times(used, duration, None)
    number, labels = observed_causes(used, cause)
    names, member = np.unique(group_labels(used, by).to_numpy(), return_inverse=True)
    if len(names) < 2:
        raise InvalidDataError(f"gray_test: {by!r} has one group ({names[0]!r}); two are needed")
    tests = [comprisk.gray_test(stop, number, member, cause=k + 1) for k in range(len(labels))]
    return pd.DataFrame(
        {
            "cause": labels,
            "statistic": [float(t.stat) for t in tests],
            "df": [int(t.df) for t in tests],
            "p_value": [float(t.pvalue) for t in tests],
        }
    )


def fine_gray(
    frame: Any,
    formula: str,
    duration: str = "duration",
    cause: str = "cause",
    of: Any = 1,
) -> Fit:
    """Fine and Gray's regression of the subdistribution hazard of the cause `of`.

    Those who ended by another cause stay in the risk set with inverse-probability-of-censoring
    weights. Estimates by comprisk (Breslow ties) and sandwich errors that allow for the estimated
    weights: the conventions of ``cmprsk::crr``. ``survival::finegray`` weights ties another way
    and differs in the fifth digit.

    Args:
        frame: any data frame, one row per spell; all enter at time zero.
        formula: covariates, as in `cox`.
        duration: time at which a row ends.
        cause: 0, False or "censored", else a cause.
        of: the cause of interest, as labelled in `cause`.

    Returns:
        The fit; its table adds hazard_ratio (of the subdistribution), hazard_low, hazard_high.
        `events` counts the cause of interest.

    Raises:
        MissingExtraError: comprisk is not installed.
        UnknownNameError: a column or cause that does not exist.
        InvalidDataError: as `cox`.

    Source: Fine and Gray (1999), JASA 94: 496-509.
    """
    comprisk = _comprisk()
    data = as_pandas(frame)
    require_columns(data, [duration, cause], "fine_gray")
    used, dropped = complete_rows(data, [duration, cause, *formula_variables(formula, data)])
    _, stop = observed_times(used, duration, None, positive=True)
    number, labels = observed_causes(used, cause)
    if of not in labels:
        raise UnknownNameError(
            f"no event of cause {of!r} in column {cause!r}; causes are "
            + ", ".join(map(repr, labels))
        )
    k = labels.index(of) + 1
    events = int((number == k).sum())
    if events < 2:
        raise InvalidDataError(f"cause {of!r} has only one event; at least 2 needed")
    design = design_matrix(formula, used)
    centre, spread = design.matrix.mean(axis=0), design.matrix.std(axis=0)
    # In the order of time, comprisk's sorts are short and sums run along memory.
    order = np.argsort(stop, kind="stable")
    X, stop, number = ((design.matrix - centre) / spread)[order], stop[order], number[order]
    # A finer tolerance than this falls below the rounding of the likelihood of many rows.
    model = comprisk.FineGrayRegression(cause=k, max_iter=50, gtol=1e-7)
    try:
        with np.errstate(all="ignore"):
            model.fit(X, time=stop, event=number)
    except RuntimeError as error:
        raise InvalidDataError(f"fine_gray: {error}; leave out or rescale covariates") from error
    estimate, terms, left = _polish(model, X, stop, number, k)
    # Standardised, a variance is near 1 / events unless nothing is left of the information.
    inflation = np.diag(model.var_) * events
    running = ~((inflation > 0) & (inflation < 1e6))
    flat = left < 1e-6
    if runaway := [n for n, r in zip(design.names, running, strict=True) if r]:
        warn_of_separation(runaway, stacklevel=2)
    elif not flat:
        warnings.warn(
            "fine_gray: the likelihood is not at its maximum; estimates are not to be used",
            ConvergenceWarning,
            stacklevel=2,
        )
    # comprisk's own sandwich takes the censoring curve as known.
    influence = terms @ model.var_ / spread
    covariance = influence.T @ influence
    table = coefficient_table(design.names, estimate / spread, covariance)
    with np.errstate(over="ignore"):
        table["hazard_ratio"] = np.exp(table["estimate"])
        table["hazard_low"] = np.exp(table["conf_low"])
        table["hazard_high"] = np.exp(table["conf_high"])
    names = list(design.names)
    return Fit(
        model=f"fine-gray, cause {of}",
        formula=formula,
        table=table,
        covariance=pd.DataFrame(covariance, index=names, columns=names),
        n=len(used),
        events=events,
        loglik=model.log_likelihood_,
        loglik_null=model.log_likelihood_null_,
        converged=flat and not runaway,
        dropped=dropped,
    )


def _polish(
    model: Any, X: Floats, stop: Floats, number: Ints, cause: int
) -> tuple[Floats, Floats, float]:
    """Estimates after a last Newton step, score terms there, and the step left in errors.

    The step is left out if it is below rounding or too long for the method to be near its end.
    """
    error = np.sqrt(np.maximum(np.diag(model.var_), np.finfo(float).tiny))
    estimate = model.coef_
    terms = score_terms(X, stop, number, cause, estimate)
    step = model.var_ @ terms.sum(axis=0)
    if 1e-9 < np.abs(step / error).max() < 1e-2:
        estimate = estimate + step
        terms = score_terms(X, stop, number, cause, estimate)
        step = model.var_ @ terms.sum(axis=0)
    return estimate, terms, float(np.abs(step / error).max())


def _incidence(table: pd.DataFrame, failing: Floats) -> tuple[Floats, Floats]:
    """Estimate and standard error, `failing` the events of the cause at each time."""
    n, d = table["n_risk"].to_numpy(dtype=float), table["n_event"].to_numpy(dtype=float)
    before = np.concatenate([[1.0], product_limit(table)[:-1]])
    F = (before * failing / n).cumsum()
    # Where all at risk fail nothing follows, so that the squared difference it multiplies is zero.
    a = np.divide(d, n * (n - d), out=np.zeros(len(n)), where=n > d)
    b = before * failing / n**2
    c = before**2 * failing * (n - failing) / n**3
    variance = (
        F**2 * a.cumsum()
        - 2 * F * (a * F).cumsum()
        + (a * F**2).cumsum()
        + c.cumsum()
        - 2 * (F * b.cumsum() - (b * F).cumsum())
    )
    return F, np.sqrt(np.maximum(variance, 0.0))


def _comprisk() -> Any:
    try:
        import comprisk
    except ImportError as error:
        raise MissingExtraError(
            "competing-risks regression needs comprisk: pip install 'comprisk>=0.8'"
        ) from error
    return comprisk
