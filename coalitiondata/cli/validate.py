"""`coalitiondata validate`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalitiondata.cli.layout import on_terminal, paragraph
from coalitiondata.cli.parsers import add_verb
from coalitiondata.errors import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

_EXAMPLES = """\
  coalitiondata validate
  coalitiondata validate my-tables
  coalitiondata validate my-tables > problems.csv
"""


def add(verbs: Any) -> None:
    """Add the verb."""
    command = add_verb(
        verbs, "validate", "check tables against the schema and the rules", _EXAMPLES, run
    )
    command.add_argument(
        "folder",
        nargs="?",
        type=Path,
        help="your own tables as CSV, named like those of the data set (default: the data set)",
    )


def run(options: argparse.Namespace) -> int:
    """Every problem, one a line; 1 if there is any."""
    from coalitiondata.validation import validate

    frames = None if options.folder is None else _own(options.folder)
    return tell(validate(frames, raise_on_error=False))


def tell(report: pd.DataFrame) -> int:
    """Print a report, one problem a line; 1 if there is any."""
    import pandas as pd

    if report.empty:
        print("No problems.")
        return 0
    if on_terminal():
        for row in report.to_dict("records"):
            told = [name for name in ("row", "column", "value") if pd.notna(row[name])]
            place = ", ".join([row["table"], *(f"{name} {row[name]}" for name in told)])
            print(paragraph(f"{place}: {row['rule']}. {row['hint']}", 2))
    else:
        sys.stdout.write(report.to_csv(index=False, lineterminator="\n"))
    sys.stdout.flush()
    plural = "s" * (len(report) > 1)
    print(f"coalitiondata: {len(report)} problem{plural} found.", file=sys.stderr)
    return 1


def _own(folder: Path) -> dict[str, pd.DataFrame]:
    from coalitiondata import schema
    from coalitiondata.reading import read_text

    found = {name: folder / table.path for name, table in schema.tables().items()}
    frames = {name: read_text(path) for name, path in found.items() if path.is_file()}
    if not frames:
        expected = ", ".join(path.name for path in found.values())
        raise UnknownNameError(f"{folder} holds none of {expected}.")
    return frames
