"""The command line: `python -m analysis multiverse`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from coalitiondata.errors import CoalitionDataError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the multiverse; returns 0, 1 for an error, 2 for a wrong call."""
    from analysis.multiverses.choices import FAMILIES
    from analysis.multiverses.preparation import DEFAULT_LIMIT
    from analysis.multiverses.replicates import SEED
    from analysis.multiverses.run import multiverse

    parser = argparse.ArgumentParser(
        prog="python -m analysis multiverse",
        description="The duration study under every defensible combination of its choices. A run "
        "that is broken off goes on where it was when it is started again.",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("results/multiverse"), help="folder of the results"
    )
    parser.add_argument(
        "--family", action="append", choices=FAMILIES, help="only this one; may be repeated"
    )
    parser.add_argument(
        "--limit",
        type=_limit,
        default=DEFAULT_LIMIT,
        metavar="K",
        help="at most K specifications, the plan's own and a random draw that is always the same "
        f"(default {DEFAULT_LIMIT}); `all` for the whole grid",
    )
    parser.add_argument(
        "--permutations",
        type=int,
        default=0,
        metavar="R",
        help="test the whole curve against R shuffles of the measures (default 0: no test)",
    )
    parser.add_argument(
        "--bootstraps",
        type=int,
        default=0,
        metavar="B",
        help="intervals from B draws of whole clusters (default 0: none)",
    )
    parser.add_argument(
        "--seed", type=int, default=SEED, metavar="S", help=f"of both (default {SEED})"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes; default: all cores")
    parser.add_argument(
        "--backend",
        choices=("loky", "dask", "sequential"),
        help="default: loky where joblib is installed",
    )
    parser.add_argument("--address", help="scheduler of a running dask cluster")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    options = parser.parse_args(arguments)
    begun = time.perf_counter()
    try:
        result = multiverse(
            options.out,
            families=options.family or FAMILIES,
            limit=options.limit,
            permutations=options.permutations,
            bootstraps=options.bootstraps,
            seed=options.seed,
            workers=options.workers,
            backend=options.backend,
            address=options.address,
            quiet=options.quiet,
        )
    except CoalitionDataError as error:
        print(f"analysis: {error}", file=sys.stderr)
        return 1
    for note in result.notes:
        print(f"analysis: {note}", file=sys.stderr)
    if not options.quiet:
        found = result.specifications
        print(
            f"{len(found)} specifications, {(found['status'] == 'estimated').sum()} estimated, "
            f"{result.resumed} taken from an earlier run, {found['refitted'].sum()} refitted; "
            f"{result.folder / 'summary.csv'} written in {time.perf_counter() - begun:.0f} s."
        )
    return 0


def _limit(text: str) -> int | None:
    if text == "all":
        return None
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor 'all'") from None
