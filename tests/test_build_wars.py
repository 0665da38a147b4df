from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_files import raw_or_skip

from coalitiondata.build import capabilities, sides, wars
from coalitiondata.build.datecodes import partial_dates
from coalitiondata.build.side_ends import end_causes, exit_causes

DAY_ZERO = dt.date(1900, 1, 1)


@pytest.fixture(scope="module")
def coalitions() -> pd.DataFrame:
    return wars.coalitions(raw_or_skip()).set_index("coalition_id")


@pytest.fixture(scope="module")
def memberships() -> pd.DataFrame:
    return wars.memberships(raw_or_skip())


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def of(memberships: pd.DataFrame, coalition: str, code: int) -> pd.DataFrame:
    return memberships[
        (memberships["coalition_id"] == coalition)
        & (memberships["actor_id"] == f"state-cow-{code}")
    ]


# Golden records: what histories of these wars say, in COW's dates.


@pytest.mark.parametrize(
    ("coalition", "start", "end", "members", "cause", "basis"),
    [
        ("war-cow-22-1", "1854-03-31", "1856-03-01", 4, "victory", "source"),
        ("war-cow-55-1", "1866-06-15", "1866-07-26", 3, "victory", "source"),
        ("war-cow-55-2", "1866-06-15", "1866-07-26", 8, "defeat", "source"),
        # The south German states enter the Empire in November; Prussia fights on to February.
        ("war-cow-58-1", "1870-07-19", "1870-11-25", 4, "members_left", "derived"),
        # Serbia fights from 29 July, Russia from 1 August 1914.
        ("war-cow-106-1", "1914-08-01", "1918-11-11", 11, "victory", "source"),
        # Austria-Hungary's armistice leaves Germany alone for eight days.
        ("war-cow-106-2", "1914-08-01", "1918-11-03", 4, "defeat", "derived"),
        ("war-cow-139-1", "1939-09-03", "1945-08-14", 21, "victory", "source"),
        # Germany is alone until Italy joins; Japan is alone after Germany's surrender.
        ("war-cow-139-2", "1940-06-10", "1945-05-07", 8, "defeat", "derived"),
        ("war-cow-151-1", "1950-06-27", "1953-07-27", 14, "stalemate", "source"),
        ("war-cow-151-2", "1950-10-27", "1953-07-27", 2, "stalemate", "source"),
        ("war-cow-211-1", "1991-01-16", "1991-04-11", 13, "victory", "source"),
        ("war-cow-227-1", "2003-03-19", "2003-05-02", 3, "transformed_war", "source"),
    ],
)
def test_known_coalitions(
    coalitions: pd.DataFrame,
    memberships: pd.DataFrame,
    coalition: str,
    start: str,
    end: str,
    members: int,
    cause: str,
    basis: str,
) -> None:
    row = coalitions.loc[coalition]
    assert (row["start"], row["end"]) == (day(start), day(end))
    assert (row["end_cause"], row["end_cause_basis"]) == (cause, basis)
    assert pd.isna(row.get("goal_outcome"))
    inside = memberships[memberships["coalition_id"] == coalition]
    assert inside["actor_id"].nunique() == members


def test_the_allies_of_1914(memberships: pd.DataFrame) -> None:
    allies = memberships[memberships["coalition_id"] == "war-cow-106-1"].set_index("actor_id")
    joined = {
        345: "1914-08-01",  # clipped: Serbia alone since 29 July
        365: "1914-08-01",
        220: "1914-08-03",
        211: "1914-08-04",
        200: "1914-08-05",
        740: "1914-08-23",
        325: "1915-05-23",
        235: "1916-03-01",
        360: "1916-08-27",
        2: "1917-04-17",
        350: "1917-06-29",
    }
    assert {actor: str(first.date()) for actor, first in allies["joined"].items()} == {
        f"state-cow-{code}": first for code, first in joined.items()
    }
    early = allies[allies["exit_cause"] == "left_early"]
    assert {actor: str(last.date()) for actor, last in early["left"].items()} == {
        "state-cow-360": "1917-12-09",
        "state-cow-365": "1917-12-05",
    }
    assert set(allies["exit_cause"].drop(early.index)) == {"end_of_coalition"}


def test_first_balkan_war_pauses_for_the_armistice(memberships: pd.DataFrame) -> None:
    for code in (345, 355):
        spells = of(memberships, "war-cow-100-1", code)
        assert spells["spell"].tolist() == [1, 2]
        assert spells["left"].tolist() == [day("1912-12-03"), day("1913-04-19")]
        assert spells["joined"].tolist() == [day("1912-10-17"), day("1913-02-03")]
        assert spells["exit_cause"].tolist() == ["truce", "end_of_coalition"]
    assert len(of(memberships, "war-cow-100-1", 350)) == 1


