"""Numbers of states in the list of Gleditsch and Ward, which UCDP uses, as COW's numbers."""

from __future__ import annotations

import pandas as pd

# Gleditsch and Ward (1999) keep one number where COW gives a new one to the united Germany and
# Yemen of 1990 and keeps Yugoslavia's for Serbia, and number four Pacific states differently.
# Columns: their number, first year, COW's number. The year of a union still counts for the old
# state.
RENUMBERED = (
    (260, 1991, 255),  # Germany
    (678, 1991, 679),  # Yemen
    (340, 2006, 345),  # Serbia
    (970, 1979, 946),  # Kiribati
    (971, 1968, 970),  # Nauru
    (972, 1970, 955),  # Tonga
    (973, 1978, 947),  # Tuvalu
)


def cow_codes(codes: pd.Series, years: pd.Series) -> pd.Series:
    """COW's number of each state in its year; numbers that are the same in both stay."""
    converted = codes.astype("int64")
    for theirs, since, ours in RENUMBERED:
        converted = converted.mask((codes == theirs) & (years >= since), ours)
    return converted
