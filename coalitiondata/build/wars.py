"""Sides of inter-state wars with two or more states, as wartime coalitions (COW 4.0)."""

from __future__ import annotations

import json

import pandas as pd

from coalitiondata.build import line_ups, sides
from coalitiondata.build.datecodes import partial_dates
from coalitiondata.build.resources import resource_rows
from coalitiondata.build.side_ends import SIDE, end_causes
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import actor_ids

# COW's outcome of each state; 5 ongoing in 2007, 7 goes on below the level of war and 8 changed
# sides describe no end.
OUTCOMES = {1: "victory", 2: "defeat", 3: "compromise", 4: "transformed_war", 6: "stalemate"}
MISSPELLED = {"IfniWar": "Ifni War", "Ugandian-Tanzanian": "Ugandan-Tanzanian"}


def participants(raw: RawFile) -> pd.DataFrame:
    """COW's rows: one per war, side and state, codes -7 to -9 made missing in `deaths`.

    Columns: war, war_name, side, cow_code, state, outcome, deaths and the parts of the dates.
    """
    text = raw("cow/inter_war_data.json").read_text(encoding="utf-8")
    # The file is Python-like: `war_data = [...]`.
    rows = pd.DataFrame(json.loads(text[text.index("[") :]))
    deaths = rows["bat_death"].astype("Int64")
    return rows.rename(
        columns={"war_id": "war", "ccode": "cow_code", "state_name": "state"}
    ).assign(deaths=deaths.mask(deaths < 0))


def spells(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per war, side, state and spell of fighting.

    Columns: those of `fought` in `sides`. A state that changed sides has rows on both (Romania,
    Italy, Bulgaria and France in 1939-45).
    """
    parts = []
    for number in (1, 2):
        fought = rows[rows[f"start_year{number}"] > 0]
        began, ended = (
            partial_dates(*(fought[f"{when}_{part}{number}"] for part in ("year", "month", "day")))
            for when in ("start", "end")
        )
        part = fought[["war", "side", "cow_code"]].assign(
            outcome=fought["outcome"].map(OUTCOMES),
            joined=began["date"],
            joined_precision=began["precision"],
            left=ended["date"],
            left_precision=ended["precision"],
        )
        parts.append(part)
    stacked = pd.concat(parts).rename(columns={"war": "conflict"})
    return stacked.sort_values([*SIDE, "cow_code", "joined"], ignore_index=True)


def coalition_sides(fought: pd.DataFrame) -> pd.DataFrame:
    """Every side with two or more states at a time: its span and coalition_id; none is ongoing."""
    spans = sides.spans(fought)
    ids = coalition_ids(spans.rename(columns={"conflict": "war"}))
    return spans.assign(coalition_id=ids, ongoing=False)


def line_up(raw: RawFile) -> pd.DataFrame:
    """Members and opponents of every coalition; see `line_ups`."""
    fought = spells(participants(raw))
    return line_ups.line_up(fought, coalition_sides(fought))


def coalitions(raw: RawFile) -> pd.DataFrame:
    """The table `coalitions` for wars: one row per side with two or more states at a time.

    See `side_ends` for `end_cause`. The goal and its outcome, leader, lineage and predecessor
    of a side are not in the source and stay missing.
    """
    rows = participants(raw)
    fought = spells(rows)
    side = coalition_sides(fought)
    causes = end_causes(fought, side)
    war = side["conflict"].astype(str)
    return pd.DataFrame(
        {
            "coalition_id": side["coalition_id"],
            "family": "wartime",
            "subtype": "interstate_war",
            "name": side.merge(_names(rows), on=SIDE)["name"],
            "arena": "war-cow-" + war,
            "start": side["start"],
            "start_precision": side["start_precision"],
            "end": side["end"],
            "end_precision": side["end_precision"],
            "observed_until": side["end"],
            "status": "ended",
            **causes,
            "primary": True,
            "source": "cow_war",
            "source_key": war + "-" + side["side"].astype(str),
        }
    )


def memberships(raw: RawFile) -> pd.DataFrame:
    """The table `memberships` for wars: one row per side, state and spell of fighting.

    See `sides`: spells are clipped to the coalition's start and end.
    """
    fought = spells(participants(raw))
    return sides.memberships(fought, coalition_sides(fought), "cow_war")


def battle_deaths(raw: RawFile) -> pd.DataFrame:
    """Rows of `power` with each member's deaths in battle over the whole war.

    COW counts them per war and side, so the year is that of the coalition's start.
    """
    rows = participants(raw)
    listed = coalition_sides(spells(rows))
    member = rows.rename(columns={"war": "conflict"}).merge(listed, on=SIDE)
    values = pd.DataFrame(
        {
            "coalition_id": member["coalition_id"],
            "actor_id": actor_ids(member["cow_code"]),
            "year": member["start"].dt.year,
            "value": member["deaths"],
        }
    )
    return resource_rows(values, "battle_deaths", "persons", "cow_war")


def coalition_ids(rows: pd.DataFrame) -> pd.Series:
    """Ids of sides: war and side as COW numbers them."""
    return "war-cow-" + rows["war"].astype(str) + "-" + rows["side"].astype(str)


def _names(rows: pd.DataFrame) -> pd.DataFrame:
    """`<war>, side <n> (<members>)`: up to four members, else the three with most battle deaths."""
    ranked = rows.rename(columns={"war": "conflict"}).sort_values(
        ["deaths", "cow_code"], ascending=[False, True], na_position="last", kind="stable"
    )
    side = ranked.groupby(SIDE).agg(
        war_name=("war_name", "first"), states=("state", lambda states: sides.listed(list(states)))
    )
    war = side["war_name"].replace(MISSPELLED)
    # COW shortens many names to the adjective: Crimean, First Balkan, Second Laotian, Phase 2.
    short = ~war.str.contains("War|Rebellion|Invasion")
    war = war.mask(short, war.str.replace("(?=, Phase)|$", " War", n=1, regex=True))
    number = side.index.get_level_values("side").astype(str)
    return (war + ", side " + number + " (" + side["states"] + ")").rename("name").reset_index()
