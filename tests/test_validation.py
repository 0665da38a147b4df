from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import shipped
import tiny

import coalitiondata as cd
from coalitiondata import rules

Frames = dict[str, pd.DataFrame]
NOTHING = None


def changed(frames: Frames, table: str, row: int, **cells: Any) -> Frames:
    """The same tables with some cells of one row changed."""
    frame = frames[table].copy()
    for column, value in cells.items():
        frame[column] = frame[column].astype("object")
        frame.loc[row, column] = value
    return {**frames, table: frame}


def problems(frames: Frames) -> list[tuple[Any, ...]]:
    report = cd.validate(frames, raise_on_error=False)
    return list(report[["table", "row", "column", "rule"]].itertuples(index=False, name=None))


def test_tiny_data_are_valid() -> None:
    report = cd.validate(tiny.frames())
    assert report.empty
    assert list(report.columns) == ["table", "row", "column", "value", "rule", "hint"]


@shipped.needed
def test_shipped_data_are_valid() -> None:
    assert cd.validate().empty


# --- the schema ---------------------------------------------------------------------------------

SCHEMA_CASES: dict[str, tuple[str, int, dict[str, Any], str, str]] = {
    "impossible date": ("coalitions", 0, {"end": "1952-02-30"}, "end", "date"),
    "only a year": ("coalitions", 0, {"end": "1952"}, "end", "date"),
    "number for a date": ("coalitions", 0, {"end": 1952}, "end", "date"),
    "time of day": ("coalitions", 0, {"end": pd.Timestamp("1952-05-04 12:00")}, "end", "date"),
    "fraction of a seat": ("candidates", 0, {"seats": 40.5}, "seats", "integer"),
    "word for a number": ("power", 0, {"value": "forty"}, "value", "number"),
    "word for a flag": ("coalitions", 0, {"primary": "maybe"}, "primary", "boolean"),
    "number for a text": ("coalitions", 0, {"name": 7}, "name", "string"),
    "list for a text": ("coalitions", 0, {"name": ["a"]}, "name", "string"),
    "flag for a number": ("power", 0, {"value": True}, "value", "number"),
    "unknown level": ("power", 0, {"basis": "guess"}, "basis", "enum"),
    "nothing where needed": ("coalitions", 0, {"name": NOTHING}, "name", "required"),
    "empty text where needed": ("coalitions", 0, {"name": ""}, "name", "required"),
    "odd id": ("sources", 1, {"source_id": "Tiny Gov"}, "source_id", "pattern"),
    "negative seats": ("candidates", 0, {"seats": -1}, "seats", "minimum"),
    "above the scale": ("positions", 0, {"value": 10.5}, "value", "maximum"),
    "unknown actor": ("positions", 0, {"actor_id": "party-tiny-9"}, "actor_id", "foreign_key"),
    "unknown predecessor": (
        "coalitions", 1, {"predecessor": "gov-tiny-9"}, "predecessor", "foreign_key",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "row", "cells", "column", "rule"), SCHEMA_CASES.values(), ids=SCHEMA_CASES
)
def test_each_fault_is_found_once(
    table: str, row: int, cells: dict[str, Any], column: str, rule: str
) -> None:
    broken = changed(tiny.frames(), table, row, **cells)
    if rule == "pattern":
        broken = {table: broken[table]}  # elsewhere the old id would be missing
    assert problems(broken) == [(table, row, column, rule)]
    with pytest.raises(cd.InvalidDataError) as caught:
        cd.validate(broken)
    message = str(caught.value)
    assert message.startswith("1 problem found.")
    assert f"{table}, column {column}, row {row}" in message
    assert f"breaks {rule}." in message
    assert isinstance(caught.value, ValueError)


def test_missing_column() -> None:
    frames = tiny.frames()
    frames["coalitions"] = frames["coalitions"].drop(columns="status")
    assert problems(frames) == [("coalitions", None, "status", "column")]
    with pytest.raises(cd.InvalidDataError, match="coalitions, column status: breaks column"):
        cd.validate(frames)


def test_unexpected_column() -> None:
    frames = tiny.frames()
    frames["power"] = frames["power"].assign(share=0.5)
    assert problems(frames) == [("power", None, "share", "column")]


def test_duplicate_key() -> None:
    frames = tiny.frames()
    frames["power"] = pd.concat([frames["power"], frames["power"].iloc[[0]]], ignore_index=True)
    assert problems(frames) == [("power", 3, "resource", "primary_key")]


def test_duplicate_single_key() -> None:
    frames = tiny.frames()
    frames["actors"] = pd.concat([frames["actors"], frames["actors"].iloc[[0]]], ignore_index=True)
    assert problems(frames) == [("actors", 5, "actor_id", "primary_key")]


def test_all_problems_at_once() -> None:
    broken = tiny.frames()
    for row in range(3):
        broken = changed(broken, "coalitions", row, name=NOTHING)
    broken = changed(broken, "positions", 0, value=11)
    broken = changed(broken, "coalitions", 0, end="1952-02-30")
    report = cd.validate(broken, raise_on_error=False)
    assert sorted(report["rule"]) == ["date", "maximum", "required", "required", "required"]
    with pytest.raises(cd.InvalidDataError, match=r"5 problems found.*(\n.*)*and 2 more"):
        cd.validate(broken)


