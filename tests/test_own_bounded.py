"""Files that are small and unpack to gigabytes: refused within moments; honest ones are read."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import shipped
from fuzz import parquets

import coalitiondata as cd
from coalitiondata.errors import DamagedFileError
from coalitiondata.own import bounded

pytestmark = shipped.needed

MEMBERS = pd.DataFrame(
    {
        "coalition": ["A", "A", "B", "B"],
        "member": ["x", "y", "x", None],
        "joined": ["1900", "1901-05", "1910-02-03", "1911"],
        "left": ["1905", None, "1912", "1912"],
        "power": [1.5, 2, None, 4],
    }
)


def test_parquet_is_read_as_pandas_does(tmp_path: Path) -> None:
    frame = MEMBERS.assign(
        whole=pd.array([1, None, 3, 4], dtype="Int64"),
        level=pd.Categorical(["u", "v", "u", None]),
        flag=[True, None, False, True],
        day=np.array(["1900-01-01", "NaT", "1901-01-01", "1600-05-05"], dtype="datetime64[s]"),
    ).set_index(pd.Index(["p", "q", "r", "s"]))
    frame.to_parquet(tmp_path / "t.parquet")
    read = bounded.read_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(
        read.astype("object").where(read.notna(), None),
        frame.astype("object").where(frame.notna(), None),
    )
    assert "category" not in {str(kind) for kind in read.dtypes}


@pytest.mark.parametrize(
    ("kind", "said"), [("rows", "more than 100000000 cells"), ("long text", "unpacks to more than")]
)
def test_a_parquet_file_that_would_burst_is_refused(tmp_path: Path, kind: str, said: str) -> None:
    path = tmp_path / "members.parquet"
    path.write_bytes(parquets._bomb(kind))
    assert path.stat().st_size < 2**20
    with pytest.raises(DamagedFileError, match=said):
        cd.CoalitionData.from_parquet(path)


def test_rows_are_counted_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "members.parquet"
    MEMBERS.to_parquet(path)
    monkeypatch.setattr(bounded, "MOST_BYTES", 30)
    with pytest.raises(DamagedFileError, match="unpacks to more than"):
        cd.CoalitionData.from_parquet(path)


@pytest.mark.parametrize("module", [gzip, bz2, lzma])
def test_a_compressed_csv_is_read(tmp_path: Path, module: ModuleType) -> None:
    plain, packed = tmp_path / "members.csv", tmp_path / f"members.csv.{_suffix(module)}"
    MEMBERS.dropna(subset="member").to_csv(plain, index=False)
    packed.write_bytes(module.compress(plain.read_bytes()))
    first = cd.CoalitionData.from_csv(plain, strict=False, until=1920)
    second = cd.CoalitionData.from_csv(packed, strict=False, until=1920)
    assert len(second.frames["memberships"]) >= 2
    for name, frame in first.frames.items():
        pd.testing.assert_frame_equal(second.frames[name], frame)


@pytest.mark.parametrize("module", [gzip, bz2, lzma])
def test_a_compressed_csv_that_is_cut_off_or_bursts_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType
) -> None:
    path = tmp_path / f"members.csv.{_suffix(module)}"
    content = module.compress(np.random.default_rng(0).bytes(5000))
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedFileError, match="cannot be"):
        cd.CoalitionData.from_csv(path)
    monkeypatch.setattr(bounded, "MOST_BYTES", 2**21)
    path.write_bytes(module.compress(b"\n" * 2**22))
    with pytest.raises(DamagedFileError, match="unpacks to more than"):
        cd.CoalitionData.from_csv(path)


def _suffix(module: ModuleType) -> str:
    return {"gzip": "gz", "bz2": "bz2", "lzma": "xz"}[module.__name__]


def test_a_compressed_csv_with_a_broken_part_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "members.csv.gz"
    content = bytearray(gzip.compress(np.random.default_rng(0).bytes(5000) * 3))
    content[40:60] = b"\xff" * 20  # inside the compressed part
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match="cannot be unpacked"):
        cd.CoalitionData.from_csv(path)
