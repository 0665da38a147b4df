"""The rules of the curated files of organisations: one report of all that breaks them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from coalitiondata import problems, schema
from coalitiondata.build.isodates import PATTERN, partial_iso
from coalitiondata.rules.dates import earliest, latest

COALITIONS, MEMBERS = "ngo_coalitions", "ngo_members"
ORGANISATIONS, RESOURCES = "ngo_organisations", "ngo_resources"
CODINGS = "ngo_codings"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    COALITIONS: (
        "coalition_key", "name", "form", "started", "ended", "observed_until", "end_cause", "goal",
        "goal_type", "issue_area", "goal_outcome", "transformation", "transformed_on", "became",
        "went_on", "next_goal", "leader", "governance", "founding_members_n", "peak_members_n",
        "scope", "country", "source_urls", "notes",
    ),
    MEMBERS: (
        "coalition_key", "actor_id", "name", "role", "joined", "left", "exit_cause", "source_urls",
    ),
    ORGANISATIONS: (
        "actor_id", "name", "kind", "country", "founded", "issue_areas", "source_urls",
    ),
    RESOURCES: ("actor_id", "resource", "value", "unit", "year", "source_urls"),
    CODINGS: ("coalition_key", "variable", "first", "second", "settled", "reason"),
}  # fmt: skip
KEYS = {
    COALITIONS: ["coalition_key"],
    MEMBERS: ["coalition_key", "actor_id"],
    ORGANISATIONS: ["actor_id"],
    RESOURCES: ["actor_id", "resource", "year"],
    CODINGS: ["coalition_key", "variable"],
}
REQUIRED = {
    COALITIONS: (
        "coalition_key", "name", "form", "started", "observed_until", "end_cause", "goal",
        "goal_type", "issue_area", "goal_outcome", "transformation", "went_on", "governance",
        "scope", "source_urls",
    ),
    MEMBERS: ("coalition_key", "actor_id", "role", "source_urls"),
    ORGANISATIONS: ("actor_id", "name", "kind"),
    RESOURCES: ("actor_id", "resource", "value", "unit", "year", "source_urls"),
    CODINGS: ("coalition_key", "variable"),
}  # fmt: skip
DATES = {COALITIONS: ("started", "ended", "observed_until", "transformed_on"),
         MEMBERS: ("joined", "left"), ORGANISATIONS: ("founded",)}  # fmt: skip
# Codes of the curated files that the tables leave missing or write otherwise.
FORMS = ("coalition", "alliance", "network")
ONGOING, UNKNOWN, NONE = "ongoing", "unknown", "none"
OUTCOMES = ("achieved", "partly_achieved", "not_achieved", "pending", UNKNOWN)
TRANSFORMATIONS = (
    "permanent_organisation", "organisation_merger", "permanent_secretariat", "political_party",
    NONE, UNKNOWN,
)  # fmt: skip
END_CAUSES = (
    "goal_achieved", "goal_unachievable", "occasion_passed", "wound_up", "merged", "transformed",
    "split", "suppressed", "faded", UNKNOWN, ONGOING,
)  # fmt: skip
EXITS = ("left", "expelled", "dissolved", "merged")
ROLES = ("leader", "founder", "steering", "member")
FEWEST = 3


def check(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every problem of the frames, as a report of `coalitiondata.problems`."""
    found = [each for name, frame in frames.items() for each in _single(name, frame)]
    return problems.together([*found, *_linked(frames), *_coalition_rules(frames[COALITIONS])])


def vocabulary() -> dict[str, dict[str, tuple[str, ...]]]:
    """The codes that each coded column may hold, by file and column."""
    campaigns, levels = schema.table("campaigns"), {}
    for column in ("goal_type", "issue_area", "governance", "scope", "went_on"):
        levels[column] = _levels(campaigns, column)
    areas = levels["issue_area"]
    return {
        COALITIONS: {
            "form": FORMS,
            "end_cause": END_CAUSES,
            "goal_outcome": OUTCOMES,
            "transformation": TRANSFORMATIONS,
            **levels,
            "governance": (*levels["governance"], UNKNOWN),
            "went_on": (*levels["went_on"], UNKNOWN),
        },
        MEMBERS: {"role": ROLES, "exit_cause": EXITS},
        ORGANISATIONS: {
            "kind": _levels(schema.table("actors"), "organisation_kind"),
            "issue_areas": areas,
        },
        RESOURCES: {
            "resource": ("annual_revenue", "staff", "membership", "member_bodies"),
            "unit": _levels(schema.table("power"), "unit"),
        },
        CODINGS: {"variable": _levels(schema.table("codings"), "variable")},
    }


