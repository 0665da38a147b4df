"""Hostile frames: valid small tables changed by one to four named mutations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from fuzz.values import DATES, NAMES, NUMBERS, OBJECTS, TEXTS, any_value, pick

Frame = pd.DataFrame
Rng = np.random.Generator
Mutation = Callable[[Rng, Frame], Frame]


def minimal(rng: Rng) -> dict[str, Frame]:
    """Valid minimal tables of own coalitions: members and, at random, the others."""
    members = pd.DataFrame(
        [
            ["Spring pact", "Red", "1650-03", "1652-07-04", 40, 2, "leader", "a book"],
            ["Spring pact", "Blue", "1650-03-12", "1652-07-04", 35, 4, "core", "a book"],
            ["Spring pact", "Green", "1651", "1652-02", 10, 7, None, None],
            ["Late pact", "Red", 1680, "ongoing", 45, 2, "leader", "http://example.org/x"],
            ["Late pact", "White", "1680-05-01", None, 20, 3, None, None],
            ["Late pact", "Blue", "1680-05-01", "1684-02-29", 25, 5, None, None],
            ["Late pact", "Blue", "1685-05-01", "1686-02", 25, 5, None, None],
        ],
        columns=["coalition", "member", "joined", "left", "power", "left_right", "role", "source"],
        dtype="object",
    )
    frames = {"members": members}
    if rng.random() < 0.4:
        frames["coalitions"] = pd.DataFrame(
            [["Spring pact", "1650-03", "1652-07-04", "victory", "Northland"],
             ["Late pact", None, None, None, "Northland"]],
            columns=["coalition", "start", "end", "end_cause", "arena"], dtype="object",
        )  # fmt: skip
    if rng.random() < 0.25:
        frames["power"] = pd.DataFrame(
            [[c, m, y, 3.0 + y % 7] for c, m in (("Spring pact", "Red"), ("Spring pact", "Blue"))
             for y in (1649, 1650, 1651)],
            columns=["coalition", "member", "year", "power"], dtype="object",
        )  # fmt: skip
    if rng.random() < 0.25:
        frames["similarities"] = pd.DataFrame(
            [["Red", "Blue", 0.5], ["Red", "Green", 0.1], ["White", "Red", 0.9]],
            columns=["member_a", "member_b", "trade"], dtype="object",
        )  # fmt: skip
    if rng.random() < 0.25:
        frames["transformations"] = pd.DataFrame(
            [["Spring pact", "1653", "defence_pact"]],
            columns=["coalition", "date", "kind"], dtype="object",
        )  # fmt: skip
    return frames


def hostile(rng: Rng, frames: dict[str, Any], most: int = 4) -> dict[str, Any]:
    """The same tables with one to `most` mutations at random; now and then none at all."""
    changed = dict(frames)
    for _ in range(int(rng.integers(0 if rng.random() < 0.1 else 1, most + 1))):
        name = pick(rng, list(changed))
        if isinstance(changed[name], pd.DataFrame):
            _, change = pick(rng, MUTATIONS)
            try:
                changed[name] = change(rng, changed[name].copy())
            except (ValueError, TypeError, KeyError, IndexError, OverflowError,
                    NotImplementedError, AttributeError, ArithmeticError):  # fmt: skip
                continue  # a frame that earlier mutations left without what this one needs
    if rng.random() < 0.02:
        changed[pick(rng, [*changed, "other", "", "../x"])] = pick(
            rng, [None, [1, 2], {"a": [1]}, "text", 3, pd.Series([1]), np.zeros((2, 2)), [[1, 2]]]
        )
    return changed


def _spot(rng: Rng, frame: Frame) -> tuple[int, int]:
    return int(rng.integers(len(frame))), int(rng.integers(len(frame.columns)))


def _cells(pool: Any) -> Mutation:
    def change(rng: Rng, frame: Frame) -> Frame:
        for _ in range(int(rng.integers(1, 4))):
            row, column = _spot(rng, frame)
            cells = frame.iloc[:, column].astype("object").to_list()
            cells[row] = any_value(rng) if pool is None else pick(rng, pool)
            frame = _with(frame, column, pd.Series(cells, index=frame.index, dtype="object"))
        return frame

    return change


def _with(frame: Frame, place: int, column: pd.Series) -> Frame:
    parts = [frame.iloc[:, k] for k in range(len(frame.columns))]
    parts[place] = column.set_axis(frame.index)
    return pd.concat(parts, axis=1).set_axis(frame.columns, axis=1)


def _column(make: Callable[[Rng, pd.Series], Any]) -> Mutation:
    def change(rng: Rng, frame: Frame) -> Frame:
        place = int(rng.integers(len(frame.columns)))
        made = make(rng, frame.iloc[:, place])
        index = frame.index
        made = made.set_axis(index) if isinstance(made, pd.Series) else pd.Series(made, index=index)
        return _with(frame, place, made)

    return change


def _dated(rng: Rng, frame: Frame) -> Frame:
    names = [n for n in frame.columns if str(n) in ("joined", "left", "start", "end", "date",
             "founded", "observed_until", "retrieved")]  # fmt: skip
    name = pick(rng, names)
    cells = frame[name].astype("object").to_list()
    for _ in range(int(rng.integers(1, 3))):
        cells[int(rng.integers(len(cells)))] = pick(rng, DATES)
    frame[name] = pd.Series(cells, index=frame.index, dtype="object")
    return frame


def _far(rng: Rng, column: pd.Series) -> pd.Series:
    years = rng.integers(-20_000, 60_000, len(column)).astype("datetime64[Y]")
    return pd.Series((years - 1970).astype("datetime64[s]"))


def _swapped(rng: Rng, frame: Frame) -> Frame:
    first, second = ("joined", "left") if "joined" in frame else ("start", "end")
    frame[[first, second]] = frame[[second, first]].to_numpy()
    return frame


def _overlapping(rng: Rng, frame: Frame) -> Frame:
    row = frame.iloc[[int(rng.integers(len(frame)))]]
    return pd.concat([frame, row], ignore_index=bool(rng.random() < 0.5))


def cycle(rng: Rng, frame: Frame) -> Frame:
    """Each coalition comes after, or overlaps with, itself or the one before or two before it."""
    key = pick(rng, ("predecessor", "overlaps_with", "lineage"))
    frame[key] = np.roll(frame["coalition_id"].to_numpy(), int(rng.integers(0, 3)))
    return frame


def _permuted(rng: Rng, frame: Frame) -> Frame:
    place = int(rng.integers(len(frame.columns)))
    cells = frame.iloc[:, place].astype("object").to_list()
    order = rng.permutation(len(cells))
    return _with(frame, place, pd.Series([cells[k] for k in order], dtype="object"))


def _renamed(rng: Rng, frame: Frame) -> Frame:
    names = list(frame.columns)
    names[int(rng.integers(len(names)))] = pick(rng, NAMES)
    return frame.set_axis(pd.Index(names, dtype="object", tupleize_cols=False), axis=1)


def _added(rng: Rng, frame: Frame) -> Frame:
    extra = pd.Series([any_value(rng) for _ in range(len(frame))], frame.index, dtype="object")
    names = pd.Index([*frame.columns, pick(rng, NAMES)], dtype="object", tupleize_cols=False)
    return pd.concat([frame, extra], axis=1).set_axis(names, axis=1)


def _levels(rng: Rng, column: pd.Series) -> pd.Series:
    text = column.astype("str")
    return text.astype(pd.CategoricalDtype([*dict.fromkeys(text), "unused", "\ud800"]))


def _arrow(rng: Rng, column: pd.Series) -> pd.Series:
    return column.astype("str").astype("string[pyarrow]")


def _pairs(frame: Frame) -> Frame:
    return frame.set_axis(pd.MultiIndex.from_product([["a"], frame.columns]), axis=1)


MUTATIONS: tuple[tuple[str, Mutation], ...] = (
    ("any cells", _cells(None)),
    ("texts", _cells(TEXTS)),
    ("texts again", _cells(TEXTS)),
    ("numbers", _cells(NUMBERS)),
    ("dates", _cells(DATES)),
    ("objects", _cells(OBJECTS)),
    ("dated", _dated),
    ("dated again", _dated),
    ("missing", _cells((None, np.nan, pd.NA, pd.NaT, "", " "))),
    ("booleans", _column(lambda rng, c: rng.random(len(c)) < 0.5)),
    ("complex", _column(lambda rng, c: np.full(len(c), 1 + 2j))),
    ("timedelta", _column(lambda rng, c: pd.to_timedelta(np.arange(len(c)), unit="D"))),
    ("time zone", _column(lambda rng, c: pd.date_range("1900", periods=len(c), tz="UTC"))),
    ("timestamps", _column(lambda rng, c: pd.date_range("1900-02-28", periods=len(c), freq="37h"))),
    ("far dates", _column(_far)),
    ("categorical", _column(_levels)),
    ("nullable", _column(lambda rng, c: pd.array([1, *[None] * (len(c) - 1)], dtype="Int64"))),
    ("nullable flags", _column(lambda rng, c: pd.array([None] * len(c), dtype="boolean"))),
    ("nullable text", _column(lambda rng, c: c.astype("string"))),
    ("arrow text", _column(_arrow)),
    ("periods", _column(lambda rng, c: pd.period_range("1900", periods=len(c), freq="M"))),
    ("intervals", _column(lambda rng, c: pd.interval_range(0, len(c)))),
    ("sparse", _column(lambda rng, c: pd.arrays.SparseArray(np.zeros(len(c))))),
    ("huge integers", _column(lambda rng, c: [10**25 + k for k in range(len(c))])),
    ("infinite", _column(lambda rng, c: rng.choice([np.inf, -np.inf, np.nan, -1.0], len(c)))),
    ("all missing", _column(lambda rng, c: np.full(len(c), np.nan))),
    ("nested", _column(lambda rng, c: [[k, [k]] for k in range(len(c))])),
    ("bytes", _column(lambda rng, c: [str(v).encode("utf-8", "replace") for v in c])),
    ("constant", _column(lambda rng, c: [any_value(rng)] * len(c))),
    ("long", _column(lambda rng, c: ["y" * 100_000] * len(c))),
    ("swapped dates", _swapped),
    ("overlapping spells", _overlapping),
    ("cycle", cycle),
    ("permuted", _permuted),
    ("renamed", _renamed),
    ("added column", _added),
    ("dropped column", lambda rng, f: f.drop(columns=pick(rng, list(f.columns)))),
    ("twice the column", lambda rng, f: f.iloc[:, [0, *range(len(f.columns)),
                                                   int(rng.integers(len(f.columns)))]]),
    ("reordered", lambda rng, f: f.iloc[:, rng.permutation(len(f.columns))]),
    ("paired columns", lambda rng, f: _pairs(f)),
    ("paired index", lambda rng, f: f.set_index(list(f.columns[:2]), drop=False)),
    ("same labels", lambda rng, f: f.set_axis([0] * len(f))),
    ("text labels", lambda rng, f: f.set_axis([pick(rng, TEXTS) for _ in range(len(f))])),
    ("odd labels", lambda rng, f: f.set_axis(pd.Index([any_label(rng) for _ in range(len(f))],
                                                      dtype="object", tupleize_cols=False))),
    ("no rows", lambda rng, f: f.iloc[:0]),
    ("no columns", lambda rng, f: f.iloc[:, :0]),
    ("one row", lambda rng, f: f.iloc[:1]),
    ("rows shuffled", lambda rng, f: f.iloc[rng.permutation(len(f))]),
    ("rows doubled", lambda rng, f: pd.concat([f, f])),
    ("rows dropped", lambda rng, f: f[rng.random(len(f)) < 0.6]),
    ("many columns", lambda rng, f: pd.concat(
        [f, pd.DataFrame(0, index=f.index, columns=range(300))], axis=1)),
    ("transposed", lambda rng, f: f.T),
)  # fmt: skip


def any_label(rng: Rng) -> Any:
    """A label of a row; those that cannot be hashed are left out, as pandas does."""
    value = any_value(rng)
    try:
        hash(value)
    except TypeError:
        return "label"
    return value
