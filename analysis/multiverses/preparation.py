"""What every run over the specifications needs before it begins, and checks of what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from analysis.multiverses import backends, chunks
from analysis.multiverses.choices import FAMILIES
from analysis.multiverses.listing import Listing, listing
from analysis.multiverses.resumption import Workers
from coalitiondata.errors import InvalidDataError, MissingExtraError, UnknownNameError

# As many as two cores fit within a minute; all of the smaller families are among them.
DEFAULT_LIMIT = 4000
NEEDED = ("lifelines", "scipy", "formulaic", "matplotlib", "seaborn", "tqdm")


@dataclass(frozen=True, eq=False)
class Prepared:
    """Where results go, what is fitted, and who does it."""

    folder: Path
    plan: Listing
    workers: Workers
    quiet: bool


def prepared(
    out: Path | str,
    families: Sequence[str],
    limit: int | None,
    workers: int | None,
    backend: str | None,
    address: str | None,
    quiet: bool,
    tables: Mapping[str, pd.DataFrame] | None,
) -> Prepared:
    """Check what was asked, make the folder, and list the specifications.

    Raises UnknownNameError, InvalidDataError, TargetExistsError and MissingExtraError as the
    functions say that call it.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise MissingExtraError(
            f"the multiverse needs {', '.join(missing)}: pip install 'coalitiondata[analysis]'"
        )
    chosen = _checked(families, limit)
    way, count = backends.resolve(backend, workers, address)
    from analysis.study.samples import load_tables

    folder = chunks.writable(Path(out))
    plan = listing(chosen, load_tables() if tables is None else tables, limit)
    return Prepared(folder, plan, Workers(way, count, address), quiet)


def require_replicates(name: str, count: int, least: int) -> None:
    """Raise InvalidDataError unless there are enough replicates."""
    if count < least:
        raise InvalidDataError(f"{name} is {count}; it must be {least} or more")


def require_seed(seed: int) -> None:
    """Raise InvalidDataError for a seed that is below zero."""
    if seed < 0:
        raise InvalidDataError(f"seed is {seed}; it must be 0 or more")


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
