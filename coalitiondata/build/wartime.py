"""The wartime family: everything that states, wars and alliances add to the data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from coalitiondata.build import (
    alliances,
    capabilities,
    channels,
    disputes,
    dyads,
    expeditions,
    interventions,
    matches,
    pacts,
    states,
    war_candidates,
    wars,
)
from coalitiondata.build.observed_spells import observed_spells
from coalitiondata.build.overlaps import mark_overlaps
from coalitiondata.build.sources import RawFile
from coalitiondata.build.stacking import stack

LOOKED_UP = ("interstate_war", "expedition", "historical_coalition")
MOST_PAIRED, MOST_MATCHED = 30, 25


def build(raw: RawFile, curated: Path) -> Mapping[str, pd.DataFrame]:
    """All rows that the wartime family adds to the data set, by table."""
    own = expeditions.build(curated)
    listed = {"coalitions": wars.coalitions(raw), "memberships": wars.memberships(raw)}
    records = [listed, disputes.build(raw), interventions.build(raw), own]
    coalitions = mark_overlaps(stack([part["coalitions"] for part in records]), curated)
    memberships = stack([part["memberships"] for part in records])
    covered, spells = observed_spells(coalitions, memberships)
    pairs = channels.pair_years(raw, curated)
    matched = matches.matches(
        pairs,
        matches.national_capabilities(raw),
        covered,
        spells,
        _fought(raw),
        wanted=_matched(covered, spells),
    )
    # A pact can only follow from being in: members whose entry is undated are left out.
    dated = spells[spells["joined_known"]]
    return {
        "coalitions": coalitions,
        "memberships": memberships,
        "power": stack([wars.battle_deaths(raw), capabilities.cinc(spells, raw), own["power"]]),
        "actors": stack([states.actors(raw, curated), own["actors"]]),
        "state_system": states.state_system(raw),
        "dyads": dyads.dyads(
            pairs, _paired(covered, spells), spells, matches.compared_years(matched, covered)
        ),
        "matches": matched,
        "candidates": war_candidates.war_candidates(raw, coalitions, memberships),
        "dyad_norms": dyads.dyad_norms(pairs),
        "transformations": stack(
            [pacts.transformations(covered, dated, raw), own["transformations"]]
        ),
        "successions": own["successions"],
        "alliances": alliances.alliances(raw),
        "alliance_members": alliances.alliance_members(raw),
    }


def _paired(coalitions: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """The coalitions whose pairs of members `dyads` holds.

    All wars and expeditions; disputes and interventions if they are the primary record and have at
    most 30 members. A dozen peacekeeping sides with up to 75 states would fill half of the table.
    """
    small = coalitions["coalition_id"].map(_sizes(spells)) <= MOST_PAIRED
    listed = coalitions["subtype"].isin(LOOKED_UP)
    return coalitions[listed | (small & coalitions["primary"])]


def _matched(coalitions: pd.DataFrame, spells: pd.DataFrame) -> pd.Series:
    """Ids of the coalitions whose pairs are matched: wars and expeditions of at most 25 members.

    In missions of 36 to 51 states most pairs hardly met, and they would make up three quarters of
    all matches.
    """
    small = coalitions["coalition_id"].map(_sizes(spells)) <= MOST_MATCHED
    return coalitions.loc[small & coalitions["subtype"].isin(LOOKED_UP), "coalition_id"]


def _fought(raw: RawFile) -> pd.DataFrame:
    """Every state that took part in a listed war or dispute, also alone: arena, code."""
    spells = disputes.spells(raw)
    arena = "mid-cow-" + spells["conflict"].astype(str)
    in_disputes = pd.DataFrame({"arena": arena, "code": spells["cow_code"]})
    return pd.concat([matches.belligerents(raw), in_disputes]).drop_duplicates(ignore_index=True)


def _sizes(spells: pd.DataFrame) -> pd.Series:
    return spells.groupby("coalition_id")["actor_id"].nunique()
