"""The choices of the multiverse, held against the study's own models."""

from __future__ import annotations

import pandas as pd
import pytest
from multiverse_toys import row_of, same

from analysis.models.cox import cox
from analysis.models.result import wald_test
from analysis.multiverses.choices import (
    CHOICES,
    FAMILIES,
    grid,
    identity,
    main_specification,
)
from analysis.study import organisations, plan, samples
from analysis.study.duration_models import Fitted, fit_model, fit_models
from analysis.study.verdicts import duration_answers
from coalitiondata import survival_frame

pytest_plugins = ["multiverse_runs"]


# --- the choices


@pytest.mark.parametrize("family", FAMILIES)
def test_the_grid_is_every_combination_and_begins_with_the_plan(family: str) -> None:
    specifications = grid(family)
    assert specifications[0] == main_specification(family)
    assert len(set(specifications)) == len(specifications)
    assert len(set(map(identity, specifications))) == len(specifications)
    for name, levels in CHOICES[family].items():
        assert {getattr(each, name) for each in specifications} - {""} == set(levels)


def test_sizes_of_the_grids() -> None:
    # 3 x 2 x 3 x 2 x 2 samples, 2 x 4 x 2 models, 8 x 8 x 2 measures.
    assert len(grid("governing")) == 72 * 16 * 128
    # Founding days do not count where every interval is measured anew: 3 + 1 units.
    assert len(grid("wartime")) == 4 * 2 * 2 * 2 * 7 * 8 * 2
    assert len(grid("ngo")) == 2 * 2 * 2 * 2 * 2 * 4 * 3 * 2


def test_an_identity_in_a_table_stays_what_it_is() -> None:
    assert identity(main_specification("wartime")) == "wartime-bbe066aa8565a15c"


# --- the plan's own specification, and its variants


@pytest.mark.parametrize("family", ["governing", "wartime"])
def test_the_plan_s_specification_is_the_study_s(
    family: str, tables: dict[str, pd.DataFrame]
) -> None:
    of = plan.family(family)
    drawn = samples.draw(of, of.main, tables)
    fitted = fit_models(drawn, ("M0", "M1", "M2", "M3", "M4"))
    answers = {a.hypothesis: a for a in duration_answers(fitted)}
    row = row_of(main_specification(family), tables)
    assert [row[word] for word in ("h1", "h2_depth", "h2_breadth", "h2", "h3")] == [
        answers[name].verdict for name in ("H1", "H2 depth", "H2 breadth", "H2", "H3")
    ]
    _equal(row, fitted["M3"], {"power": plan.POWER, "closeness": plan.DEPTH, "breadth": "breadth"})
    same(row["aic"], fitted["M3"].aic)
    same(row["aic_difference"], answers["H3"].estimate)
    square = row_of(main_specification(family)._replace(form="quadratic"), tables)
    assert square["h1"] == row["h1"]
    joint = wald_test(fitted["M4"].fit, [*plan.POWER_BLOCK, plan.POWER_SQUARED])  # type: ignore[arg-type]
    same(square["p_power"], joint["p_value"])
    same(square["aic"], fitted["M4"].aic)


def test_the_plan_s_specification_of_organisations_is_their_study_s(
    tables: dict[str, pd.DataFrame],
) -> None:
    study = organisations.organisation_results(tables, lambda _: None)
    answers = {a.hypothesis: a for a in study.answers}
    row = row_of(main_specification("ngo"), tables)
    assert [row[word] for word in ("h1", "h2_depth", "h2_breadth", "h2", "h3")] == [
        answers[name].verdict for name in ("H1", "H2 depth", "H2 breadth", "H2", "H3")
    ]
    same(row["power_hazard_ratio"], answers["H1"].estimate)
    same(row["power_p"], answers["H1"].p_value)
    same(row["aic_difference"], answers["H3"].estimate)


