from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

import coalitiondata as cd
from coalitiondata.metadata.changes import TableChange, compare, main, markdown, version_step

Row = dict[str, str]


def release(
    folder: Path,
    rows: list[Row],
    columns: tuple[str, ...] = ("a", "b", "x", "y"),
    key: tuple[str, ...] = ("a", "b"),
    name: str = "things",
    **fields: dict[str, Any],
) -> Path:
    """A data folder with one table of text columns."""
    folder.mkdir(parents=True, exist_ok=True)
    described = [
        {"name": each, "type": "string", "title": each, "description": each, **fields.get(each, {})}
        for each in columns
    ]
    schema = {"fields": described, "primaryKey": list(key)}
    entry = {"name": name, "title": name, "description": name, "path": f"{name}.csv"}
    descriptor = {"resources": [{**entry, "schema": schema}]}
    (folder / "datapackage.json").write_text(json.dumps(descriptor))
    frame = pd.DataFrame(rows, columns=list(columns), dtype="object")
    frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


OLD = [
    {"a": "1", "b": "p", "x": "one", "y": ""},
    {"a": "1", "b": "q", "x": "two", "y": "NA"},
    {"a": "2", "b": "p", "x": "three", "y": "3"},
]


def things(tmp_path: Path, new: list[Row], **options: Any) -> TableChange:
    (change,) = compare(release(tmp_path / "old", OLD), release(tmp_path / "new", new, **options))
    return change


def test_rows_added_removed_and_changed(tmp_path: Path) -> None:
    new = [OLD[0], {**OLD[1], "x": "TWO", "y": ""}, {"a": "3", "b": "p", "x": "four", "y": ""}]
    change = things(tmp_path, new)
    assert (change.before, change.after) == (3, 3)
    assert [change.count(kind) for kind in ("added", "removed", "changed")] == [1, 1, 1]
    assert change.rows.to_dict("split")["data"] == [
        ["3|p", "added", "", "", ""],
        ["2|p", "removed", "", "", ""],
        ["1|q", "changed", "x", "two", "TWO"],
        ["1|q", "changed", "y", "NA", ""],
    ]


def test_nothing_changed_whatever_the_order_of_rows_and_columns(tmp_path: Path) -> None:
    change = things(tmp_path, OLD[::-1], columns=("y", "x", "b", "a"))
    assert change.rows.empty
    assert version_step([change]) is None


@pytest.mark.parametrize(
    ("options", "step", "words"),
    [
        ({"columns": ("a", "b", "x", "y", "z")}, "minor", "- columns added: `z`"),
        ({"columns": ("a", "b", "x")}, "major", "- column `y` is gone"),
        ({"y": {"type": "number"}}, "major", "- `y` is number, was string"),
        ({"key": ("a", "b", "x")}, "major", "- primary key a, b to a, b, x"),
    ],
)
def test_a_changed_schema(tmp_path: Path, options: Any, step: str, words: str) -> None:
    change = things(tmp_path, OLD, **options)
    assert version_step([change]) == step
    assert words in markdown([change])
    assert change.rows.empty


def test_levels_that_are_gone_break_and_levels_that_are_new_do_not(tmp_path: Path) -> None:
    some, more = ({"y": {"constraints": {"enum": each}}} for each in (["3", "NA"], ["3"]))
    old = release(tmp_path / "old", OLD, **some)
    new = release(tmp_path / "new", OLD, **more)
    assert version_step(compare(old, new)) == "major"
    assert "- `y` has no more NA" in markdown(compare(old, new))
    assert version_step(compare(new, old)) is None


def test_rows_of_a_table_with_another_key_altogether_are_all_new(tmp_path: Path) -> None:
    change = things(tmp_path, [{"id": "1"}], columns=("id",), key=("id",))
    assert [change.count(kind) for kind in ("added", "removed", "changed")] == [1, 3, 0]


