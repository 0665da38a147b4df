"""H6: who leaves a coalition early. The tests are in `analysis.study.members`."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.models.membership import exit_frame, membership_exit
from analysis.study.member_rules import effects, quietly
from analysis.study.member_samples import Flow, standardised

Tables = Mapping[str, pd.DataFrame]

POWER, DISTANCE = "power_share_z", "leader_distance_z"
MEASURED = ("power_share", "leader_distance")
WITHIN = "coalition_id"


def exits(tables: Tables, since: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Effects and samples of H6 in both families."""
    parts = [_wartime(tables), _governing(tables, since)]
    found, flows = zip(*parts, strict=True)
    return pd.concat(found, ignore_index=True), pd.concat(flows, ignore_index=True)


def _wartime(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    flow = Flow("H6", "wartime", unit="stays")
    frame = flow.step("wars, expeditions, historical coalitions", exit_frame(tables=tables))
    frame = flow.step("duration known", frame[frame["duration"].notna()])
    induced = frame[frame["rewarded"].notna()]
    weak = frame
    for name in MEASURED:
        weak = flow.step(f"{name} known", weak[weak[name].notna()])
    flow.step("of these, in coalitions with an exit to compare", _informative(weak))
    flow.step("of those with duration: inducement known", induced)
    main, scale = standardised(weak, MEASURED)
    found = [_fit(main, f"{POWER} + {DISTANCE}", "wartime", "main", WITHIN, WITHIN)]
    found += [
        _fit(main, POWER, "wartime", "unadjusted", WITHIN, WITHIN),
        _fit(main, f"{POWER} + {DISTANCE}", "wartime", "across", WITHIN, "subtype"),
    ]
    variants = {
        "expeditions": main[main["subtype"] == "expedition"],
        "wars": main[main["subtype"] == "interstate_war"],
        "without_leader": main[main["actor_id"] != main["leader"]],
    }
    for variant, rows in variants.items():
        found.append(_fit(rows, f"{POWER} + {DISTANCE}", "wartime", variant, WITHIN, WITHIN))
    found += [
        _fit(induced, "rewarded", "wartime", "main", WITHIN, None),
        _fit(induced, "rewarded", "wartime", "within", WITHIN, WITHIN),
    ]
    return pd.concat(found, ignore_index=True), flow.table(scale)


def _governing(tables: Tables, since: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    flow = Flow("H6", "governing", unit="stays")
    frame = exit_frame("governing", tables=tables)
    frame = frame[(frame["subtype"] == "cabinet") & (frame["start"] >= pd.Timestamp(since))]
    frame = flow.step(f"cabinets since {since[:4]}, no caretakers", frame)
    frame = flow.step("duration known", frame[frame["duration"].notna()])
    for name in MEASURED:
        frame = flow.step(f"{name} known", frame[frame[name].notna()])
    flow.step("of these, in coalitions with an exit to compare", _informative(frame))
    main, scale = standardised(frame, MEASURED)
    both = f"{POWER} + {DISTANCE}"
    rest = main[main["actor_id"] != main["leader"]]
    found = [
        _fit(main, both, "governing", "main", "arena", WITHIN),
        _fit(main, POWER, "governing", "unadjusted", "arena", WITHIN),
        _fit(main, both, "governing", "across", "arena", None),
        _fit(rest, both, "governing", "without_leader", "arena", WITHIN),
    ]
    return pd.concat(found, ignore_index=True), flow.table(scale)


def _informative(frame: pd.DataFrame) -> pd.DataFrame:
    """Stays in coalitions that an estimate within coalitions learns from."""
    by = frame.groupby("coalition_id")["event"]
    return frame[(by.transform("sum") > 0) & (by.transform("size") > 1)]


def _fit(
    frame: pd.DataFrame, formula: str, family: str, variant: str, cluster: str, strata: str | None
) -> pd.DataFrame:
    fit = quietly(lambda: membership_exit(frame, formula, cluster=cluster, strata=strata))
    return effects(fit, "H6", family, variant, groups=frame["coalition_id"].nunique())
