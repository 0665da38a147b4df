"""Rules about the order of dates.

Two dates are out of order only if they are so however their precision is read: `1914` (year) and
`1914-07-28` (day) are never out of order.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coalitiondata import problems

Frames = Mapping[str, pd.DataFrame]

_LEAD_YEARS = 10  # as the description of `transformations` says


def earliest(frame: pd.DataFrame, column: str) -> pd.Series:
    """First day that `column` can mean, given its precision."""
    return _bound(frame, column, first=True)


def latest(frame: pd.DataFrame, column: str) -> pd.Series:
    """Last day that `column` can mean, given its precision."""
    return _bound(frame, column, first=False)


def _bound(frame: pd.DataFrame, column: str, *, first: bool) -> pd.Series:
    days = frame[column].to_numpy(dtype="datetime64[D]")
    bounds = pd.Series(days.astype("datetime64[s]"), index=frame.index)
    if f"{column}_precision" not in frame:
        return bounds
    for level, unit in (("month", "datetime64[M]"), ("year", "datetime64[Y]")):
        period = days.astype(unit)
        edge = period.astype("datetime64[D]") if first else (period + 1).astype("datetime64[D]") - 1
        coarse = pd.Series(edge.astype("datetime64[s]"), index=frame.index)
        bounds = bounds.mask(frame[f"{column}_precision"] == level, coarse)
    return bounds


def dates_in_order(frames: Frames) -> pd.DataFrame:
    """No end, exit, dissolution or terminal event comes before its beginning.

    Exception: dates known to the month or year, which may lie anywhere within it.
    """
    ordered = {
        "coalitions": [
            ("start", "end"),
            ("start", "observed_until"),
            ("end", "observed_until"),
            ("start", "terminated"),
            ("chamber_elected", "start"),
        ],
        "memberships": [("joined", "left")],
        "alliances": [("start", "end"), ("start", "observed_until")],
        "alliance_members": [("joined", "left")],
        "actors": [("founded", "dissolved")],
    }
    found = []
    for name, pairs in ordered.items():
        for before, after in pairs if name in frames else []:
            frame = frames[name]
            broken = earliest(frame, before) > latest(frame, after)
            hint = f"`{after}` lies before `{before}`; correct one of them."
            found.append(problems.at(broken, frame, name, after, "dates_in_order", hint))
    return problems.together(found)


def coarse_dates_at_midpoint(frames: Frames) -> pd.DataFrame:
    """A date known to the month is stored as the 15th, one known to the year as 1 July.

    Exception: none.
    """
    found = []
    for name, frame in frames.items():
        for companion in frame.columns:
            column = companion.removesuffix("_precision")
            if column == companion or column not in frame:
                continue
            day, month = frame[column].dt.day, frame[column].dt.month
            filled = frame[column].notna()
            level = frame[companion]
            for broken, hint in [
                ((level == "month") & filled & (day != 15), "Known to the month: store the 15th."),
                (
                    (level == "year") & filled & ((day != 1) | (month != 7)),
                    "Known to the year: store 1 July.",
                ),
            ]:
                found.append(
                    problems.at(broken, frame, name, column, "coarse_dates_at_midpoint", hint)
                )
    return problems.together(found)


def members_inside_coalition(frames: Frames) -> pd.DataFrame:
    """A member joins no earlier than its coalition starts and leaves no later than it ends.

    Exception: dates known to the month or year, and coalitions without an end, which bound a
    member only by the day on which they were last observed.
    """
    if not {"memberships", "coalitions"} <= frames.keys():
        return problems.none()
    members, coalitions = frames["memberships"], frames["coalitions"]
    ongoing = coalitions["status"] == "ongoing"
    ends = latest(coalitions, "end").fillna(coalitions["observed_until"].where(ongoing))
    spans = pd.DataFrame({"from": earliest(coalitions, "start"), "to": ends}).set_axis(
        coalitions["coalition_id"]
    )
    spans = spans[~spans.index.duplicated()].reindex(members["coalition_id"])
    starts, stops = spans["from"].to_numpy(), spans["to"].to_numpy()
    found = [
        problems.at(broken, members, "memberships", column, "members_inside_coalition", hint)
        for broken, column, hint in [
            (latest(members, "joined") < starts, "joined", "Joined before the coalition starts."),
            (earliest(members, "joined") > stops, "joined", "Joined after the coalition ended."),
            (earliest(members, "left") > stops, "left", "Left after the coalition ended."),
        ]
    ]
    return problems.together(found)


def spells_in_sequence(frames: Frames) -> pd.DataFrame:
    """The spells of a member are numbered 1, 2, ... and a later one starts after the earlier ended.

    Exception: an end or a beginning that nobody knows.
    """
    found = []
    for name, group in (("memberships", "coalition_id"), ("alliance_members", "alliance_id")):
        if name not in frames:
            continue
        frame = frames[name]
        ordered = frame.assign(_from=latest(frame, "joined"), _to=earliest(frame, "left"))
        ordered = ordered.sort_values([group, "actor_id", "spell"], kind="stable")
        spells = ordered.groupby([group, "actor_id"])
        gap = ordered["spell"] != spells.cumcount() + 1
        overlap = ordered["_from"] < spells["_to"].shift()
        for broken, hint in [
            (gap, "Spells of one member must be numbered 1, 2, ... without gaps."),
            (overlap & ~gap, "This spell begins before the member's spell before it ended."),
        ]:
            rows = broken.reindex(frame.index)
            found.append(problems.at(rows, frame, name, "spell", "spells_in_sequence", hint))
    return problems.together(found)


def ended_has_end(frames: Frames) -> pd.DataFrame:
    """What has ended has an end date; what is ongoing has neither an end nor a cause of one.

    Exception: an ended coalition may lack a cause, if nobody coded it, and a coalition of
    organisations its end, if no source dates it.
    """
    found = []
    for name in ("coalitions", "alliances"):
        if name not in frames:
            continue
        frame = frames[name]
        ended, ongoing = frame["status"] == "ended", frame["status"] == "ongoing"
        undated = ended & frame["end"].isna()
        if "family" in frame:
            undated &= ~(frame["family"] == "ngo")
        checks = [
            (undated, "end", "Has ended: give the end, or set it ongoing."),
            (ongoing & frame["end"].notna(), "end", "Is ongoing: leave the end missing."),
        ]
        if "end_cause" in frame:
            hint = "Is ongoing: leave the cause of the end missing."
            checks.append((ongoing & frame["end_cause"].notna(), "end_cause", hint))
        found += [
            problems.at(broken, frame, name, column, "ended_has_end", hint)
            for broken, column, hint in checks
        ]
    return problems.together(found)


def predecessor_came_before(frames: Frames) -> pd.DataFrame:
    """The predecessor of a coalition started before it.

    Exception: predecessors that are not at hand.
    """
    if "coalitions" not in frames:
        return problems.none()
    coalitions = frames["coalitions"]
    starts = pd.Series(earliest(coalitions, "start").to_numpy(), index=coalitions["coalition_id"])
    before = coalitions["predecessor"].map(starts[~starts.index.duplicated()])
    broken = before >= latest(coalitions, "start")
    hint = "Starts no earlier than the coalition it should precede."
    return problems.at(
        broken, coalitions, "coalitions", "predecessor", "predecessor_came_before", hint
    )


def transformation_in_window(frames: Frames) -> pd.DataFrame:
    """A transformation happens after the coalition starts and within ten years after it ends.

    Exception: dates known to the month or year; an ongoing coalition sets no last day.
    """
    if not {"transformations", "coalitions"} <= frames.keys():
        return problems.none()
    events, coalitions = frames["transformations"], frames["coalitions"]
    spans = pd.DataFrame(
        {
            "from": earliest(coalitions, "start"),
            "to": latest(coalitions, "end") + pd.DateOffset(years=_LEAD_YEARS),
        }
    ).set_axis(coalitions["coalition_id"])
    spans = spans[~spans.index.duplicated()].reindex(events["coalition_id"])
    broken = (latest(events, "date") < spans["from"].to_numpy()) | (
        earliest(events, "date") > spans["to"].to_numpy()
    )
    hint = f"Lies before the coalition starts or over {_LEAD_YEARS} years after its end."
    return problems.at(broken, events, "transformations", "date", "transformation_in_window", hint)
