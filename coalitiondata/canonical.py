"""The canonical form of a table: sorted, typed, and byte for byte the same on every machine."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from coalitiondata.schema import Table


def in_order(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Columns in the order of the schema, rows by primary key (text by code point)."""
    keys = frame[list(table.primary_key)]
    # Levels would sort in the order of the schema, which a new level would upset.
    text = {name: "object" for name in table.primary_key if table.field(name).levels}
    order = keys.astype(text).sort_values(list(table.primary_key), kind="stable").index
    return frame.loc[order, table.columns].reset_index(drop=True)


def csv_text(table: Table, frame: pd.DataFrame) -> str:
    """RFC 4180 text with LF, ISO dates, `true` and `false`, and nothing for a missing value.

    Numbers are written with the fewest digits that read back to the same number.
    """
    cells = {}
    for field in table.fields:
        column = frame[field.name]
        if field.type == "date":
            days = np.datetime_as_string(column.to_numpy(dtype="datetime64[s]"), unit="D")
            cells[field.name] = pd.Series(days, index=column.index).where(column.notna())
        elif field.type == "boolean":
            cells[field.name] = column.astype("object").map({True: "true", False: "false"})
        elif field.type == "integer":
            cells[field.name] = column.astype("Int64")
        elif field.type == "number":
            cells[field.name] = column.map(_shortest, na_action="ignore").astype("object")
        else:
            cells[field.name] = column
    return pd.DataFrame(cells, columns=table.columns).to_csv(index=False, lineterminator="\n")


def _shortest(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(float(number))


def write_csv(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Write one table in canonical form."""
    path.write_bytes(csv_text(table, in_order(table, frame)).encode("utf-8"))


def write_parquet(
    table: Table, frame: pd.DataFrame, target: Path | BytesIO, csv_sha256: str | None = None
) -> None:
    """Write one table as Parquet: dates as dates, levels as a dictionary, words as metadata.

    `csv_sha256` marks the file as the twin of exactly that CSV.
    """
    import pyarrow as pa
    from pyarrow import parquet

    content = pa.Table.from_pandas(frame[table.columns], preserve_index=False)
    columns = []
    for field, column in zip(table.fields, content.schema, strict=True):
        words = {"title": field.title, "description": field.description}
        words |= {"unit": field.unit} if field.unit else {}
        words |= {f"label:{level}": label for level, label in (field.labels or {}).items()}
        kind = pa.date32() if field.type == "date" else column.type
        columns.append(pa.field(field.name, kind, metadata=words))
    about = {"title": table.title, "description": table.description}
    about |= {"csv_sha256": csv_sha256} if csv_sha256 else {}
    schema = pa.schema(columns, metadata={**(content.schema.metadata or {}), **about})
    parquet.write_table(content.cast(schema), target, compression="zstd", write_page_checksum=True)
