"""The wartime family: everything that states, wars and alliances add to the data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from coalitiondata.build import (
    alliances,
    capabilities,
    channels,
    dyads,
    expeditions,
    pacts,
    states,
    wars,
)
from coalitiondata.build.observed_spells import observed_spells
from coalitiondata.build.overlaps import mark_overlaps
from coalitiondata.build.sources import RawFile
from coalitiondata.build.stacking import stack


def build(raw: RawFile, curated: Path) -> Mapping[str, pd.DataFrame]:
    """All rows that the wartime family adds to the data set, by table."""
    own = expeditions.build(curated)
    coalitions = mark_overlaps(stack([wars.coalitions(raw), own["coalitions"]]), curated)
    memberships = stack([wars.memberships(raw), own["memberships"]])
    covered, spells = observed_spells(coalitions, memberships)
    pairs = channels.pair_years(raw, curated)
    # A pact can only follow from being in: members whose entry is undated are left out.
    dated = spells[spells["joined_known"]]
    return {
        "coalitions": coalitions,
        "memberships": memberships,
        "power": stack([wars.battle_deaths(raw), capabilities.cinc(spells, raw), own["power"]]),
        "actors": stack([states.actors(raw, curated), own["actors"]]),
        "dyads": dyads.dyads(pairs, covered, spells),
        "dyad_norms": dyads.dyad_norms(pairs),
        "transformations": stack(
            [pacts.transformations(covered, dated, raw), own["transformations"]]
        ),
        "successions": own["successions"],
        "alliances": alliances.alliances(raw),
        "alliance_members": alliances.alliance_members(raw),
    }
