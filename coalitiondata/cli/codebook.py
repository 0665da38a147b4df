"""`coalitiondata codebook`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from coalitiondata.cli.layout import on_terminal, paragraph
from coalitiondata.cli.parsers import add_choice, add_verb, completed_by, table_names
from coalitiondata.formats import BookFormat

if TYPE_CHECKING:
    from coalitiondata.pages.content import Chapter, Variable

_EXAMPLES = """\
  coalitiondata codebook coalitions
  coalitiondata codebook coalitions.end_cause
  coalitiondata codebook --format csv > codebook.csv
  coalitiondata codebook --format pdf --out codebook.pdf
"""


def add(verbs: Any) -> None:
    """Add the verb."""
    command = add_verb(
        verbs, "codebook", "describe the variables of a table, or of all", _EXAMPLES, run
    )
    table = command.add_argument(
        "table", nargs="?", metavar="table[.variable]", help="a table, or one of its variables"
    )
    completed_by(table, table_names)
    add_choice(command, "--format", get_args(BookFormat), "text")
    command.add_argument("--out", type=Path, metavar="FILE", help="write to FILE")
    command.add_argument("--overwrite", action="store_true", help="replace FILE if it exists")
    command.set_defaults(wrong_call=command.error)


def run(options: argparse.Namespace) -> int:
    """To the terminal, the pipe or the file."""
    from coalitiondata.names import known

    known("format", options.format, get_args(BookFormat))
    name, _, variable = (options.table or "").partition(".")
    if variable and options.format != "text":
        options.wrong_call("a single variable is described as text only")
    if options.format == "pdf" and options.out is None:
        options.wrong_call("--format pdf needs --out FILE")
    if options.out is None:
        sys.stdout.write(_text(name or None, variable or None, options.format))
        return 0
    from coalitiondata.replacing import make_way, write_whole

    target = options.out.expanduser()
    make_way([target], options.overwrite)
    if options.format == "pdf":
        from coalitiondata.codebooks import codebook_pdf

        codebook_pdf(target, name or None)
    else:
        write_whole(target, _text(name or None, variable or None, options.format).encode("utf-8"))
    print(target)
    return 0


def _text(table: str | None, variable: str | None, form: str) -> str:
    if form == "csv":
        from coalitiondata.codebooks import codebook

        return codebook(table).to_csv(index=False, lineterminator="\n")
    if form == "markdown":
        from coalitiondata.codebooks import codebook_markdown

        return codebook_markdown(table)
    if form == "html":
        from coalitiondata.codebooks import codebook_html

        return codebook_html(table)
    from coalitiondata.names import known
    from coalitiondata.pages.content import content

    chapters = content(table).chapters
    if variable:
        (chapter,) = chapters
        variables = {each.name: each for each in chapter.variables}
        return _details(variables[known(f"column of {table}", variable, variables)])
    return ("\n" if on_terminal() else "").join(map(_listing, chapters))


def _listing(chapter: Chapter) -> str:
    if not on_terminal():
        return "".join(
            f"{chapter.name}.{each.name} ({', '.join(each.facts())}): {each.description}\n"
            for each in chapter.variables
        )
    lines = [paragraph(f"{chapter.name}: {chapter.description}")]
    for each in chapter.variables:
        texts = (f"{', '.join(each.facts())}.", each.description)
        lines += [f"  {each.name}", *(paragraph(text, 4, " ") for text in texts)]
    return "\n".join(lines) + "\n"


def _details(variable: Variable) -> str:
    facts = [
        ("title", variable.title),
        ("what", variable.description),
        ("facts", ", ".join(variable.facts())),
        ("missing", variable.missing_reason or ""),
        ("source", ", ".join(variable.sources)),
        ("rule", "; ".join(map(str, variable.rules))),
        *((level.name, f"{level.label} ({level.n:,})") for level in variable.levels),
    ]
    wide = max(len(name) for name, _ in facts) + 2
    return "".join(
        (paragraph(text, wide, name) if on_terminal() else name.ljust(wide) + text) + "\n"
        for name, text in facts
        if text
    )
