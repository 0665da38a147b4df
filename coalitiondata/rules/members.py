"""Rules about who belongs to a coalition."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coalitiondata import problems

Frames = Mapping[str, pd.DataFrame]


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
    return problems.at(broken, coalitions, "coalitions", "leader", "leader_is_leading_member", hint)


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
    return problems.at(broken, candidates, "candidates", "joined", "candidates_match_members", hint)


def carried_over_were_members(frames: Frames) -> pd.DataFrame:
    """The members that a transformation carried over are two or more members of its coalition.

    Exception: a `party_split` befalls a single member.
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
    enough = (by_event["actor"].nunique() >= 2) | (events["kind"] == "party_split")
    broken = ~by_event["inside"].all() | ~enough.loc[listed.index.unique()]
    hint = "List two or more ids of members of the coalition, separated by semicolons."
    return problems.at(
        broken.reindex(events.index, fill_value=False),
        events,
        "transformations",
        "members_carried_over",
        "carried_over_were_members",
        hint,
    )
