"""What a format cannot hold: one clear error instead of a value cut short."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coalitiondata.errors import InvalidDataError
from coalitiondata.schema import Table


def refuse(table: Table, column: str, rows: npt.NDArray[np.bool_], what: str) -> None:
    """Raise InvalidDataError for the first of these rows, if there is one."""
    if rows.any():
        raise InvalidDataError(
            f"Table {table.name}, column {column}, data row {int(rows.argmax()) + 1}: {what}. "
            f"Choose another format."
        )
