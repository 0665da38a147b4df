"""What the parsers of the verbs have in common; imports nothing heavy."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Sequence
from typing import Any

_COLUMNS = 80

Words = Callable[[], list[str]]


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help that keeps its line breaks and never needs more than 80 columns."""

    def __init__(self, prog: str, **settings: Any) -> None:
        """As the parent class, narrower."""
        width = min(shutil.get_terminal_size().columns, _COLUMNS) - 2
        super().__init__(prog, width=width, max_help_position=28, **settings)


class Parser(argparse.ArgumentParser):
    """A parser of a verb that takes its options before, between and after its arguments."""

    _mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As the parent class, but `export out --format csv coalitions` is understood too."""
        if self._mixing:  # which calls this method in turn
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False


def add_verb(
    verbs: Any, name: str, summary: str, examples: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    """A parser for one verb, with examples below its help."""
    command: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog="examples:\n" + examples,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    command.set_defaults(run=run)
    return command


def completed_by(action: argparse.Action, words: Words) -> None:
    """Let the shell offer these words for the argument; they are asked for when needed."""
    action.completions = words  # type: ignore[attr-defined]


def table_names() -> list[str]:
    """Names of the tables."""
    from coalitiondata import schema

    return list(schema.tables())


def add_table(command: argparse.ArgumentParser) -> None:
    """The argument `table`."""
    completed_by(command.add_argument("table", help="name of a table"), table_names)


def add_tables(command: argparse.ArgumentParser, what: str) -> None:
    """The argument `tables`, of which there may be none."""
    action = command.add_argument("tables", nargs="*", metavar="table", help=what)
    completed_by(action, table_names)


def add_filters(command: argparse.ArgumentParser) -> None:
    """Which rows and columns of a table."""
    family = command.add_argument("--family", help="only coalitions of this family")
    completed_by(family, lambda: _levels("family"))
    subtype = command.add_argument("--subtype", help="only coalitions of this subtype")
    completed_by(subtype, lambda: _levels("subtype"))
    command.add_argument(
        "--primary",
        action="store_const",
        const=True,
        help="only one record of each real coalition",
    )
    command.add_argument("--columns", metavar="A,B,...", help="only these columns, in this order")


def add_choice(
    command: argparse.ArgumentParser, flag: str, choices: Sequence[str], default: str
) -> None:
    """An option with a few values; a wrong one is refused with the closest right one."""
    action = command.add_argument(
        flag,
        default=default,
        metavar=flag.removeprefix("--").upper(),
        help=f"{', '.join(choices)} (default: %(default)s)",
    )
    completed_by(action, lambda: list(choices))


def count(text: str) -> int:
    """A number of rows. Raises ArgumentTypeError for anything else."""
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows (1, 2, ...)")
    return int(text)


def _levels(column: str) -> list[str]:
    from coalitiondata import schema

    return list(schema.table("coalitions").field(column).levels)
