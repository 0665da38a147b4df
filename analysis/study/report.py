"""The study's report in Markdown: answers, what they depend on, losses and limits."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.figures.words import p_text
from analysis.study.curves import THIRDS, SurvivalCurves
from analysis.study.descriptives import sizes
from analysis.study.family import FamilyResults
from analysis.study.further import Further
from analysis.study.further_report import further_section
from analysis.study.labels import MEASURES, interval_text, short, years
from analysis.study.organisation_report import organisation_section
from analysis.study.organisations import OrganisationResults
from analysis.study.plan import BREADTH, DEPTH, INTEREST_BLOCK, LEVEL, POWER, POWER_BLOCK
from analysis.study.tables import markdown


def report(
    results: list[FamilyResults],
    organisations: OrganisationResults,
    answers: pd.DataFrame,
    rest: Further,
) -> str:
    """The whole report; every number in it is computed."""
    import coalitiondata

    parts = [
        "# Power, interests and the duration of coalitions",
        f"Data: coalitiondata {coalitiondata.data_version}. The specification, "
        "`docs/analysis-plan.md`, was fixed before any model was fitted, though not before "
        "numbers of coalitions, events and missing values were known. Every number below is also "
        "in `tables/` or `estimates.csv`. Coefficients describe associations, not effects.",
        "## Answers",
        _answers(answers),
        "Level 5 per cent, intervals 95 per cent. Hazard ratios are per standard deviation; above "
        "1, a coalition ends sooner. For H1 to H3, N and events are those of the estimation "
        "sample; for H5, coalitions with known depth and outcome, and transformations; for H4, "
        "pairs of partners; for H6, H7 and H9, stays and members. A verdict follows its rule "
        "alone; the last column says what it hangs on. The same is in `hypotheses.csv`.",
        *[_family(r) for r in results],
        organisation_section(organisations),
        further_section(rest),
        "## Deviations from the plan, and additions",
        _list(_deviations(results)),
        "## Missing data and censoring",
        _list(_missing(results)),
        "## Limits",
        _list(_limits(results)),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _answers(answers: pd.DataFrame) -> str:
    rows = [
        {
            "hypothesis": f"{a['hypothesis']} {a['part']}".strip(),
            "family": a["family"],
            "quantity": a["quantity"],
            "estimate (95%)": _estimate(a),
            "test": "" if math.isnan(a["p_value"]) else p_text(a["p_value"]),
            "N": str(a["n"]),
            "events": str(a["events"]),
            "verdict": f"**{a['verdict']}**",
            "detail": a["detail"],
            "hangs on": a["hangs_on"],
        }
        for a in answers.to_dict("records")
    ]
    return markdown(pd.DataFrame(rows))


def _estimate(answer: Mapping[Hashable, Any]) -> str:
    digits = 3 if answer["hypothesis"] in ("H4", "H5") else 2
    if math.isnan(answer["conf_low"]):
        return "" if math.isnan(answer["estimate"]) else f"{answer['estimate']:.{digits}f}"
    return interval_text(answer["estimate"], answer["conf_low"], answer["conf_high"], digits)


def _family(r: FamilyResults) -> str:
    complete, frame = r.main.complete, r.main.frame
    events = int(frame["event"].sum())
    lines = [
        f"Sample: {len(frame)} {r.family.units}, {events} ended, {len(frame) - events} censored. "
        f"Models: the {len(complete)} complete cases, {int(complete['event'].sum())} events, "
        f"{complete[r.family.cluster].nunique()} {r.family.clusters}.",
        *[_curves(c) for c in r.survival],
        _fit_of_blocks(r),
        _one_at_a_time(r),
        *([_stratified(r)] if r.family.stratified else []),
        _transformation(r),
        _proportionality(r),
    ]
    return f"## {r.family.label}\n\n" + _list(lines)


def _curves(c: SurvivalCurves) -> str:
    medians = ", ".join(
        f"{THIRDS[row['group']]} {years(row['median'])}" for row in c.summary.to_dict("records")
    )
    return (
        f"By thirds of {MEASURES[c.measure]}, without controls (N = {c.n}, {c.events} events): "
        f"median duration in years {medians}; log-rank {p_text(c.p_value)}."
    )


def _fit_of_blocks(r: FamilyResults) -> str:
    main, base = r.fitted["M3"], r.fitted["M0"].loglik
    gains = {k: r.fitted[k].loglik - base for k in ("M1", "M2")}
    return (
        f"H3 compares fit and is blind to signs. Over M0, power gains {gains['M1']:.2f} in "
        f"log-likelihood with {len(POWER_BLOCK)} coefficient, interests {gains['M2']:.2f} with "
        f"{len(INTEREST_BLOCK)}. The likelihood takes coalitions as independent; Wald tests of "
        f"the blocks in M3 that allow for clusters: power {p_text(main.p_value(POWER_BLOCK))}, "
        f"interests {p_text(main.p_value(INTEREST_BLOCK))}."
    )


def _one_at_a_time(r: FamilyResults) -> str:
    matrix = r.main.complete[[POWER, DEPTH, BREADTH]].corr()
    parts = [
        f"{short(row['term'])} {interval_text(row['hazard_ratio'], row['low'], row['high'])}"
        for row in r.alone.to_dict("records")
    ]
    return (
        f"Depth and breadth correlate at {matrix[DEPTH][BREADTH]:.2f}, power and depth at "
        f"{matrix[POWER][DEPTH]:.2f}. With only one interest measure beside power (not planned): "
        + ", ".join(parts)
        + "."
    )


def _stratified(r: FamilyResults) -> str:
    fitted = r.fitted["M6"]
    parts = [
        f"{short(t)} {interval_text(v['estimate'], v['low'], v['high'])}"
        for t in (*POWER_BLOCK, *INTEREST_BLOCK)
        if (v := fitted.hazard_ratio(t)) is not None
    ]
    return f"Within {r.family.clusters} (M6), hazard ratios: {', '.join(parts) or fitted.note}."


def _transformation(r: FamilyResults) -> str:
    shared = r.shared.to_dict("records")[0]
    lost = int(((r.main.frame["outcome"] == "transformed") & r.main.frame[DEPTH].isna()).sum())
    closed = r.incidence_closed.tests.set_index("cause")["p_value"]["transformed"]
    interval = interval_text(shared["difference"], shared["conf_low"], shared["conf_high"], 3)
    return (
        f"H5 rests on {shared['transformed']} transformed {r.family.units} in {shared['clusters']} "
        f"{r.family.clusters}, which share {shared['events']} different events; another {lost} "
        "were transformed and have no known depth. With errors that allow for "
        f"{r.family.clusters} (jackknife, not planned) the difference in incidence is {interval}. "
        f"Variant window_closed: N = {r.incidence_closed.n}, Gray's test {p_text(closed)}."
    )


def _proportionality(r: FamilyResults) -> str:
    tests = r.proportional.set_index("term")["p_value"]
    terms = [t for t in tests.index if t != "GLOBAL"]
    every = ", ".join(f"{short(t)} {p_text(tests[t])}" for t in terms)
    rejected = [short(t) for t in terms if tests[t] < LEVEL]
    verdict = (
        f"Rejected for {', '.join(rejected)}: an average over time; `tables/proportional_hazards` "
        "has hazard ratios before and after the median event."
        if rejected
        else "Not rejected for any term."
    )
    total = p_text(tests.get("GLOBAL", math.nan))
    return f"Proportional hazards in M3: all together {total}; {every}. {verdict}"


def _deviations(results: list[FamilyResults]) -> list[str]:
    failed = [
        f"{r.family.id}, {f.model.id}: {f.note}."
        for r in results
        for f in r.fitted.values()
        if f.note.startswith("not estimated")
    ]
    failed += [
        f"{r.family.id}, variant {row['sample']}: {row['note']}."
        for r in results
        for row in r.robustness.drop_duplicates("sample").to_dict("records")
        if row["note"].startswith("not estimated")
    ]
    return [
        *(failed or ["None: every planned model could be estimated."]),
        "Added after the results were seen: coalitions in a row can share one transformation, so "
        "events are counted and the errors of H5 computed over clusters "
        "(`tables/shared_transformations`); depth and breadth go together, so each is also tried "
        "without the other (`tables/interests_one_at_a_time`). No verdict uses either.",
    ]


def _missing(results: list[FamilyResults]) -> list[str]:
    lines = []
    for r in results:
        lines.append(f"{r.family.label}: {_flow(r.main.flow)}.")
        table = sizes(r.main).set_index("cases")
        if table["n"]["incomplete"]:
            p_value = table["log_rank_p"]["complete"]
            lines.append(
                f"{r.family.label}: median duration of complete cases "
                f"{years(table['median_days']['complete'])} years, of incomplete ones "
                f"{years(table['median_days']['incomplete'])} (log-rank {p_text(p_value)})."
                + (" The complete cases are not a random part." if p_value < LEVEL else "")
            )
    return [
        *lines,
        "Nothing is imputed: a coalition that lacks a covariate is in the description, not in the "
        "models.",
        "Governing: cabinets that ended with a regular election, and those that go on, are "
        "censored; elections_as_ends counts such elections as ends. Election dates are known "
        "beforehand, so this censoring may not be independent of how long a cabinet would last.",
        "Wartime: a side is censored only if it was still fighting when last observed.",
    ]


def _flow(flow: pd.DataFrame) -> str:
    first, rest = flow.iloc[0], flow.iloc[1:]
    lost = [f"{row['step']} {row['lost']}" for row in rest.to_dict("records") if row["lost"]]
    return (
        f"{first['units']} ({first['step']}); lost in turn: {', '.join(lost) or 'none'}; "
        f"left {flow.iloc[-1]['units']}"
    )


def _limits(results: list[FamilyResults]) -> list[str]:
    few = [
        f"{r.family.label}: {r.fitted['M3'].events} events for {r.fitted['M3'].parameters} "
        "coefficients; only large differences can show, and intervals are approximate."
        for r in results
        if r.fitted["M3"].events < 100
    ]
    return [
        *few,
        "Robust errors have no small-sample correction; with a few dozen clusters intervals tend "
        "to be too narrow.",
        f"Apart from H1, p-values are not adjusted: {sum(len(r.answers) for r in results)} answers "
        "are given here.",
        "Power and interests are measured when the coalition starts; how they change is only in "
        "the wartime variant time_varying.",
        "Party positions are one mean of expert surveys per party for all years.",
        "Members choose each other: coalitions whose interests fit badly may never form, and "
        "alliances may follow from earlier wars. Neither is modelled.",
        "H5 has no controls, and its other part, the length of participation, is not tested.",
    ]


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
