"""`coalitiondata export`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

from coalitiondata.cli.parsers import add_choice, add_tables, add_verb
from coalitiondata.formats import Format

_EXAMPLES = """\
  coalitiondata export out --format stata
  coalitiondata export coalitions.xlsx coalitions memberships --format excel
  coalitiondata export data.sqlite --format sqlite --overwrite
"""


def add(verbs: Any) -> None:
    """Add the verb."""
    command = add_verb(verbs, "export", "write the tables for other programs", _EXAMPLES, run)
    command.add_argument("path", type=Path, help="folder, or file for formats that make one file")
    add_tables(command, "tables to export (default: all)")
    add_choice(command, "--format", get_args(Format), "parquet")
    command.add_argument("--overwrite", action="store_true", help="replace files of the same name")


def run(options: argparse.Namespace) -> int:
    """The name of the folder or file, once everything is in it."""
    from coalitiondata.exporting import export

    made = export(options.path, options.format, options.tables or None, overwrite=options.overwrite)
    print(made)
    return 0
