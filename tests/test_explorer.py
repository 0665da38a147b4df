"""The explorer page as people use it, in a real browser: from a folder and over http."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest

import coalitiondata as cd
from coalitiondata.spreadsheets import is_formula_like

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "docs" / "explorer"))

Page = Any
Open = Callable[..., Page]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from explorer_data.page import build

    out = tmp_path_factory.mktemp("explorer")
    build(out)
    return out


@pytest.fixture(scope="module")
def served(built: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(built)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as runner:
        running = runner.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def open_page(built: Path, browser: Any) -> Iterator[Open]:
    """Opens the page at a view; afterwards nothing may have gone wrong or asked the network."""
    contexts, complaints, requested = [], [], []

    def opened(
        view: str = "",
        *,
        size: dict[str, int] = DESKTOP,
        scheme: str = "light",
        address: str = "",
    ) -> Page:
        context = browser.new_context(
            viewport=size, color_scheme=scheme, accept_downloads=True, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.on("request", lambda request: requested.append(request.url))
        page.goto((address or (built / "index.html").as_uri()) + view)
        page.wait_for_function("performance.getEntriesByName('explorer-ready').length === 1")
        if "record=" in view:
            page.locator("#record-title").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    allowed = (built.as_uri(), "data:", "blob:", "http://127.0.0.1:")
    assert [url for url in requested if not url.startswith(allowed)] == []


@pytest.fixture(scope="module")
def expected() -> pd.DataFrame:
    """One row per coalition as the package has it."""
    measures = cd.survival_frame(primary=None).set_index("coalition_id")
    frame = cd.load("coalitions").astype({"family": object, "subtype": object, "end_cause": object})
    names = ["n_members", "duration", "power_hhi", "interest_depth"]
    return frame.join(measures[names], on="coalition_id")


def count(page: Page) -> int:
    text = page.locator("#count").inner_text()
    return 0 if text.startswith("No ") else int(text.split()[0].replace(",", ""))


def ids(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        "#coalitions tbody th a", "links => links.map((link) => link.dataset.id)"
    )
    return found


def downloaded(page: Page) -> pd.DataFrame:
    with page.expect_download() as waiting:
        page.locator("#download").click()
    return pd.read_csv(waiting.value.path(), dtype={"coalition_id": str})


def listed(page: Page) -> set[str]:
    """Ids of all rows of the view, on all pages."""
    found = set(downloaded(page)["coalition_id"])
    assert len(found) == count(page)
    return found


def primary(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["primary"]]


# --- the list ---------------------------------------------------------------------------------


def test_first_view_shows_primary_records_newest_first(
    open_page: Open, expected: pd.DataFrame
) -> None:
    page = open_page()
    assert count(page) == expected["primary"].sum()
    starts = expected.set_index("coalition_id")["start"].reindex(ids(page))
    assert len(starts) == 50
    assert starts.is_monotonic_decreasing
    assert starts.iloc[0] == primary(expected)["start"].max()


@pytest.mark.parametrize("over_http", [False, True])
def test_first_view_stays_small(open_page: Open, built: Path, served: str, over_http: bool) -> None:
    page = open_page(address=served if over_http else "")
    html = page.url.split("#")[0].removesuffix("index.html")
    loaded = page.evaluate(
        "[...document.querySelectorAll('script[src], link[rel=stylesheet]')]"
        ".map((node) => node.src || node.href)"
    )
    files = [built / url.removeprefix(html) for url in loaded]
    total = sum(path.stat().st_size for path in [built / "index.html", *files])
    assert 200_000 < total < 2_000_000
    assert not any("records-" in path.name for path in files)


def test_nothing_shown_is_a_zero_that_is_unknown(open_page: Open, expected: pd.DataFrame) -> None:
    missing = primary(expected)[primary(expected)["power_hhi"].isna()].iloc[0]
    page = open_page(f"#q={missing['coalition_id']}")
    row = page.locator("#coalitions tbody tr", has=page.get_by_text(missing["coalition_id"]))
    assert row.locator("[data-label='Power HHI']").first.inner_text() == "unknown"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Merkel", {f"gov-parlgov-{each}" for each in (85, 472, 1071, 1515, 1528)}),
        ("  mErKeL iii ", {"gov-parlgov-1071"}),
        ("war-cow-139-1", {"war-cow-139-1"}),
        ("bosnia nato", None),
    ],
)
def test_search(open_page: Open, typed: str, found: set[str] | None) -> None:
    page = open_page()
    before = count(page)
    page.get_by_label("Search name, id").fill(typed)
    if found is not None:
        assert listed(page) == found
    assert count(page) < before


def test_search_finds_members_and_countries_without_accents(
    open_page: Open, expected: pd.DataFrame
) -> None:
    actors = cd.load("actors")
    native = actors[actors["name_native"].str.contains("Demokratická strana", na=False)]
    with_it = cd.load("memberships").merge(native[["actor_id"]], on="actor_id")["coalition_id"]
    ours = set(primary(expected)["coalition_id"]) & set(with_it)
    assert ours
    page = open_page()
    for typed in ("demokraticka strana", "Demokratická strana"):
        page.get_by_label("Search name, id").fill(typed)
        assert ours <= listed(page)
    page.get_by_label("Search name, id").fill("belgium")
    belgian = primary(expected).query("arena == 'BEL'")["coalition_id"]
    assert set(belgian) <= listed(page)


def test_search_for_nothing_there_is_says_so(open_page: Open) -> None:
    page = open_page()
    page.get_by_label("Search name, id").fill("xyzzy-no-such-coalition")
    assert page.locator("#count").inner_text().startswith("No coalition fits")
    assert page.locator("#download").is_disabled()
    page.get_by_role("button", name="Clear all").click()
    page.wait_for_function("document.getElementById('q').value === ''")
    assert count(page) > 1000


def test_filter_by_family(open_page: Open, expected: pd.DataFrame) -> None:
    page = open_page()
    page.get_by_label("ngo", exact=True).check()
    page.wait_for_url("**#family=ngo")
    assert listed(page) == set(primary(expected).query("family == 'ngo'")["coalition_id"])
    page.get_by_label("wartime", exact=True).check()
    page.wait_for_url("**wartime**")
    assert listed(page) == set(primary(expected).query("family != 'governing'")["coalition_id"])


def test_filter_by_subtype(open_page: Open, expected: pd.DataFrame) -> None:
    page = open_page()
    for subtype in expected["subtype"].unique():
        page.get_by_label("Subtype").select_option(subtype)
        page.wait_for_url(f"**subtype={subtype}")
        assert listed(page) == set(
            primary(expected).query("subtype == @subtype")["coalition_id"]
        ), subtype


def test_filter_by_years(open_page: Open, expected: pd.DataFrame) -> None:
    page = open_page()
    page.get_by_label("from").fill("1914")
    page.get_by_label("to", exact=True).fill("1918")
    page.get_by_label("to", exact=True).press("Enter")
    page.wait_for_url("**from=1914&to=1918")
    overlaps = primary(expected)
    overlaps = overlaps[
        (overlaps["start"].dt.year <= 1918) & (overlaps["observed_until"].dt.year >= 1914)
    ]
    assert listed(page) == set(overlaps["coalition_id"])


def test_filter_by_country(open_page: Open, expected: pd.DataFrame) -> None:
    page = open_page()
    page.get_by_label("Country", exact=True).select_option("BEL")
    page.wait_for_url("**country=BEL")
    memberships = cd.load("memberships").query("actor_id == 'state-cow-211'")
    campaigns = cd.load("campaigns").query("country == 'BEL'")
    wanted = (
        (expected["arena"] == "BEL")
        | expected["coalition_id"].isin(memberships["coalition_id"])
        | expected["coalition_id"].isin(campaigns["coalition_id"])
    )
    assert listed(page) == set(primary(expected[wanted])["coalition_id"])


def test_filter_by_member(open_page: Open, expected: pd.DataFrame) -> None:
    page = open_page()
    field = page.get_by_label("Member", exact=True)
    field.fill("Ethiopia")
    field.press("Enter")
    page.wait_for_url("**member=state-cow-530")
    memberships = cd.load("memberships").query("actor_id == 'state-cow-530'")
    wanted = primary(expected)["coalition_id"].isin(memberships["coalition_id"])
    assert listed(page) == set(primary(expected)[wanted]["coalition_id"])
    offered = page.locator("#members option")
    assert offered.count() == cd.load("memberships")["actor_id"].nunique()
    labels = offered.evaluate_all("options => options.map((each) => each.value)")
    assert len(set(labels)) == len(labels)  # every member can be chosen


def test_member_that_is_none_is_refused(open_page: Open) -> None:
    page = open_page()
    before = count(page)
    field = page.get_by_label("Member", exact=True)
    field.fill("Nobody at all")
    field.press("Enter")
    assert "Nobody at all" in page.locator("#member-message").inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    assert count(page) == before


def test_filter_by_how_it_ended(open_page: Open, expected: pd.DataFrame) -> None:
    page = open_page()
    every = primary(expected)
    ended = every["end_cause"].fillna("unknown").mask(every["status"] == "ongoing", "ongoing")
    for cause in ("ongoing", "unknown", "victory", "early_election", "goal_achieved"):
        page.get_by_label("How it ended").select_option(cause)
        page.wait_for_url(f"**ended={cause}")
        assert listed(page) == set(every[ended == cause]["coalition_id"]), cause


def test_all_records_on_request(open_page: Open, expected: pd.DataFrame) -> None:
    page = open_page()
    page.get_by_label("Primary records only").uncheck()
    page.wait_for_url("**all=1")
    assert listed(page) == set(expected["coalition_id"])


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Start", "start"),
        ("Days", "duration"),
        ("Members", "n_members"),
        ("Power HHI", "power_hhi"),
        ("Interest depth", "interest_depth"),
    ],
)
def test_sorting(open_page: Open, expected: pd.DataFrame, header: str, column: str) -> None:
    page = open_page("#sort=name&desc=0")
    head = page.get_by_role("columnheader", name=header)
    every = primary(expected).set_index("coalition_id")[column].dropna()
    head.get_by_role("button").click()
    page.wait_for_function("document.querySelector('[aria-sort=descending]') !== null")
    assert head.get_attribute("aria-sort") == "descending"
    assert every[ids(page)].tolist() == every.nlargest(50).tolist()
    head.get_by_role("button").click()
    page.wait_for_function("document.querySelector('[aria-sort=ascending]') !== null")
    assert every[ids(page)].tolist() == every.nsmallest(50).tolist()
    assert page.locator("th[aria-sort]:not([aria-sort=none])").count() == 1


def test_unknown_comes_last_whatever_the_order(open_page: Open, expected: pd.DataFrame) -> None:
    missing = set(expected[expected["power_hhi"].isna()]["coalition_id"])
    pages = -(-int(expected["primary"].sum()) // 50)
    for desc in (0, 1):
        page = open_page(f"#sort=hhi&desc={desc}&page={pages}")
        assert set(ids(page)) <= missing


def test_pages(open_page: Open) -> None:
    page = open_page("#sort=name&desc=0")
    first = ids(page)
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**page=2")
    second = ids(page)
    assert not set(first) & set(second)
    assert "showing 51 to 100" in page.locator("#count").inner_text()
    page.get_by_role("link", name="Last").click()
    last = -(-count(page) // 50)
    page.wait_for_url(f"**page={last}")
    assert len(ids(page)) == count(page) - 50 * (last - 1)
    page.go_back()
    page.wait_for_url("**page=2")
    assert ids(page) == second


# --- download ---------------------------------------------------------------------------------


def test_download_is_what_is_shown(open_page: Open, expected: pd.DataFrame) -> None:
    page = open_page("#family=governing&country=AUT&from=1950&sort=hhi&desc=0")
    with page.expect_download() as waiting:
        page.locator("#download").click()
    assert waiting.value.suggested_filename == f"coalitiondata-{cd.data_version}-coalitions.csv"
    raw = Path(waiting.value.path()).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfcoalition_id,name,")
    assert raw.count(b"\r\n") == raw.count(b"\n")  # RFC 4180
    found = pd.read_csv(io.BytesIO(raw))
    wanted = primary(expected).query("family == 'governing' and arena == 'AUT'")
    wanted = wanted[wanted["observed_until"].dt.year >= 1950]
    wanted = wanted.sort_values(["power_hhi", "coalition_id"], ignore_index=True)
    assert len(found) == len(wanted) > 10
    for column in ("coalition_id", "name", "subtype", "start", "end", "observed_until", "status",
                   "end_cause", "start_precision", "end_precision", "end_cause_basis"):  # fmt: skip
        texts = wanted[column].astype(str).where(wanted[column].notna(), None)
        assert found[column].astype(object).where(found[column].notna(), None).tolist() == (
            texts.tolist()
        ), column
    for column in ("n_members", "duration", "power_hhi", "interest_depth"):
        pd.testing.assert_series_equal(
            found[column].astype(float), wanted[column].astype(float), check_exact=True
        )
    members = cd.load("memberships").groupby("coalition_id")["actor_id"].agg(set)
    assert [set(each.split(";")) for each in found["members"]] == members[
        wanted["coalition_id"]
    ].tolist()


def test_csv_keeps_any_text_and_runs_none(open_page: Open) -> None:
    page = open_page()
    names = [
        "=1+1", "+Europa", "-x", "@x", "\tx", "\rx", "＝x", "plain", "a=1", 'say "so", then\ngo',
        "’=x", " =x", "",
    ]  # fmt: skip
    found = page.evaluate("names => names.map(explorer.csv.guarded)", names)
    assert found == [f"'{name}" if is_formula_like(name) else name for name in names]
    text = page.evaluate(
        """names => {
          const row = explorer.model.read(explorer.part("index")).rows[0];
          return explorer.csv.text(names.map((name) => ({ ...row, name })));
        }""",
        names,
    )
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["name"] for row in rows] == found


def test_record_as_json(open_page: Open) -> None:
    page = open_page("#record=gov-parlgov-1071")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as JSON").click()
    assert waiting.value.suggested_filename == (
        f"coalitiondata-{cd.data_version}-gov-parlgov-1071.json"
    )
    record = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    assert record["facts"]["name"] == "Merkel III"
    assert record["facts"]["goal"] is None
    assert [row["value"] for row in record["power_at_start"]] == [311, 193]


# --- records ----------------------------------------------------------------------------------


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


# --- widths, colours, names ---------------------------------------------------------------------

VIEWS = {
    "list": "",
    "wartime": "#record=war-cow-139-1",
    "expedition": "#record=exp-isaf-2001",
    "intervention": "#record=int-ucdp-11347-a-2013",
    "governing": "#record=gov-parlgov-1071",
    "ngo": "#record=ngo-european-coalition-on-oil-in-sudan",
}
OPEN_ALL = (
    "for (const box of document.querySelectorAll('details')) { box.fill?.(); box.open = true; }"
)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_phone_width_needs_no_sideways_scrolling(open_page: Open, view: str) -> None:
    page = open_page(view, size=PHONE)
    page.evaluate(OPEN_ALL)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    if not view:
        page.get_by_label("Sort by").select_option("hhi")
        page.wait_for_url("**sort=hhi")
        page.get_by_role("link").nth(2).click()
        page.locator("#record-title").wait_for()


def test_phone_filters_and_opens(open_page: Open) -> None:
    page = open_page(size=PHONE)
    assert not page.get_by_label("Country", exact=True).is_visible()
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Country", exact=True).select_option("NOR")
    page.wait_for_url("**country=NOR")
    shown = count(page)
    assert 0 < shown < 200
    with_table = page.locator("#coalitions").get_by_role("row")
    assert with_table.count() == min(shown, 50)  # cards are still rows to a screen reader


CONTRAST = """() => {
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.textContent.trim() || !node.checkVisibility()) continue;
    if (node.closest("script, style, noscript, option")) continue;
    const style = getComputedStyle(node);
    const ink = parse(node.closest("svg") ? style.fill : style.color);
    const [high, low] = [light(ink), light(behind(node))].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) poor.push([node.tagName, text.textContent.slice(0, 30), ratio]);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", [VIEWS["list"], VIEWS["governing"], VIEWS["ngo"]])
