"""The study of coalitions of organisations: verdicts, agreement, and the page with its numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shipped
from raw_files import ROOT

import coalitiondata as cd
from analysis.study import organisation_page, organisations
from analysis.study.agreement import agreement, cohen
from analysis.study.samples import load_tables
from coalitiondata.errors import InvalidDataError


@pytest.fixture(scope="module")
def results() -> organisations.OrganisationResults:
    return organisations.organisation_results(load_tables(), lambda _: None)


@pytest.mark.parametrize(
    ("p_value", "low", "high", "verdict"),
    [
        (0.04, 1.1, 2.0, "supported"),
        (0.04, 0.3, 0.9, "supported"),
        (0.5, 0.92, 1.09, "contrary"),
        (0.5, 0.8, 1.4, "undecided"),
        (float("nan"), float("nan"), float("nan"), "undecided"),
    ],
)
def test_verdict_of_h1(p_value: float, low: float, high: float, verdict: str) -> None:
    assert organisations.host_matters(p_value, low, high) == verdict


def test_kappa_of_a_published_table() -> None:
    """Cohen's own example (1960, p. 45): 200 cases, kappa = .49 in the text's rounding."""
    table = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    first, second = [], []
    for i in range(3):
        for j in range(3):
            first += [str(i)] * table[i, j]
            second += [str(j)] * table[i, j]
    kappa, low, high = cohen(pd.Series(first), pd.Series(second))
    observed = np.trace(table) / 200
    expected = (table.sum(0) * table.sum(1)).sum() / 200**2
    assert kappa == pytest.approx((observed - expected) / (1 - expected))
    assert kappa == pytest.approx(0.49, abs=0.005)
    assert low < kappa < high


def codings(rows: list[tuple[str, str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["variable", "first", "second", "settled"])


def test_agreement_of_codes_and_dates() -> None:
    found = agreement(
        codings(
            [
                ("form", "coalition", "coalition", "coalition"),
                ("form", "alliance", "coalition", "coalition"),
                ("started", "1990", "1990-05", "1990-05"),
                ("started", "1990", "1991", "1990"),
                ("started", "", "1991", "1991"),
            ]
        )
    ).set_index("variable")
    assert found.loc["form", "agree"] == 0.5
    assert (found.loc["form", "first_kept"], found.loc["form", "second_kept"]) == (0, 1)
    assert found.loc["started", "agree"] == pytest.approx(1 / 3)
    assert found.loc["started", "n_both_known"] == 2


def test_kappa_is_missing_where_one_code_was_ever_used() -> None:
    assert np.isnan(cohen(pd.Series(["a", "a"]), pd.Series(["a", "a"]))[0])
    with pytest.raises(InvalidDataError, match="no codings"):
        agreement(codings([]))


@shipped.needed
def test_samples_and_ways_to_end(results: organisations.OrganisationResults) -> None:
    main = results.main
    assert set(main.frame["form"]) == {"coalition"}
    assert main.flow["units"].iloc[-1] == len(main.complete)
    assert (main.flow["units"].diff().fillna(0) == -main.flow["lost"]).all()
    for measure in ("interest_depth", "interest_breadth"):
        scaled = main.complete[f"{measure}_z"]
        assert scaled.mean() == pytest.approx(0, abs=1e-12)
        assert scaled.std() == pytest.approx(1)
    last = results.ways.groupby("cause")["estimate"].last()
    assert 0 < last.sum() <= 1
    assert (
        results.causes["n"].sum()
        == (cd.load("coalitions", subtype="ngo_coalition")["status"] == "ended").sum()
    )
    assert {a.hypothesis for a in results.answers} == {
        "H1", "H2", "H2 depth", "H2 breadth", "H3", "H5", "H8"
    }  # fmt: skip


@shipped.needed
def test_the_page_tells_the_numbers_of_the_data(
    results: organisations.OrganisationResults,
) -> None:
    page = (ROOT / "docs" / "ngo.md").read_text(encoding="utf-8")
    text = organisation_page.numbers(results, load_tables(), cd.load("codings"))
    assert organisation_page.replaced(page, text) == page
    with pytest.raises(InvalidDataError, match="the page needs one"):
        organisation_page.replaced("no marks", "x")
