"""The committed metadata are what the data give, and the command that says so can fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import shipped
from raw_files import ROOT

import coalitiondata as cd
from coalitiondata.metadata.__main__ import main
from coalitiondata.metadata.outputs import outputs
from coalitiondata.metadata.page import BEGIN, END
from coalitiondata.paths import DESCRIPTOR

pytest.importorskip("yaml")
pytest.importorskip("datacite")


@pytest.fixture
def root(tmp_path: Path, tiny_data: Path) -> Path:
    """A repository around the tiny data set, with its metadata written."""
    root = tmp_path / "repository"
    (root / "docs").mkdir(parents=True)
    (root / "docs" / "citing.md").write_text(f"# Cite\n\n{BEGIN}\n{END}\n\nEnd.\n")
    assert main(["--out", str(root)]) == 0
    return root


@shipped.needed
def test_committed_metadata_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--check", "--out", str(ROOT)])
    assert code == 0, capsys.readouterr().err


@shipped.needed
def test_every_file_is_committed_where_it_is_written() -> None:
    assert [name for name in outputs(ROOT) if not (ROOT / name).is_file()] == []


def test_what_was_written_is_current_and_is_not_written_again(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check", "--out", str(root)]) == 0
    capsys.readouterr()
    assert main(["--out", str(root)]) == 0
    assert capsys.readouterr().out == ""


def test_a_stale_file_is_named_and_mended(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = root / "metadata" / "datacite.json"
    path.write_text(path.read_text().replace("Dataset", "Text"))
    assert main(["--check", "--out", str(root)]) == 1
    assert "metadata/datacite.json is out of date" in capsys.readouterr().err
    assert main(["--out", str(root)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(path)]
    assert main(["--check", "--out", str(root)]) == 0


def test_a_changed_citation_makes_every_format_that_cites_stale(
    root: Path, tiny_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tiny_data / "sources.csv"
    path.write_text(path.read_text().replace("Wars. Press", "Wars. Publisher"))
    descriptor = json.loads((tiny_data / DESCRIPTOR).read_text())
    for entry in descriptor["resources"]:
        entry.pop("hash") if entry["name"] == "sources" else None
    (tiny_data / DESCRIPTOR).write_text(json.dumps(descriptor))
    assert main(["--check", "--out", str(root)]) == 1
    stale = capsys.readouterr().err
    for name in ("CITATION.cff", "references.bib", "citing.md", "dataset.jsonld"):
        assert name in stale
    assert "datacite" not in stale


def test_the_page_keeps_what_stands_around_its_marks(root: Path) -> None:
    page = (root / "docs" / "citing.md").read_text(encoding="utf-8")
    assert page.startswith(f"# Cite\n\n{BEGIN}\n### The data set, version {cd.data_version}\n")
    assert page.endswith(f"{END}\n\nEnd.\n")
    assert "| dyads | `tiny-own` |" in page


def test_a_page_without_marks_is_one_clear_error(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "docs" / "citing.md").write_text("# Cite\n")
    assert main(["--out", str(root)]) == 1
    assert "put them back" in capsys.readouterr().err


def test_line_endings_of_another_system_are_no_drift(root: Path) -> None:
    path = root / "CITATION.cff"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["--check", "--out", str(root)]) == 0


def test_the_next_version_needs_the_release_before(
    root: Path, tiny_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shutil.copytree(tiny_data, tmp_path / "before")
    log = root / "DATA_CHANGELOG.md"
    log.write_text(log.read_text().replace("(unreleased)", "(2026-12-01)"))
    descriptor = json.loads((tiny_data / DESCRIPTOR).read_text())
    descriptor["version"] = "0.2.0"
    (tiny_data / DESCRIPTOR).write_text(json.dumps(descriptor))
    assert main(["--out", str(root), "--since", str(before)]) == 0
    assert main(["--check", "--out", str(root)]) == 0
    text = log.read_text()
    assert text.index("## 0.2.0 (unreleased)") < text.index("## 0.1.0 (2026-12-01)")
    assert "Version step: none." in text
    log.write_text(log.read_text().replace("## 0.2.0 (unreleased)", "## 0.2.1 (unreleased)"))
    assert main(["--check", "--out", str(root)]) == 1
    assert "DATA_CHANGELOG.md" in capsys.readouterr().err


def test_a_folder_that_is_no_release_is_one_clear_error(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(root), "--since", str(tmp_path / "nowhere")]) == 1
    assert "is not a readable data package" in capsys.readouterr().err