def test_text_has_enough_contrast(open_page: Open, view: str, scheme: str) -> None:
    page = open_page(view, scheme=scheme)
    page.evaluate(OPEN_ALL)
    assert page.evaluate(CONTRAST) == []


NAMELESS = """() => {
  const named = (node) => {
    const ids = (node.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean);
    return node.getAttribute("aria-label") || node.labels?.length
      || ids.some((id) => document.getElementById(id)?.textContent.trim());
  };
  const wrong = [];
  const check = (nodes, fine, what) => {
    for (const node of document.querySelectorAll(nodes)) {
      if (node.closest("[hidden]") || fine(node)) continue;
      wrong.push(`${what}: ${node.outerHTML.slice(0, 90)}`);
    }
  };
  check("input, select, textarea", named, "no label");
  check("fieldset", (node) => node.querySelector(":scope > legend"), "no legend");
  check("button, a[href], summary", (node) => node.textContent.trim() || named(node), "no name");
  check("th", (node) => node.scope === "col" || node.scope === "row", "no scope");
  check("table", (node) => node.caption || named(node), "no caption");
  check("img", (node) => node.hasAttribute("alt"), "no alt");
  check("svg[role=img]", (node) => node.querySelector(":scope > title")?.textContent, "no title");
  check("svg", (node) => node.getAttribute("role") === "img", "no role");
  check("[role=region], nav, section, article", named, "no name");
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`twice: ${id}`);
  for (const node of document.querySelectorAll("[aria-labelledby], [aria-describedby]")) {
    if (node.closest("[hidden]")) continue;
    for (const name of ["aria-labelledby", "aria-describedby"]) {
      for (const id of (node.getAttribute(name) ?? "").split(" ").filter(Boolean)) {
        if (!document.getElementById(id)) wrong.push(`${name} of nothing: ${id}`);
      }
    }
  }
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")]
    .filter((node) => node.checkVisibility()).map((node) => Number(node.tagName[1]));
  levels.forEach((level, at) => {
    if (at > 0 && level > levels[at - 1] + 1) wrong.push(`h${level} after h${levels[at - 1]}`);
  });
  if (document.querySelectorAll("main").length !== 1) wrong.push("not one main");
  if (levels.filter((level) => level === 1).length !== 1) wrong.push("not one h1");
  if (document.documentElement.lang !== "en") wrong.push("no language");
  return wrong;
}"""


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_everything_has_a_name(open_page: Open, view: str) -> None:
    page = open_page(view)
    page.evaluate(OPEN_ALL)
    assert page.evaluate(NAMELESS) == []


def test_focus_can_be_seen_and_is_never_caught(open_page: Open) -> None:
    page = open_page("#q=merkel")
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        seen.append(page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", seen[-1]
    else:
        pytest.fail("the end of the page is not reached")
    assert len(set(seen)) > 20


def test_targets_are_large_enough(open_page: Open) -> None:
    page = open_page(size=PHONE)
    page.evaluate(OPEN_ALL)
    small = page.evaluate(
        """[...document.querySelectorAll("button, select, input:not([type=checkbox]), .button")]
        .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 24)
        .map((node) => node.outerHTML)"""
    )
    assert small == []


def test_print_shows_the_record_in_full(open_page: Open) -> None:
    page = open_page("#record=gov-parlgov-1071")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#record details:not([open])").count() == 0
    assert not page.get_by_role("button", name="Copy link").is_visible()
    assert page.get_by_text("@misc{coalitiondata,").is_visible()
