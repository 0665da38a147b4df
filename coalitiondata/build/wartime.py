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
    pacts,
    states,
    wars,
)
from coalitiondata.build.observed_spells import observed_spells
from coalitiondata.build.overlaps import mark_overlaps
from coalitiondata.build.sources import RawFile
from coalitiondata.build.stacking import stack

LISTED_PAIRS = ("interstate_war", "expedition", "historical_coalition")
MOST_MEMBERS = 30


def build(raw: RawFile, curated: Path) -> Mapping[str, pd.DataFrame]:
    """All rows that the wartime family adds to the data set, by table."""
    own = expeditions.build(curated)
    listed = {"coalitions": wars.coalitions(raw), "memberships": wars.memberships(raw)}
    records = [listed, disputes.build(raw), interventions.build(raw), own]
    coalitions = mark_overlaps(stack([part["coalitions"] for part in records]), curated)
    memberships = stack([part["memberships"] for part in records])
    covered, spells = observed_spells(coalitions, memberships)
    pairs = channels.pair_years(raw, curated)
    # A pact can only follow from being in: members whose entry is undated are left out.
    dated = spells[spells["joined_known"]]
    return {
        "coalitions": coalitions,
        "memberships": memberships,
        "power": stack([wars.battle_deaths(raw), capabilities.cinc(spells, raw), own["power"]]),
        "actors": stack([states.actors(raw, curated), own["actors"]]),
        "dyads": dyads.dyads(pairs, paired(covered, spells), spells),
        "dyad_norms": dyads.dyad_norms(pairs),
        "transformations": stack(
            [pacts.transformations(covered, dated, raw), own["transformations"]]
        ),
        "successions": own["successions"],
        "alliances": alliances.alliances(raw),
        "alliance_members": alliances.alliance_members(raw),
    }


def paired(coalitions: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """The coalitions whose pairs of members `dyads` holds.

    All wars and expeditions; disputes and interventions if they are the primary record and have at
    most 30 members. A dozen peacekeeping sides with up to 75 states would fill half of the table.
    """
    members = spells.groupby("coalition_id")["actor_id"].nunique()
    small = coalitions["coalition_id"].map(members) <= MOST_MEMBERS
    listed = coalitions["subtype"].isin(LISTED_PAIRS)
    return coalitions[listed | (small & coalitions["primary"])]
