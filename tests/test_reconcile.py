from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from raw_files import CURATED, ROOT, folder_or_skip, raw_or_skip

from coalitiondata.build import (
    cabinets,
    markdown,
    parlgov,
    reconcile,
    reconciled_cabinets,
    reconciled_conflicts,
    reconciled_lists,
)
from coalitiondata.build.rda import read_rda
from coalitiondata.errors import SourceFileError

PAGE = ROOT / "docs" / "reconciliation.md"


def copy_or_skip(name: str) -> Path:
    """The second copy of a source, or skip the test if this machine does not have it."""
    folder = folder_or_skip()
    if not any((root / name).is_file() for root in (folder, folder / "raw")):
        pytest.skip(f"{name} is not among the raw sources: only the reconciliation reads it")
    return reconcile.second_copy(folder, name)


@cache
def records() -> tuple[pd.DataFrame, pd.DataFrame]:
    return reconciled_conflicts.records(raw_or_skip(), CURATED)


@cache
def source() -> parlgov.ParlGov:
    return parlgov.read(raw_or_skip(), CURATED)


def test_page_is_up_to_date() -> None:
    for name in reconcile.SECOND_COPIES:
        copy_or_skip(name)
    assert PAGE.read_text(encoding="utf-8") == reconcile.page(folder_or_skip(), CURATED)


def test_wars_and_disputes() -> None:
    links = reconciled_conflicts.war_and_dispute(records()[0])
    compared = reconciled_conflicts.compare(links, *records()).set_index(["first", "second"])
    assert len(compared) == 43
    # The crisis of July 1914 began a week before the second of Russia and Serbia was at war.
    allies = compared.loc[("war-cow-106-1", "mid-cow-257-b")]
    assert allies[["start_days", "end_days", "common", "likeness"]].to_list() == [7, 0, 11, 1]
    assert (allies["cause_first"], allies["cause_second"]) == ("victory", "victory")
    # Iraq: 1997 to 2003 as a dispute of nineteen states, six weeks as a war of three.
    iraq = compared.loc[("war-cow-227-1", "mid-cow-4273-a")]
    assert iraq[["start_days", "members_first", "members_second"]].to_list() == [1962, 3, 19]


def test_wars_and_expeditions() -> None:
    links = reconciled_conflicts.listed_and_expedition(CURATED)
    assert (links["primary"] == "both").sum() == 2
    compared = reconciled_conflicts.compare(links, *records()).set_index("second")
    gulf = compared.loc["exp-gulf-war-1990"]
    assert gulf[["members_first", "members_second", "common"]].to_list() == [13, 36, 13]
    boxers = compared.loc["exp-eight-nation-alliance-1900"]
    assert boxers[["members_first", "members_second", "common"]].to_list() == [5, 8, 5]
    dates = reconciled_conflicts.member_dates(links, records()[1])
    ethiopia = dates[(dates["first"] == "war-cow-151-1") & (dates["actor_id"] == "state-cow-530")]
    # Known to the year: Ethiopians stayed in Korea until some day of 1965.
    first_day_of_1965 = pd.Timestamp(1965, 1, 1) - pd.Timestamp(1953, 7, 27)
    assert ethiopia["left_days"].to_list() == [-first_day_of_1965.days]


def test_interventions() -> None:
    links = reconciled_conflicts.intervention_and_other(records()[0], CURATED)
    compared = reconciled_conflicts.compare(links, *records())
    kinds = compared["second"].str.partition("-")[0].value_counts().to_dict()
    assert kinds == {"war": 16, "mid": 8, "exp": 6}
    suez = compared[compared["first"] == "int-ucdp-252-b-1956"].iloc[0]
    assert suez[["start_days", "end_days", "likeness"]].to_list() == [0, 0, 1]


@pytest.mark.parametrize(
    ("one", "two", "days"),
    [
        (("2000-01-10", "day"), ("2000-01-01", "day"), 9),
        (("2000-01-01", "day"), ("2000-01-10", "day"), -9),
        (("2000-01-10", "day"), ("2000-01-15", "month"), 0),
        (("2000-07-01", "year"), ("2001-01-15", "month"), -1),
        (("2001-02-15", "month"), ("2000-07-01", "year"), 32),
        (("2000-07-01", "year"), ("2000-12-31", "day"), 0),
        ((None, None), ("2000-12-31", "day"), None),
    ],
)
def test_gaps_are_no_longer_than_they_must_be(
    one: tuple[str | None, str | None], two: tuple[str, str], days: float | None
) -> None:
    first, second = (
        pd.DataFrame({"end": [pd.Timestamp(date)], "end_precision": [precision]})
        for date, precision in (one, two)
    )
    gap = reconciled_conflicts.gap_days(first, second, "end").iloc[0]
    assert (None if pd.isna(gap) else gap) == days


