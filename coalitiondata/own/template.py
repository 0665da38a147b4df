"""Empty minimal tables to fill in, with what each column means."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

from coalitiondata import schema
from coalitiondata.errors import MissingExtraError
from coalitiondata.given import path_given
from coalitiondata.names import known
from coalitiondata.own.minimal import TABLES, Column
from coalitiondata.paths import shipped_tables
from coalitiondata.replacing import make_way, place, settle, staging

TemplateFormat = Literal["csv", "excel"]

_ABOUT = {
    "members": "One row per coalition, member and stay. The only table that is needed.",
    "coalitions": "One row per coalition, if you know more about it than its members. Optional.",
    "power": "One row per coalition, member and year, if power changes. Optional.",
    "similarities": "One row per pair (and year): how alike two members are, one column per "
    "channel of your choice beside these. Optional.",
    "transformations": "One row per more lasting bond that came of a coalition. Optional.",
}
_DATES = (
    "Write dates as far as they are known: 1914, 1914-08 or 1914-08-04. Their precision is kept; "
    "nothing is guessed, so 04.08.1914 is refused."
)
_POSITIONS = (
    "What members want: add a column for each dimension to `members` (left_right, free_trade, "
    "...), all on a scale that you name when reading."
)
_BOOK = "coalitions-template.xlsx"
_LISTED_ROWS = 2000


def write_template(
    path: str | os.PathLike[str], format: TemplateFormat = "csv", *, overwrite: bool = False
) -> Path:
    """Write empty minimal tables to fill in; returns the folder or the workbook.

    `csv`: the folder `path` with one file per table, only its header, and `README.md`, which
    explains every column. `excel`: one workbook (`path`, or coalitions-template.xlsx in the folder
    `path`) with a sheet per table, drop-down lists where a column has levels, cells formatted as
    text so that dates stay as written, and the sheet `explanation`.

    Delete the tables that are not needed, and read the rest with `CoalitionData.from_csv` or
    `CoalitionData.from_excel`. Raises TargetExistsError unless
    `overwrite`, NotWrittenError if the system refuses the path, UnknownNameError for
    another format, MissingExtraError if openpyxl is not installed.
    """
    known("format", format, get_args(TemplateFormat))
    target = path_given(path)
    if format == "excel":
        return _workbook(target if target.suffix else target / _BOOK, overwrite)
    files = {f"{name}.csv": ",".join(c.name for c in TABLES[name]) + "\n" for name in TABLES}
    files["README.md"] = readme()
    with staging(target) as staged:
        make_way([target / name for name in files], overwrite)
        for name, content in files.items():
            (staged / name).write_text(content, encoding="utf-8", newline="\n")
        settle(staged, target, overwrite=overwrite)
    return target


def readme() -> str:
    """What every column of the minimal tables means, as Markdown."""
    parts = ["# Tables to fill in", "", _DATES, "", _POSITIONS, ""]
    for name, columns in TABLES.items():
        parts += [f"## {name}", "", _ABOUT[name], "", "| column | needed | meaning | example |",
                  "|---|---|---|---|"]  # fmt: skip
        for column in columns:
            needed = "yes" if column.required else ""
            parts.append(f"| `{column.name}` | {needed} | {_meaning(column)} | {column.example} |")
        parts.append("")
    return "\n".join(parts)


def levels_of(column: Column) -> tuple[str, ...]:
    """The levels that a column takes, none if it is free."""
    if column.levels is None:
        return ()
    table, name = column.levels.split(".")
    with shipped_tables():
        return schema.table(table).field(name).levels


def _meaning(column: Column) -> str:
    levels = levels_of(column)
    return f"{column.meaning} One of: {', '.join(levels)}." if levels else column.meaning


def _workbook(path: Path, overwrite: bool) -> Path:
    try:
        from openpyxl import Workbook
    except ImportError as problem:
        raise MissingExtraError(
            'excel needs openpyxl: pip install "coalitiondata[export]"'
        ) from problem
    book = Workbook()
    book.remove(book.active)
    for name, columns in TABLES.items():
        _sheet(book, name, columns)
    _explanation(book)
    with staging(path) as staged:
        make_way([path], overwrite)
        book.save(staged / path.name)
        place(staged / path.name, path, overwrite=overwrite)
    return path


def _sheet(book: Any, name: str, columns: tuple[Column, ...]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, start=1):
        letter = get_column_letter(number)
        head = sheet.cell(1, number, column.name)
        head.font = Font(bold=column.required)
        head.comment = Comment(column.meaning, "coalitiondata")
        sheet.column_dimensions[letter].width = 20
        if column.date:
            # A whole column as text, or the program turns 1914-08 into the first of August.
            for row in range(2, _LISTED_ROWS + 1):
                sheet.cell(row, number).number_format = "@"
        levels = levels_of(column)
        if levels:
            listed = DataValidation("list", formula1=f'"{",".join(levels)}"', allow_blank=True)
            listed.add(f"{letter}2:{letter}{_LISTED_ROWS}")
            sheet.add_data_validation(listed)


def _explanation(book: Any) -> None:
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet("explanation", 0)
    for row in _explained():
        sheet.append(row)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for letter, width in zip("ABCDE", (18, 18, 8, 90, 32), strict=True):
        sheet.column_dimensions[letter].width = width
        for cell in sheet[letter]:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _explained() -> Iterator[tuple[str, ...]]:
    yield ("table", "column", "needed", "meaning", "example")
    yield ("all", "dates", "", _DATES, "1914-08")
    yield ("members", "(dimensions)", "", _POSITIONS, "")
    for name, columns in TABLES.items():
        yield (name, "", "", _ABOUT[name], "")
        for column in columns:
            needed = "yes" if column.required else ""
            yield (name, column.name, needed, _meaning(column), column.example)
