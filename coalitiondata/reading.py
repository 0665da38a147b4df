"""One file of the data set -> one typed data frame, or one clear error."""

from __future__ import annotations

import hashlib
import warnings
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from coalitiondata.errors import DamagedFileError
from coalitiondata.schema import Field, Table, dtype

REPAIR = (
    "Install coalitiondata again (pip install --force-reinstall coalitiondata); in a checkout "
    "restore the file with git, or build it again"
)


def read_table(table: Table, folder: Path, *, twin: bool = True) -> pd.DataFrame:
    """The rows of one table, typed by its schema, in the order of the file.

    The Parquet twin is read instead of the CSV where there is one that was made from exactly this
    CSV and pyarrow is installed, unless `twin` is false. Bytes are compared with the checksum in
    datapackage.json, if it has one; line endings changed by a version control system do not count
    as damage.

    Raises DamagedFileError if the file is missing, truncated or altered.
    """
    packed = read_twin(table, folder) if twin else None
    if packed is not None:
        return packed
    path = folder / table.path
    content = read_bytes(path)
    fault = fingerprint_fault(table, content) or header_fault(table, content)
    if fault:
        raise damaged(path, fault)
    try:
        frame = _parse(table, content)
    except (ValueError, TypeError, OverflowError, pd.errors.ParserWarning) as problem:
        raise damaged(path, f"a row or value cannot be read: {problem}") from problem
    if table.sha256 is None:
        _check_without_fingerprint(table, frame, path)
    return frame


def read_bytes(path: Path) -> bytes:
    """Content of a file of the data set. Raises DamagedFileError if it is not there."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise damaged(path, f"it cannot be opened ({problem.strerror})") from problem


def damaged(path: Path, fault: str) -> DamagedFileError:
    """The error that names the file, what is wrong with it, and the repair."""
    return DamagedFileError(f"{path.name} is damaged: {fault}. {REPAIR}. The file is {path}.")


def fingerprint_fault(table: Table, content: bytes) -> str | None:
    """What in the bytes differs from the fingerprint in datapackage.json, if it has one."""
    if table.sha256 is not None and hashlib.sha256(content).hexdigest() != table.sha256:
        unix = content.replace(b"\r\n", b"\n")
        if hashlib.sha256(unix).hexdigest() == table.sha256:
            return None
        if table.bytes is not None and len(unix) < table.bytes:
            return f"it has {len(unix)} bytes instead of {table.bytes}, so its end may be cut off"
        return "its content differs from the checksum in datapackage.json"
    if not content.endswith(b"\n"):
        return "its last line is cut off"
    return None


def header_fault(table: Table, content: bytes) -> str | None:
    """How the first line differs from the columns of the schema."""
    first = content[: content.find(b"\n")].rstrip(b"\r").decode("utf-8", errors="replace")
    found = [name.strip('"') for name in first.split(",")]
    if found == table.columns:
        return None
    absent = [name for name in table.columns if name not in found]
    extra = [name for name in found if name not in table.columns]
    parts = [f"column {', '.join(absent)} is absent"] if absent else []
    parts += [f"column {', '.join(extra)[:200]} is not in the schema"] if extra else []
    return " and ".join(parts) or "its columns are in another order than in the schema"


def _parse(table: Table, content: bytes) -> pd.DataFrame:
    with warnings.catch_warnings():
        # pandas only warns about rows that are longer than the header.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(
            BytesIO(content),
            dtype={field.name: _raw_dtype(field) for field in table.fields},
            keep_default_na=False,
            na_values=[""],
            float_precision="round_trip",
            index_col=False,
            low_memory=False,
            encoding="utf-8",
        )
    if list(frame.columns) != table.columns:
        raise ValueError("the header is not in the form of CSV")
    return typed(table, frame)


def typed(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Dates and levels of a freshly read frame as the schema has them.

    Raises ValueError at a date that is no calendar date or a level that the schema does not list.
    """
    columns: dict[str, Any] = {}
    for field in table.fields:
        column = frame[field.name]
        if field.type == "date" and column.dtype.kind != "M":
            columns[field.name] = _dates(column)
        elif field.levels:
            columns[field.name] = _levels(column, field)
        elif field.type in ("date", "integer"):
            columns[field.name] = column.astype(dtype(field))
        else:
            columns[field.name] = column
    return pd.DataFrame(columns, index=frame.index, copy=False)


