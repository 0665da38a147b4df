"""The main model under other models: shared frailty, Firth's penalty, multiple imputation.

The specification is the part of docs/analysis-plan.md on checks. No verdict uses it. Nothing that
is imputed here is data.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit, cox
from analysis.models.firth import firth
from analysis.models.frailty import WeakIdentificationWarning, frailty
from analysis.models.imputation import impute, pool
from analysis.models.result import Fit
from analysis.study import samples
from analysis.study.endings import ended, modelled
from analysis.study.plan import BREADTH, DEPTH, z
from analysis.study.settings import FEW_EVENTS, Setting, all_settings, attempt, stacked

IMPUTATIONS = 50  # no fewer than per cent of cabinets are incomplete
ROUNDS, DONORS, SEED = 10, 5, 2009
# Known for some cabinets whose depth is not, and a part of it.
SIMILARITY = "interest_similarity_left_right"
# Standard deviations that are added to imputed depths: are they missing at random?
SHIFTS: Mapping[str, float] = {"imputed": 0.0, "half an sd lower": -0.5, "half an sd higher": 0.5}
_COLUMNS = ["term", "hazard_ratio", "low", "high", "p_value"]


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Tidy tables, the families one below the other.

    Attributes:
        effects: family, ending (all, or one kind of it), model (main; gamma frailty; firth),
            term, hazard_ratio, low, high, p_value, n, events, note.
        frailty: family, group, groups, theta, low, high, statistic, p_value, note.
        imputation: family, variant (complete cases; imputed; imputed, half an sd lower and higher;
            imputed, normal), term, hazard_ratio, low, high, p_value, fmi (fraction of missing
            information), n, events, filled (coalitions whose depth is imputed), note.
    """

    effects: pd.DataFrame
    frailty: pd.DataFrame
    imputation: pd.DataFrame


def sensitivity(
    tables: samples.Tables,
    settings: list[Setting] | None = None,
    imputations: int = IMPUTATIONS,
) -> Sensitivity:
    """Every table; `imputations` other than the plan's are for trying things out."""
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in Sensitivity.__annotations__}
    for setting in settings if settings is not None else all_settings(tables):
        main = setting.fitted()
        shared, theta = shared_frailty(setting)
        effects = [
            _effects(setting, main.fit, main.note).assign(ending="all", model="main"),
            shared.assign(ending="all", model="gamma frailty"),
            *penalised(setting, tables),
        ]
        parts = {
            "effects": stacked(effects),
            "frailty": theta,
            "imputation": imputed(setting, imputations),
        }
        for name, part in parts.items():
            part.insert(0, "family", setting.id)
            found[name].append(part)
    return Sensitivity(**{name: stacked(parts) for name, parts in found.items()})


