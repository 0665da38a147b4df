"""Fitting a batch of specifications."""

from __future__ import annotations

import pandas as pd

from analysis.multiverses import chunks
from analysis.multiverses.audit import audit
from analysis.multiverses.choices import identity
from analysis.multiverses.evaluate import evaluate, fitter
from analysis.multiverses.listing import Batch


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
