"""Tables -> one Excel workbook, with sheets that explain it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from coalitiondata import schema
from coalitiondata.about import about, books
from coalitiondata.errors import InvalidDataError
from coalitiondata.given import shown
from coalitiondata.limits import refuse
from coalitiondata.plain import plain_rows
from coalitiondata.schema import Table
from coalitiondata.spreadsheets import is_formula_like

_CELL = 32_767  # characters that a cell holds
_ROWS = 1_048_576  # rows of a sheet
DATES = (
    "All dates are text (YYYY-MM-DD), which sorts as dates do: Excel has no dates before 1900. "
    "For arithmetic with later ones use DATEVALUE."
)
_WIDTHS = {"string": 24, "date": 12, "integer": 12, "number": 14, "boolean": 10}


def write_excel(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """One workbook: sheets `about`, `codebook`, `levels`, then one per table, header rows frozen.

    Dates are ISO text, as the sheets `about` and `codebook` say; levels are text, booleans TRUE
    and FALSE, missing values empty cells. Text that looks like a formula or an error value is
    stored as text that Excel does not run, even when the cell is edited.

    Raises InvalidDataError for what a sheet cannot hold: text of more than 32,767 characters or
    with control characters, or more than 1,048,576 rows.
    """
    from openpyxl import Workbook

    for name, frame in frames.items():
        _check(schema.table(name), frame)
    book = Workbook(write_only=True)
    book.properties.title = str(schema.package()["title"])
    book.properties.creator = "coalitiondata"
    _sheet(book, "about", ["item", "text"], [*about(frames), ("dates", DATES)], [20, 120])
    variables, levels = books(frames)
    note = variables["type"].map({"date": "text YYYY-MM-DD"})
    variables.insert(list(variables.columns).index("type") + 1, "in this workbook", note)
    for name, frame in (("codebook", variables), ("levels", levels)):
        rows = frame.astype("object").where(frame.notna(), None).itertuples(index=False, name=None)
        _sheet(book, name, list(frame.columns), rows, [20] * len(frame.columns))
    for name, frame in frames.items():
        table = schema.table(name)
        _sheet(book, name, table.columns, plain_rows(table, frame), _table_widths(table))
    # In memory first: an archive that cannot be finished on a full disk complains a second time.
    packed = BytesIO()
    book.save(packed)
    path.write_bytes(packed.getvalue())


def _table_widths(table: Table) -> list[int]:
    return [max(_WIDTHS[field.type], len(field.name) + 2) for field in table.fields]


def _sheet(
    book: Any,
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    widths: Sequence[int],
) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    top = [WriteOnlyCell(sheet, value=title) for title in header]
    for cell in top:
        cell.font = Font(bold=True)
    sheet.append(top)
    for row in rows:
        sheet.append([_safe(sheet, value) for value in row])


def _safe(sheet: Any, value: Any) -> Any:
    if isinstance(value, float):
        # The library writes sixteen digits; some numbers need seventeen to come back the same.
        exact = float(f"{value:.16g}") == value
        return value if exact else _cell(sheet, repr(value), "n")
    if not isinstance(value, str):
        return value
    if _has_no_place(value):
        # Texts of the codebook; those of tables were checked before.
        raise InvalidDataError(
            f"Sheet {sheet.title}: Excel has no characters as in {shown(value)}. Choose another "
            "format."
        )
    if value.startswith("#") or is_formula_like(value):
        cell = _cell(sheet, value, "s")
        cell.quotePrefix = True
        return cell
    return value


def _cell(sheet: Any, text: str, kind: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = kind
    return cell


def _check(table: Table, frame: pd.DataFrame) -> None:
    if len(frame) >= _ROWS:
        raise InvalidDataError(
            f"Table {table.name} has {len(frame):,} rows, more than the {_ROWS - 1:,} that a sheet "
            f"of Excel holds. Choose another format."
        )
    for field in table.fields:
        if field.type == "string" and not field.levels:
            text = frame[field.name].fillna("")
            long = text.map(len).to_numpy() > _CELL
            refuse(table, field.name, long, f"a cell of Excel holds {_CELL:,} characters at most")
            odd = text.map(_has_no_place).to_numpy(dtype="bool")
            refuse(table, field.name, odd, "Excel has no control characters")


def _has_no_place(text: str) -> bool:
    """Whether the text has a character that XML, and so a workbook, cannot hold."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return bool(ILLEGAL_CHARACTERS_RE.search(text)) or "\ufffe" in text or "\uffff" in text
