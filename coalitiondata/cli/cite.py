"""`coalitiondata cite`."""

from __future__ import annotations

import argparse
import sys
from difflib import get_close_matches
from typing import Any, get_args

from coalitiondata.cli.parsers import add_choice, add_tables, add_verb
from coalitiondata.errors import UnknownNameError
from coalitiondata.formats import Style

_EXAMPLES = """\
  coalitiondata cite power
  coalitiondata cite --style bibtex > coalitiondata.bib
  coalitiondata cite --coalition war-cow-106-1
"""


def add(verbs: Any) -> None:
    """Add the verb."""
    command = add_verb(
        verbs, "cite", "cite the data set and the sources behind the data used", _EXAMPLES, run
    )
    add_tables(command, "tables that were used (default: all)")
    add_choice(command, "--style", get_args(Style), "text")
    command.add_argument(
        "--coalition",
        action="append",
        metavar="ID",
        help="only what is behind this coalition; may be given several times",
    )


def run(options: argparse.Namespace) -> int:
    """The citations."""
    from coalitiondata.citing import cite
    from coalitiondata.loading import load

    rows = None
    if options.coalition:
        coalitions = load("coalitions")[["coalition_id"]]
        for wanted in options.coalition:
            _check(wanted, list(coalitions["coalition_id"]))
        rows = coalitions[coalitions["coalition_id"].isin(options.coalition)]
    sys.stdout.write(cite(options.tables or None, rows, style=options.style))
    return 0


def _check(wanted: str, ids: list[str]) -> None:
    # The usual message would list every id there is.
    if wanted not in ids:
        close = get_close_matches(wanted, ids, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UnknownNameError(
            f"Unknown coalition {wanted!r}.{hint} All ids: "
            f"coalitiondata show coalitions --columns coalition_id,name"
        )
