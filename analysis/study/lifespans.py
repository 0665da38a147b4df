"""Coalitions of states against alliances: which live longer (H8).

The specification is the part of docs/analysis-plan.md with this name.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.models.cox import CoxFit, cox
from analysis.models.nonparametric import kaplan_meier, log_rank, median_survival
from analysis.study.plan import Sample
from analysis.study.samples import Tables
from analysis.study.verdicts import Answer, Verdict

SUBTYPES = ("interstate_war", "expedition", "historical_coalition")
OBLIGATIONS = ("defense", "offense", "consultation")
FIRST_YEAR = 1815
FORMULA = "is_coalition + two_members + century"
SAMPLES = (
    Sample("main", "main sample"),
    Sample("wars", "sides of inter-state wars only"),
    Sample("defence", "alliances with a defence obligation only"),
    Sample("ended", "those that have ended only"),
)


@dataclass(frozen=True, eq=False)
class Lifespans:
    """Coalitions of states and alliances side by side.

    Attributes:
        frame: one row per coalition or alliance of the main sample (see `lifespan_frame`).
        sizes: group, n, events, median, conf_low, conf_high (days).
        curve: Kaplan-Meier curves, times in days.
        log_rank_p: that both last equally long.
        effects: hazard ratio of coalitions by sample, with interval, n and events.
        answer: to H8, wartime.
    """

    frame: pd.DataFrame
    sizes: pd.DataFrame
    curve: pd.DataFrame
    log_rank_p: float
    effects: pd.DataFrame
    answer: Answer


def lifespans(tables: Tables) -> Lifespans:
    """Fit the specification to the shipped tables or to others of the same form."""
    frame = lifespan_frame(tables)
    fits = {sample.id: _fit(_drawn(frame, sample.id)) for sample in SAMPLES}
    effects = pd.DataFrame(
        {"sample": sample.id, "change": sample.label, **_ratio(fits[sample.id])}
        for sample in SAMPLES
    )
    main = effects.iloc[0]
    verdict: Verdict = "undecided"
    if main["low"] > 1:
        verdict = "supported"
    elif main["high"] < 1:
        verdict = "contrary"
    answer = Answer(
        "H8",
        "hazard ratio of coalitions of states against alliances",
        float(main["hazard_ratio"]),
        float(main["low"]),
        float(main["high"]),
        float(main["p_value"]),
        int(main["n"]),
        int(main["events"]),
        verdict,
        "wars end by definition when the fighting does",
    )
    return Lifespans(
        frame=frame,
        sizes=median_survival(frame, by="group"),
        curve=kaplan_meier(frame, by="group"),
        log_rank_p=log_rank(frame, by="group").p_value,
        effects=effects,
        answer=answer,
    )


def lifespan_frame(tables: Tables) -> pd.DataFrame:
    """One row per coalition of states and per alliance since 1815.

    Columns: unit_id, group ("coalition" or "alliance"), subtype (missing for alliances), defence,
    start, duration (days, at least half a day), event, is_coalition, two_members, century
    (centuries since 1900, of the start).
    """
    from coalitiondata import survival_frame

    wars = survival_frame(family="wartime", tables=tables)
    wars = wars[wars["subtype"].isin(SUBTYPES)]
    members = tables["memberships"].groupby("coalition_id")["actor_id"].nunique()
    coalitions = pd.DataFrame(
        {
            "unit_id": wars["unit_id"],
            "group": "coalition",
            "subtype": wars["subtype"].astype("object"),
            "start": wars["start"],
            "duration": wars["duration"],
            "event": wars["event"],
            "two_members": (wars["coalition_id"].map(members) == 2).astype("float64"),
        }
    )
    pacts = tables["alliances"]
    pacts = pacts[pacts[list(OBLIGATIONS)].fillna(False).any(axis=1)]
    days = (pacts["observed_until"] - pacts["start"]).dt.total_seconds() / 86_400
    alliances = pd.DataFrame(
        {
            "unit_id": pacts["alliance_id"],
            "group": "alliance",
            "defence": pacts["defense"].fillna(False).astype(bool),
            "start": pacts["start"],
            "duration": days.mask(days == 0, 0.5),
            "event": (pacts["status"] == "ended").astype("int64"),
            "two_members": pacts["bilateral"].astype("float64"),
        }
    )
    frame = pd.concat([coalitions, alliances], ignore_index=True)
    frame = frame[frame["start"].dt.year >= FIRST_YEAR].reset_index(drop=True)
    added: pd.DataFrame = frame.assign(
        is_coalition=(frame["group"] == "coalition").astype("float64"),
        century=(frame["start"].dt.year - 1900) / 100,
    )
    return added


def _drawn(frame: pd.DataFrame, sample: str) -> pd.DataFrame:
    coalition = frame["group"] == "coalition"
    chosen: dict[str, pd.Series] = {
        "main": coalition | True,
        "wars": ~coalition | (frame["subtype"] == "interstate_war"),
        "defence": coalition | frame["defence"].eq(True),
        "ended": frame["event"] == 1,
    }
    return frame.loc[chosen[sample]]


def _fit(frame: pd.DataFrame) -> CoxFit:
    # Every record is a cluster of its own: errors that do not lean on the model.
    return cox(frame, FORMULA, cluster="unit_id")


def _ratio(fit: CoxFit) -> dict[str, float]:
    row = fit.table.set_index("term").loc[["is_coalition"]].astype("float64")
    names = {"hazard_ratio": "hazard_ratio", "low": "hazard_low", "high": "hazard_high"}
    found = {new: float(row[old].iloc[0]) for new, old in names.items()}
    return {**found, "p_value": float(row["p_value"].iloc[0]), "n": fit.n, "events": fit.events}
