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

from coalitiondata.build.rda import read_rda
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import system_years, un_seats
from coalitiondata.errors import InvalidDataError
from coalitiondata.measures.similarity import s_matrix

CHANNELS = ("s_alliance", "un_agreement", "igo_jaccard", "regime_similarity")
PAIR_YEAR = ["code_a", "code_b", "year"]
COMMITMENTS = (0, 1, 2, 3)
UN_YEARS = (1946, 2019)  # the source has one roll call of 2020
VOTES = {"no": 0, "abstain": 1, "yes": 2}

Matrix = npt.NDArray[np.float64]
Yearly = Iterator[tuple[int, npt.NDArray[np.int64], dict[str, Matrix]]]


def pair_years(raw: RawFile, curated: Path) -> pd.DataFrame:
    """Every pair of states in the system in the same year, with all channels.

    Columns code_a < code_b, year, the four channels and `un_votes`. The state system list ends in
    2016, and so do the pairs.
    """
    in_system = system_years(raw)
    pairs = _long(_portfolio_similarity(raw, in_system))
    votes = _long(_voting(raw, curated, in_system))
    pairs = pairs.merge(votes, on=PAIR_YEAR, how="left")
    pairs = pairs.merge(_shared_organisations(raw), on=PAIR_YEAR, how="left")
    pairs["regime_similarity"] = _regime_similarity(raw, pairs)
    covered = pairs["year"].between(*UN_YEARS)
    pairs["un_votes"] = (
        pairs["un_votes"].astype("Int64").mask(covered & pairs["un_votes"].isna(), 0)
    )
    return pairs


def commitments(raw: RawFile) -> pd.DataFrame:
    """Highest commitment of one state to another in a year (ATOP 5.1 directed dyad-years).

    3 defence or offence, 2 neutrality or non-aggression, 1 consultation. Commitments can be
    one-sided: the United States promised Japan defence in 1951, Japan promised less.
    """
    treaties = read_rda(raw("atop/atop_alliance.rda"))
    fights = (treaties["atop_defense"] == 1) | (treaties["atop_offense"] == 1)
    abstains = (treaties["atop_neutral"] == 1) | (treaties["atop_nonagg"] == 1)
    consults = treaties["atop_consul"] == 1
    level = np.select([fights, abstains, consults], [3, 2, 1], 0)
    codes = treaties[["ccode1", "ccode2", "year"]].astype("int64")
    return codes.assign(level=level)


def _portfolio_similarity(raw: RawFile, in_system: pd.DataFrame) -> Yearly:
    """S of Signorino and Ritter over all states in the system, unweighted, absolute distances.

    A state's commitment to itself is the highest, as in Signorino and Ritter (1999, table 6).
    """
    treaties = dict(tuple(commitments(raw).groupby("year")))
    none = pd.DataFrame({"ccode1": [], "ccode2": [], "level": []}, dtype="int64")
    for year, codes in _systems(in_system):
        portfolios = np.zeros((len(codes), len(codes)))
        treaty = treaties.get(year, none)
        treaty = treaty[treaty["ccode1"].isin(codes) & treaty["ccode2"].isin(codes)]
        holder, target = (np.searchsorted(codes, treaty[c]) for c in ("ccode1", "ccode2"))
        portfolios[holder, target] = treaty["level"]
        np.fill_diagonal(portfolios, max(COMMITMENTS))
        yield year, codes, {"s_alliance": s_matrix(portfolios, levels=COMMITMENTS)}


def _voting(raw: RawFile, curated: Path, in_system: pd.DataFrame) -> Yearly:
    """Agreement over the roll calls in which both voted or abstained, and their number.

    Absence and non-participation are no votes. The year is that of the roll call's date.
    """
    votes = dict(tuple(_votes(raw, curated).groupby("year")))
    for year, codes in _systems(in_system):
        if year not in votes:
            continue
        cast = votes[year]
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


def _votes(raw: RawFile, curated: Path) -> pd.DataFrame:
    """Votes by COW code: rcid, cow_code, year, vote (0 no, 1 abstain, 2 yes)."""
    cast = read_rda(raw("un/un_votes.rda"))[["rcid", "country", "vote"]]
    calls = read_rda(raw("un/un_roll_calls.rda"))[["rcid", "date"]]
    year = calls.set_index("rcid")["date"].astype(str).str[:4].astype("int64")
    cast["year"] = cast["rcid"].map(year)
    seats = un_seats(curated)
    if unknown := sorted(set(cast["country"]) - set(seats["un_country"])):
        raise InvalidDataError(
            f"data/curated/state_codes.csv has no row for the United Nations' {unknown[0]}; add "
            "one with its COW code in un_country."
        )
    cast = cast.merge(seats, left_on="country", right_on="un_country")
    valid = cast["year"].between(cast["from_year"], cast["to_year"])
    cast = cast[valid & cast["year"].between(*UN_YEARS)]
    return cast.assign(vote=cast["vote"].astype(str).map(VOTES))[
        ["rcid", "cow_code", "year", "vote"]
    ]


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
