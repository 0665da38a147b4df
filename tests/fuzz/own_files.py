"""Entries that read own coalitions from damaged files."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import numpy as np
import pandas as pd

import coalitiondata as cd
from fuzz import damages, parquets
from fuzz.generators import hostile, minimal
from fuzz.values import pick

Rng = np.random.Generator


def _written(rng: Rng, folder: Path, extension: str) -> Path:
    frames = hostile(rng, minimal(rng), most=2) if rng.random() < 0.3 else minimal(rng)
    frames = {k: v for k, v in frames.items() if isinstance(v, pd.DataFrame)}
    single = rng.random() < 0.5
    place = folder if single else folder / "tables"
    place.mkdir(exist_ok=True)
    for name, frame in list(frames.items())[: 1 if single else None]:
        path = place / f"{name}.{extension}"
        try:
            if extension == "csv":
                frame.to_csv(path, index=False)
            else:
                frame.astype("str").to_parquet(path)
        except (ArithmeticError, ValueError, TypeError, AttributeError):
            path.write_text("coalition,member\nA,x\nA,y\n")
    if not (place / f"members.{extension}").is_file():
        (place / f"members.{extension}").write_text("coalition,member\nA,x\nA,y\n")
    damages.damage(rng, place / f"members.{extension}")
    return place / f"members.{extension}" if single else place


def _packed(rng: Rng, path: Path) -> Path:
    kind = str(pick(rng, ("gz", "bz2", "xz")))
    content = {"gz": gzip, "bz2": bz2, "xz": lzma}[kind].compress(path.read_bytes())
    packed = path.with_name(f"{path.name}.{kind}")
    packed.write_bytes(content)
    if rng.random() < 0.5:
        damages.damage(rng, packed)
    elif rng.random() < 0.1:
        # Blank lines above the bound, in one part after the other, as these formats allow.
        packed.write_bytes(content + gzip.compress(b"\n" * 2**27, 9) * 17)
    return packed


def own_csv(rng: Rng, folder: Path) -> None:
    path = _written(rng, folder, "csv")
    if path.is_file() and rng.random() < 0.1:
        path = _packed(rng, path)
    cd.CoalitionData.from_csv(path, strict=False, until=1690)


def own_parquet(rng: Rng, folder: Path) -> None:
    path = _written(rng, folder, "parquet")
    if path.is_file() and rng.random() < 0.4:
        minimal(rng)["members"].astype("str").to_parquet(path)
        change = parquets.burst if rng.random() < 0.05 else parquets.lying
        path.write_bytes(change(rng, path.read_bytes()))
    cd.CoalitionData.from_parquet(path, strict=False, until=1690)


def own_excel(rng: Rng, folder: Path) -> None:
    path = folder / "members.xlsx"
    frame = minimal(rng)["members"]
    if rng.random() < 0.3:
        frame.iloc[0, int(rng.integers(8))] = pick(rng, ("=1+1", "44197", 44197, 1e300, "#REF!"))
    frame.to_excel(path, index=False, sheet_name=pick(rng, ("members", "Sheet1", "other")))
    if rng.random() < 0.03:
        path.write_bytes(damages.bomb(rng, path.read_bytes()))
    else:
        damages.damage(rng, path)
    cd.CoalitionData.from_excel(path, strict=False, until=1690)
