"""Run commands of the project in processes of their own and kill them at a chosen moment.

Started as a script, it imports the libraries once and then forks a process for every request, one
JSON object a line, so that a thousand kills take a minute. Requests:

    {"call": ["coalitiondata", "export", ...], "env": {...}, "kill": k}

runs `python -m coalitiondata export ...`, or a function of `SHORT`, and kills it with SIGKILL just
before its k-th change of the file system (an audit event of Python: a file opened for writing, a
name made, changed or removed); with "after" instead of "kill" after that many seconds; with neither
not at all. With "largest" no file may grow beyond so many bytes. With "hold": "module.function" the
command stops where it calls that function, and every following request goes on from there in a copy
of it, until {"release": true}.

Answers: {"status": as of waitpid, "changes": how many there were, "seconds", "said": stderr}.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

NAMES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.chmod", "os.truncate",
         "os.symlink", "ctypes.dlsym", "sqlite3.connect")  # fmt: skip
ROOT = str(Path(__file__).resolve().parents[1])
PATIENCE = 120  # seconds until a command that hangs is ended by SIGALRM
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Server:
    """The other side of the pipe."""

    def __init__(self, *warm: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), *warm],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            # One thread: a process that forks must not have locks held by others.
            env={**os.environ, "PYTHONPATH": ROOT, "OPENBLAS_NUM_THREADS": "1"},
            text=True,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request, return its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


def was_killed(answer: dict[str, Any]) -> bool:
    """Whether SIGKILL ended the process, and nothing else."""
    return os.WIFSIGNALED(answer["status"]) and os.WTERMSIG(answer["status"]) == signal.SIGKILL


def main() -> None:
    """Serve until the pipe is closed."""
    for name in sys.argv[1:]:
        importlib.import_module(name)
    while line := sys.stdin.readline():
        request = json.loads(line)
        if "hold" in request:
            child = os.fork()
            if child == 0:
                _hold(request)
            os.waitpid(child, 0)
            _answer({"released": True})
        else:
            _answer(_run(request, lambda request=request: _call(request)))


def _run(request: dict[str, Any], work: Callable[[], int]) -> dict[str, Any]:
    """Do the work in a process of its own; kill it when the request says so."""
    answer = _fork(request)
    if answer is None:
        _end(work)
    return answer


def _fork(request: dict[str, Any]) -> dict[str, Any] | None:
    """None in the new process; in this one, when that has ended, how."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as counted:
        begun = time.monotonic()
        child = os.fork()
        if child == 0:
            signal.alarm(PATIENCE)
            if "largest" in request:
                resource.setrlimit(resource.RLIMIT_FSIZE, (request["largest"],) * 2)
            os.dup2(said.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            _watch(request.get("kill"), os.dup(counted.fileno()))
            return None
        if "after" in request:
            time.sleep(request["after"])
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        said.seek(0)
        return {
            "status": status,
            "changes": os.fstat(counted.fileno()).st_size,
            "seconds": time.monotonic() - begun,
            "said": said.read().decode(),
        }


def _end(work: Callable[[], int]) -> NoReturn:
    code = 70
    try:
        code = work()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 70
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)


def _watch(last: int | None, counted: int) -> None:
    done = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal done
        if event == "open":
            path, _, flags = arguments
            if not isinstance(flags, int) or not flags & WRITING or str(path).startswith("/dev/"):
                return
        elif event not in NAMES:
            return
        done += 1
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)
        os.write(counted, b".")

    sys.addaudithook(hook)


def _call(request: dict[str, Any]) -> int:
    os.environ.update(request.get("env", {}))
    module, *arguments = request["call"]
    if module in SHORT:
        SHORT[module](*map(Path, arguments))
        return 0
    code: int = importlib.import_module(f"{module}.__main__").main(arguments)
    return code


def _replace(staged: Path, folder: Path) -> None:
    """What the study does when all is computed."""
    from analysis.study.results import replace

    replace(staged, folder)


def _write_all(made: Path, out: Path) -> None:
    """What the build does when all is computed; the tables are read from a folder."""
    from coalitiondata.build.write import DESCRIPTOR, write_all

    described = json.loads((made / DESCRIPTOR).read_text(encoding="utf-8"))
    write_all({path.name: path.read_bytes() for path in made.glob("*.csv")}, described, out)


SHORT = {"replace": _replace, "write_all": _write_all}


def _hold(request: dict[str, Any]) -> None:
    place, _, name = request["hold"].rpartition(".")
    module = importlib.import_module(place)
    real = getattr(module, name)

    def held(*arguments: Any, **named: Any) -> Any:
        _answer({"held": True})
        while line := sys.stdin.readline():
            further = json.loads(line)
            if "release" in further:
                break
            answer = _fork(further)
            if answer is None:
                # The new process goes on with the command from here.
                setattr(module, name, real)
                return real(*arguments, **named)
            _answer(answer)
        os._exit(0)

    setattr(module, name, held)
    _end(lambda: _call(request))


def _answer(answer: dict[str, Any]) -> None:
    sys.__stdout__.write(json.dumps(answer) + "\n")
    sys.__stdout__.flush()


if __name__ == "__main__":
    main()
