"""ParlGov's raw tables, read with the names that this project uses, and the shared look-ups."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coalitiondata.build.dates import day_dates
from coalitiondata.build.sources import RawFile

PARLIAMENT_ELECTION = 13
# In English whatever the locale, which `calendar` would follow.
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAY_IN_WORDS = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})\b")
NONPARTISAN_NAMES = ("no party affiliation", "Prime minister")


@dataclass(frozen=True)
class ParlGov:
    """The tables of ParlGov that the governing family is built from."""

    cabinets: pd.DataFrame
    members: pd.DataFrame
    elections: pd.DataFrame
    results: pd.DataFrame
    composition: pd.DataFrame
    parties: pd.DataFrame
    changes: pd.DataFrame
    positions: pd.DataFrame
    country_iso3: pd.Series


def read(raw: RawFile, curated: Path) -> ParlGov:
    """Read ParlGov and parse its dates; nothing is dropped or filled.

    A party that ParlGov confused with another is corrected, with the page that shows it
    (data/curated/parlgov_members.csv).
    """

    def table(name: str, dates: tuple[str, ...] = (), **options: object) -> pd.DataFrame:
        frame = pd.read_csv(raw(f"parlgov/{name}.csv"), **options)  # type: ignore[call-overload]
        return frame.assign(**{date: day_dates(frame[date]) for date in dates})  # type: ignore[no-any-return]

    return ParlGov(
        cabinets=table("cabinet", ("start_date", "termination_date")),
        members=_members_corrected(
            table("cabinetparty"), pd.read_csv(curated / "parlgov_members.csv")
        ),
        elections=table("election", ("date",)),
        results=table("electionresult"),
        composition=_one_row_per_party(table("viewcalc_parliament_composition")),
        parties=table("party", ("foundation_date", "dissolution_date")),
        changes=table("partychange", ("date",)),
        # As text: the number of decimals tells an expert mean from an imputed family mean.
        positions=table("view_party", dtype=str),
        country_iso3=_iso3(table("country"), pd.read_csv(curated / "state_codes.csv")),
    )


def party_ids(ids: pd.Series) -> pd.Series:
    """Actor ids of ParlGov parties."""
    return "party-parlgov-" + ids.astype(int).astype(str)


def cabinet_ids(ids: pd.Series) -> pd.Series:
    """Coalition ids of ParlGov cabinets."""
    return "gov-parlgov-" + ids.astype(int).astype(str)


def nonpartisan(parties: pd.DataFrame) -> pd.Series:
    """Whether an entry stands for ministers without a party.

    ParlGov's family 'none' will not do: it also holds real parties that fit no family.
    """
    return parties["name_english"].str.strip().isin(NONPARTISAN_NAMES)


def noted_day(data_json: object, key: str) -> str | None:
    """A single ISO day that ParlGov notes under `key` in its `data_json` column, else None."""
    if not isinstance(data_json, str):
        return None
    value = json.loads(data_json).get(key)
    return value if isinstance(value, str) and len(value) == len("2000-01-31") else None


def only_day(remark: object) -> str | None:
    """The day that a remark of ParlGov names, as ISO text, if it names exactly one; else None."""
    if not isinstance(remark, str):
        return None
    named = set(DAY_IN_WORDS.findall(remark))
    if len(named) != 1:
        return None
    day, month, year = named.pop()
    return f"{year}-{MONTHS.index(month) + 1:02d}-{int(day):02d}"


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a frame as named tuples, whose attributes type checkers cannot know."""
    return iter(frame.itertuples())


def _members_corrected(members: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    key = ["cabinet", "party"]
    wrong = corrections.rename(columns={"cabinet_id": "cabinet", "instead_of_party_id": "party"})
    right = members[key].merge(wrong[[*key, "party_id"]], on=key, how="left")["party_id"]
    return members.assign(party=right.fillna(members["party"]).astype("int64"))


def _one_row_per_party(composition: pd.DataFrame) -> pd.DataFrame:
    """Seats by cabinet and party at the cabinet's formation.

    ParlGov enters independents of two electoral colleges as two rows of one 'party'; they add up.
    """
    formation = composition[composition["cabinet_formation"] == 1]
    seats = formation.groupby(["cabinet_id", "party_id"])["seats"].sum().reset_index()
    return seats.astype({"cabinet_id": "int64", "party_id": "int64"})


def _iso3(countries: pd.DataFrame, codes: pd.DataFrame) -> pd.Series:
    """ISO 3166-1 alpha-3 by ParlGov country id, through today's alpha-2 codes."""
    today = codes[codes["iso3"].notna() & codes["to_year"].isna()]
    alpha3 = today.drop_duplicates("un_code").set_index("un_code")["iso3"]
    return countries.set_index("id")["code_iso2"].map(alpha3)
