"""Own coalitions: from minimal tables to tables, problems, frames, models and exports."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shipped

import coalitiondata as cd
from coalitiondata.formats import Format
from coalitiondata.own.minimal import TABLES

pytestmark = shipped.needed
mpl.use("Agg")

COLUMNS = ["coalition", "member", "joined", "left", "power", "left_right"]
ROWS = [
    ["Spring pact", "Red", "1650-03", "1652-07-04", 40, 2],
    ["Spring pact", "Blue", "1650-03-12", "1652-07-04", 35, 4],
    ["Spring pact", "Green", "1651", "1652-02", 10, 7],
    ["Late pact", "Red", 1680, "ongoing", 45, 2],
    ["Late pact", "White", "1680-05-01", None, 20, 3],
    ["Late pact", "Blue", "1680-05-01", "1684-02-29", 25, 5],
]
SCALE = {"positions": "left_right", "position_scale": (0, 10)}


def members(rows: list[list[object]] = ROWS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS, dtype="object")


def made(**options: object) -> cd.CoalitionData:
    return cd.CoalitionData.from_members(members(), **{"until": 1690, **SCALE, **options})


# From one table ---------------------------------------------------------------------------------


def test_spans_follow_from_the_members() -> None:
    rows = made().load("coalitions").set_index("name")
    spring, late = rows.loc["Spring pact"], rows.loc["Late pact"]
    # The second member is in: Blue on the 12th is before Red, known to March (the 15th).
    assert (str(spring["start"])[:10], spring["start_precision"]) == ("1650-03-15", "month")
    assert (str(spring["end"])[:10], spring["status"]) == ("1652-07-04", "ended")
    assert pd.isna(late["end"])
    assert (str(late["observed_until"])[:10], late["status"]) == ("1690-12-31", "ongoing")


def test_measures_are_those_of_the_numbers() -> None:
    frame = made().survival_frame().set_index("name")
    shares = np.array([40, 35]) / 75
    assert frame.loc["Spring pact", "power_hhi"] == pytest.approx((shares**2).sum())
    assert frame.loc["Spring pact", "n_members"] == 2
    assert frame.loc["Spring pact", "interest_depth"] == pytest.approx(0.8)
    # Red, known to have joined in 1680, counts from its middle: after White and Blue in May.
    assert frame.loc["Late pact", ["n_members", "interest_similarity_left_right"]].tolist() == [
        2,
        pytest.approx(1 - 2 / 10),
    ]
    assert frame.loc["Spring pact", ["event", "duration"]].tolist() == [1, 842.0]
    assert frame.loc["Late pact", "event"] == 0
    # Nobody recorded transformations: that is unknown, not "none".
    assert frame["transformed"].isna().all()


def test_breadth_needs_others_to_compare_with() -> None:
    rows = [*ROWS, ["Other pact", "Grey", "1650-01-01", "1653", 5, 0],
            ["Other pact", "Black", "1650-01-01", "1653", 5, 10]]  # fmt: skip
    own = cd.CoalitionData.from_members(members(rows), until=1690, **SCALE)
    frame = own.survival_frame().set_index("name")
    # Pairs of 1650: Red, Blue (Green comes in 1651), Grey and Black; the median of the six
    # similarities .8 .8 .6 .2 .4 0 is .5.
    assert frame.loc["Spring pact", "interest_breadth"] == 1
    assert frame.loc["Other pact", "interest_breadth"] == 0
    assert np.isnan(
        made().survival_frame().set_index("name").loc["Spring pact", "interest_breadth"]
    )


def test_exits_follow_from_the_dates() -> None:
    own = made()
    frame = own.survival_frame("membership").set_index("unit_id")
    assert frame.loc["spring-pact:green:1", ["event", "cause"]].tolist() == [1, "left_early"]
    assert frame.loc["late-pact:blue:1", "event"] == 1
    assert frame.loc["spring-pact:red:1", "event"] == 0
    causes = own.load("memberships").set_index(["coalition_id", "actor_id"])["exit_cause"]
    assert causes["spring-pact", "blue"] == "end_of_coalition"
    assert frame.loc["spring-pact:red:1", "power_share"] == pytest.approx(40 / 75)


def test_a_coarse_exit_in_the_last_year_is_not_called_early() -> None:
    rows = [["A", "x", 1700, "1705-11-20", 1, 1], ["A", "y", 1700, "1705-11-20", 1, 1],
            ["A", "z", 1700, 1705, 1, 1]]  # fmt: skip
    own = cd.CoalitionData.from_members(members(rows))
    causes = own.load("memberships").set_index("actor_id")["exit_cause"]
    assert causes["z"] == "not_established"


def test_a_member_that_comes_back_has_two_spells() -> None:
    rows = [["A", "x", "1700-01-01", "1705-01-01", 1, 1], ["A", "y", "1700-01-01", "1702", 1, 1],
            ["A", "y", "1703-05-01", "1705-01-01", 3, 1]]  # fmt: skip
    own = cd.CoalitionData.from_members(members(rows))
    stays = own.load("memberships").query("actor_id == 'y'")
    assert stays["spell"].tolist() == [1, 2]
    assert stays["exit_cause"].tolist() == ["interrupted", "end_of_coalition"]
    # Power is that of the stay.
    frame = own.survival_frame("membership").set_index("unit_id")
    assert frame.loc["a:y:2", "power_share"] == pytest.approx(0.75)


def test_stated_spans_hold_for_members_without_dates() -> None:
    table = pd.DataFrame({"coalition": ["A", "A", "B", "B"], "member": list("xyxz")})
    spans = pd.DataFrame(
        {"coalition": ["A", "B"], "start": ["1700-02-03", 1710], "end": ["1701-02-03", None],
         "end_cause": ["Fell apart", None]}
    )  # fmt: skip
    own = cd.CoalitionData.from_members(table, coalitions=spans, until="1720", family="guild")
    rows = own.load("coalitions").set_index("coalition_id")
    assert rows.loc["a", "end_cause"] == "fell_apart"
    assert rows["family"].tolist() == ["guild", "guild"]
    frame = own.survival_frame().set_index("unit_id")
    assert frame.loc["a", ["duration", "cause"]].tolist() == [365.0, "fell_apart"]
    assert frame.loc["b", ["event", "n_members"]].tolist() == [0, 2]
    assert own.validate().empty


def test_similarities_of_own_channels() -> None:
    pairs = pd.DataFrame(
        [["Red", "Blue", 1649, 0.5, 20], ["Blue", "White", 1679, 0.9, 0],
         ["Red", "White", 1679, 0.4, 50], ["Blue", "Red", 1679, 0.2, 100],
         ["Red", "Green", 1649, 0.1, 10]],
        columns=["member_a", "member_b", "year", "trade", "kinship"],
    )  # fmt: skip
    scale = {"trade": (0, 1), "kinship": (0, 100)}
    own = made(similarities=pairs, similarity_scale=scale, positions=(), position_scale=None)
    frame = own.survival_frame().set_index("name")
    assert frame.loc["Spring pact", "interest_similarity_kinship"] == pytest.approx(0.2)
    assert frame.loc["Spring pact", "interest_depth"] == pytest.approx((0.5 + 0.2) / 2)
    assert frame.loc["Spring pact", "interest_breadth"] == 1  # both above the medians .3 and .15
    # White and Blue alone are in within thirty days of the start.
    assert frame.loc["Late pact", "interest_similarity_trade"] == pytest.approx(0.9)
    later = own.survival_frame(founding_days=90).set_index("name").loc["Late pact"]
    assert later["interest_similarity_trade"] == pytest.approx((0.9 + 0.4 + 0.2) / 3)
    assert np.isnan(later["interest_breadth"])
    assert own.validate().empty
    timeless = pairs.drop(columns="year").drop(index=3)
    own = made(similarities=timeless, similarity_scale=scale)
    assert "year" not in own.load("dyads")
    assert own.survival_frame()["interest_issues"].max() == 3


def test_power_by_year_is_that_of_the_year_before() -> None:
    by_year = pd.DataFrame(
        [["Spring pact", "Red", 1649, 3], ["Spring pact", "Blue", 1649, 1],
         ["Spring pact", "Red", 1650, 1], ["Spring pact", "Blue", 1650, 1]],
        columns=["coalition", "member", "year", "power"],
    )  # fmt: skip
    for lag, share in ((1, 0.75), (0, 0.5)):
        frame = made(power_by_year=by_year, lag=lag).survival_frame().set_index("name")
        assert frame.loc["Spring pact", "power_top_share"] == pytest.approx(share)
        assert np.isnan(frame.loc["Late pact", "power_hhi"])


def test_transformations_count() -> None:
    events = pd.DataFrame(
        {"coalition": ["Spring pact"], "date": ["1653"], "kind": ["defence_pact"]}
    )
    frame = made(transformations=events).survival_frame().set_index("name")
    assert frame["transformed"].tolist() == [0, 1]
    assert frame.loc["Spring pact", "outcome"] == "transformed"


def test_going_on_together() -> None:
    own = made()
    again = cd.went_on(own.for_analysis(), within_years=40).set_index("coalition_id")
    assert again.loc["spring-pact", "next_id"] == "late-pact"
    assert again.loc["spring-pact", "members_carried_over"] == "blue;red"


# States -----------------------------------------------------------------------------------------


def test_states_bring_power_and_pairs_of_the_data_set() -> None:
    table = pd.DataFrame(
        [["Suez", "United Kingdom", "1956-10-31", "1956-11-06"],
         ["Suez", "France", "1956-10-31", "1956-11-06"],
         ["Suez", "Israel", "1956-10-31", "1956-11-06"]],
        columns=COLUMNS[:4],
    )  # fmt: skip
    own = cd.CoalitionData.from_members(
        table, states="name", power="shipped", similarities="shipped"
    )
    frame = own.survival_frame().iloc[0]
    power = cd.load("power").query("resource == 'cinc' and year == 1955")
    cinc = power.drop_duplicates("actor_id").set_index("actor_id")["value"]
    values = cinc[["state-cow-200", "state-cow-220", "state-cow-666"]]
    assert frame["power_hhi"] == pytest.approx(((values / values.sum()) ** 2).sum())
    assert 0 < frame["interest_depth"] < 1
    assert "cow_nmc" in own.load("sources")["source_id"].tolist()
    assert own.load("actors")["cow_code"].tolist() == [200, 220, 666]
    assert own.validate().empty
    assert own.matches["in_system"].all()


# Problems ---------------------------------------------------------------------------------------

BAD = [
    ["Spring pact", "Red", "04.03.1650", "1652-07-04", 40, 2],
    ["Spring pact", "Blue", "1650-03-12", "1649", 35, 4],
    ["Spring pact", None, "1651", "1652-02", 10, 7],
    ["Late pact", "Red", 1680, "ongoing", "45,0", 2],
    ["Late pact", "White", "1680-05-01", None, -20, 30],
    ["Late pact", "White", "1680-05-01", "1681", 20, 3],
    ["Late pact", "Blue", "1680-05-01", "1684-02-30", 25, "x"],
    ["Late pact", "Black", "1699", "", 25, 1],
]


def test_all_problems_at_once() -> None:
    table = members(BAD).set_axis(list("abcdefgh"))
    with pytest.raises(cd.InvalidDataError, match="problems found") as caught:
        cd.CoalitionData.from_members(table, until=1690, **SCALE)
    report = caught.value.report
    assert report is not None
    assert list(report.columns) == ["table", "row", "column", "value", "rule", "hint"]
    found = set(zip(report["row"], report["column"], report["rule"], strict=True))
    assert found >= {
        ("a", "joined", "date"),
        ("b", "left", "dates_in_order"),
        ("c", "member", "required"),
        ("d", "power", "number"),
        ("e", "power", "minimum"),
        ("e", "left_right", "maximum"),
        ("f", "member", "primary_key"),
        ("g", "left", "date"),
        ("g", "left_right", "number"),
        ("h", "joined", "observed_until"),
    }
    assert report.query("row == 'a' and rule == 'date'")["value"].tolist() == ["04.03.1650"]
    same = cd.validate({"members": table}, raise_on_error=False, until=1690, **SCALE)
    pd.testing.assert_frame_equal(same, report)


def test_lenient_uses_the_rest_and_keeps_the_others() -> None:
    own = cd.CoalitionData.from_members(members(BAD), until=1690, strict=False, **SCALE)
    assert own.load("coalitions")["coalition_id"].tolist() == ["late-pact"]
    assert own.load("coalitions")["member_coverage"].tolist() == ["partial"]
    assert own.load("memberships")["actor_id"].tolist() == ["red", "white"]
    kept = len(own.load("memberships"))
    assert len(own.set_aside["members"]) + kept == len(BAD)
    assert set(own.set_aside["members"].index) == {0, 1, 2, 5, 6, 7}
    # A faulty number is missing, so what depends on it is missing, not computed from the rest.
    assert own.survival_frame()["power_hhi"].isna().all()
    assert own.validate().empty


def test_nothing_usable_is_refused_even_leniently() -> None:
    table = members([["A", "x", "soon", None, 1, 1]])
    with pytest.raises(cd.InvalidDataError) as caught:
        cd.CoalitionData.from_members(table, strict=False)
    assert caught.value.report is not None
    assert caught.value.report["rule"].tolist()[0] == "date"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda t: t.drop(columns="member"), "column"),
        (lambda t: t.rename(columns={"joined": "joinde"}), "column"),
        (lambda t: t.assign(left=None), "observed_until"),
        (lambda t: t.assign(role="boss"), "enum"),
        (lambda t: t.assign(role="leader"), "one_leader_at_most"),
        (lambda t: t[t["member"] == "Red"], "two_members_at_least"),
        (lambda t: pd.concat([t, t.head(1)], ignore_index=True), "primary_key"),
    ],
)
def test_each_mistake_has_its_rule(change: object, rule: str) -> None:
    with pytest.raises(cd.InvalidDataError) as caught:
        cd.CoalitionData.from_members(change(members()), until=None)  # type: ignore[operator]
    assert caught.value.report is not None
    assert rule in set(caught.value.report["rule"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"positions": "left_right"}, "on which scale"),
        ({"positions": "left_right", "position_scale": (5, 5)}, "lowest < highest"),
        ({"power": "shipped"}, "those of states"),
        ({"family": "My family"}, "word of your own"),
        ({"until": "01/02/1990"}, "either way"),
        ({"lag": 7}, "lag is 7"),
        ({"states": "un"}, "Unknown states 'un'"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, object], says: str) -> None:
    with pytest.raises((cd.InvalidDataError, cd.UnknownNameError), match=says):
        cd.CoalitionData.from_members(members(), **options)  # type: ignore[arg-type]


# Files ------------------------------------------------------------------------------------------


def test_files_give_the_same(tmp_path: Path) -> None:
    want = made().survival_frame()
    text = members().astype("str").replace("None", "")
    text.to_csv(tmp_path / "members.csv", index=False, encoding="utf-8-sig")
    text.to_parquet(tmp_path / "members.parquet")
    members().to_excel(tmp_path / "book.xlsx", sheet_name="members", index=False)
    options = {"until": 1690, **SCALE}
    for own in (
        cd.CoalitionData.from_csv(tmp_path / "members.csv", **options),
        cd.CoalitionData.from_csv(tmp_path, **options),
        cd.CoalitionData.from_parquet(tmp_path / "members.parquet", **options),
        cd.CoalitionData.from_excel(tmp_path / "book.xlsx", **options),
    ):
        pd.testing.assert_frame_equal(own.survival_frame(), want)
    with pytest.raises(cd.DamagedFileError):
        cd.CoalitionData.from_csv(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("format", get_args(Format))
def test_every_export(format: Format, tmp_path: Path) -> None:
    target = made().export(tmp_path / "out", format)
    assert target.exists()
    if format == "csv":
        back = cd.CoalitionData.from_csv(target)
        pd.testing.assert_frame_equal(back.survival_frame(), made().survival_frame())
        assert back.measuring == made().measuring
    if format == "parquet":
        names = pd.read_parquet(target / "coalitions.parquet")["name"].tolist()
        assert names == ["Late pact", "Spring pact"]


def test_exports_leave_the_data_set_alone(tmp_path: Path) -> None:
    before = cd.tables()
    made().export(tmp_path / "out", "csv")
    pd.testing.assert_frame_equal(cd.tables(), before)
    assert made().codebook("coalitions")["n"].max() == 2


def test_tables_of_the_full_schema() -> None:
    names = ["coalitions", "memberships", "power"]
    frames = {name: cd.load(name, subtype="interstate_war", primary=True) for name in names}
    war = frames["coalitions"]
    own = cd.CoalitionData.from_frames(frames)
    ours = own.survival_frame().set_index("unit_id")["power_hhi"]
    theirs = cd.survival_frame(family="wartime").set_index("unit_id")["power_hhi"]
    pd.testing.assert_series_equal(ours, theirs[ours.index])
    frames["coalitions"] = war.assign(end=war["end"].mask(war.index == 0, war["start"].min()))
    with pytest.raises(cd.InvalidDataError) as caught:
        cd.CoalitionData.from_frames(frames)
    assert caught.value.report is not None
    lenient = cd.CoalitionData.from_frames(frames, strict=False)
    assert len(lenient.load("coalitions")) == len(war) - 1
    assert set(lenient.set_aside) == {"coalitions", "memberships", "power"}


# The same as the data set -----------------------------------------------------------------------


def written(dates: pd.Series, precision: pd.Series) -> list[object]:
    length = {"day": 10, "month": 7, "year": 4}
    pairs = zip(dates, precision.astype("object"), strict=True)
    return [None if pd.isna(day) else str(day)[: length[known]] for day, known in pairs]


def test_wars_come_back_from_minimal_tables_with_the_same_frame() -> None:
    kinds = ["interstate_war", "expedition", "historical_coalition"]
    members_ = cd.load("memberships", subtype=kinds)
    undated = set(members_.loc[members_["joined"].isna(), "coalition_id"])
    members_ = members_[~members_["coalition_id"].isin(undated)]
    coalitions = cd.load("coalitions", subtype=kinds)
    coalitions = coalitions[~coalitions["coalition_id"].isin(undated)]
    power = cd.load("power", subtype=kinds).query("resource == 'cinc'")
    power = power[power["coalition_id"].isin(coalitions["coalition_id"])]
    own = cd.CoalitionData.from_frames(
        {
            "members": pd.DataFrame(
                {
                    "coalition": members_["coalition_id"],
                    "member": members_["actor_id"],
                    "joined": written(members_["joined"], members_["joined_precision"]),
                    "left": written(members_["left"], members_["left_precision"]),
                }
            ),
            "coalitions": pd.DataFrame(
                {
                    "coalition": coalitions["coalition_id"],
                    "start": written(coalitions["start"], coalitions["start_precision"]),
                    "end": written(coalitions["end"], coalitions["end_precision"]),
                    "observed_until": coalitions["observed_until"],
                }
            ),
            "power": power.rename(
                columns={"coalition_id": "coalition", "actor_id": "member", "value": "power"}
            )[["coalition", "member", "year", "power"]],
        }
    )
    ours = own.survival_frame().set_index("unit_id")
    theirs = cd.survival_frame(family="wartime", primary=None).set_index("unit_id").loc[ours.index]
    assert len(ours) == len(coalitions) > 50
    measures = [name for name in theirs if name.startswith("power_")]
    columns = ["start", "end_or_last_seen", "entry", "duration", "event", "n_members", *measures]
    pd.testing.assert_frame_equal(ours[columns], theirs[columns], check_dtype=False)
    pd.testing.assert_series_equal(
        own.concentration().set_index("coalition_id")["power_hhi"],
        theirs["power_hhi"],
        check_names=False,
    )


def test_models_and_a_figure_run_on_own_frames() -> None:
    import analysis
    from analysis.figures.survival import survival_curves

    rows = [
        [f"Pact {k}", name, f"{1700 + k}-01-01", f"{1702 + k + (7 * k + 3 * place) % 5}-06-01",
         10 + (k * (place + 2)) % 17, (k + 3 * place) % 10]
        for k in range(30) for place, name in enumerate(["Red", "Blue", "Green"])
    ]  # fmt: skip
    own = cd.CoalitionData.from_members(members(rows), **SCALE)
    frame = own.survival_frame()
    fit = analysis.cox(frame, "power_hhi + interest_depth", duration="duration", event="event")
    assert fit.n == 30
    assert np.isfinite(fit.table["estimate"]).all()
    figure = survival_curves(frame)
    assert figure.axes


# Template and command line ----------------------------------------------------------------------


def test_templates_can_be_filled_and_read(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    folder = cd.write_template(tmp_path / "csv")
    for name, columns in TABLES.items():
        header = (folder / f"{name}.csv").read_text(encoding="utf-8").strip().split(",")
        assert header == [column.name for column in columns]
        for column in columns:
            assert f"| `{column.name}` |" in (folder / "README.md").read_text(encoding="utf-8")
    with (folder / "members.csv").open("a", encoding="utf-8") as file:
        file.write("A,x,1700,1705-02,3,,,,\nA,y,1700,1705-02,4,,,,\n")
    for name in set(TABLES) - {"members"}:
        (folder / f"{name}.csv").unlink()
    own = cd.CoalitionData.from_csv(folder)
    assert own.survival_frame()["power_hhi"].tolist() == [pytest.approx((9 + 16) / 49)]
    with pytest.raises(cd.TargetExistsError):
        cd.write_template(tmp_path / "csv")
    path = cd.write_template(tmp_path, "excel")
    book = load_workbook(path)
    assert book.sheetnames == ["explanation", *TABLES]
    listed = book["members"].data_validations.dataValidation
    assert {rule.formula1 for rule in listed} >= {'"voluntary,rewarded,coerced"'}
    book["members"].append(["A", "x", "1700", "1705-02", 3])
    for row, name in ((2, "x"), (3, "y")):
        for place, value in enumerate(["A", name, "1700", "1705-02", 3], start=1):
            book["members"].cell(row, place).value = value
    book["members"].delete_rows(4, 3000)
    book.save(path)
    assert cd.CoalitionData.from_excel(path).survival_frame()["n_members"].tolist() == [2]


def test_the_command_line_checks_and_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from coalitiondata.__main__ import main

    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    members().to_csv(good, index=False)
    members(BAD).to_csv(bad, index=False)
    call = ["--until", "1690", "--positions", "left_right", "--scale", "0,10"]
    assert main(["check", str(good), *call]) == 0
    assert capsys.readouterr().out == "No problems.\n"
    assert main(["check", str(bad), *call]) == 1
    assert "members,0,joined,04.03.1650,date," in capsys.readouterr().out
    assert main(["template", str(tmp_path / "t.xlsx"), "--format", "excel"]) == 0
    assert (tmp_path / "t.xlsx").is_file()
