"""The codebook as one HTML page: no script, no other file, no network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

import pandas as pd

from coalitiondata.pages.content import Book, Chapter, Variable
from coalitiondata.rule_links import PAGE, RuleLink

_STYLE = """\
:root { color-scheme: light dark; --line: #8886; --soft: #8882; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin: 1.5rem 0 0; }
code { font-size: .95em; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .5rem 0; }
caption { text-align: left; font-weight: bold; }
th, td { border: 1px solid var(--line); padding: .2rem .5rem; }
th, td { text-align: left; vertical-align: top; }
thead th { background: var(--soft); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .3rem 0; }
dd { margin: 0; }
nav ul { columns: 14rem; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; }
@media print { nav, .skip { display: none; } section.variable { break-inside: avoid; } }
"""


def html(book: Book) -> str:
    """The page. Links to the rules expect docs/rules.md beside it."""
    title = f"Codebook of {book.title}"
    places = [(chapter.name, chapter.name) for chapter in book.chapters]
    body = [_chapter(chapter) for chapter in book.chapters]
    if book.families is not None and book.gaps is not None:
        places += [("rows-by-family", "Rows by table and family")]
        places += [("missing-by-family", "Missing values by variable and family")]
        body += [_families(book.families), _gaps(book.gaps)]
    if book.checks:
        places += [("checks", "Rules that are checked")]
        body += [_checks(book.checks)]
    entries = "\n".join(f'<li><a href="#{place}">{escape(name)}</a></li>' for place, name in places)
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{_STYLE}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the tables</a>
<header>
<h1>{escape(title)}</h1>
<p>Version {escape(book.version)}. Words from <code>data/datapackage.json</code>, numbers from the
tables.</p>
</header>
<nav aria-label="Tables">
<ul>
{entries}
</ul>
</nav>
<main id="content">
{"".join(body)}</main>
</body>
</html>
"""


def _chapter(chapter: Chapter) -> str:
    keys = _words(", ".join(f"`{name}`" for name in chapter.primary_key))
    facts = [("Rows", f"{chapter.rows:,}"), ("Primary key", keys)]
    if chapter.foreign_keys:
        pairs = [f"`{columns}` refers to `{target}`" for columns, target in chapter.foreign_keys]
        facts.append(("Foreign keys", "<br>".join(map(_words, pairs))))
    facts += [("Sources", _codes(chapter.sources))] if chapter.sources else []
    facts += [("How it is made", _links(chapter.rules))] if chapter.rules else []
    overview = _table(
        f"Variables of {chapter.name}",
        ["variable", "title", "type", "unit", "values", "missing", "years"],
        [_overview(variable, chapter) for variable in chapter.variables],
    )
    details = "".join(_variable(variable, chapter) for variable in chapter.variables)
    return f"""\
<section aria-labelledby="{chapter.name}">
<h2 id="{chapter.name}">{escape(chapter.name)}</h2>
<p>{_words(chapter.description)}</p>
{_facts(facts)}
{overview}
{details}</section>
"""


def _overview(variable: Variable, chapter: Chapter) -> list[str]:
    return [
        f'<th scope="row"><a href="#{chapter.name}--{variable.name}">'
        f"<code>{escape(variable.name)}</code></a></th>",
        _cell(variable.title),
        _cell(variable.type),
        _cell(variable.unit or ""),
        _number(f"{variable.n:,}"),
        _number(f"{variable.missing_share:.1%}" if variable.missing else "none"),
        _cell(variable.coverage or ""),
    ]


def _variable(variable: Variable, chapter: Chapter) -> str:
    gap = f"{variable.missing:,} ({variable.missing_share:.1%})" if variable.missing else "none"
    if variable.missing_reason:
        gap += f": {_words(variable.missing_reason)}"
    kind = variable.type + (", required" if variable.required else "")
    facts = [("Type", escape(kind))]
    facts += [("Unit", escape(variable.unit))] if variable.unit else []
    facts += [("Values", f"{variable.n:,}"), ("Missing", gap)]
    facts += [("Years", escape(variable.coverage))] if variable.coverage else []
    facts += [("Source", _codes(variable.sources))] if variable.sources else []
    facts += [("Rule", _links(variable.rules))] if variable.rules else []
    facts += [("Since version", escape(variable.version))]
    levels = ""
    if variable.levels:
        rows = [
            [
                f'<th scope="row"><code>{escape(level.name)}</code></th>',
                _cell(level.label),
                _number(f"{level.n:,}"),
            ]
            for level in variable.levels
        ]
        levels = _table(f"Levels of {variable.name}", ["level", "meaning", "rows"], rows)
    return f"""\
<section class="variable">
<h3 id="{chapter.name}--{variable.name}"><code>{escape(variable.name)}</code>
{escape(variable.title)}</h3>
<p>{_words(variable.description)}</p>
{_facts(facts)}
{levels}</section>
"""


def _families(rows: pd.DataFrame) -> str:
    cells = [
        [f'<th scope="row">{escape(str(name))}</th>', *(_number(f"{n:,}") for n in counts)]
        for name, counts in zip(rows.index, rows.to_numpy(), strict=True)
    ]
    table = _table("Rows by table and family", ["table", *map(str, rows.columns)], cells)
    return _section("rows-by-family", "Rows by table and family", table)


def _gaps(gaps: pd.DataFrame) -> str:
    families = [name for name in gaps if name not in ("table", "variable", "why")]
    cells = [
        [
            f'<th scope="row">{escape(row["table"])} <code>{escape(row["variable"])}</code></th>',
            *(_number("" if pd.isna(row[name]) else f"{row[name]:.1%}") for name in families),
            _cell(str(row["why"])),
        ]
        for row in gaps.to_dict("records")
    ]
    head = ["variable", *map(str, families), "why"]
    table = _table("Share of rows without a value; complete variables are left out", head, cells)
    return _section("missing-by-family", "Missing values by variable and family", table)


def _checks(checks: Sequence[tuple[str, str]]) -> str:
    entries = "".join(
        f"<dt><code>{name}</code></dt><dd>{_words(text)}</dd>" for name, text in checks
    )
    return _section("checks", "Rules that are checked", f"<dl>{entries}</dl>\n")


def _section(place: str, title: str, inside: str) -> str:
    head = f'<h2 id="{place}">{escape(title)}</h2>'
    return f'<section aria-labelledby="{place}">\n{head}\n{inside}</section>\n'


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f"""\
<table>
<caption>{escape(caption)}</caption>
<thead><tr>{top}</tr></thead>
<tbody>
{lines}
</tbody>
</table>
"""


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{text}</dd>' for name, text in facts)}</dl>"


def _cell(text: str) -> str:
    return f"<td>{_words(text)}</td>"


def _number(text: str) -> str:
    return f'<td class="number">{escape(text)}</td>'


def _links(rules: Iterable[RuleLink]) -> str:
    return "; ".join(f'<a href="{PAGE}#{rule.anchor}">{escape(str(rule))}</a>' for rule in rules)


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"<code>{escape(name)}</code>" for name in names)


def _words(text: str) -> str:
    """The text with its `code` marked up."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
