"""Shares of power and influence of the members of a coalition, ready for `gamson`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.models.frame import numeric, require_columns
from coalitiondata.covariates.presence import measurement_year
from coalitiondata.errors import InvalidDataError
from coalitiondata.replacements import tables_or_shipped


def contributions(
    tables: Mapping[str, pd.DataFrame] | None = None, resource: str = "troops"
) -> pd.DataFrame:
    """What members of wartime coalitions put in, against their capabilities before they joined.

    One row per member of a coalition for which the data have any figure of `resource`:
    coalition_id, actor_id, `contribution` (its largest figure, persons), `cinc` (in the calendar
    year before it first joined), `is_leader` (1 or 0, missing where the role is),
    `contribution_share` and `cinc_share`, both among the members of the coalition for which
    contribution and CINC are known (`n_known` of `n_members`), missing for the others.

    Missing figures stay missing; those of members outside the system of states have no CINC.
    """
    tables = tables_or_shipped(tables, ("power", "memberships"))
    key = ["coalition_id", "actor_id"]
    power = tables["power"].astype({"resource": "object"})
    sent = power[power["resource"] == resource]
    if sent.empty:
        raise InvalidDataError(
            f"table 'power' has no resource {resource!r}; it has "
            + ", ".join(sorted(map(str, power["resource"].unique())))
        )
    members = tables["memberships"]
    members = members[members["coalition_id"].isin(sent["coalition_id"])]
    leads = (members["role"] == "leader").astype("float64").where(members["role"].notna())
    by_member = members.assign(is_leader=leads).groupby(key, as_index=False)
    rows = by_member.agg(joined=("joined", "min"), is_leader=("is_leader", "max"))
    largest = sent.groupby(key)["value"].max()
    rows["contribution"] = largest.reindex(pd.MultiIndex.from_frame(rows[key])).to_numpy()
    cinc = power[power["resource"] == "cinc"].set_index([*key, "year"])["value"]
    of_year = pd.MultiIndex.from_frame(rows[key].assign(year=measurement_year(rows["joined"])))
    rows["cinc"] = cinc.reindex(of_year).to_numpy()
    known = rows[["contribution", "cinc"]].notna().all(axis=1)
    for name in ("contribution", "cinc"):
        value = rows[name].where(known)
        rows[f"{name}_share"] = value / value.groupby(rows["coalition_id"]).transform("sum")
    by = rows["coalition_id"]
    rows["n_known"] = known.groupby(by).transform("sum")
    rows["n_members"] = known.groupby(by).transform("size")
    return rows.drop(columns="joined")


def whole_coalitions(
    frame: pd.DataFrame, inside: str, outside: str, tolerance: float = 1e-4
) -> pd.Series:
    """Numbers of the coalitions in a list of members that does not name them: 0, 1, 2, ...

    Members of one coalition stand together, and a coalition is complete with the first row up to
    which the shares of `inside` and of `outside` both sum to 1. For published lists such as that of
    Warwick and Druckman (2006).

    Raises:
        InvalidDataError: sums that miss 1, so that the list cannot be cut.
    """
    require_columns(frame, (inside, outside), "whole_coalitions")
    sums = np.column_stack([numeric(frame, c).cumsum() for c in (inside, outside)])
    # Complete coalitions sum to whole numbers, the same in both columns.
    gap = np.abs(sums - np.round(sums)).max(axis=1)
    same = np.round(sums[:, 0]) == np.round(sums[:, 1])
    ends = (gap <= tolerance) & same
    count = ends.cumsum()
    if not ends.any() or not ends[-1] or (np.round(sums[ends, 0]) != count[ends]).any():
        raise InvalidDataError(
            f"columns {inside!r} and {outside!r} cannot be cut into coalitions whose shares sum "
            f"to 1 within {tolerance}; sort members by coalition or add an id"
        )
    return pd.Series(count - ends, index=frame.index, name="coalition")