@pytest.mark.parametrize(
    ("family", "sample", "changes"),
    [
        ("governing", "all_positions", {"positions": "all"}),
        ("governing", "with_caretakers", {"caretakers": "included"}),
        ("governing", "lineage", {"unit": "lineage"}),
        ("governing", "elections_as_ends", {"scheduled_end": "event"}),
        ("governing", "before_1945", {"start": "any"}),
        ("wartime", "time_varying", {"unit": "intervals", "founding_days": ""}),
        ("wartime", "founding_0", {"founding_days": "0"}),
        ("wartime", "founding_90", {"founding_days": "90"}),
    ],
)
def test_the_plan_s_variants_are_specifications_too(
    family: str, sample: str, changes: dict[str, str], tables: dict[str, pd.DataFrame]
) -> None:
    of = plan.family(family)
    main_scale = samples.draw(of, of.main, tables).scale
    variant = next(each for each in of.variants if each.id == sample)
    drawn = samples.draw(of, variant, tables, main_scale)
    fitted = fit_models(drawn, ("M1", "M2", "M3"))
    row = row_of(main_specification(family)._replace(**changes), tables)
    _equal(row, fitted["M3"], {"power": plan.POWER, "closeness": plan.DEPTH, "breadth": "breadth"})
    same(row["aic_difference"], fitted["M1"].aic - fitted["M2"].aic)


@pytest.mark.parametrize(
    ("sample", "changes"),
    [
        ("all_forms", {"forms": "all"}),
        ("since_1945", {"start": "1945"}),
        ("dated", {"dating": "month"}),
        ("founders", {"entries": "dated only"}),
    ],
)
def test_the_variants_of_organisations_are_specifications_too(
    sample: str, changes: dict[str, str], tables: dict[str, pd.DataFrame]
) -> None:
    study = organisations.ORGANISATIONS
    main_scale = organisations.draw(study.main, tables).scale
    variant = next(each for each in study.variants if each.id == sample)
    drawn = organisations.draw(variant, tables, main_scale)
    fitted = fit_model(organisations.MODELS[3], drawn)
    row = row_of(main_specification("ngo")._replace(**changes), tables)
    assert (row["n"], row["events"], row["clusters"]) == (fitted.n, fitted.events, fitted.clusters)
    ratio = fitted.hazard_ratio(organisations.HOST)
    assert ratio is not None
    same([row[f"power_{k}"] for k in ("hazard_ratio", "low", "high", "p")], ratio)


def test_models_with_members_and_by_country_are_the_plan_s(
    tables: dict[str, pd.DataFrame],
) -> None:
    of = plan.GOVERNING
    fitted = fit_models(samples.draw(of, of.main, tables), ("M5", "M6"))
    for model, changes in (
        ("M5", {"controls": "majority + n_members"}),
        ("M6", {"strata": "country"}),
    ):
        row = row_of(main_specification("governing")._replace(**changes), tables)
        _equal(row, fitted[model], {"power": plan.POWER})


def _equal(row: dict[str, object], fitted: Fitted, measures: dict[str, str]) -> None:
    assert (row["n"], row["events"], row["clusters"]) == (fitted.n, fitted.events, fitted.clusters)
    for part, measure in measures.items():
        ratio = fitted.hazard_ratio(plan.z({"breadth": plan.BREADTH}.get(measure, measure)))
        assert ratio is not None
        same([row[f"{part}_{k}"] for k in ("hazard_ratio", "low", "high", "p")], ratio)


def test_measures_are_turned_one_way_and_scaled_by_the_main_sample(
    tables: dict[str, pd.DataFrame],
) -> None:
    """The range of cabinets and their effective number, from the frame itself."""
    raw = survival_frame(family="governing", primary=None, tables=tables)
    raw = raw[(raw["subtype"] == "cabinet") & (raw["start"] >= "1945-01-01")]
    needed = list(plan.GOVERNING.measured())
    main_rows = raw.dropna(subset=needed)
    measures = ["power_effective_number", "interest_range"]
    used = raw.dropna(subset=measures)
    standard = (used[measures] - main_rows[measures].mean()) / main_rows[measures].std()
    fit = cox(
        standard.assign(
            duration=used["duration"], event=used["event"], arena=used["arena"].astype("object")
        ),
        " + ".join(measures),
        cluster="arena",
    )
    row = row_of(
        main_specification("governing")._replace(
            sample="all", controls="none", interests="range", power="power_effective_number"
        ),
        tables,
    )
    assert row["n"] == fit.n == len(used) > len(main_rows)
    same([row["power_coefficient"], row["closeness_coefficient"]], -fit.coefficients)
    same([row["power_error"], row["closeness_error"]], fit.table["std_error"])
    same(row["p_power"], fit.table["p_value"].iloc[0])
