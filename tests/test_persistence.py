"""Whether coalitions went on in another one: golden records, coverage, the rule in plain loops."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coalitiondata as cd
from coalitiondata.persistence import NEEDED, went_on
from coalitiondata.schema import table


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {name: cd.load(name) for name in NEEDED}


@pytest.fixture(scope="module")
def wars(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Only the sides of inter-state wars, all of them primary."""
    coalitions = tables["coalitions"]
    coalitions = coalitions[coalitions["subtype"] == "interstate_war"].assign(primary=True)
    return {**tables, "coalitions": coalitions}


def one(frame: pd.DataFrame, coalition: str) -> pd.Series:
    return frame.set_index("coalition_id").loc[coalition]


# Golden records.


def test_first_balkan_war_to_second(wars: dict[str, pd.DataFrame]) -> None:
    row = one(went_on(wars), "war-cow-100-1")
    assert row["next_id"] == "war-cow-103-1"
    assert row["next_start"] == pd.Timestamp("1913-06-30")
    assert row["members_carried_over"] == "state-cow-345;state-cow-350"  # Serbia, Greece
    assert row["n_carried"] == 2
    assert row["share_carried"] == pytest.approx(2 / 3)  # without Bulgaria
    assert row["years_after"] == pytest.approx(72 / 365.25)  # from 19 April


def test_six_day_war_to_yom_kippur(wars: dict[str, pd.DataFrame]) -> None:
    row = one(went_on(wars), "war-cow-169-2")
    assert row["next_id"] == "war-cow-181-2"
    assert row["members_carried_over"] == "state-cow-651;state-cow-652;state-cow-663"
    assert row["share_carried"] == 1
    assert row["observed"]


def test_the_allies_of_1918_are_together_again_after_twenty_one_years(
    wars: dict[str, pd.DataFrame],
) -> None:
    assert pd.isna(one(went_on(wars), "war-cow-106-1")["next_id"])
    later = one(went_on(wars, within_years=21), "war-cow-106-1")
    assert later["next_id"] == "war-cow-139-1"
    assert {"state-cow-200", "state-cow-220"} <= set(later["members_carried_over"].split(";"))


def test_christian_and_free_democrats(tables: dict[str, pd.DataFrame]) -> None:
    names = tables["coalitions"].set_index("name")["coalition_id"]
    kohl, merkel = names["Kohl V"], names["Merkel II"]
    assert pd.isna(one(went_on(tables), kohl)["next_id"])
    row = one(went_on(tables, within_years=12), kohl)
    assert row["next_id"] == merkel
    assert row["share_carried"] == 1
    # Earlier cabinets of the lineage end with it.
    first = one(went_on(tables, within_years=12), names["Kohl I"])
    assert first["ended"] == row["ended"] == pd.Timestamp("1998-10-27")
    assert first["next_id"] == merkel
    # Merkel I to III, past Merkel II; and one member is enough only if asked for.
    grand = one(went_on(tables), names["Merkel I"])
    assert grand["next_id"] == names["Merkel III"]
    assert one(went_on(tables, min_members=1), names["Merkel I"])["next_id"] == merkel


def test_cabinets_that_go_on_are_not_observed(tables: dict[str, pd.DataFrame]) -> None:
    frame = went_on(tables)
    coalitions = tables["coalitions"].set_index("coalition_id")
    ongoing = coalitions.index[coalitions["status"] == "ongoing"]
    rows = frame[frame["coalition_id"].isin(ongoing)]
    assert len(rows) > 0
    assert rows["ended"].isna().all()
    assert rows["next_id"].isna().all()
    assert not rows["observed"].any()


# Invariants of the whole table.


def test_one_row_per_primary_record(tables: dict[str, pd.DataFrame]) -> None:
    frame = went_on(tables)
    coalitions = tables["coalitions"]
    primary = coalitions.loc[coalitions["primary"], "coalition_id"]
    assert frame["coalition_id"].tolist() == sorted(primary)
    assert set(frame["next_id"].dropna()) <= set(primary)
    found = frame.dropna(subset="next_id")
    assert found["years_after"].between(0, 10).all()
    assert found["share_carried"].between(0, 1, inclusive="right").all()
    assert (found["members_carried_over"].str.count(";") + 1).eq(found["n_carried"]).all()
    assert (found["n_carried"] >= 2).all()
    lineage = coalitions.set_index("coalition_id")["lineage"]
    governing = found[found["coalition_id"].map(lineage).notna()]
    assert (governing["coalition_id"].map(lineage) != governing["next_id"].map(lineage)).all()


def test_ministers_without_party_do_not_go_on(tables: dict[str, pd.DataFrame]) -> None:
    actors = tables["actors"]
    nobody = set(actors.loc[actors["kind"] == "nonpartisan", "actor_id"])
    carried = went_on(tables)["members_carried_over"].dropna().str.split(";").explode()
    assert nobody
    assert not nobody & set(carried)


