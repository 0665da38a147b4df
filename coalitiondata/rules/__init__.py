"""Rules that tie columns and tables together: one function each, its docstring the rule.

Every rule takes the tables at hand (typed, positions as index) and returns the rows that break it
as a report of `coalitiondata.problems`; a rule whose tables are not at hand finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from coalitiondata.rules.dates import (
    coarse_dates_at_midpoint,
    dates_in_order,
    ended_has_end,
    members_inside_coalition,
    predecessor_came_before,
    spells_in_sequence,
    transformation_in_window,
)
from coalitiondata.rules.members import (
    candidates_match_members,
    carried_over_were_members,
    leader_is_leading_member,
    one_cabinet_at_a_time,
    one_leader_at_most,
    seats_within_chamber,
    states_inside_system,
    two_members_at_least,
)
from coalitiondata.rules.organisations import (
    achieved_goal_is_achieved,
    campaign_of_each_ngo,
    issue_areas_ranked,
    kind_of_organisations_only,
)
from coalitiondata.rules.records import (
    based_on_known_sources,
    basis_with_value,
    lineage_bears_first_id,
    missing_power_has_reason,
    one_unit_per_resource,
    pairs_once,
    precision_with_date,
    primary_unless_overlap,
)

Frames = Mapping[str, pd.DataFrame]
Rule = Callable[[Frames], pd.DataFrame]

RULES: tuple[Rule, ...] = (
    dates_in_order,
    coarse_dates_at_midpoint,
    members_inside_coalition,
    two_members_at_least,
    one_leader_at_most,
    leader_is_leading_member,
    spells_in_sequence,
    ended_has_end,
    primary_unless_overlap,
    lineage_bears_first_id,
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
    one_cabinet_at_a_time,
    seats_within_chamber,
    states_inside_system,
    campaign_of_each_ngo,
    achieved_goal_is_achieved,
    issue_areas_ranked,
    kind_of_organisations_only,
)
