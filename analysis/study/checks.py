"""Whether the reported models can be trusted: sizes, proportional hazards, lines, influence.

The specification is the part of docs/analysis-plan.md on checks. No verdict uses it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit
from analysis.models.diagnostics import condition_number, covariates_table, influential_rows
from analysis.models.functional_form import linearity_tests
from analysis.models.proportionality import ph_test
from analysis.study import samples
from analysis.study.duration_models import Fitted
from analysis.study.plan import POWER, POWER_SQUARED, z
from analysis.study.settings import Setting, all_settings, stacked

TOP = 3  # coalitions that are named for each coefficient


@dataclass(frozen=True, eq=False)
class Checks:
    """Tidy tables, the families one below the other; models are all with covariates.

    Attributes:
        sizes: family, model, n, events, clusters, coefficients, events_per_coefficient,
            condition_number, variance_inflation (the largest) and its term, fewest_events (on the
            smaller side of a yes-or-no covariate) and its term, note.
        proportionality: family, model, term (GLOBAL last), statistic, df, p_value.
        linearity: family, model, term, df, statistic, p_value, test.
        influence: main model: family, term, rank, unit_id, name, start, dfbetas (change of the
            coefficient by the coalition, in standard errors, approximate), hazard_ratio, without
            (the hazard ratio without it, fitted anew).
        without_clusters: main model: family, term, hazard_ratio, lowest, lowest_without, highest,
            highest_without (the clusters), clusters, decided (without how many of them the
            interval leaves 1 out).
    """

    sizes: pd.DataFrame
    proportionality: pd.DataFrame
    linearity: pd.DataFrame
    influence: pd.DataFrame
    without_clusters: pd.DataFrame


def checks(tables: samples.Tables, settings: list[Setting] | None = None) -> Checks:
    """Every table of the part on checks but those of `sensitivity`."""
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in Checks.__annotations__}
    for setting in settings if settings is not None else all_settings(tables):
        for model in setting.models:
            fitted = setting.fitted(model)
            if fitted.fit is None and not fitted.note.startswith("not estimated"):
                continue  # the model without covariates
            parts = {"sizes": sizes(fitted)}
            if fitted.fit is not None:
                parts["proportionality"] = ph_test(fitted.fit)
                parts["linearity"] = linearity(fitted.fit)
            for name, part in parts.items():
                part.insert(0, "family", setting.id)
                part.insert(1, "model", model.id)
                found[name].append(part)
        for name, part in {
            "influence": influence(setting),
            "without_clusters": without_clusters(setting),
        }.items():
            part.insert(0, "family", setting.id)
            found[name].append(part)
    return Checks(**{name: stacked(parts) for name, parts in found.items()})


def sizes(fitted: Fitted) -> pd.DataFrame:
    """One row: how much there is to estimate the model from, and how far covariates overlap."""
    row: dict[str, object] = {
        "n": fitted.n,
        "events": fitted.events,
        "clusters": fitted.clusters,
        "coefficients": fitted.parameters,
        "events_per_coefficient": np.nan,
        "note": fitted.note,
    }
    if fitted.fit is not None:
        table = covariates_table(fitted.fit)
        worst = table.iloc[int(table["variance_inflation"].argmax())]
        row["events_per_coefficient"] = fitted.events / fitted.parameters
        row["condition_number"] = condition_number(fitted.fit)
        row |= {"variance_inflation": worst["variance_inflation"], "inflated": worst["term"]}
        yes_no = table[[set(np.unique(x)) == {0.0, 1.0} for x in fitted.fit.design.matrix.T]]
        sides = yes_no.set_index("term")[["events_zero", "events_nonzero"]].min(axis=1)
        if len(sides):
            row |= {"fewest_events": sides.min(), "fewest_of": sides.idxmin()}
    columns = ["n", "events", "clusters", "coefficients", "events_per_coefficient"]
    columns += ["condition_number", "variance_inflation", "inflated", "fewest_events", "fewest_of"]
    return pd.DataFrame([row]).reindex(columns=[*columns, "note"])


def linearity(fit: CoxFit) -> pd.DataFrame:
    """Splines against lines; not of power where its square is in the model, which is no line."""
    tests = linearity_tests(fit)
    bent = [POWER_SQUARED, z(POWER)] if POWER_SQUARED in fit.design.names else []
    return tests[~tests["term"].isin(bent)].reset_index(drop=True)


def influence(setting: Setting) -> pd.DataFrame:
    """The coalitions that move each coefficient of the main model most, by name."""
    rows, main = setting.drawn.complete, setting.fitted().fit
    columns = ["term", "rank", "unit_id", "name", "start", "dfbetas", "hazard_ratio", "without"]
    if main is None:
        return pd.DataFrame(columns=columns)
    listed = influential_rows(main, TOP)
    listed = listed[listed["measure"] == "dfbetas"]
    ratio = main.table.set_index("term")["hazard_ratio"]
    out = []
    for found in listed.to_dict("records"):
        term, row = str(found["term"]), int(found["row"])  # complete cases are numbered from 0
        again = setting.fitted(rows=rows.drop(index=row)).hazard_ratio(term)
        unit = rows.iloc[row]
        out.append(
            {
                "term": term,
                "rank": int(found["rank"]),
                "unit_id": unit["unit_id"],
                "name": unit["name"],
                "start": unit["start"].date().isoformat(),
                "dfbetas": float(found["value"]),
                "hazard_ratio": float(ratio[term]),
                "without": np.nan if again is None else float(again["estimate"]),
            }
        )
    return pd.DataFrame(out, columns=columns)


def without_clusters(setting: Setting) -> pd.DataFrame:
    """The main model without each cluster in turn: the range of each hazard ratio."""
    rows, main = setting.drawn.complete, setting.fitted()
    names = rows[setting.cluster].astype("object")
    again = {name: setting.fitted(rows=rows[names != name]) for name in sorted(names.unique())}
    out = []
    for term in setting.terms:
        ratios = {k: r for k, fit in again.items() if (r := fit.hazard_ratio(term)) is not None}
        own = main.hazard_ratio(term)
        if own is None or not ratios:
            continue
        table = pd.DataFrame(ratios).T
        out.append(
            {
                "term": term,
                "hazard_ratio": own["estimate"],
                "lowest": table["estimate"].min(),
                "lowest_without": table["estimate"].idxmin(),
                "highest": table["estimate"].max(),
                "highest_without": table["estimate"].idxmax(),
                "clusters": len(table),
                "decided": int(((table["low"] > 1) | (table["high"] < 1)).sum()),
            }
        )
    return pd.DataFrame(out)
