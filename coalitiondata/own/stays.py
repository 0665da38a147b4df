"""The table `members`, checked row against row: who was in which coalition from when to when."""

from __future__ import annotations

import pandas as pd

from coalitiondata import problems
from coalitiondata.own.findings import Findings
from coalitiondata.own.options import Options
from coalitiondata.own.spans import derived_spans
from coalitiondata.own.states import match_states
from coalitiondata.rules.dates import (
    dates_in_order,
    earliest,
    latest,
    members_inside_coalition,
    spells_in_sequence,
)
from coalitiondata.rules.members import one_leader_at_most

_DATES = ["joined", "joined_precision", "left", "left_precision"]


def filled(
    members: pd.DataFrame, coalitions: pd.DataFrame, options: Options, found: Findings
) -> pd.DataFrame:
    """The rows with the dates of their coalition where they have none of their own."""
    members = members.reindex(columns=list(dict.fromkeys([*members.columns, *_DATES])))
    members = members.astype(dict.fromkeys(["joined", "left"], "datetime64[s]"))
    of = coalitions.set_index("coalition").reindex(members["coalition"]).set_axis(members.index)
    joined, left = options.names["joined"], options.names["left"]
    undated = members["joined"].isna() & ~found.bad("members")
    start = of["start"].where(undated)
    hint = "A date is required, unless `coalitions` gives the start."
    missing = undated & start.isna()
    if joined in found.given["members"]:
        given = found.given["members"].reset_index(drop=True)
        found.add(problems.at(missing, given, "members", joined, "required", hint), spoils=True)
    elif missing.any():
        hint = (
            "The column is missing; add it, or give the start of every coalition in `coalitions`."
        )
        found.add(problems.one("members", joined, "column", hint))
        found.spoil("members", missing.index[missing].to_series())
    if left not in found.given["members"] and of["end"].isna().all() and options.until is None:
        hint = "The column is missing; add it, or say until=<last day of observation>."
        found.add(problems.one("members", left, "column", hint))
    stays = members["left"].isna() & of["end"].notna()
    return members.assign(
        joined=members["joined"].fillna(start).astype("datetime64[s]"),
        joined_precision=members["joined_precision"].where(~undated, of["start_precision"]),
        left=members["left"].fillna(of["end"].where(stays)).astype("datetime64[s]"),
        left_precision=members["left_precision"].where(~stays, of["end_precision"]),
    )


def with_actors(members: pd.DataFrame, options: Options, found: Findings) -> pd.DataFrame:
    """The rows with `actor_id`: the state that a label meant then, or the label itself."""
    if options.states is None:
        return members.assign(actor_id=members["member"], in_system=None)
    # A row whose date is refused may have a wrong name, too.
    usable = members[members["member"].notna()]
    matched = match_states(
        usable["member"],
        earliest(usable, "joined"),
        latest(usable, "joined"),
        states=options.states,
    )
    given = found.given["members"].reset_index(drop=True)
    column = options.names["member"]
    undated = usable["joined"].isna() & matched["hint"].fillna("").str.startswith("Which state")
    matched["hint"] = matched["hint"].mask(undated)
    found.spoil("members", undated.index[undated].to_series())
    for hint in matched["hint"].dropna().unique():
        rows = (matched["hint"] == hint).reindex(members.index, fill_value=False)
        found.add(problems.at(rows, given, "members", column, "state", hint), spoils=True)
    return members.join(matched[["actor_id", "in_system"]])


def check(members: pd.DataFrame, coalitions: pd.DataFrame, options: Options,
          found: Findings) -> None:  # fmt: skip
    """Report what is wrong between columns and between rows."""
    usable = members[~found.bad("members")]
    _report(dates_in_order, {}, usable, options, found)
    usable = members[~found.bad("members")]
    given = found.given["members"].reset_index(drop=True)
    again = usable.duplicated(["coalition", "actor_id", "joined"])
    hint = "Another row has the same member joining the same coalition on the same day."
    found.add(
        problems.at(again.reindex(members.index, fill_value=False), given, "members",
                    options.names["member"], "primary_key", hint),
        spoils=True,
    )  # fmt: skip
    usable = members[~found.bad("members")]
    _report(spells_in_sequence, {}, usable, options, found, column="joined")
    _still_in_but_back(members, options, found)
    stated = coalitions.rename(columns={"coalition": "coalition_id"}).assign(status="ended")
    stated = stated[stated["start"].notna() | stated["end"].notna()]
    stated = stated.assign(observed_until=stated["end"])
    usable = members[~found.bad("members")]
    _report(members_inside_coalition, {"coalitions": stated}, usable, options, found)
    if "role" in members:
        usable = members[~found.bad("members")]
        _report(one_leader_at_most, {}, usable, options, found, spoils=False)


