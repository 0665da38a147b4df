"""Reading R's .rda files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coalitiondata.errors import MissingExtraError, SourceFileError


def read_rda(path: Path) -> pd.DataFrame:
    """The one data frame that an .rda file holds.

    Numbers come as float64, strings as object and factors as category, as R had them. Raises
    SourceFileError if the file does not hold exactly one data frame.
    """
    try:
        # rdata, in pure Python, needs half a minute for the strings of the United Nations votes.
        import pyreadr
    except ImportError as error:
        raise MissingExtraError(
            'Reading .rda sources needs pyreadr: pip install "coalitiondata[build]"'
        ) from error
    try:
        frames = list(pyreadr.read_r(str(path)).values())
    except pyreadr.LibrdataError as error:
        raise SourceFileError(f"The raw file {path} cannot be read as .rda: {error}.") from error
    if len(frames) != 1:
        raise SourceFileError(
            f"The raw file {path} should hold one data frame, but it holds {len(frames)}."
        )
    return pd.DataFrame(frames[0])
