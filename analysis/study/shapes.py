"""The shape of time and of power: distributions of durations, splines, and power times depth.

The specification is the part of docs/analysis-plan.md on shapes. No verdict uses it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.aft import Family, aft
from analysis.models.cox import CoxFit, cox
from analysis.models.functional_form import linearity_tests
from analysis.models.result import Fit, Z, likelihood_ratio_test, wald_test
from analysis.study import samples
from analysis.study.plan import DEPTH, POWER, z
from analysis.study.settings import FEW_EVENTS, Setting, all_settings, attempt, stacked

DISTRIBUTIONS: tuple[Family, ...] = (
    "exponential",
    "weibull",
    "lognormal",
    "loglogistic",
    "gengamma",
)
SPLINE = f"cr({POWER}, df=3, constraints='center')"
# Standard deviations of power at which the hazard ratio of depth is shown.
AT_POWER = (-1.0, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Shapes:
    """Tidy tables, the families one below the other.

    Attributes:
        distributions: family, distribution, loglik, parameters, aic, delta_aic (to the lowest),
            shape (1 / scale), shape_low, shape_high, q, q_low, q_high (generalised gamma), course
            of the hazard over time at the estimates, n, events, note.
        time_ratios: family, distribution, term, time_ratio, low, high, p_value.
        power_form: family, test, statistic, df, p_value, aic_line, aic_spline, n, events, note.
        power_curve: family, power, estimate, low, high: hazard relative to that at the median
            power, from the spline.
        product: family, test or at_power, hazard_ratio, low, high, statistic, df, p_value, note.
    """

    distributions: pd.DataFrame
    time_ratios: pd.DataFrame
    power_form: pd.DataFrame
    power_curve: pd.DataFrame
    product: pd.DataFrame


def shapes(tables: samples.Tables, settings: list[Setting] | None = None) -> Shapes:
    """Every table of the part on shapes but those of `group_times`."""
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in Shapes.__annotations__}
    for setting in settings if settings is not None else all_settings(tables):
        compared, ratios = distributions(setting)
        parts = {"distributions": compared, "time_ratios": ratios, "product": product(setting)}
        if setting.graded:
            parts["power_form"], parts["power_curve"] = power_form(setting)
        for name, part in parts.items():
            part.insert(0, "family", setting.id)
            found[name].append(part)
    return Shapes(**{name: stacked(parts) for name, parts in found.items()})


def distributions(setting: Setting) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accelerated failure time models of the main model's covariates, and their time ratios."""
    rows = setting.drawn.complete
    compared, ratios = [], []
    for name in DISTRIBUTIONS:
        fit, note = attempt(lambda name=name: _aft(setting, name))  # type: ignore[misc]
        line: dict[str, object] = {"distribution": name, "note": note}
        line |= {"n": len(rows), "events": int(rows["event"].sum())}
        if fit is not None:
            line |= {"loglik": fit.loglik, "parameters": len(fit.table), "aic": fit.aic}
            line |= _shape(fit, name)
            effects = fit.table[fit.table["term"].isin(setting.terms)]
            ratios.append(
                pd.DataFrame(
                    {
                        "distribution": name,
                        "term": effects["term"],
                        "time_ratio": effects["time_ratio"],
                        "low": effects["time_low"],
                        "high": effects["time_high"],
                        "p_value": effects["p_value"],
                    }
                )
            )
        compared.append(line)
    columns = ["distribution", "loglik", "parameters", "aic", "delta_aic", "shape", "shape_low"]
    columns += ["shape_high", "q", "q_low", "q_high", "course", "n", "events", "note"]
    table = pd.DataFrame(compared).reindex(columns=columns)
    table["delta_aic"] = table["aic"] - table["aic"].min()
    return table, stacked(ratios)


def hazard_course(scale: float, q: float) -> str:
    """Course of the generalised gamma's hazard over time, constant to `falls, then rises`.

    With p = q / scale and k = 1 / q^2 the density is proportional to t^(kp - 1) exp(-(t / a)^p),
    and Glaser's criterion, the sign of (kp - 1) + p (p - 1) (t / a)^p over time, decides.

    Source: Glaser (1980), JASA 75: 667-672; Cox, Chu, Schneider and Munoz (2007), Statistics in
    Medicine 26: 4352-4374.
    """
    if q <= 0:
        return "rises, then falls"
    power, start = q / scale, 1 / (q * scale)  # p and kp
    if np.isclose(power, 1) and np.isclose(start, 1):
        return "constant"
    if power >= 1:
        return "rises" if start >= 1 else "falls, then rises"
    return "rises, then falls" if start > 1 else "falls"


