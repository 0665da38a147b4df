from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import coalitiondata as cd
from coalitiondata import schema

ROOT = Path(__file__).resolve().parents[1]
TYPES = {"string", "integer", "number", "boolean", "date"}


def test_every_table_of_the_model_is_there() -> None:
    model = "coalitions actors memberships power positions dyads candidates transformations"
    assert set(f"{model} alliances sources".split()) <= set(schema.tables())


@pytest.mark.parametrize("table", schema.tables().values(), ids=lambda table: table.name)
def test_schema_is_whole(table: schema.Table) -> None:
    assert table.path == f"{table.name}.csv"
    assert len(set(table.columns)) == len(table.columns)
    assert table.primary_key
    for name in table.primary_key:
        assert table.field(name).required, name
    for field in table.fields:
        assert field.type in TYPES, field.name
        assert field.title, field.name
        assert field.description.endswith("."), field.name
        # Whoever reads a missing value must find out what it means.
        assert field.required or field.missing_reason, field.name
        assert set(field.levels) == set(field.labels or {}), field.name
        if field.pattern:
            re.compile(field.pattern)
    for key in table.foreign_keys:
        assert set(key.fields) <= set(table.columns)
        assert set(key.references) <= set(schema.table(key.table).columns)


@pytest.mark.parametrize("table", schema.tables().values(), ids=lambda table: table.name)
def test_dates_carry_their_precision_or_are_exact(table: schema.Table) -> None:
    for field in table.fields:
        if field.name.endswith("_precision"):
            assert table.field(field.name.removesuffix("_precision")).type == "date"
            assert field.levels == ("day", "month", "year")


def test_every_row_points_to_a_source() -> None:
    for table in schema.tables().values():
        if table.name != "sources":
            targets = {key.table for key in table.foreign_keys}
            assert "sources" in targets, table.name


def test_unknown_table_names_the_closest() -> None:
    with pytest.raises(cd.UnknownNameError, match="Did you mean 'coalitions'") as caught:
        schema.table("coalition")
    assert "memberships" in str(caught.value)
    assert isinstance(caught.value, KeyError)


def test_unknown_column_names_the_table() -> None:
    with pytest.raises(cd.UnknownNameError, match=r"column of power 'valu'.*'value'"):
        schema.table("power").field("valu")


def test_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cd.__version__ == project["version"]


def test_data_version_follows_the_data_folder(tiny_data: Path) -> None:
    descriptor = tiny_data / "datapackage.json"
    descriptor.write_text(
        descriptor.read_text(encoding="utf-8").replace(
            f'"version": "{cd.data_version}"', '"version": "9.8.7"'
        ),
        encoding="utf-8",
    )
    assert cd.data_version == "9.8.7"


def test_no_data_folder_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COALITIONDATA_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(cd.DamagedFileError, match="COALITIONDATA_DATA"):
        cd.tables()


def test_broken_descriptor_is_one_clear_error(tiny_data: Path) -> None:
    descriptor = tiny_data / "datapackage.json"
    descriptor.write_bytes(descriptor.read_bytes()[:5000])
    with pytest.raises(cd.DamagedFileError, match=r"datapackage\.json"):
        cd.tables()


def test_import_brings_in_nothing_heavy() -> None:
    script = (
        "import sys, coalitiondata; "
        "print([m for m in ('pandas', 'numpy', 'narwhals', 'json') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_public_names_survive_importing_every_module() -> None:
    script = (
        "import importlib, pkgutil, coalitiondata as cd\n"
        "for m in pkgutil.iter_modules(cd.__path__):\n"
        "    if m.name not in ('__main__', 'build'):\n"
        "        importlib.import_module('coalitiondata.' + m.name)\n"
        "names = ('tables', 'load', 'codebook', 'cite', 'validate', 'export', 'survival_frame')\n"
        "assert all(callable(getattr(cd, name)) for name in names)\n"
        "assert set(names) <= set(dir(cd))\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_unknown_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        cd.lod  # noqa: B018
