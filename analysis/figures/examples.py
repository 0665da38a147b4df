"""The figures of the gallery: each one call on the shipped data."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.figures.calibration import calibration_plot
from analysis.figures.chains import chain_of, transformation_chains
from analysis.figures.forest import forest
from analysis.figures.incidence import incidence_curves
from analysis.figures.overview import EUROPE, government_strips, overview_over_time
from analysis.figures.plane import power_interest_plane
from analysis.figures.schoenfeld import schoenfeld_plot
from analysis.figures.sources import source_line
from analysis.figures.specification import specification_curve
from analysis.figures.survival import survival_curves
from analysis.figures.timeline import membership_timeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OUTCOMES = {
    "ended": "ended",
    "censored": "not seen to end",
    "transformed": "turned into something more lasting",
}
TERMS = {
    "scale(power_hhi)": "Power concentration, per SD",
    "scale(interest_depth)": "Interest depth, per SD",
    "majority": "Majority of seats",
}
CABINET_ENDS = {
    "party_change": "change of parties",
    "early_election": "early election",
    "lost_confidence": "lost confidence",
    "resigned": "resigned",
}
PACTS = ("electoral_alliance", "party_merger")
CHRISTIAN_DEMOCRATS = [f"gov-parlgov-{number}" for number in (172, 231, 291, 765)]


class Shipped:
    """The shipped tables and frames, each read when it is first needed."""

    def __getitem__(self, table: str) -> pd.DataFrame:
        """A table of the data set."""
        import coalitiondata

        return coalitiondata.load(table)

    @cached_property
    def governing(self) -> pd.DataFrame:
        """Survival frame of cabinets, without caretakers, with thirds of concentration."""
        import coalitiondata

        frame = coalitiondata.survival_frame(family="governing")
        frame = frame[frame["caretaker"] == 0]
        return frame.assign(third=_cut(frame["power_hhi"], ["low", "middle", "high"]))

    @cached_property
    def wartime(self) -> pd.DataFrame:
        """Survival frame of sides of wars and of expeditions, with halves of depth."""
        import coalitiondata

        frame = coalitiondata.survival_frame(family="wartime")
        frame = frame[frame["subtype"].isin(["interstate_war", "expedition"])]
        return frame.assign(half=_cut(frame["interest_depth"], ["shallow", "deep"]))

    @cached_property
    def ngo(self) -> pd.DataFrame:
        """Survival frame of coalitions of organisations."""
        import coalitiondata

        return coalitiondata.survival_frame(family="ngo")

    @cached_property
    def countries(self) -> dict[str, str]:
        """Names of states by ISO code."""
        states = self["actors"]
        states = states[(states["kind"] == "state") & states["iso3"].notna()]
        latest = states.drop_duplicates("iso3")
        return dict(zip(latest["iso3"], latest["name"], strict=True))

    @cached_property
    def models(self) -> dict[str, Any]:
        """Cox models of cabinets: power, interests, both, on the rows that have both."""
        import analysis

        needed = ["power_hhi", "interest_depth", "majority"]
        frame = self.governing.dropna(subset=needed)
        power, interests, majority = TERMS
        return {
            words: analysis.cox(frame, formula, cluster="arena")
            for words, formula in {
                "power alone": f"{power} + {majority}",
                "interests alone": f"{interests} + {majority}",
                "power and interests": f"{power} + {interests} + {majority}",
            }.items()
        }

    @cached_property
    def specifications(self) -> pd.DataFrame:
        """A random draw of 150 specifications of the wartime study, and the plan's own."""
        from analysis.multiverses.run import multiverse
        from analysis.multiverses.summary import HYPOTHESES, about

        with tempfile.TemporaryDirectory() as folder:
            found = multiverse(
                Path(folder), families=("wartime",), limit=150, backend="sequential", quiet=True
            )
        depth = next(each for each in HYPOTHESES if each.id == "H2 depth")
        return about(found.specifications, depth)


def _cut(values: pd.Series, labels: list[str]) -> pd.Series:
    return pd.qcut(values, len(labels), labels=labels).astype(object)


