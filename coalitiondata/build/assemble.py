"""Put the families together into the tables of the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pandas as pd

from coalitiondata import canonical, schema
from coalitiondata.build import (
    cabinets,
    evidence,
    ngo,
    parlgov,
    party_bonds,
    sources,
    terms,
    wartime,
    write,
)
from coalitiondata.build.stacking import stack
from coalitiondata.errors import InvalidDataError, SourceFileError
from coalitiondata.validation import validate

# Above this a Parquet twin loads noticeably faster than the CSV.
TWIN_BYTES = 100_000
Frames = Mapping[str, pd.DataFrame]
Progress = Callable[[str], None]


def rebuild(raw: sources.RawFile, out: Path, progress: Progress) -> None:
    """Build every table, check it against the schema and all rules, then replace `out`.

    `out` holds datapackage.json, which rules what the tables look like, and curated/. Nothing in
    it changes before the last table has passed.
    """
    if not (out / write.DESCRIPTOR).is_file():
        raise SourceFileError(
            f"There is no {write.DESCRIPTOR} in {out}. Run this in the root of a checkout, or name "
            "its data folder with --out."
        )
    descriptor, tables = schema.read_package(
        out / write.DESCRIPTOR, "Correct it there; nothing was written."
    )
    frames = _stack([*_families(raw, out / "curated", progress), _sources(out / "curated")])
    typed = {name: conform(frames[name], table) for name, table in tables.items()}
    progress("checking all rules")
    validate(typed)
    progress("writing")
    files: dict[str, bytes] = {}
    for name, table in tables.items():
        content = canonical.csv_text(table, typed[name]).encode("utf-8")
        files[table.path] = content
        if len(content) > TWIN_BYTES:
            files[f"{name}.parquet"] = _twin(table, typed[name], content)
    write.write_all(files, descriptor, out)


def _twin(table: schema.Table, frame: pd.DataFrame, content: bytes) -> bytes:
    """The table as Parquet, which loads faster, marked as the twin of exactly this CSV."""
    buffer = BytesIO()
    canonical.write_parquet(table, frame, buffer, csv_sha256=sha256(content).hexdigest())
    return buffer.getvalue()


def conform(frame: pd.DataFrame, table: schema.Table) -> pd.DataFrame:
    """The frame with the columns and dtypes of its schema, sorted by primary key.

    Columns that a family does not have are missing throughout; a column that the schema does not
    know is an error of the build.
    """
    unknown = sorted(set(frame.columns) - set(table.columns))
    if unknown:
        raise InvalidDataError(
            f"Table {table.name}: the build made columns that the schema does not have: "
            f"{', '.join(unknown)}. Add them to datapackage.json or drop them in the build."
        )
    complete = frame.reindex(columns=table.columns)
    typed = complete.astype({field.name: schema.dtype(field) for field in table.fields})
    for field in table.fields:
        lost = typed[field.name].isna() & complete[field.name].notna()
        if lost.any():
            raise InvalidDataError(
                f"Table {table.name}, column {field.name}: the build made the value "
                f"{complete.loc[lost, field.name].iloc[0]!r}, which is not a level of the schema."
            )
    return canonical.in_order(table, typed)


def _families(raw: sources.RawFile, curated: Path, progress: Progress) -> Iterable[Frames]:
    progress("governing coalitions")
    yield _governing(raw, curated)
    progress("wartime coalitions, dyads and alliances")
    yield wartime.build(raw, curated)
    progress("coalitions of organisations")
    yield ngo.build(curated)


def _governing(raw: sources.RawFile, curated: Path) -> Frames:
    source = parlgov.read(raw, curated)
    tables = dict(cabinets.build(source, curated))
    tables["transformations"] = party_bonds.transformations(
        source, cabinets.coalition_cabinets(source), tables["coalitions"]
    )
    return tables


def _sources(curated: Path) -> Frames:
    return {
        "evidence": evidence.evidence(curated),
        "parliamentary_terms": terms.parliamentary_terms(curated),
        "sources": pd.read_csv(curated / "sources.csv", dtype=str),
        "source_files": sources.registry(),
    }


def _stack(families: Iterable[Frames]) -> dict[str, pd.DataFrame]:
    parts: dict[str, list[pd.DataFrame]] = {}
    for family in families:
        for name, frame in family.items():
            parts.setdefault(name, []).append(frame)
    return {name: stack(frames) for name, frames in parts.items()}
