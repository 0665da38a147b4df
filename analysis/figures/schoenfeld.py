"""Scaled Schoenfeld residuals: does a coefficient change over time?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.figures import house
from analysis.figures.described import finish
from analysis.figures.sources import source_line
from analysis.figures.steps import DAYS_PER_YEAR
from analysis.figures.words import p_text, plain
from analysis.models.cox import CoxFit
from analysis.models.frame import Floats
from analysis.models.proportionality import Transform, ph_test
from analysis.models.residuals import schoenfeld_residuals
from analysis.models.result import Z
from coalitiondata.errors import InvalidDataError, UnknownNameError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPLINE_DF = 4


def schoenfeld_plot(
    fit: CoxFit,
    terms: Mapping[str, str] | None = None,
    transform: Transform = "km",
    *,
    per: float = DAYS_PER_YEAR,
    time: str = "Years since start",
    units: str = "coalitions",
    title: str = "Do the coefficients change over time?",
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """Scaled Schoenfeld residuals by time of the event, with a smooth curve and the test.

    The residuals scatter about the course of the coefficient over time. The curve is a natural
    cubic spline with four degrees of freedom over the ranks of the event times, fitted by least
    squares, with a pointwise 95 per cent band in which a residual has the variance events times
    that of the coefficient, as in R ``plot(cox.zph)``. The dashed line is the estimate. The
    p-values are those of `analysis.ph_test`. Event times stand in their order, at equal distances.

    Args:
        fit: a Cox model.
        terms: coefficients to show with the words for them; by default all.
        transform: of time, for the test alone.
        per: units of the durations in one unit of the axis.
        time: label of the axis.
        units, title, caption, source: as in `survival_curves`.

    Returns:
        The figure, a panel per coefficient.

    Raises:
        UnknownNameError: a term that is not in the model.
        InvalidDataError: fewer than six distinct event times, or as `ph_test`.
    """
    words = dict(terms) if terms is not None else {name: plain(name) for name in fit.design.names}
    for each in words:
        if each not in fit.design.names:
            raise UnknownNameError(
                f"no coefficient {each!r} in the fit; it has {', '.join(fit.design.names)}"
            )
    residuals = schoenfeld_residuals(fit, scaled=True)
    times = residuals["time"].to_numpy(dtype=float)
    distinct = np.unique(times)
    if len(distinct) < SPLINE_DF + 2:
        raise InvalidDataError(f"{len(distinct)} distinct event times; a curve needs at least 6")
    tests = ph_test(fit, transform).set_index("term")["p_value"]
    term_of = {fit.design.names[k]: term for term, ks in fit.design.terms.items() for k in ks}
    columns = min(len(words), 2)
    rows = -(-len(words) // columns)
    ranks: Floats = np.asarray(pd.Series(times).rank(), dtype=np.float64)
    with house.drawing():
        figure = house.page(2.45 * rows + 0.3)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for panel, (name, label) in zip(panels, words.items(), strict=False):
            y = residuals[name].to_numpy(dtype=float)
            variance = float(np.asarray(fit.covariance_model.loc[name, name])) * len(y)
            _panel(panel, ranks, y, variance, float(fit.coefficients[name]))
            _time_ticks(panel, times, ranks, per)
            house.heading(
                panel, label, f"test of proportional hazards {p_text(tests[term_of[name]])}"
            )
            panel.set_xlabel(f"{time} (rank scale)")
        for panel in panels[len(words) :]:
            panel.set_axis_off()
        for panel in panels[::columns]:
            panel.set_ylabel("Log hazard ratio")
        return finish(
            figure,
            title=title,
            alt=_alt(words, tests, term_of, len(times)),
            caption=f"{caption} Points: scaled Schoenfeld residuals, a few may lie outside; curve: "
            "natural spline with 95% band; dashed: estimate. Test of all terms "
            f"{p_text(tests['GLOBAL'])}.",
            size=f"N = {fit.n} {units}, {len(times)} events",
            n=fit.n,
            source=source_line(source=source),
        )


def spline_fit(x: Floats, y: Floats, variance: float, at: Floats) -> tuple[Floats, Floats]:
    """A natural cubic spline of y on x by least squares, and half the width of its band at `at`.

    Half-width = 1.96 sqrt(variance b'(B'B)^-1 b), B the basis at x and b at each of `at`.
    """
    from formulaic import Formula

    basis = Formula(f"cr(x, df={SPLINE_DF}) - 1").get_model_matrix(pd.DataFrame({"x": x}))
    new = np.asarray(basis.model_spec.get_model_matrix(pd.DataFrame({"x": at})))
    B = np.asarray(basis)
    inverse = np.linalg.pinv(B.T @ B)
    curve = new @ inverse @ B.T @ y
    width = Z * np.sqrt(variance * np.einsum("ij,jk,ik->i", new, inverse, new))
    return np.asarray(curve), np.asarray(width)


def _panel(panel: Axes, x: Floats, y: Floats, variance: float, estimate: float) -> None:
    at = np.linspace(x.min(), x.max(), 120)
    curve, width = spline_fit(x, y, variance, at)
    panel.plot(x, y, "o", color=house.GREY, markersize=2.6, alpha=0.55, gid="residuals")
    panel.fill_between(at, curve - width, curve + width, color=house.BLUE, alpha=0.22, linewidth=0)
    panel.plot(at, curve, color=house.BLUE)
    panel.axhline(estimate, color="black", linestyle=(0, (4, 2)), linewidth=1.1)
    # A few residuals are so large that they would flatten the curve.
    low, high = np.quantile(y, [0.02, 0.98])
    panel.set_ylim(min(low, (curve - width).min()), max(high, (curve + width).max()))
    house.bare(panel)


def _time_ticks(panel: Axes, times: Floats, ranks: Floats, per: float) -> None:
    """Ticks at six event times that are evenly far apart in rank, with the times as labels."""
    order = np.argsort(ranks, kind="stable")
    picks = order[np.linspace(0, len(order) - 1, 6).round().astype(int)]
    shown = dict(sorted({float(ranks[k]): f"{times[k] / per:.2g}" for k in picks}.items()))
    panel.set_xticks(list(shown), list(shown.values()))


def _alt(words: dict[str, str], tests: pd.Series, term_of: dict[str, str], events: int) -> str:
    parts = [f"{label} {p_text(tests[term_of[name]])}" for name, label in words.items()]
    return (
        f"Scatter of {events} scaled Schoenfeld residuals over time with a smooth curve, for each "
        f"coefficient. Tests of proportional hazards: {', '.join(parts)}; all together "
        f"{p_text(tests['GLOBAL'])}."
    )