def shared_frailty(setting: Setting) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The main model with a gamma frailty shared by cluster: its effects, and the variance."""
    rows, about = setting.drawn.complete, {"group": setting.cluster}
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", WeakIdentificationWarning)
        fit, note = attempt(lambda: frailty(rows, setting.formula, group=setting.cluster))
    weak = [str(w.message) for w in heard if issubclass(w.category, WeakIdentificationWarning)]
    note = "; ".join(filter(None, [note, *weak]))
    if fit is None:
        return _effects(setting, None, note), pd.DataFrame([{**about, "note": note}])
    line = {
        **about,
        "groups": fit.groups,
        "theta": fit.theta,
        "low": fit.theta_low,
        "high": fit.theta_high,
        "statistic": float(fit.theta_test["statistic"]),
        "p_value": float(fit.theta_test["p_value"]),
        "note": note,
    }
    return _effects(setting, fit, note), pd.DataFrame([line])


def penalised(setting: Setting, tables: samples.Tables) -> list[pd.DataFrame]:
    """Firth's penalised likelihood where events are fewer than ten per coefficient.

    Of the main model, and of each modelled ending with the others censoring.
    """
    _, complete = ended(setting, tables)
    outcomes = {"all": complete}
    for ending in modelled(complete):
        happened = (complete["ending"] == ending).astype("int64")
        outcomes[ending] = complete.assign(event=happened)
    found = []
    for ending, rows in outcomes.items():
        if rows["event"].sum() < FEW_EVENTS * len(setting.terms):
            fit, note = attempt(lambda rows=rows: firth(rows, setting.formula))  # type: ignore[misc]
            found.append(_effects(setting, fit, note).assign(ending=ending, model="firth"))
    return found


def imputed(setting: Setting, imputations: int = IMPUTATIONS) -> pd.DataFrame:
    """The main model on complete cases and with missing depth and breadth imputed.

    Of all coalitions whose power and controls are known.
    """
    everything, main = setting.drawn.frame, setting.fitted()
    known = everything[[setting.power, *setting.drawn.family.controls]].notna().all(axis=1)
    rows = everything[known].reset_index(drop=True)
    rows = rows.assign(year=rows["start"].dt.year.astype("float64"))
    gap = rows[DEPTH].isna()
    parts = [_effects(setting, main.fit, main.note).assign(variant="complete cases", filled=0)]
    if not rows[[DEPTH, BREADTH]].isna().any(axis=None):
        parts[0]["note"] = "nothing to impute: depth is missing only where power is"
        return _imputation_columns(parts)
    targets = [DEPTH, BREADTH]
    if setting.id == "governing":
        targets.append(SIMILARITY)
    predictors = [setting.power, *setting.drawn.family.controls, "year"]
    if rows["n_members"].notna().all():
        predictors.append("n_members")

    def made(method: str) -> list[pd.DataFrame]:
        return impute(
            rows,
            targets,
            " + ".join(predictors),
            imputations=imputations,
            rounds=ROUNDS,
            method="normal" if method == "normal" else "matching",
            donors=DONORS,
            seed=SEED,
        )

    matched = made("matching")
    variants = {
        ("imputed" if name == "imputed" else f"imputed, {name}"): [
            frame.assign(**{DEPTH: frame[DEPTH] + gap * shift * setting.drawn.scale["std"][DEPTH]})
            for frame in matched
        ]
        for name, shift in SHIFTS.items()
    }
    variants["imputed, normal"] = made("normal")
    for variant, frames in variants.items():
        scaled = [_standardised(setting, frame) for frame in frames]
        fit, note = attempt(lambda scaled=scaled: pool([_cox(setting, each) for each in scaled]))  # type: ignore[misc]
        part = _effects(setting, fit, note).assign(variant=variant, filled=int(gap.sum()))
        if fit is not None:
            part["fmi"] = part["term"].map(fit.table.set_index("term")["fmi"])
        parts.append(part)
    return _imputation_columns(parts)


def _standardised(setting: Setting, rows: pd.DataFrame) -> pd.DataFrame:
    """On the scale of the main sample, so that hazard ratios compare."""
    scale = setting.drawn.scale
    return rows.assign(
        **{z(m): (rows[m] - scale["mean"][m]) / scale["std"][m] for m in scale.index}
    )


def _cox(setting: Setting, rows: pd.DataFrame) -> CoxFit:
    return cox(rows, setting.formula, cluster=setting.cluster)


def _effects(setting: Setting, fit: Fit | None, note: str) -> pd.DataFrame:
    """Hazard ratios of the main model's covariates; missing, with a note, without a fit."""
    if fit is None:
        table = pd.DataFrame({"term": list(setting.terms)}).reindex(columns=_COLUMNS)
        return table.assign(n=np.nan, events=np.nan, note=note)
    names = {"hazard_low": "low", "hazard_high": "high"}
    table = fit.table.rename(columns=names)[_COLUMNS].reset_index(drop=True)
    return table.assign(n=fit.n, events=fit.events, note=note)


def _imputation_columns(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["variant", *_COLUMNS, "fmi", "n", "events", "filled", "note"]
    return stacked(parts).reindex(columns=columns)
