"""Widths, colours, names and keys: the explorer page for everybody, in a real browser."""

from __future__ import annotations

import pytest
from views import PHONE, Open, count

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
