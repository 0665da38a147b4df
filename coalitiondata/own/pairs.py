"""How alike own members are, pair by pair: stated, or taken from the data set."""

from __future__ import annotations

import pandas as pd

from coalitiondata import problems
from coalitiondata.loading import load
from coalitiondata.own.findings import Findings
from coalitiondata.own.options import Options
from coalitiondata.own.states import match_states

_LEAD = 1  # covariates of states are measured in the year before


def own_pairs(
    plain: pd.DataFrame, members: pd.DataFrame, options: Options, found: Findings
) -> dict[str, pd.DataFrame]:
    """The table `dyads` of stated similarities, each pair once, and the labels of its actors."""
    if not {"member_a", "member_b"} <= set(plain):
        return {}
    channels = list(options.channel_scales)
    when = ["year"] if "year" in plain else []
    ends = {side: _actors(plain, side, members, options, found) for side in "ab"}
    rows = plain.assign(actor_a=ends["a"], actor_b=ends["b"])[~found.bad("similarities")]
    given = found.given["similarities"].reset_index(drop=True)
    same = rows["actor_a"] == rows["actor_b"]
    hint = "A pair needs two different members."
    found.add(_at(same, given, "member_b", "pairs_once", hint), spoils=True)
    rows = rows[~same]
    # A pair is stored with the lower number, or the first in the alphabet, first.
    swapped = rows["actor_a"].map(_place) > rows["actor_b"].map(_place)
    first = rows["actor_a"].where(~swapped, rows["actor_b"])
    rows = rows.assign(actor_b=rows["actor_b"].where(~swapped, rows["actor_a"]), actor_a=first)
    again = rows.duplicated(["actor_a", "actor_b", *when])
    hint = "Another row has the same pair" + (" and year." if when else ".")
    found.add(_at(again, given, "member_b", "pairs_once", hint), spoils=True)
    rows = rows[~again].reindex(columns=["actor_a", "actor_b", *when, *channels])
    labels = pd.concat(
        [
            pd.DataFrame({"actor_id": ends[side], "member": plain[f"member_{side}"]})
            for side in "ab"
        ]
    ).dropna().drop_duplicates("actor_id")  # fmt: skip
    used = labels["actor_id"].isin(rows["actor_a"]) | labels["actor_id"].isin(rows["actor_b"])
    return {"dyads": rows, "labels": labels[used]}


def shipped_pairs(members: pd.DataFrame, coalitions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows of `dyads` about pairs of members while they are coalitions, and all of `dyad_norms`.

    The data set holds pairs of states that share a coalition that it lists, and pairs like them;
    other pairs are missing.
    """
    dyads = load("dyads")
    inside = dyads["actor_a"].isin(members["actor_id"]) & dyads["actor_b"].isin(members["actor_id"])
    first = int(coalitions["start"].dt.year.min()) - _LEAD
    last = int(coalitions["observed_until"].dt.year.max())
    rows = dyads[inside & dyads["year"].between(first, last)]
    return {"dyads": rows.reset_index(drop=True), "dyad_norms": load("dyad_norms")}


def _actors(
    plain: pd.DataFrame, side: str, members: pd.DataFrame, options: Options, found: Findings
) -> pd.Series:
    labels = plain[f"member_{side}"]
    if options.states is None:
        return labels
    usable = ~found.bad("similarities") & labels.notna()
    years = plain.reindex(columns=["year"])["year"]
    first, last = _day(years, "01-01"), _day(years, "12-31")
    matched = match_states(labels[usable], first[usable], last[usable], states=options.states)
    # A label that `members` has means here what it means there, whatever the year.
    links = members.drop_duplicates(["member", "actor_id"])
    links = links[~links["member"].duplicated(keep=False)]
    known = links.set_index("member")["actor_id"]
    actors = matched["actor_id"].where(matched["actor_id"].notna(), labels.map(known))
    given = found.given["similarities"].reset_index(drop=True)
    for hint in matched.loc[actors.reindex(matched.index).isna(), "hint"].dropna().unique():
        rows = (matched["hint"] == hint) & actors.reindex(matched.index).isna()
        found.add(_at(rows, given, f"member_{side}", "state", hint), spoils=True)
    return actors.reindex(plain.index)


def _day(years: pd.Series, day: str) -> pd.Series:
    text = years.map(lambda year: f"{int(year):04d}-{day}", na_action="ignore")
    return text.astype("object").fillna("NaT").astype("str").astype("datetime64[s]")


def _at(rows: pd.Series, given: pd.DataFrame, column: str, rule: str, hint: str) -> pd.DataFrame:
    every = rows.reindex(given.index, fill_value=False)
    return problems.at(every, given, "similarities", column, rule, hint)


def _place(actor: str) -> str:
    head, _, number = str(actor).rpartition("-")
    return f"{head}-{int(number):03d}" if head == "state-cow" else str(actor)
