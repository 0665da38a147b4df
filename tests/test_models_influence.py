"""Gamson's law against R, against the published data, and the exact test of who leads."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import shipped
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import folder_or_skip
from scipy.stats import binomtest

from analysis.models.influence import InfluenceFit, gamson, proportionality, strongest_leads
from analysis.models.notices import DroppedRowsWarning
from analysis.models.shares import contributions, whole_coalitions
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
CASES: list[dict[str, Any]] = json.loads((HERE / "choice.json").read_text())["ols"]


def shares() -> pd.DataFrame:
    """The shares that make_choice_reference.R makes of choice_alternatives.csv."""
    frame = pd.read_csv(HERE / "choice_alternatives.csv")
    group = frame["group"]
    outside, inside = frame["seats"] + 1, np.exp(frame["x"])
    return frame.assign(
        outside=outside / outside.groupby(group).transform("sum"),
        inside=inside / inside.groupby(group).transform("sum"),
        w=1 + (group + frame["seats"]) % 3,
    )


def fit(frame: Any = None, **changes: Any) -> InfluenceFit:
    chosen = {"inside": "inside", "outside": "outside", **changes}
    return gamson(shares() if frame is None else frame, **chosen)


def close(ours: Any, theirs: Any, rtol: float = 1e-9, atol: float = 0.0) -> None:
    np.testing.assert_allclose(
        np.asarray(ours, float), np.asarray(theirs, float), rtol=rtol, atol=atol
    )


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_least_squares_agree_with_r(case: dict[str, Any]) -> None:
    options = {k: case[k] or None for k in ("controls", "within", "weights")}
    plain, robust = fit(**options), fit(cluster="cluster", **options)
    close(plain.table["estimate"], case["coef"])
    close(plain.table["std_error"], case["se"])
    close(plain.table["p_value"], case["p_model"], rtol=1e-8)
    close(plain.table["conf_low"], case["low_model"])
    close(plain.loglik, case["loglik"])
    close(robust.table["std_error"], case["robust_se"])
    close(np.sqrt(np.diag(robust.covariance_model)), case["se"])
    assert (plain.df, robust.df, robust.clusters) == (case["df"], case["clusters"] - 1, 12)
    if not case["within"]:  # R counts what its dummies explain as well
        close(plain.r_squared, case["r_squared"])


def test_warwick_and_druckman() -> None:
    """Published: portfolio share = .07 + .79 seat share, 826 parties; plain OLS gives it."""
    pyreadr = pytest.importorskip("pyreadr")
    path = folder_or_skip() / "raw" / "replication" / "warwick_druckman_portfolios.rds"
    if not path.is_file():
        pytest.skip("the published data are not among the raw sources")
    frame = pyreadr.read_r(str(path))[None]
    published = gamson(frame)
    assert published.n == 826
    assert published.coefficients.round(2).to_dict() == {"Intercept": 0.07, "seat_share": 0.79}
    assert round(published.r_squared, 2) == 0.89
    frame["cabinet"] = whole_coalitions(frame, "portfolio_share", "seat_share")
    assert frame["cabinet"].nunique() == 274
    clustered = gamson(frame, cluster="cabinet")
    close(clustered.table["estimate"], published.table["estimate"])
    assert proportionality(clustered)["p_value"] < 1e-10
    # Within cabinets, without the arithmetic of shares; R: lm(... + factor(cabinet)).
    within = gamson(frame, within="cabinet")
    close(within.coefficients["seat_share"], 0.7308734, rtol=1e-6)


def test_shares_of_chance_have_a_slope_pooled_and_none_within() -> None:
    """Coalitions of two to nine members, influence independent of power."""
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(400), rng.integers(2, 10, 400))
    frame = pd.DataFrame({"group": group})
    for name in ("inside", "outside"):
        raw = pd.Series(rng.exponential(size=len(group)))
        frame[name] = raw / raw.groupby(group).transform("sum")
    pooled, within = fit(frame, cluster="group"), fit(frame, cluster="group", within="group")
    assert pooled.table["conf_low"].iloc[1] > 0.2
    assert within.table["conf_low"].iloc[0] < 0 < within.table["conf_high"].iloc[0]


def test_exact_proportionality_is_found() -> None:
    frame = shares().assign(
        inside=lambda f: f["outside"] + np.tile([1e-6, -1e-6], len(f))[: len(f)]
    )
    law = fit(frame)
    close(law.coefficients, [0, 1], rtol=1e-4, atol=1e-6)
    assert proportionality(law)["df"] == 2
    assert proportionality(law)["p_value"] > 0.05
    assert proportionality(fit(frame, within="group"))["df"] == 1
    assert proportionality(fit(frame.assign(inside=frame["inside"] * 0.9)))["p_value"] < 1e-10


def test_proportionality_is_the_f_test_of_the_restriction() -> None:
    law = fit()
    frame = shares()
    restricted = ((frame["inside"] - frame["outside"]) ** 2).sum()
    b = law.coefficients
    free = ((frame["inside"] - b["Intercept"] - b["outside"] * frame["outside"]) ** 2).sum()
    expected = (restricted - free) / 2 / (free / (law.n - 2))
    close(proportionality(law)["statistic"], expected)


def test_the_face_of_a_fit() -> None:
    frame = pl.from_pandas(shares())
    face = gamson(frame, inside="inside", outside="outside", controls="kind", cluster="cluster")
    assert list(face.table["term"]) == ["Intercept", "outside", "kind[T.b]", "kind[T.c]"]
    assert (face.n, face.events, face.converged, face.dropped) == (493, 493, True, {})
    assert face.loglik > face.loglik_null
    close(face.table["std_error"], np.sqrt(np.diag(face.covariance)))


def test_missing_values_are_counted() -> None:
    frame = shares()
    frame.loc[[1, 2], "inside"] = np.nan
    with pytest.warns(DroppedRowsWarning, match="inside 2"):
        assert fit(frame).n == 491


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"outside": "one"}, "constant covariate: one"),
        ({"controls": "double"}, "collinear covariates: outside, double"),
        (
            {"outside": "group", "within": "group"},
            "group is the same for all rows of every 'group'",
        ),
        ({"controls": "shifted", "within": "group"}, "collinear covariates within 'group'"),
        ({"cluster": "one"}, "at least two clusters"),
        ({"weights": "seats"}, "weights column 'seats' must be positive"),
        ({"within": "row"}, "the same for all rows of every 'row'"),
        ({"inside": "kind"}, "column 'kind' is object; numbers are needed"),
    ],
)
def test_bad_input_gives_one_clear_error(changes: dict[str, Any], expected: str) -> None:
    frame = shares()
    frame = frame.assign(
        one=1,
        double=2 * frame["outside"],
        shifted=frame["outside"] + frame["group"],
        row=range(len(frame)),
    )
    with pytest.raises(InvalidDataError, match=expected):
        fit(frame, **changes)


def test_more_rows_than_coefficients_are_needed() -> None:
    with pytest.raises(InvalidDataError, match="2 complete rows for 2 coefficients"):
        fit(shares().iloc[:2])
    with pytest.raises(UnknownNameError, match="no column 'portfolio_share'"):
        gamson(shares())


# --- who leads


def coalitions(sizes: list[int], hits: list[bool]) -> pd.DataFrame:
    rows = [
        {"group": g, "power": n - k, "leads": int(k == (0 if hit else 1))}
        for g, (n, hit) in enumerate(zip(sizes, hits, strict=True))
        for k in range(n)
    ]
    return pd.DataFrame(rows)


def test_leaders_of_equal_coalitions_are_binomial() -> None:
    test = strongest_leads(
        coalitions([4] * 10, [True] * 6 + [False] * 4), group="group", power="power", leader="leads"
    )
    assert (test["groups"], test["observed"], test["expected"]) == (10, 6, 2.5)
    close(test["p_value"], 2 * binomtest(6, 10, 0.25, alternative="greater").pvalue)


@settings(max_examples=30, deadline=None)
@given(
    drawn=st.lists(st.tuples(st.integers(2, 6), st.booleans()), min_size=1, max_size=8),
)
def test_leaders_against_every_outcome(drawn: list[tuple[int, bool]]) -> None:
    sizes, hits = [n for n, _ in drawn], [hit for _, hit in drawn]
    test = strongest_leads(coalitions(sizes, hits), group="group", power="power", leader="leads")
    upper = lower = 0.0
    for outcome in itertools.product([0, 1], repeat=len(sizes)):
        chance = np.prod([1 / n if o else 1 - 1 / n for o, n in zip(outcome, sizes, strict=True)])
        upper += chance * (sum(outcome) >= sum(hits))
        lower += chance * (sum(outcome) <= sum(hits))
    close(test["p_value"], min(1, 2 * min(upper, lower)), rtol=1e-12)


def test_coalitions_that_cannot_be_judged_are_counted() -> None:
    frame = coalitions([3] * 5, [True] * 5)
    frame.loc[0, "power"] = np.nan  # unknown power
    frame.loc[4, "power"] = 3  # two strongest
    frame.loc[7, "leads"] = 1  # two leaders
    test = strongest_leads(frame, group="group", power="power", leader="leads")
    assert (test["groups"], test["groups_dropped"]) == (2, 3)
    with pytest.raises(InvalidDataError, match="none of 3 coalitions"):
        strongest_leads(frame[frame["group"] < 3], group="group", power="power", leader="leads")


# --- shares


def test_coalitions_are_cut_where_both_shares_are_complete() -> None:
    frame = pd.DataFrame(
        {"a": [0.5, 0.5, 0.25, 0.25, 0.5, 1.0], "b": [0.6, 0.4, 0.5, 0.4, 0.1, 1.0]}
    )
    assert whole_coalitions(frame, "a", "b").to_list() == [0, 0, 1, 1, 1, 2]
    for broken in (frame.iloc[:-2], frame.iloc[1:], frame * 2):
        with pytest.raises(InvalidDataError, match="cannot be cut into coalitions"):
            whole_coalitions(broken, "a", "b")


@shipped.needed
def test_contributions_of_the_shipped_data() -> None:
    rows = contributions()
    iraq = rows[rows["coalition_id"] == "exp-mnf-iraq-2003"].set_index("actor_id")
    assert iraq["contribution_share"].idxmax() == "state-cow-2"
    assert iraq.loc["state-cow-2", "is_leader"] == 1
    assert iraq["is_leader"].sum() == 1
    known = rows[rows["contribution_share"].notna()]
    by = known.groupby("coalition_id")
    close(by[["contribution_share", "cinc_share"]].sum(), 1)
    assert (by.size() == by["n_known"].first()).all()
    assert (rows["n_known"] <= rows["n_members"]).all()
    assert not rows.duplicated(["coalition_id", "actor_id"]).any()
    # Where either is unknown there is no share, and nothing is filled in.
    unknown = rows[["contribution", "cinc"]].isna().any(axis=1)
    assert rows.loc[unknown, ["contribution_share", "cinc_share"]].isna().all(axis=None)
    with pytest.raises(InvalidDataError, match="no resource 'ships'"):
        contributions(resource="ships")
