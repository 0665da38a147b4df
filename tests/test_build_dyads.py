from __future__ import annotations

import statistics

import pandas as pd
import pytest
from raw_files import CURATED, raw_or_skip

from coalitiondata.build import channels, dyads, states, wars
from coalitiondata.build.rda import read_rda

CHANNELS = ["s_alliance", "un_agreement", "igo_jaccard", "regime_similarity"]


@pytest.fixture(scope="module")
def pairs() -> pd.DataFrame:
    frame = channels.pair_years(raw_or_skip(), CURATED)
    return frame.set_index(["code_a", "code_b", "year"]).sort_index()


def in_system(year: int) -> list[int]:
    years = states.system_years(raw_or_skip())
    return sorted(years.loc[years["year"] == year, "cow_code"])


# References: each channel again for single pairs, counted one target at a time.


@pytest.mark.parametrize(
    ("a", "b", "year"),
    [(220, 365, 1904), (255, 300, 1914), (2, 200, 1950), (2, 365, 1955), (651, 652, 1965)],
)
def test_s_equals_counting_target_by_target(pairs: pd.DataFrame, a: int, b: int, year: int) -> None:
    treaties = read_rda(raw_or_skip()("atop/atop_alliance.rda"))
    treaties = treaties[treaties["year"] == year].set_index(["ccode1", "ccode2"])

    def commitment(holder: int, target: int) -> int:
        if holder == target:
            return 3
        if (holder, target) not in treaties.index:
            return 0
        row = treaties.loc[(holder, target)]
        if row["atop_defense"] or row["atop_offense"]:
            return 3
        if row["atop_neutral"] or row["atop_nonagg"]:
            return 2
        return 1 if row["atop_consul"] else 0

    targets = in_system(year)
    gaps = [abs(commitment(a, target) - commitment(b, target)) for target in targets]
    expected = 1 - 2 * sum(gaps) / (3 * len(targets))
    assert pairs.loc[(a, b, year), "s_alliance"] == pytest.approx(expected, abs=1e-14)


def test_s_of_allies_and_rivals_in_1914(pairs: pd.DataFrame) -> None:
    allied, rival = pairs.loc[(255, 300, 1914)], pairs.loc[(220, 255, 1914)]
    assert allied["s_alliance"] > 0.9 > rival["s_alliance"]


def test_one_sided_commitments_count_for_the_one_who_made_them() -> None:
    level = channels.commitments(raw_or_skip()).set_index(["ccode1", "ccode2", "year"])["level"]
    assert level[(2, 740, 1960)] == 3
    assert level[(740, 2, 1960)] < 3


@pytest.mark.parametrize(("a", "b", "year"), [("US", "RU", 1950), ("US", "GB", 2003)])
def test_un_agreement_equals_counting_votes(pairs: pd.DataFrame, a: str, b: str, year: int) -> None:
    votes = read_rda(raw_or_skip()("un/un_votes.rda"))
    calls = read_rda(raw_or_skip()("un/un_roll_calls.rda"))
    of_year = set(calls.loc[calls["date"].astype(str).str.startswith(str(year)), "rcid"])
    score = {"yes": 1.0, "abstain": 0.5, "no": 0.0}
    cast = {
        code: {
            call: score[vote]
            for call, vote in votes.loc[votes["country_code"] == code, ["rcid", "vote"]].itertuples(
                index=False
            )
            if call in of_year
        }
        for code in (a, b)
    }
    both = cast[a].keys() & cast[b].keys()
    code = {"US": 2, "RU": 365, "GB": 200}
    row = pairs.loc[(*sorted((code[a], code[b])), year)]
    assert row["un_votes"] == len(both) > 0
    expected = 1 - statistics.fmean(abs(cast[a][call] - cast[b][call]) for call in both)
    assert row["un_agreement"] == pytest.approx(expected, abs=1e-14)


def test_organisations_and_regimes_by_hand(pairs: pd.DataFrame) -> None:
    states_of = read_rda(raw_or_skip()("cow/cow_igo_sy.rda")).set_index(["ccode", "year"])
    shared = read_rda(raw_or_skip()("cow/cow_igo_ndy.rda")).set_index(["ccode1", "ccode2", "year"])
    own, other = (
        states_of.loc[(code, 1975), "sum_igo_full"]
        + states_of.loc[(code, 1975), "sum_igo_associate"]
        for code in (200, 220)
    )
    both = shared.loc[(200, 220, 1975), "dyadigos"]
    row = pairs.loc[(200, 220, 1975)]
    assert row["igo_jaccard"] == both / (own + other - both)
    scores = read_rda(raw_or_skip()("states/cw_democracy.rda")).set_index(["ccode", "year"])
    gap = abs(scores.loc[(200, 1975), "v2x_polyarchy"] - scores.loc[(220, 1975), "v2x_polyarchy"])
    assert row["regime_similarity"] == pytest.approx(1 - gap, abs=1e-14)


# What the channels must look like.


def test_every_pair_of_the_system_once(pairs: pd.DataFrame) -> None:
    assert pairs.index.is_unique
    assert (pairs.index.get_level_values(0) < pairs.index.get_level_values(1)).all()
    for year in (1816, 1914, 1990, 2016):
        n = len(in_system(year))
        assert len(pairs.xs(year, level="year")) == n * (n - 1) / 2


def test_ranges(pairs: pd.DataFrame) -> None:
    assert pairs["s_alliance"].between(-1, 1).all()
    for channel in CHANNELS[1:]:
        assert pairs[channel].dropna().between(0, 1).all(), channel


