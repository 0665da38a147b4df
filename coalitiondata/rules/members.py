"""Rules about who belongs to a coalition."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coalitiondata import problems

Frames = Mapping[str, pd.DataFrame]

SOON = pd.Timedelta(days=2 * 366).as_unit("s")


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


def one_cabinet_at_a_time(frames: Frames) -> pd.DataFrame:
    """A country has one cabinet at a time, so no party is in government and opposition at once.

    Exception: families other than governing, and records that are not primary.
    """
    if "coalitions" not in frames:
        return problems.none()
    coalitions = frames["coalitions"]
    cabinets = coalitions[(coalitions["family"] == "governing") & coalitions["primary"]]
    cabinets = cabinets.sort_values(["arena", "start"], kind="stable")
    following = cabinets.groupby("arena")["start"].shift(-1)
    # An ongoing cabinet followed by another overlaps with it as well.
    too_late = (cabinets["end"] > following) | (cabinets["status"] == "ongoing")
    broken = following.notna() & too_late
    hint = "The country's next cabinet starts before this one ends; correct one of the dates."
    return problems.at(
        broken.reindex(coalitions.index, fill_value=False),
        coalitions,
        "coalitions",
        "end",
        "one_cabinet_at_a_time",
        hint,
    )


def seats_within_chamber(frames: Frames) -> pd.DataFrame:
    """No party has more seats than its chamber.

    Exception: chambers whose stated size leaves out seats that parties hold (France, overseas);
    there the seats of all candidates count.
    """
    if not {"power", "coalitions", "candidates"} <= frames.keys():
        return problems.none()
    power = frames["power"]
    stated = frames["coalitions"].set_index("coalition_id")["chamber_seats"].astype("float64")
    counted = frames["candidates"].groupby("coalition_id")["seats"].sum().astype("float64")
    chamber = pd.concat([stated, counted]).groupby(level=0).max()
    size = power["coalition_id"].map(chamber)
    broken = (power["resource"] == "seats") & (power["value"] > size)
    hint = "The chamber has fewer seats; correct `value`, or `chamber_seats` in `coalitions`."
    return problems.at(broken, power, "power", "value", "seats_within_chamber", hint)


def states_inside_system(frames: Frames) -> pd.DataFrame:
    """A state is in the state system on some day of its membership in a war or dispute.

    Exception: expeditions and interventions, whose sources also count other states; states that
    `state_system` does not list; states that enter it within two years (Canada fought in Russia in
    1918 and is listed from 1920); memberships without dates.
    """
    if not {"memberships", "coalitions", "state_system"} <= frames.keys():
        return problems.none()
    members, system = frames["memberships"], frames["state_system"]
    kinds = frames["coalitions"].set_index("coalition_id")["subtype"].astype("object")
    kinds = kinds.groupby(level=0).first()
    listed = members["coalition_id"].map(kinds).isin(["interstate_war", "militarized_dispute"])
    dated = listed & members["joined"].notna() & members["actor_id"].isin(system["actor_id"])
    rows = members[dated].reset_index(names="row").merge(system, on="actor_id")
    entered = rows["entered"] - SOON
    inside = ~(rows["left_y"] < rows["joined"]) & ~(rows["left_x"] < entered)
    outside = ~inside.groupby(rows["row"]).any()
    hint = "The state was not in the system then; check its id (codes change with the state)."
    return problems.at(
        outside.reindex(members.index, fill_value=False),
        members,
        "memberships",
        "actor_id",
        "states_inside_system",
        hint,
    )
