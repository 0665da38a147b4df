"""How sides of armed conflicts ended and why members left, by rule from the outcomes of members."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coalitiondata.rules.dates import earliest, latest

SIDE = ["conflict", "side"]
LOST = ("defeat", "yielded")
GOALS = {
    "victory": "achieved",
    "opponent_yielded": "achieved",
    "compromise": "partly_achieved",
    "defeat": "failed",
    "yielded": "failed",
}


def exit_causes(spell: pd.DataFrame) -> pd.Series:
    """Why each clipped spell ended: `truce`, `left_early` or `end_of_coalition`.

    `truce` if the state came back for another spell on the same side, `end_of_coalition` if it was
    in on the last day, else `left_early`: defeat, a separate peace or a change of sides.
    """
    returns = spell.duplicated([*SIDE, "cow_code"], keep="last")
    stayed = spell["left"] == spell["end"]
    return pd.Series(
        np.select([returns, stayed], ["truce", "end_of_coalition"], "left_early"), index=spell.index
    )


def end_causes(fought: pd.DataFrame, sides: pd.DataFrame) -> dict[str, pd.Series]:
    """`end_cause`, `goal_outcome` and their bases for the rows of `sides`.

    The outcomes of the members that are in on the coalition's last day decide, if they agree;
    disagreement and outcomes that describe no end leave the cause missing.

    If one state fought on alone, the outcome tells how the conflict ended for it later, not why
    the coalition ended: the cause is then `members_left`, basis derived. The exception is defeat:
    where the last members all lost, they were knocked out one after the other (Austria-Hungary and
    Germany in November 1918), so the coalition ended in defeat, basis derived. In every other case
    the basis is source.

    Victory, defeat, compromise and yielding also tell the outcome of the goal (derived: sources
    code conflicts, not goals); it is missing where the conflict changed its kind, stayed undecided
    or went on without the coalition.
    """
    spell = fought.merge(sides, on=SIDE)
    # A member without an outcome disagrees with one that has it.
    spell["outcome"] = spell["outcome"].astype(object).fillna("")
    last_in = spell[(spell["joined"] <= spell["end"]) & (spell["left"] >= spell["end"])]
    outcomes = (
        last_in.groupby(SIDE)["outcome"].agg(["nunique", "first"]).replace({"first": ""}, None)
    )
    # Dates known to the month may lie anywhere in it: the last state was alone only if it must be.
    last_day = earliest(spell, "left").groupby([spell[key] for key in SIDE]).max()

    key = pd.MultiIndex.from_frame(sides[SIDE])
    outcome = outcomes["first"].where(outcomes["nunique"] == 1).reindex(key).set_axis(sides.index)
    went_on = last_day.reindex(key).set_axis(sides.index) > latest(sides, "end")
    dissolved = went_on & ~outcome.isin(LOST)

    cause = outcome.astype(object).mask(dissolved, "members_left")
    goal = cause.map(GOALS).astype(object)
    basis = pd.Series(np.where(went_on, "derived", "source"), index=sides.index)
    return {
        "end_cause": _or_none(cause),
        "end_cause_basis": _or_none(basis.where(cause.notna())),
        "goal_outcome": _or_none(goal),
        "goal_outcome_basis": _or_none(goal.mask(goal.notna(), "derived")),
    }


def _or_none(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), None)
