"""The command line: `coalitiondata tables`, `show`, `codebook`, `cite`, `validate` and others."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import coalitiondata as cd
from coalitiondata.errors import CoalitionDataError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 for an error or a failed check, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except CoalitionDataError as error:
        print(f"coalitiondata: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has seen enough; keep the interpreter's exit quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coalitiondata",
        description="Wartime, governing and NGO coalitions: list, show, cite, check and export.",
    )
    version = f"coalitiondata {cd.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("tables", help="list the tables")
    command.set_defaults(run=_tables)

    command = commands.add_parser("show", help="print a table as CSV")
    command.add_argument("table")
    command.add_argument("--family", help="only coalitions of this family")
    command.add_argument("--subtype", help="only coalitions of this subtype")
    command.add_argument(
        "--primary",
        action="store_const",
        const=True,
        help="only one record of each real coalition",
    )
    command.add_argument("--rows", type=int, help="only the first ROWS rows")
    command.set_defaults(run=_show)

    command = commands.add_parser("codebook", help="describe the variables")
    command.add_argument("table", nargs="?")
    command.add_argument("--markdown", action="store_true", help="the whole codebook as Markdown")
    command.set_defaults(run=_codebook)

    command = commands.add_parser("cite", help="cite the data set and its sources")
    command.add_argument("tables", nargs="*", metavar="table")
    command.add_argument("--style", default="text", help="text or bibtex")
    command.set_defaults(run=_cite)

    command = commands.add_parser("validate", help="check tables against the schema and rules")
    command.add_argument(
        "folder",
        nargs="?",
        type=Path,
        help="folder of your own tables as CSV, named like those of the data set",
    )
    command.set_defaults(run=_validate)

    command = commands.add_parser("verify", help="compare the files with their checksums")
    command.set_defaults(run=_verify)

    command = commands.add_parser("export", help="write the tables for other programs")
    command.add_argument("path", type=Path)
    command.add_argument("tables", nargs="*", metavar="table")
    command.add_argument("--format", default="parquet", help=", ".join(_formats()))
    command.add_argument("--overwrite", action="store_true", help="replace files of the same name")
    command.set_defaults(run=_export)
    return parser


def _formats() -> tuple[str, ...]:
    from coalitiondata.formats import Format

    return get_args(Format)


def _tables(_: argparse.Namespace) -> int:
    listed = cd.tables()
    width = max(map(len, listed["name"]))
    for row in listed.itertuples(index=False):
        print(f"{row.name:<{width}}  {row.rows:>6}  {row.description}")
    return 0


def _show(options: argparse.Namespace) -> int:
    from coalitiondata.canonical import csv_text
    from coalitiondata.schema import table

    frame = cd.load(
        options.table, family=options.family, subtype=options.subtype, primary=options.primary
    )
    sys.stdout.write(csv_text(table(options.table), frame.head(options.rows or len(frame))))
    return 0


def _codebook(options: argparse.Namespace) -> int:
    if options.markdown:
        from coalitiondata.codebooks import codebook_markdown

        print(codebook_markdown(options.table), end="")
        return 0
    for row in cd.codebook(options.table).itertuples(index=False):
        print(f"{row.table}.{row.variable} ({row.type}, n = {row.n}): {row.description}")
    return 0


def _cite(options: argparse.Namespace) -> int:
    print(cd.cite(options.tables or None, style=options.style), end="")
    return 0


def _validate(options: argparse.Namespace) -> int:
    frames = None if options.folder is None else _own(options.folder)
    report = cd.validate(frames, raise_on_error=False)
    if report.empty:
        print("No problems.")
        return 0
    sys.stdout.write(report.to_csv(index=False, lineterminator="\n"))
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


def _verify(_: argparse.Namespace) -> int:
    from coalitiondata.verifying import verify

    report = verify()
    for row in report.itertuples(index=False):
        print(f"{'ok ' if row.ok else 'BAD'}  {row.file}" + ("" if row.ok else f": {row.fault}"))
    return 0 if report["ok"].all() else 1


def _export(options: argparse.Namespace) -> int:
    target = cd.export(
        options.path, options.format, options.tables or None, overwrite=options.overwrite
    )
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