def _single(name: str, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Rules of one file: required cells, keys, codes, dates, numbers, addresses."""
    for column in REQUIRED[name]:
        hint = "A value is required."
        yield problems.at(frame[column].isna(), frame, name, column, "required", hint)
    again = frame.duplicated(KEYS[name], keep="first")
    hint = f"An earlier row has the same {', '.join(KEYS[name])}."
    yield problems.at(again, frame, name, KEYS[name][-1], "primary_key", hint)
    for column, codes in vocabulary()[name].items():
        parts = frame[column].str.split(";").explode()
        strange = (parts.notna() & ~parts.isin(codes)).groupby(level=0).any()
        hint = f"Give one of {', '.join(codes)}."
        yield problems.at(strange, frame, name, column, "vocabulary", hint)
    for column in DATES.get(name, ()):
        bad = frame[column].notna() & ~frame[column].map(_is_date, na_action="ignore").eq(True)
        hint = "Write 1998, 1998-10 or 1998-10-14, a day that the calendar has."
        yield problems.at(bad, frame, name, column, "date", hint)
    for column in ("founding_members_n", "peak_members_n", "year"):
        if column in frame:
            bad = frame[column].notna() & ~frame[column].str.fullmatch(r"[1-9]\d*").eq(True)
            yield problems.at(bad, frame, name, column, "number", "Write a whole number.")
    for column in ("country", "actor_id", "coalition_key"):
        if column in frame:
            pattern = r"[A-Z]{3}" if column == "country" else r"[a-z0-9]+(-[a-z0-9]+)*"
            bad = frame[column].notna() & ~frame[column].str.fullmatch(pattern).eq(True)
            yield problems.at(bad, frame, name, column, "pattern", f"Must match {pattern}.")
    if "source_urls" not in frame:
        return
    urls = frame["source_urls"].str.split(";").explode()
    bad = (urls.notna() & ~urls.str.fullmatch(r"https?://[^\s;]+").eq(True)).groupby(level=0).any()
    hint = "Give addresses that begin with http, separated by semicolons."
    yield problems.at(bad, frame, name, "source_urls", "address", hint)


def _linked(frames: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Rules between the files: no orphans, enough members, one leader who is a member."""
    coalitions, members = frames[COALITIONS], frames[MEMBERS]
    known = frames[ORGANISATIONS]["actor_id"]
    orphan = ~members["coalition_key"].isin(coalitions["coalition_key"])
    hint = f"{COALITIONS}.csv has no such coalition."
    yield problems.at(orphan, members, MEMBERS, "coalition_key", "orphan_member", hint)
    for name in (MEMBERS, RESOURCES):
        stray = ~frames[name]["actor_id"].isin(known)
        hint = f"{ORGANISATIONS}.csv has no such organisation."
        yield problems.at(stray, frames[name], name, "actor_id", "orphan_member", hint)
    yield from _settled(coalitions, frames[CODINGS])
    size = coalitions["coalition_key"].map(members.groupby("coalition_key")["actor_id"].nunique())
    hint = f"Name at least {FEWEST} members in {MEMBERS}.csv, or leave the coalition out."
    few = size.fillna(0) < FEWEST
    yield problems.at(few, coalitions, COALITIONS, "coalition_key", "three_members", hint)
    leaders = members[members["role"] == "leader"].drop_duplicates("coalition_key")
    leads = coalitions["coalition_key"].map(leaders.set_index("coalition_key")["actor_id"])
    differs = leads.fillna("") != coalitions["leader"].fillna("")
    hint = f"Must be the member with the role of leader in {MEMBERS}.csv, or empty without one."
    yield problems.at(differs, coalitions, COALITIONS, "leader", "leader_is_member", hint)
    more = (members["role"] == "leader") & members[members["role"] == "leader"].duplicated(
        "coalition_key"
    ).reindex(members.index, fill_value=False)
    hint = "The coalition has another leader already."
    yield problems.at(more, members, MEMBERS, "role", "one_leader", hint)
    stayed = members["exit_cause"].notna() & members["left"].isna()
    hint = "Has a cause of exit: date it in `left`, to the year at least, or drop the cause."
    yield problems.at(stayed, members, MEMBERS, "exit_cause", "exit_has_date", hint)


def _settled(coalitions: pd.DataFrame, codings: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """What was settled between the two codings is what the data hold, with a reason."""
    orphan = ~codings["coalition_key"].isin(coalitions["coalition_key"])
    hint = f"{COALITIONS}.csv has no such coalition."
    yield problems.at(orphan, codings, CODINGS, "coalition_key", "orphan_coding", hint)
    held = coalitions.melt("coalition_key", value_name="held")
    held = held.drop_duplicates(["coalition_key", "variable"])
    value = codings.merge(held, on=["coalition_key", "variable"], how="left")["held"]
    value = value.set_axis(codings.index).fillna("")
    differs = ~orphan & (codings["settled"].fillna("") != value)
    hint = f"{COALITIONS}.csv holds another value; settle on it here or correct it there."
    yield problems.at(differs, codings, CODINGS, "settled", "settled_is_held", hint)
    settled = codings["settled"].fillna("")
    both = (codings["first"].fillna("") == settled) & (codings["second"].fillna("") == settled)
    hint = "The readers differed, or neither was followed: give the reason."
    bare = ~both & codings["reason"].isna()
    yield problems.at(bare, codings, CODINGS, "reason", "reason_if_different", hint)


def _coalition_rules(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Rules that tie the columns of a coalition together."""
    cause, outcome = rows["end_cause"], rows["goal_outcome"]
    ongoing, changed = cause == ONGOING, ~rows["transformation"].isin([NONE, UNKNOWN])
    local = rows["scope"].isin(["local", "national"])
    no_day = rows["ended"].isna()
    for broken, column, rule, hint in (
        (ongoing & ~no_day, "ended", "ongoing_has_no_end", "Is ongoing: leave it empty."),
        (
            ~no_day & (rows["observed_until"] != rows["ended"]),
            "observed_until",
            "observed_to_the_end",
            "Has ended on a known date: repeat it here.",
        ),
        (
            (cause == "goal_achieved") & (outcome != "achieved"),
            "goal_outcome",
            "achieved_goal_is_achieved",
            "Ended because the goal was achieved: then the outcome is `achieved`; else give "
            "another cause of the end, as `wound_up`.",
        ),
        (
            (outcome == "pending") & ~ongoing,
            "goal_outcome",
            "pending_only_if_ongoing",
            "Has ended: the goal was achieved, partly, not, or it is unknown.",
        ),
        (
            (cause == "transformed") & ~changed,
            "transformation",
            "transformed_into_something",
            "Ended by transformation: say into what.",
        ),
        (
            ~changed & (rows["transformed_on"].notna() | rows["became"].notna()),
            "transformation",
            "nothing_became_of_nothing",
            "Has a date or name of a transformation: say of which kind, or drop them.",
        ),
        (local & rows["country"].isna(), "country", "country_if_local", "Name the country."),
        (
            ~local & rows["country"].notna(),
            "country",
            "country_if_local",
            "Works in several countries: leave it empty.",
        ),
        (
            rows["next_goal"].notna() & (rows["went_on"] != "yes"),
            "went_on",
            "next_goal_if_went_on",
            "Has a next goal: then it went on.",
        ),
        (
            (rows["leader"].isna()) & (rows["governance"] == "single_host"),
            "leader",
            "host_is_named",
            "Run by a single host: name it as leader, or code the governance as unknown.",
        ),
    ):
        yield problems.at(broken, rows, COALITIONS, column, rule, hint)
    for before, after in (
        ("started", "ended"),
        ("started", "observed_until"),
        ("started", "transformed_on"),
    ):
        broken = _bounds(rows[before], earliest) > _bounds(rows[after], latest)
        hint = f"`{after}` lies before `{before}`."
        yield problems.at(broken, rows, COALITIONS, after, "dates_in_order", hint)


def _bounds(text: pd.Series, bound: Callable[[pd.DataFrame, str], pd.Series]) -> pd.Series:
    """First or last day that dates written with their precision can mean; bad ones are missing."""
    good = text.where(text.map(_is_date, na_action="ignore").eq(True))
    known = partial_iso(good.rename("date"))
    return bound(known.rename(columns={"precision": "date_precision"}), "date")


def _is_date(text: str) -> bool:
    found = re.fullmatch(PATTERN, text)
    if found is None:
        return False
    year, month, day = (int(part or 1) for part in found.groups())
    return (
        1 <= month <= 12 and 1 <= day <= pd.Period(year=year, month=month, freq="M").days_in_month
    )


def _levels(table: schema.Table, column: str) -> tuple[str, ...]:
    return next(field.levels for field in table.fields if field.name == column)