@pytest.mark.parametrize(
    ("rows", "step"),
    [
        (OLD[:2], "minor"),
        ([*OLD, {"a": "9", "b": "9", "x": "", "y": ""}], "minor"),
        ([{**OLD[0], "y": "known"}, *OLD[1:]], "patch"),
    ],
)
def test_the_part_of_the_version_that_rises(tmp_path: Path, rows: list[Row], step: str) -> None:
    assert version_step([things(tmp_path, rows)]) == step


def test_tables_that_come_and_go(tmp_path: Path) -> None:
    old = release(tmp_path / "old", OLD)
    new = release(tmp_path / "new", OLD[:1], name="others")
    others, gone = compare(old, new)
    assert (others.table, others.new, others.before, others.after) == ("others", True, 0, 1)
    assert (gone.table, gone.breaking, gone.after) == ("things", ("the table is gone",), 0)
    assert gone.count("removed") == 3
    assert version_step([others]) == "minor"
    assert version_step([gone]) == "major"


KEYS = st.tuples(st.sampled_from("12345"), st.sampled_from("pq"))
CELLS = st.tuples(st.sampled_from(["", "u", "v"]), st.sampled_from(["", "NA", "1.0", "1"]))
ROWS = st.dictionaries(KEYS, CELLS, max_size=8)


@given(before=ROWS, after=ROWS)
def test_the_old_rows_and_the_changes_give_the_new_rows(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[tuple[str, str], tuple[str, str]],
    after: dict[tuple[str, str], tuple[str, str]],
) -> None:
    folder = tmp_path_factory.mktemp("releases")
    old, new = (
        release(folder / name, [dict(zip("abxy", key + cells, strict=True)) for key, cells in rows])
        for name, rows in (("old", before.items()), ("new", after.items()))
    )
    (change,) = compare(old, new)
    built = {"|".join(key): dict(zip("xy", cells, strict=True)) for key, cells in before.items()}
    wanted = {"|".join(key): dict(zip("xy", cells, strict=True)) for key, cells in after.items()}
    for _, line in change.rows.iterrows():
        if line["change"] == "removed":
            del built[line["key"]]
        elif line["change"] == "added":
            assert line["key"] not in built
            built[line["key"]] = wanted[line["key"]]
        else:
            assert built[line["key"]][line["column"]] == line["old"]
            built[line["key"]][line["column"]] = line["new"]
    assert built == wanted


def test_long_lists_are_cut_and_counted(tmp_path: Path) -> None:
    many = [{"a": f"{n:03}", "b": "p", "x": "", "y": ""} for n in range(50)]
    text = markdown([things(tmp_path, [*OLD, *many])])
    assert "| things | 3 | 50 | 0 | 0 | 53 |" in text
    assert "`019|p`; and 30 more" in text
    assert "`020|p`" not in text


def test_a_row_twice_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(cd.InvalidDataError, match=r"things: two rows have the key 1\|p"):
        things(tmp_path, [OLD[0], OLD[0]])


def test_the_command_prints_counts_and_writes_every_change(
    tmp_path: Path, tiny_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {**tiny.ROWS, "positions": tiny.ROWS["positions"][:1]}
    later = tiny.write(tmp_path / "later", rows=rows)
    file = tmp_path / "changes.csv"
    assert main([str(tiny_data), str(later), "--rows", str(file)]) == 0
    out = capsys.readouterr().out
    assert "| positions | 2 | 0 | 1 | 0 | 1 |" in out
    assert "- removed: `party-tiny-2|eu`" in out
    assert out.endswith("Version step: minor.\n")
    assert (
        file.read_text()
        == "table,key,change,column,old,new\npositions,party-tiny-2|eu,removed,,,\n"
    )


def test_a_missing_table_or_folder_is_one_clear_error(
    tmp_path: Path, tiny_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), str(tiny_data)]) == 1
    assert "datapackage.json is not a readable data package" in capsys.readouterr().err
    broken = tiny.write(tmp_path / "broken")
    (broken / "power.csv").unlink()
    assert main([str(broken), str(tiny_data)]) == 1
    assert "power.csv cannot be read" in capsys.readouterr().err
