"""Numbers for levels, for the programs that keep a category as a number with a label."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from coalitiondata.schema import Table

COLUMNS = ["table", "variable", "code", "level", "label"]


def codes(column: pd.Series) -> pd.Series:
    """1, 2, ... in the order of the schema, missing where the column is; dtype Int16."""
    numbers = column.cat.codes.astype("Int16") + 1
    return numbers.mask(numbers == 0)


def named_codes(levels: Iterable[str]) -> dict[int, str]:
    """The name of the level behind each of these numbers."""
    return dict(enumerate(levels, start=1))


def levels(tables: Iterable[Table]) -> pd.DataFrame:
    """One row per level of every variable that has listed levels.

    Columns: `table`, `variable`, `code` (the number in Stata and SPSS files), `level` (as it stands
    in the data), `label` (its meaning; missing if the schema has none).
    """
    rows = [
        (table.name, field.name, code, level, (field.labels or {}).get(level))
        for table in tables
        for field in table.fields
        for code, level in named_codes(field.levels).items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"code": "int64"})
