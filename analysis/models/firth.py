"""Cox regression by Firth's penalised likelihood: finite estimates where covariates separate."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.cox import check_variation, risk_rows, sets_of
from analysis.models.design import Design, design_matrix, formula_variables
from analysis.models.efron import Efron, RiskSets, efron
from analysis.models.frame import Floats, Ints, as_list, as_pandas, complete_rows, require_columns
from analysis.models.newton import climb, inverse
from analysis.models.notices import ConvergenceWarning
from analysis.models.result import CONFIDENCE, Fit, coefficient_table
from coalitiondata.errors import InvalidDataError, UnknownNameError

DIFFERENCE = 1e-5  # step of the numerical derivatives of the score, covariates standardised
LIMIT_PRECISION = 1e-10  # of the profile limits, in standard errors
WIDEST = 1e4  # standard errors away from the estimate, where the search for a limit gives up


@dataclass(frozen=True, eq=False, kw_only=True)
class FirthFit(Fit):
    """A penalised Cox model; see `Fit` for the common face.

    `loglik` and `loglik_null` are penalised, so that their difference is the test of all
    coefficients; fits with different covariates are not compared by them (use `firth_test`).

    Attributes:
        design: names and terms of the covariates.
        efron: Efron's sums at the estimates.
        rows: the rows used, as of `CoxFit`.
    """

    design: Design
    efron: Efron
    rows: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Penalised:
    """Efron's sums at the coefficients `b` as a penalised likelihood of those that are `free`."""

    at: Efron
    b: Floats
    free: Ints

    @property
    def loglik(self) -> float:
        """l(b) + log det I(b) / 2."""
        information = self.at.information()
        if not np.isfinite(information).all():
            return -np.inf
        sign, determinant = np.linalg.slogdet(information)
        return self.at.loglik + determinant / 2 if sign > 0 else -np.inf

    def score(self) -> Floats:
        """U(b) + trace(I^-1 dI/db) / 2, by Efron's steps.

        With A = I^-1, a row's q = x'A x and the weighted mean m of each step, trace(A dI/db_k) is
        the sum over steps of the weighted third moment E[(x - m)'A (x - m) (x_k - m_k)], that is
        of E[q x_k] - m_k E[q] - 2 m'A E[x x_k] + 2 m_k m'A m. Sums over steps of the first three
        are sums over rows of what each has gathered while at risk.
        """
        at = self.at
        A = inverse(at.information())
        weight = at.weights * at.risk
        means = at.exposure_means()
        turned = at.X @ A
        q = (turned * at.X).sum(axis=1)
        by_row = q * at.exposure() - 2 * (turned * means).sum(axis=1)
        step_q = ((at.step_mean @ A) * at.step_mean).sum(axis=1) * at.step_mass
        third = (weight * by_row) @ at.X - (weight * q) @ means + 2 * step_q @ at.step_mean
        return np.asarray((at.score() + third / 2)[self.free])

    def information(self) -> Floats:
        """Minus the score's derivative, by differences; plain information where that is no hill.

        The plain information alone, the usual choice, makes steps up to twice too long in small
        samples and may go round in circles.
        """
        at = self.at
        plain = at.information()[np.ix_(self.free, self.free)]
        if not np.isfinite(plain).all():
            return plain
        here = self.score()
        curvature = np.empty((len(self.free), len(self.free)))
        for column, k in enumerate(self.free):
            b = self.b.copy()
            b[k] += DIFFERENCE
            moved = replace(self, at=efron(at.sets, at.X, at.weights, b), b=b)
            curvature[column] = (here - moved.score()) / DIFFERENCE
        curvature = (curvature + curvature.T) / 2
        if not np.isfinite(curvature).all():
            return plain
        falls = np.linalg.eigvalsh(curvature)[0] > 1e-6 * np.linalg.eigvalsh(plain)[0]
        return curvature if falls else plain


def firth(
    frame: Any,
    formula: str,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
) -> FirthFit:
    """Cox regression that maximises l(b) + log det I(b) / 2, l the partial log-likelihood.

    The penalty (Jeffreys' prior) takes away the estimates' bias of order 1/n and keeps them
    finite where a covariate orders the events perfectly or a level has none. Ties are Efron's, in
    l as in I. Intervals and tests are by profile penalised likelihood, because Wald's are poor
    exactly where the penalty matters: a coefficient's limits are where 2 (maximum - profile) is
    the 95 per cent point of chi-square with one degree of freedom.

    Args:
        frame, formula, duration, event, entry, strata: as in `cox`. Robust errors and weights are
            not on offer: the penalty is that of independent rows.

    Returns:
        The fit. In its table std_error is from the inverse information at the estimates, statistic
        the signed root of the penalised likelihood ratio, p_value its (two-sided), conf_low and
        conf_high profile limits (missing if there is none within 10,000 standard errors);
        hazard_ratio, hazard_low, hazard_high are exp of these. `covariance` is the inverse
        information.

    Rows with a missing value in any column used are dropped with a DroppedRowsWarning. Each limit
    takes some hundred evaluations of the likelihood: meant for thousands of rows, not millions.

    Raises:
        UnknownNameError, InvalidDataError: as `cox`.

    Source: Firth (1993), Biometrika 80: 27-38; Heinze and Schemper (2001), Biometrics 57: 114-119.
    """
    data = as_pandas(frame)
    named = [duration, event, *as_list(entry), *as_list(strata)]
    require_columns(data, named, "firth")
    used, dropped = complete_rows(data, [*named, *formula_variables(formula, data)])
    rows = risk_rows(used, duration, event, entry, strata)
    design = design_matrix(formula, used)
    sets = sets_of(rows)
    spread = design.matrix.std(axis=0)
    standard = (design.matrix - design.matrix.mean(axis=0)) / spread
    null = efron(sets, standard, np.ones(len(rows)), np.zeros(len(spread)))
    check_variation(null, design)
    peak, best, finished = _climb(sets, standard, np.zeros(len(spread)), np.arange(len(spread)))
    if not finished:
        warnings.warn(
            "the penalised likelihood is not at its maximum; rescale the covariates",
            ConvergenceWarning,
            stacklevel=2,
        )
    at_estimate = efron(sets, design.matrix, np.ones(len(rows)), peak / spread)
    units = np.outer(spread, spread)
    covariance = inverse(at_estimate.information() / units) / units
    table = coefficient_table(design.names, peak / spread, covariance)
    profiles = [_profile(sets, standard, peak, best, k) for k in range(len(spread))]
    root, low, high = (np.array(column) for column in zip(*profiles, strict=True))
    table = _by_profile(table, root, low / spread, high / spread)
    names = list(design.names)
    return FirthFit(
        model="cox, Firth's penalty, Efron ties",
        formula=formula,
        table=table,
        covariance=pd.DataFrame(covariance, index=names, columns=names),
        n=len(rows),
        events=int(rows["event"].sum()),
        # The determinant in units of the covariates, as they are.
        loglik=best.loglik + float(np.log(spread).sum()),
        loglik_null=Penalised(null, np.zeros(len(spread)), np.arange(len(spread))).loglik
        + float(np.log(spread).sum()),
        converged=finished,
        dropped=dropped,
        design=design,
        efron=at_estimate,
        rows=rows,
    )