@dataclass(frozen=True)
class Example:
    """One figure of the gallery.

    Attributes:
        name: of its files.
        draw: draws it from the shipped data.
        call: how to make it, as Python.
    """

    name: str
    draw: Callable[[Shipped], Figure]
    call: str


def _members(coalition: str | list[str], resource: str | None = None) -> Callable[..., Figure]:
    def draw(data: Shipped) -> Figure:
        return membership_timeline(
            data["memberships"], coalition, data["coalitions"], data["actors"], data["power"],
            resource,
        )  # fmt: skip

    return draw


def _members_call(coalition: str | list[str], resource: str | None = None) -> str:
    extra = f', cd.load("power"), {resource!r}' if resource else ""
    return (
        f'analysis.membership_timeline(cd.load("memberships"), {coalition!r}, '
        f'cd.load("coalitions"), cd.load("actors"){extra})'
    )


def _survival(data: Shipped) -> Figure:
    return survival_curves(
        data.governing, by="third", groups={k: k for k in ("low", "middle", "high")},
        units="cabinets", title="How long cabinets last, by thirds of power concentration",
        caption="A regular election censors; caretakers are left out.",
    )  # fmt: skip


def _incidence(data: Shipped) -> Figure:
    return incidence_curves(
        data.wartime, "half", "outcome_duration", "outcome",
        groups={"shallow": "shallower half", "deep": "deeper half"},
        causes={"transformed": "Became an alliance", "ended": "Ended"}, log_time=True,
        title="What becomes of wartime coalitions, by halves of interest depth",
        caption="Sides of inter-state wars and expeditions. A new pact of two or more members up "
        "to five years after the end counts at the end.",
    )  # fmt: skip


def _chain(chain: str, title: str) -> Callable[[Shipped], Figure]:
    def draw(data: Shipped) -> Figure:
        return transformation_chains(
            data["successions"], chain, coalitions=data["coalitions"], alliances=data["alliances"],
            title=title,
        )  # fmt: skip

    return draw


def _party_chain(data: Shipped) -> Figure:
    steps = chain_of(data["transformations"], data["coalitions"], CHRISTIAN_DEMOCRATS, PACTS)
    return transformation_chains(
        steps, coalitions=data["coalitions"],
        title="From Dutch cabinets to the Christian Democratic Appeal",
    )  # fmt: skip


def _specifications(data: Shipped) -> Figure:
    from analysis.multiverses.choices import DIMENSIONS, level_label

    found, choices = data.specifications, list(DIMENSIONS)
    words = {(c, str(v)): level_label(c, str(v)) for c in choices for v in found[c].dropna()}
    return specification_curve(
        found, choices, low="low", high="high", main="main",
        label="Hazard ratio per SD of closeness", words=DIMENSIONS, levels=words,
        title="Interests and the end of wartime coalitions under other choices",
        source=source_line(data.wartime),
    )  # fmt: skip


