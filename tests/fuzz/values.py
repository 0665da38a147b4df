"""Hostile values: what people, programs and attackers put into cells, names and arguments."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

TEXTS: tuple[str, ...] = (
    "", " ", "\u00a0", "NA", "nan", "None", "null", "\ufeff", "=1+1", "@SUM(A1)", "-2+3",
    '=HYPERLINK("http://example.org","x")', "\t=1", "＝1", "+Europa", "../../escape", "..\\..\\x",
    "/absolute/path", "C:\\x", "CON", "nul\x00byte", "a" * 10_000, "line\nbreak", "cr\rhere",
    "crlf\r\nhere", 'quote"inside', "comma,inside", "semi;colon", "'apostrophe", "\ud800",
    "half\udfffpair", "\u202egnp.exe", "\u200bzero", "🜁🦄", "e\u0301" * 40, "İstanbul", "ǅ",
    "ﬀ", "<script>alert(1)</script>", "%s%n%d", "{0}{x}", "$HOME", "`id`", "'; DROP TABLE x;--",
    "\x1b[31mred", "\x07bell", "\x7f", "日本", "مرحبا", "coalition", "members", "true", "1", "-1",
    "\uffff", "\U0010ffff", "ongoing", "x" * 300, "٣", "²", "con.csv", "a/b", "a\\b", ".", "..",
)  # fmt: skip

NUMBERS: tuple[Any, ...] = (
    -1, 0, -0.0, 1, 2**31, 2**63, 2**64, 10**30, -(10**400), 1e308, -1e308, 5e-324, float("inf"),
    float("-inf"), float("nan"), True, False, np.bool_(True), np.float16(1.5), np.int8(-3),
    np.uint64(2**64 - 1), np.float128(1e400) if hasattr(np, "float128") else 1.0, complex(1, 2),
    Decimal("NaN"), Decimal("sNaN"), Decimal("1e5000"), Decimal("2.5"), Fraction(1, 3), "1e999",
    "-inf", "nan", "1,000", "1.000,5", "0x10", "1_000", "--5", "5 ", "٣", "½", "1e-400", "10%",
    "1e5", b"5", None, pd.NA, pd.NaT, 0.1 + 0.2, 1.5,
)  # fmt: skip

DATES: tuple[Any, ...] = (
    "0000-01-01", "99999-01-01", "-500", "-0044-03-15", "1900-02-29", "2024-02-30", "2024-13-01",
    "1914-00-10", "0001-01-01", "9999-12-31", 44197, 44197.5, "44197", 0, -1, 1e300, 1e18, 9999,
    1000, 2200, 2**63, 10**400, float("inf"), float("nan"), "1914", "1914-8", "1914-08-04T00:00",
    "1914-08-04 12:30", "1914-08-04T00:00:00Z", "4 August 1914", "31 February 1900", "May 1914",
    "ma 1914", "8/4/1914", "04.08.1914", "1914?", "c. 1914", "1914-1918", "ongoing", "now",
    "١٩١٤-٠١-٠١", "1914-08-04\x00", "tomorrow", True, date.min, date.max, datetime.min,
    datetime.max, datetime(1914, 8, 4, 12), datetime(1914, 8, 4, tzinfo=UTC),
    date(1914, 8, 4), time(1, 2), pd.Timestamp("1914-08-04", tz="UTC"), pd.Timestamp.min,
    pd.Timestamp.max, pd.Timedelta(days=3), pd.Period("1914-08"), np.datetime64("NaT"),
    np.datetime64("1914-08-04T12", "ns"), np.datetime64("-9999-01-01"), np.datetime64("1914"),
    np.datetime64(2**62, "s"), np.timedelta64(3, "D"), None, pd.NaT, pd.NA, [1914], {"y": 1914},
)  # fmt: skip

OBJECTS: tuple[Any, ...] = (
    [], [1, 2], (1, 2), {"a": 1}, {1, 2}, frozenset(), b"bytes", bytearray(b"x"), object(), print,
    int, np.array([1, 2]), np.array([]), pd.Series([1]), pd.DataFrame(), pd.Interval(0, 1),
    pd.Timestamp("2000-01-01"), date(2000, 1, 1), complex(0, 1), Ellipsis, range(3),
    memoryview(b"x"), [[["deep"]]], np.array(["a"], dtype=object), float, NotImplemented,
    iter([]), lambda: None,
)  # fmt: skip

NAMES: tuple[Any, ...] = (
    "coalition", "Coalition", " coalition", "\ufeffcoalition", "coalition.1", "", None, 0, 1.5,
    float("nan"), True, ("a", "b"), pd.Timestamp("2000-01-01"), "\ud800", "a" * 500, "=1+1",
    "index", "level_0", "row", "value", "year", "source", "../x", "actor_id", "member", "left",
    "joined_precision", "spell", "place", "moment", "at", "stated", "in_system", "x\x00y",
)  # fmt: skip


def any_value(rng: np.random.Generator) -> Any:
    """One hostile value of any kind."""
    pool = (TEXTS, NUMBERS, DATES, OBJECTS)[int(rng.choice(4, p=(0.35, 0.25, 0.25, 0.15)))]
    return pick(rng, pool)


def pick(rng: np.random.Generator, pool: Any) -> Any:
    """One element of a sequence, itself and not as a numpy scalar."""
    return pool[int(rng.integers(len(pool)))]
