"""Opening records, by click, key and link, in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from views import Open, Page, count

import coalitiondata as cd


def test_open_a_record_by_click_and_go_back(open_page: Open) -> None:
    page = open_page("#q=merkel&sort=name&desc=0")
    page.get_by_role("link", name="Merkel III", exact=True).click()
    page.locator("#record-title").wait_for()
    assert page.locator("#record-title").inner_text() == "Merkel III"
    assert page.title().startswith("Merkel III")
    assert not page.locator("#list").is_visible()
    page.go_back()
    page.locator("#list").wait_for()
    assert count(page) == 5
    assert page.get_by_label("Search name, id").input_value() == "merkel"
    # The focus is where it was left.
    assert page.evaluate("document.activeElement.dataset.id") == "gov-parlgov-1071"


def test_open_and_close_a_record_by_keyboard(open_page: Open) -> None:
    page = open_page("#q=merkel&sort=name&desc=0")
    page.locator("#list-title").focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset?.id") == "gov-parlgov-1071":
            break
    else:
        pytest.fail("the record cannot be reached by keyboard")
    page.keyboard.press("Enter")
    page.locator("#record-title").wait_for()
    assert page.evaluate("document.activeElement.id") == "record-title"
    page.keyboard.press("Escape")
    page.locator("#list").wait_for()
    assert page.evaluate("document.activeElement.dataset.id") == "gov-parlgov-1071"


def test_sort_by_keyboard(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("columnheader", name="Members").get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=size")
    assert page.evaluate("document.activeElement.textContent") == "Members"


def test_skip_link_comes_first(open_page: Open) -> None:
    page = open_page("#q=merkel")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "list-title"
    assert page.url.endswith("#q=merkel")


def test_deep_link_restores_the_whole_view(open_page: Open, served: str) -> None:
    view = "#q=" + quote("a & b=c #1") + "&family=ngo,wartime&from=1900&ended=unknown&all=1"
    for address in ("", served):
        page = open_page(view + "&sort=depth&page=1&record=war-cow-139-1", address=address)
        assert page.locator("#record-title").inner_text().startswith("World War II, side 1")
        page.get_by_role("link", name="Back to the list").click()
        page.locator("#list").wait_for()
        assert page.get_by_label("Search name, id").input_value() == "a & b=c #1"
        assert page.get_by_label("ngo", exact=True).is_checked()
        assert page.get_by_label("wartime", exact=True).is_checked()
        assert not page.get_by_label("governing", exact=True).is_checked()
        assert page.get_by_label("from").input_value() == "1900"
        assert page.get_by_label("How it ended").input_value() == "unknown"
        assert not page.get_by_label("Primary records only").is_checked()


@pytest.mark.parametrize("view", ["#record=none-such", "#record=%3Cimg%20src%3Dx%3E"])
def test_record_that_is_none(open_page: Open, view: str) -> None:
    page = open_page(view)
    assert page.locator("#record-title").inner_text().startswith("There is no coalition")
    assert page.locator("#record img").count() == 0
    page.keyboard.press("Escape")
    page.locator("#list").wait_for()


@pytest.mark.parametrize("view", ["#sort=nothing", "#page=9999", "#from=abc", "#%%%", "#q=%E0%A4"])
def test_odd_addresses_still_show_the_list(open_page: Open, view: str) -> None:
    page = open_page(view)
    assert page.locator("#count").inner_text()


def cell_rows(page: Page, caption: str) -> list[list[str]]:
    """The cells of the table with this caption."""
    found: list[list[str]] = page.evaluate(
        """caption => {
          const node = [...document.querySelectorAll("#record table")]
            .find((table) => table.caption.textContent.startsWith(caption));
          return [...node.tBodies[0].rows].map((row) => [...row.cells].map((c) => c.innerText));
        }""",
        caption,
    )
    return found


def test_seats_of_merkel_iii(open_page: Open) -> None:
    page = open_page("#record=gov-parlgov-1071")
    rows = cell_rows(page, "Power at the start")
    assert [(row[0], row[1].strip(), row[2]) for row in rows] == [
        ("Christian Democratic Union / Christian Social Union", "61.7 %", "311"),
        ("Social Democratic Party of Germany", "38.3 %", "193"),
    ]
    assert [row[1] for row in cell_rows(page, "Voting power")] == ["311", "193"]
    measures = dict(row[:2] for row in cell_rows(page, "Measures of power"))
    expected_hhi = (311 / 504) ** 2 + (193 / 504) ** 2
    assert measures["Concentration (Herfindahl-Hirschman)"] == f"{expected_hhi:.3f}"
    assert "Döring" in page.locator(".sources").inner_text()


def test_allies_of_world_war_ii(open_page: Open) -> None:
    page = open_page("#record=war-cow-139-1")
    rows = cell_rows(page, "Members")
    members = cd.load("memberships").query("coalition_id == 'war-cow-139-1'")
    assert len(rows) == len(members)
    france = [(row[1], row[2]) for row in rows if row[0].startswith("France")]
    assert france == [("1939-09-03", "1940-06-22"), ("1944-10-23", "1945-08-14")]
    lanes = page.locator(".timeline .lane")
    assert lanes.count() == members["actor_id"].nunique()
    assert page.locator(".timeline .lane > g").count() == len(members)
    page.get_by_role("link", name="World War II, side 2 (Germany").click()
    page.wait_for_url("**record=war-cow-139-2")
    page.get_by_role("heading", name="World War II, side 2").wait_for()


def test_record_of_the_same_coalition_points_to_the_primary_one(open_page: Open) -> None:
    page = open_page("#record=exp-united-nations-allies-1942")
    note = page.locator("#record .note")
    assert "Not the primary record" in note.inner_text()
    note.get_by_role("link").click()
    page.wait_for_url("**record=war-cow-139-1")


def test_dates_are_as_exact_as_they_are_known(open_page: Open, expected: pd.DataFrame) -> None:
    by_month = expected[expected["start_precision"] == "month"].iloc[0]
    by_year = expected[expected["start_precision"] == "year"].iloc[0]
    for row, length in ((by_month, 7), (by_year, 4)):
        page = open_page(f"#record={row['coalition_id']}")
        shown = page.locator("#record .facts dd").first.inner_text()
        assert shown.split()[0] == row["start"].isoformat()[:length]
        assert "known to the" in shown


def test_derived_cause_shows_its_rule(open_page: Open) -> None:
    page = open_page("#record=gov-parlgov-1071")
    page.get_by_text("The rule", exact=True).click()
    assert (
        "compares the cabinet with its successor"
        in page.locator("#record .facts").first.inner_text()
    )


def test_missing_values_read_unknown(open_page: Open) -> None:
    page = open_page("#record=exp-united-nations-allies-1942")
    measures = dict(row[:2] for row in cell_rows(page, "Measures of power"))
    frame = cd.survival_frame(primary=None).set_index("coalition_id")
    assert pd.isna(frame.loc["exp-united-nations-allies-1942", "power_hhi"])
    assert measures["Concentration (Herfindahl-Hirschman)"] == "unknown"


def test_pages_that_were_read_are_linked(open_page: Open) -> None:
    owner = "ngo-bersih-malaysia"
    page = open_page(f"#record={owner}")
    page.get_by_text("Addresses (").click()
    found = page.eval_on_selector_all(".addresses a", "links => links.map((link) => link.href)")
    wanted = cd.load("evidence").query("coalition_id == @owner")["url"]
    texts = page.eval_on_selector_all(".addresses a", "links => links.map((a) => a.textContent)")
    assert set(wanted) <= set(texts)
    assert all(each.startswith("http") for each in found)


def test_citation_names_the_version_and_can_be_copied(open_page: Open, served: str) -> None:
    page = open_page("#record=war-cow-139-1", address=served)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    assert f"Version {cd.data_version}" in page.locator("#citation").inner_text()
    page.get_by_role("button", name="Copy citation").click()
    page.get_by_text("Citation copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#citation").inner_text()
    page.get_by_role("button", name="Copy BibTeX").click()
    page.get_by_text("BibTeX copied.").wait_for()
    row = cd.load("coalitions").query("coalition_id == 'war-cow-139-1'")
    entries = page.evaluate("navigator.clipboard.readText()")
    assert cd.cite(rows=row, style="bibtex").split("\n\n")[1].strip() in entries
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Link copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_a_member_leads_to_all_its_coalitions(open_page: Open) -> None:
    page = open_page("#record=war-cow-139-1")
    page.locator("#record").get_by_role("link", name="Ethiopia").click()
    page.wait_for_url("**member=state-cow-530")
    page.locator("#list").wait_for()
    assert page.get_by_label("Member", exact=True).input_value() == "Ethiopia"
    assert 0 < count(page) < 100


def test_file_that_is_gone_is_said_so(built: Path, browser: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    for path in (copy / "data").glob("records-*.js"):
        path.unlink()
    page = browser.new_page()
    page.goto((copy / "index.html").as_uri() + "#record=war-cow-139-1")
    page.locator("#record-title").wait_for()
    assert "could not be read" in page.locator("#record-title").inner_text()
    page.close()
