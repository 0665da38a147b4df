"""Damaged files: the bytes of a valid file, or the file itself, changed by a named damage."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np

from fuzz.values import TEXTS, pick

Rng = np.random.Generator


def truncated(rng: Rng, content: bytes) -> bytes:
    return content[: int(rng.integers(len(content) + 1))]


def flipped(rng: Rng, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 9))):
        if changed:
            changed[int(rng.integers(len(changed)))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def noise(rng: Rng, content: bytes) -> bytes:
    start = int(rng.integers(len(content) + 1))
    return content[:start] + rng.bytes(int(rng.integers(1, 60))) + content[start:]


def cut_out(rng: Rng, content: bytes) -> bytes:
    start, stop = sorted(int(k) for k in rng.integers(len(content) + 1, size=2))
    return content[:start] + content[stop:]


def zeroed(rng: Rng, content: bytes) -> bytes:
    start = int(rng.integers(len(content) + 1))
    return content[:start] + b"\0" * int(rng.integers(1, 200)) + content[start:]


def _lines(rng: Rng, content: bytes) -> list[bytes]:
    return content.split(b"\n")


def mixed_ends(rng: Rng, content: bytes) -> bytes:
    ends = (b"\n", b"\r\n", b"\r")
    return b"".join(line + pick(rng, ends) for line in _lines(rng, content))


def unbalanced(rng: Rng, content: bytes) -> bytes:
    start = int(rng.integers(len(content) + 1))
    return content[:start] + b'"' * int(rng.integers(1, 4)) + content[start:]


def mixed_encodings(rng: Rng, content: bytes) -> bytes:
    lines = _lines(rng, content)
    place = int(rng.integers(len(lines)))
    lines[place] = lines[place] + "Ångström ".encode("latin-1") + "ü".encode("utf-16")
    return b"\n".join(lines)


def columns_doubled(rng: Rng, content: bytes) -> bytes:
    return b"\n".join(line + b"," + line if line else line for line in _lines(rng, content))


def columns_reordered(rng: Rng, content: bytes) -> bytes:
    order = rng.permutation(len(_lines(rng, content)[0].split(b",")))
    made = []
    for line in _lines(rng, content):
        cells = line.split(b",")
        fits = len(cells) == len(order)
        made.append(b",".join(cells[k] for k in order) if fits else line)
    return b"\n".join(made)


def rows_shuffled(rng: Rng, content: bytes) -> bytes:
    head, *rows = _lines(rng, content)
    return b"\n".join([head, *(rows[k] for k in rng.permutation(len(rows)))])


def ragged(rng: Rng, content: bytes) -> bytes:
    lines = _lines(rng, content)
    place = int(rng.integers(len(lines)))
    lines[place] += b",x" * int(rng.integers(1, 40))
    return b"\n".join(lines)


def text_put_in(rng: Rng, content: bytes) -> bytes:
    lines = _lines(rng, content)
    place = int(rng.integers(len(lines)))
    cells = lines[place].split(b",")
    cells[int(rng.integers(len(cells)))] = pick(rng, TEXTS).encode("utf-8", "surrogatepass")
    lines[place] = b",".join(cells)
    return b"\n".join(lines)


def other_separator(rng: Rng, content: bytes) -> bytes:
    return content.replace(b",", pick(rng, (b";", b"\t", b"|", b" ")))


def many_columns(rng: Rng, content: bytes) -> bytes:
    head, *rows = _lines(rng, content)
    return b"\n".join([head + b"," + b",".join(b"c%d" % k for k in range(5000)), *rows])


def huge_cell(rng: Rng, content: bytes) -> bytes:
    return text_after_header(content, b"x" * 10_000_000)


def text_after_header(content: bytes, cell: bytes) -> bytes:
    head, _, rest = content.partition(b"\n")
    return head + b"\n" + cell + rest


BYTES: dict[str, Callable[[Rng, bytes], bytes]] = {
    "none": lambda rng, content: content,
    "truncated": truncated,
    "flipped": flipped,
    "noise": noise,
    "cut out": cut_out,
    "zeroed": zeroed,
    "byte order mark": lambda rng, content: b"\xef\xbb\xbf" + content,
    "two byte order marks": lambda rng, content: b"\xef\xbb\xbf" * 2 + content,
    "utf-16": lambda rng, content: content.decode("utf-8", "replace").encode("utf-16"),
    "latin-1": lambda rng, content: content.decode("utf-8", "replace").encode("latin-1", "replace"),
    "mixed encodings": mixed_encodings,
    "mixed line ends": mixed_ends,
    "crlf": lambda rng, content: content.replace(b"\n", b"\r\n"),
    "cr": lambda rng, content: content.replace(b"\n", b"\r"),
    "unbalanced quotes": unbalanced,
    "columns doubled": columns_doubled,
    "columns reordered": columns_reordered,
    "rows shuffled": rows_shuffled,
    "ragged": ragged,
    "text put in": text_put_in,
    "other separator": other_separator,
    "header only": lambda rng, content: content.partition(b"\n")[0] + b"\n",
    "no header": lambda rng, content: content.partition(b"\n")[2],
    "empty": lambda rng, content: b"",
    "blank lines": lambda rng, content: b"\n\n \n" + content.replace(b"\n", b"\n\n"),
    "doubled": lambda rng, content: content + content,
}
RARE: dict[str, Callable[[Rng, bytes], bytes]] = {
    "5,000 columns": many_columns,
    "10 MB cell": huge_cell,
}


def damage(rng: Rng, path: Path) -> str:
    """Damage a file in place; returns the name of what was done."""
    kind = rng.random()
    if kind < 0.04:
        return _in_its_place(rng, path)
    pool = RARE if kind < 0.05 else BYTES
    names = [pick(rng, list(pool))]
    if kind > 0.75:
        names.append(pick(rng, list(BYTES)))
    for name in names:
        path.write_bytes({**BYTES, **RARE}[name](rng, path.read_bytes()))
    return " + ".join(names)


def _in_its_place(rng: Rng, path: Path) -> str:
    kind = pick(rng, ("directory", "loop", "dangling link", "absent", "link to itself"))
    path.unlink()
    if kind == "directory":
        path.mkdir()
    elif kind == "loop":
        other = path.with_name(f"{path.name}-other")
        os.symlink(other, path)
        os.symlink(path, other)
    elif kind == "dangling link":
        os.symlink(path.with_name("nowhere"), path)
    elif kind == "link to itself":
        os.symlink(path, path)
    return str(kind)


def bomb(rng: Rng, workbook: bytes) -> bytes:
    """A workbook that unpacks to far more than it holds, or to a sheet of endless size."""
    kind = pick(rng, ("blanks", "corner", "entities", "many strings", "nested"))
    made = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(workbook)) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        sheet = next(name for name in source.namelist() if name.startswith("xl/worksheets/"))
        for name in source.namelist():
            content = source.read(name)
            if name == sheet and kind == "blanks":
                with target.open(name, "w", force_zip64=True) as file:
                    for _ in range(300):  # above the 256 MB that may be
                        file.write(b" " * 2**20)
                continue
            if name == sheet and kind == "corner":
                cell = (
                    b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
                )
                content = content.replace(b"</sheetData>", cell + b"</sheetData>")
            if name == sheet and kind == "entities":
                lines = b"".join(
                    b'<!ENTITY e%d "%s">' % (k, b"&e%d;" % (k - 1) * 10) for k in range(1, 12)
                )
                content = (
                    b'<!DOCTYPE x [<!ENTITY e0 "ha">'
                    + lines
                    + b"]>"
                    + content.replace(b"<sheetData>", b"<sheetData>&e11;")
                )
            if name == sheet and kind == "many strings":
                content = content.replace(b"<sheetData>", b"<sheetData>" + b"<row/>" * 1_500_000)
            target.writestr(name, content)
        if kind == "nested":
            target.writestr("xl/more.zip", workbook * 50)
    return made.getvalue()
