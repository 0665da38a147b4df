"""The build: all or nothing, the same bytes every time, clear about what is wrong."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from raw_files import ROOT, folder_or_skip

from coalitiondata.build import sources, write
from coalitiondata.build.__main__ import main

DATA = ROOT / "data"


@pytest.fixture(scope="module")
def raw_sources() -> Path:
    return folder_or_skip()


def copy_of_inputs(folder: Path) -> Path:
    """A data folder as a fresh checkout has it before any build: schema and curated inputs."""
    out = folder / "data"
    out.mkdir()
    shutil.copy(DATA / "datapackage.json", out)
    shutil.copytree(DATA / "curated", out / "curated")
    return out


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_rebuild_gives_the_committed_bytes(raw_sources: Path, tmp_path: Path) -> None:
    out = copy_of_inputs(tmp_path)
    # A process of its own with another hash seed: nothing may depend on the order of sets.
    command = [sys.executable, "-W", "error", "-m", "coalitiondata.build"]
    subprocess.run(
        [*command, "--sources", str(raw_sources), "--out", str(out)],
        check=True,
        env={"PYTHONHASHSEED": "4711", "PATH": ""},
        cwd=ROOT,
        capture_output=True,
    )
    committed = {
        name: digest for name, digest in fingerprint(DATA).items() if not name.endswith(".bib")
    }
    assert fingerprint(out) == committed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


@pytest.fixture
def altered_sources(raw_sources: Path, tmp_path: Path) -> Path:
    """A copy of the registered raw files that a test may damage."""
    folder = tmp_path / "sources"
    for name in sources.registry()["file"]:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(raw_sources / "raw" / name, target)
        target.chmod(0o644)
    return folder


def test_changed_and_missing_raw_files_are_all_named(
    altered_sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = copy_of_inputs(tmp_path)
    (out / "coalitions.csv").write_text("untouched\n")
    before = fingerprint(out)
    changed = altered_sources / "parlgov" / "cabinet.csv"
    changed.write_bytes(changed.read_bytes().replace(b"Gorton I", b"Gorton J"))
    shortened = altered_sources / "cow" / "cow_nmc.rda"
    shortened.write_bytes(shortened.read_bytes()[:1000])
    (altered_sources / "atop" / "atop_alliance.rda").unlink()

    assert main(["--sources", str(altered_sources), "--out", str(out)]) == 1

    message = capsys.readouterr().err
    assert "parlgov/cabinet.csv: sha256" in message
    assert "cow/cow_nmc.rda: 1000 bytes, expected" in message
    assert "atop/atop_alliance.rda: missing" in message
    assert "Traceback" not in message
    assert fingerprint(out) == before


def test_a_folder_that_is_not_there_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--sources", str(tmp_path / "nowhere"), "--out", str(tmp_path)]) == 1
    assert "there is no folder" in capsys.readouterr().err


def test_an_out_folder_without_a_schema_is_one_clear_error(
    raw_sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--sources", str(raw_sources), "--out", str(tmp_path)]) == 1
    assert "datapackage.json" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_missing_curated_input_is_one_clear_error(
    raw_sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = copy_of_inputs(tmp_path)
    (out / "curated" / "cabinet_seats.csv").unlink()
    before = fingerprint(out)
    assert main(["--sources", str(raw_sources), "--out", str(out)]) == 1
    message = capsys.readouterr().err
    assert "cabinet_seats.csv is missing" in message
    assert fingerprint(out) == before


def test_a_failure_while_writing_leaves_the_old_folder(tmp_path: Path) -> None:
    out = tmp_path / "data"
    out.mkdir()
    (out / "coalitions.csv").write_text("old\n")
    descriptor = {"resources": [{"name": "actors", "path": "actors.csv", "schema": {}}]}
    with pytest.raises(KeyError):
        write.write_all({"coalitions.csv": b"new\n"}, descriptor, out)
    assert fingerprint(tmp_path) == {"data/coalitions.csv": hashlib.sha256(b"old\n").hexdigest()}


def test_a_schema_that_cannot_be_read_is_named(
    raw_sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = copy_of_inputs(tmp_path)
    descriptor = out / "datapackage.json"
    descriptor.write_text(descriptor.read_text(encoding="utf-8")[:-5], encoding="utf-8")
    before = fingerprint(out)
    assert main(["--sources", str(raw_sources), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "datapackage.json is not a readable data package" in said
    assert "Traceback" not in said
    assert fingerprint(out) == before
