"""Replicates of the curve as jobs, and their results as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.models.frame import Floats
from analysis.multiverses import chunks
from analysis.multiverses.choices import Specification
from analysis.multiverses.exchange import Kind, Units, units
from analysis.multiverses.frames import frame_choice
from analysis.multiverses.listing import Batch
from analysis.multiverses.preparation import Prepared
from analysis.multiverses.resampling import KEYS, Job
from analysis.multiverses.resumption import carried_out

SEED = 2020
BLOCK = 100  # replicates of a job
FITTED_BY = ("batched.py", "exchange.py", "replicates.py", "resampling.py")


@dataclass(frozen=True, eq=False)
class Replicates:
    """The specifications of a family in all replicates of one kind; S of them, R + 1 replicates.

    Attributes:
        units, kind: who and how.
        specifications: S.
        estimates: by column, S x (R + 1); column 0 is what was observed.
    """

    units: Units
    kind: Kind
    specifications: tuple[Specification, ...]
    estimates: dict[str, Floats]


def replicates(
    prepared: Prepared,
    kinds_of: Callable[[Units], Sequence[Kind]],
    work: Callable[[Job], pd.DataFrame],
    columns: Sequence[str],
    count: int,
    seed: int,
    *,
    intervals: bool,
) -> tuple[list[Replicates], int]:
    """Refit every specification in replicates 1 .. `count`, and in 0, which is the observed one.

    Args:
        prepared: the specifications, and where and by whom.
        kinds_of: the kinds of replicates that coalitions of a family allow.
        work: refits those of a job.
        columns: what it gives beside the keys.
        count: R.
        seed: of all chance.
        intervals: whether specifications with several rows for a coalition have a part.

    Returns:
        Values by family and kind, and how many fits were taken from an earlier run.
    """
    batches = [
        batch
        for batch in prepared.plan.batches
        if intervals or frame_choice(batch.specifications[0]).unit != "intervals"
    ]
    frames = {frame_choice(batch.specifications[0]): batch.frame for batch in batches}
    about = {name: units(name, frames) for name in dict.fromkeys(c.family for c in frames)}
    parts = [(each, kind) for each in about.values() for kind in kinds_of(each)]
    listed = [each for batch in batches for each in batch.specifications]
    jobs = list(_jobs(batches, parts, count, seed))
    digest = _digest(prepared.plan.digest, parts, seed, count)
    wanted = [*KEYS, *columns]

    def finished(path: Path, job: Job) -> pd.DataFrame | None:
        return chunks.finished_numbers(path, wanted, job.size)

    tables, resumed = carried_out(
        jobs,
        work,
        finished,
        chunks.folder_of(prepared.folder, digest),
        prepared.workers,
        unit="fits",
        quiet=prepared.quiet,
    )
    found = []
    for each, kind in parts:
        mine = [
            table
            for job, table in zip(jobs, tables, strict=True)
            if (job.units.family, job.kind) == (each.family, kind)
        ]
        specifications = tuple(s for s in listed if s.family == each.family)
        whole = pd.concat(mine).sort_values(list(KEYS), kind="stable")
        shape = (len(specifications), count + 1)
        values = {c: whole[c].to_numpy(dtype=float).reshape(shape) for c in columns}
        found.append(Replicates(each, kind, specifications, values))
    return found, resumed


def _jobs(
    batches: Sequence[Batch], parts: Sequence[tuple[Units, Kind]], count: int, seed: int
) -> Iterator[Job]:
    begin = np.cumsum([0, *(batch.size for batch in batches)])
    number = 0
    for each, kind in parts:
        for batch, first in zip(batches, begin, strict=False):
            if batch.specifications[0].family != each.family:
                continue
            for block in range(0, count + 1, BLOCK):
                yield Job(
                    number=number,
                    numbers=tuple(range(int(first), int(first) + batch.size)),
                    specifications=batch.specifications,
                    frame=batch.frame,
                    units=each,
                    kind=kind,
                    seed=seed,
                    replicates=tuple(range(block, min(block + BLOCK, count + 1))),
                )
                number += 1


def _digest(plan: str, parts: Sequence[tuple[Units, Kind]], seed: int, count: int) -> str:
    said = [plan, str(seed), str(count)]
    said += [f"{each.family} {kind} {each.digest}" for each, kind in parts]
    digest = hashlib.sha256("|".join(said).encode())
    for name in FITTED_BY:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()
