"""Numbers at risk, failing and censored at each time: what every life table starts from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models.frame import Floats


def risk_table(start: Floats, stop: Floats, event: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """time, n_risk, n_event, n_censor at each distinct exit time.

    At risk at t: start < t <= stop; those censored at t count as at risk at t. Start may be minus
    infinity.
    """
    time, place = np.unique(stop, return_inverse=True)
    leaving = np.bincount(place, minlength=len(time))
    n_event = np.bincount(place, weights=event, minlength=len(time)).astype(np.int64)
    entered = np.searchsorted(np.sort(start), time, side="left")
    left_before = leaving.cumsum() - leaving
    return pd.DataFrame(
        {
            "time": time,
            "n_risk": entered - left_before,
            "n_event": n_event,
            "n_censor": leaving - n_event,
        }
    )


def product_limit(table: pd.DataFrame) -> Floats:
    """Kaplan and Meier's product of (1 - n_event / n_risk) up to and including each time."""
    return np.asarray((1 - table["n_event"] / table["n_risk"]).cumprod())
