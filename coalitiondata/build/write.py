"""Replace the data folder by a new one, whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coalitiondata.replacing import settle, staging

DESCRIPTOR = "datapackage.json"


def write_all(files: Mapping[str, bytes], descriptor: dict[str, Any], out: Path) -> None:
    """Replace the tables and their schema in the folder `out` by these files, in one step.

    Tables of an earlier build that these files do not have are removed; subfolders (data/curated)
    and the references stay. A run that breaks off at any moment leaves the old tables or the new
    ones, see `coalitiondata.settling.settle`.

    Raises NotWrittenError if the disk is full or the folder read-only.
    """
    with staging(out) as staged:
        for name, content in files.items():
            (staged / name).write_bytes(content)
        stamped = json.dumps(_stamp(descriptor, files), indent=2, ensure_ascii=False) + "\n"
        (staged / DESCRIPTOR).write_bytes(stamped.encode("utf-8"))
        present = [path for path in out.iterdir() if path.is_file()] if out.is_dir() else []
        settle(staged, out, gone=[path.name for path in present if path.suffix != ".bib"])


def _stamp(descriptor: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    resources = []
    for resource in descriptor["resources"]:
        content = files[resource["path"]]
        rows = sum(1 for _ in csv.reader(io.StringIO(content.decode("utf-8")))) - 1
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        stamp = {"hash": digest, "bytes": len(content), "rowCount": rows}
        # The checksums go before the long schema, where a reader of the file sees them.
        head = {key: value for key, value in resource.items() if key not in (*stamp, "schema")}
        resources.append({**head, **stamp, "schema": resource["schema"]})
    return {**descriptor, "resources": resources}