@pytest.mark.parametrize("code", [220, 325, 355, 360])
def test_states_that_changed_sides_are_never_on_both_at_once(
    memberships: pd.DataFrame, code: int
) -> None:
    allied, axis = (of(memberships, f"war-cow-139-{side}", code) for side in (1, 2))
    overlap = allied.merge(axis, on="actor_id")
    assert len(overlap) == len(allied) * len(axis) > 0
    apart = (overlap["left_x"] < overlap["joined_y"]) | (overlap["left_y"] < overlap["joined_x"])
    assert apart.all()


def test_a_spell_after_the_coalition_is_no_membership(memberships: pd.DataFrame) -> None:
    sardinia = of(memberships, "war-cow-10-2", 325)
    assert sardinia["left"].tolist() == [day("1848-08-09")]
    assert sardinia["exit_cause"].tolist() == ["end_of_coalition"]


def test_names_tell_war_and_members(coalitions: pd.DataFrame) -> None:
    assert coalitions.loc["war-cow-106-1", "name"] == (
        "World War I, side 1 (Russia, France, United Kingdom and 8 others)"
    )
    assert coalitions.loc["war-cow-100-1", "name"] == (
        "First Balkan War, side 1 (Bulgaria, Yugoslavia and Greece)"
    )
    assert coalitions.loc["war-cow-82-1", "name"].startswith("Boxer Rebellion, side 1 (Japan")
    assert coalitions.loc["war-cow-170-2", "name"].startswith("Second Laotian War, Phase 2, side")
    assert coalitions["name"].is_unique


def test_every_side_with_two_states_is_a_coalition(
    coalitions: pd.DataFrame, memberships: pd.DataFrame
) -> None:
    assert len(coalitions) == 44
    assert set(memberships["coalition_id"]) == set(coalitions.index)
    assert coalitions["end_cause"].notna().all()


def test_start_and_end_are_the_bounds_of_common_fighting(
    coalitions: pd.DataFrame, memberships: pd.DataFrame
) -> None:
    rows = memberships.join(coalitions[["start", "end"]], on="coalition_id")
    for edge in ("start", "end"):
        there = rows[(rows["joined"] <= rows[edge]) & (rows["left"] >= rows[edge])]
        counts = there.groupby("coalition_id")["actor_id"].nunique()
        assert counts.reindex(coalitions.index).min() >= 2, edge
    assert (rows["joined"] >= rows["start"]).all()
    assert (rows["left"] <= rows["end"]).all()
    stayed = rows["exit_cause"] == "end_of_coalition"
    assert stayed.equals(rows["left"] == rows["end"])


def test_deaths_unknown_and_none_differ() -> None:
    deaths = wars.battle_deaths(raw_or_skip()).set_index(["coalition_id", "actor_id"])
    thailand = deaths.loc[("war-cow-170-2", "state-cow-800")]
    assert thailand[["value", "basis"]].isna().all()
    assert thailand["missing_reason"] == "no_record"
    oman = deaths.loc[("war-cow-211-1", "state-cow-698")]
    assert (oman["value"], oman["basis"]) == (0, "source")
    assert pd.isna(oman["missing_reason"])
    assert deaths.loc[("war-cow-106-1", "state-cow-2"), "value"] == 116516
    assert (deaths["value"].dropna() >= 0).all()
    assert set(deaths["year"][deaths.index.get_level_values(0) == "war-cow-139-2"]) == {1940}


def test_capabilities_cover_membership_and_the_year_before(memberships: pd.DataFrame) -> None:
    cinc = capabilities.cinc(memberships, raw_or_skip())
    years = cinc.groupby(["coalition_id", "actor_id"])["year"].agg(list)
    assert years[("war-cow-106-1", "state-cow-2")] == [1916, 1917, 1918]
    assert years[("war-cow-106-1", "state-cow-365")] == [1913, 1914, 1915, 1916, 1917]
    # Poland leaves the state system in 1939, South Korea enters it in 1949.
    assert years[("war-cow-139-1", "state-cow-290")] == [1938, 1939]
    assert years[("war-cow-151-1", "state-cow-732")] == [1949, 1950, 1951, 1952, 1953]
    # France fights 1939-40 and 1944-45 and is out of the system in 1943.
    assert years[("war-cow-139-1", "state-cow-220")] == [1938, 1939, 1940, 1944, 1945]
    assert not cinc.duplicated(["coalition_id", "actor_id", "year"]).any()
    assert cinc["value"].between(0, 1).all()
    in_1945 = cinc[(cinc["coalition_id"] == "war-cow-139-1") & (cinc["year"] == 1945)]
    strongest = in_1945.loc[in_1945["value"].astype(float).idxmax()]
    assert strongest["actor_id"] == "state-cow-2"
    assert strongest["value"] == pytest.approx(0.38, abs=0.02)


