"""One table -> one R data frame (.rds), which base R reads without any package."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coalitiondata import schema
from coalitiondata.schema import Field, Table

_LARGEST = 2**31 - 1  # of R's integers
_MISSING = -(2**31)  # their NA


@dataclass(frozen=True, slots=True)
class _Vector:
    """Values, or columns of a data frame, with R's attributes."""

    values: Any
    attributes: dict[str, Any]


def write_rds(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Write one table as a data frame of R: `readRDS("coalitions.rds")`.

    Levels become factors with all levels of the schema in its order, dates `Date`, booleans
    logical, whole numbers integer (double if one does not fit), every missing value `NA`. Each
    column has the attributes `label` (its title), `description` and, where there is one, `unit`;
    a factor has `meanings`, a character vector named by level. The frame has `label`,
    `description` and `version`.
    """
    from rdata.conversion import convert_python_to_r_data
    from rdata.conversion.to_r import DEFAULT_CLASS_MAP

    content = _Vector(
        [_column(field, frame[field.name]) for field in table.fields],
        {
            "names": np.array(table.columns, dtype="U"),
            "class": "data.frame",
            # R's short form of the row names 1, 2, ...
            "row.names": np.array([_MISSING, -len(frame)], dtype="int32"),
            "label": table.title,
            "description": table.description,
            "version": str(schema.package()["version"]),
        },
    )
    built = convert_python_to_r_data(
        content, constructor_dict={_Vector: _build, **DEFAULT_CLASS_MAP}
    )
    path.write_bytes(_packed(built))


def _packed(built: Any) -> bytes:
    from rdata.unparser import UnparserXDR  # type: ignore[attr-defined]

    class Writer(UnparserXDR):
        """The library's writer passes each length through numpy, which takes most of its time."""

        def unparse_int(self, value: Any) -> None:
            self.file.write(int(value).to_bytes(4, "big", signed=True))

    content = BytesIO()
    Writer(content).unparse_r_data(built)
    # In gzip without a time of writing, the same data make the same bytes.
    return gzip.compress(content.getvalue(), mtime=0)


def _build(vector: _Vector, converter: Any) -> Any:
    built = converter.convert_to_r_object(vector.values)
    built.attributes = converter.convert_to_r_attributes(vector.attributes)
    built.info.attributes = True
    built.info.object = "class" in vector.attributes
    return built


def _column(field: Field, column: pd.Series) -> _Vector:
    words: dict[str, Any] = {"label": field.title, "description": field.description}
    words |= {"unit": field.unit} if field.unit else {}
    if field.levels:
        names = np.array(field.levels, dtype="U")
        meanings = [(field.labels or {}).get(level, level) for level in field.levels]
        words |= {"levels": names, "class": "factor"}
        words["meanings"] = _Vector(np.array(meanings, dtype="U"), {"names": names})
        whole = column.cat.codes.to_numpy(dtype="int32") + 1
        return _Vector(_whole(whole, whole == 0), words)
    if field.type == "date":
        days = column.to_numpy(dtype="datetime64[D]").astype("float64")
        return _Vector(_real(days, column), words | {"class": "Date"})
    if field.type == "string":
        return _Vector(column.astype("object").to_numpy(), words)
    if field.type == "boolean":
        # R keeps logical values as integers: 0, 1 and its NA of integers.
        flags = column.astype("boolean").fillna(False).to_numpy(dtype="bool")
        missing = column.isna().to_numpy()
        return _Vector(np.ma.array(flags, mask=missing), words)
    if field.type == "integer" and bool((column.dropna().abs() <= _LARGEST).all()):
        return _Vector(_whole(column.fillna(0).to_numpy(dtype="int32"), column.isna()), words)
    return _Vector(_real(column.to_numpy(dtype="float64", na_value=np.nan), column), words)


def _whole(values: Any, missing: Any) -> Any:
    return np.where(missing, np.int32(_MISSING), values).astype("int32")


def _real(values: Any, column: pd.Series) -> Any:
    from rdata.missing import R_FLOAT_NA

    return np.where(column.isna(), R_FLOAT_NA, values)
