"""Survival, incidence and forest figures hold the numbers of the models behind them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.figures.calibration import calibration_plot, calibration_table
from analysis.figures.described import alt_text, description
from analysis.figures.forest import forest, forest_table
from analysis.figures.incidence import incidence_curves
from analysis.figures.schoenfeld import schoenfeld_plot, spline_fit
from analysis.figures.specification import specification_curve
from analysis.figures.steps import DAYS_PER_YEAR
from analysis.figures.survival import survival_curves
from analysis.models.nonparametric import kaplan_meier
from coalitiondata.errors import InvalidDataError, UnknownNameError


def spells(n: int = 240, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, kind = rng.normal(size=n), rng.choice(["loose", "tight"], n)
    end = np.ceil(700 * rng.exponential(size=n) * np.exp(-0.7 * x)) + 1
    last = np.ceil(rng.uniform(200, 2500, n))
    event = (end <= last).astype(int)
    cause = np.where(event == 0, "censored", rng.choice(["split", "won"], n))
    return pd.DataFrame(
        {"duration": np.minimum(end, last), "event": event, "cause": cause, "x": x, "kind": kind}
    )


def at_risk_texts(figure: object) -> dict[str, int]:
    found = {}
    for panel in figure.axes:  # type: ignore[attr-defined]
        for text in panel.texts:
            if str(text.get_gid()).startswith("at-risk"):
                found[str(text.get_gid()).removeprefix("at-risk ")] = int(text.get_text())
    return found


def test_numbers_at_risk_are_those_of_the_data() -> None:
    frame = spells()
    shown = at_risk_texts(survival_curves(frame, by="kind"))
    assert len(shown) >= 8
    for key, count in shown.items():
        kind, year = key.split()
        mine = frame[frame["kind"] == kind]
        assert count == (mine["duration"] >= float(year) * DAYS_PER_YEAR).sum()


def test_curve_is_the_kaplan_meier_estimate() -> None:
    frame = spells()
    figure = survival_curves(frame)
    line = figure.axes[0].lines[0]
    curve = kaplan_meier(frame)
    np.testing.assert_allclose(line.get_xdata()[1:] * DAYS_PER_YEAR, curve["time"])
    np.testing.assert_allclose(line.get_ydata()[1:], curve["estimate"])
    assert description(figure).n == len(frame)
    assert f"N = {len(frame)} coalitions, {frame['event'].sum()} ended" in (
        description(figure).caption
    )


def test_rows_with_missing_values_are_not_counted() -> None:
    frame = spells()
    frame.loc[:9, "kind"] = None
    with pytest.warns(analysis.DroppedRowsWarning, match="10 of 240 rows"):
        figure = survival_curves(frame, by="kind")
    assert description(figure).n == 230


def test_groups_are_shown_in_the_order_asked_for() -> None:
    figure = survival_curves(spells(), by="kind", groups={"tight": "Tight", "loose": "Loose"})
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert [label.split(",")[0] for label in labels] == ["Tight", "Loose"]
    with pytest.raises(UnknownNameError, match=r"no group 'none'.*has loose"):
        survival_curves(spells(), by="kind", groups={"loose": "L", "none": "N"})


def test_mistakes_get_a_clear_message() -> None:
    with pytest.raises(UnknownNameError, match="no column 'knd'; did you mean kind"):
        survival_curves(spells(), by="knd")
    with pytest.raises(InvalidDataError, match="no rows"):
        survival_curves(spells().iloc[:0])
    with pytest.raises(InvalidDataError, match="at most 6 can be told apart"):
        survival_curves(spells().assign(kind=lambda f: f.index % 7), by="kind")


@pytest.mark.parametrize("by", [None, "kind"])
def test_incidence_ends_at_the_estimate(by: str | None) -> None:
    frame = spells()
    figure = incidence_curves(frame, by)
    curve = analysis.cumulative_incidence(frame, by=by)
    ends = sorted(line.get_ydata()[-1] for panel in figure.axes for line in panel.lines)
    last = curve.groupby(["group", "cause"])["estimate"].last()
    np.testing.assert_allclose(ends, sorted(last))
    assert description(figure).n == len(frame)


def test_incidence_counts_late_entries_once() -> None:
    frame = spells().assign(entry=lambda f: np.where(f.index % 2, f["duration"] / 2, 0.0))
    assert description(incidence_curves(frame, entry="entry")).n == len(frame)


def test_forest_shows_hazard_ratios() -> None:
    frame = spells()
    fits = {"one": analysis.cox(frame, "x"), "two": analysis.cox(frame, "x + kind")}
    figure = forest(fits)
    panel = figure.axes[0]
    points = [line.get_xdata()[0] for line in panel.lines if line.get_gid() == "estimate"]
    np.testing.assert_allclose(points, np.exp(forest_table(fits)["estimate"]))
    texts = [text.get_text() for text in panel.texts]
    first = np.exp(fits["one"].table.iloc[0][["estimate", "conf_low", "conf_high"]].astype(float))
    assert "{:.2f} ({:.2f} to {:.2f})".format(*first) in texts
    assert "N = 240" in description(figure).caption


def test_forest_of_an_own_table_leaves_missing_out_and_says_so() -> None:
    table = pd.DataFrame(
        {
            "term": ["a", "b", "c"],
            "estimate": [0.2, 9.0, np.nan],
            "conf_low": [0.1, -9.0, np.nan],
            "conf_high": [0.3, 20.0, np.nan],
        }
    )
    figure = forest(table)
    assert "1 estimates without interval not shown" in description(figure).caption
    bounds = [line.get_xdata() for line in figure.axes[0].lines if line.get_gid() == "interval"]
    assert len(bounds) == 2
    assert max(map(max, bounds)) == 20.0  # a ratio of e^20 is cut off
    with pytest.raises(UnknownNameError, match="no estimate of 'd'; there are a, b, c"):
        forest(table, {"d": "D"})
    with pytest.raises(UnknownNameError, match="no column 'conf_low'"):
        forest(table.drop(columns="conf_low"))
    with pytest.raises(InvalidDataError, match="mapping of words to fits"):
        forest({"one": 1})


def test_calibration_of_the_truth_is_on_the_diagonal() -> None:
    # Without censoring the observed share in a class is a plain mean.
    rng = np.random.default_rng(2)
    p = rng.uniform(0.1, 0.9, 4000)
    alive = rng.uniform(size=4000) < p
    frame = pd.DataFrame({"duration": np.where(alive, 20.0, 5.0), "event": 1})
    table = calibration_table(p, frame, 10.0, bins=4)
    classes = pd.qcut(p, 4, labels=False)
    np.testing.assert_allclose(table["observed"], pd.Series(alive).groupby(classes).mean())
    np.testing.assert_allclose(table["predicted"], pd.Series(p).groupby(classes).mean())
    assert table["n"].tolist() == [1000] * 4
    assert (table["observed"] - table["predicted"]).abs().max() < 0.04


def test_calibration_says_nothing_beyond_the_last_exit() -> None:
    frame = pd.DataFrame({"duration": [5.0, 6.0, 7.0, 8.0], "event": [1, 0, 1, 0]})
    table = calibration_table([0.1, 0.2, 0.8, 0.9], frame, 10.0, bins=2)
    assert table["observed"].isna().all()


def test_calibration_mistakes() -> None:
    frame = spells()
    fit = analysis.cox(frame, "x")
    with pytest.raises(InvalidDataError, match="give the horizons"):
        calibration_plot(fit)
    with pytest.raises(InvalidDataError, match="2 predictions for 240 rows"):
        calibration_table([0.1, 0.2], frame, 10.0)
    with pytest.raises(InvalidDataError, match="between 0 and 1"):
        calibration_table(np.full(240, 1.2), frame, 10.0)


def test_calibration_plot_has_a_point_for_each_class() -> None:
    figure = calibration_plot(analysis.cox(spells(), "x"), [365.25, 730.5], bins=4)
    points = [line for panel in figure.axes for line in panel.lines if line.get_gid() == "points"]
    assert [len(line.get_xdata()) for line in points] == [4, 4]
    counts = [int(text.get_text()) for text in figure.axes[0].texts if text.get_text().isdigit()]
    assert sum(counts) == description(figure).n == 240


def test_schoenfeld_points_are_the_residuals() -> None:
    fit = analysis.cox(spells(), "x + kind")
    figure = schoenfeld_plot(fit)
    residuals = analysis.schoenfeld_residuals(fit, scaled=True)
    for panel, name in zip(figure.axes, fit.design.names, strict=False):
        points = next(line for line in panel.lines if line.get_gid() == "residuals")
        np.testing.assert_allclose(points.get_ydata(), residuals[name])
    p_value = analysis.ph_test(fit).set_index("term")["p_value"]["GLOBAL"]
    assert f"p = {p_value:.2f}" in description(figure).caption
    with pytest.raises(UnknownNameError, match="no coefficient 'y'"):
        schoenfeld_plot(fit, {"y": "Y"})


def test_spline_keeps_a_straight_line() -> None:
    x = np.arange(30.0)
    curve, width = spline_fit(x, 2 * x - 1, 4.0, x)
    np.testing.assert_allclose(curve, 2 * x - 1, atol=1e-8)
    # Four columns: the widths' squares sum to 4 x variance x 1.96^2.
    assert (width**2).sum() == pytest.approx(4 * 4.0 * 1.959964**2, rel=1e-5)


def test_specification_curve_sorts_and_marks() -> None:
    rng = np.random.default_rng(1)
    b = rng.normal(0.2, 0.4, 60)
    table = pd.DataFrame(
        {
            "estimate": np.exp(b),
            "conf_low": np.exp(b - 0.3),
            "conf_high": np.exp(b + 0.3),
            "power": rng.choice(["hhi", "gini"], 60),
            "sample": "all",
            "plan": np.arange(60) == 7,
        }
    )
    table.loc[59, "estimate"] = np.nan
    figure = specification_curve(table, ["power", "sample"], main="plan")
    points = {c.get_gid(): c.get_offsets() for c in figure.axes[0].collections if c.get_gid()}
    np.testing.assert_allclose(points["estimates"][:, 1], np.sort(table["estimate"][:59]))
    assert points["main"][0, 1] == pytest.approx(table["estimate"][7])
    labels = [tick.get_text() for tick in figure.axes[1].get_yticklabels()]
    assert labels == ["gini", "hhi"]  # `sample` does not vary
    assert "N = 59 specifications" in description(figure).caption
    assert "1 specifications without an estimate" in description(figure).caption
    with pytest.raises(InvalidDataError, match="not positive"):
        specification_curve(table.assign(estimate=-1.0), ["power"])


def test_alt_text_belongs_to_figures_of_the_house() -> None:
    from matplotlib.figure import Figure

    assert "loose" in alt_text(survival_curves(spells(), by="kind"))
    with pytest.raises(InvalidDataError, match=r"not drawn by analysis\.figures"):
        alt_text(Figure())
