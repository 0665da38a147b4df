"""How far the interests of two states overlap, in four channels, for all pairs and years.

Each channel is computed from whole numbers with one division at the end, so that every machine
gives the same value to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coalitiondata.build.portfolios import COMMITMENTS, UN_YEARS, VOTES, commitments, votes
from coalitiondata.build.rda import read_rda
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import system_years
from coalitiondata.measures.portfolios import dyadic_similarity

CHANNELS = ("s_alliance", "un_agreement", "igo_jaccard", "regime_similarity")
PAIR_YEAR = ["code_a", "code_b", "year"]

Matrix = npt.NDArray[np.float64]
Yearly = Iterator[tuple[int, npt.NDArray[np.int64], dict[str, Matrix]]]


def pair_years(raw: RawFile, curated: Path) -> pd.DataFrame:
    """Every pair of states in the system in the same year, with all channels.

    Columns code_a < code_b, year, the four channels and `un_votes`. The state system list ends in
    2016, and so do the pairs.
    """
    in_system = system_years(raw)
    pairs = _portfolio_similarity(raw, in_system)
    voting = _long(_voting(raw, curated, in_system))
    pairs = pairs.merge(voting, on=PAIR_YEAR, how="left")
    pairs = pairs.merge(_shared_organisations(raw), on=PAIR_YEAR, how="left")
    pairs["regime_similarity"] = _regime_similarity(raw, pairs)
    covered = pairs["year"].between(*UN_YEARS)
    pairs["un_votes"] = (
        pairs["un_votes"].astype("Int64").mask(covered & pairs["un_votes"].isna(), 0)
    )
    return pairs


def _portfolio_similarity(raw: RawFile, in_system: pd.DataFrame) -> pd.DataFrame:
    """S of Signorino and Ritter over all states in the system, unweighted, absolute distances.

    A state's commitment to itself is the highest, as in Signorino and Ritter (1999, table 6).
    """
    similarity = dyadic_similarity(
        commitments(raw),
        by="year",
        state="ccode1",
        target="ccode2",
        value="level",
        levels=COMMITMENTS,
        states=in_system.rename(columns={"cow_code": "ccode1"}),
        targets="states",
        default=0,
        self_tie=max(COMMITMENTS),
    )
    names = {"ccode1_a": "code_a", "ccode1_b": "code_b", "s": "s_alliance"}
    return similarity.rename(columns=names)[["code_a", "code_b", "year", "s_alliance"]]


def _voting(raw: RawFile, curated: Path, in_system: pd.DataFrame) -> Yearly:
    """Agreement over the roll calls in which both voted or abstained, and their number."""
    by_year = dict(tuple(votes(raw, curated).groupby("year")))
    for year, codes in _systems(in_system):
        if year not in by_year:
            continue
        cast = by_year[year]
        cast = cast[cast["cow_code"].isin(codes)]
        calls, call = np.unique(cast["rcid"], return_inverse=True)
        table = np.full((len(codes), len(calls)), np.nan)
        table[np.searchsorted(codes, cast["cow_code"]), call] = cast["vote"]
        said = {vote: (table == vote).astype(np.float64) for vote in VOTES.values()}
        # Distance in half votes: no to yes 2, abstention to either 1.
        apart = 2 * said[0] @ said[2].T + said[1] @ (said[0] + said[2]).T
        present = said[0] + said[1] + said[2]
        both = present @ present.T
        with np.errstate(invalid="ignore"):
            agreement = (2 * both - (apart + apart.T)) / (2 * both)
        yield year, codes, {"un_agreement": agreement, "un_votes": both}


def _shared_organisations(raw: RawFile) -> pd.DataFrame:
    """Organisations that both belong to by those that either belongs to; missing if there are none.

    A member is a full or an associate member, not an observer: with associates no pair shares more
    organisations than either state has, with full members alone 59 pairs would.
    """
    pairs = read_rda(raw("cow/cow_igo_ndy.rda")).rename(
        columns={"ccode1": "code_a", "ccode2": "code_b", "dyadigos": "both"}
    )
    states = read_rda(raw("cow/cow_igo_sy.rda"))
    states["number"] = states["sum_igo_full"] + states["sum_igo_associate"]
    number = states.set_index(["ccode", "year"])["number"]
    own, other = (_looked_up(number, pairs, code) for code in ("code_a", "code_b"))
    either = own + other - pairs["both"]
    share = pairs["both"] / either.where(either > 0)
    return pairs[PAIR_YEAR].astype("int64").assign(igo_jaccard=share)


def _regime_similarity(raw: RawFile, pairs: pd.DataFrame) -> pd.Series:
    """1 minus the difference of V-Dem polyarchy, which the source gives in thousandths."""
    scores = read_rda(raw("states/cw_democracy.rda"))
    thousandths = (scores.set_index(["ccode", "year"])["v2x_polyarchy"] * 1000).round()
    own, other = (_looked_up(thousandths, pairs, code) for code in ("code_a", "code_b"))
    return (1000 - (own - other).abs()) / 1000


def _looked_up(values: pd.Series, pairs: pd.DataFrame, code: str) -> pd.Series:
    keys = pd.MultiIndex.from_arrays([pairs[code], pairs["year"]])
    return pd.Series(values.reindex(keys).to_numpy(), index=pairs.index)


def _systems(in_system: pd.DataFrame) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    for year, states in in_system.groupby("year"):
        yield int(str(year)), np.sort(states["cow_code"].to_numpy(dtype=np.int64))


def _long(yearly: Yearly) -> pd.DataFrame:
    """The upper triangles of yearly matrices as one row per pair and year."""
    frames = []
    for year, codes, matrices in yearly:
        a, b = np.triu_indices(len(codes), k=1)
        values = {name: matrix[a, b] for name, matrix in matrices.items()}
        frames.append(
            pd.DataFrame({"code_a": codes[a], "code_b": codes[b], "year": year, **values})
        )
    return pd.concat(frames, ignore_index=True)
