"""Every metadata file of the repository, by its committed place."""

from __future__ import annotations

from pathlib import Path

from coalitiondata.metadata import (
    bibtex,
    cff,
    changelog,
    croissant,
    datacite,
    page,
    released,
    schema_org,
)
from coalitiondata.metadata.changes import compare
from coalitiondata.metadata.record import record
from coalitiondata.metadata.sources import every
from coalitiondata.paths import data_dir
from coalitiondata.replacing import write_whole

_BIB = "% Written by python -m coalitiondata.metadata; do not edit by hand."
# Where the tables lie, seen from metadata/.
_TABLES = "../data"


def outputs(root: Path, since: Path | None = None) -> dict[str, str]:
    """Text of every file by its path below the repository `root`.

    The changelog, the list of released ids and docs/citing.md build on what is there. `since` is
    the data folder of the release before, for the changelog.

    Raises MissingExtraError without the extra `metadata`, InvalidDataError if a released id is gone
    or reused or if docs/citing.md lacks its marks, DamagedFileError for a broken `since`.
    """
    about, sources = record(), list(every().values())
    history = _read(root / changelog.PATH)
    frozen = changelog.is_released(history, about.version)
    ids = released.updated(
        released.read(root / released.PATH),
        released.current(),
        about.version,
        is_released=frozen,
    )
    changes = compare(since, data_dir()) if since else None
    return {
        "CITATION.cff": cff.text(about, sources),
        changelog.PATH: changelog.text(history, about, changes),
        "data/references.bib": "\n\n".join([_BIB, *bibtex.entries(about, sources)]) + "\n",
        released.PATH: released.text(ids),
        page.PATH: page.text(_read(root / page.PATH), about, sources),
        "metadata/croissant.json": croissant.text(about, _TABLES),
        "metadata/datacite.json": datacite.json_text(about, sources),
        "metadata/datacite.xml": datacite.xml_text(about, sources),
        "metadata/dataset.jsonld": schema_org.text(about, sources, _TABLES),
    }


def drift(root: Path) -> list[str]:
    """What in the repository is not as the data have it, in words; empty if all is."""
    made = outputs(root)
    stale = [f"{name} is out of date" for name, text in made.items() if _read(root / name) != text]
    return stale + changelog.problems(made[changelog.PATH], record())


def write(root: Path, since: Path | None = None) -> list[Path]:
    """Write every file below `root`, each whole or not at all; returns those that changed.

    `drift` names the rest after a run that was broken off, and a rerun writes it.
    """
    changed = []
    for name, text in outputs(root, since).items():
        path = root / name
        if _read(path) != text:
            write_whole(path, text.encode("utf-8"))
            changed.append(path)
    return changed


def _read(path: Path) -> str:
    """Text with line endings as written here, whatever a version control system made of them."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""
