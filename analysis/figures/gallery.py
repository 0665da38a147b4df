"""Drawing the whole gallery from the shipped data, with an index for the site."""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.figures import house
from analysis.figures.described import description
from analysis.figures.saving import FORMATS, write_figure
from analysis.models.notices import DroppedRowsWarning
from coalitiondata.errors import CoalitionDataError, UnknownNameError
from coalitiondata.replacing import settle, staging


def gallery(
    out: str | Path, only: Sequence[str] = (), formats: Sequence[str] = FORMATS, quiet: bool = False
) -> pd.DataFrame:
    """Draw every figure of the gallery and write index.json and index.csv beside them.

    Args:
        out: folder; made if it is not there, files of the same names are replaced.
        only: names of figures; by default all.
        formats: of png, svg, pdf.
        quiet: show no progress.

    Returns:
        The index: name, title, alt, caption, n, source, call (how to make it with
        ``import coalitiondata as cd, analysis``), files (joined by spaces).

    Raises:
        UnknownNameError: a figure or format that does not exist.
        MissingExtraError: a library that the analysis needs is not installed.
    """
    from tqdm import tqdm

    from analysis.figures.examples import EXAMPLES, Shipped

    names = [each.name for each in EXAMPLES]
    for name in only:
        if name not in names:
            raise UnknownNameError(f"no figure {name!r} in the gallery; has {', '.join(names)}")
    chosen = [each for each in EXAMPLES if not only or each.name in only]
    house.without_screen()
    data, folder, rows = Shipped(), Path(out), []
    with (
        staging(folder) as staged,
        tqdm(total=len(chosen), disable=quiet, file=sys.stderr) as bar,
    ):
        for each in chosen:
            bar.set_description(f"{each.name:<38}")
            with warnings.catch_warnings():
                # What was dropped stands in the captions.
                warnings.simplefilter("ignore", DroppedRowsWarning)
                figure = each.draw(data)
            files = write_figure(figure, staged / each.name, formats)
            said = description(figure)
            rows.append(
                {
                    "name": each.name,
                    "title": said.title,
                    "alt": said.alt,
                    "caption": said.caption,
                    "n": said.n,
                    "source": said.source,
                    "call": each.call,
                    "files": [path.name for path in files],
                }
            )
            bar.update()
        index = _write_index(rows, staged)
        settle(staged, folder)
    return index


def _write_index(rows: list[dict[str, Any]], folder: Path) -> pd.DataFrame:
    text = json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    (folder / "index.json").write_text(text, encoding="utf-8", newline="\n")
    index = pd.DataFrame([{**row, "files": " ".join(row["files"])} for row in rows])
    table = index.to_csv(index=False, lineterminator="\n")
    (folder / "index.csv").write_text(table, encoding="utf-8", newline="\n")
    return index


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m analysis figures`; returns 0, 1 for an error, 2 for a wrong call."""
    parser = argparse.ArgumentParser(
        prog="python -m analysis figures",
        description="Every figure of the gallery, from the data alone, with an index.",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("results/gallery"), help="folder of the figures"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="only this; may be repeated"
    )
    parser.add_argument(
        "--format", action="append", choices=FORMATS, help="default: all; may be repeated"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    options = parser.parse_args(arguments)
    begun = time.perf_counter()
    try:
        index = gallery(options.out, options.only, options.format or FORMATS, options.quiet)
    except CoalitionDataError as error:
        print(f"analysis: {error}", file=sys.stderr)
        return 1
    if not options.quiet:
        took = time.perf_counter() - begun
        print(f"{len(index)} figures and {options.out / 'index.json'} written in {took:.0f} s.")
    return 0
