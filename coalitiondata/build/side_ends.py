"""How sides of armed conflicts ended and why members left, by rule from the outcomes of members."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coalitiondata.rules.dates import earliest, latest

SIDE = ["conflict", "side"]
LOST = ("defeat", "yielded")


def exit_causes(spell: pd.DataFrame, truces: bool = True) -> pd.Series:
    """Why each clipped spell ended: `truce`, `interrupted`, `left_early` or `end_of_coalition`.

    If the state came back for another spell on the same side: `truce` where it paused together with
    others (two or more states left on one day and came back on one day), else `interrupted`, as
    France in June 1940. Without `truces`, where a source knows only years of fighting, it is always
    `interrupted`: that two of many supporters are missing in one year is no truce.
    `end_of_coalition` if it was in on the last day, else `left_early`: defeat, a separate peace or
    a change of sides.
    """
    member = [*SIDE, "cow_code"]
    returns = spell.duplicated(member, keep="last")
    back = spell.sort_values("joined").groupby(member)["joined"].shift(-1).reindex(spell.index)
    pauses = spell.assign(back=back)
    together = pauses.groupby([*SIDE, "left", "back"])["cow_code"].transform("nunique") > 1
    stayed = spell["left"] == spell["end"]
    return pd.Series(
        np.select(
            [returns & together & truces, returns, stayed],
            ["truce", "interrupted", "end_of_coalition"],
            "left_early",
        ),
        index=spell.index,
    )


def end_causes(
    fought: pd.DataFrame, sides: pd.DataFrame, alone: str = "members_left"
) -> dict[str, pd.Series]:
    """`end_cause` and its basis for the rows of `sides`.

    The outcomes of the members that are in on the coalition's last day decide, if they agree;
    disagreement and outcomes that describe no end leave the cause missing.

    If one state fought on alone, the outcome tells how the conflict ended for it later, not why
    the coalition ended: the cause is then `alone`, basis derived: `members_left`, or
    `participation_ended` where the source only records in which incidents a state took part. The
    exception is defeat: where the last members all lost, they were knocked out one after the other
    (Austria-Hungary and Germany in November 1918), so the coalition ended in defeat, basis derived.
    In every other case the basis is source.

    Whether the goal was reached is not derived: these sources code conflicts, and a battle won can
    be a goal missed (Suez 1956).
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

    cause = outcome.astype(object).mask(dissolved, alone)
    basis = pd.Series(np.where(went_on, "derived", "source"), index=sides.index)
    return {
        "end_cause": _or_none(cause),
        "end_cause_basis": _or_none(basis.where(cause.notna())),
    }


def _or_none(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), None)
