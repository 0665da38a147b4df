"""How far the two readers of the coalitions of organisations agreed."""

from __future__ import annotations

import numpy as np
import pandas as pd

DATES = ("started", "ended")
UNKNOWN = "unknown"


def agreement(codings: pd.DataFrame) -> pd.DataFrame:
    """Agreement of the two codings, one row per variable.

    Cohen's kappa is (p_o - p_e) / (1 - p_e), p_o the share of equal codes and p_e the share
    expected from the readers' own frequencies, with the 95 per cent interval of its large-sample
    variance.
    `unknown` is a code like any other; `kappa_both_known` leaves out coalitions of which either
    reader could not tell. Dates agree if they are equal at the coarser of their precisions; their
    kappa is that of the years, a missing date a code of its own.

    Args:
        codings: the table `codings`: variable, first, second, settled.

    Returns:
        variable, n, agree (share), kappa, low, high, n_both_known, kappa_both_known,
        first_kept, second_kept (shares of the differences that were settled on the first and on the
        second coding).

    Raises InvalidDataError if there are no codings.

    Source: Cohen (1960), Educational and Psychological Measurement 20: 37-46; Fleiss, Cohen and
    Everitt (1969), Psychological Bulletin 72: 323-327.
    """
    from coalitiondata.errors import InvalidDataError

    if codings.empty:
        raise InvalidDataError("there are no codings to compare")
    rows = []
    for variable, part in codings.groupby("variable", sort=False, observed=True):
        first, second = (part[side].astype("object").fillna("") for side in ("first", "second"))
        settled = part["settled"].astype("object").fillna("")
        dates = variable in DATES
        same = _compatible(first, second) if dates else (first == second)
        codes = [side.str[:4] if dates else side for side in (first, second)]
        known = ~codes[0].isin(["", UNKNOWN]) & ~codes[1].isin(["", UNKNOWN])
        kappa, low, high = cohen(codes[0], codes[1])
        differ = ~same
        rows.append(
            {
                "variable": variable,
                "n": len(part),
                "agree": float(same.mean()),
                "kappa": kappa,
                "low": low,
                "high": high,
                "n_both_known": int(known.sum()),
                "kappa_both_known": cohen(codes[0][known], codes[1][known])[0],
                "first_kept": _share(differ & (settled == first), differ),
                "second_kept": _share(differ & (settled == second), differ),
            }
        )
    return pd.DataFrame(rows)


def cohen(first: pd.Series, second: pd.Series) -> tuple[float, float, float]:
    """Cohen's kappa with its 95 per cent interval; missing if only one code was ever used."""
    from statsmodels.stats.inter_rater import cohens_kappa

    codes = pd.Index(sorted(set(first) | set(second)))
    if len(codes) < 2:
        return (float("nan"),) * 3
    table = np.zeros((len(codes), len(codes)))
    np.add.at(table, (codes.get_indexer(first), codes.get_indexer(second)), 1)
    with np.errstate(invalid="ignore"):
        # Perfect agreement has no test that kappa is zero; the interval is fine.
        found = cohens_kappa(table)
    return float(found.kappa), float(found.kappa_low), float(found.kappa_upp)


def _compatible(first: pd.Series, second: pd.Series) -> pd.Series:
    """Equal at the coarser precision; a date and a missing one are not."""
    length = np.minimum(first.str.len(), second.str.len())
    equal = [a[:k] == b[:k] for a, b, k in zip(first, second, length, strict=True)]
    return pd.Series(equal, index=first.index) & (first.eq("") == second.eq(""))


def _share(part: pd.Series, of: pd.Series) -> float:
    return float(part.sum() / of.sum()) if of.any() else float("nan")
