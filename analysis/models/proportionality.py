"""Test of proportional hazards."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.models.counts import product_limit, risk_table
from analysis.models.cox import CoxFit
from analysis.models.frame import Floats
from coalitiondata.errors import InvalidDataError, UnknownNameError

Transform = Literal["km", "rank", "identity", "log"]


def ph_test(fit: CoxFit, transform: Transform = "km") -> pd.DataFrame:
    """Score test that coefficients do not change over time, per term and for all together.

    The model is extended by covariates x g(t); the score test of their coefficients at zero uses
    the extended model's full information, with the sum over Efron's steps of g(t) and g(t)^2
    times each event time's information. This is the exact test of R ``cox.zph`` since survival
    3.0; the older one, which lifelines and statsmodels compute, replaces each event time's
    information by its average. It does not use cluster-robust errors.

    Args:
        fit: a Cox model.
        transform: g: "km", one minus the Kaplan-Meier curve of all rows just before t; "rank" of
            all durations; "identity"; "log". Centred at the mean over events.

    Returns:
        term, statistic, df, p_value; the last row is GLOBAL. A term with several columns (factor,
        spline) is tested jointly.

    Raises:
        UnknownNameError: a transform not on offer.
        InvalidDataError: "log" with events at time zero; g the same at all events.

    Source: Grambsch and Therneau (1994), Biometrika 81: 515-526; Therneau and Grambsch (2000),
    section 6.2.
    """
    from scipy.stats import chi2

    at = fit.efron
    g = _transformed(fit, transform)
    centred = g - np.average(g, weights=np.bincount(at.sets.own[at.dead], minlength=len(g)))
    if not np.ptp(centred) > 0:
        raise InvalidDataError("all events happen at one time; proportionality cannot be tested")
    p = len(fit.design.names)
    cross = at.information(centred)
    information = np.block([[at.information(), cross], [cross, at.information(centred**2)]])
    score = np.concatenate([np.zeros(p), at.score(centred)])

    rows = []
    for term, columns in [*fit.design.terms.items(), ("GLOBAL", list(range(p)))]:
        used = np.concatenate([np.arange(p), p + np.asarray(columns)])
        u = score[used]
        statistic = float(u @ np.linalg.solve(information[np.ix_(used, used)], u))
        df = len(columns)
        rows.append((term, statistic, df, float(chi2.sf(statistic, df))))
    return pd.DataFrame(rows, columns=["term", "statistic", "df", "p_value"])


def _transformed(fit: CoxFit, transform: str) -> Floats:
    """g at each event time of the risk sets."""
    time = fit.efron.sets.time
    stop = fit.rows["duration"].to_numpy()
    if transform == "identity":
        return time
    if transform == "log":
        if (time <= 0).any():
            raise InvalidDataError("transform 'log': an event at time zero; use 'km' or 'rank'")
        return np.asarray(np.log(time))
    if transform == "rank":
        from scipy.stats import rankdata

        ranks = rankdata(stop)
        order = np.argsort(stop)
        return np.asarray(ranks[order][np.searchsorted(stop[order], time)])
    if transform == "km":
        table = risk_table(fit.rows["entry"].to_numpy(), stop, fit.rows["event"].to_numpy())
        survival = np.concatenate([[1.0], product_limit(table)])
        return np.asarray(1 - survival[np.searchsorted(table["time"].to_numpy(), time)])
    raise UnknownNameError(f"no transform {transform!r}; choose from {get_args(Transform)}")
