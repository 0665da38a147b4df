"""The wartime family: everything that states, wars and alliances add to the data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from coalitiondata.build import alliances, capabilities, channels, dyads, pacts, states, wars
from coalitiondata.build.sources import RawFile


def build(raw: RawFile, curated: Path) -> Mapping[str, pd.DataFrame]:
    """All rows that the wartime family adds to the data set, by table."""
    coalitions, memberships = wars.coalitions(raw), wars.memberships(raw)
    pairs = channels.pair_years(raw, curated)
    return {
        "coalitions": coalitions,
        "memberships": memberships,
        "power": pd.concat(
            [wars.battle_deaths(raw), capabilities.cinc(memberships, raw)], ignore_index=True
        ),
        "actors": states.actors(raw, curated),
        "dyads": dyads.dyads(pairs, coalitions, memberships),
        "dyad_norms": dyads.dyad_norms(pairs),
        "transformations": pacts.transformations(coalitions, memberships, raw),
        "alliances": alliances.alliances(raw),
        "alliance_members": alliances.alliance_members(raw),
    }
