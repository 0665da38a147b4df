"""Checked members and coalitions -> the tables of the data set, and their schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coalitiondata.conforming import conformed, is_missing
from coalitiondata.loading import load
from coalitiondata.own import package
from coalitiondata.own.about import about, sources
from coalitiondata.own.findings import Findings
from coalitiondata.own.identifiers import ids
from coalitiondata.own.measuring import Measuring
from coalitiondata.own.options import Options, words
from coalitiondata.own.spans import exit_causes
from coalitiondata.own.stays import numbered

_SUBTYPE = "own"


@dataclass(frozen=True)
class Content:
    """Tables, their schema and how they are measured."""

    frames: dict[str, pd.DataFrame]
    descriptor: dict[str, Any]
    measuring: Measuring


def build(
    members: pd.DataFrame,
    coalitions: pd.DataFrame,
    power: pd.DataFrame,
    pairs: Mapping[str, pd.DataFrame],
    events: pd.DataFrame | None,
    options: Options,
    found: Findings,
) -> Content:
    """The tables, typed by a schema that is open for the user's own words."""
    called = ids(coalitions["coalition"])
    actors = _actors(members, pairs.get("labels"), options)
    raw = {
        "coalitions": _coalitions(coalitions, members, called, options, found),
        "actors": actors.drop(columns="label"),
        "memberships": _memberships(members, coalitions, called),
        "power": _power(power, called, options),
        "positions": _positions(members, called, options),
        "dyads": pairs.get("dyads", pd.DataFrame()),
        "dyad_norms": pairs.get("dyad_norms", pd.DataFrame()),
        "transformations": _transformations(events, called),
    }
    if options.states is None:
        own = dict(zip(actors["label"], actors["actor_id"], strict=True))
        for name in ("memberships", "power", "positions", "dyads"):
            for column in {"actor_id", "actor_a", "actor_b"} & set(raw[name]):
                raw[name] = raw[name].assign(**{column: raw[name][column].map(own)})
        raw["coalitions"]["leader"] = raw["coalitions"]["leader"].map(own)
    raw, listed = sources(raw, options)
    raw["sources"] = listed
    channels = tuple(options.channel_scales)
    by_year = "year" in raw["dyads"]
    measuring = Measuring(
        resource=options.resource,
        by_year=options.shipped_power or "power" in found.given,
        lag=options.lag,
        scales=options.scales,
        channels=options.channel_scales if len(raw["dyads"]) else {},
        pairs_by_year=by_year,
        shipped_pairs=options.shipped_pairs,
    )
    keep = [name for name in package.TABLES if name != "dyad_norms" or options.shipped_pairs]
    descriptor = package.describe(
        keep,
        levels=_levels(raw, options),
        channels=None if options.shipped_pairs else channels,
        pairs_by_year=by_year,
        about={**about(options), "measuring": measuring.as_json()},
    )
    schemas = package.tables_of(descriptor)
    frames = {name: conformed(schemas[name], raw[name]) for name in schemas}
    return Content(frames, descriptor, measuring)


def _coalitions(
    coalitions: pd.DataFrame,
    members: pd.DataFrame,
    called: Mapping[str, str],
    options: Options,
    found: Findings,
) -> pd.DataFrame:
    label = coalitions["coalition"]
    goes_on = coalitions["end"].isna()
    cause = coalitions.get("end_cause", pd.Series(None, index=coalitions.index, dtype="object"))
    cause = cause.map(words, na_action="ignore").mask(goes_on).astype("object")
    given = found.given["members"][options.names["coalition"]].reset_index(drop=True)
    bad = given[found.bad("members")].astype("object")
    lost = {" ".join(str(each).split()) for each in bad if not is_missing(each)}
    outcome = coalitions.get(
        "goal_outcome", pd.Series(None, index=coalitions.index, dtype="object")
    )
    rows = coalitions.assign(
        coalition_id=label.map(called),
        family=options.family,
        subtype=_SUBTYPE,
        name=coalitions["name"].fillna(label) if "name" in coalitions else label,
        arena=coalitions["arena"].fillna(label) if "arena" in coalitions else label,
        status=goes_on.map({True: "ongoing", False: "ended"}),
        end_cause=cause,
        end_cause_basis=pd.Series("source", index=label.index).where(cause.notna()),
        goal_outcome=outcome,
        goal_outcome_basis=pd.Series("source", index=label.index).where(outcome.notna()),
        member_coverage=pd.Series("partial", index=label.index).where(label.isin(lost)),
        leader=None,
        primary=True,
        source_key=label,
    )
    if "role" in members:
        leading = members[members["role"] == "leader"].drop_duplicates("coalition")
        rows["leader"] = label.map(leading.set_index("coalition")["actor_id"])
    return rows


