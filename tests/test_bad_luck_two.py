"""Two processes with one target: one of them wins wholly, or one gets a clear error."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import tiny
from bad_luck import content, posix, state

from coalitiondata.errors import NotWrittenError, TargetExistsError
from coalitiondata.locking import hold, locked, release
from coalitiondata.replacing import settle, staging, write_whole

pytestmark = posix
ROOT = Path(__file__).resolve().parents[1]
# Each of two processes does this again and again, as long as the other does.
WRITER = """
import os, sys
from pathlib import Path
from coalitiondata.replacing import settle, staging, write_whole
who, kind, place, rounds = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
for turn in range(rounds):
    text = f"{who} {turn} " * 2000
    if kind == "file":
        write_whole(place / "one.txt", text.encode())
    else:
        with staging(place / "out") as staged:
            for name in ("a.txt", "b.txt", "sub/c.txt"):
                (staged / name).parent.mkdir(exist_ok=True)
                (staged / name).write_text(text)
            settle(staged, place / "out")
"""


@pytest.fixture
def two_versions(tmp_path: Path) -> list[dict[str, str]]:
    """Settings for two data sets, as two users of one folder could have."""
    tiny.write(tmp_path / "first")
    tiny.write(tmp_path / "second", rows=tiny.WITH_NGO)
    return [
        {**os.environ, "COALITIONDATA_DATA": str(tmp_path / name)} for name in ("first", "second")
    ]


def exporting(target: Path, format: str, *more: str) -> list[str]:
    call = [sys.executable, "-m", "coalitiondata", "export", str(target)]
    return [*call, "coalitions", "actors", "--format", format, *more]


def side_by_side(calls: list[list[str]], envs: list[dict[str, str]]) -> list[tuple[int, str]]:
    """Exit codes and messages of commands that run at the same time."""
    running = [
        subprocess.Popen(call, env=env, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for call, env in zip(calls, envs, strict=True)
    ]
    return [(each.wait(120), each.communicate()[1].decode()) for each in running]


@pytest.mark.parametrize("format", ["csv", "sqlite", "duckdb"])
def test_two_exports_that_may_replace(
    two_versions: list[dict[str, str]], tmp_path: Path, format: str
) -> None:
    alone = []
    for k, env in enumerate(two_versions):
        assert side_by_side([exporting(tmp_path / f"alone{k}", format)], [env])[0][0] == 0
        alone.append(content(tmp_path / f"alone{k}"))
    target = tmp_path / "place" / "out"
    for _ in range(1 if format in ("sqlite", "duckdb") else 2):
        call = exporting(target, format, "--overwrite")
        ended = side_by_side([call, call], two_versions)
        assert [code for code, _ in ended] == [0, 0], ended
        assert content(target) in alone
        assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_two_exports_that_may_not_replace(
    two_versions: list[dict[str, str]], tmp_path: Path
) -> None:
    """Both find the folder empty at first: the later one must not replace the earlier one."""
    for k in range(2):
        target = tmp_path / f"out{k}"
        ended = side_by_side([exporting(target, "csv")] * 2, two_versions)
        assert sorted(code for code, _ in ended) == [0, 1]
        (said,) = [text for code, text in ended if code == 1]
        assert "exists already" in said
        winner = [code for code, _ in ended].index(0)
        data = Path(two_versions[winner]["COALITIONDATA_DATA"])
        for name in ("coalitions.csv", "actors.csv"):
            assert (target / name).read_bytes() == (data / name).read_bytes()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_readers_never_see_a_mixture(tmp_path: Path, kind: str) -> None:
    """Two writers without rest, and a reader who compares what is there at each moment."""
    rounds = 150
    calls = [[sys.executable, "-c", WRITER, who, kind, str(tmp_path), str(rounds)] for who in "xy"]
    envs = [{**os.environ, "PYTHONPATH": str(ROOT)}] * 2
    write_whole(tmp_path / "one.txt", b"z 0 ")
    with staging(tmp_path / "out") as staged:
        (staged / "sub").mkdir()
        for name in ("a.txt", "b.txt", "sub/c.txt"):
            (staged / name).write_text("z 0 ")
        settle(staged, tmp_path / "out")
    ended: list[tuple[int, str]] = []
    writing = threading.Thread(target=lambda: ended.extend(side_by_side(calls, envs)))
    writing.start()
    seen = set()
    while writing.is_alive():
        whole = _glance(tmp_path, kind)
        if whole is not None:
            assert len(whole) == 1, whole
            seen |= whole
    writing.join()
    assert [code for code, _ in ended] == [0, 0], ended
    assert len(seen) > 2  # it was there while they wrote
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.txt", "out"]


def _glance(place: Path, kind: str) -> set[str] | None:
    """Who wrote what is there in which round; None if the folder changed during the glance."""
    if kind == "file":
        words = (place / "one.txt").read_text(encoding="utf-8").split()
        return {" ".join(words[k : k + 2]) for k in range(0, len(words), 2)}
    texts = [
        " ".join((place / "out" / name).read_text(encoding="utf-8").split()[:2])
        for name in ("a.txt", "b.txt", "sub/c.txt", "a.txt")
    ]
    # No round comes back: if the first file is of the same one at both ends, so was all between.
    return set(texts) if texts[0] == texts[-1] else None


def test_a_staging_folder_in_use_is_not_swept_away(tmp_path: Path) -> None:
    with staging(tmp_path / "out") as first:
        (first / "a.txt").write_text("first")
        with staging(tmp_path / "out") as second:
            (second / "a.txt").write_text("second")
            assert first.is_dir()
            settle(second, tmp_path / "out")
        with pytest.raises(TargetExistsError):
            settle(first, tmp_path / "out", overwrite=False)
        settle(first, tmp_path / "out")
    assert state(tmp_path).keys() == {"out/a.txt"}
    assert (tmp_path / "out" / "a.txt").read_text() == "first"


def test_strays_of_the_dead_are_swept_and_other_folders_are_not(tmp_path: Path) -> None:
    for name in (".out-staged-dead", ".other-staged-dead", ".out-notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    with staging(tmp_path / "out") as staged:
        (staged / "a.txt").write_text("a")
        settle(staged, tmp_path / "out")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [".other-staged-dead", ".out-notes", "out"]


def test_a_folder_that_is_never_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coalitiondata.locking.PATIENCE", 0.2)
    held = hold(tmp_path)
    try:
        with pytest.raises(NotWrittenError, match="Another process has been writing in"):
            write_whole(tmp_path / "one.txt", b"x")
    finally:
        release(held)
    with locked(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_the_folder_itself_stays_the_same_one(tmp_path: Path) -> None:
    """A shell or a session of R that stands in the folder goes on standing in it."""
    out = tmp_path / "out"
    (out / "mine").mkdir(parents=True)
    (out / "mine" / "notes.txt").write_text("mine")
    (out / "a.txt").write_text("old")
    out.chmod(0o750)
    before, notes = out.stat(), (out / "mine" / "notes.txt").stat()
    with staging(out) as staged:
        (staged / "a.txt").write_text("new")
        settle(staged, out, gone=["../outside", "absent"])
    after = out.stat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert (out / "a.txt").read_text() == "new"
    kept = (out / "mine" / "notes.txt").stat()
    assert (kept.st_ino, kept.st_nlink, kept.st_mtime_ns) == (notes.st_ino, 1, notes.st_mtime_ns)


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with staging(tmp_path / "link") as staged:
        (staged / "a.txt").write_text("new")
        settle(staged, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a.txt").read_text() == "new"
