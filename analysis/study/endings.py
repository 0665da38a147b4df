"""How coalitions end: incidence of each ending, and what power and interests have to do with it.

The specification is the part of docs/analysis-plan.md on endings. No verdict uses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.competing import cumulative_incidence, fine_gray, gray_test
from analysis.models.cox import cox
from analysis.models.frame import Floats
from analysis.models.result import Fit, Z
from analysis.study import organisations, samples
from analysis.study.duration_models import Fitted
from analysis.study.plan import DAYS_PER_YEAR
from analysis.study.settings import FEW_EVENTS, Setting, all_settings, attempt, halves, stacked

CENSORED = "censored"
UNKNOWN = "ended, unknown how"
SCHEDULED = "scheduled election"
# No kinds of their own, or no failures, so that a model of them would mean nothing.
RESIDUAL = ("another cause", UNKNOWN, SCHEDULED)
CAUSES: Mapping[str, Mapping[str, str]] = {
    "governing": {
        "early_election": "early election",
        "party_change": "replacement",
        "prime_minister_change": "replacement",
        "resigned": "collapse",
        "lost_confidence": "collapse",
        "regular_election": SCHEDULED,
        "other": "another cause",
    },
    "wartime": {
        "victory": "goal achieved",
        "defeat": "goal lost",
        "compromise": "settled",
        "stalemate": "settled",
        "members_left": "given up",
        "transformed_war": "war of another kind",
    },
}
# Dissolution or replacement: whether there was a new cabinet without an election
# (Diermeier and Stevenson 1999, American Journal of Political Science 43: 1051-1068).
GROUPINGS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "governing": {
        "endings": {},
        "dissolution": {"replacement": "without election", "collapse": "without election"},
    }
}
YEARS: Mapping[str, Sequence[float]] = {
    "governing": (1, 2, 3, 4),
    "wartime": (0.25, 0.5, 1, 2, 5),
    "ngo": organisations.AT_YEARS,
}


@dataclass(frozen=True, eq=False)
class Endings:
    """Tidy tables, the families one below the other; times in years.

    Attributes:
        counts: family, ending, cause, n, complete_n: coalitions of the sample and complete cases.
        incidence: family, by (all, depth, power), group, ending, years, n_risk (just before),
            estimate, low, high.
        gray: family, by, ending, n, events, statistic, df, p_value.
        effects: family, grouping, ending, model (cause-specific; fine-gray; fine-gray, elections
            censor), term, hazard_ratio, low, high, p_value, n, events, clusters,
            events_per_covariate, note.
        differences: family, grouping, term, endings, statistic, df, p_value, note.
    """

    counts: pd.DataFrame
    incidence: pd.DataFrame
    gray: pd.DataFrame
    effects: pd.DataFrame
    differences: pd.DataFrame


def endings(tables: samples.Tables, settings: list[Setting] | None = None) -> Endings:
    """Every table of the part on endings, for all families or the given settings."""
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in Endings.__annotations__}

    def add(name: str, table: pd.DataFrame, **labels: str) -> None:
        found[name].append(
            pd.DataFrame({k: [v] * len(table) for k, v in labels.items()}).join(table)
        )

    for setting in settings if settings is not None else all_settings(tables):
        family = setting.id
        everything, complete = ended(setting, tables)
        add("counts", counts(everything, complete), family=family)
        add(
            "incidence",
            incidence(everything.assign(group="all"), YEARS[family]),
            family=family,
            by="all",
        )
        for by in ("depth", "power"):
            grouped = halves(everything, setting, by)
            add("incidence", incidence(grouped, YEARS[family]), family=family, by=by)
            add("gray", gray(grouped), family=family, by=by)
        for grouping, names in GROUPINGS.get(family, {"endings": {}}).items():
            rows = complete.assign(ending=complete["ending"].replace(names))
            # Endings that the grouping leaves as they were have been modelled before.
            changed = sorted(set(names.values())) or None
            add("effects", effects(setting, rows, changed), family=family, grouping=grouping)
            add("differences", differences(setting, rows), family=family, grouping=grouping)
    return Endings(**{name: stacked(parts) for name, parts in found.items()})


def ended(setting: Setting, tables: samples.Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The sample and its complete cases with `ending`: how each ended, or "censored".

    A scheduled election is an ending here, with its cause in `cause`; `event` stays as in the main
    sample, where it censors.
    """
    everything, complete = setting.drawn.frame, setting.drawn.complete
    if setting.id == "ngo":
        names = {organisations.UNKNOWN_WAY: UNKNOWN}
        return (
            everything.assign(ending=everything["way"].replace(names)),
            complete.assign(ending=complete["way"].replace(names)),
        )
    source = everything
    if setting.id == "governing":
        family = setting.drawn.family
        variant = next(each for each in family.variants if each.id == "elections_as_ends")
        source = samples.draw(family, variant, tables, setting.drawn.scale).frame
    cause = source.set_index("unit_id")["cause"]
    ending = cause.map({**CAUSES[setting.id], CENSORED: CENSORED}).fillna(UNKNOWN)
    return (
        everything.assign(
            cause=everything["unit_id"].map(cause), ending=everything["unit_id"].map(ending)
        ),
        complete.assign(
            cause=complete["unit_id"].map(cause), ending=complete["unit_id"].map(ending)
        ),
    )


