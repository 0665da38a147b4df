"""Exports as R itself reads them: values, classes, levels and labels."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shipped
import tiny
import tricky

import coalitiondata as cd
from coalitiondata import schema
from coalitiondata.conforming import conform
from coalitiondata.stata import RENAMED

RSCRIPT = shutil.which("Rscript")
SCRIPT = Path(__file__).with_name("read_with_r.R")
# R's own encoding must be able to hold what it writes.
SETTING = {**os.environ, "LC_ALL": "C.UTF-8"}
EXTENSIONS = {"rds": "rds", "stata": "dta", "spss": "sav"}
FLAGS = {"1": "true", "0": "false", "true": "true", "false": "false"}
FEW = ["coalitions", "actors", "memberships", "positions", "sources"]


def has_haven() -> bool:
    if RSCRIPT is None:
        return False
    return subprocess.run([RSCRIPT, "-e", "library(haven)"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(RSCRIPT is None, reason="R is not installed")
haven = pytest.mark.skipif(not has_haven(), reason="R has no package haven")
FORMATS = ["rds", *(pytest.param(name, marks=haven) for name in ("stata", "spss"))]


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])


def seen_by_r(folder: Path, format: str, out: Path) -> None:
    out.mkdir()
    command = [str(RSCRIPT), str(SCRIPT), EXTENSIONS[format], str(folder), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env=SETTING)
    assert done.returncode == 0, done.stderr


def own_name(name: str, format: str) -> str:
    return RENAMED.get(name, name) if format == "stata" else name


def check(format: str, out: Path, names: list[str]) -> None:
    back = {new: old for old, new in RENAMED.items()} if format == "stata" else {}
    for table in map(schema.table, names):
        values = read(out / f"{table.name}.values.csv").rename(columns=back)
        for field in table.fields:
            if field.type == "boolean":
                values[field.name] = values[field.name].map(FLAGS)
        got, resisting = conform(table, values[table.columns])
        assert resisting.empty, resisting
        expected, _ = conform(table, cd.load(table.name))
        pd.testing.assert_frame_equal(got, expected, check_exact=True)
        check_words(table, format, out)


def check_words(table: schema.Table, format: str, out: Path) -> None:
    words = read(out / f"{table.name}.variables.csv").fillna("").set_index("variable")
    classes = {"date": "Date", "number": "numeric", "string": "character"}
    for field in table.fields:
        row = words.loc[own_name(field.name, format)]
        assert row["label"] == field.title
        if field.levels:
            assert row["class"] == ("factor" if format == "rds" else "haven_labelled")
        elif field.type in classes:
            assert row["class"] == classes[field.type]
        if format == "rds":
            assert row["unit"] == (field.unit or "")
    expected = [
        (own_name(field.name, format), str(code), level, (field.labels or {}).get(level, level))
        for field in table.fields
        for code, level in enumerate(field.levels, start=1)
    ]
    if expected:
        levels = read(out / f"{table.name}.levels.csv")
        width = 4 if format == "rds" else 3  # Stata and SPSS have no place for the meaning
        got = levels.iloc[:, :width].itertuples(index=False, name=None)
        assert list(got) == [row[:width] for row in expected]


@pytest.mark.parametrize("format", FORMATS)
def test_r_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: Any) -> None:
    data = tiny.write(tmp_path / "data", rows=tricky.rows())
    monkeypatch.setenv("COALITIONDATA_DATA", str(data))
    cd.export(tmp_path / "out", format)
    seen_by_r(tmp_path / "out", format, tmp_path / "seen")
    check(format, tmp_path / "seen", list(schema.tables()))


@shipped.needed
@pytest.mark.parametrize("format", FORMATS)
def test_r_reads_the_shipped_data(tmp_path: Path, format: Any) -> None:
    cd.export(tmp_path / "out", format, FEW)
    seen_by_r(tmp_path / "out", format, tmp_path / "seen")
    check(format, tmp_path / "seen", FEW)


@shipped.needed
def test_a_data_frame_of_r_is_one(tmp_path: Path) -> None:
    """Base R computes with it at once: tabulates, subtracts dates, keeps NA apart from "NA"."""
    cd.export(tmp_path / "out", "rds", "coalitions")
    code = """
        x <- readRDS("coalitions.rds")
        stopifnot(is.data.frame(x), nrow(x) == attr(x, "row.names")[nrow(x)])
        cat(sum(table(x$family)), format(min(x$start)), sum(is.na(x$end)),
            as.numeric(x$end - x$start)[x$coalition_id == "exp-anti-prussian-coalition-1756"],
            attr(x, "version"))
    """
    done = subprocess.run(
        [str(RSCRIPT), "-e", code], capture_output=True, text=True, env=SETTING,
        cwd=tmp_path / "out",
    )  # fmt: skip
    frame = cd.load("coalitions").set_index("coalition_id")
    one = frame.loc["exp-anti-prussian-coalition-1756"]
    expected = [
        str(len(frame)),
        f"{frame['start'].min():%Y-%m-%d}",
        str(int(frame["end"].isna().sum())),
        str((one["end"] - one["start"]).days),
        cd.data_version,
    ]
    assert done.stdout.split() == expected, done.stderr
