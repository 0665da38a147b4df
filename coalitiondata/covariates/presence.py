"""Who is in a coalition on a given day."""

from __future__ import annotations

import pandas as pd


def members_at(
    memberships: pd.DataFrame, moments: pd.DataFrame, grace_days: int = 0
) -> pd.DataFrame:
    """Members present at each moment.

    `moments` has one row per moment: `moment` (its id), `coalition_id` and `at` (datetime64).
    Returns one row per moment and member: moment, coalition_id, at, actor_id. A member is present
    if it joined no later than `grace_days` after `at` and had not left by `at`. A member that
    joined and left on one day was present on it, so that coalitions of a day have members. One that
    left early on an unknown day counts as present: it was there at the start, and nothing says
    until when.
    """
    rows = moments[["moment", "coalition_id", "at"]].merge(
        memberships[["coalition_id", "actor_id", "joined", "left"]], on="coalition_id"
    )
    grace = pd.Timedelta(days=grace_days).as_unit("s")
    one_day = (rows["joined"] == rows["at"]) & (rows["left"] == rows["at"])
    present = (rows["joined"] <= rows["at"] + grace) & (one_day | ~(rows["left"] <= rows["at"]))
    kept = rows.loc[present, ["moment", "coalition_id", "at", "actor_id"]]
    return kept.drop_duplicates(["moment", "actor_id"]).reset_index(drop=True)


def undated_from_start(memberships: pd.DataFrame, coalitions: pd.DataFrame) -> pd.DataFrame:
    """Memberships in which organisations whose entry nobody dates are in from the start.

    Sources list the members of coalitions of organisations without saying when each came; those
    known to have come later have a date. The tables themselves keep such entries missing.
    """
    ngo = coalitions[coalitions["family"] == "ngo"].set_index("coalition_id")["start"]
    start = memberships["coalition_id"].map(ngo)
    return memberships.assign(joined=memberships["joined"].fillna(start))


def measurement_year(at: pd.Series) -> pd.Series:
    """The calendar year before each day.

    States are measured in the year before, so that neither mobilisation nor the treaties of the
    coalition itself enter its own covariates.
    """
    return pd.Series(at.dt.year - 1)
