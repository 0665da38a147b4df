"""Swim lanes of memberships: who was in when, as far as the dates are known."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.figures.spans import Span, span
from analysis.models.frame import as_pandas, require_columns
from coalitiondata.errors import InvalidDataError, UnknownNameError

LONGEST = 38  # characters of a name
NEEDED = ("coalition_id", "actor_id", "joined", "left")
# How a stay ends; the first four happen on a date.
LEFT, INTERRUPTED, TO_THE_END, GOES_ON, UNKNOWN = (
    "left early",
    "interrupted",
    "to the end",
    "goes on",
    "unknown",
)
_ENDS = {
    "end_of_coalition": TO_THE_END,
    "interrupted": INTERRUPTED,
    "truce": INTERRUPTED,
}


def resolve(coalition: str | Sequence[str], coalitions: pd.DataFrame | None) -> list[str]:
    """Ids of coalitions that are given by id or by name.

    Raises:
        UnknownNameError: no coalition of that id or name; the message lists similar ones.
        InvalidDataError: several of that name.
    """
    given = [coalition] if isinstance(coalition, str) else list(coalition)
    if not given:
        raise InvalidDataError("membership_timeline: name at least one coalition")
    if coalitions is None:
        return given
    ids, names = set(coalitions["coalition_id"]), coalitions["name"].astype(str)
    found = []
    for each in given:
        if each in ids:
            found.append(each)
            continue
        same = coalitions.loc[names.str.casefold() == each.casefold(), "coalition_id"]
        if len(same) > 1:
            raise InvalidDataError(
                f"{len(same)} coalitions are called {each!r}; give an id: {', '.join(same)}"
            )
        if same.empty:
            near = names[names.str.contains(each, case=False, regex=False)].head(3).tolist()
            near += difflib.get_close_matches(each, [*ids, *names], n=3)
            hint = f"; similar: {', '.join(dict.fromkeys(near))}" if near else ""
            raise UnknownNameError(f"no coalition {each!r} in the table of coalitions{hint}")
        found.append(str(same.iloc[0]))
    return found


def lanes(
    memberships: Any,
    ids: Sequence[str],
    coalitions: pd.DataFrame | None = None,
    actors: pd.DataFrame | None = None,
    power: pd.DataFrame | None = None,
    resource: str | None = None,
) -> pd.DataFrame:
    """One row per stay in the coalitions `ids`, in the order of the lanes.

    A date known to the month or year may be any day of it, from the first day that the coalition
    may have begun to the last that it may have ended. `begin_first`, `begin_last`, `end_first` and
    `end_last` bound the stay; they are the coalition's own where the member's are not known.

    Returns:
        lane (0, 1, ...), coalition_id, actor_id, name, spell, leader, share (of power; see
        `power_share`), begin_known, ends (see the words above), begin_first, begin_last, end_first,
        end_last. Lanes are ordered by first entry, those without a date last, then by falling
        share, then by name.

    Raises:
        UnknownNameError: a column that is missing, a coalition without members.
        InvalidDataError: a coalition of whose time nothing is known.
    """
    data = as_pandas(memberships)
    require_columns(data, NEEDED, "membership_timeline")
    for each in ids:
        if not (data["coalition_id"] == each).any():
            raise UnknownNameError(f"no member of coalition {each!r} in the table of memberships")
    mine = data[data["coalition_id"].isin(list(ids))]
    share = power_share(power, ids, resource) if power is not None and resource else {}
    names = {} if actors is None else _short_names(actors)
    lives = {each: _life(each, mine, coalitions) for each in ids}
    rows = []
    for row in mine.to_dict("records"):
        begin, end, leader, over = lives[row["coalition_id"]]
        joined = pd.notna(row["joined"])
        entry = _within(span(row["joined"], row.get("joined_precision")), begin, end)
        entry = entry if joined else Span(begin.first, begin.first)
        cause = row.get("exit_cause")
        if pd.notna(row["left"]):
            ends = _ENDS.get(str(cause), LEFT)
            exit_ = _within(span(row["left"], row.get("left_precision")), begin, end)
        else:
            ends = UNKNOWN if over or cause == "not_established" else GOES_ON
            exit_ = Span(end.last, end.last)
        actor = row["actor_id"]
        rows.append(
            {
                "coalition_id": row["coalition_id"],
                "actor_id": actor,
                "name": str(names.get(actor, actor)),
                "spell": row.get("spell", 1),
                "leader": row.get("role") == "leader" or actor == leader,
                "share": share.get(actor, float("nan")),
                "begin_known": bool(joined),
                "ends": ends,
                "begin_first": entry.first,
                "begin_last": entry.last,
                "end_first": exit_.first,
                "end_last": exit_.last,
            }
        )
    return _ordered(pd.DataFrame(rows))


def _short_names(actors: pd.DataFrame) -> dict[str, str]:
    """Names by id; of long ones the abbreviation, if there is one."""
    require_columns(actors, ["actor_id", "name"], "actors")
    name = actors.set_index("actor_id")["name"].astype(str)
    if "abbreviation" in actors:
        brief = actors.set_index("actor_id")["abbreviation"]
        name = name.where((name.str.len() <= LONGEST) | brief.isna(), brief)
    return {str(k): str(v) for k, v in name.items()}


def power_share(power: pd.DataFrame, ids: Sequence[str], resource: str) -> dict[str, float]:
    """Each member's share of a resource, of the first value that it has in the coalitions.

    The first value is that of its earliest year; members without one have no share and do not
    count in the sum. Members that joined at different times are compared at different years.

    Raises:
        UnknownNameError: a column that is missing, a resource that these coalitions do not have.
    """
    require_columns(power, ["coalition_id", "actor_id", "year", "resource", "value"], "power")
    mine = power[power["coalition_id"].isin(list(ids)) & power["value"].notna()]
    if not (mine["resource"] == resource).any():
        has = ", ".join(sorted(mine["resource"].astype(str).unique())) or "none"
        raise UnknownNameError(f"no value of resource {resource!r} for these coalitions; has {has}")
    mine = mine[mine["resource"] == resource].sort_values("year", kind="stable")
    first = mine.groupby("actor_id")["value"].first()
    return {str(actor): float(share) for actor, share in (first / first.sum()).items()}


def _life(
    coalition: str, mine: pd.DataFrame, coalitions: pd.DataFrame | None
) -> tuple[Span, Span, object, bool]:
    """When a coalition may have begun and ended, who leads it, and whether it is over."""
    row: dict[Any, Any] = {}
    if coalitions is not None:
        found = coalitions[coalitions["coalition_id"] == coalition]
        row = found.iloc[0].to_dict() if len(found) else {}
    own = mine[mine["coalition_id"] == coalition]
    start = row.get("start", own["joined"].min())
    over = pd.notna(row.get("end"))
    stop = row["end"] if over else row.get("observed_until", own["left"].max())
    if pd.isna(start) or pd.isna(stop):
        lacking = "start" if pd.isna(start) else "end and no last observation"
        raise InvalidDataError(
            f"coalition {coalition!r} has no {lacking}; give the table of coalitions with start, "
            "end and observed_until"
        )
    begin = span(start, row.get("start_precision"))
    end = span(stop, row.get("end_precision") if over else "day")
    return begin, end, row.get("leader"), over


def _within(date: Span, begin: Span, end: Span) -> Span:
    """What is left of the days of an uncertain date inside the coalition's own life."""
    first = max(date.first, begin.first) if date.first < date.last else date.first
    last = min(date.last, end.last) if date.first < date.last else date.last
    return Span(first, last) if first <= last else date


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    entry = rows["begin_first"].where(rows["begin_known"])
    by_actor = pd.DataFrame(
        {
            "entry": entry.groupby(rows["actor_id"]).min(),
            "share": rows.groupby("actor_id")["share"].first(),
            "name": rows.groupby("actor_id")["name"].first(),
        }
    )
    order = by_actor.sort_values(
        ["entry", "share", "name"], ascending=[True, False, True], na_position="last"
    ).index
    lane = pd.Series(range(len(order)), index=order)
    rows.insert(0, "lane", rows["actor_id"].map(lane))
    return rows.sort_values(["lane", "begin_first"], kind="stable").reset_index(drop=True)
