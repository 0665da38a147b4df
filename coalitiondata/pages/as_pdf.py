"""The codebook as PDF: bookmarks, a table of contents with links, page numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from coalitiondata.errors import MissingExtraError
from coalitiondata.pages.content import Book, Chapter, Variable

if TYPE_CHECKING:
    from fpdf import FPDF

_LINE = 4.6  # mm
_GREY = 90
_DEJAVU = {
    ("body", ""): "DejaVuSans.ttf",
    ("body", "B"): "DejaVuSans-Bold.ttf",
    ("code", ""): "DejaVuSansMono.ttf",
    ("code", "B"): "DejaVuSansMono-Bold.ttf",
}


def pdf(book: Book) -> bytes:
    """The pages as PDF (A4); the same bytes for the same book.

    Raises MissingExtraError if fpdf2 is not installed, or, for text beyond Western European
    letters, matplotlib, whose fonts are then embedded.
    """
    if find_spec("fpdf") is None:
        raise MissingExtraError(
            'The codebook as PDF needs fpdf2: pip install "coalitiondata[export]"'
        )
    page = _blank(book)
    _title(page, book)
    for chapter in book.chapters:
        _chapter(page, chapter)
    if book.families is not None and book.gaps is not None:
        _section(page, "Rows by table and family")
        _families(page, book.families)
        _section(page, "Missing values by variable and family")
        _write(page, "Share of rows without a value; complete variables are left out.")
        page.ln(2 * _LINE)
        for row in book.gaps.to_dict("records"):
            _gap(page, row)
    if book.checks:
        _section(page, "Rules that are checked")
        for name, words in book.checks:
            _write(page, f"`{name}` {words}")
            page.ln(1.5 * _LINE)
    return bytes(page.output())


def _blank(book: Book) -> FPDF:
    from fpdf import FPDF

    class Page(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            _font(self, size=8, grey=True)
            self.cell(0, 5, f"{book.title}, version {book.version}", align="L")
            self.cell(0, 5, str(self.page_no()), align="R")

    page = Page(format="A4")
    page.set_margin(18)
    page.set_auto_page_break(True, margin=18)
    page.set_title(f"Codebook of {book.title}, version {book.version}")
    page.set_lang("en")
    page.set_creator("coalitiondata")
    # A date of its own would make every file differ.
    born = datetime.fromisoformat(book.created or "2000-01-01")
    page.set_creation_date(born.replace(tzinfo=UTC))
    _add_fonts(page, book)
    page.add_page()
    return page


def _add_fonts(page: FPDF, book: Book) -> None:
    """The fonts of every PDF reader do for Western European text; else DejaVu is embedded."""
    try:
        repr(book).encode("latin-1")
    except UnicodeEncodeError:
        for (family, style), path in _dejavu().items():
            page.add_font(family, style, path)


def _dejavu() -> dict[tuple[str, str], Path]:
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise MissingExtraError(
            "The codebook has letters beyond Western European ones, and the fonts for them come "
            'with matplotlib: pip install "coalitiondata[analysis]"'
        )
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return {style: folder / name for style, name in _DEJAVU.items()}


def _font(
    page: FPDF, *, code: bool = False, bold: bool = False, size: float = 9.5, grey: bool = False
) -> None:
    family = "code" if code else "body"
    if family not in page.fonts:
        family = "courier" if code else "helvetica"
    page.set_font(family, "B" if bold else "", size)
    page.set_text_color(_GREY if grey else 0)


def _title(page: FPDF, book: Book) -> None:
    _font(page, bold=True, size=20)
    page.multi_cell(0, 9, f"Codebook of {book.title}", new_x="LMARGIN", new_y="NEXT", align="L")
    page.ln(2)
    _write(page, f"Version {book.version}. Words from `data/datapackage.json`, numbers from the "
                 "tables. Rules stand in `docs/rules.md`.")  # fmt: skip
    page.ln(2 * _LINE)
    page.insert_toc_placeholder(_contents, pages=1)


def _contents(page: FPDF, outline: list[Any]) -> None:
    for entry in outline:
        if entry.level == 0:
            link = page.add_link(page=entry.page_number)
            _font(page, size=10)
            page.set_x(page.l_margin)
            page.cell(150, 6, entry.name, link=link)
            page.cell(0, 6, str(entry.page_number), align="R", link=link)
            page.ln(6)


def _section(page: FPDF, title: str) -> None:
    if page.y > page.t_margin:  # the table of contents leaves an empty page behind
        page.add_page()
    page.start_section(title, 0)
    _font(page, bold=True, size=15)
    page.cell(0, 8, title, new_x="LMARGIN", new_y="NEXT")
    page.ln(1)


def _chapter(page: FPDF, chapter: Chapter) -> None:
    _section(page, chapter.name)
    _write(page, chapter.description)
    page.ln(1.5 * _LINE)
    keys = ", ".join(f"`{name}`" for name in chapter.primary_key)
    _write(page, f"{chapter.rows:,} rows. Primary key: {keys}.")
    page.ln(_LINE)
    for columns, target in chapter.foreign_keys:
        _write(page, f"`{columns}` refers to `{target}`.")
        page.ln(_LINE)
    _listed(page, "Sources, unless a variable has others", chapter.sources)
    _listed(page, "How it is made", map(str, chapter.rules))
    for variable in chapter.variables:
        _variable(page, variable, chapter)


def _variable(page: FPDF, variable: Variable, chapter: Chapter) -> None:
    # A heading stays with the lines that follow it.
    if page.will_page_break(6 * _LINE):
        page.add_page()
    page.ln(_LINE)
    page.start_section(variable.name, 1)
    _font(page, code=True, bold=True, size=10.5)
    page.write(_LINE, f"{variable.name}  ")
    _font(page, bold=True, size=10.5)
    page.write(_LINE, variable.title)
    page.ln(1.2 * _LINE)
    _write(page, ", ".join(variable.facts()), grey=True)
    page.ln(_LINE)
    _write(page, variable.description)
    page.ln(_LINE)
    if variable.missing_reason:
        _write(page, f"Missing: {variable.missing_reason}.")
        page.ln(_LINE)
    page.set_left_margin(page.l_margin + 5)
    for level in variable.levels:
        page.set_x(page.l_margin)
        _write(page, f"`{level.name}` {level.label} ({level.n:,})")
        page.ln(_LINE)
    page.set_left_margin(page.l_margin - 5)
    page.set_x(page.l_margin)
    if variable.sources != chapter.sources:
        _listed(page, "Source", variable.sources)
    _listed(page, "Rule", map(str, variable.rules))


def _listed(page: FPDF, title: str, names: Iterable[str]) -> None:
    words = "; ".join(names)
    if words:
        _write(page, f"{title}: {words}.", grey=True)
        page.ln(_LINE)


def _families(page: FPDF, rows: pd.DataFrame) -> None:
    _font(page, size=9)
    with page.table(text_align=("LEFT", *("RIGHT",) * len(rows.columns)), line_height=5) as table:
        table.row(["table", *map(str, rows.columns)])
        for name, counts in zip(rows.index, rows.to_numpy(), strict=True):
            table.row([str(name), *(f"{count:,}" for count in counts)])


def _gap(page: FPDF, row: dict[Any, Any]) -> None:
    shares = ", ".join(
        f"{name} {share:.1%}"
        for name, share in row.items()
        if name not in ("table", "variable", "why") and pd.notna(share)
    )
    _write(page, f"`{row['table']}.{row['variable']}` {shares}. {row['why']}.")
    page.ln(1.4 * _LINE)


def _write(page: FPDF, text: str, *, grey: bool = False) -> None:
    """Running text; what stands between backticks in the font of code."""
    for place, part in enumerate(text.split("`")):
        _font(page, code=place % 2 == 1, grey=grey)
        page.write(_LINE, part)
