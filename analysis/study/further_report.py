"""What the report says of endings, states, blocks, checks, members and partners."""

from __future__ import annotations

import pandas as pd

from analysis.figures.words import p_text
from analysis.study.further import Further
from analysis.study.labels import interval_text, short

FAMILIES = {
    "governing": "cabinets",
    "wartime": "sides of wars",
    "ngo": "coalitions of organisations",
}


def further_section(rest: Further) -> str:
    """One line per family and topic; every number is computed."""
    lines = []
    for family, words in FAMILIES.items():
        lines.append(f"{words.capitalize()}, as states: {_states(rest, family)}.")
        lines.append(f"{words.capitalize()}, shape of the hazard: {_shape(rest, family)}.")
        lines.append(f"{words.capitalize()}, power against interests: {_blocks(rest, family)}.")
        lines.append(f"{words.capitalize()}, checks: {_checks(rest, family)}.")
    lines.append(f"Partners (H4): {_partners(rest)}.")
    lines.append(f"Coalitions of states and alliances (H8): {_lives(rest)}.")
    lines.append(
        "Members (H6, H7, H9): what each verdict hangs on is in the column `detail` of the answers "
        "and in `tables/members_effects`, with every variant."
    )
    return "## Further results\n\n" + "\n".join(f"- {line}" for line in lines)


def _of(rest: Further, table: str, family: str) -> pd.DataFrame:
    frame = rest.tables[table]
    return frame[frame["family"] == family]


def _states(rest: Further, family: str) -> str:
    spent = _of(rest, "states_expected", family).set_index("state")
    parts = [
        f"{interval_text(row['estimate'], row['conf_low'], row['conf_high'], 1)} {name}"
        for name, row in spent.iterrows()
    ]
    horizon = int(spent["years"].iloc[0])
    return f"of the first {horizon} years, expected years " + ", ".join(parts)


def _shape(rest: Further, family: str) -> str:
    table = _of(rest, "shapes_distributions", family).dropna(subset="aic").sort_values("aic")
    best, second = table.iloc[0], table.iloc[1]
    return (
        f"{best['distribution']} fits best by AIC ({best['aic']:.1f}; next "
        f"{second['distribution']} {second['aic']:.1f}); the hazard {best['course']}"
    )


def _blocks(rest: Further, family: str) -> str:
    table = _of(rest, "blocks_models", family).set_index("model")
    parts = [
        f"{name} C {table['harrell_c'][name]:.3f}, "
        f"cross-validated {table['cv_harrell_c'][name]:.3f}"
        for name in ("power", "interests", "joint")
    ]
    both = _of(rest, "blocks_differences", family)
    aic = both[
        (both["first"] == "power") & (both["second"] == "interests") & (both["measure"] == "aic")
    ].iloc[0]
    gap = interval_text(aic["estimate"], aic["conf_low"], aic["conf_high"], 1)
    return "; ".join(parts) + f"; AIC of interests less that of power {gap} (bootstrap of clusters)"


def _checks(rest: Further, family: str) -> str:
    sizes = _of(rest, "checks_sizes", family).set_index("model")
    main = "N3" if family == "ngo" else "M3"
    frail = _of(rest, "sensitivity_frailty", family)
    theta = frail.iloc[0]
    tests = _of(rest, "checks_proportionality", family)
    total = tests[(tests["model"] == main) & (tests["term"] == "GLOBAL")]["p_value"].iloc[0]
    without = _of(rest, "checks_without_clusters", family)
    turned = [
        f"{short(row['term'])} {row['lowest']:.2f} to {row['highest']:.2f}"
        for row in without.to_dict("records")
    ]
    return (
        f"{sizes['events_per_coefficient'][main]:.1f} events per coefficient in {main}; "
        f"proportional hazards {p_text(total)}; variance of gamma frailty "
        f"{interval_text(theta['theta'], theta['low'], theta['high'])} "
        f"({p_text(theta['p_value'])}); "
        f"hazard ratios when one cluster is left out: {', '.join(turned)}"
    )


def _partners(rest: Further) -> str:
    table = rest.tables["convergences_phases"]
    main = table[(table["channel"] == "un_agreement") & (table["variant"] == "main")]
    parts = [
        f"{row['phase']} {interval_text(row['estimate'], row['conf_low'], row['conf_high'], 3)}"
        for row in main.to_dict("records")
    ]
    return (
        f"agreement in the General Assembly relative to matched pairs, {', '.join(parts)}; years "
        f"before alike {p_text(float(main['pre_trend_p'].iloc[0]))}"
    )


def _lives(rest: Further) -> str:
    sizes = rest.lifespans.sizes.set_index("group")["median"] / 365.25
    return (
        f"median {sizes['coalition']:.1f} years against {sizes['alliance']:.1f} "
        f"(log-rank {p_text(rest.lifespans.log_rank_p)})"
    )
