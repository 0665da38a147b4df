"""Shares of power at the start, and the power of votes in parliament."""

from __future__ import annotations

import pandas as pd

from coalitiondata.covariates.power import member_power
from coalitiondata.covariates.presence import members_at, undated_from_start
from coalitiondata.measures import banzhaf, shapley_shubik
from explorer_data import plain
from explorer_data.plain import Row
from explorer_data.tables import Data

GRACE_DAYS = 30
"""Founding members are those in within this many days, as in `survival_frame`."""


def shares_at_start(data: Data) -> dict[str, list[Row]]:
    """The values behind `power_hhi`, by coalition: one row per founding member.

    `share` is `value` over `power_total` of the survival frame: missing if any value is.
    Coalitions of organisations have no resource that is known for all members, so no shares.
    """
    coalitions = data.tables["coalitions"]
    of_powers = coalitions[coalitions["family"] != "ngo"]
    moments = of_powers.assign(moment=of_powers["coalition_id"], at=of_powers["start"])
    entries = undated_from_start(data.tables["memberships"], coalitions)
    present = members_at(entries, moments, GRACE_DAYS)
    founders = member_power(data.tables, present)
    family = coalitions.set_index("coalition_id")["family"].astype("object")
    cabinet = founders["coalition_id"].map(family) == "governing"
    # The chamber at the start for seats; the year before the start for capabilities.
    year = founders["at"].dt.year.where(cabinet, founders["at"].dt.year - 1)
    resource = cabinet.map({True: "seats", False: "cinc"})
    founders = founders.assign(year=year.astype("int64"), resource=resource)
    key = ["coalition_id", "actor_id", "year", "resource"]
    power = data.tables["power"].astype({"resource": "object"})
    said = power[[*key, "unit", "basis", "missing_reason", "source"]]
    founders = founders.merge(said, on=key, how="left", validate="1:1")
    total = founders["coalition_id"].map(data.survival.set_index("coalition_id")["power_total"])
    founders = founders.assign(share=founders["value"] / total.where(total > 0))
    founders = founders.sort_values(
        ["coalition_id", "value", "actor_id"], ascending=[True, False, True]
    )
    columns = ["actor_id", *key[2:], "value", "share", "unit", "basis", "missing_reason", "source"]
    return plain.by_coalition(founders, columns)


def votes(data: Data) -> dict[str, list[Row]]:
    """Voting power of cabinet parties in the chamber that the cabinet faced, by coalition.

    The players are all parties of the chamber, the quota is more than half of it. The chamber has
    the seats that the source states, or those of its parties if they are more, as for `seat_share`.
    Missing if any party's seats are unknown.
    """
    coalitions = data.tables["coalitions"]
    cabinets = coalitions[coalitions["family"] == "governing"]
    known = cabinets.dropna(subset="chamber_seats")
    seats = plain.column(known["chamber_seats"])
    stated: dict[str, int] = dict(zip(known["coalition_id"], map(int, seats), strict=True))
    parties = data.tables["candidates"]
    parties = parties[parties["coalition_id"].isin(cabinets["coalition_id"])]
    found: dict[str, list[Row]] = {}
    for owner, chamber in parties.groupby("coalition_id"):
        found[str(owner)] = [_game(chamber, stated.get(str(owner), 0))]
    return found


def _game(chamber: pd.DataFrame, stated: int) -> Row:
    seats = chamber["seats"].astype("float64")
    known = bool(seats.notna().all())
    size = max(stated, int(seats.sum())) if known else stated
    quota = size // 2 + 1
    playable = known and quota <= seats.sum()
    blank = pd.Series(float("nan"), index=chamber.index)
    scored = chamber.assign(
        banzhaf=banzhaf(seats, quota) if playable else blank,
        shapley_shubik=shapley_shubik(seats, quota) if playable else blank,
    )
    inside = scored[scored["joined"]].sort_values(
        ["seats", "actor_id"], ascending=[False, True], na_position="last"
    )
    return {
        "chamber_seats": size or None,
        "quota": quota if playable else None,
        "parties": len(chamber),
        "members": plain.rows(inside, ["actor_id", "seats", "banzhaf", "shapley_shubik"]),
    }
