"""When coalitions began and ended, from when their members came and went."""

from __future__ import annotations

import pandas as pd

from coalitiondata.rules.dates import earliest, latest

SPAN = ["start", "start_precision", "end", "end_precision"]


def derived_spans(stays: pd.DataFrame) -> pd.DataFrame:
    """Start and end of each coalition with their precision, by `coalition`.

    `stays` has `coalition`, `member`, `joined`, `left` and their precision. The start is the day on
    which the second member is in, the end the last day on which two were; both are missing for a
    coalition that never had two at a time, and the end while two or more are still in. Whoever
    comes on the day on which another goes was in with them. A coalition whose members all pause
    and come back remains one.
    """
    came = stays[["coalition", "joined", "joined_precision"]].set_axis(
        ["coalition", "day", "precision"], axis=1
    )
    # A stay known to 4 August 1914 and to 1914 ends no sooner than it begins.
    went = stays["left"].where(~(stays["left"] < stays["joined"]), stays["joined"])
    gone = pd.DataFrame(
        {"coalition": stays["coalition"], "day": went, "precision": stays["left_precision"]}
    ).dropna(subset="day")
    moves = pd.concat([came.assign(step=1), gone.assign(step=-1)], ignore_index=True)
    moves = moves.sort_values(
        ["coalition", "day", "step"], ascending=[True, True, False], kind="stable"
    )
    moves["inside"] = moves.groupby("coalition")["step"].cumsum()
    second = moves[(moves["inside"] == 2) & (moves["step"] == 1)]
    start = second.drop_duplicates("coalition").set_index("coalition")
    last = moves[(moves["inside"] == 1) & (moves["step"] == -1)]
    end = last.drop_duplicates("coalition", keep="last").set_index("coalition")
    inside = moves.groupby("coalition")["inside"].last()
    end = end[(inside < 2).reindex(end.index)]
    return pd.DataFrame(
        {
            "start": start["day"],
            "start_precision": start["precision"],
            "end": end["day"].astype("datetime64[s]"),
            "end_precision": end["precision"],
        },
        index=pd.Index(sorted(set(stays["coalition"])), name="coalition"),
    )


def clipped(stays: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """Stays within their coalition: nobody is in it before it starts or after it ends.

    A stay that begins before the second member comes counts from the start of the coalition, and
    one that outlasts the last other member counts to its end; dates that only might lie outside,
    as 1813 before August 1813, stay as they are.
    """
    of = spans.reindex(stays["coalition"]).set_axis(stays.index)
    early = latest(stays, "joined") < earliest(of, "start")
    late = earliest(stays, "left") > latest(of, "end")
    open_end = stays["left"].isna() & of["end"].notna()
    late |= open_end
    return stays.assign(
        joined=stays["joined"].mask(early, of["start"]),
        joined_precision=stays["joined_precision"].mask(early, of["start_precision"]),
        left=stays["left"].mask(late, of["end"]),
        left_precision=stays["left_precision"].mask(late, of["end_precision"]),
    )


def exit_causes(stays: pd.DataFrame, spans: pd.DataFrame) -> pd.Series:
    """How each stay ended, by rule from the dates.

    `end_of_coalition` if the member left on the coalition's last day, `interrupted` if it came
    back, `left_early` if it left before whichever way the dates are read, `not_established` if
    their precision leaves that open; missing while it is in.
    """
    of = spans.reindex(stays["coalition"]).set_axis(stays.index)
    ordered = stays.sort_values(["coalition", "actor_id", "joined"], kind="stable")
    back = ordered.groupby(["coalition", "actor_id"]).cumcount(ascending=False) > 0
    before = of["end"].isna() | (latest(stays, "left") < earliest(of, "end"))
    cause = pd.Series("not_established", index=stays.index, dtype="object")
    cause = cause.mask(before, "left_early")
    cause = cause.mask(stays["left"] == of["end"], "end_of_coalition")
    cause = cause.mask(back.reindex(stays.index), "interrupted")
    return cause.where(stays["left"].notna(), None)
