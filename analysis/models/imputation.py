"""Multiple imputation of covariates of survival models, and Rubin's rules to pool their fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from analysis.models.counts import risk_table
from analysis.models.design import design_matrix, formula_variables
from analysis.models.frame import (
    Floats,
    as_list,
    as_pandas,
    numeric,
    observed_events,
    observed_times,
    require_columns,
)
from analysis.models.result import CONFIDENCE, Fit
from coalitiondata.errors import InvalidDataError, UnknownNameError

Method = Literal["matching", "normal"]
RIDGE = 1e-9  # of the standardised cross-products, so that a dependence does not stop the draw


@dataclass(frozen=True, eq=False, kw_only=True)
class PooledFit(Fit):
    """Fits to imputed data as one; see `Fit` for the common face.

    `covariance` is the total one; `loglik` and `loglik_null` are missing, because likelihoods do
    not pool. The table adds df (of Student's t, behind p-values and limits), riv (relative increase
    in variance due to missing values) and fmi (fraction of missing information).

    Attributes:
        within: mean covariance of the fits.
        between: covariance of their estimates.
        imputations: number of fits.
    """

    within: pd.DataFrame
    between: pd.DataFrame
    imputations: int


def pool(fits: Sequence[Fit], df_complete: float | None = None) -> PooledFit:
    """Rubin's rules: one answer from the same model fitted to m imputed data sets.

    The estimate is the mean Q; with W the mean of the fits' covariances and B the covariance of
    their estimates (divisor m - 1), the total covariance is T = W + (1 + 1/m) B. For each
    coefficient, with r = (1 + 1/m) B / W,

        df = (m - 1) (1 + 1/r)^2,    fmi = (r + 2 / (df + 3)) / (r + 1).

    With `df_complete`, the degrees of freedom that a complete data set would leave, df is the
    harmonic combination of Barnard and Rubin: 1 / df = 1 / df_old + 1 / df_observed, df_observed =
    (df_complete + 1) / (df_complete + 3) df_complete / (1 + r). Robust covariances pool as well.

    Args:
        fits: two or more fits of one model, each to one imputed data set.
        df_complete: see above; None for many rows (normal limits without missing values).

    Returns:
        The pooled fit. If the fits have hazard or time ratios, its table has them too.

    Raises:
        InvalidDataError: fewer than two fits, different terms, rows or events, a fit that has not
            converged, `df_complete` that is not positive.

    Source: Rubin (1987), Multiple Imputation for Nonresponse in Surveys, ch. 3; Barnard and Rubin
    (1999), Biometrika 86: 948-955.
    """
    from scipy.stats import t

    _check_fits(fits, df_complete)
    first, m = fits[0], len(fits)
    terms = list(first.table["term"])
    estimates = np.stack([fit.coefficients.loc[terms].to_numpy(dtype=float) for fit in fits])
    within = np.mean([fit.covariance.loc[terms, terms].to_numpy() for fit in fits], axis=0)
    between = np.cov(estimates, rowvar=False).reshape(len(terms), len(terms))
    total = within + (1 + 1 / m) * between
    riv = (1 + 1 / m) * np.diag(between) / np.diag(within)
    with np.errstate(divide="ignore"):
        df = (m - 1) * (1 + 1 / riv) ** 2
    if df_complete is not None:
        seen = (df_complete + 1) / (df_complete + 3) * df_complete / (1 + riv)
        df = 1 / (1 / df + 1 / seen)
    estimate, error = estimates.mean(axis=0), np.sqrt(np.diag(total))
    half = t.ppf((1 + CONFIDENCE) / 2, df) * error
    table = pd.DataFrame(
        {
            "term": terms,
            "estimate": estimate,
            "std_error": error,
            "statistic": estimate / error,
            "p_value": 2 * t.sf(np.abs(estimate / error), df),
            "conf_low": estimate - half,
            "conf_high": estimate + half,
            "df": df,
            "riv": riv,
            "fmi": (riv + 2 / (df + 3)) / (riv + 1),
        }
    )
    for ratio in ("hazard", "time"):
        if f"{ratio}_ratio" in first.table:
            table[f"{ratio}_ratio"] = np.exp(table["estimate"])
            table[f"{ratio}_low"] = np.exp(table["conf_low"])
            table[f"{ratio}_high"] = np.exp(table["conf_high"])

    def named(matrix: Floats) -> pd.DataFrame:
        return pd.DataFrame(matrix, index=terms, columns=terms)

    return PooledFit(
        model=f"{first.model}, {m} imputations",
        formula=first.formula,
        table=table,
        covariance=named(total),
        n=first.n,
        events=first.events,
        loglik=float("nan"),
        loglik_null=float("nan"),
        converged=True,
        dropped=dict(first.dropped),
        within=named(within),
        between=named(between),
        imputations=m,
    )


def impute(
    frame: Any,
    targets: str | Sequence[str],
    predictors: str,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    *,
    imputations: int = 20,
    rounds: int = 10,
    method: Method = "matching",
    donors: int = 5,
    seed: int = 0,
) -> list[pd.DataFrame]:
    """Fill missing covariates several times over, for a survival model that will use them.

    Chained equations: in each round each target (fewest missing first) is regressed, where it is
    known, on the predictors, the other targets (to start the chain, those filled before it), the
    event indicator and the Nelson-Aalen hazard at the row's own time, which is about what the
    outcome says of a covariate under proportional hazards (White and Royston). The regression's
    parameters are drawn from their posterior under a flat prior, s^2 = RSS / chi-square and
    b = b_hat + s V^(1/2) z, so that the imputations are proper. Then

        matching  each missing value becomes the known value of one of the `donors` rows, at random,
                  whose fitted value (by b_hat) is nearest its own (by b): values stay possible;
        normal    x'b + s z: on average right for a linear relation, but heeds no limits.

    The hazard is an approximation that holds for weak effects: where a standard deviation more
    multiplies the hazard by 2.7 and 40 per cent is missing, the effect comes out a tenth too weak.
    Both assume that values are missing at random given what enters; nothing in the data can say
    so. Imputed frames are for models only and belong in no table of data.

    Args:
        frame: any data frame, one row per spell.
        targets: numeric columns with missing values; they also predict each other.
        predictors: R-like formula of complete columns, as `cox`. Every covariate of the model that
            will be fitted belongs here or among the targets, or its effect is biased to zero.
        duration, event, entry: the outcome, as in `cox`.
        imputations: data sets to make; at least as many as per cent of rows are incomplete.
        rounds: of the chain, before each data set is taken.
        donors: of matching.
        seed: the same seed gives the same values.

    Returns:
        Data frames (pandas) like `frame`, with no missing value among the targets; known values
        are as they were, but for their type, which is float.

    Raises:
        UnknownNameError: a column or method that does not exist.
        InvalidDataError: nothing is missing; a predictor, duration or event is; too few known
            values for the regression; a target that is no number; counts below one.

    Source: White and Royston (2009), Statistics in Medicine 28: 1982-1998; van Buuren (2018),
    Flexible Imputation of Missing Data, sections 3.2, 3.4 and 4.5; Little (1988), JBES 6: 287-296.
    """
    if method not in get_args(Method):
        raise UnknownNameError(f"no method {method!r}; choose from {', '.join(get_args(Method))}")
    for name, count in {"imputations": imputations, "rounds": rounds, "donors": donors}.items():
        if count < 1:
            raise InvalidDataError(f"{name} is {count!r}; it must be 1 or more")
    data = as_pandas(frame)
    names = as_list(targets)
    require_columns(data, [*names, duration, event, *as_list(entry)], "impute")
    used = formula_variables(predictors, data)
    _check_known(data, names, [duration, event, *as_list(entry), *used])
    missing = {name: data[name].isna().to_numpy() for name in names}
    start, stop = observed_times(data, duration, entry)
    happened = observed_events(data, event)
    table = risk_table(start, stop, happened)
    hazard = (table["n_event"] / table["n_risk"]).cumsum().to_numpy()
    hazard = hazard[np.searchsorted(table["time"].to_numpy(), stop)]
    fixed = np.column_stack([design_matrix(predictors, data[used]).matrix, happened, hazard])
    fixed = fixed[:, np.ptp(fixed, axis=0) > 0]  # all may have ended
    fixed = (fixed - fixed.mean(axis=0)) / fixed.std(axis=0)
    known = {name: numeric(data[~gap], name) for name, gap in missing.items()}
    for name, given in known.items():
        if len(given) < fixed.shape[1] + len(names) + 2:
            raise InvalidDataError(
                f"target {name!r} is known in {len(given)} rows, too few for a regression on "
                f"{fixed.shape[1] + len(names) - 1} predictors; use fewer"
            )
    order = sorted((name for name in names if missing[name].any()), key=lambda n: missing[n].sum())
    made = []
    for rng in np.random.default_rng(seed).spawn(imputations):
        values: dict[str, Floats] = {n: known[n] for n in names if not missing[n].any()}
        # The first sweep starts the chain: what is not filled yet does not predict.
        for _ in range(rounds + 1):
            for name in order:
                others = [values[other] for other in names if other != name and other in values]
                X = np.column_stack([np.ones(len(data)), fixed, *others])
                filled = np.empty(len(data))
                filled[~missing[name]] = known[name]
                filled[missing[name]] = _draw(X, known[name], missing[name], method, donors, rng)
                values[name] = filled
        made.append(data.assign(**values))
    return made


def _draw(
    X: Floats, y: Floats, gap: Any, method: Method, donors: int, rng: np.random.Generator
) -> Floats:
    """New values of y in the rows of `gap`, y being known in the others."""
    seen, unseen = X[~gap], X[gap]
    size = np.sqrt((seen**2).mean(axis=0))
    scale = np.where(size > 0, size, 1.0)
    seen, unseen = seen / scale, unseen / scale
    k = seen.shape[1]
    precision = seen.T @ seen + RIDGE * len(seen) * np.eye(k)
    b_hat = np.linalg.solve(precision, seen.T @ y)
    fitted = seen @ b_hat
    s = np.sqrt(((y - fitted) ** 2).sum() / rng.chisquare(len(seen) - k))
    root = np.linalg.cholesky(np.linalg.inv(precision))
    mean = unseen @ (b_hat + s * root @ rng.standard_normal(k))
    if method == "normal":
        return np.asarray(mean + s * rng.standard_normal(len(unseen)))
    order = np.argsort(fitted, kind="stable")
    near = np.searchsorted(fitted[order], mean)[:, None] + np.arange(-donors, donors)
    inside = (near >= 0) & (near < len(order))
    place = order[np.clip(near, 0, len(order) - 1)]
    distance = np.where(inside, np.abs(fitted[place] - mean[:, None]), np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")
    pick = rng.integers(0, min(donors, len(order)), len(unseen))
    rows = np.arange(len(unseen))
    return np.asarray(y[place[rows, nearest[rows, pick]]])


def _check_fits(fits: Sequence[Fit], df_complete: float | None) -> None:
    if len(fits) < 2:
        raise InvalidDataError(f"pooling needs two or more fits, not {len(fits)}")
    first = fits[0]
    for number, fit in enumerate(fits):
        if list(fit.table["term"]) != list(first.table["term"]):
            raise InvalidDataError(
                f"fit {number} has the terms {', '.join(fit.table['term'])}, the first "
                f"{', '.join(first.table['term'])}; pool fits of one model"
            )
        if (fit.n, fit.events) != (first.n, first.events):
            raise InvalidDataError(
                f"fit {number} uses {fit.n} rows with {fit.events} events, the first {first.n} "
                f"with {first.events}; impute first, then fit all on the same rows"
            )
        if not fit.converged:
            raise InvalidDataError(f"fit {number} has not converged; its estimates do not pool")
    if df_complete is not None and not df_complete > 0:
        raise InvalidDataError(f"df_complete is {df_complete!r}; it must be positive, or None")


def _check_known(data: pd.DataFrame, targets: list[str], complete: list[str]) -> None:
    if both := [name for name in targets if name in complete]:
        raise InvalidDataError(
            f"column {both[0]!r} is a target; leave it out of the predictors and the outcome "
            "(targets predict each other anyway)"
        )
    for name in dict.fromkeys(complete):
        if count := int(data[name].isna().sum()):
            raise InvalidDataError(
                f"column {name!r} is missing in {count} rows; predictors and outcome must be "
                "complete. Drop these rows, or make the column a target"
            )
    if not data[targets].isna().any().any():
        raise InvalidDataError(f"no value of {', '.join(targets)} is missing; fit the model as is")