def test_coverage_is_that_of_the_sources_not_of_single_cases(wars: dict[str, pd.DataFrame]) -> None:
    listed = wars["coalitions"]
    case = listed.iloc[[0]].assign(
        coalition_id="exp-later",
        start=pd.Timestamp("2015-01-01").as_unit("s"),
        end=pd.Timestamp("2020-01-01").as_unit("s"),
        observed_until=pd.Timestamp("2020-01-01").as_unit("s"),
        source="coalitiondata-expeditions",
    )
    both = {**wars, "coalitions": pd.concat([listed, case], ignore_index=True)}
    assert not one(went_on(both), "war-cow-221-1")["observed"]  # Kosovo 1999; list to 2003
    assert one(went_on(both), "war-cow-215-1")["observed"]  # Bosnia 1992
    alone = {**wars, "coalitions": case}
    assert not one(went_on(alone), "exp-later")["observed"]
    assert one(went_on(alone, within_years=0.001), "exp-later")["observed"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"within_years": 0}, "within_years is 0"),
        ({"within_years": float("nan")}, "within_years is nan"),
        ({"min_members": 0}, "min_members is 0"),
    ],
)
def test_options_out_of_range(
    tables: dict[str, pd.DataFrame], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(cd.errors.InvalidDataError, match=message):
        went_on(tables, **options)


# The rule again in plain loops.

FAMILIES = ("governing", "wartime")
Record = tuple[int, int, int, frozenset[int], bool]  # family, start, days, members, primary
records = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(0, 3000),
        st.integers(0, 1500),
        st.frozensets(st.integers(0, 5), min_size=2, max_size=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def made(rows: list[Record]) -> dict[str, pd.DataFrame]:
    zero = pd.Timestamp("1900-01-01").as_unit("s")
    start = [zero + pd.Timedelta(days=row[1]) for row in rows]
    end = [zero + pd.Timedelta(days=row[1] + row[2]) for row in rows]
    ids = [f"c-{i:02d}" for i in range(len(rows))]
    coalitions = pd.DataFrame(
        {
            "coalition_id": ids,
            "family": [FAMILIES[row[0]] for row in rows],
            "lineage": [None] * len(rows),
            "start": pd.Series(start, dtype="datetime64[s]"),
            "end": pd.Series(end, dtype="datetime64[s]"),
            "observed_until": pd.Series(end, dtype="datetime64[s]"),
            "primary": [row[4] for row in rows],
            "source": "made",
        }
    )
    member = [(i, f"a{actor}") for i, row in zip(ids, rows, strict=True) for actor in row[3]]
    memberships = pd.DataFrame(member * 2, columns=["coalition_id", "actor_id"])
    memberships["spell"] = [1] * len(member) + [2] * len(member)
    actors = pd.DataFrame({"actor_id": [f"a{i}" for i in range(6)], "kind": "state"})
    tables = {"coalitions": coalitions, "memberships": memberships, "actors": actors}
    # What these cases are not about is missing.
    return {name: frame.reindex(columns=table(name).columns) for name, frame in tables.items()}


def test_on_the_same_day_the_one_with_more_members_then_the_lower_id() -> None:
    first = (1, 0, 10, frozenset({0, 1, 2}), True)
    two, three = ((1, 50, 10, frozenset(range(size)), True) for size in (2, 3))
    assert one(went_on(made([first, two, three, three])), "c-00")["next_id"] == "c-02"
    secondary = (*three[:4], False)
    assert one(went_on(made([first, secondary, two])), "c-00")["next_id"] == "c-02"


@settings(max_examples=60, deadline=None)
@given(records, st.integers(1, 3))
def test_equals_looking_at_each_later_coalition(rows: list[Record], least: int) -> None:
    frame = went_on(made(rows), within_years=4, min_members=least).set_index("coalition_id")
    for i, (family, start, days, members, primary) in enumerate(rows):
        name = f"c-{i:02d}"
        assert (name in frame.index) == primary
        if not primary:
            continue
        later = [
            (row[1], -len(row[3] & members), f"c-{j:02d}", row[3] & members)
            for j, row in enumerate(rows)
            if j != i
            and row[4]
            and row[0] == family
            and start + days <= row[1] <= start + days + 1461
            and len(row[3] & members) >= least
        ]
        found = frame.loc[name]
        if not later:
            assert pd.isna(found["next_id"])
            assert pd.isna(found["n_carried"])
            continue
        _, _, expected, both = min(later, key=lambda each: each[:3])
        assert found["next_id"] == expected
        assert found["members_carried_over"] == ";".join(f"a{actor}" for actor in sorted(both))
        assert found["share_carried"] == pytest.approx(len(both) / len(members))
