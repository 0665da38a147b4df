"""`python -m coalitiondata.metadata`: write every metadata file, or check that all are current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from coalitiondata.errors import CoalitionDataError
from coalitiondata.metadata.outputs import drift, write


def main(arguments: list[str] | None = None) -> int:
    """0 if everything was written or is current, 1 if something is stale or cannot be made."""
    options = _parser().parse_args(arguments)
    try:
        if options.check:
            faults = drift(options.out)
            for fault in faults:
                print(f"{fault}: run python -m coalitiondata.metadata", file=sys.stderr)
            return 1 if faults else 0
        for path in write(options.out, options.since):
            print(path)
    except CoalitionDataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m coalitiondata.metadata",
        description="Write CITATION.cff, DATA_CHANGELOG.md, metadata/, data/references.bib, the "
        "list of released ids and the generated part of docs/citing.md, from the data.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing, fail if one is stale")
    parser.add_argument(
        "--since",
        type=Path,
        metavar="DIR",
        help="data folder of the release before, for the changelog of this version",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=Path(),
        help="root of the repository (default: the working directory)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
