"""The study's specification as data; docs/analysis-plan.md says the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from coalitiondata.errors import UnknownNameError

STUDY = "duration"
LEVEL = 0.05
# H1: hazard ratios per standard deviation between this and its inverse are too small to matter.
NEGLIGIBLE_FROM = 0.90
AIC_MARGIN = 2.0
TRANSFORMATION_YEARS = 5.0
DAYS_PER_YEAR = 365.25

POWER = "power_hhi"
DEPTH = "interest_depth"
BREADTH = "interest_breadth"
STANDARDISED = (POWER, DEPTH, BREADTH)
CURVE_MEASURES = (POWER, DEPTH)


def z(name: str) -> str:
    """Name of the standardised form of a measure."""
    return f"{name}_z"


POWER_SQUARED = f"{z(POWER)}_squared"
POWER_BLOCK = (z(POWER),)
INTEREST_BLOCK = (z(DEPTH), z(BREADTH))


@dataclass(frozen=True)
class Model:
    """Covariates beside the family's controls, and whether hazards are stratified by cluster."""

    id: str
    label: str
    terms: tuple[str, ...]
    stratified: bool = False


MODELS = (
    Model("M0", "controls", ()),
    Model("M1", "power", POWER_BLOCK),
    Model("M2", "interests", INTEREST_BLOCK),
    Model("M3", "power and interests", POWER_BLOCK + INTEREST_BLOCK),
    Model("M4", "M3 and power squared", (*POWER_BLOCK, POWER_SQUARED, *INTEREST_BLOCK)),
    Model("M5", "M3 and number of members", (*POWER_BLOCK, *INTEREST_BLOCK, "n_members")),
    Model("M6", "M3 stratified by country", POWER_BLOCK + INTEREST_BLOCK, stratified=True),
)


@dataclass(frozen=True)
class Sample:
    """How a sample is drawn: options of `survival_frame`, then who is left out."""

    id: str
    label: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    start_from: str | None = None
    caretakers: bool = True

    @property
    def time_varying(self) -> bool:
        """Whether a coalition has a row per interval."""
        return bool(self.options.get("time_varying", False))


@dataclass(frozen=True)
class Family:
    """One family of coalitions: its main sample, its controls and its words."""

    id: str
    label: str
    units: str
    main: Sample
    variants: tuple[Sample, ...]
    controls: tuple[str, ...]
    cluster: str
    clusters: str
    stratified: bool
    source: str
    power_words: str
    depth_words: str

    def models(self) -> tuple[Model, ...]:
        """The models that are fitted for this family."""
        return tuple(m for m in MODELS if self.stratified or not m.stratified)

    def measured(self) -> tuple[str, ...]:
        """Columns that every complete case has."""
        return (*STANDARDISED, *self.controls, "n_members")


_EXPERT = {"positions": "expert", "scheduled_end": "censor"}

GOVERNING = Family(
    id="governing",
    label="Governing coalitions",
    units="cabinets",
    main=Sample("main", "main sample", _EXPERT, "1945-01-01", caretakers=False),
    variants=(
        Sample(
            "all_positions",
            "positions filled by party family too",
            {**_EXPERT, "positions": "all"},
            "1945-01-01",
            caretakers=False,
        ),
        Sample("with_caretakers", "caretaker cabinets included", _EXPERT, "1945-01-01"),
        Sample(
            "lineage",
            "consecutive cabinets of the same parties as one",
            {**_EXPERT, "unit": "lineage"},
            "1945-01-01",
            caretakers=False,
        ),
        Sample(
            "elections_as_ends",
            "regular elections count as ends",
            {**_EXPERT, "scheduled_end": "event"},
            "1945-01-01",
            caretakers=False,
        ),
        Sample("before_1945", "cabinets before 1945 included", _EXPERT, caretakers=False),
    ),
    controls=("majority",),
    cluster="arena",
    clusters="countries",
    stratified=True,
    source="ParlGov",
    power_words="concentration of seats",
    depth_words="closeness of party positions",
)

WARTIME = Family(
    id="wartime",
    label="Wartime coalitions",
    units="sides of inter-state wars",
    main=Sample("main", "main sample", {"founding_days": 30}),
    variants=(
        Sample("time_varying", "covariates measured anew as they change", {"time_varying": True}),
        Sample("founding_0", "founders: in on the first day", {"founding_days": 0}),
        Sample("founding_90", "founders: in within 90 days", {"founding_days": 90}),
    ),
    controls=(),
    cluster="arena",
    clusters="wars",
    stratified=False,
    source="Correlates of War, ATOP",
    power_words="concentration of capabilities",
    depth_words="similarity of alliance portfolios",
)

FAMILIES = (GOVERNING, WARTIME)
# Only these kinds of coalition enter; a family may come to hold others.
SUBTYPES = {"governing": ("cabinet", "caretaker_cabinet"), "wartime": ("interstate_war",)}


def family(name: str) -> Family:
    """The family of that id.

    Raises UnknownNameError for a family that the study does not cover.
    """
    for each in FAMILIES:
        if each.id == name:
            return each
    raise UnknownNameError(
        f"the study has no family {name!r}; it covers {', '.join(f.id for f in FAMILIES)}"
    )
