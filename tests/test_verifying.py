"""A damaged file is named, with what is wrong and how to mend it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import shipped
import tiny

import coalitiondata as cd
from coalitiondata import paths, schema, verifying

ROOT = Path(__file__).resolve().parents[1]


def one_bad(report: pd.DataFrame) -> pd.Series:
    bad = report[~report["ok"].fillna(True)]
    assert len(bad) == 1
    return bad.iloc[0]


def cut(content: bytes) -> bytes:
    return content[:-9]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES: list[tuple[Callable[[bytes], bytes], str]] = [
    (cut, "its end may be cut off"),
    (flipped, "its content differs from the checksum"),
    (lambda content: b"", "it has 0 bytes instead of"),
    (lambda content: content + content[-20:], "its content differs from the checksum"),
    (lambda content: content.replace(b",", b";"), "its content differs from the checksum"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
def test_every_damage_is_found_and_named(
    tiny_data: Path, damage: Callable[[bytes], bytes], said: str
) -> None:
    assert cd.verify()["ok"].all()
    file = tiny_data / "power.csv"
    file.write_bytes(damage(file.read_bytes()))
    bad = one_bad(cd.verify())
    assert bad["file"] == "power.csv"
    assert said in bad["fault"]
    assert bad["repair"].startswith("copy power.csv into ")
    with pytest.raises(cd.DamagedFileError, match=r"power\.csv is damaged"):
        cd.load("power")


def test_absent_file(tiny_data: Path) -> None:
    (tiny_data / "power.csv").unlink()
    assert one_bad(cd.verify())["fault"] == "cannot be opened (No such file or directory)"


def test_line_endings_of_a_version_control_system_are_no_damage(tiny_data: Path) -> None:
    file = tiny_data / "power.csv"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert cd.verify("power")["ok"].all()


def test_only_the_tables_asked_for(tiny_data: Path) -> None:
    (tiny_data / "power.csv").unlink()
    assert cd.verify(["actors", "coalitions"])["file"].tolist() == ["actors.csv", "coalitions.csv"]
    assert cd.verify("actors")["ok"].all()
    with pytest.raises(cd.UnknownNameError, match="Did you mean 'actors'"):
        cd.verify("actor")


def test_expected_checksums_are_those_of_the_files(tiny_data: Path) -> None:
    for row in cd.verify().itertuples():
        assert hashlib.sha256((tiny_data / str(row.file)).read_bytes()).hexdigest() == row.sha256


def test_rows_are_counted(tiny_data: Path) -> None:
    file = tiny_data / "datapackage.json"
    package = json.loads(file.read_text(encoding="utf-8"))
    package["resources"][0]["rowCount"] = 99
    file.write_text(json.dumps(package), encoding="utf-8")
    assert one_bad(cd.verify())["fault"] == "has 3 rows instead of 99"


def test_damaged_descriptor(tiny_data: Path) -> None:
    file = tiny_data / "datapackage.json"
    file.write_bytes(cut(file.read_bytes()))
    with pytest.raises(cd.DamagedFileError, match=r"datapackage\.json is not a readable"):
        cd.verify()


def test_damaged_twin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tiny.write(tmp_path / "data", twins=True)
    monkeypatch.setenv("COALITIONDATA_DATA", str(data))
    assert len(cd.verify()) == 2 * len(schema.tables())
    assert cd.verify()["ok"].all()
    twin = data / "power.parquet"
    twin.write_bytes(cut(twin.read_bytes()))
    bad = one_bad(cd.verify())
    assert bad["file"] == "power.parquet"
    assert bad["fault"] == "is unreadable or was made from another CSV"


def test_twins_are_not_called_damaged_where_nothing_can_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tiny.write(tmp_path / "data", twins=True)
    monkeypatch.setenv("COALITIONDATA_DATA", str(data))
    monkeypatch.setattr(verifying, "find_spec", lambda name: None)
    report = cd.verify().set_index("file")
    assert pd.isna(report.loc["power.parquet", "ok"])
    assert "not checked: pyarrow" in report.loc["power.parquet", "fault"]
    assert report["repair"].isna().all()
    assert report["ok"].all()  # of those that could be checked


# Repairs ----------------------------------------------------------------------------------------


def repair_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The repair of a damaged power.csv in the data folder of a package that lies in `folder`."""
    monkeypatch.delenv("COALITIONDATA_DATA", raising=False)
    monkeypatch.setattr(paths, "_PACKAGE", folder / "coalitiondata")
    data = paths.data_dir()
    (data / "power.csv").write_bytes(cut((data / "power.csv").read_bytes()))
    return str(one_bad(cd.verify("power"))["repair"])


def test_repair_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write(tmp_path / "coalitiondata" / "_data")
    repair = repair_in(tmp_path, monkeypatch)
    assert repair == f'pip install --force-reinstall "coalitiondata=={cd.__version__}"'


def test_repair_of_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write(tmp_path / "data")
    repair = repair_in(tmp_path, monkeypatch)
    assert repair.startswith("take power.csv from the archive of this release again")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_repair_of_a_checkout_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write(tmp_path / "data")
    author = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
    for call in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "Data"]):
        subprocess.run(["git", *call], cwd=tmp_path, check=True)
    repair = repair_in(tmp_path, monkeypatch)
    command, _, otherwise = repair.partition(" (or ")
    assert otherwise == "python -m coalitiondata.build, if the tables were changed on purpose)"
    assert not cd.verify("power")["ok"].all()
    subprocess.run(command.split(), cwd=tmp_path, check=True)
    assert cd.verify("power")["ok"].all()


# Shipped data -----------------------------------------------------------------------------------


@shipped.needed
def test_shipped_tables_have_their_checksums() -> None:
    report = cd.verify()
    tables = report[report["file"].str.endswith(".csv")]
    assert len(tables) == len(schema.tables())
    assert tables["sha256"].str.fullmatch("[0-9a-f]{64}").all()
    assert tables["ok"].all()


@shipped.needed
@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sums_are_those_of_sha256sum(tmp_path: Path) -> None:
    sums = subprocess.run(
        [sys.executable, "-m", "coalitiondata", "verify", "--sums"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    ).stdout  # fmt: skip
    assert len(sums.splitlines()) == len(schema.tables())
    done = subprocess.run(
        ["sha256sum", "--check"], input=sums, capture_output=True, text=True, cwd=shipped.DATA
    )
    assert done.returncode == 0, done.stdout
