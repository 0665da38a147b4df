from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import shipped

import coalitiondata as cd


def keys(bibtex: str) -> list[str]:
    return re.findall(r"^@misc\{([^,]+),$", bibtex, flags=re.MULTILINE)


def test_names_the_data_set_and_its_version_first(tiny_data: Path) -> None:
    first = cd.cite("power").split("\n\n")[0]
    assert f"Version {cd.data_version}." in first
    assert keys(cd.cite("power", style="bibtex"))[0] == "coalitiondata"


def test_without_arguments_every_source_is_cited(tiny_data: Path) -> None:
    assert keys(cd.cite(style="bibtex"))[1:] == list(cd.load("sources")["source_id"])


def test_computed_sources_bring_their_origins(tiny_data: Path) -> None:
    assert keys(cd.cite("dyads", style="bibtex"))[1:] == ["tiny-own", "tinyraw", "tinywar"]
    assert keys(cd.cite(["positions"], style="bibtex"))[1:] == ["tinygov"]


def test_rows_decide_what_is_cited(tiny_data: Path) -> None:
    wars = cd.load("power", family="wartime")
    assert keys(cd.cite(rows=wars, style="bibtex"))[1:] == ["tinywar"]
    assert keys(cd.cite(rows=wars.iloc[:0], style="bibtex")) == ["coalitiondata"]


def test_analysis_frames_are_cited_through_their_coalitions(tiny_data: Path) -> None:
    war = pd.DataFrame({"coalition_id": ["war-tiny-1-1"], "duration": [1325]})
    assert keys(cd.cite(rows=war, style="bibtex"))[1:] == ["tiny-own", "tinyraw", "tinywar"]
    assert keys(cd.cite("memberships", rows=war, style="bibtex"))[1:] == ["tinywar"]
    cabinets = pd.DataFrame({"lineage": ["lin-gov-tiny-1"]})
    assert keys(cd.cite(rows=cabinets, style="bibtex"))[1:] == ["tinygov"]


def test_text_keeps_the_citation_whole(tiny_data: Path) -> None:
    text = cd.cite("positions")
    assert "Müller, Jo and A. B. Lee. 2001. Cabinets & parties: 50% more_facts." in text
    assert "https://doi.org/10.1000/a_b" in text
    assert "Version 4.0." in cd.cite("alliances")


def test_bibtex_escapes_and_drops_nothing(tiny_data: Path) -> None:
    entry = cd.cite("positions", style="bibtex").split("\n\n")[1]
    assert entry.rstrip() == (
        "@misc{tinygov,\n"
        "  author = {{Müller, Jo and A. B. Lee}},\n"
        "  title = {{Cabinets \\& parties}},\n"
        "  year = {2001},\n"
        "  doi = {10.1000/a_b},\n"
        "  url = {https://example.org/a_b?c=1&d=%20},\n"
        "  urldate = {2026-01-02},\n"
        "  note = {Müller, Jo and A. B. Lee. 2001. Cabinets \\& parties: 50\\% more\\_facts. "
        "Journal 3(1): 1-2.}\n"
        "}"
    )


def test_a_citation_without_author_and_year_gets_none(tiny_data: Path) -> None:
    entry = cd.cite("dyads", style="bibtex").split("\n\n")[2]
    assert "author" not in entry
    assert "note = {Votes project. Raw votes.}" in entry


def test_unknown_names(tiny_data: Path) -> None:
    with pytest.raises(cd.UnknownNameError, match=r"Unknown style 'bibtx'\. Did you mean 'bibtex'"):
        cd.cite(style="bibtx")  # type: ignore[arg-type]
    with pytest.raises(cd.UnknownNameError, match="Unknown table 'powers'"):
        cd.cite("powers")
    with pytest.raises(cd.UnknownNameError, match="Unknown source 'nobody'"):
        cd.cite(rows=pd.DataFrame({"source": ["nobody"]}))
    with pytest.raises(cd.UnknownNameError, match="no column `source`, `coalition_id`"):
        cd.cite(rows=pd.DataFrame({"x": [1]}))


@shipped.needed
def test_every_shipped_row_can_be_cited() -> None:
    entries = keys(cd.cite(style="bibtex"))
    assert len(set(entries)) == len(entries)
    assert set(entries) == {"coalitiondata", *cd.load("sources")["source_id"]}
    assert "parlgov" in keys(cd.cite(rows=cd.load("coalitions", "governing"), style="bibtex"))


@shipped.needed
def test_braces_balance() -> None:
    bibtex = re.sub(r"\\[{}]", "", cd.cite(style="bibtex"))
    assert bibtex.count("{") == bibtex.count("}")
