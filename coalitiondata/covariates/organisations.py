"""Interest overlap among organisations, from the issue areas that they work on."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

UNSPECIFIC = "other"


def interests_of_organisations(
    tables: Mapping[str, pd.DataFrame], present: pd.DataFrame
) -> pd.DataFrame:
    """One row per moment of a coalition of organisations, from the issue areas of its members.

    `interest_breadth` is the mean over pairs of members of Jaccard's index of their sets of areas,
    |A and B| / |A or B|: the share of a pair's areas on which both work. `interest_depth` is the
    share of pairs with the same main area (rank 1), that is Simpson's index of the distribution of
    main areas without replacement. Both lie in [0, 1]. `interest_issues` is the number of areas on
    which any member works.

    Members without an area, or with the unspecific area `other` alone, are left out; two such are
    not alike. A moment with fewer than two members left has no values. Only named members count:
    the others of a large coalition are not in the data.

    Sources: Jaccard (1912), New Phytologist 11: 37-50; Simpson (1949), Nature 163: 688.
    """
    areas = tables["issue_areas"].astype({"issue_area": "object"})
    areas = areas[areas["issue_area"] != UNSPECIFIC]
    rows = present[["moment", "actor_id"]].merge(
        areas[["actor_id", "issue_area", "rank"]], on="actor_id"
    )
    members = rows.groupby(["moment", "actor_id"])["issue_area"].agg(frozenset)
    main = rows.sort_values("rank").groupby(["moment", "actor_id"])["issue_area"].first()
    each = pd.DataFrame({"areas": members, "main": main}).reset_index()
    both = each.merge(each, on="moment", suffixes=("_a", "_b"))
    both = both[both["actor_id_a"] < both["actor_id_b"]]
    sets = list(zip(both["areas_a"], both["areas_b"], strict=True))
    pairs = pd.DataFrame(
        {
            "moment": both["moment"],
            "interest_breadth": [len(a & b) / len(a | b) for a, b in sets],
            "interest_depth": (both["main_a"] == both["main_b"]).astype("float64"),
        }
    )
    measured = pairs.groupby("moment").mean()
    issues = rows.groupby("moment")["issue_area"].nunique()
    return measured.assign(interest_issues=issues.reindex(measured.index)).reset_index()
