"""`coalitiondata show`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from coalitiondata.cli.parsers import add_filters, add_table, add_verb, count

if TYPE_CHECKING:
    import pandas as pd

    from coalitiondata.schema import Table

_EXAMPLES = """\
  coalitiondata show power > power.csv
  coalitiondata show memberships --family wartime --primary
  coalitiondata show coalitions --columns name,start,end --rows 5
"""


def add(verbs: Any) -> None:
    """Add the verb."""
    command = add_verb(verbs, "show", "print a table, or part of it, as CSV", _EXAMPLES, run)
    add_table(command)
    add_filters(command)
    command.add_argument("--rows", type=count, help="only the first ROWS rows")


def run(options: argparse.Namespace) -> int:
    """The rows as canonical CSV."""
    from coalitiondata.canonical import csv_text

    table, frame = selected(options, options.rows)
    sys.stdout.write(csv_text(table, frame))
    return 0


def selected(options: argparse.Namespace, rows: int | None) -> tuple[Table, pd.DataFrame]:
    """The table with the columns, and the rows, that were asked for.

    Raises UnknownNameError for a table, level or column that does not exist.
    """
    from coalitiondata import schema
    from coalitiondata.loading import load

    table = schema.table(options.table)
    if options.columns is not None:
        names = [name.strip() for name in options.columns.split(",")]
        table = replace(table, fields=tuple(table.field(name) for name in dict.fromkeys(names)))
    frame = load(
        options.table, family=options.family, subtype=options.subtype, primary=options.primary
    )
    return table, frame if rows is None else frame.head(rows)
