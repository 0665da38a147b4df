"""The entry points of the package, each called with hostile input of one random case.

An entry returns if the outcome is a valid result, whose invariants it has checked, and lets every
error pass: the caller judges whether it is one that the package promises.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from fuzz import cells, commands, computations, folders, own_files, own_tables

Entry = Callable[[np.random.Generator, Path], None]

ENTRIES: dict[str, tuple[Entry, float]] = {
    "validate, full schema": (own_tables.full_frames, 6),
    "cycles of predecessors": (own_tables.cycles, 5),
    "validate, minimal tables": (own_tables.minimal_frames, 3),
    "CoalitionData.from_members, from_frames": (own_tables.own_members, 3),
    "survival_frame(data=own)": (own_tables.own_survival, 8),
    "own.export, ten formats": (own_tables.own_export, 5),
    "CoalitionData.from_csv": (own_files.own_csv, 5),
    "CoalitionData.from_parquet": (own_files.own_parquet, 8),
    "CoalitionData.from_excel": (own_files.own_excel, 4),
    "load, damaged folder": (folders.load_damaged, 26),
    "load, hand-edited folder": (folders.unstamped_folder, 20),
    "verify, damaged folder": (folders.verify_damaged, 14),
    "cite(rows=...)": (folders.cite_rows, 10),
    "load, codebook: arguments": (folders.books, 8),
    "export: paths, tables, formats": (folders.export_shipped, 4),
    "write_template": (folders.template, 5),
    "measures, one coalition": (computations.scalar_measures, 30),
    "measures, grouped": (computations.grouped_measures, 8),
    "analysis: cox, curves, tests": (computations.models, 8),
    "command line": (commands.command_line, 10),
    "dates of cells": (cells.dates, 20),
    "match_states": (cells.states, 5),
    "went_on": (cells.persistence, 4),
}
"""Each entry point with its share of the cases: those that cost more come less often."""
