from __future__ import annotations

import pytest
import shipped
from hypothesis import given
from hypothesis import strategies as st

from coalitiondata.metadata.apa import entries as apa
from coalitiondata.metadata.record import record
from coalitiondata.metadata.sources import Source, every
from coalitiondata.metadata.works import Name, Work, works


def source(citation: str, doi: str | None = None, url: str | None = None) -> Source:
    return Source("x", "X", citation, doi, url, None, "CC0-1.0", "bundle", None, ())


@shipped.needed
def test_every_citation_of_others_comes_back_letter_by_letter() -> None:
    read = {name: works(each) for name, each in every().items() if not each.own}
    for name, found in read.items():
        if found:
            assert " ".join(work.text for work in found) == every()[name].citation, name
    # These two state no year.
    assert sorted(name for name, found in read.items() if not found) == ["isard", "iso_3166"]


@shipped.needed
def test_our_own_compilations_are_no_works_of_others() -> None:
    assert [each.source_id for each in every().values() if each.own and works(each)] == []


@shipped.needed
def test_kinds_and_dois_of_the_shipped_citations() -> None:
    found = {name: [(w.kind, w.year, w.doi) for w in works(each)] for name, each in every().items()}
    assert {name: each for name, each in found.items() if each} == {
        "atop": [("article", "2002", "10.1080/03050620213653")],
        "cow_igo": [("article", "2020", "10.1177/0022343319881175")],
        "cow_mid": [("article", "2022", "10.1177/0738894221995743")],
        "cow_nmc": [("chapter", "1972", None), ("article", "1987", None)],
        "cow_states": [("dataset", "2017", None)],
        "cow_war": [("book", "2010", None)],
        "parlgov": [("dataset", "2023", None), ("dataset", "2024", "10.7910/DVN/2VZ5ZC")],
        "ucdp": [("article", "2002", "10.1177/0022343302039005007"), ("article", "2025", None)],
        "un_votes": [("dataset", "2009", "10.7910/DVN/LEJUQZ")],
    }


def test_names_are_read_family_first_and_given_first() -> None:
    (work,) = works(source("Brug, Wim van der, J. B. Roe and Ana de la Cruz. 1999. T. Press."))
    assert work.authors == (
        Name("Brug", "Wim van der"),
        Name("Roe", "J. B."),
        Name("de la Cruz", "Ana"),
    )
    (project,) = works(source("Correlates of War Project. 2017. List."))
    assert project.authors == (Name("Correlates of War Project"),)


def test_an_address_goes_to_data_sets_without_a_doi_only() -> None:
    page = "https://example.org/data"
    assert works(source("Doe, J. 1999. Data.", url=page))[0].url == page
    assert works(source("Doe, J. 1999. Data.", doi="10.1/x", url=page))[0].url is None
    assert works(source("Doe, J. 1999. Paper. Journal 1(2): 3-4.", url=page))[0].url is None


@pytest.mark.parametrize(
    "citation",
    ["Votes project. Raw votes.", "coalitiondata: overlap.", "In 1999. A. 2000.", "A. 1999."],
)
def test_what_is_not_author_date_is_left_alone(citation: str) -> None:
    assert works(source(citation)) == ()


WORD = st.text("abcdefgh", min_size=2, max_size=6).map(str.capitalize)
GIVEN = st.one_of(
    WORD, WORD.map(lambda word: f"{word[0]}. {word}"), WORD.map(lambda word: f"{word[0]}.")
)
PERSON = st.builds(Name, WORD, GIVEN)
NUMBER = st.integers(1, 99).map(str)
PAGES = st.builds("{}-{}".format, NUMBER, NUMBER)
ANY_WORK = st.one_of(
    st.builds(
        Work, st.just("article"), container=WORD, volume=NUMBER, issue=NUMBER, pages=PAGES,
        authors=st.lists(PERSON, min_size=1, max_size=4).map(tuple), title=WORD,
        year=st.integers(1800, 2100).map(str),
    ),
    st.builds(
        Work, st.just("chapter"), container=WORD, place=WORD, publisher=WORD, pages=PAGES,
        authors=st.lists(PERSON, min_size=1, max_size=4).map(tuple), title=WORD,
        editors=st.lists(PERSON, min_size=1, max_size=3).map(tuple),
        year=st.integers(1800, 2100).map(str),
    ),
    st.builds(
        Work, st.just("book"), place=WORD, publisher=WORD, title=WORD,
        authors=st.lists(PERSON, min_size=1, max_size=4).map(tuple),
        year=st.integers(1800, 2100).map(str),
    ),
    st.builds(
        Work, st.just("dataset"), publisher=WORD, title=WORD,
        authors=st.lists(PERSON, min_size=1, max_size=4).map(tuple),
        year=st.integers(1800, 2100).map(str),
    ),
)  # fmt: skip


@given(st.lists(ANY_WORK, min_size=1, max_size=3))
def test_reading_a_written_citation_gives_the_works_back(written: list[Work]) -> None:
    assert works(source(" ".join(work.text for work in written))) == tuple(written)


def test_apa_shortens_a_long_list_of_authors() -> None:
    names = [f"Ann Name{n}" for n in range(2, 25)]
    long = source(f"First, Ann, {', '.join(names[:-1])} and {names[-1]}. 1999. Paper. Press.")
    text = apa(record(), [long])[1]
    assert text.startswith("First, A., Name2, A., ")
    assert "Name19, A., . . . Name24, A. (1999)." in text
    assert "Name20" not in text
