"""H7: does influence inside a coalition follow power outside? Tests: `analysis.study.members`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.models.influence import gamson, strongest_leads
from analysis.models.shares import contributions
from analysis.study.member_rules import effects, quietly
from analysis.study.member_samples import Flow

Tables = Mapping[str, pd.DataFrame]

TROOPS, CINC = "contribution_share", "cinc_share"
COALITION = "coalition_id"
LEAST_KNOWN = 3


def troops(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Effects and sample of the share of troops sent on the share of capabilities."""
    flow = Flow("H7 troops", "wartime", unit="members")
    rows = flow.step("coalitions with any figure of troops", contributions(tables))
    rows = flow.step("troops and CINC known", rows[rows[TROOPS].notna()])
    rows = flow.step(f"{LEAST_KNOWN} or more such members", rows[rows["n_known"] >= LEAST_KNOWN])
    logs = {
        "log_troops": np.log(rows["contribution"].where(rows["contribution"] > 0)),
        "log_cinc": np.log(rows["cinc"].where(rows["cinc"] > 0)),
    }
    rows = rows.assign(**logs)
    strongest = rows.groupby(COALITION)["cinc"].transform("max") == rows["cinc"]
    variants = {
        "main": (rows, TROOPS, CINC, COALITION),
        "pooled": (rows, TROOPS, CINC, None),
        "logarithms": (rows, "log_troops", "log_cinc", COALITION),
        "without_strongest": (rows[~strongest], TROOPS, CINC, COALITION),
        "all_known": (rows[rows["n_known"] == rows["n_members"]], TROOPS, CINC, COALITION),
    }
    found = [_fit(name, *variant) for name, variant in variants.items()]
    scale = rows[[TROOPS, CINC]].agg(["mean", "std"]).T
    return pd.concat(found, ignore_index=True), flow.table(scale)


def _fit(
    variant: str, frame: pd.DataFrame, inside: str, outside: str, within: str | None
) -> pd.DataFrame:
    fit = quietly(
        lambda: gamson(frame, inside=inside, outside=outside, within=within, cluster=COALITION)
    )
    return effects(fit, "H7 troops", "wartime", variant, groups=frame[COALITION].nunique())


def state_leadership(tables: Tables) -> tuple[pd.DataFrame, pd.Series]:
    """The exact test of whether the strongest member leads, and its sample.

    Coalitions of states whose leader is on record; CINC in the year before the coalition's start
    of the members that were in within 30 days, and of the leader whenever it came.
    """
    flow = Flow("H7 leading", "wartime", unit="members")
    frame = leader_frame(tables)
    flow.step("founding members of coalitions with a leader on record", frame)
    known = frame["cinc"].notna().groupby(frame[COALITION]).transform("all")
    flow.step("CINC of all of them known", frame[known])
    test = strongest_leads(frame, group=COALITION, power="cinc", leader="is_leader")
    return flow.table(frame[["cinc"]].agg(["mean", "std"]).T), test


def leader_frame(tables: Tables, founding_days: int = 30) -> pd.DataFrame:
    """coalition_id, actor_id, cinc, is_leader of wartime coalitions with a coded leader."""
    coalitions = tables["coalitions"]
    led = coalitions[(coalitions["family"] == "wartime") & coalitions["leader"].notna()]
    rows = tables["memberships"][[COALITION, "actor_id", "joined"]].merge(
        led[[COALITION, "start", "leader"]], on=COALITION
    )
    leads = rows["actor_id"] == rows["leader"]
    founding = rows["joined"] <= rows["start"] + pd.Timedelta(days=founding_days).as_unit("s")
    rows = rows[founding | leads].drop_duplicates([COALITION, "actor_id"])
    power = tables["power"].astype({"resource": "object"})
    cinc = power[power["resource"] == "cinc"]
    keys = rows.assign(year=rows["start"].dt.year - 1)[[COALITION, "actor_id", "year"]]
    value = cinc.set_index([COALITION, "actor_id", "year"])["value"]
    return rows.assign(
        cinc=value.reindex(pd.MultiIndex.from_frame(keys)).to_numpy(),
        is_leader=(rows["actor_id"] == rows["leader"]).astype("float64"),
    )[[COALITION, "actor_id", "cinc", "is_leader"]].reset_index(drop=True)
