"""Samples of the members' study: who is in, who is lost at each step, and the scale of measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.models.leaders import alliance_ties, coalition_leaders, party_distance
from coalitiondata.covariates.interests import Positions
from coalitiondata.covariates.presence import measurement_year

Tables = Mapping[str, pd.DataFrame]

WARS = "interstate_war"


class Flow:
    """Counts what is left after each step of drawing a sample."""

    def __init__(self, hypothesis: str, family: str, unit: str) -> None:
        """Start an empty list of steps; `unit` says what a row is."""
        self._about = {"hypothesis": hypothesis, "family": family, "unit": unit}
        self._steps: list[dict[str, object]] = []

    def step(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame itself, after its rows and coalitions have been counted."""
        count = {"rows": len(frame), "coalitions": frame["coalition_id"].nunique()}
        self._steps.append({**self._about, "step": name, **count})
        return frame

    def table(self, scale: pd.DataFrame) -> pd.DataFrame:
        """Steps, then mean and standard deviation of the measures in the main sample."""
        steps = pd.DataFrame(self._steps)
        scales = scale.rename_axis("step").reset_index().assign(**self._about)
        scales["step"] = "scale of " + scales["step"]
        return pd.concat([steps, scales], ignore_index=True)


def standardised(
    frame: pd.DataFrame, measures: Sequence[str], scale: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frame with `<measure>_z`, and the scale: its own, or that of another sample."""
    if scale is None:
        scale = frame[list(measures)].agg(["mean", "std"]).T
    scaled = {f"{m}_z": (frame[m] - scale["mean"][m]) / scale["std"][m] for m in measures}
    return frame.assign(**scaled), scale


def parties_in_parliament(tables: Tables, positions: Positions = "expert") -> pd.DataFrame:
    """One row per party of a parliament that a cabinet faced, without ministers without party.

    Beside the columns of `candidates`: subtype, start, arena, leader (the prime minister's party),
    `seat_share` (of the chamber), `leader_distance` (left-right, 0 to 1).
    """
    rows = _with_coalition(tables, "governing")
    kind = tables["actors"].set_index("actor_id")["kind"].astype("object")
    rows = rows[rows["actor_id"].map(kind) != "nonpartisan"]
    counted = rows.groupby("coalition_id")["seats"].transform("sum").astype("float64")
    # The stated size of some chambers leaves out seats that its parties hold.
    chamber = np.fmax(rows["chamber_seats"].astype("float64"), counted)
    return rows.assign(
        seats=rows["seats"].astype("float64"),
        seat_share=rows["seats"].astype("float64") / chamber,
        leader_distance=party_distance(rows, tables, positions),
    )


def states_of_the_system(tables: Tables) -> pd.DataFrame:
    """One row per state that could have joined a side of an inter-state war.

    Beside the columns of `candidates`: start, arena, leader (the strongest founding member),
    `log_cinc`, `leader_distance` = (1 - S) / 2 of the alliance portfolios, and `defence_pact` with
    the leader (1 or 0), all in the calendar year before the start.
    """
    rows = _with_coalition(tables, "wartime")
    rows = rows[rows["subtype"] == WARS].reset_index(drop=True)
    rows = rows.assign(year=measurement_year(rows["start"]))
    ties = alliance_ties(rows, tables)
    cinc = rows["cinc"].astype("float64")
    return rows.assign(
        log_cinc=np.log(cinc.where(cinc > 0)),
        leader_distance=(1 - ties["s_alliance"]) / 2,
        defence_pact=ties["defence_pact"],
    )


def _with_coalition(tables: Tables, family: str) -> pd.DataFrame:
    coalitions = tables["coalitions"].drop(columns=["leader", "source"])
    coalitions = coalitions[coalitions["family"] == family]
    about = ["coalition_id", "subtype", "start", "arena", "chamber_seats"]
    rows = tables["candidates"].merge(coalitions[about], on="coalition_id")
    return rows.merge(coalition_leaders(tables), on="coalition_id", how="left")
