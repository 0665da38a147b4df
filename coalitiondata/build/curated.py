"""Reading the curated files that people edit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def read_curated(path: Path) -> pd.DataFrame:
    """The file as text; only an empty cell is missing, so that "NA" stays a name."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
