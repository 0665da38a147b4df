"""Overviews: coalitions of the world over time, and governments country by country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.figures import house
from analysis.figures.described import finish
from analysis.figures.sources import source_line
from analysis.figures.words import plain
from analysis.figures.years import alive_by_year, cabinet_months
from analysis.models.frame import as_pandas, require_columns
from coalitiondata.errors import InvalidDataError, UnknownNameError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# fmt: off
EUROPE = (
    "AUT", "BEL", "BGR", "CHE", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA",
    "GBR", "GRC", "HRV", "HUN", "IRL", "ISL", "ITA", "LTU", "LUX", "LVA", "MLT", "NLD",
    "NOR", "POL", "PRT", "ROU", "SVK", "SVN", "SWE",
)
# fmt: on
_ROW = 0.165  # inches


def overview_over_time(
    coalitions: Any,
    memberships: Any,
    *,
    years: tuple[int, int] | None = None,
    families: Mapping[str, str] | None = None,
    title: str = "Coalitions and their members over time",
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """Coalitions that existed in each year, and members in them, a row of panels per family.

    Counts are those of `years.alive_by_year`; a member of two coalitions counts twice. Each panel
    has its own scale: what the sources cover differs from family to family.

    Args:
        coalitions: table with coalition_id, family, start, end, observed_until.
        memberships: table with coalition_id, joined, left.
        years: first and last year to show.
        families: families in the order of the rows, with the words for them.
        title, caption, source: as in `survival_curves`.

    Returns:
        The figure.

    Raises:
        UnknownNameError: a column that a table does not have, a family that does not occur.
        InvalidDataError: no coalition with a start.
    """
    table, members = as_pandas(coalitions), as_pandas(memberships)
    counts = alive_by_year(table, members, years)
    present = list(counts["family"].unique())
    words = dict(families) if families else {each: plain(each).capitalize() for each in present}
    for each in words:
        if each not in present:
            raise UnknownNameError(f"no family {each!r}; there are {', '.join(present)}")
    looks = house.series(len(words), "the mapping of families")
    low, high = int(counts["year"].min()), int(counts["year"].max())
    used = table[table["family"].astype(str).isin(list(words)) & table["start"].notna()]
    undated = members["coalition_id"].isin(used["coalition_id"]) & members["joined"].isna()
    with house.drawing():
        figure = house.page(1.35 * len(words) + 0.4)
        panels = figure.subplots(len(words), 2, sharex=True, squeeze=False)
        for k, (family, name) in enumerate(words.items()):
            mine = counts[counts["family"] == family]
            for panel, column in zip(panels[k], ("coalitions", "members"), strict=True):
                colour = looks[k][0]
                panel.fill_between(
                    mine["year"], mine[column], step="mid", color=colour, alpha=0.35, linewidth=0
                )
                panel.step(
                    mine["year"], mine[column], where="mid", color=colour, linewidth=1.2,
                    gid=f"{family} {column}",
                )  # fmt: skip
                panel.set_ylim(0, max(float(mine[column].max()) * 1.08, 1))
                panel.set_xlim(low, high)
                house.bare(panel)
            panels[k, 0].set_ylabel("Number")
            panels[k, 0].annotate(
                name, (0, 1), (4, -2), xycoords="axes fraction", textcoords="offset points",
                va="top", fontsize=9, fontweight="bold",
            )  # fmt: skip
        house.heading(panels[0, 0], "Coalitions")
        house.heading(panels[0, 1], "Members in them")
        for panel in panels[-1]:
            panel.set_xlabel("Year")
        lost = int(undated.sum())
        note = f" {lost} stays of unknown entry are not counted." if lost else ""
        return finish(
            figure,
            title=title,
            alt=_alt(counts, words),
            caption=f"{caption} In existence at any time of the year. Scales differ, and so does "
            f"what the sources cover: levels do not compare across families.{note}",
            size=f"N = {len(used)} coalitions",
            n=len(used),
            source=source_line(used, source=source),
        )


def government_strips(
    coalitions: Any,
    countries: Sequence[str] | None = None,
    *,
    names: Mapping[str, str] | None = None,
    years: tuple[int, int] | None = None,
    title: str = "Countries under coalition government",
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """A strip for each country, each year as dark as the months it was governed by a coalition.

    Months are those of `years.cabinet_months`. Dotted: outside what the data cover.

    Args:
        coalitions: table with arena (country), start, end, observed_until of governing coalitions;
            of a table with a column `family` only the governing ones count.
        countries: to show, in any order (`EUROPE` has the European ones); by default all. Those
            without a coalition in the data are left out.
        names: words for the countries.
        years: first and last year to show.
        title, caption, source: as in `survival_curves`.

    Returns:
        The figure; strips are ordered by the share of months under coalitions.

    Raises:
        UnknownNameError: a column that the table does not have.
        InvalidDataError: no coalition in any of the countries.
    """
    table = as_pandas(coalitions)
    require_columns(table, ["arena"], "government_strips")
    if "family" in table:
        table = table[table["family"] == "governing"]
    if countries is not None:
        table = table[table["arena"].isin(list(countries))]
    if table.empty:
        raise InvalidDataError("government_strips: no governing coalition in these countries")
    months = cabinet_months(table, years)
    wide = months.pivot_table(index="arena", columns="year", values="months", dropna=False)
    share = wide.mean(axis=1).sort_values(ascending=False, na_position="last") / 12
    wide = wide.loc[share.index]
    with house.drawing():
        figure = house.page(_ROW * len(wide) + 1.0)
        panel = figure.subplots()
        grid = np.ma.masked_invalid(wide.to_numpy())
        edges = np.append(wide.columns.to_numpy(dtype=int), int(wide.columns.max()) + 1)
        mesh = panel.pcolormesh(
            edges,
            np.arange(len(wide) + 1),
            grid,
            cmap="cividis_r",
            vmin=0,
            vmax=12,
            gid="months",
            rasterized=True,
        )
        panel.patch.set(hatch="....", edgecolor="#B5B5B5", linewidth=0)
        # Lines of white between the strips.
        panel.hlines(np.arange(1, len(wide)), edges[0], edges[-1], color="white", linewidth=1.5)
        panel.set_ylim(len(wide), 0)
        shown = [(names or {}).get(str(arena), str(arena)) for arena in wide.index]
        panel.set_yticks(np.arange(len(wide)) + 0.5, shown, fontsize=8)
        panel.tick_params(axis="y", length=0)
        panel.set_xlabel("Year")
        house.bare(panel, "top", "right", "left")
        _percentages(panel, share)
        bar = figure.colorbar(mesh, ax=panel, location="bottom", shrink=0.5, aspect=30, pad=0.02)
        bar.set_label("Months of the year under a coalition", fontsize=8.5)
        bar.set_ticks([0, 3, 6, 9, 12])
        return finish(
            figure,
            title=title,
            alt=_strips_alt(share, wide),
            caption=f"{caption} Beside: share of the months covered. Dotted: before the first and "
            "after the last coalition in the data, where it is not known who governed.",
            size=f"N = {len(table)} cabinets in {len(wide)} countries",
            n=len(table),
            source=source_line(table, source=source),
        )


def _percentages(panel: Axes, share: pd.Series) -> None:
    for k, value in enumerate(share):
        text = "" if pd.isna(value) else f"{100 * value:.0f} %"
        panel.annotate(
            text, (1.01, k + 0.5), xycoords=("axes fraction", "data"), va="center", fontsize=8,
            annotation_clip=False,
        )  # fmt: skip


def _alt(counts: pd.DataFrame, words: Mapping[str, str]) -> str:
    parts = []
    for family, name in words.items():
        mine = counts[counts["family"] == family]
        peak = mine.sort_values("coalitions", kind="stable").iloc[-1]
        many = mine.sort_values("members", kind="stable").iloc[-1]
        parts.append(
            f"{name}: at most {peak['coalitions']} coalitions in {peak['year']} and "
            f"{many['members']:.0f} members in {many['year']}"
        )
    return (
        f"Filled curves of the numbers of coalitions and of members by year, "
        f"{counts['year'].min()} to {counts['year'].max()}. {'; '.join(parts)}."
    )


def _strips_alt(share: pd.Series, wide: pd.DataFrame) -> str:
    known = share.dropna()
    return (
        f"Heat map of {len(wide)} countries over the years {wide.columns[0]} to "
        f"{wide.columns[-1]}; the darker, the more months under a coalition. Most: "
        f"{', '.join(f'{k} {v:.0%}' for k, v in known.head(4).items())}. Least: "
        f"{', '.join(f'{k} {v:.0%}' for k, v in known.tail(4).items())}."
    )
