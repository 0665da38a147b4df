"""`coalitiondata head`."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from typing import Any

from coalitiondata.cli.layout import blocks, on_terminal
from coalitiondata.cli.parsers import add_filters, add_table, add_verb, count
from coalitiondata.cli.show import selected

_EXAMPLES = """\
  coalitiondata head coalitions
  coalitiondata head power -n 20
  coalitiondata head memberships --columns actor_id,joined,left
"""


def add(verbs: Any) -> None:
    """Add the verb."""
    command = add_verb(verbs, "head", "look at the first rows of a table", _EXAMPLES, run)
    add_table(command)
    add_filters(command)
    command.add_argument(
        "-n", "--rows", type=count, default=5, help="how many rows (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """On a terminal in columns, long cells cut; else as canonical CSV."""
    from coalitiondata.canonical import csv_text

    text = csv_text(*selected(options, options.rows))
    if on_terminal():
        header, *rows = csv.reader(io.StringIO(text))
        text = blocks(header, rows) + "\n"
    sys.stdout.write(text)
    return 0
