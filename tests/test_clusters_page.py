"""The page on clusters: its code runs on each engine and prints the same numbers everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import docs_code
import pytest
from raw_files import ROOT

pytest_plugins = ["engines"]

TEXT = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
NEEDS = {"pandas": "pyarrow", "DuckDB": "duckdb", "A Dask": "distributed", "A Spark": "pyspark"}


def section(title: str) -> str:
    """A section of the page, from its heading to the next one."""
    found = re.search(rf"^#+ {title}.*?(?=^#)", TEXT, re.DOTALL | re.MULTILINE)
    assert found, title
    return found.group(0)


@pytest.mark.parametrize("engine", NEEDS)
def test_the_code_prints_what_the_page_shows(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow")
    pytest.importorskip(NEEDS[engine])
    if engine == "A Spark":
        request.getfixturevalue("spark")
    monkeypatch.chdir(tmp_path)
    wanted = ["The table", "The ten lines", "pandas"] + [engine] * (engine != "pandas")
    blocks = docs_code.run("".join(section(title) for title in wanted))
    outputs = [(shown, printed) for _, shown, printed in blocks if printed]
    assert len(outputs) == len(wanted) - 2
    assert all(shown == printed for shown, printed in outputs)


def test_every_engine_shows_the_same_numbers() -> None:
    shown = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)
    assert len(shown) == len(NEEDS)
    assert len(set(shown)) == 1
    assert "cabinets" in shown[0]
