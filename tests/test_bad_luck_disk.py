"""Full disks, quotas and read-only folders: a clear error, and the old files as they were."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny
from bad_luck import ENDINGS, fill, posix, read_only, second_disk, state
from kill_server import Server

pytestmark = posix
ROOT = Path(__file__).resolve().parents[1]
FIGURE = "members_crimean_war"
SAID = re.compile(
    r"^(coalitiondata|error|analysis): (\S+) could not be written: .+ Nothing there was changed\.$"
)
FULL = re.compile("full|No space left|too large|I/O error|EFBIG|ENOSPC")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server("coalitiondata.exporting", "coalitiondata.codebooks", "duckdb", "pyreadstat")
    yield made
    made.close()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"COALITIONDATA_DATA": str(tiny.write(tmp_path / "tables"))}


def refused(answer: dict[str, Any], target: Path) -> str:
    """The one line that a command says that could not write; it names the target."""
    assert os.waitstatus_to_exitcode(answer["status"]) == 1, answer["said"]
    (line,) = answer["said"].splitlines()
    said = SAID.match(line)
    assert said, line
    assert Path(said[2]).is_relative_to(target)
    return line


@pytest.mark.parametrize("format", ENDINGS)
def test_export_on_a_full_disk(
    server: Server, env: dict[str, str], tmp_path: Path, format: str
) -> None:
    with second_disk(tmp_path / "disk", "8m") as disk:
        target = disk / "out"
        call = ["coalitiondata", "export", str(target), "positions", "--format", format]
        assert server.ask(call=call, env=env)["status"] == 0
        before = state(disk)
        stuffing = fill(disk, 4096)
        call.append("--overwrite")
        assert FULL.search(refused(server.ask(call=call, env=env), target))
        stuffing.unlink()
        assert state(disk) == before
        assert server.ask(call=call, env=env)["status"] == 0
        assert set(state(disk)) == set(before)


@pytest.mark.parametrize("format", ENDINGS)
def test_export_beyond_a_quota(
    server: Server, env: dict[str, str], tmp_path: Path, format: str
) -> None:
    target = tmp_path / "place" / "out"
    call = ["coalitiondata", "export", str(target), "--format", format]
    assert FULL.search(refused(server.ask(call=call, env=env, largest=3000), target))
    assert not (tmp_path / "place").exists()


def test_no_file_at_all_may_be_made(server: Server, env: dict[str, str], tmp_path: Path) -> None:
    """A disk that has room for bytes, but not for one more name."""
    with second_disk(tmp_path / "disk", "8m,nr_inodes=2") as disk:
        (disk / "mine.txt").write_text("mine", encoding="utf-8")
        call = ["coalitiondata", "export", str(disk / "out"), "--format", "csv"]
        refused(server.ask(call=call, env=env), disk)
        assert os.listdir(disk) == ["mine.txt"]


@pytest.mark.parametrize("format", ["csv", "html", "pdf"])
def test_codebook_beyond_a_quota(
    server: Server, env: dict[str, str], tmp_path: Path, format: str
) -> None:
    target = tmp_path / "book"
    target.write_text("old", encoding="utf-8")
    call = ["coalitiondata", "codebook", "--format", format, "--out", str(target), "--overwrite"]
    assert FULL.search(refused(server.ask(call=call, env=env, largest=3000), target))
    assert state(tmp_path).keys() - state(tmp_path / "tables").keys() >= {"book"}
    assert target.read_text(encoding="utf-8") == "old"


def test_metadata_beyond_a_quota(server: Server, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "citing.md", tmp_path / "docs")
    call = ["coalitiondata.metadata", "--out", str(tmp_path)]
    refused(server.ask(call=call, largest=2000), tmp_path)
    assert not [name for name in state(tmp_path) if "staged" in name]


def test_figure_beyond_a_quota(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "gallery"
    call = ["analysis", "figures", "--out", str(out), "--only", FIGURE, "--quiet"]
    call += ["--format", "svg", "--format", "png"]
    assert server.ask(call=call)["status"] == 0
    before = state(tmp_path)
    refused(server.ask(call=call, largest=4096), out)
    assert state(tmp_path) == before


@pytest.mark.parametrize("format", ["csv", "parquet", "excel", "sqlite", "duckdb"])
@pytest.mark.parametrize("inside", ["", "deeper/down"])
def test_export_into_a_read_only_folder(
    server: Server, env: dict[str, str], tmp_path: Path, format: str, inside: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    call = ["coalitiondata", "export", str(folder / inside), "positions", "--format", format]
    with read_only(folder):
        line = refused(server.ask(call=call, env=env), folder)
        assert "may not be written to" in line
        assert os.listdir(folder) == ["mine.txt"]


@pytest.mark.parametrize("call", [["analysis", "--quiet"], ["coalitiondata.metadata"]])
def test_study_and_metadata_in_a_read_only_folder(
    server: Server, tmp_path: Path, call: list[str]
) -> None:
    folder = tmp_path / "folder"
    (folder / "docs").mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "citing.md", folder / "docs")
    target = folder / "results" if call[0] == "analysis" else folder
    with read_only(folder):
        answer = server.ask(call=[*call, "--out", str(target)])
        assert "may not be written to" in refused(answer, folder)
        assert os.listdir(folder) == ["docs"]
    if call[0] == "analysis":
        assert answer["seconds"] < 60  # it does not compute first what it cannot keep


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("call", [["head", "coalitions"], ["tables"], ["cite"]])
def test_output_into_a_full_device(env: dict[str, str], call: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "coalitiondata", *call],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, **env},
            cwd=ROOT,
            check=False,
        )
    assert done.returncode in (1, 120)  # 120: what Python itself says at its end
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
