"""Reference pages of the public functions, from their docstrings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import analysis
import coalitiondata
from coalitiondata import measures

CURRENT = "currentmodule"


def write_interface(out: Path) -> None:
    """One page each for the data package, the measures and the models."""
    folder = out / "reference"
    folder.mkdir()
    data = [name for name in coalitiondata.__all__ if callable(getattr(coalitiondata, name, None))]
    pages = {
        "data": (
            "Data: `coalitiondata`",
            "Loading, checking, citing and exporting; frames for survival analysis.",
            "coalitiondata",
            data,
        ),
        "measures": (
            "Measures: `coalitiondata.measures`",
            "Power and interests, for one coalition, for pairs, and for whole tables.",
            "coalitiondata.measures",
            measures.__all__,
        ),
        "models": (
            "Models: `analysis`",
            "Every fit has the same face: `table`, `n`, `events`, `loglik`, `converged`. The "
            "package `analysis` comes with the repository, not with the wheel.",
            "analysis",
            analysis.__all__,
        ),
    }
    for name, (title, words, module, names) in pages.items():
        (folder / f"{name}.md").write_text(page(title, words, module, names), encoding="utf-8")
    index = ["# Reference", ""]
    index += [f"- [{title}]({name}.md): {words}" for name, (title, words, *_) in pages.items()]
    index += ["", "```{toctree}", ":hidden:", "", *pages, "```", ""]
    (folder / "index.md").write_text("\n".join(index), encoding="utf-8")


def page(title: str, words: str, module: str, names: Iterable[str]) -> str:
    """A table of all names with their first lines, then each in full."""
    ordered = sorted(names, key=str.lower)
    lines = [f"# {title}", "", words, "", "```{eval-rst}", f".. {CURRENT}:: {module}", ""]
    lines += [".. autosummary::", "", *(f"   {name}" for name in ordered), ""]
    for name in ordered:
        kind = "autoclass" if isinstance(_named(module, name), type) else "autofunction"
        lines += [f".. {kind}:: {name}"]
        lines += ["   :members:", ""] if kind == "autoclass" else [""]
    return "\n".join([*lines, "```", ""])


def _named(module: str, name: str) -> object:
    homes = {"analysis": analysis, "coalitiondata": coalitiondata}
    return getattr(homes.get(module, measures), name)
