"""The rules by which the study answers its hypotheses, and the plan they stand in."""

from __future__ import annotations

import pytest
from raw_files import ROOT

from analysis.study import plan, verdicts
from coalitiondata.errors import UnknownNameError

# --- verdicts


@pytest.mark.parametrize(
    ("p_linear", "p_quadratic", "low", "high", "expected"),
    [
        (0.02, 0.5, 1.05, 1.6, "supported"),
        (0.5, 0.02, 0.8, 1.3, "supported"),
        (0.03, 0.5, 1.01, 1.6, "undecided"),  # doubled, it misses the level
        (0.6, 0.6, 0.95, 1.08, "contrary"),
        (0.6, 0.6, 0.85, 1.08, "undecided"),
        (0.6, 0.6, 0.95, 1.12, "undecided"),
        (float("nan"), 0.01, float("nan"), float("nan"), "supported"),
        (float("nan"), float("nan"), float("nan"), float("nan"), "undecided"),
    ],
)
def test_h1(p_linear: float, p_quadratic: float, low: float, high: float, expected: str) -> None:
    assert verdicts.power_matters(p_linear, p_quadratic, low, high) == expected


def test_h2() -> None:
    assert verdicts.lasts_longer(0.5, 0.99) == "supported"
    assert verdicts.lasts_longer(1.01, 2.0) == "contrary"
    assert verdicts.lasts_longer(0.9, 1.0) == "undecided"
    assert verdicts.lasts_longer(float("nan"), float("nan")) == "undecided"
    assert verdicts.both("supported", "supported") == "supported"
    assert verdicts.both("supported", "undecided") == "undecided"
    assert verdicts.both("supported", "contrary") == "undecided"
    assert verdicts.both("contrary", "undecided") == "contrary"
    assert verdicts.both("undecided", "undecided") == "undecided"


def test_h3() -> None:
    assert verdicts.interests_count(102.1, 100.0) == "supported"
    assert verdicts.interests_count(102.0, 100.0) == "undecided"
    assert verdicts.interests_count(100.0, 102.1) == "contrary"
    assert verdicts.interests_count(float("nan"), 100.0) == "undecided"


def test_h5() -> None:
    assert verdicts.deeper_transform(0.04, 0.1) == "supported"
    assert verdicts.deeper_transform(0.04, -0.1) == "contrary"
    assert verdicts.deeper_transform(0.05, 0.1) == "undecided"
    assert verdicts.deeper_transform(float("nan"), 0.1) == "undecided"


# --- plan


def test_the_plan_in_words_names_what_the_plan_as_data_holds() -> None:
    words = (ROOT / "docs" / "analysis-plan.md").read_text(encoding="utf-8")
    for model in plan.MODELS:
        assert f"| {model.id} |" in words
    for family in plan.FAMILIES:
        for variant in family.variants:
            assert f"| {family.id} | `{variant.id}` |" in words
    assert f"{plan.NEGLIGIBLE_FROM:.2f} to {1 / plan.NEGLIGIBLE_FROM:.2f}" in words
    assert f"lower by more than {plan.AIC_MARGIN:g}" in words
    assert f"p < {plan.LEVEL:.2f}".replace("0.", ".") in words


def test_unknown_family() -> None:
    with pytest.raises(UnknownNameError, match=r"no family 'ngo'; it covers governing, wartime"):
        plan.family("ngo")
