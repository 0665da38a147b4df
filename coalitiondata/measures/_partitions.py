"""Steps of a Dask plan that pandas takes on each partition.

Dask has no windows (https://github.com/dask/dask/issues/11806), so a member's neighbours within its
group are out of reach of a plan; whole groups in one partition are an ordinary pandas table. And
Dask spends a task on every operator of every expression, where a partition needs one call.
Workers import these functions by name, so this package has to be installed there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import narwhals.stable.v2 as nw
import pandas as pd

from coalitiondata.measures._frames import Frame, is_dask, open_frame


def row_by_row(frame: Frame, step: Callable[..., Frame], **options: Any) -> Frame:
    """Return `step(frame, **options)`, which must look at each row by itself."""
    if not is_dask(frame):
        return step(frame, **options)
    return _partitions(frame.to_native(), step, options)


def group_by_group(
    frame: Frame, keys: list[str], step: Callable[..., nw.DataFrame[Any]], **options: Any
) -> Frame:
    """Return `step(..., keys=keys, **options)` of Dask partitions that hold whole groups each."""
    return _partitions(
        frame.to_native().shuffle(on=keys, ignore_index=True), step, {"keys": keys, **options}
    )


def _partitions(native: Any, step: Callable[..., Any], options: dict[str, Any]) -> Frame:
    take = partial(_take, step=step, options=options)
    # What comes out of no rows shows Dask the columns and their types.
    result = native.map_partitions(take, meta=take(native._meta))
    return open_frame(result, function="map_partitions")


def _take(
    frame: pd.DataFrame, *, step: Callable[..., Any], options: dict[str, Any]
) -> pd.DataFrame:
    result = step(nw.from_native(frame, eager_only=True), **options)
    return cast("pd.DataFrame", result.to_native())
