"""H4: the plan's rule, made-up partners with a known course, and the shipped data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shipped

from analysis.models.convergence import CHANNELS, convergence
from analysis.study.convergences import (
    DECIDES,
    VARIANTS,
    Convergences,
    convergences,
    grows_closer,
    load_tables,
)

YEARS = range(1950, 1985)


def history(gain: float, drift: float = 0.0, clusters: int = 12) -> dict[str, pd.DataFrame]:
    """Partners from 1965 to 1968; afterwards their overlap is `gain` above what it was.

    `drift` is what they gain in every year before and after, as pairs may that would have grown
    closer anyway.
    """
    rng = np.random.default_rng(2)
    coalitions, members, dyads, matches = [], [], [], []
    for c in range(clusters):
        a, b, x, y = (f"state-{c}{k}" for k in range(4))
        name = f"war-{c}"
        coalitions.append((name, pd.Timestamp("1968-06-01")))
        members += [
            (name, who, pd.Timestamp("1965-03-01"), pd.Timestamp("1968-05-01")) for who in (a, b)
        ]
        matches.append((name, a, b, x, y, 1964, 0.2))
        for year in YEARS:
            course = drift * (year - 1964) + gain * (year > 1968)
            dyads.append((a, b, year, course + rng.normal(0, 0.02)))
            dyads.append((x, y, year, rng.normal(0, 0.02)))
    frame = pd.DataFrame(dyads, columns=["actor_a", "actor_b", "year", "value"])
    return {
        "coalitions": pd.DataFrame(coalitions, columns=["coalition_id", "observed_until"]),
        "memberships": pd.DataFrame(
            members, columns=["coalition_id", "actor_id", "joined", "left"]
        ),
        "dyads": frame.assign(**dict.fromkeys(CHANNELS, frame["value"])),
        "matches": pd.DataFrame(
            matches,
            columns=[
                "coalition_id",
                "actor_a",
                "actor_b",
                "match_a",
                "match_b",
                "year",
                "distance",
            ],
        ),
    }


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ((0.1, 0.3, -0.1, 0.1), "supported"),
        ((0.1, 0.3, 0.01, 0.1), "undecided"),  # they were growing closer before
        ((0.1, 0.3, -0.2, -0.1), "undecided"),
        ((-0.1, 0.3, -0.1, 0.1), "undecided"),
        ((-0.3, -0.1, -0.1, 0.1), "contrary"),
        ((-0.3, -0.1, 0.1, 0.2), "contrary"),
        ((float("nan"), float("nan"), -0.1, 0.1), "undecided"),
    ],
)
def test_the_rule(bounds: tuple[float, float, float, float], verdict: str) -> None:
    assert grows_closer(*bounds) == verdict


@pytest.mark.parametrize(
    ("gain", "drift", "verdict"),
    [(0.3, 0.0, "supported"), (-0.3, 0.0, "contrary"), (0.0, 0.05, "undecided")],
)
def test_made_up_partners(gain: float, drift: float, verdict: str) -> None:
    found = convergences(history(gain, drift))
    assert found.answer.verdict == verdict
    if drift:
        # The rule needs the placebo here: the phase after is above zero.
        assert found.answer.low > 0
    else:
        assert found.answer.estimate == pytest.approx(gain, abs=0.02)
    assert (found.answer.n, found.answer.events) == (12, 12)


@pytest.fixture(scope="module")
def found() -> Convergences:
    return convergences()


@shipped.needed
def test_every_channel_and_variant_is_there(found: Convergences) -> None:
    wanted = {(channel, variant) for channel in CHANNELS for variant in VARIANTS}
    for table in (found.events, found.phases):
        assert set(zip(table["channel"], table["variant"], strict=True)) == wanted
    placebo = found.phases[found.phases["variant"] == "placebo"]
    assert set(placebo["phase"]) == {"during"}
    real = found.phases[found.phases["variant"] != "placebo"]
    assert (real.groupby(["channel", "variant"]).size() == 2).all()


@shipped.needed
def test_the_reference_year_is_zero(found: Convergences) -> None:
    reference = found.events[found.events["year"] == -1]
    assert len(reference) == len(CHANNELS) * len(VARIANTS)
    assert (reference["estimate"] == 0).all()
    assert (
        found.events.groupby(["channel", "variant"])["year"]
        .apply(lambda years: years.is_monotonic_increasing)
        .all()
    )


@shipped.needed
def test_the_answer_is_the_plans(found: Convergences) -> None:
    """Fitted here as the plan says it, apart from the module."""
    tables = load_tables()
    real = convergence(tables, DECIDES, before=5, after=10, caliper=0.5)
    false = convergence(tables, DECIDES, before=5, after=10, caliper=0.5, placebo=5)
    after = real.phases.set_index("phase").loc["after"]
    moved = false.phases.set_index("phase").loc["during"]
    answer = found.answer
    np.testing.assert_allclose(
        [answer.estimate, answer.low, answer.high],
        after[["estimate", "conf_low", "conf_high"]].astype(float),
    )
    limits = (after["conf_low"], after["conf_high"], moved["conf_low"], moved["conf_high"])
    assert answer.verdict == grows_closer(*map(float, limits))
    assert answer.n == real.pairs
    assert (answer.p_value < 0.05) == (answer.low > 0 or answer.high < 0)
