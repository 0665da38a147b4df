"""One real coalition, one primary record: which records of two sources are of one coalition."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

OVERLAPS = "overlaps.csv"
BOTH = "both"


def mark_overlaps(coalitions: pd.DataFrame, curated: Path) -> pd.DataFrame:
    """The coalitions with `overlaps_with` and `primary` as the table of overlaps judges them.

    A row of that table names two records that invite confusion and, in `primary`, the one that is
    primary, or `both` where they are two coalitions. The other record points to the primary one.
    The rule behind it: primary is the record with more members and dated exits; where the two
    point to different records, the one in which members can be seen to come and go. Coalitions
    that no row makes secondary keep what they have, but follow their primary record if it becomes
    secondary itself: a dispute that points to a listed war then points to the expedition.
    """
    pairs = pd.read_csv(curated / OVERLAPS)
    pairs = pairs[pairs["primary"] != BOTH]
    ids = coalitions["coalition_id"]
    first = pairs["primary"] == pairs["coalition_id"]
    secondary = pairs["overlaps_with"].where(first, pairs["coalition_id"])
    points_to = ids.map(pd.Series(pairs["primary"].array, index=secondary))
    known = coalitions.get("overlaps_with", pd.Series(None, index=coalitions.index, dtype="object"))
    target = points_to.where(points_to.notna(), known).astype("object")
    # What pointed to a record that has become secondary points to that record's primary one.
    further = target.map(pd.Series(target.array, index=ids))
    return coalitions.assign(
        overlaps_with=further.where(further.notna(), target).astype("object"),
        primary=coalitions["primary"].astype(bool) & points_to.isna(),
    )
