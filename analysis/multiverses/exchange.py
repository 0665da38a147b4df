"""Which coalitions may change places, and the draws of chance that tests and intervals rest on.

See docs/analysis-plan.md, "Under other choices", for what is shuffled among whom, and why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from analysis.models.frame import Floats, Ints
from analysis.multiverses.choices import FAMILIES
from analysis.multiverses.frames import Bools, Frame, FrameChoice, Names

Kind = Literal["family", "clusters", "bootstrap"]
# Below this share of coalitions that could change places, shuffling within clusters says little.
ENOUGH = 0.5
_OUTSIDE = "not in this frame"


@dataclass(frozen=True, eq=False)
class Units:
    """The coalitions of a family; N of them.

    Attributes:
        family: its id.
        coalition: ids, ordered, N.
        cluster: number of each one's cluster, N.
        alike: coalitions with the same number may change places, N.
    """

    family: str
    coalition: Names
    cluster: Ints
    alike: Ints

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return int(self.cluster.max()) + 1

    def cells(self, kind: Kind) -> Ints:
        """Who changes places with whom in this kind of shuffle, N."""
        if kind != "clusters":
            return self.alike
        both = self.alike * self.clusters + self.cluster
        return np.asarray(np.unique(both, return_inverse=True)[1])

    def moved(self, kind: Kind) -> float:
        """Share of coalitions that have another one to change places with."""
        cells = self.cells(kind)
        return float((np.bincount(cells)[cells] > 1).mean())

    def numbers(self, frame: Frame) -> Ints:
        """Number of the coalition of each row of a frame of the family, n."""
        return np.asarray(np.searchsorted(self.coalition, frame.coalition))

    @property
    def digest(self) -> str:
        """Of who is in which cluster and cell."""
        parts = (*self.coalition, *map(str, self.cluster), *map(str, self.alike))
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


def units(family: str, frames: Mapping[FrameChoice, Frame]) -> Units:
    """The coalitions in these frames of a family.

    Alike are those that are in the same frames, there have the same period, form and precision of
    dates, and have the same measures and controls known. Frames on intervals, which have several
    rows for a coalition, add coalitions but no differences.
    """
    mine = {choice: each for choice, each in frames.items() if choice.family == family}
    place = {
        coalition: where
        for each in mine.values()
        for coalition, where in zip(each.coalition, each.place, strict=True)
    }
    coalition = np.array(sorted(place), dtype=object)
    where = np.unique([str(place[each]) for each in coalition], return_inverse=True)[1]
    about: list[list[str]] = [[] for _ in coalition]
    for choice, each in mine.items():
        if choice.unit != "intervals":
            said = dict(zip(each.coalition, _known(each), strict=True))
            for k, name in enumerate(coalition):
                about[k].append(said.get(name, _OUTSIDE))
    alike = np.unique(["|".join(parts) for parts in about], return_inverse=True)[1]
    return Units(family, coalition, where.astype(np.int64), alike.astype(np.int64))


def _known(frame: Frame) -> list[str]:
    filters: list[Bools] = [frame.recent, frame.caretaker, frame.coalition_form, frame.dated]
    known = [~np.isnan(values) for values in frame.columns.values()]
    flags = np.column_stack([*filters, frame.planned, *known])
    return ["".join("01"[flag] for flag in row) for row in flags.astype(int)]


def generator(seed: int, kind: Kind, family: str, replicate: int) -> np.random.Generator:
    """The chance of one replicate: the same whoever draws it, and in whatever order.

    The child that repeated `SeedSequence.spawn` would give for kind, family and replicate.
    """
    key = (get_args(Kind).index(kind), FAMILIES.index(family), replicate)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def donors(units: Units, kind: Kind, seed: int, replicates: Sequence[int]) -> Ints:
    """Whose measures each coalition gets, replicates x N; its own in replicate 0."""
    cells = units.cells(kind)
    everyone = np.arange(len(cells))
    by_cell = np.lexsort((everyone, cells))
    drawn = np.empty((len(replicates), len(cells)), dtype=np.int64)
    for k, replicate in enumerate(replicates):
        if replicate == 0:
            drawn[k] = everyone
            continue
        chance: Floats = generator(seed, kind, units.family, replicate).random(len(cells))
        drawn[k, by_cell] = np.lexsort((chance, cells))
    return drawn


def cluster_draws(units: Units, seed: int, replicates: Sequence[int]) -> Ints:
    """How often each cluster is drawn, replicates x clusters; once each in replicate 0."""
    count = units.clusters
    drawn = np.ones((len(replicates), count), dtype=np.int64)
    for k, replicate in enumerate(replicates):
        if replicate:
            chance = generator(seed, "bootstrap", units.family, replicate)
            drawn[k] = np.bincount(chance.integers(0, count, count), minlength=count)
    return drawn