def test_rows_bear_the_labels_of_the_frame() -> None:
    frames = tiny.frames()
    frames["positions"] = frames["positions"].set_axis(["first", "second"])
    broken = changed(frames, "positions", "second", value=-3)  # type: ignore[arg-type]
    assert problems(broken) == [("positions", "second", "value", "minimum")]


def test_own_tables_may_come_as_text() -> None:
    """Read by a plain `read_csv(dtype=str)`, the same tables are just as valid."""
    words = {"True": "true", "False": "false", "<NA>": None, "NaT": None, "nan": None}
    frames = {
        name: frame.astype(str).replace(words).astype("object")
        for name, frame in tiny.frames().items()
    }
    assert problems(frames) == []


def test_a_single_table_can_be_checked() -> None:
    assert problems({"positions": tiny.frames()["positions"]}) == []


def test_empty_tables_are_valid() -> None:
    assert problems({name: frame.iloc[:0] for name, frame in tiny.frames().items()}) == []


def test_unknown_table() -> None:
    with pytest.raises(cd.UnknownNameError, match="Did you mean 'positions'"):
        cd.validate({"position": pd.DataFrame()})


def test_without_pandera_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandera.pandas", None)
    with pytest.raises(cd.MissingExtraError, match=r'pip install "coalitiondata\[validate\]"'):
        cd.validate(tiny.frames())


# --- the rules ----------------------------------------------------------------------------------

# rule -> (table, row, changed cells, column that the report names)
RULE_CASES: dict[str, list[tuple[str, int, dict[str, Any], str]]] = {
    "dates_in_order": [
        ("alliances", 0, {"status": "ended", "end": "1815-12-31", "end_precision": "day"}, "end"),
        ("coalitions", 0, {"observed_until": "1952-05-03"}, "observed_until"),
        ("coalitions", 0, {"terminated": "1949-01-01"}, "terminated"),
        ("coalitions", 0, {"chamber_elected": "1951-01-01"}, "start"),
        ("actors", 0, {"dissolved": "1899-12-31", "dissolved_precision": "day"}, "dissolved"),
        ("alliances", 0, {"observed_until": "1815-12-31"}, "observed_until"),
        ("alliance_members", 0, {"left": "1815-12-31", "left_precision": "day"}, "left"),
    ],
    "coarse_dates_at_midpoint": [
        ("actors", 0, {"founded": "1900-01-01"}, "founded"),
        ("coalitions", 2, {"end": "1635-02-01"}, "end"),
    ],
    "members_inside_coalition": [
        ("memberships", 0, {"joined": "1950-02-28"}, "joined"),
        ("memberships", 0, {"left": "1952-05-05"}, "left"),
        ("memberships", 2, {"joined": "1961-01-01"}, "joined"),
    ],
    "two_members_at_least": [],  # below
    "one_leader_at_most": [("memberships", 1, {"role": "leader"}, "role")],
    "leader_is_leading_member": [("coalitions", 0, {"leader": "party-tiny-2"}, "leader")],
    "spells_in_sequence": [
        ("memberships", 6, {"spell": 3}, "spell"),
        ("memberships", 6, {"joined": "1631-12-31"}, "spell"),
    ],
    "ended_has_end": [
        ("coalitions", 0, {"end": None, "end_precision": None}, "end"),
        ("coalitions", 1, {"end": "1955-01-01", "end_precision": "day"}, "end"),
        ("coalitions", 1, {"end_cause": "other", "end_cause_basis": "source"}, "end_cause"),
        ("alliances", 0, {"status": "ended"}, "end"),
    ],
    "primary_unless_overlap": [
        ("coalitions", 1, {"primary": False}, "primary"),
        ("coalitions", 1, {"overlaps_with": "gov-tiny-1"}, "primary"),
        ("coalitions", 1, {"primary": False, "overlaps_with": "gov-tiny-2"}, "overlaps_with"),
    ],
    "lineage_bears_first_id": [("coalitions", 1, {"lineage": "lin-gov-tiny-3"}, "lineage")],
    "precision_with_date": [
        ("actors", 0, {"founded_precision": None}, "founded_precision"),
        ("actors", 0, {"founded": None}, "founded_precision"),
    ],
    "basis_with_value": [
        ("power", 0, {"basis": None}, "basis"),
        ("coalitions", 1, {"goal_outcome_basis": "source"}, "goal_outcome_basis"),
    ],
    "missing_power_has_reason": [
        ("power", 1, {"missing_reason": None}, "missing_reason"),
        ("power", 0, {"missing_reason": "joint_list"}, "missing_reason"),
    ],
    "one_unit_per_resource": [("power", 1, {"unit": "share"}, "unit")],
    "pairs_once": [
        ("dyads", 0, {"actor_a": "state-tiny-2", "actor_b": "state-tiny-1"}, "actor_b"),
        ("dyads", 0, {"actor_b": "state-tiny-1"}, "actor_b"),
    ],
    "candidates_match_members": [
        ("candidates", 0, {"joined": False}, "joined"),
        ("candidates", 2, {"joined": True}, "joined"),
    ],
    "predecessor_came_before": [
        ("coalitions", 0, {"predecessor": "gov-tiny-2"}, "predecessor"),
        ("coalitions", 0, {"predecessor": "gov-tiny-1"}, "predecessor"),
    ],
    "transformation_in_window": [
        ("transformations", 0, {"date": "1949-07-01"}, "date"),
        ("transformations", 0, {"date": "1963-07-01"}, "date"),
    ],
    "carried_over_were_members": [
        ("transformations", 0, {"members_carried_over": "party-tiny-1;party-tiny-3"},
         "members_carried_over"),
        ("transformations", 0, {"members_carried_over": "party-tiny-1"}, "members_carried_over"),
    ],
    "one_cabinet_at_a_time": [
        ("coalitions", 0, {"end": "1952-06-01", "observed_until": "1952-06-01"}, "end"),
    ],
    "seats_within_chamber": [("power", 0, {"value": 1000.0}, "value")],
    "states_inside_system": [],  # below
    "campaign_of_each_ngo": [],  # these four: test_organisations.py
    "achieved_goal_is_achieved": [],
    "issue_areas_ranked": [],
    "kind_of_organisations_only": [],
    "based_on_known_sources": [("sources", 0, {"based_on": "tinyraw;tinyrow"}, "based_on")],
}  # fmt: skip

