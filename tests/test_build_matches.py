"""Matched pairs that stayed out: who may be one, that they are nearest, and the rule by hand."""

from __future__ import annotations

import math
import statistics

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import CURATED, raw_or_skip

from coalitiondata.build import channels, matches, wars

CHANNELS = ["s_alliance", "un_agreement", "igo_jaccard", "regime_similarity"]
PARTNERS = ["actor_a", "actor_b"]
MATCH = ["match_a", "match_b"]


@pytest.fixture(scope="module")
def pairs() -> pd.DataFrame:
    return channels.pair_years(raw_or_skip(), CURATED)


@pytest.fixture(scope="module")
def matched(pairs: pd.DataFrame) -> pd.DataFrame:
    raw = raw_or_skip()
    return matches.matches(
        pairs,
        matches.national_capabilities(raw),
        wars.coalitions(raw),
        wars.memberships(raw),
        matches.belligerents(raw),
    )


def code(actor: str) -> int:
    return int(actor.rpartition("-")[2])


def covariates(pairs: pd.DataFrame, year: int) -> dict[tuple[int, int], list[float]]:
    """Every pair of a year with its six covariates, one pair at a time."""
    index = matches.national_capabilities(raw_or_skip()).set_index(["code", "year"])["cinc"]
    cinc = index.xs(year, level="year").to_dict()
    found = {}
    for row in pairs[pairs["year"] == year].itertuples():
        a, b = (cinc.get(each, math.nan) for each in (row.code_a, row.code_b))
        strength = [abs(math.log(a) - math.log(b)), math.log(a + b)]
        found[(row.code_a, row.code_b)] = [getattr(row, name) for name in CHANNELS] + strength
    return found


def apart(one: list[float], other: list[float], spread: list[float]) -> float:
    """Distance by the definition; infinite if the two do not know the same covariates."""
    squares = []
    for x, y, deviation in zip(one, other, spread, strict=True):
        if math.isnan(x) != math.isnan(y):
            return math.inf
        if not math.isnan(x):
            squares.append(((x - y) / deviation) ** 2)
    return math.sqrt(statistics.fmean(squares))


def spreads(found: dict[tuple[int, int], list[float]]) -> list[float]:
    columns = zip(*found.values(), strict=True)
    known = [[value for value in column if not math.isnan(value)] for column in columns]
    return [statistics.stdev(column) if column else math.nan for column in known]


# The rule by hand.


@pytest.mark.parametrize(
    ("coalition", "partners", "year"),
    [("war-cow-49-1", (140, 160), 1864), ("war-cow-190-2", (500, 620), 1978)],
)
def test_a_single_pair_has_the_nearest_that_may_be_taken(
    pairs: pd.DataFrame,
    matched: pd.DataFrame,
    coalition: str,
    partners: tuple[int, int],
    year: int,
) -> None:
    raw = raw_or_skip()
    row = matched.set_index("coalition_id").loc[coalition]
    assert (code(row["actor_a"]), code(row["actor_b"]), row["year"]) == (*partners, year)
    found = covariates(pairs, year)
    spread = spreads(found)
    war = int(coalition.split("-")[2])
    rows = wars.participants(raw)
    fought = set(rows.loc[rows["war"] == war, "cow_code"])
    sides = wars.coalitions(raw).set_index("coalition_id")
    members = wars.memberships(raw).groupby("coalition_id")["actor_id"].agg(set)
    until = sides.loc[coalition, "end"].year + 10
    near = sides[(sides["start"].dt.year <= until) & (sides["end"].dt.year >= year - 10)]
    distances = {}
    for (a, b), values in found.items():
        together = any({f"state-cow-{a}", f"state-cow-{b}"} <= members[side] for side in near.index)
        if not together and a not in fought and b not in fought:
            distances[(a, b)] = apart(found[partners], values, spread)
    nearest = min(distances, key=lambda pair: (distances[pair], pair))
    assert (code(row["match_a"]), code(row["match_b"])) == nearest
    assert row["distance"] == pytest.approx(distances[nearest], abs=1e-6)


def test_nobody_could_have_had_a_nearer_one(pairs: pd.DataFrame, matched: pd.DataFrame) -> None:
    """In the Gulf War of 1991 each closer candidate went to partners that it was closer to."""
    rows = matched[matched["coalition_id"] == "war-cow-211-1"]
    assert len(rows) == 78  # thirteen members
    assert set(rows["year"]) == {1990}
    found = covariates(pairs, 1990)
    spread = spreads(found)
    holder = {
        (code(row.match_a), code(row.match_b)): row.distance for row in rows.itertuples(index=False)
    }
    for row in rows.itertuples(index=False):
        own = found[(code(row.actor_a), code(row.actor_b))]
        assert row.distance == pytest.approx(
            apart(own, found[(code(row.match_a), code(row.match_b))], spread), abs=1e-6
        )
        for candidate, distance in holder.items():
            nearer = apart(own, found[candidate], spread)
            assert nearer >= row.distance - 1e-6 or distance <= nearer + 1e-6


