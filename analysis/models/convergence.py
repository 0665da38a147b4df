"""Convergence of partners: an event study of pairs against pairs that stayed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.frame import require_columns
from analysis.models.result import Z
from coalitiondata.errors import InvalidDataError

CHANNELS = ("un_agreement", "igo_jaccard", "s_alliance", "regime_similarity")
PHASES = ("before", "during", "after")
_PAIR = ["coalition_id", "actor_a", "actor_b"]


@dataclass(frozen=True, eq=False)
class Convergence:
    """How much closer partners grew than the pairs they are matched with.

    Attributes:
        channel: the measure of overlap.
        events: one row per year relative to the first year together: year, estimate, std_error,
            conf_low, conf_high (95 per cent), pairs. The reference year -1 is zero by construction.
        phases: the same for the phases `during` and `after`, against all years before.
        pre_trend: joint Wald test that all years before the reference are zero: statistic
            (chi-square), df, p_value.
        pairs, clusters: pairs of partners and clusters behind the estimates.
        placebo: years by which the first year together was moved, 0 for the real one.
    """

    channel: str
    events: pd.DataFrame
    phases: pd.DataFrame
    pre_trend: pd.Series
    pairs: int
    clusters: int
    placebo: int


def convergence(
    tables: Mapping[str, pd.DataFrame] | None = None,
    channel: str = "un_agreement",
    *,
    before: int = 5,
    after: int = 10,
    caliper: float | None = 0.5,
    placebo: int = 0,
    equal_coalitions: bool = False,
) -> Convergence:
    """Event study of the overlap of partners' interests, against matched pairs.

    For partners s, matched with a pair that stayed out, and calendar year t let D_st be the overlap
    of the partners less that of their match in the same year, and k the years since they first were
    in the coalition together. Estimated by least squares

        D_sk = a_s + sum over k != -1 of b_k 1[year k] + e_sk,

    with a constant for every matched pair, which absorbs what differs between the two pairs all the
    time; taking differences within a year absorbs what moved all states in it. b_k is how much
    more overlap the partners have, relative to their match, than they had in the year before.
    The phases replace the years by `during` (both still in) and `after`, against all years from
    -`before` to -1. Standard errors are robust to clusters, which are coalitions, with the factor
    G / (G - 1) for their number G.

    Args:
        tables: `coalitions`, `memberships`, `dyads` and `matches`; without them the shipped ones.
        channel: a column of `dyads`: un_agreement, igo_jaccard, s_alliance, regime_similarity.
        before, after: years before and after the first year together; at most ten each.
        caliper: largest `distance` of a match that counts; None takes all.
        placebo: moves the first year together that many years back and leaves out the real
            years together, so that any effect is none of the coalition.
        equal_coalitions: weights every coalition equally instead of every pair.

    Pairs of years in which either overlap is missing are left out; so are matched pairs that are
    never observed in the reference year.

    Raises:
        InvalidDataError: a channel, span or caliper that makes no sense, or nothing left.
        UnknownNameError: a table without a column that is needed.

    Sources: Miller (2023), Journal of Economic Perspectives 37(2): 203-230 (event studies);
    Liang and Zeger (1986), Biometrika 73: 13-22 (clusters).
    """
    _check(channel, before, after, caliper, placebo)
    rows = convergence_frame(tables, channel, before=before, after=after, placebo=placebo)
    if caliper is not None:
        rows = rows[rows["distance"] <= caliper]
    anchored = rows.loc[rows["k"] == -1, "pair"]
    rows = rows[rows["pair"].isin(anchored)].reset_index(drop=True)
    if rows["cluster"].nunique() < 2:
        raise InvalidDataError(
            f"channel {channel!r}: fewer than two coalitions have matched pairs that are observed "
            "in the year before; widen the caliper or choose another channel"
        )
    weights = pd.Series(1.0, index=rows.index)
    if equal_coalitions:
        weights = 1 / rows.groupby("cluster")["pair"].transform("nunique")
    years = sorted(set(rows["k"]) - {-1})
    of_years, covariance = _within(rows, pd.get_dummies(rows["k"])[years], weights)
    events = _table(of_years, covariance, "year", years)
    events["pairs"] = rows.groupby("k")["pair"].nunique().reindex(years).to_numpy()
    dummies = pd.get_dummies(rows["phase"]).reindex(columns=list(PHASES[1:]), fill_value=False)
    present = [phase for phase in PHASES[1:] if dummies[phase].any()]
    of_phases, phase_covariance = _within(rows, dummies[present], weights)
    phases = _table(of_phases, phase_covariance, "phase", present)
    phases["pairs"] = rows.groupby("phase")["pair"].nunique().reindex(present).to_numpy()
    early = [i for i, k in enumerate(years) if k < -1]
    return Convergence(
        channel=channel,
        events=events,
        phases=phases,
        pre_trend=_wald(of_years, covariance, early),
        pairs=int(rows["pair"].nunique()),
        clusters=int(rows["cluster"].nunique()),
        placebo=placebo,
    )


def convergence_frame(
    tables: Mapping[str, pd.DataFrame] | None = None,
    channel: str = "un_agreement",
    *,
    before: int = 5,
    after: int = 10,
    placebo: int = 0,
) -> pd.DataFrame:
    """One row per matched pair of partners and year: what `convergence` estimates from.

    Columns: pair (id), cluster (coalition_id), actor_a, actor_b, match_a, match_b, distance, year,
    k (years since the first year together), phase, partners, matched (the two overlaps) and
    difference.
    """
    if tables is None:
        from coalitiondata import load

        tables = {name: load(name) for name in ("coalitions", "memberships", "dyads", "matches")}
    for name, needed in (
        ("dyads", ["actor_a", "actor_b", "year", channel]),
        ("matches", [*_PAIR, "match_a", "match_b", "year", "distance"]),
    ):
        require_columns(tables[name], needed, f"convergence ({name})")
    stacks = tables["matches"].merge(_last_together(tables), on=_PAIR, how="left")
    stacks = stacks.assign(
        pair=stacks["coalition_id"] + ":" + stacks["actor_a"] + ":" + stacks["actor_b"],
        first=stacks["year"].astype("int64") + 1 - placebo,
    ).drop(columns="year")
    spans = pd.DataFrame({"k": np.arange(-before, after + 1)})
    rows = stacks.merge(spans, how="cross")
    rows["year"] = rows["first"] + rows["k"]
    if placebo:
        rows = rows[rows["year"] < rows["first"] + placebo]
    overlap = tables["dyads"].set_index(["actor_a", "actor_b", "year"])[channel].astype("float64")
    for name, (one, other) in {
        "partners": ("actor_a", "actor_b"),
        "matched": ("match_a", "match_b"),
    }.items():
        key = pd.MultiIndex.from_frame(rows[[one, other, "year"]])
        rows[name] = overlap.reindex(key).to_numpy()
    together = rows["year"] <= rows["last"] if not placebo else rows["k"] >= 0
    rows["phase"] = np.select([rows["k"] < 0, together], ["before", "during"], "after")
    rows["difference"] = rows["partners"] - rows["matched"]
    rows = rows[rows["difference"].notna()].rename(columns={"coalition_id": "cluster"})
    columns = ["pair", "cluster", "actor_a", "actor_b", "match_a", "match_b", "distance", "year"]
    columns += ["k", "phase", "partners", "matched", "difference"]
    return rows[columns].sort_values(["pair", "k"], ignore_index=True)


def _last_together(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The last calendar year in which both partners were in the coalition: `last`."""
    seen = tables["coalitions"].set_index("coalition_id")["observed_until"]
    spells = tables["memberships"][["coalition_id", "actor_id", "joined", "left"]]
    spells = spells.assign(left=spells["left"].fillna(spells["coalition_id"].map(seen)))
    both = spells.merge(spells, on="coalition_id", suffixes=("_a", "_b"))
    both = both.rename(columns={"actor_id_a": "actor_a", "actor_id_b": "actor_b"})
    until = both[["left_a", "left_b"]].min(axis=1)
    overlapping = both[["joined_a", "joined_b"]].max(axis=1) <= until
    both = both.assign(last=until.dt.year)[overlapping]
    return both.groupby(_PAIR)["last"].max().reset_index()


