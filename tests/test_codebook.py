from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import shipped

import coalitiondata as cd
from coalitiondata import schema
from coalitiondata.codebooks import codebook_markdown

ROOT = Path(__file__).resolve().parents[1]


def test_one_row_per_variable_of_every_table(tiny_data: Path) -> None:
    book = cd.codebook()
    expected = [(table.name, name) for table in schema.tables().values() for name in table.columns]
    assert list(book[["table", "variable"]].itertuples(index=False, name=None)) == expected


def test_numbers_come_from_the_rows(tiny_data: Path) -> None:
    book = cd.codebook("coalitions").set_index("variable")
    assert (book["n"] + book["missing"] == 3).all()
    assert book.loc["end", "missing"] == 1
    assert book.loc["end", "missing_share"] == pytest.approx(1 / 3, abs=1e-4)
    assert book.loc["end", "coverage"] == "1635-1952"
    assert book.loc["chamber_seats", ["coverage", "unit"]].to_list() == ["1950-1950", "seats"]
    assert book.loc["family", "coverage"] == "1631-1952"
    assert book.loc["leader", "sources"] == "tinygov"
    assert book.loc["name", "sources"] == "tinygov; tinywar"
    assert pd.isna(book.loc["goal", "coverage"])
    assert "governing = parties sharing a cabinet" in book.loc["family", "levels"]


def test_coverage_follows_year_or_coalition(tiny_data: Path) -> None:
    book = cd.codebook().set_index(["table", "variable"])["coverage"]
    assert book["power", "value"] == "1631-1950"
    assert book["dyads", "s_alliance"] == "1820-1820"
    assert book["dyads", "un_votes"] == "1821-1821"
    assert book["memberships", "role"] == "1950-1952"
    assert book["memberships", "left"] == "1632-1952"
    assert book["alliance_members", "spell"] == "1816-1816"
    assert pd.isna(book["positions", "value"])


def test_unknown_table() -> None:
    with pytest.raises(cd.UnknownNameError, match="Did you mean 'dyads'"):
        cd.codebook("dyad")


def test_markdown_names_every_variable_and_level_and_nothing_else(tiny_data: Path) -> None:
    page = codebook_markdown()
    assert page == codebook_markdown()
    named = {line.split("`")[1] for line in page.splitlines() if line.startswith("- **`")}
    assert named == {name for table in schema.tables().values() for name in table.columns}
    for table in schema.tables().values():
        assert f"\n## {table.name}\n" in page
        for field in table.fields:
            for level, label in (field.labels or {}).items():
                assert f"- `{level}`: {label}" in page


@shipped.needed
def test_committed_page_is_up_to_date() -> None:
    page = ROOT / "docs" / "codebook.md"
    assert page.read_text(encoding="utf-8") == codebook_markdown()


@shipped.needed
def test_no_variable_is_empty_throughout() -> None:
    """A variable without a single value in a full table would promise what nobody has."""
    book = cd.codebook()
    empty = book[(book["n"] == 0) & (book["missing"] > 0)]
    # Stated goals, second records and inducements are for coalitions that are entered by hand;
    # the sources are pinned by checksum, not by day.
    known = {"goal", "overlaps_with", "inducement", "retrieved"}
    assert set(empty["variable"]) <= known
