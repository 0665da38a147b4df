"""Rules that tie columns and tables together: one function each, its docstring the rule.

Every rule takes the tables at hand (typed, positions as index) and returns the rows that break it;
a rule whose tables are not at hand finds nothing. Two dates are out of order only if they are so
however their precision is read: `1914` (year) and `1914-07-28` (day) are never out of order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from coalitiondata import problems

Frames = Mapping[str, pd.DataFrame]
Rule = Callable[[Frames], pd.DataFrame]

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


def _pairs(frames: Frames, suffix: str) -> Iterator[tuple[str, pd.DataFrame, str, str]]:
    """Each column `x` that has a companion `x_<suffix>`, with its table."""
    for name, frame in frames.items():
        for companion in frame.columns:
            column = companion.removesuffix(f"_{suffix}")
            if column != companion and column in frame:
                yield name, frame, column, companion


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
    spans = pd.DataFrame(
        {"from": earliest(coalitions, "start"), "to": ends}
    ).set_axis(coalitions["coalition_id"])
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


def two_members_at_least(frames: Frames) -> pd.DataFrame:
    """Every coalition has two different members or more.

    Exception: none; fewer than two actors are no coalition.
    """
    if not {"memberships", "coalitions"} <= frames.keys():
        return problems.none()
    coalitions = frames["coalitions"]
    sizes = frames["memberships"].groupby("coalition_id")["actor_id"].nunique()
    broken = coalitions["coalition_id"].map(sizes).fillna(0) < 2
    hint = "Fewer than two members in `memberships`; add them or remove the coalition."
    return problems.at(
        broken, coalitions, "coalitions", "coalition_id", "two_members_at_least", hint
    )


def one_leader_at_most(frames: Frames) -> pd.DataFrame:
    """At most one actor leads a coalition.

    Exception: one leader with several spells.
    """
    if "memberships" not in frames:
        return problems.none()
    members = frames["memberships"]
    leaders = members[members["role"] == "leader"]
    first = leaders.groupby("coalition_id")["actor_id"].transform("first")
    broken = (leaders["actor_id"] != first).reindex(members.index, fill_value=False)
    hint = "The coalition has another leader already; only one member can lead."
    return problems.at(broken, members, "memberships", "role", "one_leader_at_most", hint)


def leader_is_leading_member(frames: Frames) -> pd.DataFrame:
    """The `leader` of a coalition is its member with the role of leader.

    Exception: coalitions without a leader.
    """
    if not {"memberships", "coalitions"} <= frames.keys():
        return problems.none()
    coalitions, members = frames["coalitions"], frames["memberships"]
    leading = members.loc[members["role"] == "leader", ["coalition_id", "actor_id"]]
    pairs = pd.MultiIndex.from_frame(coalitions[["coalition_id", "leader"]])
    broken = coalitions["leader"].notna() & ~pairs.isin(pd.MultiIndex.from_frame(leading))
    hint = "`memberships` has no row with the role of leader for this actor."
    return problems.at(
        broken, coalitions, "coalitions", "leader", "leader_is_leading_member", hint
    )


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

    Exception: an ended coalition may lack a cause, if nobody coded it.
    """
    found = []
    for name in ("coalitions", "alliances"):
        if name not in frames:
            continue
        frame = frames[name]
        ended, ongoing = frame["status"] == "ended", frame["status"] == "ongoing"
        checks = [
            (ended & frame["end"].isna(), "end", "Has ended: give the end, or set it ongoing."),
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


def primary_unless_overlap(frames: Frames) -> pd.DataFrame:
    """A record is primary unless it points to the primary record of the same coalition.

    Exception: none; it must point to a primary record.
    """
    if "coalitions" not in frames:
        return problems.none()
    coalitions = frames["coalitions"]
    primary = coalitions["primary"].fillna(True).astype(bool)
    points = coalitions["overlaps_with"].notna()
    secondary = coalitions.loc[~primary, "coalition_id"]
    report = [
        problems.at(broken, coalitions, "coalitions", column, "primary_unless_overlap", hint)
        for broken, column, hint in [
            (primary & points, "primary", "Points to another record: set `primary` to false."),
            (~primary & ~points, "primary", "Not primary: `overlaps_with` must name the primary."),
            (
                ~primary & coalitions["overlaps_with"].isin(secondary),
                "overlaps_with",
                "Points to a record that is not primary itself.",
            ),
        ]
    ]
    return problems.together(report)


def precision_with_date(frames: Frames) -> pd.DataFrame:
    """A date has a precision, and a precision has a date.

    Exception: none.
    """
    found = []
    for name, frame, column, companion in _pairs(frames, "precision"):
        dated, precise = frame[column].notna(), frame[companion].notna()
        for broken, hint in [
            (dated & ~precise, f"`{column}` has a date: say day, month or year."),
            (~dated & precise, f"`{column}` has no date: leave its precision missing."),
        ]:
            found.append(
                problems.at(broken, frame, name, companion, "precision_with_date", hint)
            )
    return problems.together(found)


def basis_with_value(frames: Frames) -> pd.DataFrame:
    """A value says whether it was coded, derived or curated; a missing value has no basis.

    Exception: none.
    """
    found = []
    for name, frame, column, companion in _pairs(frames, "basis"):
        filled, based = frame[column].notna(), frame[companion].notna()
        for broken, hint in [
            (filled & ~based, f"`{column}` has a value: say where it comes from."),
            (~filled & based, f"`{column}` is missing: leave its basis missing."),
        ]:
            found.append(problems.at(broken, frame, name, companion, "basis_with_value", hint))
    return problems.together(found)


def missing_power_has_reason(frames: Frames) -> pd.DataFrame:
    """A missing amount of power says why it is missing, and only a missing one does.

    Exception: none.
    """
    if "power" not in frames:
        return problems.none()
    power = frames["power"]
    broken = power["value"].isna() != power["missing_reason"].notna()
    hint = "Give either a value or the reason why it is missing."
    return problems.at(
        broken, power, "power", "missing_reason", "missing_power_has_reason", hint
    )


def one_unit_per_resource(frames: Frames) -> pd.DataFrame:
    """All amounts of one resource are in one unit.

    Exception: none; convert before entering.
    """
    if "power" not in frames:
        return problems.none()
    power = frames["power"]
    usual = power.groupby("resource")["unit"].transform(lambda units: units.mode().iloc[0])
    broken = power["unit"].notna() & (power["unit"] != usual)
    hint = "Other rows of this resource have another unit."
    return problems.at(broken, power, "power", "unit", "one_unit_per_resource", hint)


def pairs_once(frames: Frames) -> pd.DataFrame:
    """A pair of states stands once per year, the state with the lower COW code first.

    Exception: states whose code is not at hand must only differ.
    """
    if "dyads" not in frames:
        return problems.none()
    dyads = frames["dyads"]
    broken = dyads["actor_a"] == dyads["actor_b"]
    if "actors" in frames:
        actors = frames["actors"].drop_duplicates("actor_id").set_index("actor_id")
        codes = actors["cow_code"].astype("float64")
        broken |= dyads["actor_a"].map(codes) > dyads["actor_b"].map(codes)
    hint = "`actor_a` must be the state with the lower COW code, `actor_b` another state."
    return problems.at(broken, dyads, "dyads", "actor_b", "pairs_once", hint)


def candidates_match_members(frames: Frames) -> pd.DataFrame:
    """A candidate has joined exactly if it is a member of the coalition.

    Exception: members that were no candidates, as ministers without a party or a seat.
    """
    if not {"candidates", "memberships"} <= frames.keys():
        return problems.none()
    candidates = frames["candidates"]
    key = ["coalition_id", "actor_id"]
    inside = pd.MultiIndex.from_frame(candidates[key]).isin(
        pd.MultiIndex.from_frame(frames["memberships"][key])
    )
    broken = candidates["joined"].notna() & (candidates["joined"] != inside)
    hint = "`joined` and the rows of `memberships` disagree."
    return problems.at(
        broken, candidates, "candidates", "joined", "candidates_match_members", hint
    )


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
    return problems.at(
        broken, events, "transformations", "date", "transformation_in_window", hint
    )


def carried_over_were_members(frames: Frames) -> pd.DataFrame:
    """The members that a transformation carried over are two or more members of its coalition.

    Exception: none.
    """
    if not {"transformations", "memberships"} <= frames.keys():
        return problems.none()
    events = frames["transformations"]
    listed = events[["coalition_id", "members_carried_over"]].dropna()
    listed = listed.assign(actor_id=listed["members_carried_over"].str.split(";"))
    listed = listed.explode("actor_id")
    key = ["coalition_id", "actor_id"]
    inside = pd.MultiIndex.from_frame(listed[key]).isin(
        pd.MultiIndex.from_frame(frames["memberships"][key])
    )
    by_event = pd.DataFrame({"inside": inside, "actor": listed["actor_id"]}).groupby(level=0)
    broken = ~by_event["inside"].all() | (by_event["actor"].nunique() < 2)
    hint = "List two or more ids of members of the coalition, separated by semicolons."
    return problems.at(
        broken.reindex(events.index, fill_value=False),
        events,
        "transformations",
        "members_carried_over",
        "carried_over_were_members",
        hint,
    )


def based_on_known_sources(frames: Frames) -> pd.DataFrame:
    """A computed source names the sources it was computed from, and they exist.

    Exception: original sources, which name none.
    """
    if "sources" not in frames:
        return problems.none()
    sources = frames["sources"]
    named = sources["based_on"].dropna().str.split(";").explode()
    unknown = ~named.isin(sources["source_id"])
    broken = unknown.groupby(level=0).any().reindex(sources.index, fill_value=False)
    hint = "Names a source id that is not in `sources`; separate ids by semicolons."
    return problems.at(broken, sources, "sources", "based_on", "based_on_known_sources", hint)


RULES: tuple[Rule, ...] = (
    dates_in_order,
    members_inside_coalition,
    two_members_at_least,
    one_leader_at_most,
    leader_is_leading_member,
    spells_in_sequence,
    ended_has_end,
    primary_unless_overlap,
    precision_with_date,
    basis_with_value,
    missing_power_has_reason,
    one_unit_per_resource,
    pairs_once,
    candidates_match_members,
    predecessor_came_before,
    transformation_in_window,
    carried_over_were_members,
    based_on_known_sources,
)
