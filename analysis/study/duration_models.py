"""Fitting the study's Cox models and collecting their estimates."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.concordance import concordance
from analysis.models.cox import CoxFit, cox
from analysis.models.notices import ConvergenceWarning, SeparationWarning
from analysis.models.proportionality import ph_test
from analysis.models.result import wald_test
from analysis.study.plan import (
    INTEREST_BLOCK,
    POWER,
    POWER_BLOCK,
    POWER_SQUARED,
    STUDY,
    Family,
    Model,
    z,
)
from analysis.study.samples import Drawn
from coalitiondata.errors import InvalidDataError

ESTIMATE_COLUMNS = (
    "study",
    "family",
    "sample",
    "model",
    "term",
    "estimate",
    "std_error",
    "p_value",
    "conf_low",
    "conf_high",
    "n",
    "events",
    "clusters",
    "loglik",
    "aic",
    "concordance",
    "note",
)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model fitted on a sample; `fit` is None for a model without covariates or that failed.

    `note` says why there is no usable fit, and is empty if all went well.
    """

    model: Model
    fit: CoxFit | None
    n: int
    events: int
    clusters: int
    loglik: float
    parameters: int
    concordance: float
    concordance_error: float
    note: str

    @property
    def aic(self) -> float:
        """-2 loglik + 2 k of the partial likelihood."""
        return -2 * self.loglik + 2 * self.parameters

    def hazard_ratio(self, term: str) -> pd.Series | None:
        """estimate, low, high (95 per cent) of exp(b), and p_value; None without a usable fit."""
        if self.fit is None:
            return None
        row = self.fit.table.set_index("term").loc[term]
        return pd.Series(
            {
                "estimate": row["hazard_ratio"],
                "low": row["hazard_low"],
                "high": row["hazard_high"],
                "p_value": row["p_value"],
            }
        )

    def p_value(self, terms: tuple[str, ...]) -> float:
        """Joint Wald test that the terms are zero; missing without a usable fit."""
        if self.fit is None:
            return float("nan")
        return float(wald_test(self.fit, list(terms))["p_value"])


def fit_models(drawn: Drawn, ids: tuple[str, ...] | None = None) -> dict[str, Fitted]:
    """The family's models, all on the complete cases of the sample.

    `ids` chooses some of them. A model that cannot be estimated stays in the result with its note.
    """
    chosen = [m for m in drawn.family.models() if ids is None or m.id in ids]
    return {model.id: fit_model(model, drawn) for model in chosen}


