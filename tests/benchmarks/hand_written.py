"""The queries that somebody who knows the engine would write, for `bench_grouped.py`.

They compute what `concentration` and `overlap` return from complete data: no check of the values,
no care for missing or extreme ones. Questions: "power" (hhi, effective number, top share), "all
power" (all eight measures) and "overlap 1", "overlap 3" (on so many dimensions).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

WIDTH = 10


def by_pandas(table: pd.DataFrame, question: str, positions: list[str]) -> pd.DataFrame:
    return (
        _power_pandas(table, question)
        if "power" in question
        else _overlap_pandas(table, positions[: int(question[-1])])
    )


def _power_pandas(table: pd.DataFrame, question: str) -> pd.DataFrame:
    rows = table[["coalition", "seats"]]
    if question == "all power":
        rows = rows.sort_values(["coalition", "seats"], ignore_index=True)
    rows = rows.assign(square=rows["seats"] ** 2)
    groups = rows.groupby("coalition")
    result = groups.agg(n=("seats", "size"), total=("seats", "sum"), top=("seats", "max"))
    result["hhi"] = groups["square"].sum() / result["total"] ** 2
    result["effective_number"] = 1 / result["hhi"]
    result["top_share"] = result["top"] / result["total"]
    if question == "all power":
        n = result["n"]
        share = rows["seats"] / rows["coalition"].map(result["total"])
        parts = pd.DataFrame(
            {
                "excess": (share - 1 / rows["coalition"].map(n)) ** 2,
                "disorder": share * np.log(share),
                "ranked": share * (2 * groups.cumcount() + 1),
            }
        )
        sums = parts.groupby(rows["coalition"]).sum()
        result["normalized_hhi"] = sums["excess"] / (1 - 1 / n)
        result["con"] = np.sqrt(result["normalized_hhi"])
        second = groups["seats"].nth(-2)
        second.index = rows.loc[second.index, "coalition"]
        result["leader_margin"] = result["top_share"] - second.reindex(n.index) / result["total"]
        result["entropy"] = -sums["disorder"]
        result["gini"] = (sums["ranked"] - n) / n
    return result.drop(columns=["total", "top"]).reset_index()


def _overlap_pandas(table: pd.DataFrame, positions: list[str]) -> pd.DataFrame:
    groups = table.groupby("coalition")
    result = pd.DataFrame({"n": groups.size()})
    n = result["n"]
    pairs = n * (n - 1) / 2
    for name in positions:
        ordered = table[["coalition", name]].sort_values(["coalition", name])
        by = ordered.groupby("coalition")
        x = ordered[name]
        term = x * (2 * by.cumcount() + 1 - ordered["coalition"].map(n))
        gaps = term.groupby(ordered["coalition"]).sum()
        column = by[name]
        result[f"similarity_{name}"] = 1 - gaps / pairs / WIDTH
        result[f"range_{name}"] = column.max() - column.min()
        result[f"variance_{name}"] = column.var(ddof=0)
        result[f"n_pairs_{name}"] = pairs
    result["depth"] = result[[f"similarity_{name}" for name in positions]].mean(axis=1)
    return result.reset_index()


def by_polars(table: Any, question: str, positions: list[str]) -> Any:
    import polars as pl

    n = pl.len()
    rank = 2 * pl.int_range(pl.len()) + 1
    if "power" in question:
        w = pl.col("seats")
        total = w.sum()
        hhi = (w**2).sum() / total**2
        columns = {"hhi": hhi, "effective_number": 1 / hhi, "top_share": w.max() / total}
        if question == "all power":
            share = w / total
            normal = (share - 1 / n).pow(2).sum() / (1 - 1 / n)
            ordered = w.sort()
            columns |= {
                "normalized_hhi": normal,
                "con": normal.sqrt(),
                "leader_margin": (ordered.get(-1) - ordered.get(-2)) / total,
                "entropy": -(share * share.log()).sum(),
                "gini": (ordered * rank).sum() / total / n - 1,
            }
        return table.lazy().group_by("coalition").agg(n=n, **columns).sort("coalition").collect()
    columns = {}
    for name in positions[: int(question[-1])]:
        x = pl.col(name)
        gaps = (x.sort() * (rank - n)).sum()
        columns |= {
            f"similarity_{name}": 1 - gaps / (n * (n - 1) / 2) / WIDTH,
            f"range_{name}": x.max() - x.min(),
            f"variance_{name}": x.var(ddof=0),
            f"n_pairs_{name}": n * (n - 1) / 2,
        }
    depth = pl.mean_horizontal(*(name for name in columns if name.startswith("similarity")))
    plan = table.lazy().group_by("coalition").agg(n=n, **columns).with_columns(depth=depth)
    return plan.sort("coalition").collect()


def by_pyarrow(table: Any, question: str, positions: list[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if question == "power":
        squares = pc.multiply(table["seats"], table["seats"])
        sums = (
            table.select(["coalition", "seats"])
            .append_column("square", squares)
            .group_by("coalition")
            .aggregate([("seats", "count"), ("seats", "sum"), ("seats", "max"), ("square", "sum")])
        )
        total = sums["seats_sum"]
        hhi = pc.divide(sums["square_sum"], pc.multiply(total, total))
        columns = {
            "coalition": sums["coalition"],
            "n": sums["seats_count"],
            "hhi": hhi,
            "effective_number": pc.divide(1.0, hhi),
            "top_share": pc.divide(sums["seats_max"], total),
        }
        return pa.table(columns).sort_by("coalition")
    # Arrow has no windows: whoever wants more sorts and goes through numpy.
    columns = {}
    names = ["seats"] if "power" in question else positions[: int(question[-1])]
    for name in names:
        by = [("coalition", "ascending"), (name, "ascending")]
        ordered = table.select(["coalition", name]).sort_by(by)
        group, x = ordered["coalition"].to_numpy(), ordered[name].to_numpy()
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        n = np.diff(np.append(starts, len(group)))
        rank = 2 * (np.arange(len(group)) - np.repeat(starts, n)) + 1
        total = np.add.reduceat(x, starts)
        columns |= {"coalition": group[starts], "n": n}
        last = starts + n - 1
        if "power" in question:
            share = x / np.repeat(total, n)
            normal = np.add.reduceat((share - np.repeat(1 / n, n)) ** 2, starts) / (1 - 1 / n)
            hhi = np.add.reduceat(share**2, starts)
            columns |= {
                "hhi": hhi,
                "effective_number": 1 / hhi,
                "top_share": share[last],
                "normalized_hhi": normal,
                "con": np.sqrt(normal),
                "leader_margin": share[last] - share[last - 1],
                "entropy": -np.add.reduceat(share * np.log(share), starts),
                "gini": np.add.reduceat(share * rank, starts) / n - 1,
            }
            continue
        pairs = n * (n - 1) / 2
        mean = np.repeat(total / n, n)
        gaps = np.add.reduceat(x * (rank - np.repeat(n, n)), starts)
        columns |= {
            f"similarity_{name}": 1 - gaps / pairs / WIDTH,
            f"range_{name}": x[last] - x[starts],
            f"variance_{name}": np.add.reduceat((x - mean) ** 2, starts) / n,
            f"n_pairs_{name}": pairs,
        }
    if "power" not in question:
        columns["depth"] = np.mean([columns[f"similarity_{name}"] for name in names], axis=0)
    return pa.table(columns)


def _sql(question: str, positions: list[str], source: str) -> str:
    """One query for DuckDB and Spark."""
    if question == "power":
        return f"""
            SELECT coalition, count(*) AS n,
                sum(seats * seats) / (sum(seats) * sum(seats)) AS hhi,
                sum(seats) * sum(seats) / sum(seats * seats) AS effective_number,
                max(seats) / sum(seats) AS top_share
            FROM {source} GROUP BY coalition"""
    if question == "all power":
        return f"""
            WITH ranked AS (
                SELECT coalition,
                    seats / sum(seats) OVER (PARTITION BY coalition) AS s,
                    count(*) OVER (PARTITION BY coalition) AS n,
                    row_number() OVER (PARTITION BY coalition ORDER BY seats) AS r
                FROM {source}),
            sums AS (
                SELECT coalition, max(n) AS n, sum(s * s) AS hhi, max(s) AS top_share,
                    sum((s - 1.0 / n) * (s - 1.0 / n)) AS excess,
                    max(s) - max(CASE WHEN r < n THEN s END) AS leader_margin,
                    -sum(s * ln(s)) AS entropy, sum(s * (2 * r - 1)) / max(n) - 1 AS gini
                FROM ranked GROUP BY coalition)
            SELECT *, 1 / hhi AS effective_number, excess / (1 - 1.0 / n) AS normalized_hhi,
                sqrt(excess / (1 - 1.0 / n)) AS con
            FROM sums"""
    names = positions[: int(question[-1])]
    ranks = ", ".join(
        f"{x}, row_number() OVER (PARTITION BY coalition ORDER BY {x}) AS r_{x}" for x in names
    )
    columns = ", ".join(
        f"1 - sum({x} * (2 * r_{x} - 1 - n)) / (max(n) * (max(n) - 1) / 2.0) / {WIDTH} "
        f"AS similarity_{x}, max({x}) - min({x}) AS range_{x}, var_pop({x}) AS variance_{x}, "
        f"max(n) * (max(n) - 1) / 2 AS n_pairs_{x}"
        for x in names
    )
    depth = " + ".join(f"similarity_{x}" for x in names)
    return f"""
        WITH ranked AS (
            SELECT coalition, count(*) OVER (PARTITION BY coalition) AS n, {ranks} FROM {source}),
        sums AS (SELECT coalition, max(n) AS n, {columns} FROM ranked GROUP BY coalition)
        SELECT *, ({depth}) / {len(names)} AS depth FROM sums"""


def by_duckdb(table: Any, question: str, positions: list[str]) -> Any:
    return table.query("memberships_by_hand", _sql(question, positions, "memberships_by_hand"))


def by_spark(table: Any, question: str, positions: list[str]) -> Any:
    table.createOrReplaceTempView("memberships_by_hand")
    return table.sparkSession.sql(_sql(question, positions, "memberships_by_hand"))


def by_dask(table: Any, question: str, positions: list[str]) -> Any:
    if question == "power":
        rows = table[["coalition", "seats"]]
        rows = rows.assign(square=rows["seats"] * rows["seats"])
        sums = rows.groupby("coalition").agg(
            n=("seats", "size"),
            total=("seats", "sum"),
            top=("seats", "max"),
            squares=("square", "sum"),
        )
        hhi = sums["squares"] / (sums["total"] * sums["total"])
        sums = sums.assign(hhi=hhi, effective_number=1 / hhi, top_share=sums["top"] / sums["total"])
        return sums[["n", "hhi", "effective_number", "top_share"]].reset_index()
    # Dask has no windows: whoever wants more brings the groups together and leaves them to pandas.
    names = ["seats"] if "power" in question else positions[: int(question[-1])]
    together = table[["coalition", *names]].shuffle(on="coalition")
    return together.map_partitions(by_pandas, question, positions)
