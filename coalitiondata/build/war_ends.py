"""How sides of wars ended and why members left, by rule from COW's outcome codes.

COW codes the outcome of each state: 1 winner, 2 loser, 3 compromise, 4 transformed into another
kind of war, 5 ongoing in 2007, 6 stalemate, 7 goes on below the level of war, 8 changed sides.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

WAR_SIDE = ["war", "side"]
LOST = 2
CAUSES = {1: "victory", LOST: "defeat", 3: "compromise", 4: "transformed_war", 6: "stalemate"}
GOALS = {1: "achieved", LOST: "failed", 3: "partly_achieved"}


def end_causes(fought: pd.DataFrame, sides: pd.DataFrame) -> dict[str, pd.Series]:
    """`end_cause`, `goal_outcome` and their bases for the rows of `sides`.

    The codes of the members that are in on the coalition's last day decide, if they agree; 5, 7
    and 8 describe no end and leave it missing, as does disagreement.

    If one state fought on alone, the codes tell how the war ended for it later, not why the
    coalition ended: the cause is then `members_left`, basis derived. The exception is defeat: where
    the last members all lost, they were knocked out one after the other (Austria-Hungary and
    Germany in November 1918), so the coalition ended in defeat, basis derived. In every other case
    the basis is source.

    Codes 1, 2 and 3 also tell the outcome of the goal (derived: COW codes wars, not goals); it
    is missing where the war changed its kind, stayed undecided or went on without the coalition.
    """
    spell = fought.merge(sides, on=WAR_SIDE)
    last_in = spell[(spell["joined"] <= spell["end"]) & (spell["left"] >= spell["end"])]
    codes = last_in.groupby(WAR_SIDE)["outcome"].agg(["nunique", "first"])
    last_day = spell.groupby(WAR_SIDE)["left"].max()

    key = pd.MultiIndex.from_frame(sides[WAR_SIDE])
    code = codes["first"].where(codes["nunique"] == 1).reindex(key).set_axis(sides.index)
    went_on = last_day.reindex(key).set_axis(sides.index) > sides["end"]
    dissolved = went_on & (code != LOST)

    cause = code.map(CAUSES).astype(object).mask(dissolved, "members_left")
    goal = code.map(GOALS).astype(object).mask(dissolved)
    basis = pd.Series(np.where(went_on, "derived", "source"), index=sides.index)
    return {
        "end_cause": _or_none(cause),
        "end_cause_basis": _or_none(basis.where(cause.notna())),
        "goal_outcome": _or_none(goal),
        "goal_outcome_basis": _or_none(goal.mask(goal.notna(), "derived")),
    }


def exit_causes(spell: pd.DataFrame) -> pd.Series:
    """Why each clipped spell ended: `truce`, `left_early` or `end_of_coalition`.

    `truce` if the state came back for another spell on the same side, `end_of_coalition` if it was
    in on the last day, else `left_early`: defeat, a separate peace or a change of sides.
    """
    returns = spell.duplicated([*WAR_SIDE, "cow_code"], keep="last")
    stayed = spell["left"] == spell["end"]
    return pd.Series(
        np.select([returns, stayed], ["truce", "end_of_coalition"], "left_early"), index=spell.index
    )


def _or_none(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), None)
