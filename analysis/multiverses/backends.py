"""Doing jobs one after the other, on the cores of this machine, or on a dask cluster."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any, Literal, Protocol, TypeVar, get_args

import pandas as pd

from coalitiondata.errors import InvalidDataError, MissingExtraError, UnknownNameError

Backend = Literal["loky", "dask", "sequential"]
Item = TypeVar("Item")
Done = Iterator[tuple[int, pd.DataFrame]]


class Job(Protocol):
    """Something to be done in one go."""

    @property
    def number(self) -> int:
        """Its own."""

    @property
    def size(self) -> int:
        """Rows of its result."""


J = TypeVar("J", bound=Job)
Work = Callable[[J], pd.DataFrame]


def resolve(backend: str | None, workers: int | None, address: str | None) -> tuple[Backend, int]:
    """The backend and the number of workers that a call asks for.

    Without a backend: dask if there is an address, else loky if there is joblib and more than one
    worker, else one batch after the other.

    Raises:
        UnknownNameError: a backend that does not exist.
        InvalidDataError: fewer than one worker, or an address for another backend than dask.
        MissingExtraError: the backend's library is not installed.
    """
    if backend is not None and backend not in get_args(Backend):
        known = ", ".join(get_args(Backend))
        raise UnknownNameError(f"there is no backend {backend!r}; choose one of {known}")
    if workers is not None and workers < 1:
        raise InvalidDataError(f"workers is {workers}; it must be 1 or more")
    if address is not None and backend not in (None, "dask"):
        raise InvalidDataError(f"an address is for the backend 'dask', not for {backend!r}")
    count = _cores() if workers is None else workers
    if backend == "dask" or address is not None:
        _require("distributed", "dask")
        return "dask", count
    if backend == "loky":
        _require("joblib", "loky")
        return "loky", count
    parallel = backend is None and count > 1 and find_spec("joblib") is not None
    return ("loky", count) if parallel else ("sequential", 1)


def run(
    jobs: Sequence[J], work: Work[J], backend: Backend, workers: int, address: str | None
) -> Done:
    """Number and rows of each job as it is finished, in no certain order.

    An error in a worker ends the run and is raised here.
    """
    if backend == "loky":
        return _loky(jobs, work, workers)
    if backend == "dask":
        return _dask(jobs, work, workers, address)
    return (_numbered(work, job) for job in jobs)


def side_by_side(
    job: Callable[[Item], None], items: Sequence[Item], backend: Backend, workers: int
) -> None:
    """Do a job for each item; on this machine, whatever the backend."""
    if backend == "loky":
        from joblib import Parallel, delayed  # type: ignore[import-untyped, unused-ignore]

        Parallel(n_jobs=workers, backend="loky", batch_size=1)(delayed(job)(i) for i in items)
        return
    for item in items:
        job(item)


def _numbered(work: Work[J], job: J) -> tuple[int, pd.DataFrame]:
    return job.number, work(job)


def _loky(jobs: Sequence[J], work: Work[J], workers: int) -> Done:
    from joblib import Parallel, delayed  # type: ignore[import-untyped, unused-ignore]

    pool = Parallel(
        n_jobs=workers, backend="loky", batch_size=1, return_as="generator_unordered",
    )  # fmt: skip
    done: Done = pool(delayed(_numbered)(work, job) for job in jobs)
    return done


def _dask(jobs: Sequence[J], work: Work[J], workers: int, address: str | None) -> Done:
    distributed: Any = importlib.import_module("distributed")  # typed in part, if it is there
    waiting = iter(jobs)
    if address is None:
        cluster = distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None
        )
        client = distributed.Client(cluster)
    else:
        cluster, client = None, distributed.Client(address)
    try:
        ahead = 2 * max(1, len(client.scheduler_info()["workers"]))
        first = [client.submit(_numbered, work, j, pure=False) for j in islice(waiting, ahead)]
        running = distributed.as_completed(first)
        for future in running:
            yield future.result()
            if (job := next(waiting, None)) is not None:
                running.add(client.submit(_numbered, work, job, pure=False))
    finally:
        client.close()
        if cluster is not None:
            cluster.close()


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _require(library: str, backend: str) -> None:
    if find_spec(library) is None:
        raise MissingExtraError(
            f"the backend {backend!r} needs {library}: pip install 'coalitiondata[multiverse]'"
        )
