"""All checks of a Cox model at once, as tidy tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit
from analysis.models.cox_snell import cox_snell_check, cox_snell_residuals
from analysis.models.frame import Floats
from analysis.models.functional_form import form_points, linearity_tests
from analysis.models.newton import inverse
from analysis.models.proportionality import Transform, ph_test
from analysis.models.residuals import deviance_residuals, dfbeta_residuals, score_residuals
from coalitiondata.errors import InvalidDataError


@dataclass(frozen=True, eq=False, kw_only=True)
class CoxDiagnostics:
    """Tables that say whether a Cox model can be trusted.

    Attributes:
        summary: n, events, coefficients, events_per_coefficient (ten are a usual minimum, five a
            low one), converged, largest_step (the Newton step still to be made, in standard
            errors), condition_number (see `condition_number`).
        covariates: one row per coefficient: term, low, high (range), share_nonzero, events_zero
            and events_nonzero (events among rows where the column is zero or not; none of either
            kind separates), variance_inflation (see `condition_number`).
        proportionality: as `ph_test`.
        linearity: as `linearity_tests`.
        form_points: as `form_points`.
        residuals: as `residual_summary`.
        influence: as `influential_rows`.
        cox_snell: as `cox_snell_check`.
        missing: column, missing: values missing among the rows the fit left out; a row that misses
            several counts under each.
    """

    summary: pd.Series
    covariates: pd.DataFrame
    proportionality: pd.DataFrame
    linearity: pd.DataFrame
    form_points: pd.DataFrame
    residuals: pd.DataFrame
    influence: pd.DataFrame
    cox_snell: pd.DataFrame
    missing: pd.DataFrame


def cox_diagnostics(
    fit: CoxFit, transform: Transform = "km", spline_df: int = 3, top: int = 5
) -> CoxDiagnostics:
    """Every check of a Cox model that needs no more than the fit.

    Args:
        fit: a Cox model.
        transform: of time, for the test of proportional hazards.
        spline_df: columns of the splines against which lines are tested.
        top: how many of the most influential rows to list by each measure.

    Returns:
        The tables, see `CoxDiagnostics`.

    Raises:
        InvalidDataError: the fit has not converged, so that no check of it means anything
            (`covariates_table` still works and shows what separates); all events at one time;
            `top` below 1 or `spline_df` below 2.
    """
    if not fit.converged:
        raise InvalidDataError(
            "the model has not converged and cannot be checked; covariates_table(fit) shows the "
            "covariates that have no events on one side"
        )
    residuals = cox_snell_residuals(fit)
    return CoxDiagnostics(
        summary=_summary(fit),
        covariates=covariates_table(fit),
        proportionality=ph_test(fit, transform),
        linearity=linearity_tests(fit, spline_df),
        form_points=form_points(fit),
        residuals=residual_summary(fit),
        influence=influential_rows(fit, top),
        cox_snell=cox_snell_check(residuals, fit.efron.weights),
        missing=pd.DataFrame(
            {"column": list(fit.dropped), "missing": np.array(list(fit.dropped.values()), int)}
        ),
    )


def covariates_table(fit: CoxFit) -> pd.DataFrame:
    """Range of each covariate, events on either side of zero, variance inflation.

    Returns:
        See `covariates` of `CoxDiagnostics`. Events count rows, without case weights.
    """
    X, dead = fit.design.matrix, fit.efron.dead
    nonzero = X != 0
    return pd.DataFrame(
        {
            "term": list(fit.design.names),
            "low": X.min(axis=0),
            "high": X.max(axis=0),
            "share_nonzero": nonzero.mean(axis=0),
            "events_zero": (~nonzero[dead]).sum(axis=0),
            "events_nonzero": nonzero[dead].sum(axis=0),
            "variance_inflation": np.diag(inverse(_correlation(fit))),
        }
    )


def condition_number(fit: CoxFit) -> float:
    """Square root of the largest over the smallest eigenvalue of the scaled information.

    Scaled to a unit diagonal, the information at the estimates is that of covariates as they vary
    within the risk sets, in units of their spread there; above 30 collinearity inflates errors
    badly. A covariate's variance inflation is the diagonal of its inverse: the factor by which
    the variance exceeds that of a covariate uncorrelated with the others.

    Source: Belsley, Kuh and Welsch (1980), Regression Diagnostics, chapter 3.
    """
    return float(np.sqrt(np.linalg.cond(_correlation(fit))))


def residual_summary(fit: CoxFit) -> pd.DataFrame:
    """Distribution of martingale, deviance and score residuals.

    Score residuals are weighted and multiplied by the standard error of their coefficient, which
    frees them of units.

    Returns:
        residual, mean, std, min, 25%, 50%, 75%, max; one row per kind, and per covariate for
        score residuals.
    """
    scale = np.sqrt(np.diag(fit.covariance_model))
    score = score_residuals(fit).mul(fit.rows["weight"], axis=0) * scale
    table = score.set_axis([f"score {name}" for name in score], axis=1)
    table.insert(0, "martingale", fit.efron.martingale())
    table.insert(1, "deviance", deviance_residuals(fit))
    described: pd.DataFrame = table.describe().drop("count").T
    return described.rename_axis("residual").reset_index()


def influential_rows(fit: CoxFit, top: int = 5) -> pd.DataFrame:
    """The rows that move estimates most, by coefficient and for all together.

    "dfbetas" is the approximate change of a coefficient by the row, in standard errors; the
    likelihood displacement is d' I d with d the changes of all coefficients and I the information,
    about twice the fall of the log-likelihood when the estimates move to those without the row.
    A unit with several rows, or a cluster, may move more than each of its rows.

    Args:
        fit: a Cox model.
        top: how many rows to list by each measure.

    Returns:
        measure ("dfbetas", "likelihood displacement"), term ("all" for the displacement), rank,
        row (index in the frame), value; by measure, term, falling size.

    Raises:
        InvalidDataError: `top` below 1.

    Source: Cain and Lange (1984), Biometrics 40: 493-499; Pettitt and Bin Daud (1989), Applied
    Statistics 38: 51-67.
    """
    if top < 1:
        raise InvalidDataError(f"top {top} lists no row; give 1 or more")
    change = dfbeta_residuals(fit)
    measures = change / np.sqrt(np.diag(fit.covariance_model))
    information = fit.efron.information()
    d = change.to_numpy()
    measures["all"] = np.einsum("ij,jk,ik->i", d, information, d, optimize=True)
    parts = []
    for position, term in enumerate(measures.columns):
        value: Floats = measures.iloc[:, position].to_numpy()
        order = np.argsort(-np.abs(value), kind="stable")[:top]
        of_all = position == len(fit.design.names)
        parts.append(
            pd.DataFrame(
                {
                    "measure": "likelihood displacement" if of_all else "dfbetas",
                    "term": term,
                    "rank": np.arange(1, len(order) + 1),
                    "row": fit.rows.index[order],
                    "value": value[order],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _summary(fit: CoxFit) -> pd.Series:
    step = fit.covariance_model.to_numpy() @ fit.efron.score()
    coefficients = len(fit.design.names)
    return pd.Series(
        {
            "n": fit.n,
            "events": fit.events,
            "coefficients": coefficients,
            "events_per_coefficient": fit.events / coefficients,
            "converged": fit.converged,
            "largest_step": float((np.abs(step) / np.sqrt(np.diag(fit.covariance_model))).max()),
            "condition_number": condition_number(fit),
        },
        dtype=object,
    )


def _correlation(fit: CoxFit) -> Floats:
    information = fit.efron.information()
    size = np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
    return np.asarray(information / np.outer(size, size))