def firth_test(fit: FirthFit, terms: list[str] | None = None) -> pd.Series:
    """Penalised likelihood-ratio test that the coefficients `terms` (default all) are zero.

    Twice the fall of the penalised likelihood when they are fixed at zero and the others maximise
    it; the penalty keeps the information of all coefficients. Chi-square with as many degrees of
    freedom as coefficients.

    Returns:
        statistic, df, p_value.

    Raises:
        UnknownNameError: a coefficient that the table does not list.
        InvalidDataError: no term.

    Source: Heinze and Schemper (2001), Biometrics 57: 114-119.
    """
    from scipy.stats import chi2

    names = list(fit.design.names)
    chosen = names if terms is None else terms
    for term in chosen:
        if term not in names:
            raise UnknownNameError(f"no coefficient {term!r}; the fit has {', '.join(names)}")
    if not chosen:
        raise InvalidDataError("firth_test: name at least one coefficient")
    fixed = np.isin(names, chosen)
    spread = fit.efron.X.std(axis=0)
    start = np.where(fixed, 0.0, fit.coefficients.to_numpy() * spread)
    _, there, _ = _climb(fit.efron.sets, fit.efron.X / spread, start, np.flatnonzero(~fixed))
    statistic = 2 * (fit.loglik - there.loglik - float(np.log(spread).sum()))
    df = int(fixed.sum())
    return pd.Series({"statistic": statistic, "df": df, "p_value": float(chi2.sf(statistic, df))})


def _climb(sets: RiskSets, X: Floats, start: Floats, free: Ints) -> tuple[Floats, Penalised, bool]:
    """The maximum over the free coefficients, the others as in `start`."""
    weights = np.ones(len(X))

    def whole(by: Floats) -> Floats:
        b = start.copy()
        b[free] += by
        return b

    def at(by: Floats) -> Penalised:
        b = whole(by)
        return Penalised(efron(sets, X, weights, b), b, free)

    moved, finished = np.zeros(0), True
    if free.size:
        moved, finished = climb(at, at(np.zeros(len(free))), np.zeros(len(free)))
    return whole(moved), at(moved), finished


def _profile(
    sets: RiskSets, X: Floats, peak: Floats, best: Penalised, k: int
) -> tuple[float, float, float]:
    """Signed root of the ratio against zero, and the limits, of coefficient `k`."""
    from scipy.optimize import brentq
    from scipy.stats import chi2

    others = np.delete(np.arange(len(peak)), k)
    error = float(np.sqrt(inverse(best.at.information())[k, k]))
    critical = float(chi2.ppf(CONFIDENCE, 1))
    path = {0.0: peak}  # maxima found so far, by distance from the estimate: good starts

    def ratio(away: float) -> float:
        start = path[min(path, key=lambda near: abs(near - away))].copy()
        start[k] = peak[k] + away * error
        path[away], there, _ = _climb(sets, X, start, others)
        return 2 * (best.loglik - there.loglik)

    def limit(side: int) -> float:
        inner, outer = 0.0, 2.0
        while not ratio(side * outer) > critical:
            inner, outer = outer, 2 * outer
            if outer > WIDEST:
                return np.nan
        return float(
            brentq(lambda away: ratio(side * away) - critical, inner, outer, xtol=LIMIT_PRECISION)
        )

    low, high = (peak[k] + side * limit(side) * error for side in (-1, 1))
    at_zero = max(ratio(-peak[k] / error), 0.0)
    return float(np.sign(peak[k]) * np.sqrt(at_zero)), low, high


def _by_profile(table: pd.DataFrame, root: Floats, low: Floats, high: Floats) -> pd.DataFrame:
    from scipy.stats import norm

    table = table.assign(
        statistic=root, p_value=2 * norm.sf(np.abs(root)), conf_low=low, conf_high=high
    )
    with np.errstate(over="ignore"):
        return table.assign(
            hazard_ratio=np.exp(table["estimate"]),
            hazard_low=np.exp(table["conf_low"]),
            hazard_high=np.exp(table["conf_high"]),
        )