def estimates(fitted: dict[str, Fitted], drawn: Drawn) -> pd.DataFrame:
    """One row per model and term, in the columns `ESTIMATE_COLUMNS`; estimates are log hazards."""
    rows = []
    for each in fitted.values():
        about = {
            "study": STUDY,
            "family": drawn.family.id,
            "sample": drawn.sample.id,
            "model": each.model.id,
            "n": each.n,
            "events": each.events,
            "clusters": each.clusters,
            "loglik": each.loglik,
            "aic": each.aic,
            "concordance": each.concordance,
            "note": each.note,
        }
        if each.fit is None:
            rows.append({**about, "term": ""})
            continue
        terms = each.fit.table[
            ["term", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
        ]
        rows.extend(
            {**about, **{str(k): v for k, v in row.items()}} for row in terms.to_dict("records")
        )
    return pd.DataFrame(rows).reindex(columns=list(ESTIMATE_COLUMNS))


def proportionality(main: Fitted, drawn: Drawn) -> pd.DataFrame:
    """Test of proportional hazards, with hazard ratios before and after the median event time.

    Returns term, statistic, df, p_value, split_days, early_hr, early_low, early_high, late_hr,
    late_low, late_high; the last row is GLOBAL, without hazard ratios.
    """
    if main.fit is None:
        return pd.DataFrame(columns=["term", "statistic", "df", "p_value"])
    test = ph_test(main.fit, transform="km")
    rows = drawn.complete
    split = float(rows.loc[rows["event"] == 1, "duration"].median())
    early = rows.assign(
        event=rows["event"].where(rows["duration"] <= split, 0),
        duration=rows["duration"].clip(upper=split),
    )
    late = rows[rows["duration"] > split].assign(entry=split)
    result = test.set_index("term")
    result["split_days"] = split
    for name, part in (("early", early), ("late", late)):
        fit, _ = _cox(main.model, drawn.family, part, entry="entry")
        if fit is not None:
            table = fit.table.set_index("term")
            for short, column in (
                ("hr", "hazard_ratio"),
                ("low", "hazard_low"),
                ("high", "hazard_high"),
            ):
                result[f"{name}_{short}"] = table[column].reindex(result.index)
    return result.reset_index()


def comparison(fitted: dict[str, Fitted], drawn: Drawn) -> pd.DataFrame:
    """Power against interests (H3): one row per model M0 to M3."""
    base = fitted["M0"].loglik
    return pd.DataFrame(
        {
            "family": drawn.family.id,
            "sample": drawn.sample.id,
            "model": each.model.id,
            "covariates": each.model.label if each.parameters else "none",
            "parameters": each.parameters,
            "loglik": each.loglik,
            "gain": each.loglik - base,
            "aic": each.aic,
            "concordance": each.concordance,
            "concordance_se": each.concordance_error,
            "n": each.n,
            "events": each.events,
        }
        for each in fitted.values()
        if each.model.id in ("M0", "M1", "M2", "M3")
    )


def relative_hazard(quadratic: Fitted, drawn: Drawn, points: int = 101) -> pd.DataFrame:
    """Hazard over the observed range of power concentration, relative to its mean, from M4.

    Returns power, estimate, conf_low, conf_high (95 per cent, pointwise, robust covariance).
    """
    from analysis.models.result import Z

    columns = ["power", "estimate", "conf_low", "conf_high"]
    if quadratic.fit is None:
        return pd.DataFrame(columns=columns)
    observed = drawn.complete[POWER]
    power = np.linspace(observed.min(), observed.max(), points)
    scaled = (power - drawn.scale["mean"][POWER]) / drawn.scale["std"][POWER]
    X = np.column_stack([scaled, scaled**2])
    terms = [*POWER_BLOCK, POWER_SQUARED]
    log_hazard = X @ quadratic.fit.coefficients.loc[terms].to_numpy()
    error = np.sqrt(((X @ quadratic.fit.covariance.loc[terms, terms].to_numpy()) * X).sum(axis=1))
    return pd.DataFrame(
        {
            "power": power,
            "estimate": np.exp(log_hazard),
            "conf_low": np.exp(log_hazard - Z * error),
            "conf_high": np.exp(log_hazard + Z * error),
        }
    )


def robustness_rows(fitted: dict[str, Fitted], drawn: Drawn) -> pd.DataFrame:
    """Hazard ratios of M3 on one sample, with AIC(M1) - AIC(M2): positive favours interests."""
    rows = []
    for term in (z(POWER), *INTEREST_BLOCK):
        ratio = fitted["M3"].hazard_ratio(term)
        value = ratio if ratio is not None else pd.Series(dtype=float)
        rows.append(
            {
                "family": drawn.family.id,
                "sample": drawn.sample.id,
                "change": drawn.sample.label,
                "term": term,
                "hazard_ratio": value.get("estimate", np.nan),
                "low": value.get("low", np.nan),
                "high": value.get("high", np.nan),
                "p_value": value.get("p_value", np.nan),
                "aic_power_minus_interests": fitted["M1"].aic - fitted["M2"].aic,
                "units": int(drawn.complete["unit_id"].nunique()),
                "rows": fitted["M3"].n,
                "events": fitted["M3"].events,
                "clusters": fitted["M3"].clusters,
                "note": fitted["M3"].note,
            }
        )
    return pd.DataFrame(rows)


def fit_model(model: Model, drawn: Drawn) -> Fitted:
    """One model on the complete cases; without covariates, the likelihood that they start from."""
    rows, family = drawn.complete, drawn.family
    entry = "entry" if drawn.sample.time_varying else None
    empty = not (*model.terms, *family.controls)
    # The likelihood without covariates belongs to any fit on the same rows.
    fit, note = _cox(Model("", "", POWER_BLOCK) if empty else model, family, rows, entry)
    agreement = None if fit is None or empty else concordance(fit)
    if fit is None:
        loglik, chance = float("nan"), float("nan")
    else:
        chance = 0.5
        loglik = fit.loglik_null if empty else fit.loglik
    return Fitted(
        model=model,
        fit=None if empty else fit,
        n=len(rows),
        events=int(rows["event"].sum()),
        clusters=int(rows[family.cluster].nunique()),
        loglik=loglik,
        parameters=0 if fit is None or empty else len(fit.table),
        # Without covariates all pairs tie, and ties count one half.
        concordance=chance if agreement is None else float(agreement["estimate"]),
        concordance_error=float("nan") if agreement is None else float(agreement["std_error"]),
        note=note or ("no covariates" if empty else ""),
    )


def _cox(
    model: Model, family: Family, rows: pd.DataFrame, entry: str | None
) -> tuple[CoxFit | None, str]:
    """The fit, or None and why it cannot be used."""
    formula = " + ".join((*model.terms, *family.controls))
    with warnings.catch_warnings():
        # Both leave estimates that mean nothing; the note and the report say so instead.
        warnings.simplefilter("error", SeparationWarning)
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            fit = cox(
                rows,
                formula,
                entry=entry,
                strata=family.cluster if model.stratified else None,
                cluster=family.cluster,
            )
        except (InvalidDataError, SeparationWarning, ConvergenceWarning) as error:
            return None, f"not estimated: {error}"
    return fit, ""
