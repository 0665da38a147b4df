"""Power and interests of a user's own coalitions, on their own resource, scales and channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from coalitiondata.covariates.interests import breadth_against, interests_of_states
from coalitiondata.measures import overlap

Scale = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measuring:
    """How the power and interests of own tables are measured."""

    resource: str | None = None
    """The `resource` of the table `power` that counts; None measures no power."""
    by_year: bool = False
    """Whether power is stated by calendar year, rather than for a whole stay."""
    lag: int = 1
    """Values by calendar year are taken so many years before the moment."""
    scales: Mapping[str, Scale] = field(default_factory=dict)
    """Lowest and highest value of each dimension of `positions`."""
    channels: Mapping[str, Scale] = field(default_factory=dict)
    """Lowest and highest value of each channel of `dyads`."""
    pairs_by_year: bool = True
    """Whether `dyads` has years, rather than values that hold throughout."""
    shipped_pairs: bool = False
    """Whether `dyads` and `dyad_norms` are those of the data set."""

    def as_json(self) -> dict[str, Any]:
        """As plain values for datapackage.json."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Measuring:
        """What `as_json` wrote."""
        pairs = {
            name: {key: (low, high) for key, (low, high) in content[name].items()}
            for name in ("scales", "channels")
        }
        return cls(**{**content, **pairs})


def power_of(
    tables: Mapping[str, pd.DataFrame], present: pd.DataFrame, measuring: Measuring
) -> pd.DataFrame:
    """The rows of `present` with `value`, each member's power, missing if unknown.

    Stated for a stay: the value of the stay that had last begun by the year of the moment (of the
    first stay, if the member joins within the days of grace but in the next year). Stated by year:
    the value of the calendar year `lag` years before the moment.
    """
    rows = tables["power"].astype({"resource": "object", "year": "int64"})
    rows = rows[rows["resource"] == measuring.resource]
    key = ["coalition_id", "actor_id"]
    wanted = present.assign(year=present["at"].dt.year.astype("int64"))
    if measuring.by_year:
        stated = rows.set_index([*key, "year"])["value"]
        wanted["year"] -= measuring.lag
        found = stated.reindex(pd.MultiIndex.from_frame(wanted[[*key, "year"]]))
        return present.assign(value=found.to_numpy())
    since = rows[[*key, "year", "value"]].assign(stated=True).sort_values("year")
    wanted = wanted.assign(place=range(len(wanted))).sort_values("year")
    before, after = (
        pd.merge_asof(
            wanted[[*key, "year", "place"]], since, on="year", by=key, direction=direction
        ).set_index("place")
        for direction in ("backward", "forward")
    )
    value = before["value"].where(before["stated"].notna(), after["value"]).sort_index()
    return present.assign(value=value.to_numpy())


def interests_of(
    tables: Mapping[str, pd.DataFrame], present: pd.DataFrame, measuring: Measuring
) -> pd.DataFrame:
    """One row per moment, from the members' positions and the similarities of their pairs.

    Every dimension and channel is an issue. The similarity of a pair is 1 - |x - y| / width of the
    scale on a dimension, and (value - lowest) / width on a channel, so in [0, 1]; a coalition's
    similarity on an issue is the mean over all pairs of its members, missing unless all pairs are
    known. `interest_similarity_<issue>` has it; `interest_depth` is its mean over all issues,
    missing unless all are known: a mean over whatever is known would compare coalitions on
    different issues. `interest_range_<dimension>` is the distance of the furthest two.

    `interest_breadth` is the share of issues on which the mean pair is closer than the usual pair,
    and `interest_issues` their number. Usual is the median over the user's own pairs: on a
    dimension all pairs of actors that were members of any coalition in the year of the moment, on
    a channel all pairs stated for that year (all pairs, if they have no year). An issue does not
    count where no other pairs than the coalition's own are at hand; breadth is missing where none
    does. With the data set's own pairs of states everything is as for its wartime coalitions.

    Source: the depth and breadth of `coalitiondata.measures.interests`.
    """
    if measuring.shipped_pairs:
        return interests_of_states(tables, present)
    parts, usual = [], []
    if measuring.scales:
        members, norms = _on_dimensions(tables, present, measuring)
        parts.append(members)
        usual.append(norms)
    if measuring.channels:
        pairs, norms = _on_channels(tables, present, measuring)
        parts.append(pairs)
        usual.append(norms)
    if not parts:
        return pd.DataFrame({"moment": []})
    measured = pd.concat(parts, axis=1)
    issues = [name for name in measured.columns if str(name).startswith("similarity_")]
    similarity = measured[issues]
    result = breadth_against(similarity, pd.concat(usual, axis=1).reindex(columns=issues))
    result["interest_depth"] = similarity.mean(axis=1, skipna=False)
    result = result.join(measured.add_prefix("interest_"))
    return result.rename_axis("moment").reset_index()


