"""The verbs of the command line and what they print."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import get_args

import pytest
import shipped
from terminal import on_terminal, piped

import coalitiondata as cd
from coalitiondata import citing, formats, schema
from coalitiondata.__main__ import main
from coalitiondata.codebooks import codebook_html, codebook_markdown

Capture = pytest.CaptureFixture[str]


def test_tables(tiny_data: Path, capsys: Capture) -> None:
    assert main(["tables"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["coalitions", "3"]
    assert len(lines) == len(cd.tables())


def test_tables_whose_file_is_absent(bare_data: Path, capsys: Capture) -> None:
    (bare_data / "power.csv").unlink()
    assert main(["tables"]) == 0
    assert re.search(r"^power +absent ", capsys.readouterr().out, flags=re.MULTILINE)


def test_show_prints_canonical_csv(tiny_data: Path, capsys: Capture) -> None:
    assert main(["show", "power"]) == 0
    assert capsys.readouterr().out == (tiny_data / "power.csv").read_text(encoding="utf-8")


def test_show_filters(tiny_data: Path, capsys: Capture) -> None:
    assert main(["show", "memberships", "--family", "governing", "--rows", "2"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert len(rows) == 2
    assert all(row.startswith("gov-tiny-1,") for row in rows)


def test_show_columns(tiny_data: Path, capsys: Capture) -> None:
    assert main(["show", "power", "--columns", "value, actor_id"]) == 0
    header, *rows = csv.reader(capsys.readouterr().out.splitlines())
    assert header == ["value", "actor_id"]
    assert rows == [["40", "party-tiny-1"], ["", "party-tiny-2"], ["0", "state-tiny-1"]]


def test_head_is_the_beginning_of_show(tiny_data: Path, capsys: Capture) -> None:
    assert main(["head", "memberships", "-n", "3"]) == 0
    text = capsys.readouterr().out
    whole = (tiny_data / "memberships.csv").read_text(encoding="utf-8")
    assert text.count("\n") == 4
    assert whole.startswith(text)


def test_codebook_of_a_table(tiny_data: Path, capsys: Capture) -> None:
    assert main(["codebook", "power"]) == 0
    assert "power.value (number, n = 2, " in capsys.readouterr().out


def test_codebook_of_a_variable(tiny_data: Path, capsys: Capture) -> None:
    assert main(["codebook", "coalitions.end_cause"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^rule +Governing coalitions: End cause; ", text, flags=re.MULTILINE)
    assert re.search(r"^early_election .*\(1\)$", text, flags=re.MULTILINE)


def test_codebook_formats(tiny_data: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["codebook", "power", "--format", "markdown"]) == 0
    assert capsys.readouterr().out == codebook_markdown("power")
    assert main(["codebook", "--format", "html", "--out", str(tmp_path / "a" / "b.html")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'a' / 'b.html'}\n"
    assert (tmp_path / "a" / "b.html").read_text(encoding="utf-8") == codebook_html()
    assert main(["codebook", "power", "--format", "csv"]) == 0
    header, *rows = csv.reader(capsys.readouterr().out.splitlines())
    assert header == list(cd.codebook("power").columns)
    assert len(rows) == len(cd.codebook("power"))
    assert main(["codebook", "--format", "pdf", "--out", str(tmp_path / "b.pdf")]) == 0
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF-")


def test_codebook_replaces_a_file_only_when_told(
    tiny_data: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "book.md"
    out.write_text("mine", encoding="utf-8")
    call = ["codebook", "power", "--format", "markdown", "--out", str(out)]
    assert main(call) == 1
    assert "exists already" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "mine"
    assert main([*call, "--overwrite"]) == 0
    assert out.read_text(encoding="utf-8") == codebook_markdown("power")
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["book.md"]


def test_cite(tiny_data: Path, capsys: Capture) -> None:
    assert main(["cite", "positions", "--style", "bibtex"]) == 0
    assert capsys.readouterr().out == cd.cite("positions", style="bibtex")


def test_every_style_is_known_before_anything_is_imported() -> None:
    assert get_args(formats.Style) == get_args(citing.Style)


def test_cite_a_coalition(tiny_data: Path, capsys: Capture) -> None:
    assert main(["cite", "--coalition", "war-tiny-1-1"]) == 0
    rows = cd.load("coalitions").query("coalition_id == 'war-tiny-1-1'")[["coalition_id"]]
    assert capsys.readouterr().out == cd.cite(rows=rows) != cd.cite()


def test_validate(tiny_data: Path, capsys: Capture) -> None:
    assert main(["validate"]) == 0
    assert capsys.readouterr().out == "No problems.\n"


def test_validate_own_tables(tiny_data: Path, tmp_path: Path, capsys: Capture) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    text = (tiny_data / "positions.csv").read_text(encoding="utf-8")
    (mine / "positions.csv").write_text(text.replace(",10,", ",11,"), encoding="utf-8")
    assert main(["validate", str(mine)]) == 1
    said = capsys.readouterr()
    assert "positions,1,value,11.0,maximum" in said.out
    assert said.err == "coalitiondata: 1 problem found.\n"
    code, shown = on_terminal("validate", str(mine))
    assert code == 1
    assert "positions, row 1, column value, value 11.0: maximum." in shown
    assert main(["validate", str(tmp_path / "nowhere")]) == 2
    assert "holds none of coalitions.csv" in capsys.readouterr().err


def test_export(tiny_data: Path, tmp_path: Path, capsys: Capture) -> None:
    call = ["export", str(tmp_path / "out"), "actors", "--format", "csv"]
    assert main(call) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out'}\n"
    assert (tmp_path / "out" / "actors.csv").is_file()
    assert main(call) == 1
    assert "exists already" in capsys.readouterr().err
    assert main([*call, "--overwrite"]) == 0


def test_verify_finds_the_changed_file(tiny_data: Path, capsys: Capture) -> None:
    assert main(["verify"]) == 0
    said = capsys.readouterr()
    assert said.out == "".join(f"ok   {table.path}\n" for table in schema.tables().values())
    assert said.err == ""
    file = tiny_data / "power.csv"
    file.write_bytes(file.read_bytes()[:-9])
    assert main(["verify"]) == 1
    said = capsys.readouterr()
    bad = [line for line in said.out.splitlines() if not line.startswith("ok ")]
    assert len(bad) == 2
    assert bad[0].startswith("BAD  power.csv: it has ")
    assert bad[1].startswith("     repair: copy power.csv into ")
    assert said.err == f"coalitiondata: 1 of {len(schema.tables())} files is damaged.\n"
    assert main(["verify", "actors"]) == 0


def test_verify_needs_checksums(bare_data: Path, capsys: Capture) -> None:
    assert main(["verify"]) == 1
    assert "no checksum" in capsys.readouterr().out


def test_versions(tiny_data: Path, capsys: Capture) -> None:
    assert main(["versions"]) == 0
    told = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert told["data"].split()[0] == cd.data_version
    assert told["package"] == cd.__version__
    assert told["folder"] == str(tiny_data)
    assert re.fullmatch("[0-9a-f]{64}", told["schema"])
    assert told["pandas"].startswith("2.")


@shipped.needed
def test_frictionless_agrees() -> None:
    """The package is valid by the standard's own tool: types, levels, keys, hashes, row counts."""
    from frictionless import Package

    report = Package(str(shipped.DATA / "datapackage.json")).validate()
    faults = report.flatten(["title", "rowNumber", "fieldName", "message"])
    assert report.valid, json.dumps(faults[:5])


@shipped.needed
def test_frictionless_accepts_an_export_of_some_tables(tmp_path: Path) -> None:
    from frictionless import Package

    done = piped("export", str(tmp_path / "out"), "memberships", "coalitions", "--format", "csv")
    assert done.returncode == 0, done.stderr
    report = Package(str(tmp_path / "out" / "datapackage.json")).validate()
    assert report.valid
    assert {task.name for task in report.tasks} == {"memberships", "coalitions"}
