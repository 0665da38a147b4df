"""Calibration: survival that a model predicts against survival that was observed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.figures import house
from analysis.figures.described import finish
from analysis.figures.sources import source_line
from analysis.figures.steps import DAYS_PER_YEAR
from analysis.models.cox import CoxFit
from analysis.models.frame import as_pandas, numeric, require_columns
from analysis.models.nonparametric import kaplan_meier
from analysis.models.prediction import predict_survival
from coalitiondata.errors import InvalidDataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEEDED = ("horizon", "bin", "n", "predicted", "observed", "conf_low", "conf_high")


def calibration_table(
    predicted: Any,
    frame: Any,
    horizon: float,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    bins: int = 5,
) -> pd.DataFrame:
    """Predicted and observed survival at a horizon, in classes of the prediction.

    Rows are cut into `bins` classes of about equal size by their predicted survival; equal
    predictions stay together, so that there may be fewer. Predicted is the mean in the class,
    observed the Kaplan-Meier estimate of its rows at the horizon with its 95 per cent interval.

    Args:
        predicted: survival at the horizon of each row of `frame`, 0 to 1, in its order.
        frame: any data frame, one row per spell.
        horizon: in the unit of `duration`.
        duration, event, entry: as in `kaplan_meier`.
        bins: how many classes.

    Returns:
        horizon, bin (1, 2, ... by rising prediction), n, predicted, observed, conf_low, conf_high;
        observed is missing where nobody of the class was followed so far. Rows without a
        prediction are left out.

    Raises:
        UnknownNameError: a column that the frame does not have.
        InvalidDataError: fewer than two classes, a prediction outside 0 to 1, lengths that differ,
            no row with a prediction.
    """
    data = as_pandas(frame)
    require_columns(data, [duration, event, *([entry] if entry else [])], "calibration_table")
    level = pd.Series(np.asarray(predicted, dtype=float))
    if len(level) != len(data):
        raise InvalidDataError(f"{len(level)} predictions for {len(data)} rows; give one for each")
    if bins < 2:
        raise InvalidDataError(f"calibration in {bins} class; give 2 or more")
    level.index = data.index
    data, level = data[level.notna()], level[level.notna()]
    if data.empty:
        raise InvalidDataError("calibration_table: no row has a prediction at this horizon")
    if not level.between(0, 1).all():
        raise InvalidDataError("calibration_table: predicted survival must be between 0 and 1")
    classes = pd.qcut(level, bins, labels=False, duplicates="drop").fillna(0).astype(int) + 1
    rows = []
    for each, mine in level.groupby(classes):
        curve = kaplan_meier(data.loc[mine.index], duration, event, entry)
        rows.append(
            {"horizon": horizon, "bin": each, "n": len(mine), "predicted": float(mine.mean())}
            | _at(curve, horizon)
        )
    return pd.DataFrame(rows)


def calibration_plot(
    model: Any,
    times: Sequence[float] = (),
    bins: int = 5,
    *,
    per: float = DAYS_PER_YEAR,
    unit: str = "years",
    units: str = "coalitions",
    title: str = "Predicted and observed survival",
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """Observed against predicted survival, a panel for each horizon, with N of each point.

    Args:
        model: a Cox fit, which predicts for its own rows, or a data frame as `calibration_table`
            makes it, of any model.
        times: horizons of a fit, in the unit of its durations.
        bins: classes of the prediction, for a fit.
        per, unit: units of the durations in one unit of the panels' titles, and its name.
        units, title, caption, source: as in `survival_curves`.

    Returns:
        The figure. Points on the diagonal are well calibrated.

    Raises:
        UnknownNameError: a column that the table does not have.
        InvalidDataError: a fit without horizons or with case weights; more than six horizons.
    """
    fitted = isinstance(model, CoxFit)
    table = _of_fit(model, times, bins) if fitted else as_pandas(model)
    require_columns(table, NEEDED, "calibration_plot")
    if table.empty:
        raise InvalidDataError("calibration_plot: the table has no rows")
    horizons = list(pd.unique(table["horizon"]))
    house.series(len(horizons), "the list of horizons")
    columns = min(len(horizons), 3)
    rows = -(-len(horizons) // columns)
    with house.drawing():
        size = house.WIDTH / max(columns, 2)
        figure = house.page(rows * (size + 0.35), size * columns)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for panel, horizon in zip(panels, horizons, strict=False):
            _panel(panel, table[table["horizon"] == horizon])
            house.heading(panel, f"After {_horizon(horizon, per, unit)}")
            panel.set_xlabel("Predicted survival")
        for panel in panels[len(horizons) :]:
            panel.set_axis_off()
        panels[0].set_ylabel("Observed survival")
        n = int(table.groupby("horizon")["n"].sum().max())
        own = " Predictions are for the rows that were fitted, hence optimistic." if fitted else ""
        return finish(
            figure,
            title=title,
            alt=_alt(table, horizons, per, unit),
            caption=f"{caption} Observed: Kaplan-Meier with 95% intervals in classes of equal "
            f"size; numbers: rows in the class.{own}",
            size=f"N = {n} {units}",
            n=n,
            source=source_line(source=source),
        )


def _of_fit(fit: CoxFit, times: Sequence[float], bins: int) -> pd.DataFrame:
    if not len(times):
        raise InvalidDataError("calibration_plot: give the horizons (times) for a fit")
    if (fit.efron.weights != 1).any():
        raise InvalidDataError("calibration_plot: a fit with case weights is not supported")
    survival = predict_survival(fit, times=list(times))
    late = bool(np.isfinite(fit.rows["entry"]).any())
    rows = fit.rows.assign(event=fit.rows["event"].astype(int))
    tables: list[pd.DataFrame] = []
    for column, time in enumerate(times):
        level = survival.iloc[:, column]
        entry = "entry" if late else None
        tables.append(calibration_table(level, rows, float(time), entry=entry, bins=bins))
    return pd.concat(tables, ignore_index=True)


def _horizon(horizon: float, per: float, unit: str) -> str:
    value = f"{horizon / per:.3g}"
    return f"{value} {unit.removesuffix('s') if value == '1' else unit}"


def _at(curve: pd.DataFrame, horizon: float) -> dict[str, float]:
    """Observed survival at the horizon; missing beyond the last exit of a curve above zero."""
    names = ["estimate", "conf_low", "conf_high"]
    before = curve[curve["time"] <= horizon]
    if before.empty:
        found = [1.0, np.nan, np.nan]
    elif horizon > curve["time"].iloc[-1] and curve["estimate"].iloc[-1] > 0:
        found = [np.nan] * 3
    else:
        found = before[names].iloc[-1].tolist()
    return dict(zip(["observed", "conf_low", "conf_high"], found, strict=True))


def _panel(panel: Axes, mine: pd.DataFrame) -> None:
    x, y = numeric(mine, "predicted"), mine["observed"].to_numpy(dtype=float)
    shown = mine[["predicted", "observed", "conf_low", "conf_high"]].to_numpy(dtype=float)
    low, high = max(np.nanmin(shown) - 0.05, 0.0), min(np.nanmax(shown) + 0.05, 1.0)
    room = high - low
    panel.plot([0, 1], [0, 1], color=house.GREY, linewidth=0.9, linestyle=(0, (4, 2)))
    panel.vlines(x, mine["conf_low"], mine["conf_high"], color=house.BLUE, linewidth=1.4)
    panel.plot(x, y, "o", color=house.BLUE, markersize=5.5, markeredgecolor="black", gid="points")
    taken: list[tuple[float, float]] = []
    tops = np.where(np.isfinite(shown[:, 3]), shown[:, 3], y)
    for k in np.argsort(tops, kind="stable"):
        if np.isfinite(y[k]):
            # A number stands above its interval, and above the numbers of close neighbours.
            top = tops[k] + 0.02 * room
            while any(abs(x[k] - a) < 0.13 * room and abs(top - b) < 0.08 * room for a, b in taken):
                top += 0.02 * room
            taken.append((x[k], top))
            panel.text(
                x[k],
                top,
                f"{mine['n'].iloc[k]}",
                ha="center",
                va="bottom",
                fontsize=8,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
            )
    highest = max([high, *(b + 0.09 * room for _, b in taken)])
    panel.set_xlim(low, low + (highest - low))
    panel.set_ylim(low, highest)
    panel.locator_params(nbins=4)
    panel.set_box_aspect(1)
    house.bare(panel)


def _alt(table: pd.DataFrame, horizons: list[float], per: float, unit: str) -> str:
    parts = []
    for horizon in horizons:
        mine = table[(table["horizon"] == horizon) & table["observed"].notna()]
        gap = (mine["observed"] - mine["predicted"]).abs().max()
        pairs = ", ".join(
            f"{p:.2f} and {o:.2f}" for p, o in zip(mine["predicted"], mine["observed"], strict=True)
        )
        parts.append(
            f"after {_horizon(horizon, per, unit)} predicted and observed are {pairs}; at most "
            f"{gap:.2f} apart"
        )
    return f"Points of observed against predicted survival beside a diagonal: {'; '.join(parts)}."