# Rules on made-up wars.


def fought(*rows: tuple[int, int, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["cow_code", "outcome", "joined", "left"])
    return frame.assign(
        conflict=1,
        side=1,
        outcome=frame["outcome"].map(wars.OUTCOMES),
        joined=frame["joined"].astype("datetime64[s]"),
        joined_precision="day",
        left=frame["left"].astype("datetime64[s]"),
        left_precision="day",
    )


def cause(rows: pd.DataFrame) -> tuple[object, object]:
    causes = end_causes(rows, sides.spans(rows))
    return causes["end_cause"][0], causes["end_cause_basis"][0]


def test_members_who_disagree_leave_the_cause_missing() -> None:
    rows = fought((1, 1, "1900-01-01", "1900-12-31"), (2, 2, "1900-01-01", "1900-12-31"))
    assert cause(rows) == (None, None)


def test_only_members_still_in_decide() -> None:
    rows = fought(
        (1, 3, "1900-01-01", "1900-12-31"),
        (2, 3, "1900-01-01", "1900-12-31"),
        (3, 8, "1900-01-01", "1900-06-30"),
    )
    assert cause(rows) == ("compromise", "source")


def test_changed_sides_is_not_the_end_of_a_war() -> None:
    rows = fought((1, 8, "1900-01-01", "1900-12-31"), (2, 8, "1900-01-01", "1900-12-31"))
    assert cause(rows) == (None, None)


def test_a_state_that_wins_alone_later_does_not_make_the_coalition_win() -> None:
    rows = fought((1, 1, "1900-01-01", "1901-12-31"), (2, 1, "1900-01-01", "1900-12-31"))
    assert cause(rows) == ("members_left", "derived")


def test_a_side_whose_first_two_never_overlap_starts_with_the_third() -> None:
    rows = fought(
        (1, 1, "1900-01-01", "1900-01-31"),
        (2, 1, "1900-03-01", "1900-12-31"),
        (3, 1, "1900-05-01", "1900-11-30"),
    )
    span = sides.spans(rows).iloc[0]
    assert (span["start"], span["end"]) == (day("1900-05-01"), day("1900-11-30"))


def test_only_a_pause_of_several_is_a_truce() -> None:
    rows = fought((1, 1, "1900-01-01", "1900-02-01"), (1, 1, "1900-03-01", "1900-04-01"))
    rows["end"] = day("1900-05-01")
    assert exit_causes(rows).tolist() == ["interrupted", "left_early"]
    other = rows.assign(cow_code=2)
    both = pd.concat([rows, other], ignore_index=True)
    assert exit_causes(both).tolist() == ["truce", "left_early"] * 2


spell = st.tuples(st.integers(1, 4), st.integers(0, 40), st.integers(0, 20))


@given(st.lists(spell, min_size=2, max_size=8))
def test_span_equals_counting_days(drawn: list[tuple[int, int, int]]) -> None:
    present: dict[int, set[int]] = {}
    rows = []
    for code, first, length in drawn:
        present.setdefault(code, set()).update(range(first, first + length + 1))
        edges = (DAY_ZERO + dt.timedelta(days=d) for d in (first, first + length))
        rows.append((code, 1, *(edge.isoformat() for edge in edges)))
    counts = pd.Series([d for days in present.values() for d in days]).value_counts()
    common = sorted(counts[counts >= 2].index)
    spans = sides.spans(fought(*rows))
    if not common:
        assert spans.empty
    else:
        bounds = [(when - pd.Timestamp(DAY_ZERO)).days for when in spans.loc[0, ["start", "end"]]]
        assert bounds == [common[0], common[-1]]


@pytest.mark.parametrize(
    ("parts", "date", "precision"),
    [
        ((1656, 2, 29), "1656-02-29", "day"),
        ((1822, 12, None), "1822-12-15", "month"),
        ((1822, 12, -9), "1822-12-15", "month"),
        ((1822, -8, -8), "1822-07-01", "year"),
        ((1822, -9, 4), "1822-07-01", "year"),  # a day without its month says nothing
    ],
)
def test_unknown_parts_lower_the_precision(
    parts: tuple[int, int, int | None], date: str, precision: str
) -> None:
    year, month, number = (pd.Series([part], dtype="Float64") for part in parts)
    row = partial_dates(year, month, number).iloc[0]
    assert (row["date"], row["precision"]) == (day(date), precision)


@pytest.mark.parametrize("year", [0, -8, -9, None])
def test_unknown_year_is_no_date(year: int | None) -> None:
    years = pd.Series([year], dtype="Float64")
    row = partial_dates(years, pd.Series([0]), pd.Series([0])).iloc[0]
    assert pd.isna(row["date"])
    assert pd.isna(row["precision"])
