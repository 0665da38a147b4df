"""The command line: `python -m analysis` computes the study, `--check` looks a result over.

`python -m analysis multiverse` fits the study under other choices than the plan's,
`python -m analysis figures` draws the gallery.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from coalitiondata.errors import CoalitionDataError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; returns 0, 1 for an error, 2 for a wrong call."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["multiverse"]:
        from analysis.multiverses.command import main as multiverse

        return multiverse(given[1:])
    if given[:1] == ["figures"]:
        from analysis.figures.gallery import main as figures

        return figures(given[1:])
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Every table and figure of the study, from the data alone.",
        epilog="`python -m analysis multiverse --help`: the study under other choices; "
        "`python -m analysis figures --help`: the gallery.",
    )
    parser.add_argument("--out", type=Path, default=Path("results"), help="folder of the results")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument(
        "--check",
        action="store_true",
        help="compute nothing; compare the folder with its manifest",
    )
    options = parser.parse_args(given)
    begun = time.perf_counter()
    try:
        if options.check:
            from analysis.study.results import check

            print(f"{options.out}: {check(options.out)} files, all whole.")
            return 0
        from analysis.study.run import run

        folder = run(options.out, quiet=options.quiet)
    except CoalitionDataError as error:
        print(f"analysis: {error}", file=sys.stderr)
        return 1
    if not options.quiet:
        print(f"{folder / 'report.md'} written in {time.perf_counter() - begun:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
