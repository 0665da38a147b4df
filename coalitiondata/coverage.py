"""How much of each table and variable there is, by family of coalitions."""

from __future__ import annotations

import pandas as pd

from coalitiondata import schema
from coalitiondata.loading import load


def missing_by_family() -> pd.DataFrame:
    """Rows and missing values of every variable that is not complete, by family.

    Tables whose rows belong to coalitions are counted by the coalition's family. Columns: `table`,
    `variable`, `family`, `rows`, `missing`, `missing_share`, `missing_reason`.
    """
    parts = []
    for table in schema.tables().values():
        frame = _with_family(load(table.name))
        if "_family" not in frame:
            continue
        for field in table.fields:
            if field.required:
                continue
            by = frame[field.name].isna().groupby(frame["_family"], observed=True)
            counts = by.agg(["size", "sum"]).set_axis(["rows", "missing"], axis=1)
            parts.append(
                counts.rename_axis("family")
                .reset_index()
                .assign(
                    table=table.name,
                    variable=field.name,
                    missing_reason=field.missing_reason,
                    missing_share=lambda each: each["missing"] / each["rows"],
                )
            )
    columns = ["table", "variable", "family", "rows", "missing", "missing_share", "missing_reason"]
    return pd.concat(parts, ignore_index=True)[columns]


def rows_by_family() -> pd.DataFrame:
    """Rows of every table whose rows belong to coalitions: one column per family."""
    counts = {}
    for table in schema.tables().values():
        frame = _with_family(load(table.name))
        if "_family" in frame:
            counts[table.name] = frame["_family"].astype("object").value_counts()
    return pd.DataFrame(counts).T.fillna(0).astype("int64").rename_axis("table")


def _with_family(frame: pd.DataFrame) -> pd.DataFrame:
    if "family" in frame:
        return frame.assign(_family=frame["family"])
    # Evidence also is on organisations, which belong to no single family.
    if "coalition_id" not in frame or frame["coalition_id"].isna().any():
        return frame
    family = load("coalitions").set_index("coalition_id")["family"]
    return frame.assign(_family=frame["coalition_id"].map(family))
