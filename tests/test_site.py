"""What the site is made of: pages, codebook and docstrings as Sphinx reads them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from raw_files import ROOT

import coalitiondata as cd

sys.path.insert(0, str(ROOT / "docs" / "site"))

import make
from docstrings import prepare
from source import assemble, moved, split_codebook

import analysis


def test_every_table_has_a_page_of_its_own(tmp_path: Path) -> None:
    split_codebook(tmp_path)
    pages = {page.stem for page in (tmp_path / "codebook").glob("*.md")}
    assert set(cd.tables()["name"]) <= pages
    listed = set(re.findall(r"\(codebook/([^)]+)\.md\)", (tmp_path / "codebook.md").read_text()))
    assert listed == pages
    for variable in cd.codebook("dyads")["variable"]:
        assert f"`{variable}`" in (tmp_path / "codebook" / "dyads.md").read_text()


def test_links_of_every_page_lead_somewhere(tmp_path: Path) -> None:
    out = tmp_path / "source"
    assemble(out)
    (out / "gallery.md").touch()  # drawn later
    checked = 0
    for page in out.rglob("*.md"):
        if page.is_relative_to(out / "own-data"):
            continue
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(out)} -> {target}"
            checked += 1
    assert checked > 100


def test_pages_above_docs_are_found_beside_the_others() -> None:
    assert (
        moved("[a](../DATA_CHANGELOG.md) [b](rules.md)") == "[a](data-changelog.md) [b](rules.md)"
    )


def test_every_public_name_is_on_a_page_of_the_reference(tmp_path: Path) -> None:
    assemble(tmp_path / "source")
    folder = tmp_path / "source" / "reference"
    for page, names in (("models", analysis.__all__), ("measures", cd.measures.__all__)):
        text = (folder / f"{page}.md").read_text(encoding="utf-8")
        for name in names:
            assert re.search(rf"\.\. auto(function|class):: {name}$", text, re.MULTILINE), name


def test_formulas_of_docstrings_stand_as_they_are_written() -> None:
    text = ["Mean of |x|.", "", "It is", "", "    |a|  b", "", "Args:", "    x: |x|."]
    shown = ["Mean of \\|x\\|.", "", "It is", "", "::", "", "    |a|  b", "", "Args:"]
    assert prepare(text) == [*shown, "    x: \\|x\\|."]


def test_a_folder_with_other_things_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.md").write_text("mine")
    assert make.main([str(tmp_path), "--quick"]) == 1
    assert "is not a site" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.md"]
