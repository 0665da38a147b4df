"""Which specifications a run fits, and in which batches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.multiverses import audit, designs
from analysis.multiverses.choices import Specification, grid, identity
from analysis.multiverses.frames import Frame, FrameChoice, Tables, frame, frame_choice, scale

SEED = 19_990_523
BATCH = 256
# The code between a frame and a row of results. Frames themselves are told by what they hold.
FITTED_BY = (
    "models/efron.py",
    "models/newton.py",
    "multiverses/audit.py",
    "multiverses/choices.py",
    "multiverses/chunks.py",
    "multiverses/evaluate.py",
    "multiverses/fitting.py",
    "multiverses/frames.py",
    "multiverses/kernel.py",
    "multiverses/terms.py",
    "study/organisations.py",
    "study/plan.py",
    "study/verdicts.py",
)


@dataclass(frozen=True, eq=False)
class Batch:
    """Specifications on one frame that are fitted in one go, and which of them are refitted."""

    number: int
    specifications: tuple[Specification, ...]
    audited: frozenset[str]
    frame: Frame

    @property
    def size(self) -> int:
        """Specifications in it."""
        return len(self.specifications)

    @property
    def ids(self) -> list[str]:
        """The specifications' names."""
        return [identity(each) for each in self.specifications]


@dataclass(frozen=True, eq=False)
class Listing:
    """What a run consists of.

    Attributes:
        batches: in the order of the grid.
        duplicates: id, same_as (the id of the same design) and the choices of each specification
            that was left out because it is another one under a second name.
        grid_size: combinations of each family before duplicates and the limit.
        digest: of the list, the data of every design and the code that fits them.
    """

    batches: list[Batch]
    duplicates: pd.DataFrame
    grid_size: dict[str, int]
    digest: str

    @property
    def total(self) -> int:
        """Specifications to be fitted."""
        return sum(len(batch.specifications) for batch in self.batches)


def listing(families: Sequence[str], tables: Tables, limit: int | None = None) -> Listing:
    """The distinct specifications of these families.

    With `limit` no more than that many in all, shared out evenly: the plan's own and a random draw
    from the family's grid, always the same.
    """
    grids = {name: grid(name) for name in families}
    chosen: dict[str, list[Specification]] = {}
    keys: list[str] = []
    duplicates: list[dict[str, str]] = []
    frames: dict[FrameChoice, Frame] = {}
    left = limit
    # The smallest first, so that what it cannot use goes to the others.
    for done, name in enumerate(sorted(grids, key=lambda name: len(grids[name]))):
        share = None if left is None else left // (len(grids) - done)
        found = _distinct(grids[name], share, _frames_of(name, tables, frames))
        chosen[name] = found.specifications
        keys += found.keys
        duplicates += found.duplicates
        if left is not None:
            left -= len(found.specifications)
    listed = [each for name in families for each in chosen[name]]
    audited = audit.drawn(listed, lambda each: frames[frame_choice(each)])
    columns = ["id", "same_as", *Specification._fields]
    return Listing(
        batches=list(_batches(listed, audited, frames)),
        duplicates=pd.DataFrame(duplicates, columns=columns),
        grid_size={name: len(each) for name, each in grids.items()},
        digest=_digest([*map(identity, listed), *sorted(audited), *keys]),
    )


@dataclass(frozen=True, eq=False)
class _Distinct:
    specifications: list[Specification]
    keys: list[str]
    duplicates: list[dict[str, str]]


def _frames_of(
    family: str, tables: Tables, made: dict[FrameChoice, Frame]
) -> Callable[[FrameChoice], Frame]:
    """A function that makes each frame of the family when it is first asked for."""
    by = scale(family, tables)

    def lookup(choice: FrameChoice) -> Frame:
        if choice not in made:
            made[choice] = frame(choice, tables, by)
        return made[choice]

    return lookup


def _distinct(
    specifications: list[Specification],
    share: int | None,
    frame_of: Callable[[FrameChoice], Frame],
) -> _Distinct:
    order = np.arange(len(specifications))
    if share is not None:
        order[1:] = np.random.default_rng(SEED).permutation(order[1:])  # the plan's own stays first
    first: dict[str, int] = {}
    duplicates = []
    memory: designs.Memory = {}
    for k in order:
        if share is not None and len(first) >= share:
            break
        each = specifications[k]
        key = designs.design_key(each, frame_of(frame_choice(each)), memory)
        if key in first:
            same = identity(specifications[first[key]])
            duplicates.append({"id": identity(each), "same_as": same, **each._asdict()})
        else:
            first[key] = int(k)
    kept = sorted(first.values())
    return _Distinct([specifications[k] for k in kept], list(first), duplicates)


def _batches(
    listed: Iterable[Specification],
    audited: frozenset[str],
    frames: dict[FrameChoice, Frame],
) -> Iterable[Batch]:
    number = 0
    for choice, group in groupby(listed, key=frame_choice):
        together = tuple(group)
        for begin in range(0, len(together), BATCH):
            part = together[begin : begin + BATCH]
            yield Batch(number, part, audited & set(map(identity, part)), frames[choice])
            number += 1


def _digest(parts: Iterable[str]) -> str:
    """Of the parts and of the code between a frame and a row of results."""
    digest = hashlib.sha256("|".join(parts).encode())
    for name in FITTED_BY:
        digest.update((Path(__file__).parents[1] / name).read_bytes())
    return digest.hexdigest()