FLAT = [(rule, *case) for rule, cases in RULE_CASES.items() for case in cases]


@pytest.mark.parametrize(("rule", "table", "row", "cells", "column"), FLAT)
def test_each_rule_finds_the_row_that_breaks_it(
    rule: str, table: str, row: int, cells: dict[str, Any], column: str
) -> None:
    assert problems(changed(tiny.frames(), table, row, **cells)) == [(table, row, column, rule)]


def test_a_state_belongs_to_the_system_while_it_fights() -> None:
    frames = tiny.frames()
    war = frames["coalitions"].index[frames["coalitions"]["coalition_id"] == "war-tiny-1-1"]
    assert frames["coalitions"].loc[war, "subtype"].tolist() == ["interstate_war"]
    fought = frames["memberships"].query("coalition_id == 'war-tiny-1-1'")
    state, joined = fought["actor_id"].iloc[0], fought["joined"].iloc[0]

    def broken(entered: pd.Timestamp) -> list[str]:
        system = pd.DataFrame({"actor_id": [state], "entered": [entered], "left": [pd.NaT]})
        system = system.astype({"entered": "datetime64[s]", "left": "datetime64[s]"})
        report = rules.states_inside_system({**frames, "state_system": system})
        return report["value"].tolist()

    assert broken(joined) == []
    assert set(broken(pd.Timestamp("1640-01-01"))) == {state}


def test_a_coalition_needs_two_members() -> None:
    frames = tiny.frames()
    frames["memberships"] = frames["memberships"].iloc[:5]  # one state left in the war
    assert problems(frames) == [("coalitions", 2, "coalition_id", "two_members_at_least")]


@pytest.mark.parametrize(
    ("table", "row", "cells"),
    [
        # Known to the year only, the end may still lie after the start.
        ("coalitions", 2, {"start": "1635-07-01", "end": "1635-02-15"}),
        # The war's start is known to the year: a member may have joined in any of its days.
        ("memberships", 4, {"joined": "1631-01-01"}),
        ("memberships", 4, {"left": "1635-02-28"}),
        ("transformations", 0, {"date": "1962-07-01"}),
        ("transformations", 0, {"date": "1950-07-01"}),
        ("coalitions", 0, {"end_cause": None, "end_cause_basis": None}),
        ("candidates", 0, {"seats": None}),
    ],
)
def test_exceptions_hold(table: str, row: int, cells: dict[str, Any]) -> None:
    frames = changed(tiny.frames(), table, row, **cells)
    if "start" in cells:
        # Members and what followed would be out of order; the dates of the coalition are not.
        frames = {"coalitions": frames["coalitions"]}
    assert problems(frames) == []


def test_a_leader_may_return() -> None:
    frames = tiny.frames()
    left = {"left": "1951-01-01", "left_precision": "day", "exit_cause": "truce"}
    frames = changed(frames, "memberships", 0, **left)
    back = frames["memberships"].iloc[[0]].assign(
        spell=2, joined=pd.Timestamp("1951-06-01"), left=pd.Timestamp("1952-05-04"),
        exit_cause="end_of_coalition",
    )  # fmt: skip
    frames["memberships"] = pd.concat([frames["memberships"], back], ignore_index=True)
    assert problems(frames) == []


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_each_rule_states_itself_and_is_tested(rule: Callable[..., pd.DataFrame]) -> None:
    stated = inspect.getdoc(rule) or ""
    assert "Exception: " in stated
    assert rule.__name__ in RULE_CASES
    assert rule({}).empty