def counts(everything: pd.DataFrame, complete: pd.DataFrame) -> pd.DataFrame:
    """Coalitions by ending and cause: n in the sample, complete_n among the complete cases."""
    sizes = {
        name: rows.assign(cause=rows["cause"].astype("object").fillna("unknown"))
        .groupby(["ending", "cause"])
        .size()
        for name, rows in (("n", everything), ("complete_n", complete))
    }
    return pd.DataFrame(sizes).fillna(0).astype("int64").reset_index()


def incidence(rows: pd.DataFrame, years: Sequence[float]) -> pd.DataFrame:
    """Aalen-Johansen incidence of each ending by `group` after fixed numbers of years.

    Limits are missing as long as the ending has not happened; estimates too after the last time at
    which anybody was observed, unless by then all had ended.
    """
    curve = cumulative_incidence(rows, "duration", "ending", by="group")
    out = []
    for group, of_group in curve.groupby("group", sort=True):
        reached = of_group.groupby("cause")["estimate"].last().sum()
        for ending, part in of_group.groupby("cause", sort=True):
            time = part["time"].to_numpy()
            for year in years:
                days = year * DAYS_PER_YEAR
                # The last step at or before; the number at risk is that of the next time.
                before = int(np.searchsorted(time, days, side="right"))
                after = int(np.searchsorted(time, days, side="left"))
                row: dict[str, object] = {"group": group, "ending": ending, "years": float(year)}
                row["n_risk"] = int(part["n_risk"].iloc[after]) if after < len(time) else 0
                known = days <= time[-1] or reached > 1 - 1e-9
                row["estimate"] = np.nan if before else 0.0
                row["low"] = row["high"] = np.nan
                if before and known:
                    step = part.iloc[before - 1]
                    row |= {
                        "estimate": float(step["estimate"]),
                        "low": float(step["conf_low"]),
                        "high": float(step["conf_high"]),
                    }
                out.append(row)
    return pd.DataFrame(out)


def gray(rows: pd.DataFrame) -> pd.DataFrame:
    """Gray's test between the groups of `group`, for endings with at least ten events."""
    tests = gray_test(rows, "group", "duration", "ending").rename(columns={"cause": "ending"})
    tests.insert(1, "n", len(rows))
    tests.insert(2, "events", tests["ending"].map(rows["ending"].value_counts()))
    return tests[tests["events"] >= FEW_EVENTS].reset_index(drop=True)


def modelled(rows: pd.DataFrame) -> list[str]:
    """Endings with at least ten events that are a kind of their own, most frequent first."""
    sizes = rows["ending"].value_counts()
    kinds = sizes[(sizes >= FEW_EVENTS) & ~sizes.index.isin([*RESIDUAL, CENSORED])]
    return [str(name) for name in sorted(kinds.index, key=lambda name: (-kinds[name], name))]


def effects(
    setting: Setting, rows: pd.DataFrame, kinds: Sequence[str] | None = None
) -> pd.DataFrame:
    """Cause-specific and subdistribution hazard ratios of the main model's covariates.

    Endings are `kinds`, or all that are `modelled`. Intervals allow for clusters: cause-specific
    ones by the sandwich, Fine and Gray's by the jackknife, sqrt((G - 1) / G sum (b_g - mean b)^2)
    over the estimates without cluster g.
    """
    parts = []
    samples_of = {"fine-gray": rows}
    if (rows["ending"] == SCHEDULED).any():
        on = rows["ending"].replace({SCHEDULED: CENSORED})
        samples_of["fine-gray, elections censor"] = rows.assign(ending=on)
    for ending in modelled(rows) if kinds is None else kinds:
        fitted = _specific(setting, rows, ending)
        tables = {"cause-specific": (_ratios(fitted.fit), fitted.note)}
        for name, sample in samples_of.items():
            tables[name] = _fine_gray(setting, sample, ending)
        for model, (ratios, note) in tables.items():
            parts.append(
                ratios.reindex(list(setting.terms))
                .rename_axis("term")
                .reset_index()
                .assign(
                    ending=ending,
                    model=model,
                    n=len(rows),
                    events=fitted.events,
                    clusters=fitted.clusters,
                    events_per_covariate=fitted.events / len(setting.terms),
                    note=note,
                )
            )
    table = pd.concat(parts, ignore_index=True)
    return table[["ending", "model", *(c for c in table if c not in ("ending", "model"))]]


