"""Counts by family add up to the tables."""

from __future__ import annotations

import coalitiondata as cd
from coalitiondata.coverage import missing_by_family, rows_by_family
from coalitiondata.rules import RULES


def test_rows_by_family_add_up() -> None:
    rows = rows_by_family()
    sizes = cd.tables().set_index("name")["rows"]
    assert (rows.sum(axis=1) == sizes[rows.index]).all()
    assert rows.loc["coalitions", "governing"] == 1073
    assert {"memberships", "power", "candidates", "transformations"} <= set(rows.index)


def test_missing_by_family_adds_up_to_the_codebook() -> None:
    missing = missing_by_family()
    book = cd.codebook().set_index(["table", "variable"])["missing"]
    total = missing.groupby(["table", "variable"])["missing"].sum()
    assert (total == book[total.index]).all()
    assert missing.loc[missing["missing"] > 0, "missing_reason"].notna().all()
    lineage = missing.query("table == 'coalitions' and variable == 'lineage'")
    assert dict(zip(lineage["family"], lineage["missing_share"], strict=True)) == {
        "governing": 0.0,
        "wartime": 1.0,
        "ngo": 1.0,
    }


def test_every_rule_says_what_it_asks_and_its_exception() -> None:
    for rule in RULES:
        assert "Exception: " in (rule.__doc__ or ""), rule.__name__
