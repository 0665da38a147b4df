"""`coalitiondata tables`."""

from __future__ import annotations

import argparse
from typing import Any

from coalitiondata.cli.layout import on_terminal, paragraph
from coalitiondata.cli.parsers import add_verb

_EXAMPLES = """\
  coalitiondata tables
  coalitiondata tables | cut -d ' ' -f 1
"""


def add(verbs: Any) -> None:
    """Add the verb."""
    add_verb(verbs, "tables", "list the tables with their rows", _EXAMPLES, run)


def run(_: argparse.Namespace) -> int:
    """Name, rows and description of each table."""
    from coalitiondata.loading import tables

    listed = tables()
    wide = max(map(len, listed["name"]))
    counts = listed["rows"].astype("string").fillna("absent")
    for name, rows, text in zip(listed["name"], counts, listed["description"], strict=True):
        first = f"{name:<{wide}}  {rows:>6}  "
        print(paragraph(text, len(first), first) if on_terminal() else first + text)
    return 0
