"""Write docs/benchmarks.md from what the benchmarks measured.

    python tests/benchmarks/page.py FOLDER > docs/benchmarks.md

FOLDER holds games.json, similarity.json and multiverse.json of pytest-benchmark, grouped.md as
`bench_grouped.py` prints it, and models.txt as `bench_models.py` prints it. `run.sh` makes them.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any

NAMED = ("numpy", "pandas", "narwhals", "polars", "pyarrow", "duckdb", "dask", "pyspark")
PEERS = ("lifelines", "powerindex", "powerindices", "comprisk")

HEAD = """# Benchmarks

How fast the measures and models are, beside named peers doing the same in the same run on the same
machine. Smallest of several rounds; memory is the peak that Python's own tracing sees in one more
call (for the engines: peak of the process). Other work on the machine makes seconds larger: hold
calls of one group against each other. No test depends on a time. Made by
`bash tests/benchmarks/run.sh`; do not edit by hand.
"""
WORDS = {
    "games": (
        "Power indices",
        "`powerindex` and `powerindices` are the packages of that name. Both are wrong for some of "
        "these games: `powerindices` overflows without a word above about 66 members, `powerindex` "
        "gives improper games to the strongest member alone and miscounts weights of zero and "
        "parties with a majority. A single tiny game costs us mostly the checking of the input; "
        "for many, `voting_power` takes a table of them.",
    ),
    "similarity": (
        "Similarity of foreign policies",
        "Every pair of states of the Correlates of War system in every year from 1816 to 2016: "
        "956,175 dyad-years, from long tables of ATOP alliances and of votes in the United "
        "Nations, on one core.",
    ),
    "multiverse": (
        "Multiverse",
        "One Cox model with Efron ties and cluster-robust errors by the kernel of the multiverse, "
        "and by lifelines; many permuted ones at once; and whole runs on two cores, figures "
        "included.",
    ),
}


def main(folder: Path) -> str:
    parts = [HEAD]
    machine: dict[str, Any] = {}
    for name, (title, words) in WORDS.items():
        report = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        machine = report["machine_info"]
        parts += [f"## {title}", words, *groups(report["benchmarks"])]
    grouped = (folder / "grouped.md").read_text(encoding="utf-8").strip()
    lead, _, table = grouped.partition("\n\n")
    parts += [
        "## Grouped measures",
        f"{lead}, against the engine's own hand-written query for the same numbers; each in a "
        "process of its own.",
        table,
    ]
    models = (folder / "models.txt").read_text(encoding="utf-8").strip("\n")
    parts += [
        "## Models",
        "Seconds of ours and of R's survival (Cox models) or of comprisk (Fine-Gray models), "
        "medians of five.",
        f"```text\n{models}\n```",
    ]
    parts.insert(1, setting(machine))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def setting(machine: dict[str, Any]) -> str:
    cpu = machine["cpu"]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in (*NAMED, *PEERS) if has(name)
    )
    return (
        f"Machine: {cpu.get('brand_raw', machine['machine'])}, {cpu['count']} cores, "
        f"{machine['system']}. Python {machine['python_version']}, {versions}."
    )


def has(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def groups(benchmarks: list[dict[str, Any]]) -> list[str]:
    """A table for each group; times relative to the fastest of it."""
    parts = []
    for group in dict.fromkeys(each["group"] for each in benchmarks):
        rows = [each for each in benchmarks if each["group"] == group]
        fastest = min(each["stats"]["min"] for each in rows)
        extra = [
            name
            for name in dict.fromkeys(k for r in rows for k in r["extra_info"])
            if name != "mib"
        ]
        head = ["", "seconds", "times the fastest", *extra, "MiB"]
        lines = [f"| {' | '.join(head)} |", "|---|" + "--:|" * (len(head) - 1)]
        for each in rows:
            smallest = each["stats"]["min"]
            cells = [label(each), f"{smallest:.3g}", f"{smallest / fastest:,.3g}"]
            cells += [number(each["extra_info"].get(name)) for name in extra]
            mib = each["extra_info"].get("mib")
            cells.append("" if mib is None else f"{mib:,.1f}")
            lines.append(f"| {' | '.join(cells)} |")
        parts.append(f"### {group[:1].upper()}{group[1:]}\n\n" + "\n".join(lines))
    return parts


def label(each: dict[str, Any]) -> str:
    name: str = each["name"].removeprefix("test_").replace("_", " ")
    return name.replace("[", ": ").replace("]", "")


def number(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


if __name__ == "__main__":
    print(main(Path(sys.argv[1])), end="")