def _raw_dtype(field: Field) -> Any:
    """What the C parser reads fastest; `typed` makes the schema's dtype of it."""
    if field.levels:
        return pd.CategoricalDtype()
    if field.type in ("integer", "number"):
        return np.dtype("int64" if field.type == "integer" and field.required else "float64")
    if field.type == "boolean":
        return np.dtype("bool") if field.required else pd.BooleanDtype()
    return np.dtype("object")


def _dates(column: pd.Series) -> Any:
    text = column.fillna("NaT").to_numpy(dtype="U")
    # numpy would read `1914` as the first of January.
    odd = (np.char.str_len(text) != 10) & (text != "NaT") if len(text) else text == ""
    if odd.any():
        raise ValueError(f"column {column.name}: {str(text[odd][0])!r} is not a date (YYYY-MM-DD)")
    return text.astype("datetime64[s]")


def _levels(column: pd.Series, field: Field) -> pd.Categorical:
    values = pd.Categorical(column)
    places = {level: code for code, level in enumerate(field.levels)}
    found = values.categories
    unknown = [value for value in found if value not in places]
    if unknown:
        raise ValueError(
            f"column {field.name}: {unknown[0]!r} is not one of {', '.join(field.levels)}"
        )
    # The last place is that of the missing value, whose code is -1.
    codes = np.array([*(places[value] for value in found), -1])[values.codes]
    return pd.Categorical.from_codes(codes, dtype=dtype(field))


def _check_without_fingerprint(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """A row that lacks its last fields reads as missing values: only required columns betray it."""
    for field in table.fields:
        if field.type == "number" and np.isinf(frame[field.name]).any():
            raise damaged(path, f"column {field.name} has an infinite value")
        if field.required and frame[field.name].isna().any():
            row = int(np.flatnonzero(frame[field.name].isna().to_numpy())[0])
            raise damaged(path, f"column {field.name} is empty in data row {row + 1}")


def read_twin(table: Table, folder: Path) -> pd.DataFrame | None:
    """The Parquet twin, unless it is absent, unreadable or made from another CSV."""
    path = folder / f"{table.name}.parquet"
    if not path.is_file() or table.sha256 is None or find_spec("pyarrow") is None:
        return None
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            made_from = (file.schema_arrow.metadata or {}).get(b"csv_sha256", b"").decode()
            if made_from != table.sha256:
                return None
            content = file.read(columns=table.columns, use_threads=False)
        # Starting threads costs more than they save on tables of this size.
        frame = content.to_pandas(date_as_object=False, use_threads=False)
        for field in table.fields:
            # Parquet has None for missing text, a CSV reads as NaN.
            if field.type == "string" and not field.levels and not field.required:
                column = frame[field.name]
                frame[field.name] = column.where(column.notna(), np.nan)
        return typed(table, frame)
    except Exception:  # what a library raises at a damaged file is up to the library
        # The CSV is the truth; `coalitiondata verify` reports the twin.
        return None


def read_text(path: Path, file: BinaryIO | None = None) -> pd.DataFrame:
    """A user's CSV with every cell as text, for `validate` to judge; from `file` if it is open.

    Raises DamagedFileError if it cannot be read as CSV in UTF-8.
    """
    try:
        with warnings.catch_warnings():
            # Cells beyond the header would else be dropped, or make the first column an index.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                file or path, dtype="object", keep_default_na=False, na_values=[""], index_col=False
            )
    except (OSError, ValueError, pd.errors.ParserWarning, MemoryError) as problem:
        raise DamagedFileError(f"{path} cannot be read as CSV in UTF-8: {problem}") from problem
