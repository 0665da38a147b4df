"""Running the command line as a real process: into pipes, or on a terminal of some width."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "coalitiondata"]


def piped(*call: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run with output into pipes."""
    return subprocess.run(
        [*COMMAND, *call],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, **settings},
        check=False,
    )


def on_terminal(*call: str, columns: int = 80) -> tuple[int, str]:
    """Run on a pseudo-terminal of so many columns; returns exit code and everything shown."""
    pty = pytest.importorskip("pty")
    import fcntl
    import struct
    import termios

    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    setting = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")
    }
    process = subprocess.Popen(
        [*COMMAND, *call], stdin=inside, stdout=inside, stderr=inside, cwd=ROOT, env=setting
    )
    os.close(inside)
    shown = b""
    while True:
        try:
            part = os.read(outside, 65536)
        except OSError:  # what a terminal says when nobody holds its other end any more
            break
        if not part:
            break
        shown += part
    os.close(outside)
    return process.wait(), shown.decode("utf-8").replace("\r\n", "\n")