def _actors(members: pd.DataFrame, further: pd.DataFrame | None, options: Options) -> pd.DataFrame:
    parts = [members[["actor_id", "member"]], *([] if further is None else [further])]
    rows = pd.concat(parts).drop_duplicates("actor_id").reset_index(drop=True)
    if options.states is None:
        return pd.DataFrame(
            {
                "label": rows["actor_id"],
                "actor_id": rows["actor_id"].map(ids(rows["actor_id"])),
                "kind": options.actor_kind,
                "name": rows["member"],
            }
        )
    listed = load("actors").astype({"kind": "object"})
    listed = listed[listed["actor_id"].isin(rows["actor_id"])]
    columns = ["actor_id", "kind", "name", "iso3", "cow_code", "source"]
    return listed[columns].assign(label=listed["actor_id"])


def _memberships(
    members: pd.DataFrame, coalitions: pd.DataFrame, called: Mapping[str, str]
) -> pd.DataFrame:
    derived = exit_causes(members, coalitions.set_index("coalition"))
    stated = members.get("exit_cause", pd.Series(None, index=members.index, dtype="object"))
    cause = stated.where(stated.notna(), derived).astype("object")
    basis = pd.Series("derived", index=members.index).mask(stated.notna(), "source")
    return members.assign(
        coalition_id=members["coalition"].map(called),
        spell=numbered(members),
        exit_cause=cause,
        exit_cause_basis=basis.where(cause.notna()),
    )


def _power(power: pd.DataFrame, called: Mapping[str, str], options: Options) -> pd.DataFrame:
    missing = power["value"].isna()
    unit = "share" if options.shipped_power else options.power_unit
    return power.assign(
        coalition_id=power["coalition"].map(called),
        resource=options.resource,
        unit=unit,
        basis=pd.Series("source", index=power.index).mask(missing),
        missing_reason=pd.Series("no_record", index=power.index).where(missing),
    )


def _positions(members: pd.DataFrame, called: Mapping[str, str], options: Options) -> pd.DataFrame:
    """One row per coalition, actor and dimension; of several stays the first with a position."""
    columns = [name for name in options.positions if name in members]
    if not columns:
        return pd.DataFrame()
    ordered = members.sort_values(["coalition", "actor_id", "joined"])
    long = ordered.melt(
        ["coalition", "actor_id", *({"source"} & set(members))], columns, "dimension"
    ).dropna(subset="value")
    long = long.drop_duplicates(["coalition", "actor_id", "dimension"])
    return long.assign(coalition_id=long["coalition"].map(called), basis="stated")


def _transformations(events: pd.DataFrame | None, called: Mapping[str, str]) -> pd.DataFrame:
    if events is None or events.empty:
        return pd.DataFrame()
    rows = events.assign(coalition_id=events["coalition"].map(called))
    place = rows.groupby("coalition_id").cumcount() + 1
    return rows.assign(
        transformation_id="tr-" + rows["coalition_id"] + "-" + place.astype(str), basis="source"
    )


def _levels(raw: Mapping[str, pd.DataFrame], options: Options) -> dict[str, list[str]]:
    causes = raw["coalitions"]["end_cause"].dropna().unique().tolist()
    return {
        "coalitions.family": [options.family],
        "coalitions.subtype": [_SUBTYPE],
        "coalitions.end_cause": causes,
        "positions.dimension": list(options.positions),
        "positions.basis": ["stated"],
        "power.resource": [options.resource] if options.resource else [],
        "power.unit": [options.power_unit] if options.power_unit else [],
    }
