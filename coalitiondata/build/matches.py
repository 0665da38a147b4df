"""Pairs of states that stayed out, matched to the pairs that were together in a coalition.

Whether taking part together brings states closer needs pairs to hold the partners against: pairs
that were as close, and as strong, in the year before, and did not take part. Only what was known
before enters the match, never what came of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coalitiondata.build.channels import CHANNELS
from coalitiondata.build.dyads import MARGIN, SOURCE
from coalitiondata.build.rda import read_rda
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import actor_ids, spread_years
from coalitiondata.build.wars import participants

COVARIATES = [*CHANNELS, "cinc_ratio", "cinc_joint"]
DECIMALS = 6
"""Distances are compared and kept to this many: the last digits of a logarithm are a machine's."""

PAIR = ["code_a", "code_b"]
MATCH = ["match_a", "match_b"]
Vector = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
StayedOut = Literal["both", "either"]


def matches(
    pairs: pd.DataFrame,
    capabilities: pd.DataFrame,
    coalitions: pd.DataFrame,
    memberships: pd.DataFrame,
    took_part: pd.DataFrame,
    *,
    wanted: Collection[str] | None = None,
    stayed_out: StayedOut = "both",
) -> pd.DataFrame:
    """The table `matches`: for each pair of partners the pair that was most like it and stayed out.

    Partners are two members that were in a primary coalition at the same time, matched in the
    calendar year before they first were. `pairs` comes from `channels.pair_years`, `capabilities`
    from `national_capabilities`; every spell in `coalitions` and `memberships` has an end, as
    `observed_spells` gives them. `wanted` names the coalitions to match, if not all.

    A candidate is a pair of states of the system in that year. Neither took part in the conflict,
    on whichever side: not in a coalition of the same arena or of an overlapping record, nor in
    `took_part` (arena, code; see `belligerents`), which adds those that fought without a partner.
    `stayed_out="either"` asks that only of one of the two: the matches are closer, and less
    independent of the coalition that the other joined. Both never belonged to one coalition,
    primary or not, between ten years before that year and ten years after the coalition's end.

    Covariates are the four channels, the log of the stronger's CINC over the weaker's and the log
    of the sum of both. A candidate knows exactly the covariates that the partners know. The
    distance is the Euclidean one over the square root of their number, each in standard deviations
    over all pairs of the system in that year: 0.5 is half a standard deviation per covariate.

    Within a coalition no candidate is used twice. Of all partners and candidates the closest two
    are matched first, then the closest of the rest; ties go to the lower codes. Partners of whom
    one was not in the system the year before, or for whom no candidate is left, have no row. There
    is no caliper: `distance` lets an analysis set its own.

    Sources: Rosenbaum and Rubin (1985), American Statistician 39: 33-38 (matching on distances);
    Ho, Imai, King and Stuart (2007), Political Analysis 15: 199-236 (matching before models).
    """
    partners = _partners(coalitions, memberships, wanted)
    systems = _systems(pairs[pairs["year"].isin(partners["year"])], capabilities)
    together = _spans_together(coalitions, memberships)
    fought = _fought(coalitions, memberships, took_part)
    edges = list(_edges(partners, systems, together, fought, stayed_out))
    columns = ["coalition_id", *PAIR, *MATCH, "year", "distance"]
    nearest = pd.concat(edges, ignore_index=True) if edges else pd.DataFrame(columns=columns)
    table = _closest_first(nearest)
    return pd.DataFrame(
        {
            "coalition_id": table["coalition_id"],
            "actor_a": actor_ids(table["code_a"]),
            "actor_b": actor_ids(table["code_b"]),
            "match_a": actor_ids(table["match_a"]),
            "match_b": actor_ids(table["match_b"]),
            "year": table["year"].astype("Int64"),
            "distance": table["distance"].astype("float64"),
            "source": SOURCE,
        }
    )


