"""The study of coalitions of organisations: samples, models, curves and answers.

The specification is the part of docs/analysis-plan.md with this name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from analysis.models.competing import cumulative_incidence
from analysis.models.cox import cox
from analysis.models.nonparametric import kaplan_meier, log_rank, median_survival
from analysis.study import curves, samples
from analysis.study.duration_models import Fitted, fit_model
from analysis.study.plan import (
    BREADTH,
    DAYS_PER_YEAR,
    DEPTH,
    INTEREST_BLOCK,
    LEVEL,
    NEGLIGIBLE_FROM,
    Family,
    Model,
    Sample,
    z,
)
from analysis.study.verdicts import Answer, Verdict, both, interests_count, lasts_longer

HOST, TRANSNATIONAL = "single_host", "transnational"
ORGANISATIONS = Family(
    id="ngo",
    label="Coalitions of organisations",
    units="coalitions of organisations",
    main=Sample("main", "main sample"),
    variants=(
        Sample("all_forms", "alliances and networks too"),
        Sample("since_1945", "started since 1945", start_from="1945-01-01"),
        Sample("dated", "start and end known to the month or better, or ongoing"),
        Sample("founders", "members with undated entry left out of the interest measures"),
    ),
    controls=(TRANSNATIONAL,),
    cluster="issue_area",
    clusters="issue areas",
    stratified=False,
    source="looked up by this project",
    power_words="run by a single host",
    depth_words="same main issue area",
)
MODELS = (
    Model("N0", "control", ()),
    Model("N1", "power", (HOST,)),
    Model("N2", "interests", INTEREST_BLOCK),
    Model("N3", "power and interests", (HOST, *INTEREST_BLOCK)),
)
WAYS = {
    "goal_achieved": "goal achieved",
    "goal_unachievable": "goal out of reach",
    "suppressed": "goal out of reach",
    "split": "given up",
    "faded": "given up",
    "wound_up": "given up",
    "occasion_passed": "given up",
    "merged": "became something else",
    "transformed": "became something else",
}
FORMS = {"ngo_coalition": "coalition", "ngo_alliance": "alliance", "ngo_network": "network"}
UNKNOWN_WAY = "ended, unknown how"
AT_YEARS = (1, 2, 5, 10, 20)


@dataclass(frozen=True, eq=False)
class OrganisationResults:
    """Everything that the study computes for coalitions of organisations.

    Attributes:
        all_forms: every coalition, alliance and network.
        main: the main sample with its complete cases.
        fitted: N0 to N3.
        robustness: N3 on the main and the other samples.
        by_form, by_governance: n, events and median duration (days) of each group.
        form_curves, governance_curves: Kaplan-Meier, times in days.
        form_p, governance_p: log-rank tests.
        causes: how those that ended did, with Wilson's 95 per cent intervals.
        ways: cumulative incidence of the ways to end, times in days.
        incidence: transformation by halves of depth.
        answers: one per hypothesis.
    """

    all_forms: pd.DataFrame
    main: samples.Drawn
    fitted: dict[str, Fitted]
    robustness: pd.DataFrame
    by_form: pd.DataFrame
    by_governance: pd.DataFrame
    form_curves: pd.DataFrame
    governance_curves: pd.DataFrame
    form_p: float
    governance_p: float
    causes: pd.DataFrame
    ways: pd.DataFrame
    incidence: curves.IncidenceCurves
    answers: list[Answer]


def organisation_results(
    tables: samples.Tables, tell: Callable[[str], None]
) -> OrganisationResults:
    """Compute the study of coalitions of organisations."""
    tell("ngo: models")
    main = draw(ORGANISATIONS.main, tables)
    fitted = {model.id: fit_model(model, main) for model in MODELS}
    rows = [_robust(main, fitted)]
    for variant in ORGANISATIONS.variants:
        drawn = draw(variant, tables, main.scale)
        rows.append(_robust(drawn, {m.id: fit_model(m, drawn) for m in MODELS[1:]}))
    tell("ngo: curves")
    everything = frame(tables)
    governed = main.frame.dropna(subset="governance")
    incidence = curves.incidence_curves(samples.outcomes(main), ORGANISATIONS, "main")
    return OrganisationResults(
        all_forms=everything,
        main=main,
        fitted=fitted,
        robustness=pd.concat(rows, ignore_index=True),
        by_form=median_survival(everything, by="form"),
        by_governance=median_survival(governed, by="governance"),
        form_curves=kaplan_meier(everything, by="form"),
        governance_curves=kaplan_meier(governed, by="governance"),
        form_p=log_rank(everything, by="form").p_value,
        governance_p=log_rank(governed, by="governance").p_value,
        causes=causes(main.frame, tables),
        ways=cumulative_incidence(main.frame, "duration", "way"),
        incidence=incidence,
        answers=[*_answers(fitted), curves.incidence_answer(incidence), _shorter_lived(everything)],
    )


def frame(tables: samples.Tables, *, founders_only: bool = False) -> pd.DataFrame:
    """The survival frame of all coalitions, alliances and networks, with what `campaigns` says.

    Adds `form`, `governance`, `issue_area`, `scope`, `single_host` (missing if the governance is
    unknown), `transnational` and `way`, the way it ended ("censored" if it did not, or on an
    unknown day). With `founders_only` members whose entry is undated do not count.
    """
    from coalitiondata import survival_frame

    if founders_only:
        members = tables["memberships"]
        tables = {**tables, "memberships": members[members["joined"].notna()]}
    rows = survival_frame(family="ngo", tables=tables)
    about = tables["campaigns"][["coalition_id", "governance", "issue_area", "scope"]]
    rows = rows.merge(about.astype("object"), on="coalition_id", validate="1:1")
    host = (rows["governance"] == "single_host").astype("float64")
    way = rows["cause"].map({**WAYS, "censored": "censored"}).fillna(UNKNOWN_WAY)
    return rows.assign(
        form=rows["subtype"].astype("object").map(FORMS),
        single_host=host.where(rows["governance"].notna()),
        transnational=rows["scope"].isin(["regional", "global"]).astype("float64"),
        way=way,
    )


def draw(
    sample: Sample, tables: samples.Tables, scale: pd.DataFrame | None = None
) -> samples.Drawn:
    """A sample, its complete cases, and how many were lost at each step."""
    rows = frame(tables, founders_only=sample.id == "founders")
    steps = [("all forms", rows)]
    if sample.id != "all_forms":
        rows = rows[rows["form"] == "coalition"]
        steps.append(("alliances and networks left out", rows))
    if sample.start_from is not None:
        rows = rows[rows["start"] >= pd.Timestamp(sample.start_from)]
        steps.append((f"started before {sample.start_from} left out", rows))
    if sample.id == "dated":
        rows = rows[rows["precision"] != "year"]
        steps.append(("dates known to the year left out", rows))
    complete = rows
    for column in (HOST, DEPTH, BREADTH):
        complete = complete[complete[column].notna()]
        steps.append((f"{column} unknown", complete))
    if scale is None:
        scale = complete[[DEPTH, BREADTH]].agg(["mean", "std"]).T
    standard = {z(m): (complete[m] - scale["mean"][m]) / scale["std"][m] for m in (DEPTH, BREADTH)}
    units = [len(each) for _, each in steps]
    return samples.Drawn(
        family=ORGANISATIONS,
        sample=sample,
        frame=rows.reset_index(drop=True),
        complete=complete.assign(**standard).reset_index(drop=True),
        scale=scale,
        flow=pd.DataFrame(
            {
                "step": [name for name, _ in steps],
                "lost": [0, *(a - b for a, b in pairwise(units))],
                "units": units,
            }
        ),
    )


def causes(rows: pd.DataFrame, tables: samples.Tables) -> pd.DataFrame:
    """How the coalitions in `rows` that have ended did, also those that ended on an unknown day.

    Returns cause, n, share, low, high: Wilson's interval of the share of all that ended.
    """
    from statsmodels.stats.proportion import proportion_confint

    coalitions = tables["coalitions"].set_index("coalition_id").loc[rows["coalition_id"]]
    ended = coalitions[coalitions["status"] == "ended"]
    counts = ended["end_cause"].astype("object").fillna("unknown").value_counts()
    low, high = proportion_confint(counts, len(ended), method="wilson")
    table = pd.DataFrame(
        {"n": counts, "share": counts / len(ended), "low": low, "high": high}
    ).rename_axis("cause")
    return table.reset_index().sort_values(["n", "cause"], ascending=[False, True])


def ways_at(ways: pd.DataFrame) -> pd.DataFrame:
    """Cumulative incidence of each way to end after some years: one row per way."""
    rows = []
    for way, curve in ways.groupby("cause", sort=True):
        row: dict[str, object] = {"way": way}
        for years in AT_YEARS:
            before = curve[curve["time"] <= years * DAYS_PER_YEAR]
            last = before.iloc[-1] if len(before) else None
            for column, name in (("estimate", ""), ("conf_low", "_low"), ("conf_high", "_high")):
                row[f"y{years}{name}"] = 0.0 if last is None else float(last[column])
        rows.append(row)
    return pd.DataFrame(rows)


def _robust(drawn: samples.Drawn, fitted: dict[str, Fitted]) -> pd.DataFrame:
    """Hazard ratios of N3 on one sample."""
    main, rows = fitted["N3"], []
    for term in (HOST, *INTEREST_BLOCK):
        ratio = main.hazard_ratio(term)
        numbers = {} if ratio is None else {str(k): v for k, v in ratio.items()}
        rows.append(
            {
                "sample": drawn.sample.id,
                "change": drawn.sample.label,
                "term": term,
                "hazard_ratio": numbers.get("estimate", float("nan")),
                "low": numbers.get("low", float("nan")),
                "high": numbers.get("high", float("nan")),
                "p_value": numbers.get("p_value", float("nan")),
                "n": main.n,
                "events": main.events,
                "clusters": main.clusters,
                "aic_power_minus_interests": fitted["N1"].aic - fitted["N2"].aic,
                "note": main.note,
            }
        )
    return pd.DataFrame(rows)


def host_matters(p_value: float, low: float, high: float) -> Verdict:
    """H1, by the test and the interval of the hazard ratio of a single host."""
    if p_value < LEVEL:
        return "supported"
    negligible = low >= NEGLIGIBLE_FROM and high <= 1 / NEGLIGIBLE_FROM
    return "contrary" if negligible else "undecided"


def _answers(fitted: dict[str, Fitted]) -> list[Answer]:
    """H1 to H3 from the models of the main sample."""
    main, nan = fitted["N3"], float("nan")
    empty = pd.Series(nan, index=["estimate", "low", "high", "p_value"])

    def ratio(term: str) -> pd.Series:
        found = main.hazard_ratio(term)
        return empty if found is None else found

    def answer(name: str, term: str, verdict: Verdict) -> Answer:
        estimate, low, high, p_value = ratio(term).to_numpy(dtype=float)
        quantity = f"hazard ratio of {term}, N3"
        size = (main.n, main.events)
        return Answer(name, quantity, estimate, low, high, p_value, *size, verdict, "")

    host, depth, breadth = ratio(HOST), ratio(z(DEPTH)), ratio(z(BREADTH))
    of_depth = lasts_longer(depth["low"], depth["high"])
    of_breadth = lasts_longer(breadth["low"], breadth["high"])
    power, interests = fitted["N1"], fitted["N2"]
    return [
        answer("H1", HOST, host_matters(host["p_value"], host["low"], host["high"])),
        answer("H2 depth", z(DEPTH), of_depth),
        answer("H2 breadth", z(BREADTH), of_breadth),
        Answer(
            "H2",
            "depth and breadth jointly, N3",
            nan,
            nan,
            nan,
            main.p_value(INTEREST_BLOCK),
            main.n,
            main.events,
            both(of_depth, of_breadth),
            "as depth and breadth together",
        ),
        Answer(
            "H3",
            "AIC(N1) - AIC(N2)",
            power.aic - interests.aic,
            nan,
            nan,
            nan,
            main.n,
            main.events,
            interests_count(power.aic, interests.aic),
            f"C: power {power.concordance:.3f} (se {power.concordance_error:.3f}), "
            f"interests {interests.concordance:.3f} (se {interests.concordance_error:.3f})",
        ),
    ]


def _shorter_lived(everything: pd.DataFrame) -> Answer:
    """H8: coalitions against standing alliances and networks."""
    rows = everything.assign(is_coalition=(everything["form"] == "coalition").astype("float64"))
    fit = cox(rows, f"is_coalition + {TRANSNATIONAL}", cluster=ORGANISATIONS.cluster)
    table = fit.table.set_index("term")
    columns = ["hazard_ratio", "hazard_low", "hazard_high", "p_value"]
    found = table.loc[["is_coalition"], columns].astype("float64")
    estimate, low, high, p_value = (float(found[name].iloc[0]) for name in columns)
    verdict: Verdict = "supported" if low > 1 else "contrary" if high < 1 else "undecided"
    return Answer(
        "H8",
        "hazard ratio of coalitions against alliances and networks",
        estimate,
        low,
        high,
        p_value,
        fit.n,
        fit.events,
        verdict,
        "same control and clusters",
    )
