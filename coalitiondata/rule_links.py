"""Which paragraphs of docs/rules.md say how a table or variable was made."""

from __future__ import annotations

import re
from dataclasses import dataclass

PAGE = "rules.md"

_GOVERNING = "Governing coalitions (`build/cabinets.py`)"
_WARTIME = "Wartime coalitions (`build/wars.py`)"
_DISPUTES = "Militarised disputes (`build/disputes.py`)"
_INTERVENTIONS = "Interventions (`build/interventions.py`)"
_ORGANISATIONS = "Coalitions of organisations (`build/ngo.py`)"
_COMPARISON = "Comparison (`build/matches.py`, `build/war_candidates.py`, `persistence.py`)"
_EXPEDITIONS = "Expeditions and historical coalitions (`build/expeditions.py`)"


@dataclass(frozen=True, slots=True)
class RuleLink:
    """A paragraph of the rules: the heading it stands under and the bold words it begins with."""

    heading: str
    paragraph: str

    def __str__(self) -> str:
        """Heading and paragraph in words, without the names of modules."""
        return f"{self.heading.split(' (')[0]}: {self.paragraph}"

    @property
    def anchor(self) -> str:
        """The anchor that GitHub and MyST give to the heading."""
        kept = re.sub(r"[^\w\- ]", "", self.heading.lower())
        return kept.replace(" ", "-")


_SPAN = RuleLink("What counts", "Start and end")
_PRECISION = RuleLink("What counts", "Precision")
_SEATS = RuleLink(_GOVERNING, "Seats")
_POSITIONS = RuleLink(_GOVERNING, "Positions")
_SPELLS = RuleLink(_WARTIME, "Spells")
_INTERESTS = RuleLink(_WARTIME, "Interests")
_EXITS = RuleLink(_EXPEDITIONS, "Exits")
_CODING = RuleLink(_ORGANISATIONS, "Coding")
_END_CAUSES = tuple(RuleLink(each, "End cause") for each in (_GOVERNING, _WARTIME, _DISPUTES))
_POWER = (_SEATS, RuleLink(_WARTIME, "Capabilities"), RuleLink(_ORGANISATIONS, "Power"))
_RECORDS = (
    RuleLink(_DISPUTES, "Links to wars"),
    RuleLink(_INTERVENTIONS, "Links"),
    RuleLink(_EXPEDITIONS, "One real coalition, one primary record"),
)
_MEMBER = (_SPAN, RuleLink(_ORGANISATIONS, "Members"))

# By table, or by table and variable.
_RULES: dict[str, tuple[RuleLink, ...]] = {
    "coalitions": (
        RuleLink("What counts", "Coalition"),
        RuleLink(_GOVERNING, "Cabinets"),
        RuleLink(_WARTIME, "Sides"),
        RuleLink(_DISPUTES, "Sides"),
        RuleLink(_INTERVENTIONS, "Runs"),
        RuleLink(_EXPEDITIONS, "Curated"),
        _CODING,
    ),
    "coalitions.start": (_SPAN,),
    "coalitions.end": (_SPAN, RuleLink(_GOVERNING, "End")),
    "coalitions.terminated": (RuleLink(_GOVERNING, "End"),),
    "coalitions.status": (RuleLink(_ORGANISATIONS, "Ends that nobody dates"),),
    "coalitions.end_cause": _END_CAUSES,
    "coalitions.end_cause_basis": _END_CAUSES,
    "coalitions.goal_outcome": (RuleLink(_WARTIME, "End cause"),),
    "coalitions.member_coverage": (RuleLink(_EXPEDITIONS, "Coverage"),),
    "coalitions.lineage": (RuleLink(_GOVERNING, "Lineage"),),
    "coalitions.overlaps_with": _RECORDS,
    "coalitions.primary": _RECORDS,
    "coalitions.chamber_seats": (_SEATS,),
    "actors.actor_id": (RuleLink(_EXPEDITIONS, "Actors"),),
    "actors.cow_code": (RuleLink(_INTERVENTIONS, "Codes"),),
    "memberships.spell": (_SPELLS,),
    "memberships.joined": _MEMBER,
    "memberships.left": _MEMBER,
    "memberships.role": (RuleLink(_DISPUTES, "Sides"),),
    "memberships.exit_cause": (_SPELLS, _EXITS),
    "memberships.exit_informative": (_EXITS,),
    "power": _POWER,
    "power.resource": _POWER,
    "power.value": _POWER,
    "power.missing_reason": (_SEATS,),
    "positions": (_POSITIONS,),
    "positions.value": (_POSITIONS,),
    "positions.basis": (_POSITIONS,),
    "dyads": (_INTERESTS,),
    "dyads.s_alliance": (_INTERESTS,),
    "dyads.un_agreement": (_INTERESTS,),
    "dyads.igo_jaccard": (_INTERESTS,),
    "dyads.regime_similarity": (_INTERESTS,),
    "dyad_norms": (_INTERESTS, RuleLink("Survival frames (`survival.py`)", "Breadth")),
    "matches": (RuleLink(_COMPARISON, "Matches"),),
    "matches.distance": (RuleLink(_COMPARISON, "Matches"),),
    "candidates": (RuleLink(_GOVERNING, "Candidates"), RuleLink(_COMPARISON, "Candidates")),
    "parliamentary_terms": (RuleLink("Survival frames (`survival.py`)", "Terms"),),
    "transformations": tuple(
        RuleLink(each, "Transformations") for each in (_GOVERNING, _WARTIME, _ORGANISATIONS)
    ),
    "successions": (RuleLink(_EXPEDITIONS, "Successions"),),
    "alliances": (RuleLink(_WARTIME, "Alliances"),),
    "campaigns": (_CODING,),
    "codings": (_CODING,),
    "issue_areas": (_CODING,),
    "evidence": (RuleLink(_EXPEDITIONS, "Curated"),),
}


def rules_of(table: str, variable: str | None = None) -> tuple[RuleLink, ...]:
    """The paragraphs that tell how a table, or one of its variables, was made; often none."""
    if variable is None:
        return _RULES.get(table, ())
    if variable.endswith("_precision"):
        return (_PRECISION,)
    return _RULES.get(f"{table}.{variable}", ())