def compared_years(matched: pd.DataFrame, coalitions: pd.DataFrame) -> pd.DataFrame:
    """The pairs and years that `dyads` needs for the matches: code_a < code_b, year, unique.

    They cover the years that the partners' own rows cover: from ten years before the coalition's
    start to ten years after its end.
    """
    spans = coalitions[["coalition_id", "start", "end"]]
    rows = matched[["coalition_id", *MATCH]].merge(spans, on="coalition_id", validate="m:1")
    code = {name: _codes(rows[match]) for name, match in zip(PAIR, MATCH, strict=True)}
    first, last = rows["start"].dt.year - MARGIN, rows["end"].dt.year + MARGIN
    return spread_years(pd.DataFrame(code), first, last)


def belligerents(raw: RawFile) -> pd.DataFrame:
    """Every state on either side of a listed inter-state war: arena, code."""
    rows = participants(raw)
    sides = pd.DataFrame({"arena": "war-cow-" + rows["war"].astype(str), "code": rows["cow_code"]})
    return sides.drop_duplicates(ignore_index=True)


def national_capabilities(raw: RawFile) -> pd.DataFrame:
    """Composite Index of National Capability by state and year: code, year, cinc."""
    index = read_rda(raw("cow/cow_nmc.rda"))[["ccode", "year", "cinc"]]
    return index.rename(columns={"ccode": "code"}).astype({"code": "int64", "year": "int64"})


def _partners(
    coalitions: pd.DataFrame, memberships: pd.DataFrame, wanted: Collection[str] | None
) -> pd.DataFrame:
    """Pairs in at the same time: coalition_id, codes, year before, arena, last year compared."""
    chosen = coalitions[coalitions["primary"].astype(bool)]
    if wanted is not None:
        chosen = chosen[chosen["coalition_id"].isin(wanted)]
    both = _both(memberships, ["coalition_id", "joined", "left"])
    both = both[(both["joined_a"] <= both["left_b"]) & (both["joined_b"] <= both["left_a"])]
    since = both["joined_a"].where(both["joined_a"] > both["joined_b"], both["joined_b"])
    first = both.assign(year=since.dt.year - 1).groupby(["coalition_id", *PAIR])["year"].min()
    about = chosen[["coalition_id", "arena"]].assign(last=chosen["end"].dt.year + MARGIN)
    return first.reset_index().merge(about, on="coalition_id", validate="m:1")


def _spans_together(coalitions: pd.DataFrame, memberships: pd.DataFrame) -> pd.DataFrame:
    """Every pair that ever belonged to one coalition: key, first and last year of the coalition."""
    both = _both(memberships, ["coalition_id"])
    both = both.merge(coalitions[["coalition_id", "start", "end"]], on="coalition_id")
    return pd.DataFrame(
        {"key": _key(both), "first": both["start"].dt.year, "last": both["end"].dt.year}
    )


def _fought(
    coalitions: pd.DataFrame, memberships: pd.DataFrame, took_part: pd.DataFrame
) -> Mapping[str, set[int]]:
    """Codes of the states that took part in a conflict, by arena, overlapping records joined."""
    arena = coalitions.set_index("coalition_id")["arena"]
    members = pd.DataFrame(
        {
            "arena": memberships["coalition_id"].map(arena),
            "code": _codes(memberships["actor_id"]),
        }
    )
    everyone = pd.concat([members, took_part[["arena", "code"]]], ignore_index=True)
    same = pd.DataFrame({"one": everyone["arena"].unique(), "arena": everyone["arena"].unique()})
    if "overlaps_with" in coalitions:
        other = coalitions["overlaps_with"].map(arena)
        linked = pd.DataFrame({"one": coalitions["arena"], "arena": other}).dropna()
        back = linked.rename(columns={"one": "arena", "arena": "one"})
        same = pd.concat([same, linked, back], ignore_index=True)
    joined = same.merge(everyone, on="arena")
    return {str(one): set(codes) for one, codes in joined.groupby("one")["code"]}


