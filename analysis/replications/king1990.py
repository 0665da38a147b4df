"""`python -m analysis.replications.king1990`: King, Alt, Burns and Laver (1990) again.

Their 314 cabinets are not part of this data set; the command downloads them, or reads them from a
folder, and checks that they are the pinned bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.replications.estimates import four_models
from analysis.replications.published import FIVE_COVARIATES, TWO_COVARIATES, against_print
from coalitiondata.build import sources
from coalitiondata.errors import (
    CoalitionDataError,
    MissingExtraError,
    SourceFileError,
    TargetExistsError,
)
from coalitiondata.replacing import settle, staging

FILE = "replication/king1990_coalition.tab.gz"
SHA256 = "ed3e2fb283c066f0dd0a773c10134487a9dd8c18e2bb812f871a6d126a4ec14f"
URL = (
    "https://raw.githubusercontent.com/cran/Zelig/f20be1d7b2004bcaba6d361f746dc8a7901d8306/"
    "data/coalition.tab.gz"
)
FORMULAS = (TWO_COVARIATES, FIVE_COVARIATES)


def raw_file(folder: Path | None = None) -> Path:
    """The verified path of the authors' data: in `folder`, or downloaded into the user's cache.

    Raises:
        SourceFileError: no such folder or file, other bytes than the pinned ones, no download.
        MissingExtraError: a download is needed and pooch is not installed.
    """
    if folder is not None:
        path = sources.raw_folder(folder) / FILE
        if not path.is_file() or sources.sha256(path) != SHA256:
            raise SourceFileError(
                f"The raw file {FILE} is missing in {folder} or not the pinned one (sha256 "
                f"{SHA256}). Restore it, or leave --sources out to download it."
            )
        return path
    try:
        import pooch
    except ImportError as error:
        raise MissingExtraError(
            'Downloading the data needs pooch: pip install "coalitiondata[build]"'
        ) from error
    try:
        found = pooch.retrieve(
            url=URL,
            known_hash=f"sha256:{SHA256}",
            fname=FILE.replace("/", "-"),
            path=pooch.os_cache("coalitiondata"),
        )
    except Exception as error:
        raise SourceFileError(
            f"Could not get {FILE} from {URL}: {error}. Try again later, or give a folder that "
            "holds it with --sources."
        ) from error
    return Path(found)


def read(path: Path) -> pd.DataFrame:
    """The authors' 314 cabinets, with their censoring rule as `event`.

    Columns: duration (months), event (1 if the cabinet fell, 0 if it is censored because it
    reached the last twelve months of the constitutional inter-election period; `ciep12` in the
    file), invest (1 if a vote of investiture is required), fract (fractionalisation of the
    chamber, 0 to 1,000), polar (support for extremist parties), numst2 (1 for a majority of
    seats), crisis (days that forming the cabinet took). Nothing is missing.
    """
    rows = pd.read_csv(path, sep=" ", compression="gzip")
    return rows.rename(columns={"ciep12": "event"}).reset_index(drop=True)


def estimates(cabinets: pd.DataFrame) -> pd.DataFrame:
    """The four models with the two covariates of the printed tables and with all five.

    Returns the rows of `four_models` with `formula`. The file has no countries, so there are no
    errors by cluster.
    """
    return pd.concat(
        [four_models(cabinets, formula).assign(formula=formula) for formula in FORMULAS],
        ignore_index=True,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the page or write it with its tables; 0, 1 for an error, 2 for a wrong call."""
    options = _parser().parse_args(arguments)
    try:
        _run(options.sources, options.out)
    except CoalitionDataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _run(folder: Path | None, out: Path | None) -> None:
    from analysis.replications import governing, page

    if out is not None and out.exists() and not out.is_dir():
        raise TargetExistsError(f"{out} is a file; choose a folder.")
    theirs = estimates(read(raw_file(folder)))
    frame = governing.cabinets()
    ours, variants = governing.estimates(frame), governing.variants()
    samples = governing.samples(frame)
    text = page.page(theirs, ours, variants, samples)
    if out is None:
        print(text, end="")
        return
    printed = against_print(theirs[theirs["formula"] == TWO_COVARIATES])
    tables = (
        ("king1990_estimates", theirs),
        ("king1990_against_print", printed),
        ("governing_estimates", ours),
        ("governing_variants", variants),
        ("governing_samples", samples),
    )
    with staging(out) as staged:
        (staged / "replication.md").write_text(text, encoding="utf-8", newline="\n")
        for name, table in tables:
            path = staged / f"{name}.csv"
            table.to_csv(path, index=False, lineterminator="\n", float_format="%.8g")
        settle(staged, out)
    print(f"{out / 'replication.md'} and five tables written.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis.replications.king1990",
        description="King, Alt, Burns and Laver (1990) on their data and on this data set's.",
    )
    parser.add_argument(
        "--sources", type=Path, help="folder with the raw file (default: download it)"
    )
    parser.add_argument(
        "--out", type=Path, help="folder for the page and its tables (default: print the page)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
