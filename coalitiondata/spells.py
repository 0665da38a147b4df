"""The spells that survival analysis is about: coalitions, lineages of cabinets, memberships."""

from __future__ import annotations

import pandas as pd

EARLY = ("left_early", "interrupted")
RECORDED_ONLY = ("militarized_dispute", "dispute_targets", "intervention")
KEPT = ["family", "subtype", "name", "arena", "start_precision", "end_precision"]


def coalition_spells(coalitions: pd.DataFrame) -> pd.DataFrame:
    """One spell per coalition: unit_id, coalition_id, start, stop, ended, cause and descriptors."""
    return coalitions[["coalition_id", *KEPT]].assign(
        unit_id=coalitions["coalition_id"],
        last_id=coalitions["coalition_id"],
        start=coalitions["start"],
        stop=coalitions["observed_until"],
        # One that ended on an unknown day is censored when it was last seen.
        ended=(coalitions["status"] == "ended") & coalitions["end"].notna(),
        end_cause=coalitions["end_cause"].astype("object"),
    )


def lineage_spells(coalitions: pd.DataFrame) -> pd.DataFrame:
    """One spell per lineage, from the start of its first cabinet to the end of its last.

    Covariates are those of the first cabinet, so `coalition_id`, `subtype` and `name` are its own.
    """
    cabinets = coalitions.dropna(subset="lineage").sort_values("start")
    last = coalition_spells(cabinets.drop_duplicates("lineage", keep="last"))
    last = last.assign(lineage=cabinets.drop_duplicates("lineage", keep="last")["lineage"])
    first = cabinets.drop_duplicates("lineage", keep="first").set_index("lineage")
    of_first = ["coalition_id", "subtype", "name", "start", "start_precision"]
    spells = last.assign(
        unit_id=last["lineage"],
        **{column: last["lineage"].map(first[column]) for column in of_first},
        n_cabinets=last["lineage"].map(cabinets.groupby("lineage").size()),
    )
    return spells.drop(columns="lineage").sort_values("unit_id").reset_index(drop=True)


def membership_spells(
    coalitions: pd.DataFrame, memberships: pd.DataFrame, exits_only: tuple[str, ...] = ("ngo",)
) -> pd.DataFrame:
    """One spell per member and stay; it ends in an event only if the member left early.

    Leaving with the end of the coalition, a truce and being a member when last observed all censor,
    and so does an exit that is known not to be the member's own decision (`exit_informative`).
    Disputes and interventions have no such events: their sources record in which incidents or years
    a state took part, not that it left.
    A member known to have left early on an unknown day keeps its event and has no duration; one of
    which it is not known whether it left has no duration either. Of organisations only exits are
    on record, hardly ever a stay to the end, so that durations of those that left would be a
    selection by outcome: they have neither events nor durations.
    """
    about = coalitions[["coalition_id", "observed_until", *KEPT]]
    rows = memberships.merge(about.drop(columns=["start_precision", "end_precision"]))
    cause = rows["exit_cause"].astype("object")
    early = cause.isin(EARLY)
    early &= ~rows["subtype"].isin(RECORDED_ONLY)
    if "exit_informative" in rows:
        early &= ~rows["exit_informative"].eq(False).fillna(False).astype(bool)
    partial = rows["family"].isin(exits_only)
    early &= ~partial
    unknown = early | (cause == "not_established") | partial
    stop = rows["left"].where(rows["left"].notna() | unknown, rows["observed_until"])
    stop = stop.mask(partial)
    return pd.DataFrame(
        {
            "last_id": rows["coalition_id"],
            "unit_id": rows["coalition_id"]
            + ":"
            + rows["actor_id"]
            + ":"
            + rows["spell"].astype(str),
            **{name: rows[name] for name in ("coalition_id", "actor_id", "spell", "role")},
            **{name: rows[name] for name in ("inducement", "family", "subtype", "name", "arena")},
            "start_precision": rows["joined_precision"],
            "end_precision": rows["left_precision"],
            "start": rows["joined"],
            "stop": stop,
            "ended": early,
            "end_cause": cause.where(early, None),
        }
    )


HALF_UNIT = {"day": 0.5, "month": 365.25 / 24, "year": 365.25 / 2}
"""Half of a day, month and year, in days."""


def days(start: pd.Series, stop: pd.Series, precision: pd.Series) -> pd.Series:
    """Days from start to stop, at the precision of the coarser of the two dates.

    A spell that starts and ends in one unit of its precision lasts half of that unit: half a day if
    both are known to the day, half a year if either is known to the year only. So does one whose
    midpoints lie the wrong way round (from August 1914 to 1914).
    """
    length = (stop - start).dt.total_seconds() / 86_400
    return length.mask(length <= 0, precision.map(HALF_UNIT))


def coarser(first: pd.Series, second: pd.Series) -> pd.Series:
    """The coarser of two precisions; a missing one does not count."""
    order = {"day": 0, "month": 1, "year": 2}
    codes = pd.concat([each.astype("object").map(order) for each in (first, second)], axis=1)
    return codes.max(axis=1).map({code: name for name, code in order.items()})
