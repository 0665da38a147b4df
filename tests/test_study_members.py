"""The study of members: rules from effects to verdicts, samples, and a run on the shipped data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shipped

from analysis.study import member_rules as rules
from analysis.study.member_samples import (
    Flow,
    parties_in_parliament,
    standardised,
    states_of_the_system,
)
from analysis.study.members import ALSO, MemberStudy, member_study, whole
from analysis.study.samples import load_tables


def row(low: float, high: float, low_model: float, high_model: float, **more: object) -> pd.Series:
    bounds = {"low": low, "high": high, "low_model": low_model, "high_model": high_model}
    return pd.Series({**bounds, "effect": "odds ratio", "events": 50, **more})


# --- rules


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (row(0.4, 0.9, 0.3, 0.8), "supported"),
        (row(0.4, 0.9, 0.3, 1.1), "undecided"),  # the model-based interval holds 1
        (row(0.4, 1.1, 0.3, 0.8), "undecided"),
        (row(1.1, 2.0, 1.2, 3.0), "contrary"),
        (row(0.4, 0.9, 0.3, 0.8, events=9), "undecided"),
        (row(np.nan, np.nan, np.nan, np.nan), "undecided"),
    ],
)
def test_expected_below(found: pd.Series, verdict: str) -> None:
    assert rules.expects("below", found) == verdict
    turned = {"supported": "contrary", "contrary": "supported", "undecided": "undecided"}
    assert rules.expects("above", found) == turned[verdict]


def test_power_decides_in_either_direction_or_is_negligible() -> None:
    assert rules.decides(row(0.4, 0.9, 0.3, 0.8)) == "supported"
    assert rules.decides(row(1.4, 1.9, 1.3, 1.8)) == "supported"
    assert rules.decides(row(0.95, 1.08, 0.96, 1.07)) == "contrary"
    assert rules.decides(row(0.95, 1.12, 0.96, 1.07)) == "undecided"


def test_reproduces() -> None:
    slope = {"effect": "slope"}
    assert rules.reproduces(row(0.2, 0.9, 0.1, 0.8, **slope)) == "supported"
    assert rules.reproduces(row(-0.9, -0.2, -0.8, -0.1, **slope)) == "contrary"
    assert rules.reproduces(row(-0.09, 0.08, -0.3, 0.3, **slope)) == "contrary"
    assert rules.reproduces(row(-0.2, 0.9, 0.1, 0.8, **slope)) == "undecided"
    assert rules.reproduces(row(1.2, 9.0, 1.1, 8.0)) == "supported"


def test_leading_and_wholes() -> None:
    test = pd.Series({"observed": 8, "expected": 3.0, "p_value": 0.01})
    assert rules.leads_more_often(test) == "supported"
    assert rules.leads_more_often(test.replace(8, 1)) == "contrary"
    assert rules.leads_more_often(test.replace(0.01, 0.2)) == "undecided"
    assert whole(["supported", "supported"]) == "supported"
    assert whole(["supported", "undecided"]) == "undecided"
    assert whole(["supported", "contrary"]) == "undecided"
    assert whole(["contrary", "undecided"]) == "contrary"


# --- samples


def test_steps_are_counted_and_scales_are_listed() -> None:
    frame = pd.DataFrame({"coalition_id": ["a", "a", "b"], "x": [1.0, 3.0, 5.0]})
    flow = Flow("H6", "wartime", unit="stays")
    flow.step("all", frame)
    some = flow.step("a only", frame[frame["coalition_id"] == "a"])
    scaled, scale = standardised(some, ["x"])
    assert scaled["x_z"].to_list() == pytest.approx([-(0.5**0.5), 0.5**0.5])
    again, _ = standardised(frame, ["x"], scale)
    assert again["x_z"].iloc[2] == pytest.approx((5 - 2) / 2**0.5)
    table = flow.table(scale)
    assert table["rows"].to_list()[:2] == [3, 2]
    assert table["coalitions"].to_list()[:2] == [2, 1]
    assert table.iloc[2][["step", "mean"]].to_list() == ["scale of x", 2.0]


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return load_tables(*ALSO)


@shipped.needed
def test_who_could_have_joined(tables: dict[str, pd.DataFrame]) -> None:
    parties = parties_in_parliament(tables)
    assert parties["seat_share"].dropna().between(0, 1).all()
    assert parties.groupby("coalition_id")["seat_share"].sum().max() <= 1 + 1e-9
    assert parties["leader_distance"].dropna().between(0, 1).all()
    # Parties without seats are listed only if they joined: the study must leave them out.
    assert parties.loc[parties["seats"] == 0, "joined"].all()
    states = states_of_the_system(tables)
    assert states["coalition_id"].nunique() == 44
    assert states["leader_distance"].dropna().between(0, 1).all()
    # Measured for those that joined and those that did not alike.
    measured = states[states["leader"].notna()].groupby("joined")["leader_distance"].count()
    assert measured.loc[False] > 2500


# --- the run


@pytest.fixture(scope="module")
def study(tables: dict[str, pd.DataFrame]) -> MemberStudy:
    return member_study(tables)


@shipped.needed
def test_every_planned_model_is_reported(study: MemberStudy) -> None:
    effects = study.effects
    assert list(effects.columns) == rules.EFFECTS
    variants = effects.groupby(["hypothesis", "family"])["variant"].agg(set)
    within = {"main", "unadjusted", "across", "without_leader"}
    assert variants["H6", "governing"] == within
    assert variants["H6", "wartime"] == within | {"expeditions", "wars", "within"}
    assert variants["H7 troops", "wartime"] == {
        "main", "pooled", "logarithms", "without_strongest", "all_known",
    }  # fmt: skip
    joining = {"main", "unadjusted", "power_only", "leader_in"}
    others = {"all_positions", "with_caretakers", "before_1945"}
    assert variants["H9 joining", "governing"] == joining | others
    assert variants["H9 joining", "wartime"] == joining | {"pact", "small_sides"}
    assert variants["H9 leading", "governing"] == {"main"}
    fitted = effects[effects["note"] == ""]
    assert (fitted["low"] <= fitted["estimate"]).all()
    assert (fitted["estimate"] <= fitted["high"]).all()
    assert fitted["estimate"].notna().all()


@shipped.needed
def test_answers_follow_from_the_effects(study: MemberStudy) -> None:
    answers = study.answers.set_index(["family", "hypothesis"])
    assert set(answers.index) == {
        *(("governing", h) for h in ("H6", "H6 weak", "H7", "H7 leading")),
        *(("governing", h) for h in ("H9", "H9 joining", "H9 leading")),
        *(("wartime", h) for h in ("H6", "H6 weak", "H6 rewarded", "H7", "H7 troops")),
        *(("wartime", h) for h in ("H7 leading", "H9", "H9 joining", "H9 leading")),
    }
    assert answers["verdict"].isin(["supported", "contrary", "undecided"]).all()
    main = study.effects[study.effects["variant"] == "main"]
    joined = main[(main["family"] == "wartime") & (main["term"] == "log_cinc_z")].iloc[0]
    answer = answers.loc[("wartime", "H9 joining")]
    assert answer["estimate"] == joined["estimate"]
    assert answer["verdict"] == rules.decides(joined)
    parts = answers.loc["wartime"].filter(like="H6 ", axis=0)["verdict"]
    assert answers.loc[("wartime", "H6"), "verdict"] == whole(list(parts))
    assert "without_leader" in answers.loc[("governing", "H6 weak"), "detail"]


@shipped.needed
def test_samples_shrink_from_step_to_step(study: MemberStudy) -> None:
    samples = study.samples
    steps = samples[samples["rows"].notna() & ~samples["step"].str.startswith("of th")]
    for _, each in steps.groupby(["hypothesis", "family"]):
        assert each["rows"].is_monotonic_decreasing
        assert each["rows"].min() > 0
