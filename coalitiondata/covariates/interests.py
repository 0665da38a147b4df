"""Interest overlap, depth and breadth, among the members present at given moments.

Parties are compared on the dimensions of `positions`, states on the channels of `dyads`. Depth says
how close the members are, breadth on which share of the issues they are closer than the usual pair
of their family and year.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from coalitiondata.covariates.presence import measurement_year
from coalitiondata.measures import overlap

Positions = Literal["expert", "all"]

CORE_DIMENSIONS = ("left_right", "state_market", "liberty_authority")
DIMENSIONS = (*CORE_DIMENSIONS, "eu")
CHANNELS = ("s_alliance", "un_agreement", "igo_jaccard", "regime_similarity")


def interests_of_parties(
    tables: Mapping[str, pd.DataFrame], present: pd.DataFrame, positions: Positions
) -> pd.DataFrame:
    """One row per moment of a cabinet, from the positions of its parties.

    `interest_depth` is the mean over left-right, state-market and liberty-authority of the mean
    over pairs of parties of 1 - |x_i - x_j| / 10. It needs all parties' positions on all three:
    a mean over whatever is known would compare cabinets on different issues. `interest_breadth` is
    the share of the four dimensions known for all parties (their number is `interest_issues`) on
    which the mean pair of the cabinet is closer than the median pair of parties in the parliaments
    that faced cabinets starting in the same year. `interest_range` is the left-right range.
    Ministers without party have no positions and are left out.
    """
    placed = _placed(tables, positions)
    nonpartisan = tables["actors"].query("kind == 'nonpartisan'")["actor_id"]
    parties = present[~present["actor_id"].isin(nonpartisan)].merge(
        placed, left_on="actor_id", right_index=True, how="left"
    )
    parties = parties[parties["moment"].map(parties.groupby("moment").size()) > 1]
    measured = overlap(parties, "moment", "actor_id", DIMENSIONS).set_index("moment")
    n_parties = measured["n_members"]
    for name in DIMENSIONS:
        complete = measured[f"n_pairs_{name}"] == n_parties * (n_parties - 1) / 2
        measured[f"similarity_{name}"] = measured[f"similarity_{name}"].where(complete)
    core = measured[[f"similarity_{name}" for name in CORE_DIMENSIONS]]
    year = parties.groupby("moment")["at"].first().dt.year
    usual = _usual_parties(tables, placed).reindex(year.reindex(measured.index))
    similarity = measured[[f"similarity_{name}" for name in DIMENSIONS]]
    usual = usual.set_axis(similarity.index, axis=0).set_axis(similarity.columns, axis=1)
    result = breadth_against(similarity, usual)
    result["interest_depth"] = core.mean(axis=1, skipna=False)
    result["interest_range"] = measured["range_left_right"]
    return result.join(similarity.add_prefix("interest_")).reset_index()


def interests_of_states(tables: Mapping[str, pd.DataFrame], present: pd.DataFrame) -> pd.DataFrame:
    """One row per moment of a wartime coalition, from its members' pairs in the year before.

    `interest_depth` is (1 + S) / 2 for the mean alliance-portfolio S over all pairs, so 0 to 1; it
    needs every pair. `interest_breadth` is the share of the channels known for all pairs (their
    number is `interest_issues`) on which the mean pair is closer than the median pair of the state
    system in that year.
    """
    pairs = _pairs(present.assign(year=measurement_year(present["at"])))
    pairs = pairs.merge(
        tables["dyads"][["actor_a", "actor_b", "year", *CHANNELS]],
        on=["actor_a", "actor_b", "year"],
        how="left",
    )
    by_moment = pairs.groupby("moment")[list(CHANNELS)]
    means = by_moment.mean().where(by_moment.count().eq(by_moment.size(), axis=0))
    year = pairs.groupby("moment")["year"].first()
    norms = tables["dyad_norms"].astype({"channel": "object"})
    norms = norms.pivot_table(index="year", columns="channel", values="median")
    usual = norms.reindex(columns=CHANNELS).reindex(year)
    similarity = means.add_prefix("similarity_")
    usual = usual.set_axis(similarity.index, axis=0).set_axis(similarity.columns, axis=1)
    result = breadth_against(similarity, usual)
    result["interest_depth"] = (1 + means["s_alliance"]) / 2
    return result.join(similarity.add_prefix("interest_")).reset_index()


def _placed(tables: Mapping[str, pd.DataFrame], positions: Positions) -> pd.DataFrame:
    rows = tables["positions"].astype({"dimension": "object"})
    if positions == "expert":
        rows = rows[rows["basis"] == "expert_mean"]
    return rows.pivot_table(index="actor_id", columns="dimension", values="value").reindex(
        columns=DIMENSIONS
    )


def _usual_parties(tables: Mapping[str, pd.DataFrame], placed: pd.DataFrame) -> pd.DataFrame:
    """Median similarity of all pairs of parties in a parliament, by year of the cabinet's start."""
    chamber = tables["candidates"][["coalition_id", "actor_id"]].merge(
        placed, left_on="actor_id", right_index=True
    )
    start = tables["coalitions"].set_index("coalition_id")["start"].dt.year
    both = chamber.merge(chamber, on="coalition_id", suffixes=("_a", "_b"))
    both = both[both["actor_id_a"] < both["actor_id_b"]]
    year = both["coalition_id"].map(start)
    similarity = {
        name: 1 - (both[f"{name}_a"] - both[f"{name}_b"]).abs() / 10 for name in DIMENSIONS
    }
    return pd.DataFrame(similarity).groupby(year.to_numpy()).median()


def _pairs(present: pd.DataFrame) -> pd.DataFrame:
    """All pairs of members, in the order of `dyads`: the lower COW code first."""
    # States without COW code, from before the state system, have no pairs in `dyads` either.
    code = pd.to_numeric(present["actor_id"].str.rpartition("-")[2], errors="coerce").fillna(0)
    rows = present.assign(code=code)[["moment", "year", "actor_id", "code"]]
    both = rows.merge(rows, on=["moment", "year"], suffixes=("_a", "_b"))
    both = both[both["code_a"] < both["code_b"]]
    return both.rename(columns={"actor_id_a": "actor_a", "actor_id_b": "actor_b"})


def breadth_against(similarity: pd.DataFrame, usual: pd.DataFrame) -> pd.DataFrame:
    """`interest_breadth` and `interest_issues`: on which share of issues members are closer.

    Both frames have one row per moment and one column per issue. An issue counts where both are
    known; without any, breadth is missing.
    """
    judged = similarity.notna() & usual.notna()
    closer = (similarity > usual) & judged
    issues = judged.sum(axis=1)
    return pd.DataFrame(
        {
            "interest_breadth": closer.sum(axis=1) / issues.where(issues > 0),
            "interest_issues": issues,
        }
    )
