"""`coalitiondata versions`."""

from __future__ import annotations

import argparse
import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from coalitiondata.cli.parsers import add_verb

_EXAMPLES = """\
  coalitiondata versions
  coalitiondata versions | grep ^data
"""
_LIBRARIES = ("pandas", "numpy", "narwhals", "pyarrow", "pandera", "duckdb", "pyreadstat", "rdata",
              "openpyxl", "fpdf2")  # fmt: skip


def add(verbs: Any) -> None:
    """Add the verb."""
    add_verb(verbs, "versions", "tell the versions of data, package and libraries", _EXAMPLES, run)


def run(_: argparse.Namespace) -> int:
    """What has to be known to get the same numbers again."""
    from coalitiondata import __version__, schema
    from coalitiondata.paths import DESCRIPTOR, data_dir

    package = schema.package()
    folder = data_dir()
    lines = [
        ("data", f"{package['version']} ({str(package.get('created', ''))[:10]})"),
        ("schema", hashlib.sha256((folder / DESCRIPTOR).read_bytes()).hexdigest()),
        ("folder", str(folder)),
        ("package", __version__),
        ("python", platform.python_version()),
        *((name, _installed(name)) for name in _LIBRARIES),
    ]
    wide = max(len(name) for name, _ in lines) + 2
    for name, text in lines:
        print(f"{name:<{wide}}{text}")
    return 0


def _installed(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