def _within(
    rows: pd.DataFrame, dummies: pd.DataFrame, weights: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted least squares with a constant per pair, and its cluster-robust covariance."""
    w = weights.to_numpy()
    columns = dummies.astype("float64").assign(_y=rows["difference"])
    total = pd.Series(w).groupby(rows["pair"]).transform("sum").to_numpy()
    weighted = columns.mul(w, axis=0).groupby(rows["pair"]).transform("sum")
    centred = columns.to_numpy() - weighted.to_numpy() / total[:, None]
    X, y = centred[:, :-1], centred[:, -1]
    bread = np.linalg.pinv((X * w[:, None]).T @ X)
    estimate = bread @ (X * w[:, None]).T @ y
    scores = pd.DataFrame(X * (w * (y - X @ estimate))[:, None]).groupby(rows["cluster"]).sum()
    count = len(scores)
    meat = scores.to_numpy().T @ scores.to_numpy() * count / (count - 1)
    return estimate, bread @ meat @ bread


def _table(
    estimate: np.ndarray, covariance: np.ndarray, name: str, labels: list[object] | list[str]
) -> pd.DataFrame:
    # Rounding can leave a variance of zero a hair below it.
    error = np.sqrt(np.clip(np.diag(covariance), 0, None))
    return pd.DataFrame(
        {
            name: labels,
            "estimate": estimate,
            "std_error": error,
            "conf_low": estimate - Z * error,
            "conf_high": estimate + Z * error,
        }
    )


def _wald(estimate: np.ndarray, covariance: np.ndarray, chosen: list[int]) -> pd.Series:
    from scipy.stats import chi2

    b, V = estimate[chosen], covariance[np.ix_(chosen, chosen)]
    rank = int(np.linalg.matrix_rank(V)) if chosen else 0
    statistic = float(b @ np.linalg.pinv(V) @ b) if rank else float("nan")
    p_value = float(chi2.sf(statistic, rank)) if rank else float("nan")
    return pd.Series({"statistic": statistic, "df": rank, "p_value": p_value})


def _check(channel: str, before: int, after: int, caliper: float | None, placebo: int) -> None:
    if channel not in CHANNELS:
        raise InvalidDataError(f"no channel {channel!r}; choose from {', '.join(CHANNELS)}")
    for name, value, least in (("before", before, 2), ("after", after, 0), ("placebo", placebo, 0)):
        if not least <= value <= 10:
            raise InvalidDataError(f"{name} is {value!r}; it must be {least} to 10 years")
    if placebo + before > 10:
        raise InvalidDataError(
            f"placebo {placebo} and before {before} reach more than ten years back, which the data "
            "do not; make one of them smaller"
        )
    if caliper is not None and not caliper > 0:
        raise InvalidDataError(f"caliper is {caliper!r}; it must be more than 0, or None")
