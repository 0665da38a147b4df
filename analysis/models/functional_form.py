"""Is the effect of a numeric covariate linear in the log hazard?"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit, cox
from analysis.models.efron import efron
from analysis.models.frame import Floats
from analysis.models.notices import ConvergenceWarning, SeparationWarning
from analysis.models.result import likelihood_ratio_test, wald_test
from coalitiondata.errors import InvalidDataError

FEWEST_VALUES = 5  # with fewer distinct values a covariate is as good as a factor
FRACTION = 2 / 3  # of the rows that each local regression takes in, as R's lowess


def numeric_terms(fit: CoxFit) -> list[str]:
    """Terms of one column with five or more distinct values, no interactions."""
    chosen = []
    for term, columns in fit.design.terms.items():
        if len(columns) == 1 and ":" not in term:
            values = fit.design.matrix[:, columns[0]]
            if len(np.unique(values)) >= FEWEST_VALUES:
                chosen.append(term)
    return chosen


def linearity_tests(fit: CoxFit, spline_df: int = 3) -> pd.DataFrame:
    """Natural cubic spline against a straight line, term by term, the others as they are.

    The spline has knots at the covariate's range and at its quantiles 1/df, 2/df, .. over the rows
    of the fit, as R ``ns(x, df)`` (over the distinct values, if nearly all rows are at an end of
    the range); it is linear beyond the range. Its ``df`` columns are the line and df - 1
    departures, whose coefficients are tested: by likelihood ratio, or, if the fit has robust
    errors, by a robust Wald test, since the likelihood is then a working one.

    Args:
        fit: a Cox model.
        spline_df: columns of the spline, 2 or more; fewer are used where quantiles coincide.

    Returns:
        term, df (of the test), statistic (chi-square), p_value, test ("likelihood ratio" or
        "robust Wald"). Numeric terms with at least five distinct values, interactions apart.
        Statistic and p-value are missing where the spline has no finite maximum.

    Raises:
        InvalidDataError: `spline_df` below 2.

    Source: Harrell (2015), Regression Modeling Strategies, section 2.4; Therneau and Grambsch
    (2000), section 5.
    """
    if spline_df < 2:
        raise InvalidDataError(f"spline_df {spline_df} leaves nothing but a line; give 2 or more")
    robust = "robust" in fit.model
    rows = []
    for term in numeric_terms(fit):
        column = fit.design.terms[term][0]
        bends = _departures(fit.design.matrix[:, column], spline_df)
        df = bends.shape[1]
        statistic, p_value = np.nan, np.nan
        curved = _refit(fit, bends)
        if curved is not None:
            names = list(curved.table["term"])[-df:]
            test = wald_test(curved, names) if robust else likelihood_ratio_test(curved, fit)
            statistic, p_value = float(test["statistic"]), float(test["p_value"])
        rows.append((term, df, statistic, p_value, "robust Wald" if robust else "likelihood ratio"))
    return pd.DataFrame(rows, columns=["term", "df", "statistic", "p_value", "test"])


def form_points(fit: CoxFit) -> pd.DataFrame:
    """Martingale residuals of the model without a covariate, against it, and their lowess.

    Up to scale the smooth shows the form in which the covariate belongs into the model, provided
    that it is about independent of the others. Lowess is R's with its defaults: two thirds of the
    rows, three robustness passes, interpolated within one per cent of the range.

    Returns:
        term, row (index in the frame), value, martingale, lowess; ordered by term and value.
        Terms as in `linearity_tests`; none for a covariate without which the model has no finite
        maximum.

    Source: Therneau, Grambsch and Fleming (1990), Biometrika 77: 147-160; Cleveland (1979), JASA
    74: 829-836.
    """
    from statsmodels.nonparametric.smoothers_lowess import lowess

    parts = []
    for term in numeric_terms(fit):
        column = fit.design.terms[term][0]
        value = fit.design.matrix[:, column]
        residual = _martingale_without(fit, column)
        if residual is None:
            continue
        order = np.argsort(value, kind="stable")
        x, y = value[order], residual[order]
        smooth = lowess(
            y, x, frac=FRACTION, it=3, delta=0.01 * np.ptp(x), is_sorted=True, return_sorted=False
        )
        parts.append(
            pd.DataFrame(
                {
                    "term": term,
                    "row": fit.rows.index[order],
                    "value": x,
                    "martingale": y,
                    "lowess": smooth,
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=["term", "row", "value", "martingale", "lowess"])
    return pd.concat(parts, ignore_index=True)


def _departures(values: Floats, df: int) -> Floats:
    """An orthonormal basis of the natural cubic splines of `values` that are not straight lines."""
    from formulaic import model_matrix

    low, high = float(values.min()), float(values.max())
    for rows in (values, np.unique(values)):
        knots = np.unique(np.quantile(rows, np.arange(1, df) / df))
        knots = knots[(knots > low) & (knots < high)]
        if knots.size:
            break
    spread = high - low
    inner = ", ".join(repr(float(k)) for k in (knots - low) / spread)
    table = pd.DataFrame({"x": (values - low) / spread})
    basis = model_matrix(
        f"0 + cr(x, knots=[{inner}], lower_bound=0, upper_bound=1)", table, output="numpy"
    )
    line = np.linalg.qr(np.column_stack([np.ones(len(values)), table["x"]]))[0]
    rest = np.asarray(basis, dtype=float)
    rest = rest - line @ (line.T @ rest)
    left, size, _ = np.linalg.svd(rest, full_matrices=False)
    kept: Floats = left[:, : len(knots)] * np.sqrt(len(values))
    return kept[:, size[: len(knots)] > 1e-9 * size[0]]


def _refit(fit: CoxFit, more: Floats, without: int | None = None) -> CoxFit | None:
    """The model with further columns, or less one column; None if it has no finite maximum."""
    kept = [k for k in range(len(fit.design.names)) if k != without]
    X = np.column_stack([fit.design.matrix[:, kept], more])
    names = [f"x{k}" for k in range(X.shape[1])]
    frame = fit.rows.reset_index(drop=True).assign(**dict(zip(names, X.T, strict=True)))
    late = bool(np.isfinite(fit.rows["entry"]).any())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SeparationWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            other = cox(
                frame,
                " + ".join(names),
                entry="entry" if late else None,
                strata="stratum",
                cluster="cluster" if "robust" in fit.model else None,
                weights="weight",
            )
        except InvalidDataError:  # collinear within the risk sets
            return None
    return other if other.converged else None


def _martingale_without(fit: CoxFit, column: int) -> Floats | None:
    if len(fit.design.names) == 1:
        at = fit.efron
        return efron(at.sets, at.X, at.weights, np.zeros(1)).martingale()
    other = _refit(fit, np.empty((fit.n, 0)), without=column)
    return None if other is None else other.efron.martingale()
