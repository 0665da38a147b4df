"""States by code and name at a day: records known from history and the lists of states."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import shipped

import coalitiondata as cd
from coalitiondata.own import states as module

pytestmark = shipped.needed


def match(label: object, day: str, kind: str, last: str | None = None) -> pd.Series:
    first, end = (
        pd.Series([each]).astype("datetime64[s]") for each in (day, last if last else day)
    )
    return cd.match_states(pd.Series([label], dtype="object"), first, end, states=kind).iloc[0]


@pytest.mark.parametrize(
    ("label", "day", "kind", "code"),
    [
        ("Prussia", "1815-06-18", "name", 255),
        ("Prussia", "1870-07-19", "name", 255),
        ("Prussia", "1757-11-05", "name", 255),
        ("Germany", "1900-06-10", "name", 255),
        ("Germany", "1945-05-01", "name", 255),
        ("West Germany", "1960-01-01", "name", 260),
        ("East Germany", "1960-01-01", "name", 265),
        ("Federal Republic of Germany", "1990-10-02", "name", 260),
        ("Federal Republic of Germany", "1990-10-03", "name", 255),
        ("Germany", "1999-06-12", "name", 255),
        ("Ottoman Empire", "1798-09-09", "name", 640),
        ("Ottoman Empire", "1914-11-01", "name", 640),
        ("Turkey", "1952-02-18", "name", 640),
        ("Türkiye", "2015-01-01", "name", 640),
        ("Austria-Hungary", "1914-07-28", "name", 300),
        ("Austria", "1813-08-12", "name", 300),
        ("Austria", "1925-01-01", "name", 305),
        ("Sardinia", "1855-01-26", "name", 325),
        ("Italy", "1915-05-24", "name", 325),
        ("Kingdom of the Two Sicilies", "1848-01-01", "name", 329),
        ("Russia", "1914-08-01", "name", 365),
        ("Soviet Union", "1941-06-22", "name", 365),
        ("Serbia", "1914-07-28", "name", 345),
        ("Yugoslavia", "1999-03-24", "name", 345),
        ("Vietnam", "1979-02-17", "name", 816),
        ("South Vietnam", "1965-03-08", "name", 817),
        ("Yemen", "1962-09-26", "name", 678),
        ("Yemen", "1994-05-04", "name", 679),
        ("the Netherlands", "1815-06-18", "name", 210),
        ("United States", "1991-01-17", "name", 2),
        ("Korea", "1900-01-01", "name", 730),
        ("DEU", "1900-01-01", "iso3", 255),
        ("DEU", "1975-01-01", "iso3", 260),
        ("DDR", "1975-01-01", "iso3", 265),
        ("DEU", "2003-01-01", "iso3", 255),
        ("SUN", "1980-01-01", "iso3", 365),
        ("SRB", "2010-01-01", "iso3", 345),
        ("VNM", "2010-01-01", "iso3", 816),
        ("usa", "1991-01-17", "iso3", 2),
        (255.0, "1914-08-01", "cow", 255),
        ("325", "1859-05-01", "cow", 325),
        (260, "1975-01-01", "gw", 260),
        (260, "1999-06-12", "gw", 255),
        (340, "2010-01-01", "gw", 345),
        (345, "1999-03-24", "gw", 345),
        (678, "2015-03-26", "gw", 679),
        (816, "1979-02-17", "gw", 816),
    ],
)
def test_golden(label: object, day: str, kind: str, code: int) -> None:
    found = match(label, day, kind)
    assert found["hint"] is None
    assert found["actor_id"] == f"state-cow-{code}"


@pytest.mark.parametrize(
    ("label", "day", "kind", "says"),
    [
        ("Germany", "1975-01-01", "name", "260 (German Federal Republic"),
        ("Korea", "1960-01-01", "name", "732 (South Korea"),
        ("Vietnam", "1960-01-01", "name", "817 (Republic of Vietnam"),
        ("Congo", "1970-01-01", "name", "490"),
        ("Prussia", "1995-01-01", "name", "before 1946 255"),
        ("South Vietnam", "1980-01-01", "name", "Not in the state system"),
        (255, "1975-01-01", "cow", "write 260 (Federal Republic) or 265"),
        (260, "1995-01-01", "cow", "Not in the state system"),
        (999, "1995-01-01", "cow", "No state is known"),
        ("Prusia", "1870-01-01", "name", "Close: prussia"),
        ("Narnia", "1870-01-01", "name", "No state is known by this English name"),
        ("D", "1870-01-01", "cow", "No state is known"),
    ],
)
def test_not_guessed(label: object, day: str, kind: str, says: str) -> None:
    found = match(label, day, kind)
    assert pd.isna(found["actor_id"])
    assert says in found["hint"]


def test_outside_the_system_is_matched_and_said() -> None:
    assert match("Canada", "1918-08-01", "name")[["actor_id", "in_system"]].tolist() == [
        "state-cow-20",
        False,
    ]
    assert match("France", "1943-01-01", "name")["in_system"] == False  # noqa: E712
    assert match("France", "1940-01-01", "name")["in_system"] == True  # noqa: E712


def test_a_year_that_spans_a_change_is_ambiguous() -> None:
    found = match("DEU", "1990-01-01", "iso3", "1990-12-31")
    assert "Can mean" in found["hint"]


def test_every_state_is_matched_by_its_own_name_and_number() -> None:
    actors = cd.load("actors").dropna(subset="cow_code")
    system = cd.load("state_system").drop_duplicates("actor_id")
    rows = actors.merge(system, on="actor_id")
    plural = {"Germany", "Austria", "Vietnam", "Yemen", "Korea", "Congo"}
    for kind, column in (("name", "name"), ("cow", "cow_code")):
        chosen = rows[~rows["name"].isin(plural)] if kind == "name" else rows
        found = cd.match_states(chosen[column].astype("object"), chosen["entered"], states=kind)
        assert found["actor_id"].tolist() == chosen["actor_id"].tolist()
        assert found["in_system"].all()


def test_each_row_of_the_table_of_names_has_a_number_of_the_list_and_a_ground() -> None:
    table = pd.read_csv(Path(module.__file__).with_name("state_names.csv"), dtype="object")
    codes = set(cd.load("actors")["cow_code"].dropna().astype(int).astype(str))
    assert set(table["cow_code"]) <= codes
    assert table["basis"].notna().all()
    assert not table.duplicated(["kind", "label", "cow_code"]).any()


def test_the_converter_knows_other_names() -> None:
    pytest.importorskip("country_converter")
    assert match("Cabo Verde", "1990-01-01", "name")["actor_id"] == "state-cow-402"
    assert match("FR", "1990-01-01", "iso2")["actor_id"] == "state-cow-220"
    assert match("DE", "1960-01-01", "iso2")["actor_id"] == "state-cow-260"


def test_labels_keep_their_index_and_repeat() -> None:
    labels = pd.Series(["Russia", "Russia", "Narnia"], index=[7, 7, 3])
    days = pd.Series(["1900-01-01"] * 3, index=labels.index).astype("datetime64[s]")
    found = cd.match_states(labels, days, states="name")
    assert found.index.tolist() == [7, 7, 3]
    assert found["actor_id"].iloc[:2].tolist() == ["state-cow-365"] * 2
    with pytest.raises(cd.UnknownNameError, match="Did you mean 'iso3'"):
        cd.match_states(labels, days, states="iso33")  # type: ignore[arg-type]
