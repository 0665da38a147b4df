"""Does influence inside a coalition follow power outside it? Gamson's law and who leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.design import collinear, design_matrix, formula_variables
from analysis.models.frame import (
    Floats,
    Ints,
    as_list,
    as_pandas,
    codes,
    complete_rows,
    numeric,
    require_columns,
)
from analysis.models.result import CONFIDENCE, Fit, coefficient_table
from coalitiondata.errors import InvalidDataError

INTERCEPT = "Intercept"


@dataclass(frozen=True, eq=False, kw_only=True)
class InfluenceFit(Fit):
    """Least squares; see `Fit` for the common face. `events` is `n`: each row is an observation.

    Attributes:
        covariance_model: under equal variances, s^2 (X'X)^-1, also where `covariance` is robust.
        df: degrees of freedom of the t distribution behind p-values and intervals of the table.
        df_model: those that go with `covariance_model`.
        outside: the term whose slope Gamson's law puts at 1.
        r_squared: explained share of the variance, within groups if there are groups.
        clusters: number of clusters, 0 without.
        groups: number of groups whose means were taken out, 0 without.
    """

    covariance_model: pd.DataFrame
    df: int
    df_model: int
    outside: str
    r_squared: float
    clusters: int
    groups: int


def gamson(
    frame: Any,
    *,
    inside: str = "portfolio_share",
    outside: str = "seat_share",
    controls: str | None = None,
    cluster: str | None = None,
    within: str | None = None,
    weights: str | None = None,
) -> InfluenceFit:
    """Regression of inside influence on outside power: inside = a + b outside + controls + error.

    Gamson's law is a = 0 and b = 1 (`proportionality`); b < 1 with a > 0 favours the weak. Shares
    of one coalition sum to 1, so with n members either averages 1 / n: pooled over coalitions of
    different size, b is above 0 even if influence had nothing to do with power. ``within`` takes
    the coalitions' means out (fixed effects, no intercept), and with them that arithmetic.

    Args:
        frame: any data frame, one row per member of a coalition.
        inside: influence inside, such as the share of portfolios or of troops.
        outside: power outside, such as the share of the coalition's seats or capabilities.
        controls: further terms, R-like as in `cox`.
        cluster: column of the units within which rows depend on each other (coalition, country):
            errors are the sandwich summed by cluster times G / (G - 1) (n - 1) / (n - k), t with
            G - 1 degrees of freedom. Without, errors assume equal variances, t with n - k.
        within: column of the groups whose means are taken out; they count among the n - k of the
            errors under equal variances, not among those of the sandwich.
        weights: column of positive weights of the rows, proportional to their precision.

    Returns:
        The fit by statsmodels; with `within` there is no intercept.

    Rows with a missing value in any column used are dropped with a DroppedRowsWarning.

    Raises:
        UnknownNameError: a column that the frame does not have.
        InvalidDataError: no complete rows, constant or collinear covariates (within groups, if
            asked), not more rows than coefficients, fewer than two clusters, weights that are not
            positive.

    Source: Gamson (1961), American Sociological Review 26: 373-382; Browne and Franklin (1973),
    APSR 67: 453-469; Warwick and Druckman (2006), EJPR 45: 635-665.
    """
    import statsmodels.api as sm

    data = as_pandas(frame)
    formula = outside if controls is None else f"{outside} + {controls}"
    named = [inside, outside, *as_list(cluster), *as_list(within), *as_list(weights)]
    require_columns(data, named, "gamson")
    used, dropped = complete_rows(data, [*named, *formula_variables(formula, data)])
    y = numeric(used, inside)
    numeric(used, outside)
    weight = np.ones(len(used)) if weights is None else numeric(used, weights)
    if (weight <= 0).any():
        raise InvalidDataError(f"weights column {weights!r} must be positive in every row")
    design = design_matrix(formula, used)
    names, X = list(design.names), design.matrix
    groups = 0
    if within is None:
        names, X = [INTERCEPT, *names], np.column_stack([np.ones(len(y)), X])
    else:
        number = codes(used, within)
        groups = int(number.max()) + 1
        y, X = _demeaned(y[:, None], number, weight)[:, 0], _demeaned(X, number, weight)
        _check_within(X, design.matrix, names, within)
    df_model = len(y) - X.shape[1] - groups
    if df_model < 1:
        raise InvalidDataError(
            f"{len(y)} complete rows for {X.shape[1] + groups} coefficients; more rows are needed"
        )

    fitted = sm.WLS(y, X, weights=weight).fit()
    covariance_model = np.asarray(fitted.cov_params()) * (len(y) - X.shape[1]) / df_model
    covariance, df, clusters = covariance_model, df_model, 0
    if cluster:
        of_row = codes(used, cluster)
        clusters = int(of_row.max()) + 1
        if clusters < 2:
            raise InvalidDataError("cluster-robust errors need at least two clusters")
        robust = fitted.get_robustcov_results("cluster", groups=of_row, use_correction=True)
        covariance, df = np.asarray(robust.cov_params()), clusters - 1
    return InfluenceFit(
        model="least squares"
        + (f", within {within}" if within else "")
        + (", robust errors" if cluster else ""),
        formula=formula,
        table=_t_table(names, np.asarray(fitted.params), covariance, df),
        covariance=pd.DataFrame(covariance, index=names, columns=names),
        covariance_model=pd.DataFrame(covariance_model, index=names, columns=names),
        n=len(y),
        events=len(y),
        loglik=float(fitted.llf),
        loglik_null=_loglik_null(y, weight),
        converged=True,
        dropped=dropped,
        df=df,
        df_model=df_model,
        outside=outside,
        r_squared=float(fitted.rsquared),
        clusters=clusters,
        groups=groups,
    )


def proportionality(fit: InfluenceFit) -> pd.Series:
    """F test of Gamson's law: slope 1 and, where the fit has one and no controls, intercept 0.

    statistic = d' V^-1 d / q for the q differences d and the covariance V behind the table.

    Returns:
        statistic, df (q), df_error, p_value.
    """
    from scipy.stats import f

    expected = {fit.outside: 1.0}
    if list(fit.table["term"]) == [INTERCEPT, fit.outside]:
        expected[INTERCEPT] = 0.0
    gap = (fit.coefficients[list(expected)] - pd.Series(expected)).to_numpy()
    V = fit.covariance.loc[list(expected), list(expected)].to_numpy()
    statistic = float(gap @ np.linalg.solve(V, gap)) / len(gap)
    p_value = float(f.sf(statistic, len(gap), fit.df))
    return pd.Series(
        {"statistic": statistic, "df": len(gap), "df_error": fit.df, "p_value": p_value}
    )


def strongest_leads(frame: Any, *, group: str, power: str, leader: str) -> pd.Series:
    """How often the strongest member leads, against leaders drawn at random from the members.

    Under that null each coalition of n members has its strongest as leader with probability 1 / n,
    so their number is a sum of unequal coin tosses, whose distribution is computed exactly. No
    large samples are needed.

    `power` may be in any unit, `leader` is 1 for the one leader and 0 for the others. Coalitions
    are left out (`groups_dropped`) if a value is missing, if there is not exactly one leader, or if
    two are equally strong at the top.

    Returns:
        groups, groups_dropped, observed, expected (numbers of coalitions), share, p_value
        (two-sided: twice the smaller tail, at most 1).

    Raises:
        UnknownNameError: a column that the frame does not have.
        InvalidDataError: no coalition can be used.

    Source: Poisson (1837); Wang (1993), Statistica Sinica 3: 295-312.
    """
    data = as_pandas(frame)
    require_columns(data, (group, power, leader), "strongest_leads")
    rows = pd.DataFrame(
        {
            "power": data[power].astype("float64"),
            "leads": data[leader].astype("float64"),
            "group": data[group],
        }
    ).dropna(subset="group")
    rows["top"] = (rows["power"] == rows.groupby("group")["power"].transform("max")).astype(int)
    rows["strong_leader"] = rows["top"] * rows["leads"]
    rows["unknown"] = rows[["power", "leads"]].isna().any(axis=1)
    by = rows.groupby("group").agg(
        n=("power", "size"),
        unknown=("unknown", "any"),
        leaders=("leads", "sum"),
        tops=("top", "sum"),
        hit=("strong_leader", "sum"),
    )
    usable = ~by["unknown"] & (by["leaders"] == 1) & (by["tops"] == 1) & (by["n"] > 1)
    used = by[usable]
    if used.empty:
        raise InvalidDataError(
            f"none of {len(by)} coalitions has one leader ({leader!r}), one strongest member and "
            f"no missing {power!r}"
        )
    chances = 1 / used["n"].to_numpy(dtype=float)
    observed = int(used["hit"].sum())
    probability = np.ones(1)
    for chance in chances:
        probability = np.convolve(probability, [1 - chance, chance])
    tail = min(probability[observed:].sum(), probability[: observed + 1].sum())
    return pd.Series(
        {
            "groups": len(used),
            "groups_dropped": len(by) - len(used),
            "observed": observed,
            "expected": float(chances.sum()),
            "share": observed / len(used),
            "p_value": float(min(1.0, 2 * tail)),
        }
    )


def _t_table(names: list[str], estimate: Floats, covariance: Floats, df: int) -> pd.DataFrame:
    from scipy.stats import t

    table = coefficient_table(tuple(names), estimate, covariance)
    half = t.ppf((1 + CONFIDENCE) / 2, df) * table["std_error"]
    table["p_value"] = 2 * t.sf(table["statistic"].abs(), df)
    return table.assign(conf_low=table["estimate"] - half, conf_high=table["estimate"] + half)


def _demeaned(X: Floats, number: Ints, weight: Floats) -> Floats:
    total = np.bincount(number, weights=weight)
    means = [np.bincount(number, weights=weight * x) / total for x in X.T]
    return np.asarray(X - np.stack(means, axis=1)[number])


def _check_within(centred: Floats, X: Floats, names: list[str], within: str) -> None:
    spread = np.sqrt((centred**2).mean(axis=0))
    flat = spread <= 1e-10 * np.abs(X).max(axis=0)
    if flat.any():
        constant = ", ".join(n for n, f in zip(names, flat, strict=True) if f)
        raise InvalidDataError(
            f"covariate {constant} is the same for all rows of every {within!r}; leave it out"
        )
    if involved := collinear(centred / spread):
        raise InvalidDataError(
            f"collinear covariates within {within!r}: "
            + ", ".join(names[k] for k in involved)
            + "; leave one out"
        )


def _loglik_null(y: Floats, weight: Floats) -> float:
    centred = y - np.average(y, weights=weight)
    n = len(y)
    mean_square = float((weight * centred**2).sum()) / n
    return float(np.log(weight).sum() / 2 - n / 2 * (np.log(2 * np.pi * mean_square) + 1))
