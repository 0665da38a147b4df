from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import shipped

import coalitiondata as cd
from coalitiondata.__main__ import main

ROOT = Path(__file__).resolve().parents[1]


def test_tables(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tables"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["coalitions", "3"]
    assert len(lines) == len(cd.tables())


def test_show_prints_canonical_csv(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "power"]) == 0
    assert capsys.readouterr().out == (tiny_data / "power.csv").read_text(encoding="utf-8")


def test_show_filters(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "memberships", "--family", "governing", "--rows", "2"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert len(rows) == 2
    assert all(row.startswith("gov-tiny-1,") for row in rows)


def test_codebook(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codebook", "power"]) == 0
    assert "power.value (number, n = 2)" in capsys.readouterr().out
    assert main(["codebook", "power", "--markdown"]) == 0
    assert "## power" in capsys.readouterr().out


def test_cite(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cite", "positions", "--style", "bibtex"]) == 0
    assert capsys.readouterr().out == cd.cite("positions", style="bibtex")


def test_verify_finds_the_changed_file(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    file = tiny_data / "power.csv"
    file.write_bytes(file.read_bytes()[:-9])
    capsys.readouterr()
    assert main(["verify"]) == 1
    bad = [line for line in capsys.readouterr().out.splitlines() if line.startswith("BAD")]
    assert len(bad) == 1
    assert bad[0].startswith("BAD  power.csv: it has ")


def test_verify_needs_checksums(bare_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 1
    assert "no checksum" in capsys.readouterr().out


def test_validate(tiny_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate"]) == 0
    assert capsys.readouterr().out == "No problems.\n"


def test_validate_own_tables(
    tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    text = (tiny_data / "positions.csv").read_text(encoding="utf-8")
    (mine / "positions.csv").write_text(text.replace(",10,", ",11,"), encoding="utf-8")
    assert main(["validate", str(mine)]) == 1
    said = capsys.readouterr()
    assert "positions,1,value,11.0,maximum" in said.out
    assert said.err == "coalitiondata: 1 problem found.\n"
    assert main(["validate", str(tmp_path / "nowhere")]) == 1
    assert "holds none of coalitions.csv" in capsys.readouterr().err


def test_export(tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["export", str(tmp_path / "out"), "actors", "--format", "csv"]
    assert main(call) == 0
    assert (tmp_path / "out" / "actors.csv").is_file()
    assert main(call) == 1
    assert "exists already" in capsys.readouterr().err
    assert main([*call, "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["show", "coalition"], "Unknown table 'coalition'. Did you mean 'coalitions'?"),
        (["show", "power", "--family", "war"], "Unknown family 'war'"),
        (["cite", "--style", "apa"], "Unknown style 'apa'"),
        (["export", "out", "--format", "xls"], "Unknown format 'xls'"),
    ],
)
def test_a_mistake_is_one_line_and_no_traceback(
    tiny_data: Path, call: list[str], said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "coalitiondata", *call], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"coalitiondata: {said}")
    assert done.stderr.count("\n") == 1


def test_a_wrong_call_exits_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["nonsense"])
    assert caught.value.code == 2
    assert "usage: coalitiondata" in capsys.readouterr().err


def test_closed_pipe_is_quiet(tiny_data: Path) -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.readline()"], stdin=subprocess.PIPE
    )
    done = subprocess.run(
        [sys.executable, "-m", "coalitiondata", "codebook"],
        stdout=reader.stdin,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert reader.stdin is not None
    reader.stdin.close()
    reader.wait()
    assert "Traceback" not in done.stderr
    assert done.returncode == 0


@shipped.needed
def test_frictionless_agrees() -> None:
    """The package is valid by the standard's own tool: types, levels, keys, hashes, row counts."""
    from frictionless import Package

    report = Package(str(shipped.DATA / "datapackage.json")).validate()
    faults = report.flatten(["title", "rowNumber", "fieldName", "message"])
    assert report.valid, json.dumps(faults[:5])
