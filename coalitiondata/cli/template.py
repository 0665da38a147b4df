"""`coalitiondata template`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from coalitiondata.cli.parsers import add_choice, add_verb

_EXAMPLES = """\
  coalitiondata template my-coalitions
  coalitiondata template my-coalitions.xlsx --format excel
"""


def add(verbs: Any) -> None:
    """Add the verb."""
    command = add_verb(
        verbs, "template", "write empty tables for your own coalitions", _EXAMPLES, run
    )
    command.add_argument("path", type=Path, help="folder, or workbook for excel")
    add_choice(command, "--format", ("csv", "excel"), "csv")
    command.add_argument("--overwrite", action="store_true", help="replace files of the same name")


def run(options: argparse.Namespace) -> int:
    """The name of the folder or workbook, once it is there."""
    from coalitiondata.own.template import write_template

    print(write_template(options.path, options.format, overwrite=options.overwrite))
    return 0