def numbered(members: pd.DataFrame) -> pd.Series:
    """1 for a member's first stay in a coalition, 2 for its return."""
    ordered = members.sort_values(["coalition", "actor_id", "joined"], kind="stable")
    return (ordered.groupby(["coalition", "actor_id"]).cumcount() + 1).reindex(members.index)


def check_sizes(members: pd.DataFrame, options: Options, found: Findings) -> None:
    """Report coalitions that never had two members at a time, and stays that had no company."""
    usable = members[~found.bad("members")]
    given = found.given["members"].reset_index(drop=True)
    spans = derived_spans(usable)
    alone = usable["coalition"].isin(spans.index[spans["start"].isna()])
    first = alone & ~usable[alone].duplicated("coalition").reindex(usable.index, fill_value=False)
    hint = (
        "Never had two members at a time, so it is no coalition (rows with a problem count as "
        "absent)."
    )
    rows = first.reindex(members.index, fill_value=False)
    column = options.names["coalition"]
    found.add(problems.at(rows, given, "members", column, "two_members_at_least", hint))
    found.spoil("members", usable.index[alone].to_series())
    rest = usable[~alone]
    of = spans.reindex(rest["coalition"]).set_axis(rest.index)
    outside = (latest(rest, "left") < earliest(of, "start")) | (
        earliest(rest, "joined") > latest(of, "end")
    )
    hint = "Nobody else was in the coalition at that time."
    rows = outside.reindex(members.index, fill_value=False)
    found.add(
        problems.at(rows, given, "members", options.names["joined"], "company", hint), spoils=True
    )


def check_observation(
    members: pd.DataFrame, until: pd.Series, ended: pd.Series, options: Options, found: Findings
) -> None:
    """Report dates after the end of observation, and coalitions going on that have no such end.

    `until` and `ended` are by coalition.
    """
    usable = members[~found.bad("members")]
    given = found.given["members"].reset_index(drop=True)
    last = usable["coalition"].map(until)
    for column in ("joined", "left"):
        late = earliest(usable, column) > last
        rows = late.reindex(members.index, fill_value=False)
        theirs = options.names[column]
        theirs = theirs if theirs in given else options.names["coalition"]
        hint = "Lies after the last day of observation; correct it, or `until`."
        found.add(problems.at(rows, given, "members", theirs, "observed_until", hint), spoils=True)
    usable = members[~found.bad("members")]
    open_end = usable["coalition"].map(ended).isna() & usable["coalition"].map(until).isna()
    rows = (open_end & usable["left"].isna()).reindex(members.index, fill_value=False)
    theirs = options.names["left"] if options.names["left"] in given else options.names["coalition"]
    hint = (
        "Still in, and nothing says until when the coalition was observed: say until=<date>, or "
        "give `observed_until` in `coalitions`."
    )
    found.add(problems.at(rows, given, "members", theirs, "observed_until", hint))
    found.spoil("members", usable.index[open_end].to_series())


def _still_in_but_back(members: pd.DataFrame, options: Options, found: Findings) -> None:
    usable = members[~found.bad("members")]
    ordered = usable.sort_values(["coalition", "actor_id", "joined"], kind="stable")
    later = ordered.groupby(["coalition", "actor_id"]).cumcount(ascending=False) > 0
    open_stay = (later & ordered["left"].isna()).reindex(members.index, fill_value=False)
    given = found.given["members"].reset_index(drop=True)
    hint = "The member joins again later: say when it left before."
    column = options.names["left" if options.names["left"] in given else "joined"]
    found.add(
        problems.at(open_stay, given, "members", column, "spells_in_sequence", hint), spoils=True
    )


def _report(
    rule: object,
    others: dict[str, pd.DataFrame],
    usable: pd.DataFrame,
    options: Options,
    found: Findings,
    *,
    column: str | None = None,
    spoils: bool = True,
) -> None:
    """Run a rule of the data set on the usable rows and report it in the user's words."""
    as_table = usable.rename(columns={"coalition": "coalition_id"})
    broken = rule({"memberships": as_table.assign(spell=numbered(usable)), **others})  # type: ignore[operator]
    broken = broken[broken["table"] == "memberships"]
    theirs = broken["column"].map(lambda name: options.names.get(column or name, name))
    given = found.given["members"].reset_index(drop=True)
    values = [
        given.loc[row, name] if name in given else None
        for row, name in zip(broken["row"], theirs, strict=True)
    ]
    found.add(broken.assign(table="members", column=theirs, value=values), spoils=spoils)
