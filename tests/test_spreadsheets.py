"""Excel workbooks and CSV for spreadsheets: nothing in them runs, nothing is changed or lost."""

from __future__ import annotations

import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import shipped
import tiny
import tricky
from hypothesis import given
from hypothesis import strategies as st

import coalitiondata as cd
from coalitiondata import schema
from coalitiondata.conforming import conform
from coalitiondata.spreadsheets import guarded, is_formula_like


@pytest.fixture
def tricky_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tiny.write(tmp_path / "data", rows=tricky.rows())
    monkeypatch.setenv("COALITIONDATA_DATA", str(folder))
    return folder


def sheet(path: Path, name: str) -> pd.DataFrame:
    with closing(openpyxl.load_workbook(path, read_only=True)) as book:
        header, *rows = book[name].iter_rows(values_only=True)
    return pd.DataFrame(rows, columns=list(header), dtype="object")


def assert_same(table: schema.Table, got: pd.DataFrame) -> None:
    typed, resisting = conform(table, got[table.columns])
    assert resisting.empty, resisting
    expected, _ = conform(table, cd.load(table.name))
    pd.testing.assert_frame_equal(typed, expected, check_exact=True)


def test_workbook_round_trip(tricky_data: Path, tmp_path: Path) -> None:
    made = cd.export(tmp_path / "out", "excel")
    assert made == tmp_path / "out" / "coalitiondata.xlsx"
    with closing(openpyxl.load_workbook(made, read_only=True)) as book:
        assert book.sheetnames == ["about", "codebook", "levels", *schema.tables()]
    for table in schema.tables().values():
        assert_same(table, sheet(made, table.name))


@shipped.needed
def test_workbook_of_the_shipped_data(tmp_path: Path) -> None:
    names = ["coalitions", "actors", "sources"]
    made = cd.export(tmp_path / "some.xlsx", "excel", names)
    for name in names:
        assert_same(schema.table(name), sheet(made, name))


def test_no_cell_of_a_workbook_is_a_formula_or_an_error(tricky_data: Path, tmp_path: Path) -> None:
    made = cd.export(tmp_path / "book.xlsx", "excel")
    seen = set()
    for page in openpyxl.load_workbook(made):
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n", "b"), cell.value
                if cell.value in [*tricky.FORMULAS, "#REF!"]:
                    seen.add(cell.value)
                    # Without it the text would become a formula when somebody edits the cell.
                    assert cell.quotePrefix, cell.value
    assert seen == {*tricky.FORMULAS, "#REF!"}
    with zipfile.ZipFile(made) as parts:
        pages = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert all(b"<f>" not in parts.read(name) for name in pages)


def test_dates_of_a_workbook_are_text_and_it_says_so(tricky_data: Path, tmp_path: Path) -> None:
    made = cd.export(tmp_path / "book.xlsx", "excel")
    starts = sheet(made, "coalitions").set_index("coalition_id")["start"]
    assert starts["war-tiny-1-1"] == "1631-07-01"
    assert starts["gov-tiny-1"] == "1950-03-01"
    about = sheet(made, "about").set_index("item")["text"]
    assert "no dates before 1900" in about["dates"]
    assert about["version"] == cd.data_version
    book = sheet(made, "codebook").set_index(["table", "variable"])
    assert book.loc[("coalitions", "start"), "in this workbook"] == "text YYYY-MM-DD"
    assert len(book) == sum(len(table.fields) for table in schema.tables().values())
    levels = sheet(made, "levels").set_index(["table", "variable", "level"])
    assert levels.loc[("coalitions", "family", "ngo"), "code"] == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 32_768, r"actors, column name, data row 1: .* 32,767 characters"),
        ("bell\a", r"actors, column name, data row 1: Excel has no control characters"),
    ],
)
def test_what_a_cell_cannot_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    rows = {**tiny.ROWS, "actors": [{**tiny.ROWS["actors"][0], "name": text}]}
    monkeypatch.setenv("COALITIONDATA_DATA", str(tiny.write(tmp_path / "data", rows=rows)))
    with pytest.raises(cd.InvalidDataError, match=said):
        cd.export(tmp_path / "out", "excel", "actors")
    assert not (tmp_path / "out").exists()


def test_csv_for_spreadsheets(tricky_data: Path, tmp_path: Path) -> None:
    out = cd.export(tmp_path / "out", "csv-excel")
    assert (out / "actors.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    plain = cd.load("actors")
    written = pd.read_csv(
        out / "actors.csv", encoding="utf-8-sig", dtype=str, keep_default_na=False, na_values=[""]
    )
    names = dict(zip(plain["name"], written["name"], strict=True))
    for text in tricky.TEXTS:
        begins = text[0] in "=+-@＝\t"
        assert names[text] == ("'" + text if begins else text)
    assert {name[0] for name in names.values()}.isdisjoint("=+-@＝")
    assert list(written["founded"].dropna()) == list(
        plain["founded"].dropna().dt.strftime("%Y-%m-%d")
    )


def test_numbers_are_not_guarded(tricky_data: Path, tmp_path: Path) -> None:
    """A negative number is no formula."""
    out = cd.export(tmp_path / "out", "csv-excel", "dyads")
    assert ",-0.5," in (out / "dyads.csv").read_text(encoding="utf-8-sig")


@shipped.needed
def test_the_parties_that_begin_with_a_plus(tmp_path: Path) -> None:
    out = cd.export(tmp_path / "out", "csv-excel", "actors")
    canonical = cd.export(tmp_path / "plain", "csv", "actors")
    assert ",'+Europa,'+EU," in (out / "actors.csv").read_text(encoding="utf-8-sig")
    assert ",+Europa,+EU," in (canonical / "actors.csv").read_text(encoding="utf-8")


@given(st.text())
def test_guarded_text_never_looks_like_a_formula(text: str) -> None:
    frame = pd.DataFrame({"text": [text, None], "number": [-1.5, 2.0]}).astype({"text": "object"})
    safe: Any = guarded(frame)
    assert not is_formula_like(safe["text"][0])
    assert safe["text"][0].removeprefix("'" if is_formula_like(text) else "") == text
    assert safe["text"].isna().tolist() == [False, True]
    assert safe["number"].tolist() == [-1.5, 2.0]
