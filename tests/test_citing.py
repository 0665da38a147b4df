from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shipped

import coalitiondata as cd


def keys(bibtex: str) -> list[str]:
    return re.findall(r"^@misc\{([^,]+),$", bibtex, flags=re.MULTILINE)


def items(csl: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(csl)
    return found


def ids(csl: str) -> list[str]:
    """Ids of CSL items without the number of a second work."""
    return list(dict.fromkeys(re.sub(r"-[2-9]$", "", item["id"]) for item in items(csl)))


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
        "  author = {Müller, Jo and Lee, A. B.},\n"
        "  title = {{Cabinets \\& parties}},\n"
        "  year = {2001},\n"
        "  doi = {10.1000/a_b},\n"
        "  url = {https://example.org/a_b?c=1&d=%20},\n"
        "  urldate = {2026-01-02},\n"
        "  copyright = {CC0-1.0: rows may be passed on; adapted for this data set},\n"
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


def test_lists_of_sources_are_cited_as_such(tiny_data: Path) -> None:
    files = cd.load("source_files")
    assert keys(cd.cite(rows=files, style="bibtex"))[1:] == ["tinygov"]


def test_every_source_comes_with_its_terms(tiny_data: Path) -> None:
    paragraphs = cd.cite("dyads").strip().split("\n\n")
    assert paragraphs[1].endswith("[CC-BY-4.0: compiled or computed by this project]")
    assert paragraphs[2].endswith(
        "[free use with citation: only values computed from the source are passed on]"
    )
    assert paragraphs[3].endswith("; adapted for this data set]")
    for style in ("apa", "bibtex", "csl-json"):
        assert "only values computed from the source are passed on" in cd.cite("dyads", style=style)


def test_our_own_compilations_have_our_authors_and_year(tiny_data: Path) -> None:
    data_set, own = cd.cite("dyads", style="bibtex").split("\n\n")[:2]
    for field in ("author", "year"):
        line = re.search(rf"^  {field} = .*$", data_set, flags=re.MULTILINE)
        assert line is not None
        assert line.group() in own
    assert "author = {{The coalitiondata authors}}" in own


@pytest.mark.parametrize("style", ["text", "bibtex", "apa", "csl-json"])
def test_the_data_set_and_its_version_come_first_in_every_style(
    tiny_data: Path, style: Any
) -> None:
    first = re.split(r"\n\n|\n  \},", cd.cite("positions", style=style))[0]
    assert "coalitiondata: wartime, governing and NGO coalitions" in first
    assert cd.data_version in first


def test_apa(tiny_data: Path) -> None:
    assert (
        cd.cite("positions", style="apa")
        .split("\n\n")[1]
        .startswith(
            "Müller, J., & Lee, A. B. (2001). Cabinets & parties: 50% more_facts. "
            "Journal, 3(1), 1–2. https://doi.org/10.1000/a_b [Data: Cabinets & parties, "
        )
    )
    # The source without a year keeps its own words.
    assert "\n\nVotes project. Raw votes. [Data: Raw votes (" in cd.cite("dyads", style="apa")


def test_csl_json(tiny_data: Path) -> None:
    own, source = items(cd.cite("positions", style="csl-json"))
    assert own["id"] == "coalitiondata"
    assert own["type"] == "dataset"
    assert own["version"] == cd.data_version
    assert own["author"] == [{"literal": "The coalitiondata authors"}]
    assert "DOI" not in own
    assert source.pop("note").startswith("Data: Cabinets & parties, https://example.org/")
    assert source == {
        "id": "tinygov",
        "type": "article-journal",
        "title": "Cabinets & parties: 50% more_facts",
        "author": [{"family": "Müller", "given": "Jo"}, {"family": "Lee", "given": "A. B."}],
        "issued": {"date-parts": [[2001]]},
        "container-title": "Journal",
        "volume": "3",
        "issue": "1",
        "page": "1-2",
        "DOI": "10.1000/a_b",
    }


def test_csl_json_of_a_source_without_a_year(tiny_data: Path) -> None:
    raw = next(each for each in items(cd.cite(style="csl-json")) if each["id"] == "tinyraw")
    assert raw["author"] == [{"literal": "Votes project"}]
    assert "issued" not in raw


@shipped.needed
@pytest.mark.parametrize("table", ["coalitions", "power", "dyads", "transformations"])
def test_every_style_cites_exactly_the_sources_behind_the_rows(table: str) -> None:
    rows = cd.load(table)
    part = rows[rows["source"] == rows["source"].iloc[-1]]
    sources = cd.load("sources").set_index("source_id")
    origins = sources["based_on"].dropna().str.split(";")
    for given in (rows, part):
        direct = set(given["source"])
        expected = direct | {each for name in direct for each in origins.get(name, [])}
        bibtex = keys(cd.cite(rows=given, style="bibtex"))
        assert bibtex == ["coalitiondata", *sorted(expected)]
        assert ids(cd.cite(rows=given, style="csl-json")) == bibtex
        paragraphs = cd.cite(rows=given).strip().split("\n\n")[1:]
        cited = [sources.loc[name, "citation"] for name in sorted(expected)]
        assert [each.startswith(text) for each, text in zip(paragraphs, cited, strict=True)]


@shipped.needed
def test_second_works_of_a_source_are_cited_too() -> None:
    every = {each["id"]: each for each in items(cd.cite(style="csl-json"))}
    assert every["parlgov-2"]["DOI"] == "10.7910/DVN/2VZ5ZC"
    assert "DOI" not in every["parlgov"]
    assert every["ucdp"]["DOI"] == "10.1177/0022343302039005007"
    assert every["cow_nmc"]["editor"] == [{"family": "Russett", "given": "Bruce"}]
    assert every["cow_nmc-2"]["issued"] == {"date-parts": [[1987]]}
    apa = cd.cite("power", style="apa")
    assert (
        "Singer, J. D., Bremer, S., & Stuckey, J. (1972). Capability Distribution, Uncertainty, "
        "and Major Power War, 1820-1965. In B. Russett (Ed.), Peace, War, and Numbers "
        "(pp. 19–48). Sage.\n\nSinger, J. D. (1987)."
    ) in apa


@shipped.needed
def test_braces_balance() -> None:
    bibtex = re.sub(r"\\[{}]", "", cd.cite(style="bibtex"))
    assert bibtex.count("{") == bibtex.count("}")
