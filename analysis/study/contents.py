"""What the results folder holds: which tables and figures are made of the families' results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analysis.study import curves, descriptives, duration_models, tables
from analysis.study.family import FamilyResults
from analysis.study.further import Further, further_tables
from analysis.study.organisation_report import organisation_tables
from analysis.study.organisations import OrganisationResults
from analysis.study.plan import POWER, Family
from analysis.study.samples import Drawn
from analysis.study.verdicts import answers_table


def write_tables(
    results: list[FamilyResults],
    organisations: OrganisationResults,
    rest: Further,
    answers: pd.DataFrame,
    folder: Path,
) -> None:
    """hypotheses.csv, estimates.csv, curves/*.csv and tables/*."""
    import coalitiondata

    estimates = [
        part
        for r in results
        for part in (duration_models.estimates(r.fitted, r.main), *r.variant_estimates)
    ]
    estimates.append(duration_models.estimates(organisations.fitted, organisations.main))
    # A column that is empty in one part would change the type of the whole.
    filled = [part.dropna(axis=1, how="all") for part in estimates]
    every = pd.concat(filled, ignore_index=True)
    columns = list(duration_models.ESTIMATE_COLUMNS)
    tables.write_csv(every.reindex(columns=columns), folder / "estimates.csv")
    survival = [(c.family.id, c.measure, c.curve) for r in results for c in r.survival]
    incidence = [(r.family.id, "interest_depth", r.incidence.curve) for r in results]
    for name, parts in (("survival", survival), ("incidence", incidence)):
        stacked = _stack([curve.assign(family=f, measure=m) for f, m, curve in parts])
        tables.write_csv(_family_first(stacked), folder / "curves" / f"{name}.csv")
    tables.write_csv(
        pd.concat(
            [
                organisations.form_curves.assign(by="form"),
                organisations.governance_curves.assign(by="governance"),
            ],
            ignore_index=True,
        ),
        folder / "curves" / "ngo_survival.csv",
    )
    tables.write_csv(organisations.ways, folder / "curves" / "ngo_ways_to_end.csv")
    codings = coalitiondata.load("codings")
    tables.write_csv(answers, folder / "hypotheses.csv")
    made = {
        **study_tables(results),
        **organisation_tables(organisations, codings),
        **further_tables(rest),
    }
    for name, (caption, frame) in made.items():
        tables.write_table(_family_first(frame), folder / "tables", name, caption)


def draw_figures(
    results: list[FamilyResults], organisations: OrganisationResults, folder: Path
) -> None:
    """figures/*.png and *.pdf."""
    import coalitiondata
    from analysis.study import model_figures, organisation_figures, style, survival_figures

    target = folder / "figures"
    version = coalitiondata.data_version

    def source(*families: Family) -> str:
        return f"Source: coalitiondata {version} ({'; '.join(f.source for f in families)})."

    everything = source(*(r.family for r in results))
    with style.house_style():
        for r in results:
            for each in r.survival:
                drawn = survival_figures.survival(each, source(r.family))
                style.save(drawn, target, f"survival_{r.family.id}_{each.measure}")
        grid = survival_figures.survival_grid([r.survival for r in results], everything)
        style.save(grid, target, "survival")
        incidence = survival_figures.incidence([r.incidence for r in results], everything)
        style.save(incidence, target, "transformation")
        forest = model_figures.forest([(r.family, r.fitted) for r in results], everything)
        style.save(forest, target, "hazard_ratios")
        shapes = [(r.family, r.fitted["M4"], r.shape, r.main.complete[POWER]) for r in results]
        style.save(model_figures.power_shape(shapes, everything), target, "power_shape")
        own = source(organisations.main.family)
        for name, draw in (
            ("ngo_duration", organisation_figures.duration),
            ("ngo_ways_to_end", organisation_figures.ways_to_end),
            ("ngo_timeline", organisation_figures.timeline),
        ):
            style.save(draw(organisations, own), target, name)


def study_tables(results: list[FamilyResults]) -> dict[str, tuple[str, pd.DataFrame]]:
    """Caption and frame of every table, by name."""

    def each(describe: Callable[[Drawn], pd.DataFrame]) -> pd.DataFrame:
        return _stack([describe(r.main) for r in results])

    def of(part: Callable[[FamilyResults], pd.DataFrame]) -> pd.DataFrame:
        return _stack([part(r).assign(family=r.family.id) for r in results])

    made = {
        "answers": (
            "Answers by hypothesis and family",
            answers_table({r.family.id: r.answers for r in results}),
        ),
        "sizes": ("Coalitions, events and median duration in days", each(descriptives.sizes)),
        "losses": ("From all records to the estimation sample", of(lambda r: r.main.flow)),
        "covariates": ("Covariates when the coalition starts", each(descriptives.covariates)),
        "end_causes": ("How the coalitions ended", each(descriptives.end_causes)),
        "decades": ("Coalitions by decade of start", each(descriptives.decades)),
        "power_and_interests": (
            "Power against interests on the same sample (H3)",
            of(lambda r: r.comparison),
        ),
        "proportional_hazards": (
            "Test of proportional hazards in M3; hazard ratios before and after the median event",
            of(lambda r: r.proportional),
        ),
        "robustness": (
            "Hazard ratios of M3 under other choices, on the scale of the main sample",
            of(lambda r: r.robustness),
        ),
        "survival_by_thirds": (
            "Median duration in days by thirds of power concentration and of interest depth",
            _stack([_thirds(c) for r in results for c in r.survival]),
        ),
        "transformation": (
            "Incidence of transformation by halves of interest depth (H5)",
            _stack([_halves(c) for r in results for c in (r.incidence, r.incidence_closed)]),
        ),
        "shared_transformations": (
            "Transformations that several coalitions share; not planned, not used for verdicts",
            of(lambda r: r.shared),
        ),
        "interests_one_at_a_time": (
            "Depth without breadth and breadth without depth; not planned, not used for verdicts",
            of(lambda r: r.alone),
        ),
    }
    for r in results:
        made[f"correlations_{r.family.id}"] = (
            f"{r.family.label}: correlations of the covariates",
            descriptives.correlations(r.main),
        )
        made[f"models_{r.family.id}"] = (
            f"{r.family.label}: Cox models of duration, hazard ratios with 95% intervals",
            tables.model_table(r.family, r.fitted),
        )
    return made


def _thirds(each: curves.SurvivalCurves) -> pd.DataFrame:
    named = each.summary.rename(columns={"group": "third"})
    return named.assign(
        third=named["third"].map(curves.THIRDS),
        family=each.family.id,
        measure=each.measure,
        log_rank_p=each.p_value,
    )


def _halves(each: curves.IncidenceCurves) -> pd.DataFrame:
    table = each.counts.merge(each.at_horizon, on="group")
    return table.assign(
        family=each.family.id,
        sample=each.sample,
        horizon_days=each.horizon,
        gray_p=each.tests.set_index("cause")["p_value"]["transformed"],
    )


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True)


def _family_first(frame: pd.DataFrame) -> pd.DataFrame:
    if "family" not in frame:
        return frame
    return frame[["family", *(c for c in frame.columns if c != "family")]]