def differences(setting: Setting, rows: pd.DataFrame) -> pd.DataFrame:
    """Whether a covariate's cause-specific coefficients are the same for all modelled endings.

    Endings whose own model has no finite estimates are left out. Each coalition has a row per
    ending, each ending a baseline hazard and coefficients of its own; clusters keep the rows of a
    coalition together. Robust Wald test of equality, endings - 1 degrees of freedom.

    Source: Lunn and McNeil (1995), Biometrics 51: 524-532.
    """
    from scipy.stats import chi2

    terms = setting.terms
    kinds = [each for each in modelled(rows) if _specific(setting, rows, each).fit is not None]
    columns = ["term", "endings", "statistic", "df", "p_value", "note"]
    if len(kinds) < 2:
        return pd.DataFrame(columns=columns)
    stack = pd.concat(
        [
            rows.assign(kind=k, event=(rows["ending"] == each).astype("int64"))
            for k, each in enumerate(kinds)
        ],
        ignore_index=True,
    )
    own = {
        f"x{j}_{k}": stack[term].where(stack["kind"] == k, 0.0)
        for j, term in enumerate(terms)
        for k in range(len(kinds))
    }
    fit, note = attempt(
        lambda: cox(stack.assign(**own), " + ".join(own), strata="kind", cluster=setting.cluster)
    )
    out = []
    for j, term in enumerate(terms):
        statistic, p_value = np.nan, np.nan
        if fit is not None:
            names = [f"x{j}_{k}" for k in range(len(kinds))]
            contrast = np.eye(len(kinds))[1:] - np.eye(len(kinds))[0]
            gap = contrast @ fit.coefficients.loc[names].to_numpy()
            V = contrast @ fit.covariance.loc[names, names].to_numpy() @ contrast.T
            statistic = float(gap @ np.linalg.solve(V, gap))
            p_value = float(chi2.sf(statistic, len(gap)))
        out.append((term, ", ".join(kinds), statistic, len(kinds) - 1, p_value, note))
    return pd.DataFrame(out, columns=columns)


def _specific(setting: Setting, rows: pd.DataFrame, ending: str) -> Fitted:
    """The main model of one ending, the others censoring."""
    return setting.fitted(rows=rows.assign(event=(rows["ending"] == ending).astype("int64")))


def _fine_gray(setting: Setting, rows: pd.DataFrame, ending: str) -> tuple[pd.DataFrame, str]:
    """Hazard ratios by term with jackknife limits, and why there are none."""

    def one(part: pd.DataFrame) -> Fit:
        return fine_gray(part, setting.formula, cause="ending", of=ending)

    fit, note = attempt(lambda: one(rows))
    if fit is None:
        return _ratios(None), note
    groups = sorted(rows[setting.cluster].unique())
    without = []
    for group in groups:
        part, note = attempt(lambda group=group: one(rows[rows[setting.cluster] != group]))  # type: ignore[misc]
        if part is None:
            return _ratios(None), f"without {group} {note}"
        without.append(part.coefficients.to_numpy())
    count, spread = len(groups), np.array(without) - np.mean(without, axis=0)
    error = np.sqrt((count - 1) / count * (spread**2).sum(axis=0))
    return _ratios(fit, error), ""


def _ratios(fit: Fit | None, error: Floats | None = None) -> pd.DataFrame:
    """hazard_ratio, low, high, p_value by term; by the fit's own errors or by `error`."""
    from scipy.stats import norm

    if fit is None:
        return pd.DataFrame(columns=["hazard_ratio", "low", "high", "p_value"], dtype="float64")
    b = fit.coefficients
    if error is None:
        error = np.sqrt(np.diag(fit.covariance))
    return pd.DataFrame(
        {
            "hazard_ratio": np.exp(b),
            "low": np.exp(b - Z * error),
            "high": np.exp(b + Z * error),
            "p_value": 2 * norm.sf(np.abs(b / error)),
        }
    )
