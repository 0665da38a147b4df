"""One call for the whole multiverse."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from analysis.multiverses import backends, chunks, summary
from analysis.multiverses.choices import FAMILIES
from analysis.multiverses.listing import listing
from coalitiondata.errors import InvalidDataError, MissingExtraError, UnknownNameError

# As many as two cores fit within a minute; all of the smaller families are among them.
DEFAULT_LIMIT = 4000
NEEDED = ("lifelines", "scipy", "formulaic", "matplotlib", "seaborn", "tqdm")


@dataclass(frozen=True, eq=False)
class Multiverse:
    """What a run found.

    Attributes:
        folder: where everything was written.
        specifications: one row per distinct specification, see `evaluate`.
        summary: one row per family and hypothesis, see `summary.summary`.
        counts: one row per family and fate: estimated, not estimated and why, duplicate.
        resumed: specifications taken from an earlier run that had been broken off, or finished.
        notes: what the caller should know, in words.
    """

    folder: Path
    specifications: pd.DataFrame
    summary: pd.DataFrame
    counts: pd.DataFrame
    resumed: int
    notes: tuple[str, ...]


def multiverse(
    out: Path | str = "results/multiverse",
    *,
    families: Sequence[str] = FAMILIES,
    limit: int | None = DEFAULT_LIMIT,
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
        workers: processes; by default as many as there are cores for this process.
        backend: "loky" (joblib), "dask" (distributed) or "sequential"; by default dask if there is
            an address, else loky where joblib is installed, else sequential.
        address: of a running dask scheduler, whose workers have this package.
        quiet: show no progress.
        figures: draw the curves; a few seconds each.
        tables: the tables to use instead of the shipped ones.

    Writes `specifications.parquet` (CSV without pyarrow), `summary.csv`, `choices.csv` (the same
    by level of each choice), `counts.csv` (what could not be estimated and why), `duplicates.csv`
    and a specification curve for each hypothesis and family in `figures/`. Estimates do not depend
    on the backend, nor on whether the run was broken off in between: finished batches stay in
    `chunks/`, under a digest of the list, the data and the code, and are used again as long as
    these are the same. One specification in a hundred, at least twenty, are fitted again by
    lifelines and `analysis.cox`.

    Raises:
        MismatchError: a refit disagrees with the fast fit.
        UnknownNameError: an unknown family or backend.
        InvalidDataError: a limit below the number of families, workers below one.
        TargetExistsError: `out` is a file, or a folder with other things.
        MissingExtraError: a library is not installed.

    Source: Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4: 1208-1214 (curves);
    Steegen, Tuerlinckx, Gelman and Vanpaemel (2016), Perspectives on Psychological Science 11:
    702-712.
    """
    _require_libraries()
    chosen = _checked(families, limit)
    way, count = backends.resolve(backend, workers, address)
    from tqdm import tqdm

    from analysis.multiverses.figures import curves, save
    from analysis.study.samples import load_tables

    folder = chunks.writable(Path(out))
    plan = listing(chosen, load_tables() if tables is None else tables, limit)
    kept = chunks.folder_of(folder, plan.digest)
    done = {
        batch.number: found
        for batch in plan.batches
        if (found := chunks.finished(kept, batch.number, batch.ids)) is not None
    }
    resumed = sum(map(len, done.values()))
    waiting = [batch for batch in plan.batches if batch.number not in done]
    with tqdm(
        total=plan.total, initial=resumed, disable=quiet, file=sys.stderr, unit=" specifications"
    ) as bar:
        for number, rows in backends.run(waiting, way, count, address):
            chunks.write(rows, kept / chunks.name_of(number))
            done[number] = rows
            bar.update(len(rows))
    specifications = pd.concat([done[batch.number] for batch in plan.batches], ignore_index=True)
    found = summary.summary(specifications)
    counts = summary.counts(specifications, plan)
    chunks.write(specifications, folder / f"specifications.{chunks.suffix()}")
    chunks.write(found, folder / "summary.csv")
    chunks.write(summary.by_choice(specifications), folder / "choices.csv")
    chunks.write(counts, folder / "counts.csv")
    chunks.write(plan.duplicates, folder / "duplicates.csv")
    if figures:
        drawing = partial(save, folder=folder / "figures")
        backends.side_by_side(drawing, curves(specifications), way, count)
    return Multiverse(folder, specifications, found, counts, resumed, _notes(backend, way))


def _checked(families: Sequence[str], limit: int | None) -> tuple[str, ...]:
    chosen = (families,) if isinstance(families, str) else tuple(dict.fromkeys(families))
    for name in chosen:
        if name not in FAMILIES:
            raise UnknownNameError(
                f"the multiverse has no family {name!r}; it covers {', '.join(FAMILIES)}"
            )
    if not chosen:
        raise InvalidDataError(f"no family is named; choose some of {', '.join(FAMILIES)}")
    if limit is not None and limit < len(chosen):
        raise InvalidDataError(
            f"limit is {limit}; it must be at least {len(chosen)}, one for each family"
        )
    return chosen


def _notes(asked: str | None, way: str) -> tuple[str, ...]:
    notes = []
    if chunks.suffix() == "csv":
        notes.append("pyarrow is not installed: specifications are written as CSV")
    if asked is None and way == "sequential" and find_spec("joblib") is None:
        notes.append(
            "joblib is not installed: one core was used. pip install 'coalitiondata[multiverse]'"
        )
    return tuple(notes)


def _require_libraries() -> None:
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise MissingExtraError(
            f"the multiverse needs {', '.join(missing)}: pip install 'coalitiondata[analysis]'"
        )
