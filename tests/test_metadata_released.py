from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import shipped
from raw_files import ROOT

import coalitiondata as cd
from coalitiondata import schema
from coalitiondata.metadata import changelog, released

NOW = pd.DataFrame(
    [
        ("coalitions", "gov-a-1", "1950-03-01", "One"),
        ("coalitions", "gov-a-2", "1952-05-04", "Two"),
        ("actors", "org-a", "", "Org"),
    ],
    columns=["table", "id", "start", "name"],
    dtype="object",
)


def listed(version: str = "0.1.0", now: pd.DataFrame = NOW) -> pd.DataFrame:
    return released.updated(released.read(Path("nowhere")), now, version, is_released=False)


def altered(place: int, **cells: str) -> pd.DataFrame:
    now = NOW.copy()
    now.loc[place, list(cells)] = list(cells.values())
    return now


@shipped.needed
def test_no_released_id_has_gone_or_names_something_else() -> None:
    assert released.problems(released.read(ROOT / released.PATH), released.current()) == []


@shipped.needed
def test_the_list_has_every_id_of_the_data() -> None:
    ids = released.read(ROOT / released.PATH)
    assert not ids.duplicated(["table", "id", "version"]).any()
    counts = ids.drop_duplicates(["table", "id"])["table"].value_counts()
    assert counts.to_dict() == {name: len(cd.load(name)) for name in released.TABLES}
    assert list(dict.fromkeys(ids["table"])) == list(released.TABLES)


@shipped.needed
def test_every_table_whose_key_is_an_id_of_its_own_is_listed() -> None:
    own = {
        table.name: table.primary_key[0]
        for table in schema.tables().values()
        if len(table.primary_key) == 1 and table.primary_key[0].endswith("_id")
    }
    # Campaigns are keyed by the id of their coalition; successions are lines of a page.
    del own["campaigns"], own["successions"]
    assert own == {name: columns[0] for name, columns in released.TABLES.items()}


def test_a_first_version_lists_all_ids_by_table() -> None:
    assert listed().to_dict("split")["data"] == [
        ["coalitions", "gov-a-1", "0.1.0", "1950-03-01", "One"],
        ["coalitions", "gov-a-2", "0.1.0", "1952-05-04", "Two"],
        ["actors", "org-a", "0.1.0", "", "Org"],
    ]


def test_the_list_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "released_ids.csv"
    path.write_text(released.text(listed()), encoding="utf-8")
    pd.testing.assert_frame_equal(released.read(path), listed())


def test_a_coming_version_follows_the_data_until_it_is_released() -> None:
    renamed = altered(0, name="Won")
    first = listed()
    pd.testing.assert_frame_equal(
        released.updated(first, renamed, "0.1.0", is_released=False), listed(now=renamed)
    )
    with pytest.raises(cd.InvalidDataError, match=r"gov-a-1, released in 0\.1\.0"):
        released.updated(first, renamed, "0.1.0", is_released=True)


def test_later_versions_add_ids_and_leave_the_earlier_rows() -> None:
    more = pd.concat(
        [NOW, pd.DataFrame([("actors", "org-b", "", "B")], columns=NOW.columns)], ignore_index=True
    )
    found = released.updated(listed(), more, "0.2.0", is_released=False)
    assert found["version"].tolist() == ["0.1.0", "0.1.0", "0.1.0", "0.2.0"]
    assert found["id"].tolist()[-1] == "org-b"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (NOW.drop(index=1), r"coalitions: id gov-a-2, released in 0\.1\.0 is gone"),
        (altered(0, name="Other"), r'id gov-a-1.* as "One" \(1950-03-01\), now is "Other"'),
        (altered(0, start="1990-01-01"), r'now is "One" \(1990-01-01\)'),
        (altered(1, start=""), r'now is "Two" \(no start\)'),
    ],
)
def test_an_id_that_is_gone_or_reused_stops_the_next_version(now: pd.DataFrame, words: str) -> None:
    with pytest.raises(cd.InvalidDataError, match=words):
        released.updated(listed(), now, "0.2.0", is_released=False)


def test_a_start_that_was_missing_may_become_known() -> None:
    found = released.updated(listed(), altered(2, start="1961-05-28"), "0.2.0", is_released=False)
    pd.testing.assert_frame_equal(found, listed())


def test_a_correction_needs_a_row_by_hand_which_is_kept() -> None:
    now = altered(0, start="1950-03-02")
    row = ("coalitions", "gov-a-1", "0.10.0", "1950-03-02", "One")
    by_hand = pd.concat([listed("0.9.0"), pd.DataFrame([row], columns=released.COLUMNS)])
    found = released.updated(by_hand, now, "0.10.0", is_released=False)
    assert found[found["id"] == "gov-a-1"]["version"].tolist() == ["0.9.0", "0.10.0"]
    # 0.10.0 is the later one, though text would sort it before 0.9.0.
    assert released.problems(found, now) == []
    assert len(released.problems(found, NOW)) == 1


def test_a_released_version_takes_no_new_ids() -> None:
    with pytest.raises(cd.InvalidDataError, match="org-a is not listed"):
        released.updated(listed(now=NOW.iloc[:2]), NOW, "0.1.0", is_released=True)


@shipped.needed
def test_the_changelog_has_the_version_of_the_data_on_top() -> None:
    from coalitiondata.metadata.record import record

    text = (ROOT / changelog.PATH).read_text(encoding="utf-8")
    assert changelog.problems(text, record()) == []
    wrong = text.replace("| dyads | 95,538 |", "| dyads | 95,539 |")
    assert wrong != text
    assert changelog.problems(wrong, record()) == [
        f"DATA_CHANGELOG.md {cd.data_version}: dyads has 95538 rows, not 95539"
    ]


def test_the_version_of_the_data_is_semantic() -> None:
    assert re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", cd.data_version)
    assert cd.data_version == schema.package()["version"]


def test_a_version_is_released_once_its_section_has_a_date() -> None:
    text = "# C\n\n## 0.2.0 (unreleased)\n\nMore.\n\n## 0.1.0 (2026-12-01)\n\nFirst.\n"
    assert changelog.is_released(text, "0.1.0")
    assert not changelog.is_released(text, "0.2.0")
    assert not changelog.is_released(text, "0.3.0")
