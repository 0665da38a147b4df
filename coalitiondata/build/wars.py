"""Sides of inter-state wars with two or more states, as wartime coalitions (COW 4.0)."""

from __future__ import annotations

import json

import pandas as pd

from coalitiondata.build.datecodes import partial_dates
from coalitiondata.build.resources import resource_rows
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import actor_ids
from coalitiondata.build.war_ends import WAR_SIDE, end_causes, exit_causes

NAMED = 3  # members in the name of a large coalition
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

    Columns: war, side, cow_code, outcome, joined, joined_precision, left, left_precision. A state
    that changed sides has rows on both (Romania, Italy, Bulgaria and France in 1939-45).
    """
    parts = []
    for number in (1, 2):
        fought = rows[rows[f"start_year{number}"] > 0]
        began, ended = (
            partial_dates(*(fought[f"{when}_{part}{number}"] for part in ("year", "month", "day")))
            for when in ("start", "end")
        )
        part = fought[[*WAR_SIDE, "cow_code", "outcome"]].assign(
            joined=began["date"],
            joined_precision=began["precision"],
            left=ended["date"],
            left_precision=ended["precision"],
        )
        parts.append(part)
    stacked = pd.concat(parts, ignore_index=True)
    return stacked.sort_values([*WAR_SIDE, "cow_code", "joined"], ignore_index=True)


def spans(fought: pd.DataFrame) -> pd.DataFrame:
    """Start and end of every side on which two states fought together, indexed by war and side.

    Start is the first day, end the last day on which at least two states are in; truces between
    do not end a coalition. A date has the precision of the spell that it comes from.
    """
    pairs = fought.merge(fought, on=WAR_SIDE, suffixes=("", "_2"))
    pairs = pairs[pairs["cow_code"] < pairs["cow_code_2"]]
    later = pairs["joined"] >= pairs["joined_2"]
    earlier = pairs["left"] <= pairs["left_2"]
    together = pairs[WAR_SIDE].assign(
        start=pairs["joined"].where(later, pairs["joined_2"]),
        start_precision=pairs["joined_precision"].where(later, pairs["joined_precision_2"]),
        end=pairs["left"].where(earlier, pairs["left_2"]),
        end_precision=pairs["left_precision"].where(earlier, pairs["left_precision_2"]),
    )
    together = together[together["start"] <= together["end"]].reset_index(drop=True)
    sides = together.groupby(WAR_SIDE)
    first, last = together.loc[sides["start"].idxmin()], together.loc[sides["end"].idxmax()]
    return first[[*WAR_SIDE, "start", "start_precision"]].merge(
        last[[*WAR_SIDE, "end", "end_precision"]], on=WAR_SIDE
    )


def coalitions(raw: RawFile) -> pd.DataFrame:
    """The table `coalitions` for wars: one row per side with two or more states at a time.

    See `war_ends` for `end_cause` and `goal_outcome`. The goal, leader, lineage and predecessor of
    a side are not in the source and stay missing.
    """
    rows = participants(raw)
    fought = spells(rows)
    sides = spans(fought)
    causes = end_causes(fought, sides)
    return pd.DataFrame(
        {
            "coalition_id": coalition_ids(sides),
            "family": "wartime",
            "subtype": "interstate_war",
            "name": sides.merge(_names(rows), on=WAR_SIDE)["name"],
            "arena": "war-cow-" + sides["war"].astype(str),
            "start": sides["start"],
            "start_precision": sides["start_precision"],
            "end": sides["end"],
            "end_precision": sides["end_precision"],
            "observed_until": sides["end"],
            "status": "ended",
            **causes,
            "primary": True,
            "source": "cow_war",
            "source_key": sides["war"].astype(str) + "-" + sides["side"].astype(str),
        }
    )


def memberships(raw: RawFile) -> pd.DataFrame:
    """The table `memberships` for wars: one row per side, state and spell of fighting.

    Spells are clipped to the coalition's start and end, and then take the precision of that date;
    a spell wholly outside (Sardinia alone in 1849) is no membership.
    """
    fought = spells(participants(raw))
    spell = fought.merge(spans(fought), on=WAR_SIDE)
    spell = spell[(spell["joined"] <= spell["end"]) & (spell["left"] >= spell["start"])]
    early, late = spell["joined"] < spell["start"], spell["left"] > spell["end"]
    spell = spell.assign(
        joined=spell["joined"].mask(early, spell["start"]),
        joined_precision=spell["joined_precision"].mask(early, spell["start_precision"]),
        left=spell["left"].mask(late, spell["end"]),
        left_precision=spell["left_precision"].mask(late, spell["end_precision"]),
    ).reset_index(drop=True)
    number = spell.groupby([*WAR_SIDE, "cow_code"]).cumcount() + 1
    return pd.DataFrame(
        {
            "coalition_id": coalition_ids(spell),
            "actor_id": actor_ids(spell["cow_code"]),
            "spell": number.astype("Int64"),
            "joined": spell["joined"],
            "joined_precision": spell["joined_precision"],
            "left": spell["left"],
            "left_precision": spell["left_precision"],
            "exit_cause": exit_causes(spell),
            "exit_cause_basis": "derived",
            "source": "cow_war",
        }
    )


def battle_deaths(raw: RawFile) -> pd.DataFrame:
    """Rows of `power` with each member's deaths in battle over the whole war.

    COW counts them per war and side, so the year is that of the coalition's start.
    """
    rows = participants(raw)
    sides = spans(spells(rows))
    member = rows[[*WAR_SIDE, "cow_code", "deaths"]].merge(sides, on=WAR_SIDE)
    values = pd.DataFrame(
        {
            "coalition_id": coalition_ids(member),
            "actor_id": actor_ids(member["cow_code"]),
            "year": member["start"].dt.year,
            "value": member["deaths"],
        }
    )
    return resource_rows(values, "battle_deaths", "persons", "cow_war")


def coalition_ids(sides: pd.DataFrame) -> pd.Series:
    """Ids of sides: war and side as COW numbers them."""
    return "war-cow-" + sides["war"].astype(str) + "-" + sides["side"].astype(str)


def _names(rows: pd.DataFrame) -> pd.DataFrame:
    """`<war>, side <n> (<members>)`: up to four members, else the three with most battle deaths."""
    ranked = rows.sort_values(
        ["deaths", "cow_code"], ascending=[False, True], na_position="last", kind="stable"
    )
    sides = ranked.groupby(WAR_SIDE).agg(
        war_name=("war_name", "first"), states=("state", lambda states: _listed(list(states)))
    )
    war = sides["war_name"].replace(MISSPELLED)
    # COW shortens many names to the adjective: Crimean, First Balkan, Second Laotian, Phase 2.
    short = ~war.str.contains("War|Rebellion|Invasion")
    war = war.mask(short, war.str.replace("(?=, Phase)|$", " War", n=1, regex=True))
    number = sides.index.get_level_values("side").astype(str)
    return (war + ", side " + number + " (" + sides["states"] + ")").rename("name").reset_index()


def _listed(states: list[str]) -> str:
    if len(states) > NAMED + 1:
        return f"{', '.join(states[:NAMED])} and {len(states) - NAMED} others"
    return " and ".join([", ".join(states[:-1]), states[-1]]) if len(states) > 1 else states[0]
