"""Power concentration among the members that are present at given moments."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coalitiondata.covariates.presence import measurement_year
from coalitiondata.measures.grouped import MEASURES, concentration


def concentrated(values: pd.DataFrame) -> pd.DataFrame:
    """One row per moment: n_members, power_total and every concentration as `power_<measure>`.

    `values` are the members present with their power, as `member_power` gives them. `power_total`
    is the sum: seats, or the share of the system's capabilities. A member whose power is unknown
    makes all of these missing, except n_members.
    """
    measured = concentration(values, "moment", "value", MEASURES)
    measured = measured.drop(columns="n_missing").rename(
        columns={name: f"power_{name}" for name in MEASURES}
    )
    total = values.groupby("moment")["value"].agg(lambda value: value.sum(skipna=False))
    return measured.merge(total.rename("power_total"), on="moment", how="left")


def member_power(
    tables: Mapping[str, pd.DataFrame], present: pd.DataFrame, *, governance: bool = False
) -> pd.DataFrame:
    """The rows of `present` with `value`, each member's resource, missing if unknown.

    The resource is seats for cabinets (at the cabinet's start) and CINC in the year before the
    moment for states. Organisations have no resource that is known for all members of a coalition;
    `governance` takes instead who had a part in its decisions (1 or 0), which is no resource and
    not comparable.
    """
    key = ["coalition_id", "actor_id"]
    power = tables["power"].astype({"resource": "object"})
    seats = power[power["resource"] == "seats"].set_index(key)["value"]
    cinc = power[power["resource"] == "cinc"].set_index([*key, "year"])["value"]
    of_member = pd.MultiIndex.from_frame(present[key])
    of_year = pd.MultiIndex.from_frame(
        present[key].assign(year=measurement_year(present["at"]).to_numpy())
    )
    value = pd.Series(seats.reindex(of_member).to_numpy(), index=present.index)
    value = value.where(of_member.isin(seats.index), cinc.reindex(of_year).to_numpy())
    if governance:
        rights = power[power["resource"] == "decision_right"].set_index(key)["value"]
        value = value.where(~of_member.isin(rights.index), rights.reindex(of_member).to_numpy())
    return present.assign(value=value)
