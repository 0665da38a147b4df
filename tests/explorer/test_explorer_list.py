"""Searching, filtering, sorting and taking the list of coalitions, in a real browser."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from views import Open, count, ids, listed, primary

import coalitiondata as cd
from coalitiondata.spreadsheets import is_formula_like


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
