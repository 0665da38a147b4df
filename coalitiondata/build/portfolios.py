"""The foreign policies of states as long tables: what they promised each other, how they voted.

`coalitiondata.measures.portfolios.dyadic_similarity` takes both, with `states.system_years` for the
states of each year.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from coalitiondata.build.rda import read_rda
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import un_seats
from coalitiondata.errors import InvalidDataError

COMMITMENTS = (0, 1, 2, 3)
UN_YEARS = (1946, 2019)  # the source has one roll call of 2020
VOTES = {"no": 0, "abstain": 1, "yes": 2}


def commitments(raw: RawFile) -> pd.DataFrame:
    """Highest commitment of one state to another in a year (ATOP 5.1 directed dyad-years).

    Columns ccode1, ccode2, year (1815 to 2018), level: 3 defence or offence, 2 neutrality or
    non-aggression, 1 consultation, 0 a treaty with none of these. States without a treaty have no
    row. Commitments can be one-sided: the United States promised Japan defence in 1951, Japan
    promised less.
    """
    treaties = read_rda(raw("atop/atop_alliance.rda"))
    fights = (treaties["atop_defense"] == 1) | (treaties["atop_offense"] == 1)
    abstains = (treaties["atop_neutral"] == 1) | (treaties["atop_nonagg"] == 1)
    consults = treaties["atop_consul"] == 1
    level = np.select([fights, abstains, consults], [3, 2, 1], 0)
    codes = treaties[["ccode1", "ccode2", "year"]].astype("int64")
    return codes.assign(level=level)


def votes(raw: RawFile, curated: Path) -> pd.DataFrame:
    """Votes in the General Assembly by COW code: rcid, cow_code, year, vote.

    0 no, 1 abstention, 2 yes; absence and non-participation have no row. The year is that of the
    roll call's date.
    """
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
