"""Title, caption and alternative text: what a figure says besides what it shows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.figures.house import SMALL
from coalitiondata.errors import InvalidDataError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARGIN = 0.08  # inches
_LINE = SMALL * 1.25 / 72  # inches
_HEAD = 0.26  # inches


@dataclass(frozen=True)
class Description:
    """What a figure carries with it.

    Attributes:
        title: printed at its head.
        alt: what is to be seen, in words, for those who cannot see it.
        caption: printed at its foot; ends with N and source.
        n: the number that the caption names, of coalitions, members, events or estimates.
        source: where the numbers come from.
    """

    title: str
    alt: str
    caption: str
    n: int
    source: str


def finish(
    figure: Figure,
    *,
    title: str,
    alt: str,
    caption: str,
    size: str,
    n: int,
    source: str,
    keys: Sequence[Any] = (),
) -> Figure:
    """Print the title at the head and the caption at the foot, and note what the figure says.

    The page grows by what they take, so that the panels keep their size. `size` is N in words;
    `keys` are the handles of a legend below the title.
    """
    text = " ".join(part for part in (caption.strip(), f"{size}.", source.strip()) if part)
    width, height = map(float, figure.get_size_inches())
    lines = textwrap.wrap(text, int((width - 2 * _MARGIN) * 72 / (SMALL * 0.545)))
    headlines = textwrap.wrap(title, int((width - 2 * _MARGIN) * 72 / (11 * 0.63)))
    foot = _LINE * len(lines) + 2 * _MARGIN
    columns = _columns([str(each.get_label()) for each in keys], width - 2 * _MARGIN)
    legend = _HEAD * 0.8 * -(-len(keys) // columns) + (0.06 if keys else 0.0)
    head = _HEAD * 0.8 * len(headlines) + _MARGIN + legend
    total = height + foot + head
    figure.set_size_inches(width, total)
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0.005, foot / total, 0.99, height / total))
    figure.text(
        _MARGIN / width, 1 - _MARGIN / total, "\n".join(headlines), fontsize=11, va="top",
        ha="left", fontweight="bold", gid="title",
    )  # fmt: skip
    figure.text(
        _MARGIN / width, _MARGIN / total, "\n".join(lines), fontsize=SMALL, ha="left", va="bottom",
        color="#333333", linespacing=1.2, gid="caption",
    )  # fmt: skip
    if keys:
        figure.legend(
            handles=list(keys), loc="upper left", ncols=columns, borderaxespad=0, borderpad=0,
            bbox_to_anchor=(_MARGIN / width, 1 - (head - legend) / total), columnspacing=1.3,
            handletextpad=0.5, labelspacing=0.35,
        ).set_in_layout(False)  # fmt: skip
    _settle(figure)
    said = Description(title, " ".join(alt.split()), text, n, source)
    figure._coalitiondata = said  # type: ignore[attr-defined]
    return figure


def _settle(figure: Figure) -> None:
    """Arrange the panels once and keep them there.

    The solver behind the arrangement differs in the last digits from run to run, which would make
    files differ whose figures are equal.
    """
    from matplotlib.transforms import Bbox

    figure.draw_without_rendering()
    places = [panel.get_position(original=True).bounds for panel in figure.axes]
    figure.set_layout_engine("none")
    for panel, place in zip(figure.axes, places, strict=True):
        panel.set_position(Bbox.from_bounds(*(round(each, 6) for each in place)))


def _columns(labels: list[str], width: float) -> int:
    """In how many columns a legend fits the page, by the usual width of a letter."""
    for columns in range(len(labels), 1, -1):
        rows = -(-len(labels) // columns)
        widest = [max(map(len, labels[k : k + rows])) for k in range(0, len(labels), rows)]
        if sum(0.55 + 0.082 * letters for letters in widest) <= width:
            return columns
    return 1


def description(figure: Figure) -> Description:
    """Title, alternative text, caption, N and source of a figure of this package.

    Raises:
        InvalidDataError: a figure that was drawn by something else.
    """
    found = getattr(figure, "_coalitiondata", None)
    if not isinstance(found, Description):
        raise InvalidDataError("this figure was not drawn by analysis.figures; it has no alt text")
    return found


def alt_text(figure: Figure) -> str:
    """What is to be seen in a figure of this package, in words.

    Raises:
        InvalidDataError: a figure that was drawn by something else.
    """
    return description(figure).alt
