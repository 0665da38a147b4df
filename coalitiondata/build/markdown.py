"""Text, counts and data frames as Markdown."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

WIDTH = 100
WHOLE = 1e-9


def paragraph(text: str) -> str:
    """The text as one paragraph of lines of up to 100 characters."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_on_hyphens=False) + "\n"


def table(frame: pd.DataFrame) -> str:
    """A table of the columns of `frame`: missing values empty, numbers to the right."""
    columns = [str(column) for column in frame.columns]
    rule = ["---:" if _is_number(kind) else "---" for kind in frame.dtypes]
    rows = [[_text(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [columns, rule, *rows]) + "\n"


def cross(counts: pd.DataFrame, name: str) -> str:
    """A cross table; `name` heads the column of its row labels."""
    rows = counts.rename_axis(index=name, columns=None).reset_index()
    return table(rows.rename(columns=str))


def share(part: int, whole: int) -> str:
    """`part of whole` with the percentage."""
    return f"{part} of {whole} ({part / whole:.0%})"


def _is_number(kind: np.dtype | ExtensionDtype) -> bool:
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _text(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value - round(value)) < WHOLE else f"{value:.2f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("|", "/")  # a bar would end the cell
