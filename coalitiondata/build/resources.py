"""Rows of the table `power`."""

from __future__ import annotations

import pandas as pd


def resource_rows(values: pd.DataFrame, resource: str, unit: str, source: str) -> pd.DataFrame:
    """Rows of `power` from columns coalition_id, actor_id, year and value, as coded by `source`.

    A missing value gets the reason `no_record`.
    """
    known = values["value"].notna()
    label = pd.Series(None, index=values.index, dtype="object")
    return pd.DataFrame(
        {
            "coalition_id": values["coalition_id"],
            "actor_id": values["actor_id"],
            "year": values["year"].astype("Int64"),
            "resource": resource,
            "value": values["value"].astype("Float64"),
            "unit": unit,
            "basis": label.mask(known, "source"),
            "missing_reason": label.mask(~known, "no_record"),
            "source": source,
        }
    )
