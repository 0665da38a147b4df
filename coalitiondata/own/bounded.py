"""Small files that would unpack to far more than they hold: read within bounds, or refused."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from coalitiondata.errors import DamagedFileError

MOST_CELLS = 100_000_000
"""Most cells of a Parquet file, as it says itself or as they come."""
MOST_BYTES = 2 * 2**30
"""Most that a compressed CSV, or the columns of a Parquet file, may unpack to."""

_BLOCK = 2**20
_ROWS = 2**16
_OPENERS: dict[str, Callable[[Path], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked if its name ends in .gz, .bz2 or .xz.

    Raises DamagedFileError if they unpack to more than `MOST_BYTES`, or cannot be unpacked.
    """
    opener = _OPENERS.get(path.suffix.lower())
    if opener is None:
        with path.open("rb") as file:
            yield file
        return
    try:
        total = 0
        with opener(path) as packed:
            while block := packed.read(_BLOCK):
                total += len(block)
                if total > MOST_BYTES:
                    raise DamagedFileError(f"{path} unpacks to {_more()}")
    except (EOFError, ValueError, lzma.LZMAError, zlib.error) as problem:
        raise DamagedFileError(f"{path} cannot be unpacked: {problem}") from problem
    with opener(path) as packed:
        yield packed


def read_parquet(path: Path) -> pd.DataFrame:
    """The cells of a Parquet file; text and categories as objects.

    Raises DamagedFileError if it has more than `MOST_CELLS` cells or unpacks to more than
    `MOST_BYTES`, and whatever pyarrow raises at a file that it cannot read.
    """
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        _check_cells(path, file.metadata.num_rows, len(file.schema_arrow))
        texts = [
            field.name
            for field in file.schema_arrow
            if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        ]
    # A dictionary keeps one copy of a text that a file of a few kilobytes repeats a million times.
    with parquet.ParquetFile(path, read_dictionary=texts) as file:
        batches, rows, size = [], 0, 0
        for batch in file.iter_batches(_ROWS, use_threads=False):
            rows, size = rows + batch.num_rows, size + _unpacked_bytes(batch)
            # The file may have said less of itself than it holds.
            _check_cells(path, rows, batch.num_columns)
            if size > MOST_BYTES:
                raise DamagedFileError(f"{path} unpacks to {_more()}")
            batches.append(batch)
        frame: pd.DataFrame = pa.Table.from_batches(batches, schema=file.schema_arrow).to_pandas()
    for place, dtype in enumerate(frame.dtypes):
        if isinstance(dtype, pd.CategoricalDtype):
            frame.isetitem(place, frame.iloc[:, place].astype("object").array)
    if isinstance(frame.index, pd.CategoricalIndex):
        frame.index = frame.index.astype("object")
    return frame


def _unpacked_bytes(batch: Any) -> int:
    """Bytes of a batch once each of its rows has its own copy of its texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for column in batch.columns:
        size += column.nbytes
        if pa.types.is_dictionary(column.type) and pa.types.is_string(column.type.value_type):
            lengths = pc.binary_length(column.dictionary).cast(pa.int64())
            size += pc.sum(lengths.take(column.indices)).as_py() or 0
    return size


def _check_cells(path: Path, rows: int, columns: int) -> None:
    if rows * columns > MOST_CELLS:
        raise DamagedFileError(
            f"{path} has {rows} rows and {columns} columns, more than {MOST_CELLS} cells; "
            "give the columns that are needed only, or the coalitions in parts."
        )


def _more() -> str:
    return f"more than {MOST_BYTES / 2**30:.0f} GB; give the coalitions in parts."
