"""The command line as an entry."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np

from coalitiondata.errors import CoalitionDataError
from fuzz import damages
from fuzz.invariants import holds
from fuzz.tiny_data import bare_files, variable, whole_folder
from fuzz.values import TEXTS, pick

Rng = np.random.Generator


def command_line(rng: Rng, folder: Path) -> None:
    from coalitiondata.cli import main

    verb = str(pick(rng, ("tables", "show", "head", "codebook", "cite", "validate", "export",
                          "template", "check", "check", "verify", "versions", "show",
                          "head")))  # fmt: skip
    flags = ("--family", "--subtype", "--columns", "--rows", "-n", "--format", "--style", "--until",
             "--states", "--power", "--positions", "--scale", "--overwrite", "--primary", "--sums",
             "--help", "--", "-x")  # fmt: skip
    words = [t for t in TEXTS if "\0" not in t and ".." not in t and not t.startswith(("/", "C:"))]
    arguments = [verb]
    if verb == "check":
        (folder / "members.csv").write_text(
            "coalition,member,joined,left\nA,x,1900,1901\nA,y,1900,1901\n"
        )
        if rng.random() < 0.8:
            damages.damage(rng, folder / "members.csv")
        arguments.append(str(folder / "members.csv"))
    elif verb == "validate":
        (folder / "sources.csv").write_bytes(bare_files()["sources.csv"])
        damages.damage(rng, folder / "sources.csv")
        arguments.append(str(folder))
    elif verb in ("show", "head", "codebook", "cite", "verify") and rng.random() < 0.6:
        arguments.append("sources")
    elif verb in ("export", "template"):
        arguments.append(str(folder / "out"))
    for _ in range(int(rng.integers(0, 4))):
        arguments.append(str(pick(rng, flags)) if rng.random() < 0.5 else str(pick(rng, words)))
    said, told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    here = Path.cwd()
    os.chdir(folder)
    try:
        with variable(whole_folder()), redirect_stdout(said), redirect_stderr(told):
            code = main(arguments)
    except SystemExit as stop:
        code = 0 if stop.code is None else stop.code
    finally:
        os.chdir(here)
    holds(code in (0, 1, 2), f"exit code {code!r} of {arguments}")
    holds("Traceback" not in told.getvalue(), f"a traceback of {arguments}")
    if code:
        holds(told.getvalue().strip(), f"exit code {code} without a word: {arguments}")
        raise RefusedError(told.getvalue().strip()[-300:])


class RefusedError(CoalitionDataError):
    """The command line said what is wrong and returned 1 or 2."""
