"""Material capabilities of the members of wartime coalitions (COW)."""

from __future__ import annotations

import pandas as pd

from coalitiondata.build.rda import read_rda
from coalitiondata.build.resources import resource_rows
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import actor_ids, spread_years, system_years


def cinc(memberships: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    """Rows of `power` with the Composite Index of National Capability of every member.

    The years of a member run from the one before it joined to the one in which it left, in each
    of its spells. Years in which it was not in the state system are left out (Poland in 1940,
    South Korea in 1948): there is nothing to know. A member in the system without an index has a
    row with a missing value and the reason `no_record`.
    """
    wanted = spread_years(
        memberships[["coalition_id", "actor_id"]],
        memberships["joined"].dt.year - 1,
        memberships["left"].dt.year,
    )
    index = read_rda(raw("cow/cow_nmc.rda"))[["ccode", "year", "cinc"]].astype({"year": "int64"})
    index["actor_id"] = actor_ids(index["ccode"])
    in_system = system_years(raw)
    in_system["actor_id"] = actor_ids(in_system["cow_code"])
    rows = wanted.merge(in_system[["actor_id", "year"]], on=["actor_id", "year"]).merge(
        index[["actor_id", "year", "cinc"]], on=["actor_id", "year"], how="left"
    )
    return resource_rows(rows.rename(columns={"cinc": "value"}), "cinc", "share", "cow_nmc")