def test_events_and_successors() -> None:
    gaps = reconciled_cabinets.successor_gaps(source())
    gaps = gaps[gaps["coalition"]].set_index("name")
    assert len(gaps) == 739
    assert gaps["group"].value_counts(sort=False).to_list() == [28, 305, 261, 119, 23, 3]
    assert gaps.loc["Clark II", "days"] == -1129


def test_causes() -> None:
    causes = reconciled_cabinets.cause_table(source())
    assert causes.to_numpy().sum() == 451
    assert causes.loc["party_change", "party_change"] == 96
    assert causes.loc["regular_election"].sum() == 147
    none = reconciled_cabinets.elections_that_were_none(source())
    # Lithuania elects its parliament every four years and has never done so early.
    lithuania = none.loc[none["country"] == "LTU", "start"].dt.year
    assert lithuania.to_list() == [1996, 2001, 2003, 2008, 2012, 2017]
    two = reconciled_cabinets.elections_of_two_kinds(source())
    assert {"Netanyahu XI", "Netanyahu XII", "Ecevit II"} <= set(two["name"])
    assert len(two) == 22


def test_view() -> None:
    view = pd.read_csv(copy_or_skip("parlgov/view_cabinet.csv"))
    rows = reconciled_cabinets.view_members(cabinets.build(source(), CURATED), view)
    apart = rows[rows["ours"] != rows["theirs"]]
    # No rows in the table of members, no rows in the view, a member corrected here.
    cabinets_apart = {f"gov-parlgov-{number}" for number in (1686, 1697, 1698, 856)}
    assert set(apart["coalition_id"]) == cabinets_apart
    both = rows["ours"] & rows["theirs"]
    assert both.sum() == 3462
    assert reconciled_cabinets.seat_agreement(rows).sum() == both.sum()
    assert reconciled_cabinets.seat_agreement(rows)["seats in the view, none known here"] == 0


def test_early_elections() -> None:
    elections = reconciled_cabinets.early_elections(source(), CURATED)
    rows = elections.set_index(["country", "date"])
    # Turkey voted twice in 2015, and its term was four years.
    turkey = rows.loc[("TUR", pd.Timestamp(2015, 11, 1))]
    assert not turkey["early"]
    assert turkey["days_left"] == (pd.Timestamp(2019, 6, 7) - pd.Timestamp(2015, 11, 1)).days
    assert reconciled_cabinets.early_table(elections).to_numpy().sum() == 789
    built = cabinets.build(source(), CURATED)["coalitions"]
    regular = reconciled_cabinets.regular_long_before(source(), built, elections)
    assert "Davutoglu II" in set(regular["name"])
    assert (regular["days_left"] > reconciled_cabinets.YEAR).all()


def test_war_lists() -> None:
    copy = read_rda(copy_or_skip("cow/cow_war_inter.rda"))
    rows = reconciled_lists.participants_twice(raw_or_skip(), copy)
    assert len(rows) == 337
    assert (rows["listed"] & rows["in_dyads"]).all()
    assert (rows["outcome"] == rows["outcome_dyads"]).all()
    apart = rows[rows["last"] != rows["last_dyads"]]
    # Serbia and Bulgaria after the truce of 1912-13, France after its liberation.
    assert list(zip(apart["war"], apart["cow_code"], strict=True)) == [
        (100, 345),
        (100, 355),
        (139, 220),
    ]


def test_alliances() -> None:
    years = reconciled_lists.alliance_dyad_years(raw_or_skip())
    assert (years["any_401"] & years["any_51"]).sum() == 127_354
    assert (years["any_401"] & ~years["any_51"]).sum() == 27
    assert (years["any_51"] & ~years["any_401"]).sum() == 817
    assert (years["code_a"] < years["code_b"]).all()
    treaties = reconciled_lists.treaties_apart(raw_or_skip(), years)
    # Britain and Italy guaranteed Locarno and owed each other nothing.
    locarno = treaties.iloc[0]
    assert (locarno["alliance_id"], locarno["missing"]) == ("alliance-atop-2130", 12)


def test_a_copy_that_is_not_the_pinned_one(tmp_path: Path) -> None:
    (tmp_path / "parlgov").mkdir()
    (tmp_path / "parlgov" / "view_cabinet.csv").write_text("seats\n", encoding="utf-8")
    with pytest.raises(SourceFileError, match=r"parlgov/view_cabinet\.csv is missing .* Restore"):
        reconcile.second_copy(tmp_path, "parlgov/view_cabinet.csv")


def test_one_message_for_a_wrong_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reconcile.main(["--sources", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.startswith("error: --sources: there is no folder")


def test_tables_as_markdown() -> None:
    frame = pd.DataFrame(
        {
            "name": ["a|b", None],
            "part": [0.5, 2.0],
            "day": pd.to_datetime(["2000-01-02", None]),
            "known": [True, False],
        }
    )
    assert markdown.table(frame).splitlines() == [
        "| name | part | day | known |",
        "| --- | ---: | --- | --- |",
        "| a/b | 0.50 | 2000-01-02 | yes |",
        "|  | 2 |  | no |",
    ]
