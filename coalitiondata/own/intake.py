"""Minimal tables -> the tables of the data set, with every problem found on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coalitiondata import problems
from coalitiondata.own import stays, tables
from coalitiondata.own.cells import read_cells
from coalitiondata.own.findings import Findings, refuse
from coalitiondata.own.measuring import Measuring
from coalitiondata.own.minimal import TABLES
from coalitiondata.own.options import Options
from coalitiondata.own.pairs import own_pairs, shipped_pairs
from coalitiondata.own.resources import own_power, shipped_power
from coalitiondata.own.spans import clipped, derived_spans
from coalitiondata.paths import shipped_tables
from coalitiondata.rules.dates import earliest, latest

_SPAN = ["start", "start_precision", "end", "end_precision"]


@dataclass(frozen=True)
class Intake:
    """Everything that comes of reading minimal tables."""

    frames: dict[str, pd.DataFrame]
    descriptor: dict[str, Any]
    measuring: Measuring
    problems: pd.DataFrame
    set_aside: dict[str, pd.DataFrame]
    matches: pd.DataFrame


def take_in(given: Mapping[str, pd.DataFrame], options: Options) -> Intake:
    """Read minimal tables, `members` among them, leniently.

    Raises InvalidDataError with the report if `members` has no usable row.
    """
    with shipped_tables():
        found = Findings({name: given[name] for name in TABLES if name in given})
        members, coalitions = _members(options, found)
        members, coalitions = _with_spans(members, coalitions, options, found)
        power = _power(members, options, found)
        pairs = _pairs(members, coalitions, options, found)
        events = _events(coalitions, found)
        content = tables.build(members, coalitions, power, pairs, events, options, found)
    report = found.report()
    matches = members[["member", "joined", "actor_id", "in_system"]].drop_duplicates()
    return Intake(
        frames=content.frames,
        descriptor=content.descriptor,
        measuring=content.measuring,
        problems=report,
        set_aside=found.set_aside(),
        matches=matches.sort_values(["member", "joined"], ignore_index=True),
    )


def _members(options: Options, found: Findings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Checked members and what `coalitions` says; rows set aside are still there."""
    if found.given["members"].empty:
        hint = "The table has no rows; give one for each coalition, member and stay."
        found.add(problems.one("members", options.names["coalition"], "required", hint))
        raise refuse(found.report())
    members = _read("members", found, options.names, dict(options.scales))
    if not {"coalition", "member"} <= set(members):
        raise refuse(found.report())
    coalitions = _coalitions(members, options, found)
    members = stays.filled(members, coalitions, options, found)
    members = stays.with_actors(members, options, found)
    if "actor_id" in members:
        members["actor_id"] = members["actor_id"].astype("object")
    stays.check(members, coalitions, options, found)
    stays.check_sizes(members, options, found)
    return members, coalitions


def _read(
    table: str, found: Findings, names: Mapping[str, str], numbers: Mapping[str, Any]
) -> pd.DataFrame:
    plain, report, spoilt = read_cells(table, found.given[table], names, numbers)
    found.add(report)
    found.spoil(table, spoilt.index[spoilt].to_series())
    return plain


