"""Telling designs apart by what they hold, so that no model counts twice under two names."""

from __future__ import annotations

import hashlib

import numpy as np

from analysis.multiverses.choices import Specification, identity
from analysis.multiverses.frames import Frame, FrameChoice, frame_choice, rows_of
from analysis.multiverses.terms import terms

DIGITS = 9  # beyond these, equal measures computed in two ways differ by rounding
Memory = dict[tuple[FrameChoice, bytes, str], bytes]


def design_key(specification: Specification, frame: Frame, memory: Memory) -> str:
    """A digest of the rows, outcomes, clusters, strata and covariates of a specification.

    Two specifications of a family with equal keys are the same model of the same data. One without
    rows is like no other. `memory` holds digests of columns between calls.
    """
    rows = rows_of(specification, frame)
    if not rows.any():
        return identity(specification)
    choice, mask = frame_choice(specification), rows.tobytes()

    def digest(name: str) -> bytes:
        key = (choice, mask, name)
        if key not in memory:
            memory[key] = _of_rows(frame, rows) if name == "" else _of(frame.columns[name][rows])
        return memory[key]

    used = terms(specification)
    parts = (specification.family, specification.strata, bool(used.closeness), bool(used.breadth))
    whole = hashlib.sha256("|".join(map(str, parts)).encode())
    for name in ("", *used.full):
        whole.update(digest(name))
    return whole.hexdigest()


def _of_rows(frame: Frame, rows: np.ndarray) -> bytes:
    # Clusters are numbered within their frame, which may hold others in another order.
    codes = np.unique(frame.cluster[rows], return_inverse=True)[1]
    parts = (frame.start[rows], frame.stop[rows], frame.event[rows].astype(float), codes)
    return b"".join(_of(part.astype(float)) for part in parts)


def _of(values: np.ndarray) -> bytes:
    # Adding zero turns minus zero into zero.
    return hashlib.blake2b((values.round(DIGITS) + 0.0).tobytes(), digest_size=16).digest()
