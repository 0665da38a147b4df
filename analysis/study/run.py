"""The main job: every table and figure of the study, from the data alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import pandas as pd

from analysis.study import additions, curves, descriptives, duration_models, samples, tables
from analysis.study.plan import CURVE_MEASURES, FAMILIES, POWER, Family
from analysis.study.results import write_manifest, writable
from analysis.study.verdicts import Answer, answers_table, duration_answers, variant_verdicts
from coalitiondata.errors import MissingExtraError

NEEDED = ("lifelines", "scipy", "formulaic", "comprisk", "matplotlib", "seaborn", "tqdm")
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class FamilyResults:
    """Everything computed for one family."""

    family: Family
    main: samples.Drawn
    fitted: dict[str, duration_models.Fitted]
    comparison: pd.DataFrame
    proportional: pd.DataFrame
    variants: list[samples.Drawn]
    robustness: pd.DataFrame
    variant_estimates: list[pd.DataFrame]
    survival: list[curves.SurvivalCurves]
    incidence: curves.IncidenceCurves
    incidence_closed: curves.IncidenceCurves
    shared: pd.DataFrame
    shape: pd.DataFrame
    answers: list[Answer]


def run(out: Path | str = "results", *, quiet: bool = False) -> Path:
    """Compute and write everything into `out`; returns the folder.

    `quiet` leaves out the progress bar. The same data and libraries give the same bytes.

    Raises:
        TargetExistsError: `out` is a file, or a folder that holds other things.
        MissingExtraError: a library of the analysis is not installed.
        DamagedFileError: a table of the data set is missing or altered.
    """
    _require_libraries()
    folder = writable(Path(out))
    with _Progress(quiet) as step:
        loaded = step("reading the tables", samples.load_tables)
        results = [family_results(family, loaded, step) for family in FAMILIES]
        step("writing tables", lambda: write_tables(results, folder))
        step("drawing figures", lambda: draw_figures(results, folder))
        step("writing the report", lambda: _write_report(results, folder))
        write_manifest(folder)
    return folder


def family_results(
    family: Family,
    loaded: samples.Tables,
    step: Callable[[str, Callable[[], T]], T],
) -> FamilyResults:
    """Samples, models, curves and answers of one family."""
    main = step(f"{family.id}: sample", lambda: samples.draw(family, family.main, loaded))
    fitted = step(f"{family.id}: models", lambda: duration_models.fit_models(main))
    variants, robustness, more = [], [duration_models.robustness_rows(fitted, main)], []
    for sample in family.variants:
        drawn = step(
            f"{family.id}: {sample.id}",
            lambda sample=sample: samples.draw(family, sample, loaded, main.scale),
        )
        models = duration_models.fit_models(drawn, ("M1", "M2", "M3"))
        variants.append(drawn)
        robustness.append(duration_models.robustness_rows(models, drawn))
        more.append(duration_models.estimates(models, drawn))
    ended = samples.outcomes(main)
    closed = ended[samples.window_closed(ended, loaded)]
    incidence = step(
        f"{family.id}: curves", lambda: curves.incidence_curves(ended, family, "main")
    )
    return FamilyResults(
        family=family,
        main=main,
        fitted=fitted,
        comparison=duration_models.comparison(fitted, main),
        proportional=duration_models.proportionality(fitted["M3"], main),
        variants=variants,
        robustness=variant_verdicts(pd.concat(robustness, ignore_index=True)),
        variant_estimates=more,
        survival=[curves.survival_curves(main, measure) for measure in CURVE_MEASURES],
        incidence=incidence,
        incidence_closed=curves.incidence_curves(closed, family, "window_closed"),
        shared=additions.shared_transformations(ended, incidence, loaded),
        shape=duration_models.relative_hazard(fitted["M4"], main),
        answers=[*duration_answers(fitted), curves.incidence_answer(incidence)],
    )


def write_tables(results: list[FamilyResults], folder: Path) -> None:
    """estimates.csv, curves/*.csv and tables/*."""
    estimates = [
        part
        for r in results
        for part in (duration_models.estimates(r.fitted, r.main), *r.variant_estimates)
    ]
    tables.write_csv(pd.concat(estimates, ignore_index=True), folder / "estimates.csv")
    tables.write_csv(
        _stacked([(c.family.id, c.measure, c.curve) for r in results for c in r.survival]),
        folder / "curves" / "survival.csv",
    )
    tables.write_csv(
        _stacked([(r.family.id, "interest_depth", r.incidence.curve) for r in results]),
        folder / "curves" / "incidence.csv",
    )
    for name, (caption, frame) in _tables(results).items():
        tables.write_table(frame, folder / "tables", name, caption)


def draw_figures(results: list[FamilyResults], folder: Path) -> None:
    """figures/*.png and *.pdf."""
    import coalitiondata
    from analysis.study import figures, style

    target = folder / "figures"
    version = coalitiondata.data_version

    def source(*families: Family) -> str:
        return f"Source: coalitiondata {version} ({'; '.join(f.source for f in families)})."

    everything = source(*(r.family for r in results))
    with style.house_style():
        for r in results:
            for each in r.survival:
                drawn = figures.survival(each, source(r.family))
                style.save(drawn, target, f"survival_{r.family.id}_{each.measure}")
        grid = figures.survival_grid([r.survival for r in results], everything)
        style.save(grid, target, "survival")
        forest = figures.forest([(r.family, r.fitted) for r in results], everything)
        style.save(forest, target, "hazard_ratios")
        incidence = figures.incidence([r.incidence for r in results], everything)
        style.save(incidence, target, "transformation")
        shapes = [(r.family, r.shape, r.main.complete[POWER]) for r in results]
        style.save(figures.power_shape(shapes, everything), target, "power_shape")


def _write_report(results: list[FamilyResults], folder: Path) -> None:
    from analysis.study.report import report

    (folder / "report.md").write_text(report(results), encoding="utf-8", newline="\n")


def _tables(results: list[FamilyResults]) -> dict[str, tuple[str, pd.DataFrame]]:
    def each(describe: Callable[[samples.Drawn], pd.DataFrame]) -> pd.DataFrame:
        return pd.concat([describe(r.main) for r in results], ignore_index=True)

    def stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
        return pd.concat(parts, ignore_index=True)

    made = {
        "answers": (
            "Answers by hypothesis and family",
            answers_table({r.family.id: r.answers for r in results}),
        ),
        "sizes": ("Coalitions, events and median duration in days", each(descriptives.sizes)),
        "losses": (
            "From all records to the estimation sample",
            stack([r.main.flow.assign(family=r.family.id) for r in results]),
        ),
        "covariates": ("Covariates when the coalition starts", each(descriptives.covariates)),
        "end_causes": ("How the coalitions ended", each(descriptives.end_causes)),
        "decades": ("Coalitions by decade of start", each(descriptives.decades)),
        "power_and_interests": (
            "Power against interests on the same sample (H3)",
            stack([r.comparison for r in results]),
        ),
        "proportional_hazards": (
            "Test of proportional hazards in M3, with hazard ratios before and after the median event",
            stack([r.proportional.assign(family=r.family.id) for r in results]),
        ),
        "robustness": (
            "Hazard ratios of M3 under other choices, on the scale of the main sample",
            stack([r.robustness for r in results]),
        ),
        "survival_by_thirds": (
            "Median duration in days by thirds of power concentration and of interest depth",
            stack([_thirds(c) for r in results for c in r.survival]),
        ),
        "transformation": (
            "Incidence of transformation by halves of interest depth (H5)",
            stack([_halves(c) for r in results for c in (r.incidence, r.incidence_closed)]),
        ),
        "shared_transformations": (
            "Transformations that several coalitions share; not planned, not used for verdicts",
            stack([r.shared for r in results]),
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
    return {name: (caption, _family_first(frame)) for name, (caption, frame) in made.items()}


def _family_first(frame: pd.DataFrame) -> pd.DataFrame:
    if "family" not in frame:
        return frame
    return frame[["family", *(c for c in frame.columns if c != "family")]]


def _thirds(each: curves.SurvivalCurves) -> pd.DataFrame:
    about = {"family": each.family.id, "measure": each.measure, "log_rank_p": each.p_value}
    named = each.summary.rename(columns={"group": "third"})
    return named.assign(third=named["third"].map(curves.THIRDS), **about)


def _halves(each: curves.IncidenceCurves) -> pd.DataFrame:
    table = each.counts.merge(each.at_horizon, on="group")
    tests = each.tests.set_index("cause")["p_value"]
    return table.assign(
        family=each.family.id,
        sample=each.sample,
        horizon_days=each.horizon,
        gray_p=tests["transformed"],
    )


def _stacked(parts: list[tuple[str, str, pd.DataFrame]]) -> pd.DataFrame:
    return pd.concat(
        [curve.assign(family=f, measure=m) for f, m, curve in parts], ignore_index=True
    )


def _require_libraries() -> None:
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise MissingExtraError(
            f"the analysis needs {', '.join(missing)}: pip install 'coalitiondata[analysis]'"
        )


class _Progress:
    """Runs the job's steps one after another and shows where it is."""

    def __init__(self, quiet: bool) -> None:
        from tqdm import tqdm

        steps = 4 + sum(3 + len(family.variants) for family in FAMILIES)
        self._bar = tqdm(
            total=steps, disable=quiet, file=sys.stderr, unit="step", desc="analysis",
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} {elapsed}{postfix}",
        )

    def __enter__(self) -> Callable[[str, Callable[[], T]], T]:
        return self._step

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def _step(self, name: str, work: Callable[[], T]) -> T:
        self._bar.set_postfix_str(f"  {name}")
        result = work()
        self._bar.update()
        return result