def test_votes_outside_the_source_and_years_without_roll_calls(pairs: pd.DataFrame) -> None:
    year = pairs.index.get_level_values("year")
    assert pairs["un_votes"].isna().eq(year < 1946).all()
    silent = pairs[year == 1964]  # the Assembly did not vote in the crisis over arrears
    assert (silent["un_votes"] == 0).all()
    assert silent["un_agreement"].isna().all()
    assert pairs["un_agreement"].notna().eq(pairs["un_votes"].fillna(0) > 0).all()


def test_votes_follow_the_seat(pairs: pd.DataFrame) -> None:
    def voted(code: int, year: int) -> bool:
        return bool(pairs.loc[(2, code, year), "un_votes"] > 0)

    assert [voted(710, year) for year in (1946, 1949, 1950, 1970, 1971, 1972)] == [
        *[True, True],
        *[False, False],
        *[True, True],
    ]
    assert [voted(713, year) for year in (1950, 1971, 1972)] == [True, True, False]
    assert [voted(260, year) for year in (1972, 1973, 1989, 1990)] == [False, True, True, False]
    assert [voted(255, year) for year in (1990, 1991)] == [True, True]
    assert [voted(678, year) for year in (1989, 1990)] == [True, False]
    assert [voted(679, year) for year in (1990, 1991)] == [True, True]
    assert [voted(265, 1989), voted(315, 1992), voted(316, 1993)] == [True, True, True]


# State codes.


def test_codes_cover_every_state_and_every_vote_once() -> None:
    codes = states.state_codes(CURATED)
    assert set(codes["cow_code"]) == set(states.spells(raw_or_skip())["cow_code"])
    assert codes[["cow_code", "iso3"]].drop_duplicates()["cow_code"].is_unique
    assert codes.drop_duplicates("cow_code")["iso3"].dropna().is_unique
    assert codes["source"].notna().all()
    seats = states.un_seats(CURATED)
    votes = read_rda(raw_or_skip()("un/un_votes.rda"))
    assert set(votes["country"]) == set(seats["un_country"])
    names = votes.drop_duplicates("country").set_index("country")["country_code"].dropna()
    given = codes.dropna(subset=["un_code"]).drop_duplicates("un_country")
    assert given.set_index("un_country")["un_code"].to_dict() == names.to_dict()
    for name, rows in seats.groupby("un_country"):
        ordered = rows.sort_values("from_year")
        assert (ordered["from_year"].iloc[1:].to_numpy() - 1 == ordered["to_year"].iloc[:-1]).all()
        assert (ordered["from_year"].iloc[0], ordered["to_year"].iloc[-1]) == (
            (0, 9999)
            if name not in ("Federal Republic of Germany", "Yemen Arab Republic")
            else (0, 1990)
        ), name


def test_states_that_change_codes() -> None:
    actors = states.actors(raw_or_skip(), CURATED).set_index("cow_code")
    iso = actors["iso3"]
    assert iso.loc[[255, 345, 365, 640, 816, 679, 710, 713, 565, 551]].tolist() == [
        *["DEU", "SRB", "RUS", "TUR", "VNM"],
        *["YEM", "CHN", "TWN", "NAM", "ZMB"],
    ]
    assert iso.loc[[260, 265, 300, 315, 347, 678, 680, 730, 817]].isna().all()
    assert actors.index.is_unique
    assert len(actors) == 217


# The tables.


def test_dyads_are_pairs_of_one_coalition_around_its_time(pairs: pd.DataFrame) -> None:
    raw = raw_or_skip()
    nothing = pd.DataFrame({"code_a": [], "code_b": [], "year": []}, dtype="int64")
    rows = dyads.dyads(pairs.reset_index(), wars.coalitions(raw), wars.memberships(raw), nothing)
    assert not rows.duplicated(["actor_a", "actor_b", "year"]).any()
    order = rows[["actor_a", "actor_b"]].apply(lambda ids: ids.str[10:].astype(int))
    assert (order["actor_a"] < order["actor_b"]).all()

    def years(a: int, b: int) -> list[int]:
        pair = (rows["actor_a"] == f"state-cow-{a}") & (rows["actor_b"] == f"state-cow-{b}")
        return rows.loc[pair, "year"].tolist()

    # Only the Third and Fourth Central American wars (1906, 1907); both in the system from 1899.
    assert sorted(years(91, 92)) == list(range(1899, 1918))
    # Uganda and Libya, 1979.
    assert sorted(years(500, 620)) == list(range(1969, 1990))
    assert years(2, 255) == list(range(1990, 2010))  # Kosovo; united Germany from 1990
    assert years(220, 731) == []  # France and North Korea were enemies
    # France is out of the system in 1943.
    assert 1942 in years(200, 220)
    assert 1943 not in years(200, 220)


def test_norms_are_means_and_medians_over_the_whole_system(pairs: pd.DataFrame) -> None:
    norms = dyads.dyad_norms(pairs.reset_index()).set_index(["year", "channel"])
    assert set(norms.index.get_level_values("channel")) == set(CHANNELS)
    n = len(in_system(1914))
    assert norms.loc[(1914, "s_alliance"), "pairs"] == n * (n - 1) / 2
    for channel in CHANNELS:
        values = pairs.xs(1975, level="year")[channel].dropna().tolist()
        row = norms.loc[(1975, channel)]
        assert row["pairs"] == len(values)
        assert row["mean"] == statistics.fmean(values)
        assert row["median"] == statistics.median(values)
    assert (1945, "un_agreement") not in norms.index
    assert (1964, "un_agreement") not in norms.index
