"""Everything that the study computes beside the duration models, one table by the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.study import (
    blocks,
    checks,
    convergences,
    endings,
    group_times,
    lifespans,
    members,
    sensitivity,
    shapes,
    states,
)
from analysis.study.samples import Tables
from analysis.study.settings import all_settings

CAPTIONS: Mapping[str, str] = {
    "endings_counts": "How coalitions end: kinds of ending and the causes behind them",
    "endings_incidence": "Cumulative incidence of each ending: all, halves of depth and of power",
    "endings_gray": "Gray's tests that halves of depth and of power end alike",
    "endings_effects": "Cause-specific and Fine-Gray hazard ratios of each ending",
    "endings_differences": "Tests that a covariate acts alike on all endings",
    "shapes_distributions": "Accelerated failure time models compared by AIC",
    "shapes_time_ratios": "Time ratios of the accelerated failure time models",
    "shapes_power_form": "Power as a spline against a line",
    "shapes_power_curve": "Hazard over power concentration, from the spline",
    "shapes_product": "Power and depth multiplied",
    "group_times_means": "Restricted mean duration by thirds of depth and power",
    "group_times_tests": "Weighted log-rank tests by thirds of depth and power",
    "checks_sizes": "Events per coefficient, conditioning and thin covariates of every model",
    "checks_proportionality": "Proportional hazards in every model",
    "checks_linearity": "Linear against spline, by covariate and model",
    "checks_influence": "Coalitions with most influence on the main model",
    "checks_without_clusters": "The main model without each cluster",
    "sensitivity_effects": "The main model with shared frailty and with Firth's penalty",
    "sensitivity_frailty": "Variance of shared frailty in the main model",
    "sensitivity_imputation": "Complete cases against multiple imputation of interests",
    "states_transitions": "Transitions between together, ended and transformed",
    "states_occupation": "Probability of being together, ended or transformed",
    "states_expected": "Expected years together, ended and transformed in the first ten",
    "blocks_models": "Power and interests on one sample: fit and accuracy, also cross-validated",
    "blocks_tests": "What power and interests add to the controls and to each other",
    "blocks_differences": "Differences in fit and accuracy, with bootstrap intervals",
    "convergences_events": "Partners against matched pairs, by year since they first were together",
    "convergences_phases": "Partners against matched pairs, during and after, with placebo",
    "members_effects": "Members: who leaves, who has influence, who joins and leads",
    "members_leading": "Does the strongest member lead? Exact tests",
    "members_samples": "Samples of the study of members",
    "lifespans_sizes": "Coalitions of states and alliances: number, ends and median days",
    "lifespans_effects": "Hazard ratio of coalitions of states against alliances, by sample",
}
STEPS = 5
# Tables beside those that survival frames need.
ALSO = (*members.ALSO, "matches")


@dataclass(frozen=True, eq=False)
class Further:
    """Tables by name, and the parts that answer hypotheses."""

    tables: dict[str, pd.DataFrame]
    members: members.MemberStudy
    convergences: convergences.Convergences
    lifespans: lifespans.Lifespans


def further(tables: Tables, tell: Callable[[str], None]) -> Further:
    """Compute all of it; `tell` hears the name of each step as it begins.

    `tables` holds those of `samples.load_tables(*ALSO)`.
    """
    settings = all_settings(tables)
    tell("endings and shapes")
    found = {
        "endings": endings.endings(tables, settings),
        "shapes": shapes.shapes(tables, settings),
        "group_times": group_times.group_times(tables, settings),
        "states": states.states(tables),
    }
    tell("checks")
    found["checks"] = checks.checks(tables, settings)
    found["sensitivity"] = sensitivity.sensitivity(tables, settings)
    tell("power against interests")
    found["blocks"] = blocks.blocks(tables, settings)
    tell("members")
    study = members.member_study(tables)
    tell("partners and alliances")
    partners, lives = convergences.convergences(tables), lifespans.lifespans(tables)
    named = {
        f"{part}_{name}": frame
        for part, each in {
            **found,
            "members": study,
            "convergences": partners,
            "lifespans": lives,
        }.items()
        for name, frame in _frames(each).items()
    }
    return Further(
        tables={name: named[name] for name in CAPTIONS if name in named},
        members=study,
        convergences=partners,
        lifespans=lives,
    )


def further_tables(parts: Further) -> dict[str, tuple[str, pd.DataFrame]]:
    """Caption and frame of every table, by name."""
    return {name: (CAPTIONS[name], frame) for name, frame in parts.tables.items()}


def _frames(part: Any) -> dict[str, pd.DataFrame]:
    return {name: value for name, value in vars(part).items() if isinstance(value, pd.DataFrame)}
