"""The states of the international system: who they are, when they belong, what others call them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coalitiondata.build.datecodes import partial_dates
from coalitiondata.build.rda import read_rda
from coalitiondata.build.sources import RawFile

STATE_CODES = "state_codes.csv"


def spells(raw: RawFile) -> pd.DataFrame:
    """Membership in the state system (COW): cow_code, name, first and last day of each spell.

    Spells that run to the end of the list (31 December 2016) are open in reality.
    """
    listed = read_rda(raw("cow/cow_states.rda"))
    first = partial_dates(listed["styear"], listed["stmonth"], listed["stday"])
    last = partial_dates(listed["endyear"], listed["endmonth"], listed["endday"])
    return pd.DataFrame(
        {
            "cow_code": listed["ccode"].astype("int64"),
            "name": listed["statenme"],
            "first": first["date"],
            "last": last["date"],
        }
    )


def state_system(raw: RawFile) -> pd.DataFrame:
    """The table `state_system`; spells that run to the end of the list have no `left`."""
    rows = spells(raw).sort_values(["cow_code", "first"], ignore_index=True)
    return pd.DataFrame(
        {
            "actor_id": actor_ids(rows["cow_code"]),
            "spell": rows.groupby("cow_code").cumcount() + 1,
            "entered": rows["first"],
            "left": rows["last"].mask(rows["last"] == rows["last"].max()),
            "source": "cow_states",
        }
    )


def system_years(raw: RawFile) -> pd.DataFrame:
    """The calendar years in which a state is in the system for at least one day.

    Columns cow_code and year, unique and sorted. In the year of a change of code (1990: 255, 260,
    265, 678, 679, 680) both the old and the new state are in.
    """
    member = spells(raw)
    return spread_years(
        member[["cow_code"]], member["first"].dt.year, member["last"].dt.year
    ).sort_values(["cow_code", "year"], ignore_index=True)


def spread_years(keys: pd.DataFrame, first: pd.Series, last: pd.Series) -> pd.DataFrame:
    """One row per row of `keys` and year from `first` to `last`, both included, without repeats."""
    length = (last - first + 1).astype("int64")
    rows = keys.loc[keys.index.repeat(length)]
    years = first.loc[rows.index] + rows.groupby(level=0).cumcount()
    spread = rows.assign(year=years.astype("int64"))
    return spread.drop_duplicates(ignore_index=True)


def actors(raw: RawFile, curated: Path) -> pd.DataFrame:
    """All states that were ever in the system, as rows of the table `actors`.

    A state is what COW gives one number: 255 is Prussia, the German Reich and united Germany, 260
    and 265 are the two German states; 345 is Serbia and every Yugoslavia; 365 Russia and the Soviet
    Union; 640 the Ottoman Empire and Turkey; 325 Sardinia and Italy; 816 North and reunited
    Vietnam. `iso3` is the code of the state that carries the number today (345: SRB, 255: DEU), so
    that no two actors share one; it is missing where the number has ended (260, 300, 315, 678, 817)
    and for Kosovo, which ISO 3166 does not list.
    """
    states = spells(raw)[["cow_code", "name"]].drop_duplicates("cow_code", ignore_index=True)
    iso = state_codes(curated).drop_duplicates("cow_code").set_index("cow_code")["iso3"]
    return pd.DataFrame(
        {
            "actor_id": actor_ids(states["cow_code"]),
            "kind": "state",
            "name": states["name"],
            "iso3": states["cow_code"].map(iso),
            "cow_code": states["cow_code"].astype("Int64"),
            "source": "cow_states",
        }
    )


def actor_ids(cow_codes: pd.Series) -> pd.Series:
    """Ids of states in this data set."""
    return "state-cow-" + cow_codes.astype("int64").astype(str)


def state_codes(curated: Path) -> pd.DataFrame:
    """The checked table of codes: cow_code, iso3, un_country, un_code, from_year, to_year, source.

    A state has several rows where the United Nations data enter its votes under several names:
    China's seat is `Taiwan` until 1949 for China (710) and from 1950 for Taiwan (713), whose
    government held it until October 1971; united Germany and Yemen vote in 1990, after their
    unions, under the names of the Federal Republic and the Yemen Arab Republic.
    """
    # Namibia's code is NA, which pandas would read as missing.
    return pd.read_csv(
        curated / STATE_CODES,
        keep_default_na=False,
        na_values=[""],
        dtype={"cow_code": "int64", "from_year": "Int64", "to_year": "Int64"},
    )


def un_seats(curated: Path) -> pd.DataFrame:
    """Whose votes the United Nations data enter under which name: un_country, cow_code, from, to.

    Years are inclusive; a name without bounds belongs to one state throughout.
    """
    seats = state_codes(curated).dropna(subset=["un_country"])
    return pd.DataFrame(
        {
            "un_country": seats["un_country"],
            "cow_code": seats["cow_code"],
            "from_year": seats["from_year"].fillna(0).astype("int64"),
            "to_year": seats["to_year"].fillna(9999).astype("int64"),
        }
    ).reset_index(drop=True)
