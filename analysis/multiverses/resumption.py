"""Jobs whose results stay on disk, so that a run that was broken off goes on where it was."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import pandas as pd

from analysis.multiverses import backends, chunks

J = TypeVar("J", bound=backends.Job)


class Workers(NamedTuple):
    """Who does the work; see `backends.resolve`."""

    backend: backends.Backend
    processes: int
    address: str | None


def carried_out(
    jobs: Sequence[J],
    work: Callable[[J], pd.DataFrame],
    finished: Callable[[Path, J], pd.DataFrame | None],
    folder: Path,
    workers: Workers,
    *,
    unit: str,
    quiet: bool,
) -> tuple[list[pd.DataFrame], int]:
    """Results of all jobs in their order, and how many of their rows an earlier run had made.

    Args:
        jobs: what is to be done.
        work: does it; runs in other processes.
        finished: reads the result of a job from its file; None if it is not whole.
        folder: where results are kept, one file per job.
        workers: who does it.
        unit: what a row of results is called while progress is shown.
        quiet: show no progress.
    """
    from tqdm import tqdm

    done: dict[int, pd.DataFrame] = {}
    for job in jobs:
        if (found := finished(folder / chunks.name_of(job.number), job)) is not None:
            done[job.number] = found
    resumed = sum(map(len, done.values()))
    waiting = [job for job in jobs if job.number not in done]
    total = sum(job.size for job in jobs)
    with tqdm(total=total, initial=resumed, disable=quiet, file=sys.stderr, unit=f" {unit}") as bar:
        for number, rows in backends.run(waiting, work, *workers):
            chunks.write(rows, folder / chunks.name_of(number))
            done[number] = rows
            bar.update(len(rows))
    return [done[job.number] for job in jobs], resumed
