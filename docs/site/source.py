"""What Sphinx reads: the pages of docs/, the notebooks and what they link to, in one folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from interface import write_interface

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Pages at the top of the repository that are pages of the site too, under these names.
TOP = {"CHANGELOG.md": "changelog.md", "DATA_CHANGELOG.md": "data-changelog.md"}
# Files that pages offer for download.
FILES = (
    "CITATION.cff",
    "metadata",
    "data/datapackage.json",
    "data/references.bib",
    "data/curated/released_ids.csv",
)
_ABOVE = re.compile(r"\]\(\.\./([^)]+)\)")


def assemble(out: Path) -> None:
    """Copy or make every source of the site in the new folder `out`."""
    out.mkdir(parents=True)
    for page in sorted(DOCS.glob("*.md")):
        if page.name != "codebook.md":
            (out / page.name).write_text(moved(page.read_text(encoding="utf-8")), encoding="utf-8")
    for name, new in TOP.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        (out / new).write_text(moved(text), encoding="utf-8")
    for folder in ("figures", "own-data"):
        if (DOCS / folder).is_dir():
            shutil.copytree(DOCS / folder, out / folder)
    for name in FILES:
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, target)
    (out / "notebooks").mkdir()
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = notebook.read_text(encoding="utf-8").replace("](../docs/", "](../")
        (out / "notebooks" / notebook.name).write_text(text, encoding="utf-8")
    split_codebook(out)
    write_interface(out)


def moved(text: str) -> str:
    """Links to what lies above docs/, as they are where all pages lie at the top."""
    text = _ABOVE.sub(r"](\1)", text)
    for name, new in TOP.items():
        text = text.replace(f"]({name})", f"]({new})")
    return text


def split_codebook(out: Path) -> None:
    """The codebook as one page for each table."""
    text = (DOCS / "codebook.md").read_text(encoding="utf-8").replace("](rules.md", "](../rules.md")
    head, *chapters = re.split(r"^## ", text, flags=re.MULTILINE)
    folder = out / "codebook"
    folder.mkdir()
    rows = []
    for chapter in chapters:
        title, _, body = chapter.partition("\n")
        name = title.lower().replace(" ", "-")
        body = body.replace("\n### ", "\n## ")
        (folder / f"{name}.md").write_text(f"# {title}\n{body}", encoding="utf-8")
        first = body.strip().partition("\n")[0]
        rows.append((name, title, first if len(first) < 300 and "|" not in first else ""))
    lines = [head.replace("](../rules.md", "](rules.md").rstrip(), ""]
    lines += ["| page | holds |", "|---|---|"]
    lines += [f"| [{title}](codebook/{name}.md) | {first} |" for name, title, first in rows]
    lines += ["", "```{toctree}", ":hidden:", ""]
    lines += [f"codebook/{name}" for name, _, _ in rows]
    (out / "codebook.md").write_text("\n".join([*lines, "```", ""]), encoding="utf-8")
