"""The codebook as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from coalitiondata.pages.content import Book, Chapter, Variable
from coalitiondata.rule_links import PAGE, RuleLink


def markdown(book: Book) -> str:
    """One page; links to the rules expect them beside it, as in docs/."""
    parts = [
        "# Codebook",
        f"{book.title}, version {book.version}. Made from `data/datapackage.json` "
        "and the tables; do not edit by hand.",
        *(part for chapter in book.chapters for part in _chapter(chapter)),
    ]
    if book.families is not None and book.gaps is not None:
        parts += ["## Rows by table and family", _families(book.families)]
        parts += [
            "## Missing values by variable and family",
            "Share of rows without a value; complete variables are left out.",
            _gaps(book.gaps),
        ]
    if book.checks:
        checks = [f"**{name}.** {words}" for name, words in book.checks]
        parts += ["## Rules", "Checked by `validate` on every build.", *checks]
    return "\n\n".join(parts) + "\n"


def _chapter(chapter: Chapter) -> list[str]:
    keys = "".join(
        f" `{columns}` refers to `{target}`." for columns, target in chapter.foreign_keys
    )
    parts = [
        f"## {chapter.name}",
        chapter.description,
        f"{chapter.rows:,} rows. Primary key: {_code(chapter.primary_key)}.{keys}",
    ]
    parts += [f"How it is made: {_links(chapter.rules)}."] if chapter.rules else []
    if chapter.sources:
        parts += [f"Sources, unless a variable has others: {_code(chapter.sources)}."]
    parts += ["\n".join(_entry(variable, chapter) for variable in chapter.variables)]
    levels = [variable for variable in chapter.variables if variable.levels]
    if levels:
        parts += [f"### Levels of {chapter.name}", *map(_levels, levels)]
    return parts


def _entry(variable: Variable, chapter: Chapter) -> str:
    text = f"- **`{variable.name}`** {variable.title} ({', '.join(variable.facts())}). "
    text += variable.description
    if variable.missing_reason:
        text += f" Missing: {variable.missing_reason}."
    if variable.sources and variable.sources != chapter.sources:
        text += f" Source: {_code(variable.sources)}."
    if variable.rules:
        text += f" Rule: {_links(variable.rules)}."
    return text


def _levels(variable: Variable) -> str:
    lines = [f"`{variable.name}`", ""]
    lines += [f"- `{level.name}`: {level.label} ({level.n:,})" for level in variable.levels]
    return "\n".join(lines)


def _families(rows: pd.DataFrame) -> str:
    lines = [
        f"| {name} | {' | '.join(f'{n:,}' for n in counts)} |"
        for name, counts in zip(rows.index, rows.to_numpy(), strict=True)
    ]
    return _head(["table", *rows.columns]) + "\n".join(lines)


def _gaps(gaps: pd.DataFrame) -> str:
    families = [name for name in gaps if name not in ("table", "variable", "why")]
    lines = [
        f"| {row['table']} | `{row['variable']}` | "
        + " | ".join("" if pd.isna(row[name]) else f"{row[name]:.1%}" for name in families)
        + f" | {row['why']} |"
        for row in gaps.to_dict("records")
    ]
    return _head(["table", "variable", *map(str, families), "why"]) + "\n".join(lines)


def _head(names: list[str]) -> str:
    return f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"


def _links(rules: Iterable[RuleLink]) -> str:
    return "; ".join(f"[{rule}]({PAGE}#{rule.anchor})" for rule in rules)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
