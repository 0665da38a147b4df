"""Parquet files of a few kilobytes that are, or say that they are, far larger than they look."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from fuzz.values import pick

Rng = np.random.Generator

NAMES = ("coalition", "member", "joined", "left")


def burst(rng: Rng, content: bytes) -> bytes:
    """Another file than the one that was there: one of the bombs below."""
    return _bomb(str(pick(rng, ("rows", "long text", "many groups", "wide"))))


@lru_cache
def _bomb(kind: str) -> bytes:
    made = BytesIO()
    if kind == "wide":
        parquet.write_table(pa.table({f"c{k}": ["x"] for k in range(20_000)}), made)
        return made.getvalue()
    rows = {"rows": 2_000_000, "long text": 200_000, "many groups": 1_000}[kind]
    text = "x" * (1_000_000 if kind == "long text" else 1)
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype="int32")), [text])
    table = pa.table(dict.fromkeys(NAMES, column))
    with parquet.ParquetWriter(made, table.schema, store_schema=False) as writer:
        for _ in range({"rows": 14, "long text": 1, "many groups": 500}[kind]):
            writer.write_table(table)
    return made.getvalue()


def lying(rng: Rng, content: bytes) -> bytes:
    """One small number of the footer becomes another: rows, sizes, places, types, encodings.

    Numbers of the footer are variable-length: the length that the file ends with is written anew.
    """
    if len(content) < 12 or content[-4:] != b"PAR1":
        return content
    length = int.from_bytes(content[-8:-4], "little")
    if not 0 < length <= len(content) - 8:
        return content
    body, footer = content[: -8 - length], bytearray(content[-8 - length : -8])
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(len(footer)))
        number = int(pick(rng, (0, 1, 2, 7, 127, 2**14, 2**31 - 1, 2**32, 2**62, 2**64 - 1)))
        footer[place : place + 1] = _variable_length(number)
    return body + bytes(footer) + len(footer).to_bytes(4, "little") + b"PAR1"


def _variable_length(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    return bytes(made)
