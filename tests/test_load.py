from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shipped
import tiny
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import coalitiondata as cd
from coalitiondata import schema
from coalitiondata.canonical import csv_text, in_order, write_parquet
from coalitiondata.reading import read_table
from coalitiondata.verifying import verify

TABLES = list(schema.tables().values())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_loads_with_the_dtypes_of_the_schema(tiny_data: Path, table: schema.Table) -> None:
    frame = cd.load(table.name)
    assert list(frame.columns) == table.columns
    for field in table.fields:
        assert frame[field.name].dtype == schema.dtype(field), field.name
    pd.testing.assert_frame_equal(frame, tiny.frames()[table.name])


def test_values_arrive_as_written(tiny_data: Path) -> None:
    coalitions = cd.load("coalitions").set_index("coalition_id")
    war = coalitions.loc["war-tiny-1-1"]
    assert war["start"] == pd.Timestamp(1631, 7, 1)
    assert coalitions.loc["gov-tiny-1", "name"] == 'Ångström "I", or so'
    assert pd.isna(coalitions.loc["gov-tiny-2", "end"])
    assert coalitions["chamber_seats"].isna().sum() == 2
    # `NA` is a name, not a missing value; zero is not missing, and missing is not zero.
    assert cd.load("actors").set_index("actor_id").loc["party-tiny-3", "name"] == "NA"
    power = cd.load("power")["value"]
    assert list(power.isna()) == [False, True, False]
    assert power.iloc[2] == 0
    assert cd.load("positions")["value"].iloc[0] == 3.3000000000000003


def test_levels_keep_the_order_of_the_schema(tiny_data: Path) -> None:
    family = cd.load("coalitions")["family"]
    assert list(family.cat.categories) == list(schema.table("coalitions").field("family").levels)
    assert list(family) == ["governing", "governing", "wartime"]


def test_attrs_name_table_and_version(tiny_data: Path) -> None:
    frame = cd.load("power", family="wartime")
    assert frame.attrs == {"table": "power", "version": cd.data_version}
    assert frame.query("value >= 0").attrs["table"] == "power"


def test_filters_follow_the_coalition(tiny_data: Path) -> None:
    assert set(cd.load("coalitions", family="wartime")["coalition_id"]) == {"war-tiny-1-1"}
    assert len(cd.load("memberships", family="wartime")) == 3
    assert len(cd.load("memberships", family=["wartime", "governing"])) == 7
    assert len(cd.load("memberships", subtype="cabinet")) == 4
    assert cd.load("candidates", family="wartime").empty
    assert list(cd.load("power", family="wartime").index) == [0]


def test_primary_keeps_one_record_of_each_coalition(tmp_path: Path, monkeypatch: Any) -> None:
    rows = {**tiny.ROWS}
    rows["coalitions"] = [
        {**row, "primary": False, "overlaps_with": "gov-tiny-1"}
        if row["coalition_id"] == "gov-tiny-2"
        else row
        for row in tiny.ROWS["coalitions"]
    ]
    monkeypatch.setenv("COALITIONDATA_DATA", str(tiny.write(tmp_path / "data", rows=rows)))
    assert "gov-tiny-2" not in set(cd.load("coalitions", primary=True)["coalition_id"])
    assert set(cd.load("memberships", primary=False)["coalition_id"]) == {"gov-tiny-2"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cd.load("coalitons"), "Unknown table 'coalitons'. Did you mean 'coalitions'?"),
        (lambda: cd.load("coalitions", family="govern"), "Unknown family 'govern'"),
        (lambda: cd.load("power", subtype="cabnet"), "Did you mean 'cabinet'?"),
        (lambda: cd.load("actors", family="ngo"), "'actors' has no coalition_id"),
    ],
)
def test_unknown_names_are_one_clear_error(
    tiny_data: Path, call: Callable[[], object], said: str
) -> None:
    with pytest.raises(cd.UnknownNameError) as caught:
        call()
    assert said in str(caught.value)


def test_tables_lists_all(tiny_data: Path) -> None:
    listed = cd.tables().set_index("name")
    assert list(listed.index) == [table.name for table in TABLES]
    assert listed.loc["memberships", "rows"] == 7
    assert listed.loc["coalitions", "columns"] == len(schema.table("coalitions").fields)


def test_tables_counts_rows_without_a_stamp(bare_data: Path) -> None:
    (bare_data / "dyads.csv").unlink()
    listed = cd.tables().set_index("name")["rows"]
    assert listed["memberships"] == 7
    assert pd.isna(listed["dyads"])


