"""Fitting batches one after the other, on the cores of this machine, or on a dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Literal, TypeVar, get_args

import pandas as pd

from analysis.multiverses import chunks
from analysis.multiverses.audit import audit
from analysis.multiverses.choices import identity
from analysis.multiverses.evaluate import evaluate, fitter
from analysis.multiverses.listing import Batch
from coalitiondata.errors import InvalidDataError, MissingExtraError, UnknownNameError

Backend = Literal["loky", "dask", "sequential"]
Item = TypeVar("Item")
Done = Iterator[tuple[int, pd.DataFrame]]


def compute(batch: Batch) -> pd.DataFrame:
    """The rows of a batch, those drawn for it refitted; raises MismatchError if one disagrees."""
    fitted, rows = fitter(batch.frame), []
    for each in batch.specifications:
        row = evaluate(each, batch.frame, fitted)
        off = audit(each, batch.frame, fitted) if identity(each) in batch.audited else None
        row["refitted"] = off is not None
        if off is not None:
            row |= {"refit_coefficient": off.coefficient, "refit_error": off.error}
        rows.append(row)
    return chunks.typed(rows)


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


def run(batches: Sequence[Batch], backend: Backend, workers: int, address: str | None) -> Done:
    """Number and rows of each batch as it is finished, in no certain order.

    An error in a worker ends the run and is raised here.
    """
    if backend == "loky":
        return _loky(batches, workers)
    if backend == "dask":
        return _dask(batches, workers, address)
    return ((batch.number, compute(batch)) for batch in batches)


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


def _numbered(batch: Batch) -> tuple[int, pd.DataFrame]:
    return batch.number, compute(batch)


def _loky(batches: Sequence[Batch], workers: int) -> Done:
    from joblib import Parallel, delayed  # type: ignore[import-untyped, unused-ignore]

    pool = Parallel(
        n_jobs=workers, backend="loky", batch_size=1, return_as="generator_unordered",
    )  # fmt: skip
    done: Done = pool(delayed(_numbered)(batch) for batch in batches)
    return done


def _dask(batches: Sequence[Batch], workers: int, address: str | None) -> Done:
    from distributed import (  # type: ignore[import-not-found, unused-ignore]
        Client,
        LocalCluster,
        as_completed,
    )

    waiting = iter(batches)
    if address is None:
        cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        client = Client(cluster)
    else:
        cluster, client = None, Client(address)
    try:
        ahead = 2 * max(1, len(client.scheduler_info()["workers"]))
        first = [client.submit(_numbered, b, pure=False) for b in islice(waiting, ahead)]
        running = as_completed(first)
        for future in running:
            yield future.result()
            if (batch := next(waiting, None)) is not None:
                running.add(client.submit(_numbered, batch, pure=False))
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
