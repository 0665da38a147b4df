"""States of folders before and after bad luck, and disks of their own, for the tests of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pyreadstat
import pytest

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and signals")

ENDINGS = {
    "csv": "csv", "csv-excel": "csv", "jsonl": "jsonl", "parquet": "parquet", "stata": "dta",
    "spss": "sav", "rds": "rds", "excel": "xlsx", "sqlite": "sqlite", "duckdb": "duckdb",
}  # fmt: skip


class Place:
    """A folder with its state before a command and after an undisturbed run of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.template = folder, folder.with_name(f"{folder.name}-before")
        folder.mkdir(parents=True, exist_ok=True)
        self.old: dict[str, str] = {}
        self.new: dict[str, str] = {}

    def remember(self) -> None:
        """What is here now is the old state."""
        shutil.rmtree(self.template, ignore_errors=True)
        shutil.copytree(self.folder, self.template)
        self.old = state(self.folder, hidden=False)

    def restore(self) -> None:
        """Put the old state back, whatever is here; mount points stay."""
        _emptied(self.folder)
        shutil.copytree(self.template, self.folder, dirs_exist_ok=True)

    def finished(self) -> None:
        """What is here now is the new state; of files that tell a mixture there must be some."""
        self.new = content(self.folder)
        before = content(self.template)
        assert any(before.get(name) != digest for name, digest in self.new.items())

    def judge(self, mark: str) -> str:
        """Which state this is: old, new, or unfinished with a mark. Anything else fails."""
        now = state(self.folder, hidden=False)
        if now == self.old:
            return "old"
        if any(mark in name for name in now):
            return "unfinished"
        assert content(self.folder, hidden=False) == self.new, sorted(now)
        return "new"

    def must_be_finished(self) -> None:
        """The new state, and nothing that an interrupted run left lying."""
        assert content(self.folder) == self.new


def state(folder: Path, *, hidden: bool = True) -> dict[str, str]:
    """Every file below a folder with the digest of its bytes; without hidden folders on demand."""
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in _files(folder, hidden)
    }


def content(folder: Path, *, hidden: bool = True) -> dict[str, str]:
    """The same of what the files hold: some formats write the time, or pages in any order."""
    return {name: hashlib.sha256(_held(path)).hexdigest() for name, path in _files(folder, hidden)}


def _files(folder: Path, hidden: bool) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and (hidden or not any(part.startswith(".") for part in parts)):
            yield "/".join(parts), path


def _held(path: Path) -> bytes:
    if path.suffix == ".dta":
        with pd.read_stata(path, iterator=True) as reader:
            return repr(reader.variable_labels()).encode() + reader.read().to_csv().encode()
    if path.suffix == ".sav":
        frame, about = pyreadstat.read_sav(path)
        return repr(about.column_names_to_labels).encode() + frame.to_csv().encode()
    if path.suffix == ".xlsx":
        with closing(openpyxl.load_workbook(path, read_only=True)) as book:
            return repr([list(sheet.values) for sheet in book]).encode()
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as connection:
            return "\n".join(connection.iterdump()).encode()
    if path.suffix == ".duckdb":
        with closing(duckdb.connect(str(path), read_only=True)) as connection:
            names = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
            rows: list[Any] = [connection.execute(f"FROM {name}").fetchall() for name in names]
            return repr([names, rows]).encode()
    if path.name.startswith("book") and path.read_bytes()[:5] == b"%PDF-":
        # The moment of writing is in the document's information and in its id.
        lines = path.read_bytes().split(b"\n")
        return b"\n".join(a for a in lines if b"CreationDate" not in a and b"/ID" not in a)
    return path.read_bytes()


def _emptied(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            _emptied(path)
            if not path.is_mount():
                path.rmdir()
        else:
            path.unlink()


@contextmanager
def second_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own of some size in `folder`; skips where that needs rights."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody may write to: root needs a disk mounted read-only for that."""
    if sys.platform == "win32" or os.geteuid() != 0:
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)
        return
    before = folder.with_name(f"{folder.name}-before")
    shutil.copytree(folder, before)
    with second_disk(folder, "16m"):
        shutil.copytree(before, folder, dirs_exist_ok=True)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield


def fill(folder: Path, left: int) -> Path:
    """Fill the disk of a folder up to so many bytes; returns the file that takes the room."""
    stuffing = folder / "stuffing"
    with stuffing.open("wb") as file:
        free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
        file.write(b"x" * (free - left))
    return stuffing
