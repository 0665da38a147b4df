"""Tables given instead of the shipped ones: typed, or refused with table, column and row."""

from __future__ import annotations

import pandas as pd
import pytest
import tiny

import coalitiondata as cd
from coalitiondata.errors import InvalidDataError
from coalitiondata.replacements import tables_or_shipped


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return {name: frame.copy() for name, frame in tiny.frames(tiny.WITH_NGO).items()}


def test_text_becomes_what_the_schema_says(tables: dict[str, pd.DataFrame]) -> None:
    plain = cd.survival_frame(tables=tables)
    # As somebody reads CSV files: every cell is text, dates and numbers too.
    texts = {
        name: frame.astype("object").map(
            lambda cell: None if pd.isna(cell) else str(cell).removesuffix(" 00:00:00")
        )
        for name, frame in tables.items()
    }
    pd.testing.assert_frame_equal(cd.survival_frame(tables=texts), plain)
    pd.testing.assert_frame_equal(cd.went_on(texts), cd.went_on(tables))


def test_labels_of_rows_do_not_matter(tables: dict[str, pd.DataFrame]) -> None:
    plain = cd.survival_frame(tables=tables)
    odd = {
        name: frame.set_index(frame.columns[0], drop=False) if len(frame) else frame
        for name, frame in tables.items()
    }
    pd.testing.assert_frame_equal(cd.survival_frame(tables=odd), plain)


def test_what_is_missing_is_named(tables: dict[str, pd.DataFrame]) -> None:
    del tables["dyads"]
    with pytest.raises(InvalidDataError, match=r"tables lacks dyads.*cd\.load"):
        cd.survival_frame(tables=tables)
    with pytest.raises(InvalidDataError, match="Table memberships: the column actor_id is missing"):
        cd.went_on(tables | {"memberships": tables["memberships"].drop(columns="actor_id")})
    with pytest.raises(InvalidDataError, match="mapping from name to data frame"):
        cd.went_on([tables["coalitions"]])  # type: ignore[arg-type]


def test_a_cell_that_does_not_fit_is_named(tables: dict[str, pd.DataFrame]) -> None:
    coalitions = tables["coalitions"].astype({"start": "object"})
    coalitions.loc[1, "start"] = "in spring"
    with pytest.raises(
        InvalidDataError, match=r"coalitions, column start, row 1 .*'in spring'.*YYYY-MM-DD"
    ) as caught:
        cd.survival_frame(tables=tables | {"coalitions": coalitions})
    assert caught.value.report is not None
    assert len(caught.value.report) == 1
    members = tables["memberships"].astype({"actor_id": "object"})
    members.loc[0, "actor_id"] = 5
    with pytest.raises(InvalidDataError, match="memberships, column actor_id, row 0"):
        cd.went_on(tables | {"memberships": members})


def test_a_value_that_must_be_known_is_named(tables: dict[str, pd.DataFrame]) -> None:
    members = tables["memberships"].astype({"spell": "Int64"})
    members.loc[1, "spell"] = None
    with pytest.raises(InvalidDataError, match=r"memberships, column spell, row 1: .* missing"):
        cd.went_on(tables | {"memberships": members})


def test_a_row_that_stands_twice_is_named(tables: dict[str, pd.DataFrame]) -> None:
    coalitions = pd.concat([tables["coalitions"], tables["coalitions"].iloc[:1]])
    row = len(coalitions) - 1
    with pytest.raises(InvalidDataError, match=f"coalitions, row {row}: coalition_id .* twice"):
        cd.survival_frame(tables=tables | {"coalitions": coalitions})


def test_levels_of_ones_own_are_kept(tables: dict[str, pd.DataFrame]) -> None:
    coalitions = tables["coalitions"].astype({"subtype": "object"})
    coalitions.loc[0, "subtype"] = "league"
    got = tables_or_shipped({"coalitions": coalitions}, ["coalitions"])["coalitions"]
    assert got.loc[0, "subtype"] == "league"
    assert "cabinet" in got["subtype"].cat.categories


def test_tables_in_the_schema_are_taken_as_they_are(tables: dict[str, pd.DataFrame]) -> None:
    got = tables_or_shipped(tables, list(tables))
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(got[name], frame)


def test_nothing_to_follow_is_said_so(tables: dict[str, pd.DataFrame]) -> None:
    coalitions = tables["coalitions"].assign(primary=False)
    with pytest.raises(InvalidDataError, match=r"no coalition to follow: of .* none fits"):
        cd.survival_frame(tables=tables | {"coalitions": coalitions})