def _on_dimensions(
    tables: Mapping[str, pd.DataFrame], present: pd.DataFrame, measuring: Measuring
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Similarity and range by moment and dimension, and the usual similarity then."""
    names = list(measuring.scales)
    placed = tables["positions"].astype({"dimension": "object"}).pivot_table(
        index=["coalition_id", "actor_id"], columns="dimension", values="value"
    )  # fmt: skip
    placed = placed.reindex(columns=names)
    members = present.merge(
        placed, left_on=["coalition_id", "actor_id"], right_index=True, how="left"
    )
    members = members[members["moment"].map(members.groupby("moment").size()) > 1]
    widths = [high - low for low, high in measuring.scales.values()]
    measured = overlap(members, "moment", "actor_id", names, scale=widths).set_index("moment")
    all_pairs = measured["n_members"] * (measured["n_members"] - 1) / 2
    year = members.groupby("moment")["at"].first().dt.year.reindex(measured.index)
    norms = _usual_positions(tables, placed, measuring, set(year))
    similarity, usual, ranges = {}, {}, {}
    for name in names:
        complete = measured[f"n_pairs_{name}"] == all_pairs
        similarity[f"similarity_{name}"] = measured[f"similarity_{name}"].where(complete)
        ranges[f"range_{name}"] = measured[f"range_{name}"].where(complete)
        there = norms[norms["issue"] == name].set_index("year").reindex(year)
        others = there["pairs"].to_numpy() > all_pairs.to_numpy()
        usual[f"similarity_{name}"] = there["median"].set_axis(measured.index).where(others)
    return pd.DataFrame({**similarity, **ranges}), pd.DataFrame(usual)


def _usual_positions(
    tables: Mapping[str, pd.DataFrame],
    placed: pd.DataFrame,
    measuring: Measuring,
    years: set[int],
) -> pd.DataFrame:
    """Median similarity of all pairs of actors that are members anywhere in a year, by issue.

    An actor with different positions in several coalitions of the year counts with their mean.
    """
    spans = tables["memberships"].merge(
        placed, left_on=["coalition_id", "actor_id"], right_index=True
    )
    ends = tables["coalitions"].set_index("coalition_id")["observed_until"]
    left = spans["left"].fillna(spans["coalition_id"].map(ends)).dt.year
    rows = []
    for year in sorted(years):
        active = spans[(spans["joined"].dt.year <= year) & (left >= year)]
        where = active.groupby("actor_id")[list(measuring.scales)].mean()
        both = where.reset_index().merge(where.reset_index(), how="cross", suffixes=("_a", "_b"))
        both = both[both["actor_id_a"] < both["actor_id_b"]]
        for name, (low, high) in measuring.scales.items():
            pairs = (1 - (both[f"{name}_a"] - both[f"{name}_b"]).abs() / (high - low)).dropna()
            rows.append((year, name, len(pairs), pairs.median()))
    return pd.DataFrame(rows, columns=["year", "issue", "pairs", "median"])


def _on_channels(
    tables: Mapping[str, pd.DataFrame], present: pd.DataFrame, measuring: Measuring
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Similarity by moment and channel, and the usual similarity of pairs at the time."""
    names = list(measuring.channels)
    dyads = tables["dyads"].astype({"year": "int64"} if measuring.pairs_by_year else {})
    for name, (low, high) in measuring.channels.items():
        dyads = dyads.assign(**{name: (dyads[name] - low) / (high - low)})
    either = pd.concat([dyads, dyads.rename(columns={"actor_a": "actor_b", "actor_b": "actor_a"})])
    when = ["year"] if measuring.pairs_by_year else []
    members = present[["moment", "actor_id"]].assign(
        year=present["at"].dt.year.astype("int64") - measuring.lag
    )
    both = members.merge(members, on=["moment", "year"], suffixes=("_a", "_b")).rename(
        columns={"actor_id_a": "actor_a", "actor_id_b": "actor_b"}
    )
    both = both[both["actor_a"] < both["actor_b"]]
    pairs = both.merge(
        either[["actor_a", "actor_b", *when, *names]], on=["actor_a", "actor_b", *when], how="left"
    )
    groups = pairs.groupby("moment")[names]
    size = groups.size()
    means = groups.mean().where(groups.count().eq(size, axis=0))
    if measuring.pairs_by_year:
        at = pairs.groupby("moment")["year"].first()
        norms, counts = (
            each.reindex(at).set_axis(means.index)
            for each in (
                dyads.groupby("year")[names].median(),
                dyads.groupby("year")[names].count(),
            )
        )
    else:
        norms = pd.DataFrame({name: dyads[name].median() for name in names}, index=means.index)
        counts = pd.DataFrame({name: dyads[name].count() for name in names}, index=means.index)
    usual = norms.where(counts.gt(size, axis=0))
    return means.add_prefix("similarity_"), usual.add_prefix("similarity_")
