"""Checks and sensitivity: planted faults are found, numbers are those of models fitted anew."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shipped
import study_toys

from analysis.models.cox import cox
from analysis.study import sensitivity as module
from analysis.study.checks import Checks, checks, influence, without_clusters
from analysis.study.duration_models import fit_models
from analysis.study.plan import BREADTH, DEPTH, POWER, z
from analysis.study.samples import Tables, load_tables
from analysis.study.sensitivity import Sensitivity, imputed, penalised, sensitivity, shared_frailty
from analysis.study.settings import Setting, all_settings

# --- planted


def test_a_planted_coalition_is_named() -> None:
    frame = study_toys.rows(120, effects={POWER: 1.0})
    frame.loc[5, [POWER, "duration", "event", "name"]] = [4.0, 20_000.0, 1, "The odd one"]
    setting = study_toys.setting(frame)
    found = influence(setting)
    row = found[(found["term"] == z(POWER)) & (found["rank"] == 1)].iloc[0]
    assert row["name"] == "The odd one"
    assert row["dfbetas"] < -1
    rest = setting.drawn.complete.drop(index=5)
    again = cox(rest, setting.formula, cluster="arena").table.set_index("term")
    assert row["without"] == pytest.approx(again.loc[z(POWER), "hazard_ratio"])
    assert row["without"] > row["hazard_ratio"]


def test_a_planted_cluster_is_named() -> None:
    frame = study_toys.rows(200, effects={DEPTH: 1.0}, clusters=10)
    odd = frame["arena"] == "war-3"
    frame.loc[odd, DEPTH] *= -1
    found = without_clusters(study_toys.setting(frame)).set_index("term")
    assert found.loc[z(DEPTH), "highest_without"] == "war-3"
    assert found.loc[z(DEPTH), "decided"] == found.loc[z(DEPTH), "clusters"] == 10
    assert found.loc[z(DEPTH), "lowest"] < found.loc[z(DEPTH), "hazard_ratio"]


def test_hazards_that_cross_and_bend_fail_their_tests() -> None:
    frame = study_toys.rows(400, censoring=1e6)
    deep = frame[DEPTH] > 0
    rng = np.random.default_rng(3)
    # Deep coalitions end at a steady rate, others at first seldom, then all at once.
    days = np.where(deep, rng.exponential(400, 400), 400 * rng.weibull(5, 400))
    frame = frame.assign(duration=np.ceil(days) + 1, event=1)
    found = checks({}, [study_toys.setting(frame)])
    tested = found.proportionality.set_index(["model", "term"])
    assert tested.loc[("M3", z(DEPTH)), "p_value"] < 1e-4
    assert tested.loc[("M3", z(POWER)), "p_value"] > 0.01
    bend = study_toys.rows(400, censoring=1e6)
    risk = np.exp(0.6 * bend[BREADTH] ** 2)
    bend = bend.assign(duration=np.ceil(rng.exponential(400 / risk)) + 1, event=1)
    tests = checks({}, [study_toys.setting(bend)]).linearity.set_index(["model", "term"])
    assert tests.loc[("M3", z(BREADTH)), "p_value"] < 1e-4
    assert tests.loc[("M3", z(POWER)), "p_value"] > 0.01


@pytest.mark.parametrize(("variance", "told"), [(1.0, True), (0.0, False)])
def test_frailty_is_found_where_there_is_one(variance: float, told: bool) -> None:
    frame = study_toys.rows(400, seed=12, frailty=variance)
    effects, theta = shared_frailty(study_toys.setting(frame))
    row = theta.iloc[0]
    assert (row["p_value"] < 0.001) == told
    assert (row["low"] > 0) == told
    if told:
        assert row["low"] < variance < row["high"]
        deep = effects.set_index("term").loc[z(DEPTH)]
        assert deep["low"] < np.exp(0.6) < deep["high"]


def test_firth_is_for_few_events_only() -> None:
    frame = study_toys.rows(200, censoring=1e6)
    many = study_toys.setting(frame)
    assert penalised(many, {}) == []
    few = study_toys.setting(frame.assign(cause=["victory"] * 20 + ["defeat"] * 180))
    found = penalised(few, {})
    assert [part["ending"].iloc[0] for part in found] == ["goal achieved"]
    assert (found[0]["events"] == 20).all()
    assert (found[0]["low"] < found[0]["hazard_ratio"]).all()


def test_imputation_mends_what_complete_cases_lose() -> None:
    frame = study_toys.rows(600, seed=9, effects={POWER: 0.0, DEPTH: 0.5})
    # Depth is missing more often where power is high and the coalition ended.
    rng = np.random.default_rng(9)
    gap = rng.random(600) < 0.1 + 0.6 * ((frame[POWER] > 0) & (frame["event"] == 1))
    setting = study_toys.setting(frame.assign(**{DEPTH: frame[DEPTH].mask(gap)}))
    found = imputed(setting, 5).set_index(["variant", "term"])
    full = cox(study_toys.setting(frame).drawn.complete, setting.formula).coefficients
    biased = np.log(found.loc[("complete cases", z(POWER)), "hazard_ratio"])
    mended = np.log(found.loc[("imputed", z(POWER)), "hazard_ratio"])
    assert abs(biased - full[z(POWER)]) > 0.1
    assert abs(mended - full[z(POWER)]) < 0.05
    assert found.loc[("imputed", z(DEPTH)), "n"] == 600
    assert found.loc[("imputed", z(DEPTH)), "filled"] == gap.sum()
    deep = found.xs(z(DEPTH), level="term")["hazard_ratio"]
    shifted = deep[["imputed, half an sd lower", "imputed, half an sd higher"]]
    assert (np.abs(shifted - deep["imputed"]) > 0.01).all()
    fmi = found.loc["imputed", "fmi"]
    assert fmi[z(DEPTH)] > fmi[z(POWER)]
    variants = list(found.index.get_level_values("variant").unique())
    assert variants == [
        "complete cases",
        "imputed",
        "imputed, half an sd lower",
        "imputed, half an sd higher",
        "imputed, normal",
    ]


# --- the shipped data


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables()


@pytest.fixture(scope="module")
def settings(tables: Tables) -> dict[str, Setting]:
    return {setting.id: setting for setting in all_settings(tables)}


@pytest.fixture(scope="module")
def checked(settings: dict[str, Setting]) -> Checks:
    return checks({}, list(settings.values()))


@pytest.fixture(scope="module")
def varied(tables: Tables, settings: dict[str, Setting]) -> Sensitivity:
    return sensitivity(tables, list(settings.values()), imputations=3)


@shipped.needed
def test_every_model_with_covariates_is_checked(checked: Checks) -> None:
    models = checked.sizes.groupby("family")["model"].apply(list)
    assert models["governing"] == [f"M{k}" for k in range(7)]
    assert models["wartime"] == [f"M{k}" for k in range(1, 6)]
    assert models["ngo"] == [f"N{k}" for k in range(4)]
    pairs = checked.proportionality[["family", "model"]].drop_duplicates()
    assert len(pairs) == len(checked.sizes)
    assert (checked.sizes["note"] == "").all()
    ratio = checked.sizes["events"] / checked.sizes["coefficients"]
    np.testing.assert_allclose(checked.sizes["events_per_coefficient"], ratio)


@shipped.needed
def test_models_are_those_that_the_study_reports(
    checked: Checks, settings: dict[str, Setting]
) -> None:
    for family in ("governing", "wartime"):
        reported = fit_models(settings[family].drawn)
        mine = checked.sizes[checked.sizes["family"] == family].set_index("model")
        for model in mine.index:
            assert mine.loc[model, "events"] == reported[model].events
            assert mine.loc[model, "coefficients"] == reported[model].parameters


@shipped.needed
def test_named_coalitions_exist_and_move_as_said(
    checked: Checks, settings: dict[str, Setting], tables: Tables
) -> None:
    names = tables["coalitions"].set_index("coalition_id")["name"]
    found = checked.influence
    assert (names.loc[found["unit_id"]].to_numpy() == found["name"]).all()
    assert (
        found.groupby(["family", "term"])["rank"].apply(list).map(lambda r: r == [1, 2, 3])
    ).all()
    moved = np.log(found["hazard_ratio"]) - np.log(found["without"])
    assert (np.sign(moved) == np.sign(found["dfbetas"])).mean() > 0.9
    first = found[(found["family"] == "wartime") & (found["term"] == z(POWER))].iloc[0]
    rows = settings["wartime"].drawn.complete
    again = cox(rows[rows["unit_id"] != first["unit_id"]], settings["wartime"].formula)
    assert np.exp(again.coefficients[z(POWER)]) == pytest.approx(first["without"])


@shipped.needed
def test_leaving_a_cluster_out_spans_the_main_estimate(checked: Checks) -> None:
    found = checked.without_clusters
    assert (found["lowest"] <= found["hazard_ratio"]).all()
    assert (found["hazard_ratio"] <= found["highest"]).all()
    assert (found["decided"] <= found["clusters"]).all()


@shipped.needed
def test_sensitivity_keeps_to_the_plan(varied: Sensitivity, settings: dict[str, Setting]) -> None:
    firth = varied.effects[varied.effects["model"] == "firth"]
    for (family, _), part in firth.groupby(["family", "ending"]):
        assert part["events"].iloc[0] < 10 * len(settings[str(family)].terms)
        assert part["hazard_ratio"].notna().all()
    assert "all" not in set(firth["ending"])
    assert list(varied.frailty["groups"]) == [33, 36, 26]
    weak = varied.frailty.set_index("family")["note"]
    assert "without a second event" in weak["wartime"]


@shipped.needed
def test_only_depth_and_breadth_are_imputed(
    varied: Sensitivity, settings: dict[str, Setting]
) -> None:
    found = varied.imputation
    governing = settings["governing"].drawn
    known = governing.frame[[POWER, "majority"]].notna().all(axis=1)
    rows = found[(found["family"] == "governing") & (found["variant"] == "imputed")]
    assert (rows["n"] == known.sum()).all()
    assert (rows["filled"] == governing.frame.loc[known, DEPTH].isna().sum()).all()
    war = found[found["family"] == "wartime"]
    assert set(war["variant"]) == {"complete cases"}
    assert war["note"].str.startswith("nothing to impute").all()
    main = settings["governing"].fitted().fit
    assert main is not None
    complete = found[(found["family"] == "governing") & (found["variant"] == "complete cases")]
    np.testing.assert_allclose(complete["hazard_ratio"], main.table["hazard_ratio"])


@shipped.needed
def test_imputation_leaves_samples_as_they_were(settings: dict[str, Setting]) -> None:
    setting = settings["governing"]
    before = pd.util.hash_pandas_object(setting.drawn.frame[[DEPTH, BREADTH]]).sum()
    first, second = (module.imputed(setting, 2) for _ in range(2))
    assert pd.util.hash_pandas_object(setting.drawn.frame[[DEPTH, BREADTH]]).sum() == before
    pd.testing.assert_frame_equal(first, second)  # the seed decides
