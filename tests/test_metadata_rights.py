"""Nothing is passed on that a source does not allow, and every file says its licence."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
import shipped
import tiny
from raw_files import ROOT, folder_or_skip

import coalitiondata as cd
from coalitiondata import schema
from coalitiondata.metadata import rights
from coalitiondata.metadata.record import record
from coalitiondata.metadata.sources import every

LEVELS = {"bundle", "facts_only", "compute_only", "link_only", "own"}


@shipped.needed
def test_no_row_comes_from_a_source_that_may_only_be_computed_from_or_linked() -> None:
    frames = {name: cd.load(name) for name in cd.tables()["name"]}
    found = rights.barred_rows(frames)
    assert found.empty, found.to_string()
    # The check has something to find: sources of that kind are used, behind computed values.
    barred = {name for name, each in every().items() if each.redistribution in rights.BARRED}
    assert barred == {"cow_igo", "isard"}
    assert barred <= {each for source in every().values() for each in source.based_on}


def test_a_row_of_such_a_source_is_found(tiny_data: Path) -> None:
    frames = tiny.frames()
    assert rights.barred_rows(frames).empty
    frames["power"] = frames["power"].assign(source=["tinyraw", "tinywar", "tinyraw"])
    assert rights.barred_rows(frames).to_dict("records") == [
        {"table": "power", "source": "tinyraw", "redistribution": "compute_only", "rows": 2}
    ]


@shipped.needed
def test_nothing_is_computed_from_a_source_that_is_only_linked() -> None:
    sources = every()
    origins = {name for source in sources.values() for name in source.based_on}
    assert [name for name in origins if sources[name].redistribution == "link_only"] == []


@shipped.needed
def test_every_table_names_a_source_in_every_row() -> None:
    for name in cd.tables()["name"]:
        if name not in rights.LISTS:
            assert cd.load(name)["source"].notna().all(), name


@shipped.needed
def test_our_own_compilations_have_the_licence_of_the_data_set() -> None:
    licences = {each.spdx for each in record().licences}
    assert {each.licence for each in every().values() if each.own} == licences
    # Only compilations of our own are computed from others.
    assert [name for name, each in every().items() if each.based_on and not each.own] == []


@shipped.needed
def test_levels_are_those_of_the_schema_and_every_source_has_terms() -> None:
    sources = every()
    assert set(schema.table("sources").field("redistribution").levels) == LEVELS
    assert {each.redistribution for each in sources.values()} <= LEVELS
    for each in sources.values():
        assert rights.attribution(each).startswith(f"{each.licence}: ")


@shipped.needed
def test_levels_are_those_stated_with_the_raw_files() -> None:
    manifest = pd.read_csv(folder_or_skip() / "manifest.csv")
    stated = manifest.groupby("source_id")["redistribution"].agg(set)
    sources = every()
    both = sorted(set(stated.index) & set(sources))
    assert len(both) >= 9
    assert {name: {sources[name].redistribution} for name in both} == stated[both].to_dict()
    # What is only linked is in no table and not among the files that the tables are built from.
    linked = set(stated.index[stated.map(lambda levels: "link_only" in levels)])
    assert linked
    assert not linked & (set(sources) | set(cd.load("source_files")["source_id"]))


@shipped.needed
def test_no_raw_file_of_a_source_is_in_the_repository() -> None:
    files = cd.load("source_files")
    level = {name: each.redistribution for name, each in every().items()}
    kept_out = files[files["source_id"].map(level) != "bundle"]
    assert not kept_out.empty
    sums = {hashlib.sha256(path.read_bytes()).hexdigest() for path in _committed()}
    assert kept_out[kept_out["sha256"].isin(sums)].empty


def _committed() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_every_file_has_a_licence() -> None:
    pytest.importorskip("reuse")
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_a_file_without_licence_does_not_pass(tmp_path: Path) -> None:
    pytest.importorskip("reuse")
    shutil.copy(ROOT / "REUSE.toml", tmp_path)
    shutil.copytree(ROOT / "LICENSES", tmp_path / "LICENSES")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sources.csv").write_text("x\n")
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis" / "x.py").write_text("x = 1\n")
    assert _lint(tmp_path).returncode == 0
    (tmp_path / "unlicensed").mkdir()
    (tmp_path / "unlicensed" / "new.csv").write_text("x\n")
    done = _lint(tmp_path)
    assert done.returncode == 1
    assert "unlicensed/new.csv" in done.stdout


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reuse", "--root", str(root), "lint"]
    return subprocess.run(command, capture_output=True, text=True, cwd=root)


def test_the_licence_of_the_files_is_that_of_the_metadata() -> None:
    notes = tomllib.loads((ROOT / "REUSE.toml").read_text(encoding="utf-8"))["annotations"]
    of = {path: each["SPDX-License-Identifier"] for each in notes for path in each["path"]}
    assert {of["data/**"]} == {each.spdx for each in record().licences}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == " AND ".join(sorted(set(of.values()), reverse=True))
    assert [each["SPDX-FileCopyrightText"] for each in notes] == [
        f"{record().year} {author['name']}" for author in project["authors"] for _ in notes
    ]
    assert {path.stem for path in (ROOT / "LICENSES").iterdir()} == set(of.values())
    assert record().authors == tuple(author["name"] for author in project["authors"])
