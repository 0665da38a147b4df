"""The curated inter-election periods, against the chambers under which coalitions governed.

A row governs the chambers *elected* from `from` to `until`: a reform that spared the sitting
chamber starts at the next election, one that shortened or prolonged it at that chamber's own.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import shipped

TERMS = shipped.DATA / "curated" / "parliamentary_terms.csv"
SLACK_MONTHS = 6  # terms run from the first sitting, and writs and polling days need time
COLUMNS = [
    "country",
    "from",
    "until",
    "ciep_months",
    "rule",
    "source_title",
    "source_url",
    "accessed",
]

# Chambers under which coalitions outlasted the period in force, by arena and election day.
EXTENDED = {
    ("AUT", "1930-11-09"): "parliament eliminated in 1933, no free election until 1945",
    ("BEL", "1914-05-24"): "First World War and occupation",
    ("BEL", "1939-04-02"): "Second World War and occupation",
    ("DEU", "1932-11-06"): "dictatorship and division; the next coalition is that of 1949",
    ("FIN", "1939-07-01"): "Second World War",
    ("FRA", "1914-05-10"): "First World War",
    ("FRA", "1919-10-16"): "ParlGov dates the election of November 1919 in October",
    ("FRA", "1936-05-03"): "Second World War, Vichy and liberation",
    ("GBR", "1935-11-14"): "Second World War, yearly prolongation acts",
    ("ITA", "1946-06-02"): "constituent assembly prolonged twice by constitutional laws of 1947",
    ("LUX", "1931-06-07"): "one cabinet sat through the partial election of 1934",
    ("LUX", "1937-06-06"): "occupation",
    ("NLD", "1937-05-26"): "occupation",
    ("NLD", "1989-09-06"): "elected after a dissolution, may sit up to five years",
    ("NLD", "2012-09-12"): "elected after a dissolution, may sit up to five years",
    ("NOR", "1936-10-19"): "occupation",
}

# Chambers for whose length no source was found: they stay without a term.
UNKNOWN = {
    ("DEU", "1919-01-19"): "national assembly without a term of its own",
    ("EST", "1992-09-20"): "first Riigikogu, shorter than the constitution's four years",
    ("FRA", "1946-06-02"): "second constituent assembly",
    ("ISR", "1949-01-25"): "constituent assembly that became the first Knesset",
    ("ISR", "1951-07-30"): "second Knesset, before the Basic Law",
    ("JPN", "1946-04-10"): "last chamber of the imperial diet",
    ("LTU", "1990-03-10"): "supreme council",
    ("SVK", "1990-06-09"): "national council, term set by its own act",
    ("SVN", "1990-04-12"): "last assembly under the constitution of 1974",
}

needed = shipped.needed


def _day(text: pd.Series) -> pd.Series:
    """The day itself, or the first day of a bare year; NaT where empty."""
    return pd.Series(np.array(text.replace("", "NaT").tolist(), dtype="datetime64[s]"), text.index)


@cache
def _terms() -> pd.DataFrame:
    terms = pd.read_csv(TERMS, dtype=str, keep_default_na=False)
    terms["first"] = _day(terms["from"])
    terms["last"] = _day(terms["until"]).fillna(pd.Timestamp("2200-01-01"))
    terms["months"] = terms["ciep_months"].astype(int)
    return terms


@cache
def _cabinets() -> pd.DataFrame:
    """Governing coalitions with the term of the chamber that bore them, where one is known."""
    columns = ["coalition_id", "family", "arena", "start", "chamber_elected", "predecessor"]
    cabinets = pd.read_csv(shipped.DATA / "coalitions.csv", usecols=columns)
    cabinets = cabinets[cabinets["family"].eq("governing") & cabinets["chamber_elected"].notna()]
    for column in ("start", "chamber_elected"):
        cabinets[column] = pd.to_datetime(cabinets[column]).astype("datetime64[s]")
    merged = pd.merge_asof(
        cabinets.sort_values("chamber_elected"),
        _terms().sort_values("first")[["country", "first", "last", "months"]],
        left_on="chamber_elected",
        right_on="first",
        left_by="arena",
        right_by="country",
    )
    merged["months"] = merged["months"].where(merged["chamber_elected"] <= merged["last"])
    return merged


def _chambers(cabinets: pd.DataFrame) -> set[tuple[str, str]]:
    days = cabinets["chamber_elected"].dt.strftime("%Y-%m-%d")
    return set(zip(cabinets["arena"], days, strict=True))


def _latest(cabinets: pd.DataFrame) -> pd.Series:
    """Last day on which the successor chamber should have been elected."""
    months = cabinets["months"].astype(int) + SLACK_MONTHS
    pairs = zip(cabinets["chamber_elected"], months, strict=True)
    return pd.Series([day + pd.DateOffset(months=int(n)) for day, n in pairs], cabinets.index)


def _outlasted() -> set[tuple[str, str]]:
    """Chambers under which a cabinet formed, or whose successor was elected, too late."""
    known = _cabinets().dropna(subset="months")
    following = (
        known[["coalition_id", "arena", "chamber_elected", "months"]]
        .merge(
            _cabinets()[["predecessor", "chamber_elected"]].rename(
                columns={"predecessor": "coalition_id", "chamber_elected": "next_elected"}
            ),
            on="coalition_id",
        )
        .query("next_elected > chamber_elected")
    )
    late_cabinet = known[known["start"] > _latest(known)]
    late_election = following[following["next_elected"] > _latest(following)]
    return _chambers(late_cabinet) | _chambers(late_election)


def test_file_is_canonical() -> None:
    raw = TERMS.read_bytes()
    assert b"\r" not in raw
    assert raw.decode("utf-8").endswith("\n")
    assert raw.decode("utf-8").splitlines()[0] == ",".join(COLUMNS)
    keys = list(zip(_terms()["country"], _terms()["from"], strict=True))
    assert keys == sorted(keys)


def test_every_row_has_a_source_and_a_plausible_value() -> None:
    terms = _terms()
    assert terms["country"].str.fullmatch("[A-Z]{3}").all()
    assert terms["country"].nunique() == 37
    assert terms["ciep_months"].str.fullmatch("[1-9][0-9]*").all()
    assert terms["months"].between(6, 84).all()
    assert terms["rule"].str.len().gt(0).all()
    assert terms["source_title"].str.len().gt(0).all()
    assert terms["source_url"].str.fullmatch(r"https?://\S+").all()
    assert terms["accessed"].str.fullmatch(r"\d{4}-\d{2}-\d{2}").all()


def test_periods_run_forward_and_do_not_overlap() -> None:
    terms = _terms().sort_values(["country", "first"])
    assert (terms["first"] <= terms["last"]).all()
    before = terms.groupby("country")["last"].shift()
    overlapping = terms[terms["first"] <= before]
    assert overlapping.empty, overlapping[["country", "from"]]


@pytest.mark.parametrize(
    ("country", "elected", "months"),
    [
        ("AUS", "2019-05-18", 36),
        ("AUT", "2006-10-01", 48),
        ("AUT", "2008-09-28", 60),
        ("BEL", "2010-06-13", 48),
        ("BEL", "2014-05-25", 60),
        ("CHE", "1928-10-28", 36),
        ("CHE", "1931-10-25", 48),
        ("FIN", "1951-07-03", 36),
        ("FIN", "1954-03-08", 48),
        ("IRL", "1923-08-27", 48),
        ("LUX", "1951-06-03", 36),
        ("LVA", "1995-10-01", 36),
        ("NOR", "1933-10-16", 36),
        ("NZL", "1931-12-02", 48),
        ("SWE", "1991-09-15", 36),
        ("TUR", "2011-06-12", 48),
    ],
)
def test_reforms_bind_the_chambers_they_bound(country: str, elected: str, months: int) -> None:
    terms, day = _terms(), pd.Timestamp(elected)
    found = terms[terms["country"].eq(country) & terms["first"].le(day) & terms["last"].ge(day)]
    assert found["months"].tolist() == [months]


@needed
def test_every_chamber_has_a_term_or_is_listed_as_unknown() -> None:
    cabinets = _cabinets()
    assert set(cabinets["arena"]) <= set(_terms()["country"])
    assert _chambers(cabinets[cabinets["months"].isna()]) == set(UNKNOWN)


@needed
def test_no_chamber_outlasts_its_period_unless_history_says_why() -> None:
    assert _outlasted() == set(EXTENDED)
