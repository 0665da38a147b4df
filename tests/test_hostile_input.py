"""Hostile input: each kind of fault that generated cases found, as rules and as single cases."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shipped
import tiny
from fuzz import damages, run
from fuzz.generators import minimal
from fuzz.invariants import same_tables
from fuzz.values import DATES, NUMBERS, OBJECTS, TEXTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import coalitiondata as cd
from coalitiondata import conforming, schema
from coalitiondata import given as handed
from coalitiondata.errors import (
    CoalitionDataError,
    DamagedFileError,
    InvalidDataError,
    NotWrittenError,
    TargetExistsError,
    UnknownNameError,
)
from coalitiondata.own import workbooks
from coalitiondata.own.dates import read_dates

pytestmark = shipped.needed

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.dates(),
    st.datetimes(), st.times(), st.timedeltas(), st.decimals(), st.fractions(),
    st.complex_numbers(),
    st.lists(st.integers()), st.dictionaries(st.text(), st.integers()),
    st.sampled_from([*TEXTS, *NUMBERS, *DATES, *OBJECTS]),
)  # fmt: skip
QUICK = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def members(**changes: list[Any]) -> pd.DataFrame:
    frame = minimal(np.random.default_rng(0))["members"]
    for name, cells in changes.items():
        column = list(frame[name])
        column[: len(cells)] = cells
        frame[name] = pd.Series(column, dtype="object")
    return frame


def lenient(frame: pd.DataFrame, **options: Any) -> cd.CoalitionData:
    return cd.CoalitionData.from_members(frame, strict=False, **{"until": 1690, **options})


@cache
def _tables() -> dict[str, pd.DataFrame]:
    return {name: tiny.frames()[name] for name in ("coalitions", "actors", "memberships")}


def refused(call: Callable[[], object]) -> str | None:
    """What the error of the package says, None if there is none; other errors pass."""
    try:
        call()
    except CoalitionDataError as error:
        return str(error)
    return None


# Cells ------------------------------------------------------------------------------------------


@QUICK
@given(st.lists(ANYTHING, max_size=20))
def test_a_date_is_read_or_refused_with_a_hint(cells: list[Any]) -> None:
    read = read_dates(pd.Series(cells, dtype="object"))
    assert (read["date"].notna() == read["precision"].notna()).all()
    assert not (read["date"].notna() & read["hint"].notna()).any()
    for cell, hint in zip(cells, read["hint"], strict=True):
        blank = conforming.is_missing(cell) or (isinstance(cell, str) and not cell.strip())
        assert not (blank and isinstance(hint, str))


@QUICK
@given(ANYTHING)
def test_a_number_is_finite_or_none(cell: Any) -> None:
    number = conforming.number(cell)
    assert isinstance(number, float)
    assert not np.isinf(number)


@pytest.mark.parametrize(
    "cell", [10**400, np.timedelta64(3, "D"), 1 + 2j, np.complex128(1), "1e999", True, b"5", "1_0"]
)
def test_what_is_no_number_is_none(cell: Any) -> None:
    assert np.isnan(conforming.number(cell))


@pytest.mark.parametrize("cell", [np.inf, -np.inf, "1e999", 10**400])
def test_endless_power_is_a_problem_in_both_forms_of_tables(cell: Any) -> None:
    own = lenient(members(power=[cell]))
    assert own.problems["rule"].tolist() == ["number"]
    frames = {"power": tiny.frames()["power"].astype({"value": "object"})}
    frames["power"].loc[0, "value"] = cell
    report = cd.validate(frames, raise_on_error=False)
    assert "number" in set(report.query("column == 'value'")["rule"])


@pytest.mark.parametrize("cell", [[1, 2], {"a": 1}, print, b"x", "\ud800", np.array(["a"])])
def test_a_name_is_text_that_can_be_written(cell: Any) -> None:
    frame = members()
    frame.at[0, "member"] = cell  # noqa: PD008  # loc would take the list apart
    own = lenient(frame)
    assert own.problems[["row", "column", "rule"]].to_numpy().tolist() == [[0, "member", "string"]]
    assert len(own.set_aside["members"]) == 1


def test_a_huge_whole_number_is_no_integer() -> None:
    power = tiny.frames()["power"].astype({"year": "object"})
    power.loc[0, "year"] = 1e308
    report = cd.validate({"power": power}, raise_on_error=False)
    assert ("year", "integer") in set(zip(report["column"], report["rule"], strict=True))


def test_a_value_that_overflows_is_shown_in_the_report() -> None:
    frame = members(power=[10**400])
    assert lenient(frame).problems["value"].tolist() == [10**400]


@pytest.mark.parametrize("cell", [pd.NaT, np.datetime64("NaT"), [1], "perhaps", 2])
def test_a_flag_is_true_false_or_missing(cell: Any) -> None:
    coalitions = tiny.frames()["coalitions"].astype({"primary": "object"})
    coalitions["primary"] = pd.Series([cell] * len(coalitions), dtype="object")
    rules = cd.validate({"coalitions": coalitions}, raise_on_error=False).query(
        "column == 'primary'"
    )
    missing = not isinstance(cell, list) and bool(pd.isna(cell))
    assert set(rules["rule"]) == {"required" if missing else "boolean"}


# Tables -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [None, [1], "members", {"members": [1]}, {"members": None}])
def test_tables_are_data_frames(frames: Any) -> None:
    with pytest.raises(InvalidDataError, match="data frame"):
        cd.CoalitionData.from_frames(frames)


def test_a_column_stands_once_and_has_one_name() -> None:
    frame = members()
    twice = pd.concat([frame, frame["member"]], axis=1)
    for call in (lambda: lenient(twice), lambda: cd.validate({"members": twice})):
        with pytest.raises(InvalidDataError, match="several columns called 'member'"):
            call()
    levels = frame.set_axis(pd.MultiIndex.from_product([["a"], frame.columns]), axis=1)
    with pytest.raises(InvalidDataError, match="2 levels"):
        lenient(levels)


def test_a_sparse_column_is_read_as_it_is() -> None:
    frame = members()
    frame["power"] = pd.arrays.SparseArray(frame["power"].astype(float).to_numpy())
    assert lenient(frame).problems.empty


def test_a_column_of_positions_that_is_not_there_is_reported() -> None:
    own = lenient(members(), positions="left_rite", position_scale=(0, 10))
    assert own.problems[["column", "rule"]].to_numpy().tolist() == [["left_rite", "column"]]
    assert own.survival_frame()["interest_depth"].isna().all()


def test_no_rows_is_said_so() -> None:
    with pytest.raises(InvalidDataError, match="The table has no rows"):
        lenient(members().iloc[:0])


def test_transformations_without_a_kind_are_set_aside() -> None:
    events = pd.DataFrame({"coalition": ["Spring pact"], "date": ["1653"], "kind": [None]})
    own = lenient(members(), transformations=events)
    assert own.load("transformations").empty
    assert own.validate(raise_on_error=False).empty
    own = lenient(members(), transformations=events[["coalition", "date"]])
    assert own.problems["column"].tolist() == ["kind"]


@pytest.mark.parametrize(
    "options",
    [{"family": [1]}, {"lag": [1]}, {"title": 3}, {"citation": float}, {"power": ["a"]},
     {"power_unit": 1}, {"joined": 5}, {"positions": 5}, {"columns": "x"}, {"author": "\ud800"},
     {"until": object}, {"kind": []}, {"coalition": None}, {"joined": None}, {"states": pd.NA},
     {"positions": "left_right", "position_scale": (0, float("inf"))},
     {"positions": "left_right", "position_scale": (0, 10**400)}],
    ids=str,
)  # fmt: skip
def test_an_argument_of_the_wrong_kind_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(
        (InvalidDataError, UnknownNameError), match=r"[Gg]ive|Unknown|no Unicode|Write|lowest"
    ):
        lenient(members(), **options)


@settings(QUICK, max_examples=60)
@given(ANYTHING)
def test_any_argument_gives_a_result_or_a_typed_error(value: Any) -> None:
    calls = (
        lambda: cd.load("coalitions", family=value),
        lambda: schema.table(value),
        lambda: cd.went_on(
            dict(_tables()),
            within_years=value,
        ),
        lambda: cd.measures.hhi(value),
        lambda: cd.measures.banzhaf([1, 2, 3], value),
        lambda: cd.measures.concentration(pd.DataFrame({"c": [1], "w": [1.0]}), value, "w"),
    )
    for call in calls:
        said = refused(call)
        assert said is None or len(said) > 10


@pytest.mark.parametrize("value", [2**63, [[["deep"]]], "yes", 1])
def test_primary_is_a_flag(value: Any) -> None:
    for call in (
        lambda: cd.load("coalitions", primary=value),
        lambda: cd.survival_frame(primary=value),
    ):
        with pytest.raises(InvalidDataError, match=r"primary is .* give True, False or None"):
            call()


@pytest.mark.parametrize("cell", [[1], 5, Decimal(1)])
def test_ids_of_rows_to_cite_are_text(cell: Any) -> None:
    for column in ("source", "coalition_id", "lineage"):
        rows = pd.DataFrame({column: pd.Series([cell, None], dtype="object")})
        with pytest.raises(InvalidDataError, match="ids are text"):
            cd.cite(rows=rows)


# Measures and models ----------------------------------------------------------------------------


def test_groups_that_cannot_be_ordered_are_refused() -> None:
    frame = pd.DataFrame({"c": ["a", range(3), "a"], "w": [1.0, 2, 3]})
    large = pd.DataFrame({"c": pd.Series([10**400, 0.5], dtype="object"), "w": [1.0, 2]})
    assert refused(lambda: cd.measures.voting_power(large, "c", "w")) is not None
    for call in (
        lambda: cd.measures.concentration(frame, "c", "w"),
        lambda: cd.measures.voting_power(frame, "c", "w"),
    ):
        with pytest.raises(InvalidDataError, match="put in order"):
            call()


@pytest.mark.parametrize("by", [[], (), b"", 5, [5], None])
def test_groups_need_a_column(by: Any) -> None:
    frame = pd.DataFrame({"c": ["a", "b"], "m": ["x", "y"], "w": [1.0, 2]})
    for call in (
        lambda: cd.measures.concentration(frame, by, "w"),
        lambda: cd.measures.overlap(frame, by, "m", ["w"]),
        lambda: cd.measures.voting_power(frame, by, "w"),
    ):
        with pytest.raises(InvalidDataError, match=r"by is empty|column"):
            call()


def test_groups_of_lists_are_refused() -> None:
    import polars as pl

    frame = pl.DataFrame(
        {"c": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2)), "w": [1.0, 2]}
    )
    with pytest.raises(InvalidDataError, match="'c' holds lists"):
        cd.measures.voting_power(frame, "c", "w")


def test_an_index_named_like_a_column_does_no_harm() -> None:
    frame = pd.DataFrame({"c": ["a", "a", "b"], "w": [1.0, 3, 2]})
    plain = cd.measures.concentration(frame, "c", "w")
    pd.testing.assert_frame_equal(
        plain, cd.measures.concentration(frame.set_index("c", drop=False), "c", "w")
    )


def test_models_refuse_columns_they_cannot_use() -> None:
    import analysis

    frame = pd.DataFrame({"duration": [1.0, 2, 3, 4], "event": [1, 1, 1, 0], "g": ["a", 1, "a", 1]})
    with pytest.raises(InvalidDataError, match="put in order"):
        analysis.log_rank(frame, "g")
    with pytest.raises(InvalidDataError, match="complex"):
        analysis.kaplan_meier(frame.assign(duration=frame["duration"] + 1j))
    with pytest.raises(InvalidDataError, match="cannot be computed"):
        analysis.cox(frame.assign(x=pd.date_range("1900", periods=4)), "np.log(x)")
    with pytest.raises(InvalidDataError, match="formula"):
        analysis.cox(frame, 5)  # type: ignore[arg-type]
    with pytest.raises(InvalidDataError, match="horizon"):
        analysis.restricted_mean(frame, "ten")  # type: ignore[arg-type]


# Files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(damages.BYTES))
@pytest.mark.parametrize("extension", ["csv", "parquet", "xlsx"])
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, kind: str, extension: str) -> None:
    path = tmp_path / f"members.{extension}"
    frame = members().astype({"joined": "str", "left": "str"})
    if extension == "csv":
        frame.to_csv(path, index=False)
    elif extension == "parquet":
        frame.astype("str").to_parquet(path)
    else:
        frame.to_excel(path, index=False)
    rng = np.random.default_rng(len(kind))
    path.write_bytes(damages.BYTES[kind](rng, path.read_bytes()))
    read = {"csv": cd.CoalitionData.from_csv, "parquet": cd.CoalitionData.from_parquet,
            "xlsx": cd.CoalitionData.from_excel}[extension]  # fmt: skip
    made = []
    said = refused(lambda: made.append(read(path, strict=False, until=1690)))
    assert (said is None) == bool(made)
    assert said is None or len(said) > 10


def test_cells_beyond_the_header_are_not_dropped(tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    path.write_text("coalition,member,joined,left\nA,x,1900,1901,EXTRA\nA,y,1900,1901,EXTRA\n")
    with pytest.raises(DamagedFileError, match="CSV"):
        cd.CoalitionData.from_csv(path)


def _bombed(content: bytes, change: Any) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(made, "w", 8) as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, change(part) if "worksheets/" in name else part)
    return made.getvalue()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda part: b" " * (2**22 + 1), "unpacks to"),
        (
            lambda part: part.replace(
                b"</sheetData>",
                b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
            ),
            "1048576 rows and 16384 columns",
        ),
        (
            lambda part: part.replace(b"<sheetData>", b"<sheetData>" + b"<row/>" * 1_000_000),
            "rows and",
        ),
    ],
    ids=["bytes", "corner", "rows"],
)
def test_a_workbook_that_would_burst_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any, said: str
) -> None:
    if said == "unpacks to":
        # The bound proper would take a test longer to reach than it is worth.
        monkeypatch.setattr(workbooks, "MOST_BYTES", 2**22)
    path = tmp_path / "members.xlsx"
    members().to_excel(path, index=False)
    path.write_bytes(_bombed(path.read_bytes(), change))
    assert path.stat().st_size < 2**20
    with pytest.raises(DamagedFileError, match=said):
        cd.CoalitionData.from_excel(path)


@pytest.mark.parametrize(
    "change",
    [{"path": "../../secret.csv"}, {"path": "/secret.csv"}, {"name": "../x"}, {"title": 3},
     {"path": "x.parquet"}, {"hash": 5}, {"schema": []},
     {"schema": {"fields": [], "primaryKey": ["no_such"]}}],
    ids=str,
)  # fmt: skip
def test_a_descriptor_names_tables_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    import json

    folder = tiny.write(tmp_path / "data")
    content = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    content["resources"][0] |= change
    (folder / "datapackage.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("COALITIONDATA_DATA", str(folder))
    with pytest.raises(DamagedFileError, match="not a readable data package"):
        schema.tables()
    monkeypatch.delenv("COALITIONDATA_DATA")
    with pytest.raises(DamagedFileError, match="not a readable data package"):
        cd.CoalitionData.from_csv(folder)


def test_a_header_that_only_looks_right_is_damage(bare_data: Path) -> None:
    path = bare_data / "sources.csv"
    head, _, rest = path.read_bytes().partition(b"\n")
    names = head.split(b",")
    path.write_bytes(b",".join([names[0], b'"' + names[1], *names[2:]]) + b"\n" + rest)
    with pytest.raises(DamagedFileError):
        cd.load("sources")


def test_an_infinite_value_in_a_hand_edited_table_is_damage(bare_data: Path) -> None:
    path = bare_data / "power.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",40,", ",inf,"), encoding="utf-8")
    with pytest.raises(DamagedFileError, match="infinite"):
        cd.load("power")


# Targets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [3, None, b"x", "", "x" * 5000, "nul\0byte", "\ud800", ["a"]])
def test_a_path_is_one(path: Any) -> None:
    for call in (
        lambda: cd.export(path, "csv", "sources"),
        lambda: cd.write_template(path),
        lambda: cd.CoalitionData.from_csv(path),
        lambda: handed.path_given(path),
    ):
        with pytest.raises(InvalidDataError, match="name of a file or folder"):
            call()


def test_a_link_to_itself_is_no_target(tmp_path: Path, tiny_data: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises((NotWrittenError, TargetExistsError)):
        cd.export(tmp_path / "loop", "csv", "sources")
    with pytest.raises((NotWrittenError, TargetExistsError)):
        cd.write_template(tmp_path / "loop")


def test_a_template_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from coalitiondata.own import template

    monkeypatch.setattr(template, "readme", lambda: "\ud800")
    with pytest.raises(UnicodeEncodeError):
        cd.write_template(tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["=../../x", "🜁\u202egnp\rb", "x" * 40_000, "\x07", "x\uffff"])
def test_hostile_names_come_back_from_every_format_or_are_refused(
    tmp_path: Path, text: str
) -> None:
    own = lenient(members(coalition=[text] * 3, member=["Red", text, "Green"]))
    for format in ("csv", "excel", "stata"):
        target = tmp_path / format
        said = refused(lambda format=format, target=target: own.export(target, format))
        assert said is None or len(said) > 10
        assert target.exists() == (said is None)
        assert [path.name for path in tmp_path.iterdir() if "staged" in path.name] == []
    same_tables(dict(own.frames), dict(cd.CoalitionData.from_csv(tmp_path / "csv").frames))


# All of it --------------------------------------------------------------------------------------


def test_generated_cases_end_in_a_result_or_a_typed_error() -> None:
    done = run.run(list(range(300)), seed=20, workers=1, quiet=True)
    bad = [(each["case"], each["entry"], each["said"]) for each in done
           if each["outcome"] not in run.GOOD]  # fmt: skip
    assert len(done) == 300
    assert len({each["entry"] for each in done}) > 18
    assert {each["outcome"] for each in done} == set(run.GOOD)
    assert bad == []