def power_form(setting: Setting) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Spline of power against the line, the other covariates as they are; and the spline's curve.

    The likelihood ratio takes coalitions as independent; the Wald test beside it, of the spline's
    departures from the line, allows for clusters.
    """
    rows, others = setting.drawn.complete, [t for t in setting.terms if t != setting.power_term]
    formula = " + ".join([SPLINE, *others])
    line, _ = attempt(lambda: cox(rows, setting.formula))
    spline, note = attempt(lambda: cox(rows, formula))
    robust = setting.fitted().fit
    curved, _ = attempt(lambda: cox(rows, formula, cluster=setting.cluster))
    if line is None or spline is None or robust is None or curved is None:
        return pd.DataFrame([{"test": "likelihood ratio", "note": note}]), pd.DataFrame()
    bends = linearity_tests(robust, spline_df=3)
    bends = bends[bends["term"] == setting.power_term]
    tests = {"likelihood ratio": likelihood_ratio_test(spline, line), "robust Wald": bends.iloc[0]}
    about = {"aic_line": line.aic, "aic_spline": spline.aic, "n": line.n, "events": line.events}
    table = pd.DataFrame(
        {
            "test": name,
            **_plain(test),
            **about,
            "note": note,
        }
        for name, test in tests.items()
    )
    return table, _curve(curved, rows[POWER])


def product(setting: Setting) -> pd.DataFrame:
    """Power times depth in the main model: tests, and depth's hazard ratio by power."""
    columns = ["test", "at_power", "hazard_ratio", "low", "high", "statistic", "df", "p_value"]
    rows, power, depth = setting.drawn.complete, setting.power_term, z(DEPTH)
    if not setting.graded:
        ended = rows[rows["event"] == 1].groupby(power).size()
        if ended.reindex([0, 1], fill_value=0).min() < FEW_EVENTS:
            counted = ", ".join(f"{n} at {value:g}" for value, n in ended.items())
            note = f"not estimated: fewer than {FEW_EVENTS} events on a side of {power} ({counted})"
            return pd.DataFrame([{"note": note}], columns=[*columns, "note"])
    term = f"{power}:{depth}"
    formula = f"{setting.formula} + {term}"
    fit, note = attempt(lambda: cox(rows, formula, cluster=setting.cluster))
    if fit is None:
        return pd.DataFrame([{"note": note}], columns=[*columns, "note"])
    without = cox(rows, setting.formula)
    tests = {
        "robust Wald": wald_test(fit, [term]),
        "likelihood ratio": likelihood_ratio_test(fit, without),
    }
    out: list[dict[str, object]] = [{"test": k, **_plain(v)} for k, v in tests.items()]
    for at in AT_POWER if setting.graded else (0.0, 1.0):
        contrast = np.array([1.0, at])
        b = float(contrast @ fit.coefficients.loc[[depth, term]].to_numpy())
        V = fit.covariance.loc[[depth, term], [depth, term]].to_numpy()
        error = float(np.sqrt(contrast @ V @ contrast))
        limits = {"low": np.exp(b - Z * error), "high": np.exp(b + Z * error)}
        out.append({"at_power": at, "hazard_ratio": np.exp(b), **limits})
    return pd.DataFrame(out).reindex(columns=columns).assign(note="")


def _aft(setting: Setting, family: Family) -> Fit:
    return aft(setting.drawn.complete, setting.formula, family=family, cluster=setting.cluster)


def _shape(fit: Fit, distribution: str) -> dict[str, object]:
    """1 / scale and q with their limits, and what they say of the hazard over time."""
    table = fit.table.set_index("term")[["estimate", "conf_low", "conf_high"]].astype("float64")
    if distribution == "exponential":
        return {"course": "constant"}
    log_scale, scale_low, scale_high = table.loc["log(scale)"].to_numpy()
    shape, low, high = np.exp([-log_scale, -scale_high, -scale_low])
    found: dict[str, object] = {"shape": shape, "shape_low": low, "shape_high": high}
    if distribution == "weibull":
        found["course"] = "rises" if low > 1 else "falls" if high < 1 else "not told from constant"
    elif distribution == "lognormal":
        found["course"] = "rises, then falls"
    elif distribution == "loglogistic":
        found["course"] = "rises, then falls" if shape > 1 else "falls"
    else:
        q, q_low, q_high = table.loc["(shape)"].to_numpy()
        found |= {"q": q, "q_low": q_low, "q_high": q_high}
        found["course"] = hazard_course(float(1 / shape), float(q))
    return found


def _plain(test: pd.Series) -> dict[str, float]:
    return {name: float(test[name]) for name in ("statistic", "df", "p_value")}


def _curve(fit: CoxFit, power: pd.Series) -> pd.DataFrame:
    """The spline at the observed values of power, relative to the one nearest their median."""
    columns = np.array(fit.design.terms[next(t for t in fit.design.terms if t.startswith("cr("))])
    names = [fit.design.names[k] for k in columns]
    values = power.loc[fit.rows.index].to_numpy()
    order = np.unique(values, return_index=True)[1]
    basis = fit.design.matrix[np.ix_(order, columns)]
    X = basis - basis[np.abs(values[order] - np.median(values)).argmin()]
    log_hazard = X @ fit.coefficients.loc[names].to_numpy()
    error = np.sqrt(((X @ fit.covariance.loc[names, names].to_numpy()) * X).sum(axis=1))
    return pd.DataFrame(
        {
            "power": values[order],
            "estimate": np.exp(log_hazard),
            "low": np.exp(log_hazard - Z * error),
            "high": np.exp(log_hazard + Z * error),
        }
    )