def _coalitions(members: pd.DataFrame, options: Options, found: Findings) -> pd.DataFrame:
    """The plain table `coalitions`, one row for each coalition that is listed there."""
    columns = [
        each
        for column in TABLES["coalitions"]
        for each in ([column.name, f"{column.name}_precision"] if column.date else [column.name])
    ]
    if "coalitions" not in found.given:
        blank = pd.DataFrame(columns=columns, dtype="object")
        return _dated(blank)
    plain = _read("coalitions", found, {}, {})
    if "coalition" not in plain:
        raise refuse(found.report())
    given = found.given["coalitions"].reset_index(drop=True)
    again = plain.duplicated("coalition") & plain["coalition"].notna()
    hint = "Occurs more than once; every coalition needs one row."
    found.add(problems.at(again, given, "coalitions", "coalition", "unique", hint), spoils=True)
    empty = plain["coalition"].notna() & ~plain["coalition"].isin(members["coalition"])
    hint = "`members` has no row of this coalition."
    found.add(
        problems.at(empty, given, "coalitions", "coalition", "foreign_key", hint), spoils=True
    )
    listed = plain[~found.bad("coalitions")]
    stray = members["coalition"].notna() & ~members["coalition"].isin(listed["coalition"])
    theirs = found.given["members"].reset_index(drop=True)
    hint = "`coalitions` has no usable row of this coalition."
    column = options.names["coalition"]
    found.add(problems.at(stray, theirs, "members", column, "foreign_key", hint), spoils=True)
    listed = _dated(listed.reindex(columns=columns))
    order = earliest(listed, "start") > latest(listed, "end")
    rows = order.reindex(plain.index, fill_value=False)
    hint = "`end` lies before `start`; correct one of them."
    found.add(problems.at(rows, given, "coalitions", "end", "dates_in_order", hint), spoils=True)
    spoilt = members["coalition"].isin(plain.loc[rows, "coalition"])
    found.spoil("members", members.index[spoilt].to_series())
    return listed[~order]


def _dated(coalitions: pd.DataFrame) -> pd.DataFrame:
    dates = ["start", "end", "observed_until"]
    return coalitions.astype(dict.fromkeys(dates, "datetime64[s]"))


def _with_spans(
    members: pd.DataFrame, coalitions: pd.DataFrame, options: Options, found: Findings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Usable members within their coalition, and one row per coalition with its span."""
    listed = coalitions.set_index("coalition")
    spans = _spans(members[~found.bad("members")], listed)
    until = latest(listed, "observed_until").reindex(spans.index)
    until = until if options.until is None else until.fillna(options.until)
    stays.check_observation(members, until, spans["end"], options, found)
    stays.check_sizes(members, options, found)
    usable = members[~found.bad("members")]
    if usable.empty:
        raise refuse(found.report())
    spans = _spans(usable, listed)
    inside = clipped(usable, spans)
    rest = listed.drop(columns=[*_SPAN, "observed_until", "observed_until_precision"])
    every = spans.assign(observed_until=until.reindex(spans.index)).join(rest)
    every["observed_until"] = spans["end"].fillna(every["observed_until"])
    return inside, every.rename_axis("coalition").reset_index()


def _spans(members: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Start and end as stated, else as they follow from the members."""
    derived = derived_spans(members)
    stated = listed.reindex(derived.index)
    parts = {}
    for name in ("start", "end"):
        given = stated[name].notna()
        parts[name] = stated[name].where(given, derived[name]).astype("datetime64[s]")
        precision = f"{name}_precision"
        parts[precision] = stated[precision].where(given, derived[precision])
    return pd.DataFrame(parts)


def _power(members: pd.DataFrame, options: Options, found: Findings) -> pd.DataFrame:
    if options.shipped_power:
        return shipped_power(members)
    by_year = _read("power", found, {}, {}) if "power" in found.given else None
    return own_power(members, by_year, options, found)


def _pairs(
    members: pd.DataFrame, coalitions: pd.DataFrame, options: Options, found: Findings
) -> dict[str, pd.DataFrame]:
    if options.shipped_pairs:
        return shipped_pairs(members, coalitions)
    if "similarities" not in found.given:
        return {}
    plain = _read("similarities", found, {}, dict(options.channel_scales))
    return own_pairs(plain, members, options, found)


def _events(coalitions: pd.DataFrame, found: Findings) -> pd.DataFrame | None:
    if "transformations" not in found.given:
        return None
    plain = _read("transformations", found, {}, {})
    given = found.given["transformations"].reset_index(drop=True)
    if "coalition" in plain:
        stray = plain["coalition"].notna() & ~plain["coalition"].isin(coalitions["coalition"])
        hint = "`members` has no usable rows of this coalition."
        found.add(
            problems.at(stray, given, "transformations", "coalition", "foreign_key", hint),
            spoils=True,
        )
    if not {"coalition", "kind"} <= set(plain):
        return None
    return plain[~found.bad("transformations")]
