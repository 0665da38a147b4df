"""Data frames as Markdown."""

from __future__ import annotations

import pandas as pd

WHOLE = 1e-9


def table(frame: pd.DataFrame) -> str:
    """A Markdown table of the columns of `frame`, missing values empty, numbers to the right."""
    columns = [str(column).replace("_", " ") for column in frame.columns]
    right = [pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
    rule = ["---:" if number else "---" for number in right]
    rows = [[_text(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [columns, rule, *rows]) + "\n"


def _text(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value - round(value)) < WHOLE else f"{value:.2f}"
    return str(value).replace("|", "/")
