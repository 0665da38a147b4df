"""`coalitiondata verify`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from coalitiondata.cli.parsers import add_tables, add_verb

_EXAMPLES = """\
  coalitiondata verify
  coalitiondata verify coalitions memberships
  cd data && coalitiondata verify --sums | sha256sum --check
"""


def add(verbs: Any) -> None:
    """Add the verb."""
    command = add_verb(
        verbs, "verify", "compare the files of the data set with their checksums", _EXAMPLES, run
    )
    add_tables(command, "tables to check (default: all)")
    command.add_argument(
        "--sums", action="store_true", help="only print the checksums, in the form of sha256sum"
    )


def run(options: argparse.Namespace) -> int:
    """One line per file, and the repair below a bad one; 1 if there is any."""
    from coalitiondata import schema
    from coalitiondata.verifying import verify

    if options.sums:
        for table in map(schema.table, options.tables or schema.tables()):
            if table.sha256 is not None:
                print(f"{table.sha256}  {table.path}")
        return 0
    report = verify(options.tables or None)
    for row in report.to_dict("records"):
        if row["fault"] is None:
            print(f"ok   {row['file']}")
        elif row["repair"] is None:
            print(f"--   {row['file']}: {row['fault']}")
        else:
            print(f"BAD  {row['file']}: {row['fault']}\n     repair: {row['repair']}")
    sys.stdout.flush()
    bad = int(report["ok"].eq(False).sum())
    if bad:
        verb = "is" if bad == 1 else "are"
        print(f"coalitiondata: {bad} of {len(report)} files {verb} damaged.", file=sys.stderr)
    return 1 if bad else 0
