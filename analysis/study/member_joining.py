"""H9: who becomes a member and who leads. The tests are in `analysis.study.members`."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.models.choice import joining
from analysis.models.influence import strongest_leads
from analysis.study.member_rules import effects, quietly
from analysis.study.member_samples import (
    Flow,
    parties_in_parliament,
    standardised,
    states_of_the_system,
)

Tables = Mapping[str, pd.DataFrame]

DISTANCE = "leader_distance_z"
SEATS, CINC, OWN_SHARE = "seat_share_z", "log_cinc_z", "coalition_share_z"
FEW_MEMBERS = 10
LEADS = "is_leader"


def choices(tables: Tables, since: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Effects and samples of becoming a member, in both families."""
    parts = [_parties(tables, since), _states(tables)]
    found, flows = zip(*parts, strict=True)
    return pd.concat(found, ignore_index=True), pd.concat(flows, ignore_index=True)


def _parties(tables: Tables, since: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    flow = Flow("H9", "governing", unit="parties")
    everyone = parties_in_parliament(tables)
    filled = parties_in_parliament(tables, positions="all")

    def eligible(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[(rows["seats"] > 0) & rows["leader"].notna()]

    def others(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[rows["actor_id"] != rows["leader"]]

    def drawn(rows: pd.DataFrame) -> pd.DataFrame:
        after = rows["start"] >= pd.Timestamp(since)
        return others(eligible(rows[after & (rows["subtype"] == "cabinet")]))

    of_sample = everyone["start"] >= pd.Timestamp(since)
    sample = everyone[of_sample & (everyone["subtype"] == "cabinet")]
    flow.step(f"cabinets since {since[:4]}, no caretakers", sample)
    # A party without seats is listed only if it joined, so that its choice is no choice.
    flow.step("seats known and above 0, leading party known", eligible(sample))
    power_only = flow.step("leading party left out", drawn(everyone))
    known = flow.step("distance known", power_only[power_only["leader_distance"].notna()])
    main, scale = standardised(known, ("seat_share", "leader_distance"))
    both = f"{SEATS} + {DISTANCE}"

    def scaled(rows: pd.DataFrame) -> pd.DataFrame:
        return standardised(rows, ("seat_share", "leader_distance"), scale)[0]

    late = everyone["start"] >= pd.Timestamp(since)
    variants = {
        "main": (main, both),
        "unadjusted": (main, SEATS),
        "all_positions": (scaled(drawn(filled)), both),
        "with_caretakers": (scaled(others(eligible(everyone[late]))), both),
        "before_1945": (scaled(others(eligible(everyone[everyone["subtype"] == "cabinet"]))), both),
        "power_only": (scaled(power_only), SEATS),
        "leader_in": (scaled(eligible(sample)), SEATS),
    }
    found = [_fit(rows, formula, "governing", name) for name, (rows, formula) in variants.items()]
    return pd.concat(found, ignore_index=True), flow.table(scale)


def _states(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    flow = Flow("H9", "wartime", unit="states")
    everyone = flow.step("sides of inter-state wars", states_of_the_system(tables))
    led = flow.step("strongest founding member known", everyone[everyone["leader"].notna()])
    powers = flow.step("CINC known", led[led["log_cinc"].notna()])
    others = flow.step("leader left out", powers[powers["actor_id"] != powers["leader"]])
    known = flow.step("distance known", others[others["leader_distance"].notna()])
    main, scale = standardised(known, ("log_cinc", "leader_distance"))

    def scaled(rows: pd.DataFrame) -> pd.DataFrame:
        return standardised(rows, ("log_cinc", "leader_distance"), scale)[0]

    size = main.groupby("coalition_id")["joined"].transform("sum")
    variants = {
        "main": (main, f"{CINC} + {DISTANCE}"),
        "unadjusted": (main, CINC),
        "pact": (main, f"{CINC} + defence_pact"),
        "small_sides": (main[size <= FEW_MEMBERS], f"{CINC} + {DISTANCE}"),
        "power_only": (scaled(others), CINC),
        "leader_in": (scaled(powers), CINC),
    }
    found = [_fit(rows, formula, "wartime", name) for name, (rows, formula) in variants.items()]
    return pd.concat(found, ignore_index=True), flow.table(scale)


def _fit(frame: pd.DataFrame, formula: str, family: str, variant: str) -> pd.DataFrame:
    fit = quietly(lambda: joining(frame, formula, cluster="arena"))
    return effects(fit, "H9 joining", family, variant)


def party_leadership(tables: Tables, since: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Which member party has the prime minister: effects, samples, and the exact test."""
    flow = Flow("H9 leading", "governing", unit="member parties")
    rows = parties_in_parliament(tables)
    after = rows["start"] >= pd.Timestamp(since)
    rows = rows[after & (rows["subtype"] == "cabinet") & rows["joined"].astype(bool)]
    flow.step(f"cabinets since {since[:4]}, no caretakers", rows)
    rows = flow.step("leading party known", rows[rows["leader"].notna()])
    whole = rows["seats"].notna().groupby(rows["coalition_id"]).transform("all")
    rows = flow.step("seats of all members known", rows[whole])
    total = rows.groupby("coalition_id")["seats"].transform("sum")
    rows = rows.assign(
        coalition_share=rows["seats"] / total,
        is_leader=(rows["actor_id"] == rows["leader"]).astype("float64"),
    )
    main, scale = standardised(rows, ("coalition_share",))
    fit = quietly(lambda: joining(main, OWN_SHARE, joined=LEADS, cluster="arena"))
    test = strongest_leads(main, group="coalition_id", power="seats", leader=LEADS)
    return effects(fit, "H9 leading", "governing", "main"), flow.table(scale), test
