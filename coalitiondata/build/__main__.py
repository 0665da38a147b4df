"""`python -m coalitiondata.build`: raw and curated sources in, data/ out."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from coalitiondata.build import assemble, sources
from coalitiondata.errors import CoalitionDataError
from coalitiondata.replacing import mend


def main(arguments: list[str] | None = None) -> int:
    """Build the data set; 0 if data/ was replaced, 1 if it was left untouched."""
    options = _parser().parse_args(arguments)
    try:
        build(options.out, options.sources)
    except CoalitionDataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(
            f"error: the curated input {error.filename} is missing. Nothing was written; restore "
            "it with git.",
            file=sys.stderr,
        )
        return 1
    return 0


def build(out: Path, folder: Path | None = None) -> None:
    """Rebuild the tables in `out` from the raw files in `folder`, or from downloads."""
    began = time.monotonic()

    def progress(step: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {step}", file=sys.stderr, flush=True)

    mend(out)
    progress("checking raw sources")
    raw = sources.from_folder(folder) if folder else sources.from_download()
    assemble.rebuild(raw, out, progress)
    progress(f"done: {out}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m coalitiondata.build",
        description="Rebuild the tables in data/ from the pinned raw sources.",
    )
    parser.add_argument(
        "--sources",
        type=Path,
        metavar="DIR",
        help="folder that holds the raw files (default: download them, checked by sha256)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=Path("data"),
        help="data folder to rebuild, with datapackage.json and curated/ (default: data)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
