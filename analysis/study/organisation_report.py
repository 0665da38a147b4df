"""Tables and report section of the study of coalitions of organisations."""

from __future__ import annotations

import math

import pandas as pd

from analysis.figures.words import p_text
from analysis.study import organisations, tables
from analysis.study.agreement import agreement
from analysis.study.labels import interval_text, years
from analysis.study.organisations import FORMS, OrganisationResults
from analysis.study.verdicts import Answer, answers_table


def organisation_tables(
    r: OrganisationResults, codings: pd.DataFrame
) -> dict[str, tuple[str, pd.DataFrame]]:
    """Caption and frame of every table, by name."""
    sizes = pd.concat(
        [
            r.by_form.assign(grouping="form", log_rank_p=r.form_p),
            r.by_governance.assign(grouping="governance (coalitions)", log_rank_p=r.governance_p),
        ],
        ignore_index=True,
    )
    first = ["grouping", "group"]
    return {
        "ngo_answers": ("Coalitions of organisations: answers", answers_table({"ngo": r.answers})),
        "ngo_sizes": (
            "Coalitions of organisations: number, ends on a known date and median duration in days",
            sizes[[*first, *(c for c in sizes.columns if c not in first)]],
        ),
        "ngo_losses": ("Coalitions of organisations: sample", r.main.flow),
        "ngo_end_causes": (
            "How coalitions of organisations that have ended did, with Wilson's 95% intervals",
            r.causes,
        ),
        "ngo_ways_to_end": (
            "Cumulative incidence of the ways to end after 1, 2, 5, 10 and 20 years",
            organisations.ways_at(r.ways),
        ),
        "ngo_models": (
            "Coalitions of organisations: Cox models, hazard ratios with 95% intervals",
            tables.model_table(organisations.ORGANISATIONS, r.fitted),
        ),
        "ngo_robustness": (
            "Hazard ratios of N3 under other choices, on the scale of the main sample",
            r.robustness,
        ),
        "ngo_agreement": ("Agreement of the two readers, Cohen's kappa", agreement(codings)),
    }


def organisation_section(r: OrganisationResults) -> str:
    """What came out, in a few lines; every number is computed."""
    frame, complete = r.main.frame, r.main.complete
    forms = r.all_forms["form"].value_counts()
    kinds = ", ".join(f"{forms[f]} {f}s" for f in FORMS.values() if f in forms)
    medians = ", ".join(
        f"{row['group']} {years(row['median'], 1)}" for row in r.by_form.to_dict("records")
    )
    governed = ", ".join(
        f"{row['group'].replace('_', ' ')} {years(row['median'], 1)}"
        for row in r.by_governance.to_dict("records")
    )
    known = r.causes[r.causes["cause"] != "unknown"]
    causes = ", ".join(
        f"{row['cause'].replace('_', ' ')} {row['n']}" for row in known.to_dict("records")
    )
    ended = int(r.causes["n"].sum())
    undated = ended - int(frame["event"].sum())
    worth = [f"{a.hypothesis}: **{a.verdict}**{_numbers(a)}" for a in r.answers]
    lines = [
        f"Sample: {kinds}. Of the coalitions {ended} have ended, {undated} of them on a day that "
        f"no source states; models: the {len(complete)} complete cases, "
        f"{int(complete['event'].sum())} events, "
        f"{complete[organisations.ORGANISATIONS.cluster].nunique()} issue areas.",
        f"Median duration in years by form: {medians} (log-rank {p_text(r.form_p)}); of coalitions "
        f"by governance: {governed} (log-rank {p_text(r.governance_p)}).",
        f"How those {ended} ended: {causes}, unknown "
        f"{ended - int(known['n'].sum())} (intervals in `tables/ngo_end_causes`).",
        *worth,
        "Limits: known coalitions with sources in reach, mostly in English; failed and short ones "
        "were sought, but no list of all coalitions exists to sample from. Members are those that "
        "a source names. Ends on unknown days are censored, which lengthens durations if such "
        "coalitions ended soon after they were last seen. Power is how a coalition was run, not "
        "what its members have.",
    ]
    return f"## {organisations.ORGANISATIONS.label}\n\n" + "\n".join(f"- {x}" for x in lines)


def _numbers(answer: Answer) -> str:
    if math.isnan(answer.low):
        shown = "" if math.isnan(answer.estimate) else f" ({answer.quantity} {answer.estimate:.2f})"
        return shown or f" (joint test {p_text(answer.p_value)})"
    numbers = interval_text(answer.estimate, answer.low, answer.high)
    return f" ({answer.quantity} {numbers}, {p_text(answer.p_value)}; N = {answer.n})"
