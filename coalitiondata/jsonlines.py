"""One table -> one file of JSON Lines: an object per row."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from coalitiondata.canonical import in_order
from coalitiondata.plain import plain_rows
from coalitiondata.schema import Table


def write_jsonl(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Write one JSON object per row and line, UTF-8: dates as ISO text, missing values as null."""
    lines = (
        json.dumps(dict(zip(table.columns, row, strict=True)), ensure_ascii=False, allow_nan=False)
        for row in plain_rows(table, in_order(table, frame))
    )
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(line + "\n" for line in lines)