# What must hold for every match.


def test_partners_were_together_and_are_matched_the_year_before(matched: pd.DataFrame) -> None:
    members = wars.memberships(raw_or_skip())
    spells = dict(iter(members.groupby(["coalition_id", "actor_id"])))
    assert not matched.duplicated(["coalition_id", *PARTNERS]).any()
    for row in matched.itertuples(index=False):
        days = [
            max(a.joined, b.joined)
            for a in spells[(row.coalition_id, row.actor_a)].itertuples()
            for b in spells[(row.coalition_id, row.actor_b)].itertuples()
            if max(a.joined, b.joined) <= min(a.left, b.left)
        ]
        assert row.year == min(days).year - 1


def test_partners_without_a_match_are_few_and_explained(matched: pd.DataFrame) -> None:
    per_war = matched.groupby("coalition_id").size()
    members = wars.memberships(raw_or_skip()).groupby("coalition_id")["actor_id"].nunique()
    unmatched = members[~members.index.isin(per_war.index)]
    # Estonia, Angola and Bosnia were not in the system the year before.
    assert {"war-cow-107-1", "war-cow-186-1", "war-cow-215-1"} == set(unmatched.index)
    assert per_war["war-cow-106-2"] == 6
    assert len(matched) == 541


def test_matches_took_no_part_on_any_side(matched: pd.DataFrame) -> None:
    rows = wars.participants(raw_or_skip())
    fought = set(zip(rows["war"], rows["cow_code"], strict=True))
    for row in matched.itertuples(index=False):
        war = int(row.coalition_id.split("-")[2])
        assert (war, code(row.match_a)) not in fought
        assert (war, code(row.match_b)) not in fought
    six_days = matched[matched["coalition_id"] == "war-cow-169-2"]
    assert "state-cow-666" not in set(six_days[MATCH].to_numpy().ravel())  # Israel fought alone


def test_matches_share_no_coalition_around_that_time(matched: pd.DataFrame) -> None:
    raw = raw_or_skip()
    sides = wars.coalitions(raw).set_index("coalition_id")
    sides_of = wars.memberships(raw).groupby("actor_id")["coalition_id"].agg(set).to_dict()
    for row in matched.itertuples(index=False):
        until = sides.loc[row.coalition_id, "end"].year + 10
        for side in sides_of.get(row.match_a, set()) & sides_of.get(row.match_b, set()):
            span = sides.loc[side]
            assert span["start"].year > until or span["end"].year < row.year - 10


def test_each_candidate_once_per_coalition_lower_code_first(matched: pd.DataFrame) -> None:
    assert not matched.duplicated(["coalition_id", *MATCH]).any()
    for columns in (PARTNERS, MATCH):
        lower, higher = (matched[name].map(code) for name in columns)
        assert (lower < higher).all()


def test_matches_know_what_the_partners_know(pairs: pd.DataFrame, matched: pd.DataFrame) -> None:
    known = pairs.set_index(["code_a", "code_b", "year"])[CHANNELS].notna()
    year = matched["year"].astype("int64")
    theirs, own = (
        known.reindex(
            pd.MultiIndex.from_arrays([*(matched[name].map(code) for name in columns), year])
        )
        for columns in (MATCH, PARTNERS)
    )
    assert (theirs.to_numpy() == own.to_numpy()).all()


def test_same_whatever_the_order_of_the_rows(pairs: pd.DataFrame, matched: pd.DataFrame) -> None:
    raw = raw_or_skip()
    some = pairs[pairs["year"].between(1900, 1920)]
    again = matches.matches(
        some.sample(frac=1, random_state=1),
        matches.national_capabilities(raw).sample(frac=1, random_state=2),
        wars.coalitions(raw).sample(frac=1, random_state=3),
        wars.memberships(raw).sample(frac=1, random_state=4),
        matches.belligerents(raw),
    )
    expected = matched[matched["year"].between(1900, 1920)].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, expected)


def test_either_is_closer_and_only_wanted_coalitions(
    pairs: pd.DataFrame, matched: pd.DataFrame
) -> None:
    raw = raw_or_skip()
    some = matches.matches(
        pairs[pairs["year"] == 1966],
        matches.national_capabilities(raw),
        wars.coalitions(raw),
        wars.memberships(raw),
        matches.belligerents(raw),
        wanted=["war-cow-169-2"],
        stayed_out="either",
    )
    strict = matched[matched["coalition_id"] == "war-cow-169-2"]
    assert some[PARTNERS].to_numpy().tolist() == strict[PARTNERS].to_numpy().tolist()
    assert some["distance"].min() <= strict["distance"].min()
    both = {651, 652, 663, 666}
    for row in some.itertuples(index=False):
        assert not {code(row.match_a), code(row.match_b)} <= both


