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


def coverage_markdown() -> str:
    """Both tables as Markdown, for the codebook."""
    rows = rows_by_family()
    head = _head(["table", *rows.columns])
    lines = [
        f"| {name} | {' | '.join(f'{n:,}' for n in counts)} |"
        for name, counts in zip(rows.index, rows.to_numpy(), strict=True)
    ]
    missing = missing_by_family()
    wide = missing.pivot_table(
        index=["table", "variable"],
        columns="family",
        values="missing_share",
        sort=False,
        observed=True,
    )
    reason = missing.drop_duplicates(["table", "variable"]).set_index(["table", "variable"])
    wide = wide[(wide > 0).any(axis=1)]
    gaps = _head(["table", "variable", *wide.columns, "why"])
    gap_lines = [
        f"| {table} | `{variable}` | "
        + " | ".join("" if pd.isna(share) else f"{share:.1%}" for share in shares)
        + f" | {reason.loc[(table, variable), 'missing_reason']} |"
        for (table, variable), shares in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    return "\n\n".join(
        [
            "## Rows by table and family",
            head + "\n".join(lines),
            "## Missing values by variable and family",
            "Share of rows without a value; complete variables are left out.",
            gaps + "\n".join(gap_lines),
        ]
    )


def _head(names: list[str]) -> str:
    return f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"


def _with_family(frame: pd.DataFrame) -> pd.DataFrame:
    if "family" in frame:
        return frame.assign(_family=frame["family"])
    # Evidence also is on organisations, which belong to no single family.
    if "coalition_id" not in frame or frame["coalition_id"].isna().any():
        return frame
    family = load("coalitions").set_index("coalition_id")["family"]
    return frame.assign(_family=frame["coalition_id"].map(family))