def _edges(
    partners: pd.DataFrame,
    systems: Mapping[int, pd.DataFrame],
    together: pd.DataFrame,
    fought: Mapping[str, set[int]],
    stayed_out: StayedOut,
) -> Iterator[pd.DataFrame]:
    """For each pair of partners its nearest candidates.

    As many as the coalition has partners: the others can take all but one of them.
    """
    number = partners.groupby("coalition_id").size()
    for _, rows in partners.groupby(["coalition_id", "year"]):
        first = rows.iloc[0]
        coalition, year = str(first["coalition_id"]), int(first["year"])
        if year not in systems:
            continue
        system = systems[year]
        inside = [system[code].isin(fought[first["arena"]]) for code in PAIR]
        out = inside[0] | inside[1] if stayed_out == "both" else inside[0] & inside[1]
        near = (together["first"] <= first["last"]) & (together["last"] >= year - MARGIN)
        candidates = system[~out & ~_key(system).isin(together.loc[near, "key"])]
        theirs, match = candidates[COVARIATES].to_numpy(), candidates[PAIR].to_numpy()
        known = rows[PAIR].merge(system, on=PAIR, validate="1:1")
        own = known[COVARIATES].to_numpy()
        for pair, values in zip(known[PAIR].to_numpy(), own, strict=True):
            nearest, distance = _nearest(values, theirs, number[coalition])
            yield pd.DataFrame(
                {
                    "coalition_id": coalition,
                    "code_a": pair[0],
                    "code_b": pair[1],
                    "match_a": match[nearest, 0],
                    "match_b": match[nearest, 1],
                    "year": year,
                    "distance": distance,
                }
            )


def _nearest(own: Vector, theirs: Vector, number: int) -> tuple[Positions, Vector]:
    """Positions and distances of the nearest candidates that know the same covariates."""
    known = ~np.isnan(own)
    alike = np.flatnonzero((~np.isnan(theirs) == known).all(axis=1))
    if not known.any():
        return alike[:0], np.empty(0)
    gaps = theirs[np.ix_(alike, known)] - own[known]
    distance = np.round(np.sqrt((gaps**2).mean(axis=1)), DECIMALS)
    # Candidates stand in the order of their codes, and a stable sort keeps it among ties.
    order = np.argsort(distance, kind="stable")[:number]
    return alike[order], distance[order]


def _closest_first(edges: pd.DataFrame) -> pd.DataFrame:
    """The closest two first; within a coalition each pair of partners and each candidate once."""
    edges = edges.sort_values(["distance", *PAIR, *MATCH, "coalition_id"], ignore_index=True)
    done: set[tuple[str, int, int]] = set()
    used: set[tuple[str, int, int]] = set()
    kept = []
    ends = zip(*(edges[name] for name in ("coalition_id", *PAIR, *MATCH)), strict=True)
    for position, (coalition, a, b, match_a, match_b) in enumerate(ends):
        if (coalition, a, b) not in done and (coalition, match_a, match_b) not in used:
            done.add((coalition, a, b))
            used.add((coalition, match_a, match_b))
            kept.append(position)
    return edges.iloc[kept].sort_values(["coalition_id", *PAIR], ignore_index=True)


def _systems(pairs: pd.DataFrame, capabilities: pd.DataFrame) -> Mapping[int, pd.DataFrame]:
    """By year, all pairs in the order of their codes with covariates in that year's deviations."""
    cinc = capabilities.set_index(["code", "year"])["cinc"]
    a, b = (
        pd.Series(
            cinc.reindex(pd.MultiIndex.from_frame(pairs[[code, "year"]])).to_numpy(),
            index=pairs.index,
        )
        for code in PAIR
    )
    values = pairs.assign(cinc_ratio=np.log(a / b).abs(), cinc_joint=np.log(a + b))
    spread = values.groupby("year")[COVARIATES].transform("std")
    values[COVARIATES] = values[COVARIATES] / spread.where(spread > 0, 1.0)
    values = values.sort_values(["year", *PAIR], ignore_index=True)[["year", *PAIR, *COVARIATES]]
    return {int(str(year)): rows for year, rows in values.groupby("year")}


def _both(memberships: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Two members of one coalition side by side, the lower code first."""
    rows = memberships[columns].assign(code=_codes(memberships["actor_id"])).drop_duplicates()
    both = rows.merge(rows, on="coalition_id", suffixes=("_a", "_b"))
    return both[both["code_a"] < both["code_b"]]


def _codes(ids: pd.Series) -> pd.Series:
    return ids.str.rpartition("-")[2].astype("int64")


def _key(rows: pd.DataFrame) -> pd.Series:
    return rows["code_a"] * 1000 + rows["code_b"]
