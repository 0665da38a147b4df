"""One call for the whole multiverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from analysis.multiverses import backends, bootstrap, chunks, permutation, summary
from analysis.multiverses.choices import FAMILIES
from analysis.multiverses.fitting import compute
from analysis.multiverses.listing import Batch
from analysis.multiverses.preparation import DEFAULT_LIMIT, prepared
from analysis.multiverses.replicates import SEED
from analysis.multiverses.resumption import carried_out


@dataclass(frozen=True, eq=False)
class Multiverse:
    """What a run found.

    Attributes:
        folder: where everything was written.
        specifications: one row per distinct specification, see `evaluate`.
        summary: one row per family and hypothesis, see `summary.summary`.
        counts: one row per family and fate: estimated, not estimated and why, duplicate.
        permutation: the test of the whole curve, see `permutation_test`; None if not asked for.
        bootstrap: the intervals, see `cluster_bootstrap`; None if not asked for.
        resumed: specifications taken from an earlier run that had been broken off, or finished.
        notes: what the caller should know, in words.
    """

    folder: Path
    specifications: pd.DataFrame
    summary: pd.DataFrame
    counts: pd.DataFrame
    permutation: pd.DataFrame | None
    bootstrap: pd.DataFrame | None
    resumed: int
    notes: tuple[str, ...]


def multiverse(
    out: Path | str = "results/multiverse",
    *,
    families: Sequence[str] = FAMILIES,
    limit: int | None = DEFAULT_LIMIT,
    permutations: int = 0,
    bootstraps: int = 0,
    seed: int = SEED,
    workers: int | None = None,
    backend: str | None = None,
    address: str | None = None,
    quiet: bool = True,
    figures: bool = True,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> Multiverse:
    """Fit the duration study under every defensible combination of its choices.

    Args:
        out: folder of the results. One run at a time may use it.
        families: "governing", "wartime", "ngo"; each is treated by itself, nothing is pooled.
        limit: at most that many specifications in all, shared out evenly: the plan's own and a
            random draw, always the same. None fits the whole grid, over a hundred thousand.
        permutations: how often measures are shuffled for the test of the whole curve, see
            `permutation_test`; 0 for no test. Each refits every specification: it takes minutes.
        bootstraps: how often clusters are drawn anew for intervals, see `cluster_bootstrap`; 0 for
            none.
        seed: of permutations and bootstraps.
        workers: processes; by default as many as there are cores for this process.
        backend: "loky" (joblib), "dask" (distributed) or "sequential"; by default dask if there is
            an address, else loky where joblib is installed, else sequential.
        address: of a running dask scheduler, whose workers have this package.
        quiet: show no progress.
        figures: draw the curves; a few seconds each.
        tables: the tables to use instead of the shipped ones.

    Writes `specifications.parquet` (CSV without pyarrow), `summary.csv`, `choices.csv` (the same
    by level of each choice), `counts.csv` (what could not be estimated and why), `duplicates.csv`
    and a specification curve for each hypothesis and family in `figures/`; where asked for,
    `permutation.csv` and `bootstrap.csv` with their distributions. Estimates do not depend
    on the backend, nor on whether the run was broken off in between: finished batches stay in
    `chunks/`, under a digest of the list, the data and the code, and are used again as long as
    these are the same. One specification in a hundred, at least twenty, are fitted again by
    lifelines and `analysis.cox`.

    Raises:
        MismatchError: a refit disagrees with the fast fit.
        UnknownNameError: an unknown family or backend.
        InvalidDataError: a limit below the number of families, workers below one, negative numbers
            of permutations or bootstraps or a single bootstrap, a negative seed.
        TargetExistsError: `out` is a file, or a folder with other things.
        MissingExtraError: a library is not installed.

    Source: Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4: 1208-1214 (curves);
    Steegen, Tuerlinckx, Gelman and Vanpaemel (2016), Perspectives on Psychological Science 11:
    702-712.
    """
    if permutations:
        permutation.check(permutations, permutation.WITHIN, seed)
    if bootstraps:
        bootstrap.check(bootstraps, seed)
    ready = prepared(out, families, limit, workers, backend, address, quiet, tables)
    from analysis.multiverses.figures import curves, save

    folder, plan = ready.folder, ready.plan

    def finished(path: Path, batch: Batch) -> pd.DataFrame | None:
        return chunks.finished(path, batch.ids)

    done, resumed = carried_out(
        plan.batches,
        compute,
        finished,
        chunks.folder_of(folder, plan.digest),
        ready.workers,
        unit="specifications",
        quiet=quiet,
    )
    specifications = pd.concat(done, ignore_index=True)
    found = summary.summary(specifications)
    counts = summary.counts(specifications, plan)
    chunks.write(specifications, folder / f"specifications.{chunks.suffix()}")
    chunks.write(found, folder / "summary.csv")
    chunks.write(summary.by_choice(specifications), folder / "choices.csv")
    chunks.write(counts, folder / "counts.csv")
    chunks.write(plan.duplicates, folder / "duplicates.csv")
    if figures:
        drawing = partial(save, folder=folder / "figures")
        way, count, _ = ready.workers
        backends.side_by_side(drawing, curves(specifications), way, count)
    tested = drawn = None
    if permutations:
        tested = permutation.permuted_curve(ready, permutations, permutation.WITHIN, seed).table
    if bootstraps:
        drawn = bootstrap.bootstrapped_curve(ready, bootstraps, seed).table
    return Multiverse(
        folder=folder,
        specifications=specifications,
        summary=found,
        counts=counts,
        permutation=tested,
        bootstrap=drawn,
        resumed=resumed,
        notes=_notes(backend, ready.workers.backend),
    )


def _notes(asked: str | None, way: str) -> tuple[str, ...]:
    notes = []
    if chunks.suffix() == "csv":
        notes.append("pyarrow is not installed: specifications are written as CSV")
    if asked is None and way == "sequential" and find_spec("joblib") is None:
        notes.append(
            "joblib is not installed: one core was used. pip install 'coalitiondata[multiverse]'"
        )
    return tuple(notes)
