"""The index: one line per coalition, enough to search, filter and sort without any other file."""

from __future__ import annotations

import string
from typing import Any

import pandas as pd

import coalitiondata as cd
from coalitiondata import schema
from coalitiondata.metadata.record import record
from explorer_data import plain
from explorer_data.tables import Data

_SIGNS = string.digits + string.ascii_lowercase
CODED = ("family", "subtype", "start_precision", "end_precision", "status", "end_cause")
LABELLED = {
    "coalitions": (
        "family",
        "subtype",
        "end_cause",
        "end_cause_basis",
        "goal_outcome",
        "legal_basis",
        "member_coverage",
    ),
    "memberships": ("role", "exit_cause", "exit_reason", "inducement"),
    "power": ("resource", "unit", "missing_reason"),
    "positions": ("dimension", "basis"),
    "issue_areas": ("issue_area",),
    "transformations": ("kind",),
    "campaigns": ("issue_area", "goal_type", "governance", "scope", "went_on"),
}


def listing(data: Data) -> dict[str, Any]:
    """Columns of equal length, one place per coalition in the order of coalition_id."""
    coalitions = data.tables["coalitions"]
    actors = _members(data)
    countries, of_coalition = _countries(data, actors)
    measured = data.survival.set_index("coalition_id").reindex(coalitions["coalition_id"])
    columns: dict[str, list[Any] | str] = {
        name: plain.column(coalitions[name]) for name in ("coalition_id", "name")
    }
    columns |= {name: _codes(coalitions[name]) for name in CODED}
    columns |= {name: plain.column(coalitions[name]) for name in ("start", "end")}
    columns["end_cause_basis"] = _codes(coalitions["end_cause_basis"])
    # The end says it too wherever there is one.
    last_seen = coalitions["observed_until"].where(coalitions["end"].isna())
    columns["observed_until"] = plain.column(last_seen)
    columns["primary"] = [int(each) for each in coalitions["primary"]]
    columns["countries"] = [of_coalition.get(each, []) for each in columns["coalition_id"]]
    columns["members"] = _places(data, actors)
    for name in ("n_members", "duration", "power_hhi", "interest_depth"):
        columns[name] = [_short(each) for each in plain.column(measured[name])]
    precision = pd.CategoricalDtype(
        list(schema.table("coalitions").field("start_precision").levels)
    )
    columns["duration_precision"] = _codes(measured["precision"].astype(precision))
    about = record()
    return {
        "title": about.title,
        "version": about.version,
        "licences": [each.title for each in about.licences],
        "citation": cd.cite("coalitions").split("\n\n")[0].strip(),
        "order": {
            name: list(schema.table("coalitions").field(name).levels)
            for name in (*CODED, "end_cause_basis")
        },
        "labels": {
            f"{table}.{name}": dict(schema.table(table).field(name).labels or {})
            for table, names in LABELLED.items()
            for name in names
        },
        "countries": countries,
        "actors": [plain.column(actors[name]) for name in ("actor_id", "name", "also", "iso3")],
        "coalitions": columns,
    }


def _members(data: Data) -> pd.DataFrame:
    """Actors that ever were members, by id, with what else they can be found by."""
    actors = data.tables["actors"].astype({"kind": "object"})
    actors = actors[actors["actor_id"].isin(data.tables["memberships"]["actor_id"])]
    also = actors[["abbreviation", "name_native"]].fillna("").agg(" ".join, axis=1).str.strip()
    return actors.assign(also=also).reset_index(drop=True)


def _countries(data: Data, actors: pd.DataFrame) -> tuple[list[list[str]], dict[str, list[int]]]:
    """Countries as [code, name], and of each coalition the places of its countries in that list.

    Those of a wartime coalition are its members, of a cabinet its own, of a coalition of
    organisations the one in which it worked, if it was one. A state that ended without a code of
    its own stands under its actor id: it was not the country that is there today.
    """
    states = data.tables["actors"].query("kind == 'state'")
    names = dict(zip(states["iso3"].fillna(states["actor_id"]), states["name"], strict=True))
    coalitions = data.tables["coalitions"]
    cabinets = coalitions.loc[coalitions["family"] == "governing", ["coalition_id", "arena"]]
    campaigns = data.tables["campaigns"][["coalition_id", "country"]].dropna()
    fighting = data.tables["memberships"][["coalition_id", "actor_id"]].merge(
        states[["actor_id", "iso3"]], on="actor_id"
    )
    fighting = fighting.assign(country=fighting["iso3"].fillna(fighting["actor_id"]))
    pairs = pd.concat(
        [
            cabinets.rename(columns={"arena": "country"}),
            campaigns,
            fighting[["coalition_id", "country"]],
        ]
    ).drop_duplicates()
    codes = sorted(set(pairs["country"]), key=lambda code: (names.get(code, code), code))
    place = {code: at for at, code in enumerate(codes)}
    of_coalition = pairs["country"].map(place).groupby(pairs["coalition_id"]).agg(sorted)
    places = {str(owner): at for owner, at in of_coalition.items()}
    return [[code, names.get(code, code)] for code in codes], places


def _places(data: Data, actors: pd.DataFrame) -> list[list[int]]:
    """Of each coalition the places of its members in the list of actors."""
    place = pd.Series(actors.index, index=actors["actor_id"])
    rows = data.tables["memberships"][["coalition_id", "actor_id"]].drop_duplicates()
    of_coalition = rows["actor_id"].map(place).groupby(rows["coalition_id"]).agg(sorted)
    return [of_coalition.get(each, []) for each in data.tables["coalitions"]["coalition_id"]]


def _codes(values: pd.Series) -> str:
    """One sign per row: the place of its level in the schema, in base 36; `-` if missing."""
    return "".join("-" if code < 0 else _SIGNS[code] for code in values.cat.codes)


def _short(value: float | None) -> float | int | None:
    """The same number without `.0`."""
    return int(value) if value is not None and float(value).is_integer() else value
