"""Many files take their places in a folder in one stroke."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from coalitiondata.errors import NotWrittenError, TargetExistsError
from coalitiondata.locking import locked

# What a killed run leaves where folders cannot be exchanged: files that still have to take their
# places. Its name is for people to see, too.
UNFINISHED = "coalitiondata-unfinished"
_GONE = ".gone.json"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD; RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS


def settle(staged: Path, folder: Path, *, gone: Iterable[str] = (), overwrite: bool = True) -> None:
    """Move every file of `staged` to its place in `folder` and remove the files `gone` there.

    Other files stay. Whoever opens `folder` by its name at any moment, and after a kill at any
    moment, finds all of the old files or all of the new ones: where `folder` is not there or empty,
    `staged` is renamed; else `staged` is completed by hard links to the other files and exchanged
    with `folder`, the folder proper is brought to the new state out of sight and exchanged back.
    Where the system cannot exchange folders or link files (Windows, some network drives), files
    are moved one by one out of `folder`/coalitiondata-unfinished, and a run that was killed in
    between is finished by `mend`, and by every later `settle`.

    Raises TargetExistsError if a file is in the way and `overwrite` is false, NotWrittenError if
    another process keeps the folder, OSError if the disk is full or read-only.
    """
    folder = Path(os.path.realpath(folder))  # `resolve` chokes on links that lead to themselves
    new = _files(staged)
    _flush([staged / name for name in new])
    with locked(folder.parent):
        finish(folder)
        for name in new:
            if (folder / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, f"{folder / name} is a folder")
        make_way([folder / name for name in new], overwrite)
        old = _files(folder) if folder.is_dir() else []
        removed = sorted(set(gone) & set(old) - set(new))
        kept = sorted(set(old) - set(new) - set(removed))
        if staged.parent == folder:
            _move(staged, folder, removed)
        elif not folder.is_dir() or not any(folder.iterdir()):
            _rename(staged, folder)
        elif not _swap(staged, folder, new, kept, removed):
            _move(staged, folder, removed)


def mend(folder: Path) -> None:
    """Complete what a run left that was killed while it moved files one by one, if one did."""
    if (folder / UNFINISHED).is_dir():
        with locked(folder.resolve().parent):
            finish(folder)


def finish(folder: Path) -> None:
    """What `mend` does, for a caller that has the lock."""
    rest = folder / UNFINISHED
    if not rest.is_dir():
        return
    try:
        for name in _files(rest):
            if name != _GONE:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(rest / name, folder / name)
        listed = rest / _GONE
        for name in json.loads(listed.read_text(encoding="utf-8")) if listed.is_file() else ():
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(rest)
    except OSError as error:
        raise NotWrittenError(
            f"{folder} holds files of two runs: {error.strerror or error}. The files that are not "
            f"in their places yet are in {rest}; run the same command again to finish."
        ) from error


def make_way(paths: Iterable[Path], overwrite: bool) -> None:
    """Raise TargetExistsError if one of these is there already and may not be replaced."""
    taken = [path for path in paths if path.exists()]
    if taken and not overwrite:
        raise TargetExistsError(
            f"{taken[0]} exists already. Choose another path, or replace it with "
            f"overwrite=True (--overwrite)."
        )


def _rename(staged: Path, folder: Path) -> None:
    if sys.platform == "win32" and folder.is_dir():
        folder.rmdir()
    os.replace(staged, folder)


def _swap(staged: Path, folder: Path, new: list[str], kept: list[str], gone: list[str]) -> bool:
    """Exchange twice; false, and nothing changed, where the system cannot do that."""
    try:
        for name in kept:
            _link(folder / name, staged / name)
        shutil.copymode(folder, staged)
        exchange(staged, folder)
    except OSError as error:
        for name in kept:
            (staged / name).unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise
        return False
    # Everybody sees the new state now. That the folder itself stays the same one matters to
    # those who stand in it (a shell, a session of R); if that fails, only this is lost.
    try:
        for name in new:
            (staged / name).unlink(missing_ok=True)
            _link(folder / name, staged / name)
        for name in gone:
            (staged / name).unlink(missing_ok=True)
        for name in _files(folder):
            # Somebody else wrote this since the first exchange.
            if name not in new and not _same(folder / name, staged / name):
                os.replace(folder / name, staged / name)
        exchange(staged, folder)
    except OSError:
        pass
    return True


def _move(staged: Path, folder: Path, gone: list[str]) -> None:
    (staged / _GONE).write_text(json.dumps(gone), encoding="utf-8")
    os.replace(staged, folder / UNFINISHED)
    finish(folder)


def exchange(one: Path, other: Path) -> None:
    """Let two folders change names in one step. Raises OSError where the system cannot."""
    names = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "linux":
            call = ctypes.CDLL(None, use_errno=True).renameat2
            failed = call(_HERE, names[0], _HERE, names[1], _EXCHANGE)
        elif sys.platform == "darwin":
            failed = ctypes.CDLL(None, use_errno=True).renamex_np(*names, _EXCHANGE)
        else:
            raise AttributeError
    except AttributeError:
        raise OSError(errno.ENOSYS, "folders cannot be exchanged") from None
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _files(folder: Path) -> list[str]:
    """Everything below the folder that is not a folder, by its path in it."""
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target, follow_symlinks=False)


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except FileNotFoundError:
        return False


def _flush(files: Iterable[Path]) -> None:
    """Have the bytes on the disk before their names: a power cut must not leave empty files."""
    for path in files:
        descriptor = os.open(path, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
