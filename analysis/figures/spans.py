"""Dates that are known to the day, the month or the year, as spans of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Span(NamedTuple):
    """First and last day that a date may be; the same day where it is known to the day."""

    first: pd.Timestamp
    last: pd.Timestamp


def span(date: pd.Timestamp, precision: object) -> Span:
    """The days that a date may be: the day itself, its month or its year."""
    if precision == "month":
        first = date.replace(day=1)
        return Span(first, first + pd.offsets.MonthEnd(0))
    if precision == "year":
        return Span(date.replace(month=1, day=1), date.replace(month=12, day=31))
    return Span(date, date)


def decimal(date: pd.Timestamp) -> float:
    """A date as a year with its fraction, which an axis of years can show before 1678 as well."""
    begin = pd.Timestamp(year=date.year, month=1, day=1)
    days = 366 if date.is_leap_year else 365
    return float(date.year + (date - begin).days / days)


def date_axis(panel: Axes, first: pd.Timestamp, last: pd.Timestamp) -> None:
    """An axis of years from `first` to `last`, with ticks at months where the time is short."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60, 120, 240) if months / s <= 8), 600)
    begin = (first.year * 12 + first.month - 1) // step * step
    stop = last.year * 12 + last.month + step
    dates = [pd.Timestamp(year=k // 12, month=k % 12 + 1, day=1) for k in range(begin, stop, step)]
    low, high = decimal(first), decimal(last)
    margin = 0.02 * max(high - low, 0.05)
    shown = [d for d in dates if low - margin <= decimal(d) <= high + margin]
    if len(shown) < 2:
        shown = [first, last]
    form = "%Y" if step >= 12 else "%b %Y"
    panel.set_xticks([decimal(d) for d in shown], [d.strftime(form) for d in shown])
    panel.set_xlim(low - margin, high + margin)