EXAMPLES: tuple[Example, ...] = (
    Example(
        "survival_governing", _survival,
        'analysis.survival_curves(frame, by="third", units="cabinets")',
    ),
    Example(
        "survival_wartime",
        lambda data: survival_curves(
            data.wartime, log_time=True, title="How long wartime coalitions last",
            caption="Sides of inter-state wars and expeditions.",
        ),
        'analysis.survival_curves(cd.survival_frame(family="wartime"), log_time=True)',
    ),
    Example(
        "incidence_wartime", _incidence,
        'analysis.incidence_curves(frame, "half", "outcome_duration", "outcome", log_time=True)',
    ),
    Example(
        "incidence_governing",
        lambda data: incidence_curves(
            data.governing, causes=CABINET_ENDS, units="cabinets", title="How cabinets end",
            caption="A regular election censors; caretakers are left out.",
        ),
        'analysis.incidence_curves(cd.survival_frame(family="governing"))',
    ),
    Example(
        "forest_governing",
        lambda data: forest(
            data.models, TERMS, units="cabinets", source=source_line(data.governing),
            title="Power, interests and the end of cabinets",
            caption="Cox models, Efron ties, errors robust to clusters by country.",
        ),
        "analysis.forest({'power': fit, 'both': other_fit})",
    ),
    Example(
        "members_iraq_2003", _members("exp-mnf-iraq-2003", "troops"),
        _members_call("exp-mnf-iraq-2003", "troops"),
    ),
    Example(
        "members_first_world_war", _members("war-cow-106-1", "cinc"),
        _members_call("war-cow-106-1", "cinc"),
    ),
    Example(
        "members_second_world_war", _members("war-cow-139-1", "cinc"),
        _members_call("war-cow-139-1", "cinc"),
    ),
    Example(
        "members_crimean_war", _members("war-cow-22-1", "cinc"),
        _members_call("war-cow-22-1", "cinc"),
    ),
    Example(
        "members_merkel", _members(["Merkel I", "Merkel II", "Merkel III", "Merkel IV"]),
        _members_call(["Merkel I", "Merkel II", "Merkel III", "Merkel IV"]),
    ),
    Example(
        "members_apparel_industry_partnership", _members("ngo-apparel-industry-partnership"),
        _members_call("ngo-apparel-industry-partnership"),
    ),
    Example(
        "members_air_campaign", _members("exp-counter-isis-air-2014", "cinc"),
        _members_call("exp-counter-isis-air-2014", "cinc"),
    ),
    Example(
        "plane_wartime",
        lambda data: power_interest_plane(
            data.wartime, outcomes=OUTCOMES,
            title="Power, interests and what became of wartime coalitions",
            caption="Sides of inter-state wars and expeditions.",
        ),
        'analysis.power_interest_plane(cd.survival_frame(family="wartime"))',
    ),
    Example(
        "plane_governing",
        lambda data: power_interest_plane(
            data.governing, outcomes=OUTCOMES, units="cabinets",
            title="Power, interests and what became of cabinets",
        ),
        'analysis.power_interest_plane(cd.survival_frame(family="governing"))',
    ),
    Example(
        "chain_western_entente",
        _chain("western_entente", "From the entente to the Atlantic alliance"),
        'analysis.transformation_chains(cd.load("successions"), "western_entente", '
        'coalitions=cd.load("coalitions"), alliances=cd.load("alliances"))',
    ),
    Example(
        "chain_concert_of_europe",
        _chain("concert_of_europe", "From the Sixth Coalition to the Concert of Europe"),
        'analysis.transformation_chains(cd.load("successions"), "concert_of_europe", '
        'coalitions=cd.load("coalitions"), alliances=cd.load("alliances"))',
    ),
    Example(
        "chain_christian_democrats", _party_chain,
        'analysis.transformation_chains(analysis.chain_of(cd.load("transformations"), '
        'cd.load("coalitions"), ids), coalitions=cd.load("coalitions"))',
    ),
    Example(
        "overview_world",
        lambda data: overview_over_time(
            data["coalitions"][data["coalitions"]["primary"]], data["memberships"],
            years=(1816, 2023), caption="One record of each coalition.",
            families={"wartime": "Wartime", "governing": "Governing", "ngo": "NGO"},
        ),
        'analysis.overview_over_time(cd.load("coalitions", primary=True), cd.load("memberships"))',
    ),
    Example(
        "overview_europe",
        lambda data: government_strips(
            data["coalitions"], EUROPE, title="European countries under coalition government",
            years=(1900, 2023), names=data.countries,
        ),
        'analysis.government_strips(cd.load("coalitions", family="governing"), EUROPE)',
    ),
    Example(
        "calibration_governing",
        lambda data: calibration_plot(
            data.models["power and interests"], [365.25, 2 * 365.25, 3 * 365.25],
            units="cabinets", source=source_line(data.governing),
            title="Predicted and observed survival of cabinets",
        ),
        "analysis.calibration_plot(fit, [365.25, 730.5, 1095.75])",
    ),
    Example(
        "schoenfeld_governing",
        lambda data: schoenfeld_plot(
            data.models["power and interests"], TERMS, units="cabinets",
            source=source_line(data.governing),
        ),
        "analysis.schoenfeld_plot(fit)",
    ),
    Example(
        "specifications_wartime", _specifications,
        'analysis.specification_curve(table, ["sample", "controls", "power"])',
    ),
)  # fmt: skip
