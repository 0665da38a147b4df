"""The gallery page; figures are drawn from the shipped data by `analysis.gallery`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import analysis

HEAD = """# Gallery

Every figure is drawn from the shipped tables by the call below it and carries its own caption, N
and source. Each is legible in grey and to the colour-blind. `python -m analysis figures` writes
them all, as PNG, SVG and PDF.
"""


def draw(out: Path) -> None:
    """Draw every figure into the sources of the site and write the page that shows them."""
    index = analysis.gallery(out / "gallery", formats=("png", "svg"))
    for name in ("index.json", "index.csv"):
        (out / "gallery" / name).unlink()
    parts = [HEAD, *(entry(row) for _, row in index.iterrows())]
    (out / "gallery.md").write_text("\n".join(parts), encoding="utf-8")


def entry(row: pd.Series) -> str:
    """One figure: title, picture with its text for those who cannot see it, caption, call."""
    png, svg = (f"gallery/{row['name']}.{kind}" for kind in ("png", "svg"))
    return "\n".join(
        [
            f"## {row['title']}",
            "",
            f":::{{figure}} {png}",
            f":alt: {' '.join(row['alt'].split())}",
            ":width: 620px",
            "",
            f"As vectors: {{download}}`{row['name']}.svg <{svg}>`",
            ":::",
            "",
            "```python",
            row["call"],
            "```",
            "",
        ]
    )
