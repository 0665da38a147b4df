"""Overlap of interests between members of wartime coalitions, and the usual overlap to hold it to.

Both tables come from `channels.pair_years`: pairs of states and years with every channel.
"""

from __future__ import annotations

import math

import pandas as pd

from coalitiondata.build.channels import CHANNELS, PAIR_YEAR
from coalitiondata.build.states import actor_ids, spread_years

MARGIN = 10  # years before the start and after the end of the coalition
SOURCE = "coalitiondata-dyads"


def dyads(
    pairs: pd.DataFrame,
    coalitions: pd.DataFrame,
    memberships: pd.DataFrame,
    compared: pd.DataFrame,
) -> pd.DataFrame:
    """The table `dyads`: pairs that share a wartime coalition, ten years around it, and `compared`.

    A pair counts for the whole span of each coalition that both belonged to, at the same time or
    not. `compared` names further pairs and years (code_a, code_b, year): those of `matches`. Years
    in which either state is not in the system have no row.
    """
    wanted = pd.concat([_member_pairs(coalitions, memberships), compared], ignore_index=True)
    rows = pairs.merge(wanted.drop_duplicates(), on=PAIR_YEAR)
    return pd.DataFrame(
        {
            "actor_a": actor_ids(rows["code_a"]),
            "actor_b": actor_ids(rows["code_b"]),
            "year": rows["year"].astype("Int64"),
            "s_alliance": rows["s_alliance"],
            "un_agreement": rows["un_agreement"],
            "un_votes": rows["un_votes"],
            "igo_jaccard": rows["igo_jaccard"],
            "regime_similarity": rows["regime_similarity"],
            "source": SOURCE,
        }
    )


def dyad_norms(pairs: pd.DataFrame) -> pd.DataFrame:
    """The table `dyad_norms`: mean and median of each channel over all pairs of a year."""
    parts = []
    for channel in CHANNELS:
        values = pairs[["year", channel]].dropna().groupby("year")[channel]
        # fsum, because the last digits of a sum depend on the order in which a machine adds.
        mean = values.agg(lambda known: math.fsum(known) / len(known))
        part = pd.DataFrame({"pairs": values.size(), "mean": mean, "median": values.median()})
        parts.append(part.reset_index().assign(channel=channel))
    norms = pd.concat(parts, ignore_index=True)
    return norms.assign(
        year=norms["year"].astype("Int64"), pairs=norms["pairs"].astype("Int64"), source=SOURCE
    )


def _member_pairs(coalitions: pd.DataFrame, memberships: pd.DataFrame) -> pd.DataFrame:
    """Pairs of members and the years to cover: code_a < code_b, year, unique."""
    members = memberships[["coalition_id", "actor_id"]].drop_duplicates()
    code = members["actor_id"].str.rpartition("-")[2].astype("int64")
    members = members[["coalition_id"]].assign(code=code)
    pairs = members.merge(members, on="coalition_id", suffixes=("_a", "_b"))
    pairs = pairs[pairs["code_a"] < pairs["code_b"]].merge(
        coalitions[["coalition_id", "start", "end"]], on="coalition_id"
    )
    return spread_years(
        pairs[["code_a", "code_b"]],
        pairs["start"].dt.year - MARGIN,
        pairs["end"].dt.year + MARGIN,
    )
