"""The choices that the duration study could have made otherwise; the plan's own come first.

All combinations of the levels of a family form its grid (Steegen et al. 2016). Families are
crossed each by itself, because their measures are not comparable. What is left out on purpose:

- founding days for cabinets and organisations: no party joins a cabinet later, and few entries of
  organisations are dated, so that the frames are the same;
- intervals for organisations: only dated entries would change, and those are a selection;
- squares of decision rights: these are all or nothing, so that a square repeats the measure.

Source: Steegen, Tuerlinckx, Gelman and Vanpaemel (2016), Perspectives on Psychological Science
11: 702-712.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from coalitiondata.errors import UnknownNameError

NOT_APPLICABLE = ""
ANY_START = "any"
SINCE_1945 = "1945"


class Specification(NamedTuple):
    """One combination of choices; "" where a family has no such choice.

    The order of the fields is the order of the grid: those that change who is in the sample come
    first, so that neighbours share their rows.
    """

    family: str
    unit: str
    founding_days: str
    positions: str
    scheduled_end: str
    entries: str
    start: str
    caretakers: str
    forms: str
    dating: str
    sample: str
    controls: str
    strata: str
    interests: str
    power: str
    form: str


Choices = Mapping[str, tuple[str, ...]]

_CONCENTRATION = (
    "power_hhi",
    "power_normalized_hhi",
    "power_effective_number",
    "power_top_share",
    "power_leader_margin",
    "power_gini",
    "power_entropy",
    "power_con",
)
_OVERLAP = ("depth + breadth", "depth", "breadth")
_SAMPLE = ("complete", "all")
_FORM = ("linear", "quadratic")

CHOICES: Mapping[str, Choices] = MappingProxyType(
    {
        "governing": {
            "unit": ("coalition", "lineage", "intervals"),
            "positions": ("expert", "all"),
            "scheduled_end": ("censor", "event", "final_year"),
            "start": (SINCE_1945, ANY_START),
            "caretakers": ("excluded", "included"),
            "sample": _SAMPLE,
            "controls": ("majority", "none", "n_members", "majority + n_members"),
            "strata": ("none", "country"),
            "interests": (
                *_OVERLAP,
                "range",
                "similarity_left_right",
                "similarity_state_market",
                "similarity_liberty_authority",
                "similarity_eu",
            ),
            "power": _CONCENTRATION,
            "form": _FORM,
        },
        "wartime": {
            "unit": ("coalition", "intervals"),
            "founding_days": ("30", "0", "90"),
            "start": (ANY_START, SINCE_1945),
            "sample": _SAMPLE,
            "controls": ("none", "n_members"),
            "interests": (
                *_OVERLAP,
                "similarity_s_alliance",
                "similarity_un_agreement",
                "similarity_igo_jaccard",
                "similarity_regime_similarity",
            ),
            "power": _CONCENTRATION,
            "form": _FORM,
        },
        "ngo": {
            "entries": ("undated from start", "dated only"),
            "start": (ANY_START, SINCE_1945),
            "forms": ("coalitions", "all"),
            "dating": ("any", "month"),
            "sample": _SAMPLE,
            "controls": ("transnational", "none", "log_n_members", "transnational + log_n_members"),
            "interests": _OVERLAP,
            "power": ("single_host", "power_normalized_hhi"),
            "form": ("linear",),
        },
    }
)
FAMILIES = tuple(CHOICES)

DIMENSIONS = MappingProxyType(
    {
        "unit": "Unit",
        "founding_days": "Founders: in within",
        "positions": "Party positions",
        "scheduled_end": "Scheduled end",
        "entries": "Members",
        "start": "Start",
        "caretakers": "Caretakers",
        "forms": "Forms",
        "dating": "Dates",
        "sample": "Cases",
        "controls": "Controls",
        "strata": "Baseline hazards",
        "interests": "Interests",
        "power": "Power",
        "form": "Form of power",
    }
)
_LEVELS = MappingProxyType(
    {
        ("founding_days", "0"): "0 days",
        ("founding_days", "30"): "30 days",
        ("founding_days", "90"): "90 days",
        ("positions", "expert"): "expert surveys",
        ("positions", "all"): "also by party family",
        ("scheduled_end", "censor"): "elections censor",
        ("scheduled_end", "event"): "elections are ends",
        ("scheduled_end", "final_year"): "final year censors",
        ("entries", "undated from start"): "undated from the start",
        ("entries", "dated only"): "dated entry only",
        ("start", SINCE_1945): "since 1945",
        ("start", ANY_START): "any year",
        ("forms", "coalitions"): "coalitions",
        ("forms", "all"): "alliances, networks too",
        ("dating", "any"): "any precision",
        ("dating", "month"): "to the month",
        ("sample", "complete"): "complete for all models",
        ("sample", "all"): "complete for this one",
        ("strata", "none"): "one for all",
        ("strata", "country"): "by country",
        ("interests", "range"): "left-right range",
    }
)


def level_label(dimension: str, level: str) -> str:
    """A level in words, for figures."""
    words = _LEVELS.get((dimension, level), level)
    return words.removeprefix("power_").removeprefix("similarity_").replace("_", " ")


def main_specification(family: str) -> Specification:
    """What the plan fixed: the first level of every choice.

    Raises UnknownNameError for a family that the study does not cover.
    """
    return _specification(family, {name: levels[0] for name, levels in _choices(family).items()})


def grid(family: str) -> list[Specification]:
    """Every defensible combination of the family's choices, the plan's first.

    Raises UnknownNameError for a family that the study does not cover.
    """
    choices = _choices(family)
    ordered = sorted(choices, key=Specification._fields.index)
    combined = itertools.product(*(choices[name] for name in ordered))
    made = (_specification(family, dict(zip(ordered, c, strict=True))) for c in combined)
    return list(dict.fromkeys(made))


def identity(specification: Specification) -> str:
    """A name that stays the same when levels are added: the family and 16 hex digits."""
    chosen = (f"{name}={level}" for name, level in specification._asdict().items() if level)
    digest = hashlib.sha256("|".join(chosen).encode()).hexdigest()
    return f"{specification.family}-{digest[:16]}"


def _choices(family: str) -> Choices:
    if family not in CHOICES:
        raise UnknownNameError(
            f"the multiverse has no family {family!r}; it covers {', '.join(FAMILIES)}"
        )
    return CHOICES[family]


def _specification(family: str, chosen: dict[str, str]) -> Specification:
    if chosen.get("unit") == "intervals":
        # Each interval is measured at its own beginning, so that nobody joins later.
        chosen.pop("founding_days", None)
    filled = {name: chosen.get(name, NOT_APPLICABLE) for name in Specification._fields[1:]}
    return Specification(family, **filled)
