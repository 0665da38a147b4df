"""Everything that the study computes for one family of coalitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.study import additions, curves, duration_models, samples
from analysis.study.plan import CURVE_MEASURES, Family
from analysis.study.verdicts import Answer, duration_answers, variant_verdicts


@dataclass(frozen=True, eq=False)
class FamilyResults:
    """Samples, fits, curves and answers of one family.

    Attributes:
        main: the main sample.
        fitted: the models M0 to M6 on it, by id.
        comparison: power against interests (H3).
        proportional: test of proportional hazards in M3.
        robustness: M3 on the main and the other samples, with what the rules would say.
        variant_estimates: estimates of the models on the other samples.
        survival: Kaplan-Meier curves, one set per measure.
        incidence: cumulative incidence of transformation; `incidence_closed` only where the window
            for transformations is closed.
        shape: relative hazard over power concentration, from M4.
        shared, alone: additions that were not planned (see `additions`).
        answers: one per hypothesis.
    """

    family: Family
    main: samples.Drawn
    fitted: dict[str, duration_models.Fitted]
    comparison: pd.DataFrame
    proportional: pd.DataFrame
    robustness: pd.DataFrame
    variant_estimates: list[pd.DataFrame]
    survival: list[curves.SurvivalCurves]
    incidence: curves.IncidenceCurves
    incidence_closed: curves.IncidenceCurves
    shape: pd.DataFrame
    shared: pd.DataFrame
    alone: pd.DataFrame
    answers: list[Answer]


def family_steps(family: Family) -> int:
    """How often `family_results` calls `tell`."""
    return 3 + len(family.variants)


def family_results(
    family: Family, tables: samples.Tables, tell: Callable[[str], None]
) -> FamilyResults:
    """Compute the family's part of the study; `tell` hears the name of each step as it begins."""
    tell(f"{family.id}: models")
    main = samples.draw(family, family.main, tables)
    fitted = duration_models.fit_models(main)
    robustness, estimates = [duration_models.robustness_rows(fitted, main)], []
    for sample in family.variants:
        tell(f"{family.id}: {sample.id}")
        drawn = samples.draw(family, sample, tables, main.scale)
        models = duration_models.fit_models(drawn, ("M1", "M2", "M3"))
        robustness.append(duration_models.robustness_rows(models, drawn))
        estimates.append(duration_models.estimates(models, drawn))
    tell(f"{family.id}: curves")
    ended = samples.outcomes(main)
    closed = ended[samples.window_closed(ended, tables)]
    incidence = curves.incidence_curves(ended, family, "main")
    survival = [curves.survival_curves(main, measure) for measure in CURVE_MEASURES]
    tell(f"{family.id}: checks")
    return FamilyResults(
        family=family,
        main=main,
        fitted=fitted,
        comparison=duration_models.comparison(fitted, main),
        proportional=duration_models.proportionality(fitted["M3"], main),
        robustness=variant_verdicts(pd.concat(robustness, ignore_index=True)),
        variant_estimates=estimates,
        survival=survival,
        incidence=incidence,
        incidence_closed=curves.incidence_curves(closed, family, "window_closed"),
        shape=duration_models.relative_hazard(fitted["M4"], main),
        shared=additions.shared_transformations(ended, incidence),
        alone=additions.one_interest_at_a_time(main),
        answers=[*duration_answers(fitted), curves.incidence_answer(incidence)],
    )