def test_no_partners_no_matches(pairs: pd.DataFrame) -> None:
    raw = raw_or_skip()
    none = matches.matches(
        pairs[pairs["year"] == 1966],
        matches.national_capabilities(raw),
        wars.coalitions(raw),
        wars.memberships(raw),
        matches.belligerents(raw),
        wanted=[],
    )
    assert none.empty
    assert none["distance"].dtype == "float64"


# Years for `dyads`.


def test_compared_years_are_those_of_the_partners(matched: pd.DataFrame) -> None:
    rows = matches.compared_years(
        matched[matched["coalition_id"] == "war-cow-190-2"], wars.coalitions(raw_or_skip())
    )
    assert rows["year"].tolist() == list(range(1969, 1990))  # Uganda and Libya, 1979
    every = matches.compared_years(matched, wars.coalitions(raw_or_skip()))
    assert not every.duplicated().any()
    assert (every["code_a"] < every["code_b"]).all()


# Made-up systems: overlapping records, lone enemies, secondary records, ties.


def made(
    overlaps: bool = False, lone: bool = False, earlier: bool = False
) -> tuple[pd.DataFrame, ...]:
    """States 1 and 2 fight 3 in 1950; 4 to 7 are alike in every way."""
    states = range(1, 8)
    pairs = pd.DataFrame(
        [(a, b, 1949, 0.1 * (a + b > 5)) for a in states for b in states if a < b],
        columns=["code_a", "code_b", "year", "s_alliance"],
    ).assign(un_agreement=float("nan"), igo_jaccard=0.5, regime_similarity=0.5)
    cinc = pd.DataFrame({"code": list(states), "year": 1949, "cinc": 0.1})
    listed = [
        ("x-1", "war", 1950, True),
        ("x-2", "other", 1950, False),
        ("x-3", "past", 1945, True),
    ]
    coalitions = pd.DataFrame(listed, columns=["coalition_id", "arena", "start", "primary"])
    coalitions["start"] = pd.to_datetime(coalitions["start"].astype(str) + "-02-01")
    coalitions["end"] = coalitions["start"] + pd.Timedelta(days=90)
    coalitions["overlaps_with"] = [None, "x-1" if overlaps else None, None]
    chosen = [True, overlaps, earlier]
    member = [("x-1", 1), ("x-1", 2), ("x-2", 1), ("x-2", 4), ("x-3", 5), ("x-3", 6)]
    memberships = pd.DataFrame(member, columns=["coalition_id", "code"])
    memberships["actor_id"] = "state-cow-" + memberships["code"].astype(str)
    spans = coalitions.rename(columns={"start": "joined", "end": "left"})
    memberships = memberships.merge(spans[["coalition_id", "joined", "left"]], on="coalition_id")
    kept = coalitions[chosen]
    memberships = memberships[memberships["coalition_id"].isin(kept["coalition_id"])]
    took_part = pd.DataFrame(
        {"arena": ["war"] * lone, "code": pd.Series([3] * lone, dtype="int64")}
    )
    return pairs, cinc, kept, memberships, took_part


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (3, 4)),  # ties go to the lower codes
        ({"lone": True}, (4, 5)),  # 3 fought alone
        ({"lone": True, "overlaps": True}, (5, 6)),  # 4 is in another record of this coalition
        ({"lone": True, "overlaps": True, "earlier": True}, (5, 7)),  # 5 and 6 were partners
    ],
)
def test_who_is_left(options: dict[str, bool], expected: tuple[int, int]) -> None:
    found = matches.matches(*made(**options)).set_index("coalition_id").loc["x-1"]
    assert (code(found["match_a"]), code(found["match_b"])) == expected


edges = st.lists(
    st.tuples(st.integers(0, 3), st.integers(4, 7), st.integers(0, 3)),
    min_size=1,
    unique_by=lambda edge: edge[:2],
)


@settings(max_examples=100, deadline=None)
@given(edges)
def test_closest_first_leaves_no_better_exchange(rows: list[tuple[int, int, int]]) -> None:
    frame = pd.DataFrame(
        [("c", pair, 9, match, 9, 1900, float(d)) for pair, match, d in rows],
        columns=["coalition_id", "code_a", "code_b", "match_a", "match_b", "year", "distance"],
    )
    kept = matches._closest_first(frame)
    assert kept["code_a"].is_unique
    assert kept["match_a"].is_unique
    by_pair = dict(zip(kept["code_a"], kept["distance"], strict=True))
    by_match = dict(zip(kept["match_a"], kept["distance"], strict=True))
    for pair, match, distance in rows:
        better = [by_pair.get(pair, math.inf), by_match.get(match, math.inf)]
        assert min(better) <= distance
