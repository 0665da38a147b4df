"""How far two copies of one list agree: the list of wars, and the alliances of ATOP."""

from __future__ import annotations

import pandas as pd

from coalitiondata.build import wars
from coalitiondata.build.alliances import OBSERVED_UNTIL, alliance_ids, member_phases
from coalitiondata.build.rda import read_rda
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import spread_years

PARTICIPANT = ["war", "side", "cow_code"]
DYAD_YEAR = ["code_a", "code_b", "year"]


def participants_twice(raw: RawFile, dyads: pd.DataFrame) -> pd.DataFrame:
    """Every state on a side of a listed war, in the list of participants and in the dyad-years.

    `dyads` is cow_war_inter.rda. Columns: war, side, cow_code; listed and in_dyads (whether it is
    there); outcome, deaths, first and last year in each (`_dyads` for the dyad-years).
    """
    rows = wars.participants(raw)
    year = {
        edge: rows[[f"{edge}_year1", f"{edge}_year2"]].where(lambda years: years > 0)
        for edge in ("start", "end")
    }
    listed = pd.DataFrame(
        {
            **{column: rows[column].astype("int64") for column in PARTICIPANT},
            "outcome": rows["outcome"].astype("Int64"),
            "deaths": rows["deaths"],
            "first": year["start"].min(axis=1).astype("Int64"),
            "last": year["end"].max(axis=1).astype("Int64"),
            "listed": True,
        }
    )
    both = listed.merge(_from_dyads(dyads), on=PARTICIPANT, how="outer", suffixes=("", "_dyads"))
    flags = {flag: both[flag].eq(True) for flag in ("listed", "in_dyads")}
    return both.assign(**flags).sort_values(PARTICIPANT, ignore_index=True)


def alliance_dyad_years(raw: RawFile) -> pd.DataFrame:
    """Pairs of states with an alliance in a year by ATOP 4.01 and by ATOP 5.1, 1815 to 2016.

    Columns code_a < code_b, year; any_401 and any_51 (any obligation), defence_401 and defence_51
    (one of the two promised to defend the other). A treaty counts for every year in which both were
    members on at least one day.
    """
    old, new = _pairs_401(raw), _pairs_51(raw)
    both = old.merge(new, on=DYAD_YEAR, how="outer", suffixes=("_401", "_51"))
    flags = {
        f"{kind}_{version}": both[f"{kind}_{version}"].eq(True)
        for kind in ("any", "defence")
        for version in ("401", "51")
    }
    return both.assign(**flags).sort_values(DYAD_YEAR, ignore_index=True)


def treaties_apart(raw: RawFile, years: pd.DataFrame) -> pd.DataFrame:
    """Treaties of ATOP 4.01 by the dyad-years that only they give and ATOP 5.1 lacks.

    Columns alliance_id, start (year), dyad_years (all of the treaty), missing (not in 5.1).
    """
    known = years.loc[years["any_51"], DYAD_YEAR].assign(known=True)
    treaty = _treaty_pairs(raw).drop_duplicates(["atopid", *DYAD_YEAR])
    treaty = treaty.merge(known, on=DYAD_YEAR, how="left")
    treaty["missing"] = ~treaty["known"].eq(True)
    rows = treaty.groupby("atopid").agg(
        start=("year", "min"), dyad_years=("year", "size"), missing=("missing", "sum")
    )
    rows = rows[rows["missing"] > 0].sort_values(["missing", "atopid"], ascending=[False, True])
    return rows.reset_index().assign(alliance_id=lambda table: alliance_ids(table["atopid"]))


def _from_dyads(dyads: pd.DataFrame) -> pd.DataFrame:
    """The rows of cow_war_inter.rda, one per war, state 1 and its side."""
    codes = dyads[["warnum", "sidea1", "ccode1", "outcome1", "batdeath1", "year"]].astype("Int64")
    rows = codes.set_axis([*PARTICIPANT, "outcome", "deaths", "year"], axis=1)
    rows["deaths"] = rows["deaths"].mask(rows["deaths"] < 0)
    found = rows.groupby(PARTICIPANT, as_index=False).agg(
        outcome=("outcome", "first"),
        deaths=("deaths", "first"),
        first=("year", "min"),
        last=("year", "max"),
    )
    return found.astype(dict.fromkeys(PARTICIPANT, "int64")).assign(in_dyads=True)


def _treaty_pairs(raw: RawFile) -> pd.DataFrame:
    """Pairs of members of one treaty by year: atopid, code_a < code_b, year, defence."""
    phases = member_phases(raw)
    phases = phases[phases["entered"] <= OBSERVED_UNTIL]
    member = phases[["atopid", "cow_code", "entered", "until", "defence"]]
    open_ended = member["until"] > OBSERVED_UNTIL
    member = member.assign(until=member["until"].mask(open_ended, OBSERVED_UNTIL))
    pairs = member.merge(member, on="atopid", suffixes=("_a", "_b"))
    pairs = pairs[pairs["cow_code_a"] < pairs["cow_code_b"]]
    later = pairs["entered_a"].where(pairs["entered_a"] > pairs["entered_b"], pairs["entered_b"])
    sooner = pairs["until_a"].where(pairs["until_a"] < pairs["until_b"], pairs["until_b"])
    together = pairs.assign(
        code_a=pairs["cow_code_a"],
        code_b=pairs["cow_code_b"],
        defence=pairs["defence_a"] | pairs["defence_b"],
    )[later <= sooner]
    keys = ["atopid", "code_a", "code_b", "defence"]
    first, last = (edge.loc[together.index].dt.year for edge in (later, sooner))
    return spread_years(together[keys], first, last)


def _pairs_401(raw: RawFile) -> pd.DataFrame:
    return _any_treaty(_treaty_pairs(raw))


def _pairs_51(raw: RawFile) -> pd.DataFrame:
    rows = read_rda(raw("atop/atop_alliance.rda"))
    obligations = list(rows.columns[rows.columns.str.startswith("atop_")])
    rows = rows[(rows[obligations] == 1).any(axis=1) & (rows["year"] <= OBSERVED_UNTIL.year)]
    codes = rows[["ccode1", "ccode2", "year"]].astype("int64")
    pairs = pd.DataFrame(
        {
            "code_a": codes[["ccode1", "ccode2"]].min(axis=1),
            "code_b": codes[["ccode1", "ccode2"]].max(axis=1),
            "year": codes["year"],
            "defence": rows["atop_defense"] == 1,
        }
    )
    return _any_treaty(pairs)


def _any_treaty(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row per pair and year: `any`, and `defence` if any of its rows has it."""
    return pairs.groupby(DYAD_YEAR, as_index=False).agg(defence=("defence", "max")).assign(any=True)
