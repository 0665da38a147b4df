"""The common face of every fitted model."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
import pandas as pd

from analysis.models.frame import Floats
from coalitiondata.errors import UnknownNameError

CONFIDENCE = 0.95
ANCILLARY = ("log(scale)", "(shape)")  # parameters of a distribution, not effects
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit:
    """A fitted model.

    Attributes:
        model: name of the model, with its variant.
        formula: right-hand side as given.
        table: one row per coefficient: term, estimate, std_error, statistic (Wald z), p_value
            (two-sided), conf_low, conf_high (95 per cent), then columns of the model's own.
        covariance: of the estimates, terms x terms; the one behind `std_error`.
        n: rows used.
        events: events among them.
        loglik: maximised (partial) log-likelihood.
        loglik_null: the same without covariates; missing where the model has none.
        converged: whether the likelihood is flat at the estimates.
        dropped: missing values by column among the rows that were left out.
    """

    model: str
    formula: str
    table: pd.DataFrame
    covariance: pd.DataFrame
    n: int
    events: int
    loglik: float
    loglik_null: float
    converged: bool
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def coefficients(self) -> pd.Series:
        """Estimates by term."""
        return self.table.set_index("term")["estimate"]

    @property
    def aic(self) -> float:
        """Akaike's criterion, -2 loglik + 2 k, k the number of estimated coefficients."""
        return -2 * self.loglik + 2 * len(self.table)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, -2 loglik + k log(events): information grows with events."""
        return -2 * self.loglik + float(np.log(self.events)) * len(self.table)


def coefficient_table(names: tuple[str, ...], estimate: Floats, covariance: Floats) -> pd.DataFrame:
    """The tidy table of estimates with Wald tests and 95 per cent intervals."""
    from scipy.stats import norm

    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(np.diag(covariance))
        statistic = estimate / error
    return pd.DataFrame(
        {
            "term": list(names),
            "estimate": estimate,
            "std_error": error,
            "statistic": statistic,
            "p_value": 2 * norm.sf(np.abs(statistic)),
            "conf_low": estimate - Z * error,
            "conf_high": estimate + Z * error,
        }
    )


def wald_test(fit: Fit, terms: list[str] | None = None) -> pd.Series:
    """Joint Wald test that the coefficients `terms` (default all) are zero.

    statistic = b' V^-1 b with V the covariance behind the table (robust if clusters were given),
    chi-square with as many degrees of freedom as coefficients.

    Returns:
        statistic, df, p_value.

    Raises:
        UnknownNameError: a term that the table does not list.
    """
    from scipy.stats import chi2

    listed = list(fit.table["term"])
    chosen = listed if terms is None else terms
    for term in chosen:
        if term not in listed:
            raise UnknownNameError(f"no coefficient {term!r}; the fit has {', '.join(listed)}")
    b = fit.coefficients.loc[chosen].to_numpy()
    V = fit.covariance.loc[chosen, chosen].to_numpy()
    statistic = float(b @ np.linalg.solve(V, b))
    return pd.Series(
        {"statistic": statistic, "df": len(b), "p_value": float(chi2.sf(statistic, len(b)))}
    )


def likelihood_ratio_test(fit: Fit, smaller: Fit | None = None) -> pd.Series:
    """Likelihood-ratio test against `smaller`, a nested fit on the same rows (default: none).

    statistic = 2 (loglik - loglik of the smaller), chi-square with the difference in
    coefficients as degrees of freedom. Not valid for clustered data, whose likelihood is a
    working one; use `wald_test` there.

    Returns:
        statistic, df, p_value.

    Raises:
        ValueError: the fits use different numbers of rows or events, or are not nested.
    """
    from scipy.stats import chi2

    from coalitiondata.errors import InvalidDataError

    if smaller is None:
        base, df = fit.loglik_null, int(fit.table["term"].isin(_slopes(fit)).sum())
    else:
        if (smaller.n, smaller.events) != (fit.n, fit.events):
            raise InvalidDataError(
                f"the fits use {fit.n} and {smaller.n} rows; fit both on the same complete rows"
            )
        base, df = smaller.loglik, len(fit.table) - len(smaller.table)
        if df < 1:
            raise InvalidDataError("the smaller fit must have fewer coefficients")
    statistic = 2 * (fit.loglik - base)
    return pd.Series({"statistic": statistic, "df": df, "p_value": float(chi2.sf(statistic, df))})


def _slopes(fit: Fit) -> list[str]:
    return [term for term in fit.table["term"] if term not in ("Intercept", *ANCILLARY)]
