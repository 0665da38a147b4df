"""`coalitiondata check`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalitiondata.cli.parsers import add_verb, completed_by
from coalitiondata.cli.validate import tell

if TYPE_CHECKING:
    import pandas as pd

_EXAMPLES = """\
  coalitiondata check members.csv --until 2020
  coalitiondata check my-coalitions.xlsx --states name
  coalitiondata check my-coalitions --positions eu --scale 0,10 > problems.csv
"""
_STATES = ("cow", "gw", "iso3", "iso2", "name")


def add(verbs: Any) -> None:
    """Add the verb."""
    command = add_verb(verbs, "check", "check tables of your own coalitions", _EXAMPLES, run)
    command.add_argument(
        "path", type=Path, help="table of members (.csv, .parquet, .xlsx), or folder of tables"
    )
    states = command.add_argument(
        "--states", help=f"what members are called by: {', '.join(_STATES)} (default: own names)"
    )
    completed_by(states, lambda: list(_STATES))
    command.add_argument("--until", help="last day of observation, as 2020-12-31 or 2020")
    command.add_argument("--power", default="power", help="column of power (default: %(default)s)")
    command.add_argument("--positions", metavar="A,B,...", help="columns of positions")
    command.add_argument("--scale", metavar="LOW,HIGH", help="scale of the positions")


def run(options: argparse.Namespace) -> int:
    """Every problem, one a line; 1 if there is any."""
    return tell(problems_of(options))


def problems_of(options: argparse.Namespace) -> pd.DataFrame:
    """All problems of the tables."""
    from coalitiondata.errors import InvalidDataError
    from coalitiondata.own.data import CoalitionData

    readers = {".parquet": CoalitionData.from_parquet, ".xlsx": CoalitionData.from_excel}
    read = readers.get(options.path.suffix, CoalitionData.from_csv)
    named: dict[str, Any] = {
        "states": options.states,
        "until": options.until,
        "power": None if options.power == "power" else options.power,
        "positions": options.positions and tuple(options.positions.split(",")),
        "position_scale": options.scale and tuple(options.scale.split(",")),
    }
    given = {name: value for name, value in named.items() if value}
    try:
        return read(options.path, strict=False, **given).problems
    except InvalidDataError as error:
        if error.report is None:
            raise
        return error.report