def truncate(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def garble(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + b"\xff\xfe\x00\x9c" + content[middle + 4 :]


def drop_column(content: bytes) -> bytes:
    rows = [line.split(b",") for line in content.splitlines()]
    return b"".join(b",".join(row[:3] + row[4:]) + b"\n" for row in rows)


def swap_columns(content: bytes) -> bytes:
    head, rest = content.split(b"\n", 1)
    first, second, others = head.split(b",", 2)
    return b",".join([second, first, others]) + b"\n" + rest


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return change


DAMAGE = {
    "truncated": truncate,
    "garbage bytes": garble,
    "removed column": drop_column,
    "swapped columns": swap_columns,
    "impossible date": swap(b"1952-05-04", b"1952-02-30"),
    "year for a date": swap(b"1952-05-04", b"1952"),
    "unknown level": swap(b",left_early,", b",lft_early,"),
    "text for a number": swap(b",1,1950-03-01", b",one,1950-03-01"),
    "row too long": swap(b"\ngov-tiny-1,party-tiny-2,", b"\ngov-tiny-1,party-tiny-2,9,9,"),
    "row too short": swap(b",derived,,,,tinygov\ngov-tiny-2", b"\ngov-tiny-2"),
    "empty file": lambda _: b"",
}


@pytest.fixture
def some_early_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tiny.ROWS["memberships"]
    early = [{**rows[0], "exit_cause": "left_early"}, *rows[1:]]
    monkeypatch.setitem(tiny.ROWS, "memberships", early)


@pytest.mark.parametrize("stamp", [True, False], ids=["stamped", "bare"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_one_clear_error(
    some_early_exit: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[bytes], bytes],
    stamp: bool,
) -> None:
    folder = tiny.write(tmp_path / "data", stamp=stamp)
    monkeypatch.setenv("COALITIONDATA_DATA", str(folder))
    file = folder / "memberships.csv"
    before = file.read_bytes()
    file.write_bytes(damage(before))
    assert file.read_bytes() != before
    with pytest.raises(cd.DamagedFileError) as caught:
        cd.load("memberships")
    assert str(caught.value).startswith("memberships.csv is damaged: ")
    assert "Install coalitiondata again" in str(caught.value)
    cd.load("power")  # the other files are as good as before


def test_missing_file_is_one_clear_error(tiny_data: Path) -> None:
    (tiny_data / "power.csv").unlink()
    with pytest.raises(cd.DamagedFileError, match=r"power\.csv is damaged: it cannot be opened"):
        cd.load("power")


def test_messages_say_what_is_wrong(bare_data: Path) -> None:
    file = bare_data / "memberships.csv"
    whole = file.read_bytes()
    for damage, said in [
        (truncate, "last line is cut off"),
        (drop_column, "column joined is absent"),
        (swap_columns, "another order"),
        (DAMAGE["impossible date"], "1952-02-30"),
        (DAMAGE["year for a date"], "'1952' is not a date"),
    ]:
        file.write_bytes(damage(whole))
        with pytest.raises(cd.DamagedFileError, match=said):
            cd.load("memberships")


def test_one_changed_byte_is_damage_where_there_is_a_checksum(tiny_data: Path) -> None:
    file = tiny_data / "power.csv"
    file.write_bytes(file.read_bytes().replace(b",40,", b",41,"))
    with pytest.raises(cd.DamagedFileError, match="differs from the checksum"):
        cd.load("power")
    assert verify().set_index("file")["ok"].to_dict()["power.csv"] is False


def test_line_endings_of_a_checkout_are_no_damage(tiny_data: Path) -> None:
    before = cd.load("coalitions")
    file = tiny_data / "coalitions.csv"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(cd.load("coalitions"), before)
    assert verify()["ok"].all()


def test_rows_in_any_order_load_in_order(bare_data: Path) -> None:
    before = cd.load("memberships")
    file = bare_data / "memberships.csv"
    head, *rows = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(head + b"".join(reversed(rows)))
    pd.testing.assert_frame_equal(cd.load("memberships"), before)


# --- Parquet twins ------------------------------------------------------------------------------


def test_twin_gives_the_same_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COALITIONDATA_DATA", str(tiny.write(tmp_path / "data", twins=True)))
    for table in TABLES:
        stamped = schema.table(table.name)
        frame = cd.load(table.name)
        pd.testing.assert_frame_equal(frame, read_table(stamped, tmp_path / "data", twin=False))
    assert verify()["ok"].all()
    assert len(verify()) == 2 * len(TABLES)


def test_twin_is_preferred_but_never_trusted_over_the_csv(tiny_data: Path) -> None:
    table = schema.table("power")
    changed = tiny.frames()["power"].assign(value=7.0)
    twin = tiny_data / "power.parquet"
    digest = hashlib.sha256((tiny_data / "power.csv").read_bytes()).hexdigest()

    write_parquet(table, changed, twin, csv_sha256=digest)
    assert (cd.load("power")["value"] == 7).all()  # read from the twin: it vouches for this CSV
    assert "power.parquet" in set(verify().query("not ok")["file"])  # which verify looks into

    write_parquet(table, changed, twin, csv_sha256="0" * 64)
    assert not (cd.load("power")["value"] == 7).any()  # made from another CSV: left alone

    twin.write_bytes(twin.read_bytes()[:-30])
    assert not (cd.load("power")["value"] == 7).any()  # unreadable: left alone
    assert "power.parquet" in set(verify().query("not ok")["file"])


# --- write -> load ------------------------------------------------------------------------------

text = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), min_size=1
).filter(lambda words: words.strip() == words)
days = st.dates(date(1600, 1, 1), date(2100, 12, 31)).map(date.isoformat)


def values(field: schema.Field) -> st.SearchStrategy[Any]:
    if field.levels:
        some: st.SearchStrategy[Any] = st.sampled_from(field.levels)
    else:
        some = {
            "string": text,
            "date": days,
            "integer": st.integers(-(2**53), 2**53),
            "number": st.floats(allow_nan=False, allow_infinity=False),
            "boolean": st.booleans(),
        }[field.type]
    return some if field.required else st.none() | some


@st.composite
def any_rows(draw: st.DrawFn, table: schema.Table) -> list[dict[str, Any]]:
    row = st.fixed_dictionaries({field.name: values(field) for field in table.fields})
    return draw(st.lists(row, max_size=4))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_written_loads_unchanged(
    table: schema.Table, data: st.DataObject, tmp_path: Path
) -> None:
    frame = tiny.typed(table, data.draw(any_rows(table)))
    content = csv_text(table, frame).encode()
    (tmp_path / table.path).write_bytes(content)
    again = read_table(replace(table, sha256=None), tmp_path)
    pd.testing.assert_frame_equal(again, frame, check_exact=True)
    assert csv_text(table, again).encode() == content

    write_parquet(table, frame, tmp_path / "packed.parquet")
    packed = pd.read_parquet(tmp_path / "packed.parquet")
    for field in table.fields:
        assert packed[field.name].isna().tolist() == frame[field.name].isna().tolist()


# --- the shipped data ---------------------------------------------------------------------------


@shipped.needed
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_shipped_file_is_canonical(table: schema.Table) -> None:
    """Sorted, with the fewest digits, LF and ISO dates: a release shows only what changed."""
    content = (shipped.DATA / table.path).read_bytes()
    frame = cd.load(table.name)
    assert csv_text(table, in_order(table, frame)).encode() == content
    assert table.sha256 == hashlib.sha256(content).hexdigest()
    assert table.rows == len(frame)


@shipped.needed
def test_shipped_files_verify() -> None:
    assert verify()["ok"].all()


@shipped.needed
def test_golden_records() -> None:
    """Known from history: the first Adenauer cabinet and the Allies of the First World War."""
    coalitions = cd.load("coalitions")
    germany = coalitions[(coalitions["arena"] == "DEU") & (coalitions["family"] == "governing")]
    first = germany[germany["start"] == pd.Timestamp(1949, 9, 20)]
    assert len(first) == 1
    members = cd.load("memberships").merge(cd.load("actors"), on="actor_id")
    names = members.loc[members["coalition_id"].isin(first["coalition_id"]), "abbreviation"]
    assert {"FDP", "DP"} <= set(names)
    allies = members[members["coalition_id"].str.startswith("war-cow-106-")]
    states = allies.groupby("coalition_id")["cow_code"].agg(lambda codes: set(codes.dropna()))
    assert any({200, 220, 365, 2} <= side for side in states)  # GBR, FRA, RUS, USA
    assert any({255, 300} <= side for side in states)  # Germany and Austria-Hungary


@shipped.needed
def test_shipped_wheel_stays_small() -> None:
    """Files are compressed in the wheel."""
    size = sum(len(zlib.compress(file.read_bytes())) for file in shipped.DATA.glob("*.*"))
    assert size < 15_000_000


def test_dates_are_seconds(tiny_data: Path) -> None:
    for table in TABLES:
        kinds = cd.load(table.name).dtypes
        dates = [kind for kind in kinds if isinstance(kind, np.dtype) and kind.kind == "M"]
        assert all(kind == "datetime64[s]" for kind in dates)
