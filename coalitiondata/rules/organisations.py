"""Rules about coalitions of organisations."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coalitiondata import problems

Frames = Mapping[str, pd.DataFrame]


def campaign_of_each_ngo(frames: Frames) -> pd.DataFrame:
    """Every coalition of organisations has its row in `campaigns`, and no other coalition has one.

    Exception: none.
    """
    if not {"campaigns", "coalitions"} <= frames.keys():
        return problems.none()
    coalitions, campaigns = frames["coalitions"], frames["campaigns"]
    ngo = coalitions["family"] == "ngo"
    without = ngo & ~coalitions["coalition_id"].isin(campaigns["coalition_id"])
    stray = ~campaigns["coalition_id"].isin(coalitions.loc[ngo, "coalition_id"])
    rule = "campaign_of_each_ngo"
    lacks = "Has no row in `campaigns`; add it."
    other = "Is no coalition of the family `ngo`; remove the row or correct the family."
    return problems.together(
        [
            problems.at(without, coalitions, "coalitions", "coalition_id", rule, lacks),
            problems.at(stray, campaigns, "campaigns", "coalition_id", rule, other),
        ]
    )


def achieved_goal_is_achieved(frames: Frames) -> pd.DataFrame:
    """A coalition that ended because its goal was achieved has the outcome `achieved`.

    Exception: none; one that was wound up with a part of its goal has another cause of its end.
    """
    if "coalitions" not in frames:
        return problems.none()
    coalitions = frames["coalitions"]
    reached = coalitions["end_cause"] == "goal_achieved"
    broken = reached & ~(coalitions["goal_outcome"] == "achieved").fillna(False).astype(bool)
    hint = "`end_cause` says that the goal was achieved; correct one of the two."
    return problems.at(
        broken, coalitions, "coalitions", "goal_outcome", "achieved_goal_is_achieved", hint
    )


def issue_areas_ranked(frames: Frames) -> pd.DataFrame:
    """The issue areas of an organisation are ranked 1, 2, ... without gaps or ties.

    Exception: none.
    """
    if "issue_areas" not in frames:
        return problems.none()
    areas = frames["issue_areas"]
    place = areas.groupby("actor_id")["rank"].rank(method="first").astype("Float64")
    broken = areas["rank"].astype("Float64") != place
    hint = "Number the areas of each organisation 1, 2, ..., its main area first."
    return problems.at(broken, areas, "issue_areas", "rank", "issue_areas_ranked", hint)


def kind_of_organisations_only(frames: Frames) -> pd.DataFrame:
    """Only organisations have an `organisation_kind`.

    Exception: none.
    """
    if "actors" not in frames:
        return problems.none()
    actors = frames["actors"]
    broken = actors["organisation_kind"].notna() & (actors["kind"] != "organisation")
    hint = "Is no organisation: leave it missing, or correct `kind`."
    return problems.at(
        broken, actors, "actors", "organisation_kind", "kind_of_organisations_only", hint
    )
