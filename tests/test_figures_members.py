"""Timelines, planes, chains and overviews hold the rows of the tables behind them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import shipped
from hypothesis import given, settings
from hypothesis import strategies as st

import coalitiondata as cd
from analysis.figures.chains import chain_of, transformation_chains
from analysis.figures.described import description
from analysis.figures.lanes import lanes, power_share
from analysis.figures.overview import government_strips, overview_over_time
from analysis.figures.plane import power_interest_plane
from analysis.figures.sources import UNSTATED, source_line
from analysis.figures.spans import Span, decimal, span
from analysis.figures.timeline import membership_timeline
from analysis.figures.years import alive_by_year, cabinet_months
from coalitiondata.errors import InvalidDataError, UnknownNameError

DAY = pd.Timestamp


def dates(values: list[str | None]) -> pd.Series:
    return pd.Series(pd.to_datetime(values)).astype("datetime64[s]")


def members() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "coalition_id": "c",
            "actor_id": ["a", "b", "b", "d", "e"],
            "spell": [1, 1, 2, 1, 1],
            "joined": dates(["1700-01-10", "1700-03-15", "1702-01-01", "1701-07-01", None]),
            "joined_precision": ["day", "month", "day", "year", None],
            "left": dates(["1703-05-01", "1701-02-03", "1702-06-01", None, None]),
            "left_precision": ["day", "day", "day", None, None],
            "exit_cause": ["end_of_coalition", "interrupted", "left_early", None, None],
            "role": ["leader", "member", "member", "member", "member"],
            "source": "own",
        }
    )


def coalition(end: str | None = "1703-05-01") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "coalition_id": ["c"],
            "name": ["League of Testing"],
            "family": ["wartime"],
            "start": dates(["1700-01-10"]),
            "start_precision": ["day"],
            "end": dates([end]),
            "end_precision": ["day"],
            "observed_until": dates(["1703-05-01"]),
            "leader": ["a"],
        }
    )


def bars(figure: object) -> dict[str, tuple[float, float]]:
    return {
        str(bar.get_gid()): (bar.get_x(), bar.get_x() + bar.get_width())
        for bar in figure.axes[0].patches  # type: ignore[attr-defined]
    }


def test_bars_end_on_the_dates() -> None:
    figure = membership_timeline(members(), "c", coalition())
    drawn = bars(figure)
    assert drawn["a c 1 certain"] == (decimal(DAY("1700-01-10")), decimal(DAY("1703-05-01")))
    assert drawn["b c 1 certain"] == (decimal(DAY("1700-03-31")), decimal(DAY("1701-02-03")))
    assert drawn["b c 1 uncertain"] == (decimal(DAY("1700-03-01")), decimal(DAY("1700-03-31")))
    assert "e c 1 certain" not in drawn  # nobody knows when e was in
    labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert labels == ["★ a", "b", "d", "e"]  # by entry, the undated one last
    assert "N = 4 members, 5 stays" in description(figure).caption
    assert description(figure).source == "Source: own."


def test_exits_are_marked_by_their_kind() -> None:
    figure = membership_timeline(members(), "c", coalition(None))
    marks = {
        str(line.get_gid()): line.get_marker()
        for line in figure.axes[0].lines
        if str(line.get_gid()).endswith("exit")
    }
    assert marks == {"b c 1 exit": "D", "b c 2 exit": "X", "d c 1 exit": ">", "e c 1 exit": ">"}


def test_lanes_of_a_coalition_that_is_over_have_unknown_ends() -> None:
    stays = lanes(members(), ["c"], coalition()).set_index(["actor_id", "spell"])
    assert stays["ends"].to_dict() == {
        ("a", 1): "to the end",
        ("b", 1): "interrupted",
        ("b", 2): "left early",
        ("d", 1): "unknown",
        ("e", 1): "unknown",
    }
    assert stays.loc[("d", 1), "begin_first"] == DAY("1701-01-01")
    assert stays.loc[("d", 1), "begin_last"] == DAY("1701-12-31")


def test_uncertain_dates_stay_inside_the_coalition() -> None:
    data = members().assign(joined_precision="year")
    stays = lanes(data, ["c"], coalition()).set_index(["actor_id", "spell"])
    assert stays.loc[("a", 1), "begin_first"] == DAY("1700-01-10")


def test_names_find_coalitions_and_mistakes_are_explained() -> None:
    by_name = membership_timeline(members(), "league of testing", coalition())
    assert description(by_name).title == "Members of League of Testing"
    with pytest.raises(UnknownNameError, match=r"no coalition 'League'.*League of Testing"):
        membership_timeline(members(), "League", coalition())
    with pytest.raises(UnknownNameError, match="no column 'joined'"):
        membership_timeline(members().drop(columns="joined"), "c", coalition())
    with pytest.raises(UnknownNameError, match="no member of coalition 'c'"):
        membership_timeline(members().iloc[:0], "c", coalition())


def test_shares_of_power_are_of_first_values() -> None:
    power = pd.DataFrame(
        {
            "coalition_id": "c",
            "actor_id": ["a", "a", "b", "d"],
            "year": [1701, 1700, 1700, 1700],
            "resource": "troops",
            "value": [900.0, 300.0, 100.0, np.nan],
        }
    )
    assert power_share(power, ["c"], "troops") == {"a": 0.75, "b": 0.25}
    figure = membership_timeline(members(), "c", coalition(), None, power, "troops")
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["share of troops", "75.0 %", "25.0 %", "not known", "not known"]
    with pytest.raises(UnknownNameError, match=r"no value of resource 'seats'.*has troops"):
        power_share(power, ["c"], "seats")


def test_spans_of_dates() -> None:
    assert span(DAY("1604-02-15"), "month") == Span(DAY("1604-02-01"), DAY("1604-02-29"))
    assert span(DAY("1604-02-15"), "year") == Span(DAY("1604-01-01"), DAY("1604-12-31"))
    assert span(DAY("1604-02-15"), None) == Span(DAY("1604-02-15"), DAY("1604-02-15"))
    assert decimal(DAY("1604-07-02")) == pytest.approx(1604.5)


def points(n: int = 50) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "power_hhi": rng.uniform(0.2, 1, n),
            "interest_depth": rng.uniform(0, 1, n),
            "outcome": rng.choice(["ended", "transformed", "censored"], n),
            "n_members": rng.integers(2, 30, n),
            "source": "own",
        }
    )


def test_plane_has_a_point_for_each_complete_row() -> None:
    frame = points()
    frame.loc[:4, "interest_depth"] = np.nan
    with pytest.warns(UserWarning, match="5 of 50 rows"):
        figure = power_interest_plane(frame)
    panel = figure.axes[0]
    drawn = {str(c.get_gid()): c.get_offsets() for c in panel.collections}
    assert sum(map(len, drawn.values())) == 45 == description(figure).n
    ended = frame[(frame["outcome"] == "ended") & frame["interest_depth"].notna()]
    np.testing.assert_allclose(drawn["outcome ended"], ended[["power_hhi", "interest_depth"]])
    assert sum(bar.get_height() for bar in figure.axes[1].patches) == 45
    assert sum(bar.get_width() for bar in figure.axes[2].patches) == 45
    caption = description(figure).caption
    assert "N = 45 coalitions" in caption
    assert "5 coalitions without a value of interest depth left out" in caption


def test_plane_mistakes() -> None:
    with pytest.raises(UnknownNameError, match="no column 'depth'"):
        power_interest_plane(points(), interest="depth")
    with pytest.raises(UnknownNameError, match="no group 'won'"):
        power_interest_plane(points(), outcomes={"won": "won", "ended": "ended"})


def steps() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "from_name": ["Pact", "Union"],
            "from_coalition": ["c", None],
            "to_name": ["Union", "Federation"],
            "kind": ["defence_pact", "permanent_organisation"],
            "date": dates(["1703-05-01", "1710-01-01"]),
            "members_carried_over": ["a;b", "a"],
            "source": "own",
        }
    )


def test_chain_has_a_bar_for_what_is_dated_and_an_arrow_for_each_step() -> None:
    figure = transformation_chains(steps(), coalitions=coalition())
    assert bars(figure) == {
        "bar Pact": (decimal(DAY("1700-01-10")), pytest.approx(decimal(DAY("1703-05-01"))))
    }
    panel = figure.axes[0]
    arrows = [t for t in panel.texts if str(t.get_gid()).startswith("arrow")]
    assert [t.xy[0] for t in arrows] == [decimal(d) for d in steps()["date"]]
    assert [t.get_text() for t in panel.get_yticklabels()] == ["Pact", "Union", "Federation"]
    beside = [t.get_text() for t in panel.texts if t.get_text()]
    assert beside == ["defence pact\n1703, 2 members", "permanent organisation\n1710, 1 member"]


def test_chain_mistakes() -> None:
    with pytest.raises(UnknownNameError, match="no column 'chain'"):
        transformation_chains(steps(), "west")
    with pytest.raises(UnknownNameError, match="no chain 'west'; there are east"):
        transformation_chains(steps().assign(chain="east"), "west")
    with pytest.raises(InvalidDataError, match="step to 'Union' has no date"):
        transformation_chains(steps().assign(date=pd.NaT))
    with pytest.raises(InvalidDataError, match="no steps"):
        transformation_chains(steps().iloc[:0])


def test_coalitions_alive_by_year_against_a_count_by_hand() -> None:
    table = pd.concat([coalition(), coalition(None).assign(coalition_id="x")])
    table["start"] = dates(["1700-01-10", "1702-12-31"]).to_numpy()
    counts = alive_by_year(table, members()).set_index("year")
    assert counts["coalitions"].to_dict() == {1700: 1, 1701: 1, 1702: 2, 1703: 2}
    # a throughout; b in 1700-1701 and 1702; d from 1701 to the coalition's end; e is undated
    assert counts["members"].to_dict() == {1700: 2, 1701: 3, 1702: 3, 1703: 2}


def test_overview_counts_undated_stays_in_the_caption() -> None:
    figure = overview_over_time(coalition(), members())
    assert "1 stays of unknown entry are not counted" in description(figure).caption
    line = figure.axes[0].lines[0]
    assert list(line.get_ydata()) == [1, 1, 1, 1]


def test_months_under_a_coalition() -> None:
    table = pd.DataFrame(
        {
            "arena": "AAA",
            "start": dates(["1950-07-02", "1952-04-01", "1952-06-01"]),
            "end": dates(["1951-07-02", "1952-07-01", None]),
            "observed_until": dates(["1951-07-02", "1952-07-01", "1953-12-31"]),
        }
    )
    months = cabinet_months(table, (1949, 1954)).set_index("year")["months"]
    assert months[[1949, 1950, 1953, 1954]].isna().all()  # not, or not wholly, between the first
    assert months[1951] == pytest.approx(12 * 182 / 365)
    assert months[1952] == pytest.approx(12 * 275 / 366)  # overlapping days count once
    with pytest.raises(InvalidDataError, match="no governing coalition"):
        government_strips(table, ["BBB"])


SPELL = st.tuples(st.integers(0, 3000), st.integers(1, 900))


@given(st.lists(SPELL, min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_months_against_counting_days(spells: list[tuple[int, int]]) -> None:
    start = [DAY("1950-03-05") + pd.Timedelta(days=first) for first, _ in spells]
    end = [a + pd.Timedelta(days=length) for a, (_, length) in zip(start, spells, strict=True)]
    table = pd.DataFrame({"arena": "AAA", "start": start, "end": end, "observed_until": end})
    months = cabinet_months(table, (1950, 1962)).set_index("year")["months"]
    for year, value in months.items():
        if pd.Timestamp(year, 1, 1) < min(start) or pd.Timestamp(year + 1, 1, 1) > max(end):
            assert np.isnan(value)
            continue
        days = pd.date_range(f"{year}-01-01", f"{year}-12-31")
        on = sum(any(a <= day < b for a, b in zip(start, end, strict=True)) for day in days)
        assert value == pytest.approx(12 * on / len(days))


@given(st.lists(SPELL, min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_alive_against_counting_spells(spells: list[tuple[int, int]]) -> None:
    start = [DAY("1690-03-05") + pd.Timedelta(days=first) for first, _ in spells]
    end = [a + pd.Timedelta(days=length) for a, (_, length) in zip(start, spells, strict=True)]
    table = pd.DataFrame(
        {"coalition_id": range(len(spells)), "family": "x", "start": start, "end": end}
    ).assign(observed_until=pd.NaT)
    counts = alive_by_year(table, years=(1688, 1705)).set_index("year")["coalitions"]
    for year, value in counts.items():
        assert value == sum(a.year <= year <= b.year for a, b in zip(start, end, strict=True))


def test_other_data_frames_are_welcome() -> None:
    figure = membership_timeline(
        pl.from_pandas(members()), "c", pl.from_pandas(coalition().assign(name="League"))
    )
    assert bars(figure)["a c 1 certain"][0] == decimal(DAY("1700-01-10"))
    assert description(power_interest_plane(pl.from_pandas(points()))).n == 50


def test_source_line() -> None:
    assert source_line(source="survey of 1990") == "Source: survey of 1990."
    assert source_line(pd.DataFrame({"x": [1]})) == UNSTATED
    assert source_line(pd.DataFrame({"source": ["mine", "mine", None]})) == "Source: mine."


@shipped.needed
def test_iraq_2003_has_a_lane_for_each_member() -> None:
    memberships, table = cd.load("memberships"), cd.load("coalitions")
    mine = memberships[memberships["coalition_id"] == "exp-mnf-iraq-2003"]
    figure = membership_timeline(
        memberships, "exp-mnf-iraq-2003", table, cd.load("actors"), cd.load("power"), "troops"
    )
    labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert len(labels) == mine["actor_id"].nunique()
    assert labels[0] == "★ United States of America"
    assert "Spain" in labels
    assert bars(figure)["state-cow-2 exp-mnf-iraq-2003 1 certain"] == (
        decimal(DAY("2003-03-20")),
        decimal(DAY("2009-07-31")),
    )
    assert "coalitiondata" in description(figure).source


@shipped.needed
def test_western_entente_leads_to_nato() -> None:
    figure = transformation_chains(
        cd.load("successions"),
        "western_entente",
        coalitions=cd.load("coalitions"),
        alliances=cd.load("alliances"),
    )
    drawn = bars(figure)
    assert drawn["bar North Atlantic Treaty"][0] == pytest.approx(1949.26, abs=0.3)
    assert "bar NATO military command" not in drawn  # the same treaty has one bar


@shipped.needed
def test_dutch_christian_democrats_form_a_chain() -> None:
    ids = [f"gov-parlgov-{number}" for number in (172, 231, 291, 765)]
    found = chain_of(cd.load("transformations"), cd.load("coalitions"), ids, ["electoral_alliance"])
    assert (found["to_name"] == "Christian Democratic Appeal").sum() == 4
    assert (found["kind"] == "followed_by").sum() == 3
    with pytest.raises(UnknownNameError, match="no coalition 'gov-nobody'"):
        chain_of(cd.load("transformations"), cd.load("coalitions"), ["gov-nobody"])
