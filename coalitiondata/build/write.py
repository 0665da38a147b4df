"""Replace the data folder by a new one, whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DESCRIPTOR = "datapackage.json"


def write_all(files: Mapping[str, bytes], descriptor: dict[str, Any], out: Path) -> None:
    """Replace the folder `out` by one with these files, its subfolders (data/curated) kept.

    Everything is written to a folder beside `out` first and takes its place by renaming, so that
    a failure at any point leaves either the old folder or the new one. A run that was killed
    between the two renamings is mended by `recover` at the next start.
    """
    staged, previous = _beside(out, "staged"), _beside(out, "previous")
    recover(out)
    shutil.rmtree(staged, ignore_errors=True)
    try:
        staged.mkdir(parents=True)
        for name, content in files.items():
            (staged / name).write_bytes(content)
        stamped = json.dumps(_stamp(descriptor, files), indent=2, ensure_ascii=False) + "\n"
        (staged / DESCRIPTOR).write_bytes(stamped.encode("utf-8"))
        for kept in out.iterdir() if out.is_dir() else ():
            if kept.is_dir():
                shutil.copytree(kept, staged / kept.name)
            elif kept.suffix == ".bib":
                shutil.copy2(kept, staged / kept.name)
        if out.exists():
            os.replace(out, previous)
        os.replace(staged, out)
    finally:
        recover(out)
        shutil.rmtree(staged, ignore_errors=True)
    shutil.rmtree(previous, ignore_errors=True)


def recover(out: Path) -> None:
    """Put the old folder back if an earlier run was killed after moving it away."""
    previous = _beside(out, "previous")
    if previous.exists() and not out.exists():
        os.replace(previous, out)
    shutil.rmtree(previous, ignore_errors=True)


def _beside(out: Path, what: str) -> Path:
    return out.parent / f".{out.name}-{what}"


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
