"""Who leaves a coalition early: exits of members as spells clustered in coalitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.models.cox import CoxFit, cox
from analysis.models.leaders import with_leader_distance
from coalitiondata.replacements import tables_or_shipped
from coalitiondata.spells import RECORDED_ONLY

FORMULA = "power_share + leader_distance"


def exit_frame(
    family: str = "wartime",
    *,
    channel: str = "s_alliance",
    tables: Mapping[str, pd.DataFrame] | None = None,
    **options: Any,
) -> pd.DataFrame:
    """One row per stay of a member in a coalition, ready for `membership_exit`.

    The frame of ``coalitiondata.survival_frame(unit="membership")`` without disputes and
    interventions, whose sources record no exits, with three columns more:

    - `leader`, `leader_basis`, `leader_distance`: see `with_leader_distance`;
    - `rewarded`, `coerced`: 1 if the member was rewarded for or coerced into joining, 0 if it is
      known that it was not, missing where the inducement is not known.

    `event` is leaving before the coalition ended; staying to the end censors. `duration` is in days
    since the member joined. `options` go to `survival_frame`; `tables` replaces the shipped ones.

    Raises:
        UnknownNameError: an unknown family, channel or option.
    """
    from coalitiondata import survival_frame
    from coalitiondata.survival import NEEDED as OF_FRAMES

    tables = tables_or_shipped(tables, OF_FRAMES)
    frame = survival_frame(unit="membership", family=family, tables=tables, **options)
    frame = frame[~frame["subtype"].isin(RECORDED_ONLY)].reset_index(drop=True)
    how = frame["inducement"].astype("object")
    induced = {
        kind: (how == kind).astype("float64").where(how.notna()) for kind in ("rewarded", "coerced")
    }
    positions = options.get("positions", "expert")
    frame = with_leader_distance(frame, tables, channel=channel, positions=positions)
    return frame.assign(**induced)


def membership_exit(
    frame: Any = None,
    formula: str = FORMULA,
    *,
    family: str = "wartime",
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
    cluster: str = "coalition_id",
) -> CoxFit:
    """Cox regression of members' exits, h(t | x) = h0(t) exp(x'b), errors clustered by coalition.

    t runs from the day on which a member joined to the day on which it left early (event) or the
    coalition ended (censored). Members of one coalition share its fate, so that their spells depend
    on each other; errors are Lin and Wei's sandwich summed by coalition. With
    ``strata="coalition_id"`` every coalition has a baseline hazard of its own: members are compared
    within their coalition only, whatever made that coalition easy or hard to leave cancels, and
    covariates that are the same for all members of every coalition are refused.

    Args:
        frame: one row per stay of a member; default `exit_frame(family)`.
        formula: covariates, as in `cox`. Of the default frame: `power_share` (own share of the
            members' resources on joining, 0 to 1), `leader_distance` (0 to 1), `is_leader`,
            `rewarded`, `coerced`, and all of the coalition's own.
        family: family of the default frame, "wartime" or "governing".
        duration: days at risk.
        event: 1 if the member left early.
        entry: time from which a row is at risk, if stays are seen from later on.
        strata: columns with baseline hazards of their own, "coalition_id" for comparison within.
        cluster: column of the units within which rows depend on each other.

    Returns:
        The fit of `cox`. `dropped` counts missing values by column. Few coalitions with exits make
        the sandwich too small; compare with ``covariance_model``.

    Rows with a missing value in any column used are dropped with a DroppedRowsWarning.

    Raises:
        UnknownNameError, InvalidDataError: as `cox` and `exit_frame`.

    Source: Lin and Wei (1989), JASA 84: 1074-1078; for strata as fixed effects, Allison (2009),
    Fixed Effects Regression Models, ch. 5; for exits from military coalitions, Tago (2009),
    Journal of Peace Research 46: 219-234.
    """
    data = exit_frame(family) if frame is None else frame
    return cox(
        data,
        formula,
        duration=duration,
        event=event,
        entry=entry,
        strata=strata,
        cluster=cluster,
    )
