"""Coalitions of organisations in rules, covariates and survival frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shipped
import tiny
from hypothesis import given
from hypothesis import strategies as st

import coalitiondata as cd
from coalitiondata.covariates.organisations import interests_of_organisations

DAY = pd.Timestamp("1990-05-04")


def changed(table: str, key: dict[str, Any], **cells: Any) -> dict[str, pd.DataFrame]:
    """The tiny data with a coalition of organisations, some cells of one row changed."""
    frames = tiny.frames(tiny.WITH_NGO)
    frame = frames[table]
    row = (frame[list(key)] == pd.Series(key)).all(axis=1)
    assert row.sum() == 1
    for column, value in cells.items():
        frame.loc[row, column] = pd.Timestamp(value) if "-01" in str(value) else value
    return frames


def problems(frames: dict[str, pd.DataFrame]) -> set[tuple[str, str, str]]:
    report = cd.validate(frames, raise_on_error=False)
    return set(report[["table", "column", "rule"]].itertuples(index=False, name=None))


# --- rules --------------------------------------------------------------------------------------


def test_a_coalition_of_organisations_is_valid() -> None:
    assert problems(tiny.frames(tiny.WITH_NGO)) == set()


def test_every_coalition_of_organisations_has_its_campaign() -> None:
    frames = tiny.frames(tiny.WITH_NGO)
    frames["campaigns"] = frames["campaigns"].iloc[:0]
    assert problems(frames) == {("coalitions", "coalition_id", "campaign_of_each_ngo")}
    stray = changed("campaigns", {"coalition_id": "ngo-tiny-1"}, coalition_id="gov-tiny-1")
    assert ("campaigns", "coalition_id", "campaign_of_each_ngo") in problems(stray)


@pytest.mark.parametrize("outcome", ["partly_achieved", "failed"])
def test_an_achieved_goal_is_achieved(outcome: str) -> None:
    frames = changed("coalitions", {"coalition_id": "ngo-tiny-1"}, goal_outcome=outcome)
    assert problems(frames) == {("coalitions", "goal_outcome", "achieved_goal_is_achieved")}


def test_issue_areas_are_ranked_without_gaps() -> None:
    key = {"actor_id": "org-tiny-1", "issue_area": "women"}
    assert problems(changed("issue_areas", key, rank=3)) == {
        ("issue_areas", "rank", "issue_areas_ranked")
    }


def test_only_organisations_have_a_kind() -> None:
    frames = changed("actors", {"actor_id": "party-tiny-1"}, organisation_kind="ngo")
    assert problems(frames) == {("actors", "organisation_kind", "kind_of_organisations_only")}


def test_only_organisations_may_have_ended_on_an_unknown_day() -> None:
    undated = {"end": pd.NaT, "end_precision": None}
    frames = changed("coalitions", {"coalition_id": "ngo-tiny-1"}, **undated)
    assert problems(frames) == set()


# --- interests ----------------------------------------------------------------------------------


def interests(areas: dict[str, list[str]]) -> pd.DataFrame:
    table = pd.DataFrame(
        [(a, x, k) for a, listed in areas.items() for k, x in enumerate(listed, start=1)],
        columns=["actor_id", "issue_area", "rank"],
    )
    present = pd.DataFrame({"moment": "m", "actor_id": list(areas), "coalition_id": "c"})
    return interests_of_organisations({"issue_areas": table}, present)


def test_interests_by_hand() -> None:
    # Pairs: ab 1/2 of {peace, women}, ac 0, bc 0; same main area: ab only.
    found = interests({"a": ["peace", "women"], "b": ["peace"], "c": ["trade"]}).iloc[0]
    assert found["interest_breadth"] == pytest.approx(0.5 / 3)
    assert found["interest_depth"] == pytest.approx(1 / 3)
    assert found["interest_issues"] == 3


def test_the_unspecific_area_makes_nobody_alike() -> None:
    assert interests({"a": ["other"], "b": ["other"]}).empty
    found = interests({"a": ["other", "peace"], "b": ["peace"], "c": ["other"]}).iloc[0]
    assert (found["interest_depth"], found["interest_breadth"]) == (1, 1)


AREAS = st.lists(st.sampled_from(["peace", "women", "trade", "debt"]), min_size=1, unique=True)


@given(st.lists(AREAS, min_size=2, max_size=6))
def test_interests_lie_in_the_unit_interval_and_are_one_for_equals(areas: list[list[str]]) -> None:
    found = interests({f"o{k}": each for k, each in enumerate(areas)}).iloc[0]
    assert 0 <= found["interest_breadth"] <= 1
    assert 0 <= found["interest_depth"] <= 1
    same = interests({f"o{k}": areas[0] for k in range(3)}).iloc[0]
    assert (same["interest_breadth"], same["interest_depth"]) == (1, 1)


# --- survival frames ----------------------------------------------------------------------------


def test_frame_of_the_tiny_campaign() -> None:
    row = cd.survival_frame(family="ngo", tables=tiny.frames(tiny.WITH_NGO)).iloc[0]
    assert (row["event"], row["cause"]) == (1, "goal_achieved")
    assert row["duration"] == (pd.Timestamp("1995-07-01") - DAY).days
    # The third organisation came later; of the first two one area of three is shared.
    assert row["interest_breadth"] == pytest.approx(1 / 3)
    assert row["interest_depth"] == 0
    assert row["n_members"] == 12
    assert np.isnan(row["power_hhi"])


def test_power_by_governance_only_if_asked() -> None:
    tables = tiny.frames(tiny.WITH_NGO)
    row = cd.survival_frame(family="ngo", governance_power=True, tables=tables).iloc[0]
    assert row["power_hhi"] == row["power_normalized_hhi"] == 1
    other = cd.survival_frame(family="governing", governance_power=True, tables=tables)
    pd.testing.assert_frame_equal(other, cd.survival_frame(family="governing", tables=tables))


def test_an_end_on_an_unknown_day_censors() -> None:
    frames = changed("coalitions", {"coalition_id": "ngo-tiny-1"}, end=pd.NaT, end_precision=None)
    row = cd.survival_frame(family="ngo", tables=frames).iloc[0]
    assert (row["event"], row["cause"], row["outcome"]) == (0, "censored", "censored")


def test_an_undated_transformation_leaves_the_outcome_unobserved() -> None:
    frames = tiny.frames(tiny.WITH_NGO)
    assert cd.survival_frame(family="ngo", tables=frames)["outcome_observed"].tolist() == [False]
    late = {**frames, "coalitions": frames["coalitions"].copy()}
    later = late["coalitions"].iloc[[-2]].assign(coalition_id="ngo-tiny-2")
    later = later.assign(observed_until=pd.Timestamp("2020-01-01"), end=pd.Timestamp("2020-01-01"))
    assert later["family"].tolist() == ["ngo"]
    late["coalitions"] = pd.concat([late["coalitions"], later], ignore_index=True)
    seen = cd.survival_frame(family="ngo", tables=late).set_index("unit_id")["outcome_observed"]
    assert seen["ngo-tiny-1"]
    event = {"transformation_id": "t", "coalition_id": "ngo-tiny-1", "basis": "curated",
             "kind": "permanent_organisation", "source": "tiny-own"}  # fmt: skip
    late["transformations"] = pd.concat(
        [late["transformations"], tiny.typed(cd.schema.table("transformations"), [event])]
    )
    late["transformations"]["date"] = late["transformations"]["date"].mask(
        late["transformations"]["transformation_id"] == "t"
    )
    seen = cd.survival_frame(family="ngo", tables=late).set_index("unit_id")["outcome_observed"]
    assert not seen["ngo-tiny-1"]


def test_known_exits_of_organisations_are_no_sample_of_exits() -> None:
    tables = tiny.frames(tiny.WITH_NGO)
    frame = cd.survival_frame(unit="membership", family="ngo", tables=tables)
    assert len(frame) == 3
    assert frame["duration"].isna().all()
    assert (frame["event"] == 0).all()


# --- the shipped data ---------------------------------------------------------------------------


@shipped.needed
def test_every_curated_record_has_evidence() -> None:
    evidence = cd.load("evidence")
    for table, key in (("coalitions", "coalition_id"), ("memberships", None)):
        rows = cd.load(table)
        rows = rows[rows["source"].isin(["coalitiondata-ngo", "coalitiondata-expeditions"])]
        ids = rows[key] if key else rows["coalition_id"] + ":" + rows["actor_id"]
        known = evidence.loc[evidence["record_table"] == table, "record_id"]
        assert set(ids) == set(known)
        assert len(ids) > 1
