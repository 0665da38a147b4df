"""Writing the page: the files of the browser as they stand, and the data as scripts.

A page opened from a folder may neither fetch files nor load modules. So the data are scripts, each
of which hands over one part: `explorer.receive("index", {...})`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from explorer_data import plain
from explorer_data.listing import listing
from explorer_data.origins import citations
from explorer_data.records import records
from explorer_data.rules import end_cause_rules
from explorer_data.tables import load

HERE = Path(__file__).resolve().parent.parent
SIZE = 50
"""Records in one file."""


def build(out: Path) -> None:
    """Write the page into the folder `out`; the same data give the same bytes.

    Files of an earlier page are replaced, and data of an earlier page removed.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in ("data", "js"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in ("index.html", "explorer.css"):
        shutil.copyfile(HERE / name, out / name)
    (out / "js").mkdir()
    for script in sorted((HERE / "js").glob("*.js")):
        shutil.copyfile(script, out / "js" / script.name)
    (out / "data").mkdir()
    data = load()
    _write(out, "index", listing(data) | {"chunk_size": SIZE})
    _write(out, "sources", {"citations": citations(), "rules": end_cause_rules()})
    every = records(data)
    for place, first in enumerate(range(0, len(every), SIZE)):
        _write(out, f"records-{place}", plain.packed(every[first : first + SIZE]))


def _write(out: Path, name: str, content: object) -> None:
    script = f'explorer.receive("{name}",{plain.text(content)});\n'
    (out / "data" / f"{name}.js").write_text(script, encoding="utf-8", newline="\n")
