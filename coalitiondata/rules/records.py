"""Rules about records: one per coalition and pair, with its basis, unit and sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from coalitiondata import problems

Frames = Mapping[str, pd.DataFrame]

MONEY = "annual_revenue"


def primary_unless_overlap(frames: Frames) -> pd.DataFrame:
    """A record is primary unless it points to the primary record of the same coalition.

    Exception: none; it must point to a primary record.
    """
    if "coalitions" not in frames:
        return problems.none()
    coalitions = frames["coalitions"]
    primary = coalitions["primary"].fillna(True).astype(bool)
    points = coalitions["overlaps_with"].notna()
    secondary = coalitions.loc[~primary, "coalition_id"]
    report = [
        problems.at(broken, coalitions, "coalitions", column, "primary_unless_overlap", hint)
        for broken, column, hint in [
            (primary & points, "primary", "Points to another record: set `primary` to false."),
            (~primary & ~points, "primary", "Not primary: `overlaps_with` must name the primary."),
            (
                ~primary & coalitions["overlaps_with"].isin(secondary),
                "overlaps_with",
                "Points to a record that is not primary itself.",
            ),
        ]
    ]
    return problems.together(report)


def lineage_bears_first_id(frames: Frames) -> pd.DataFrame:
    """A lineage is called `lin-` and the id of the first coalition in it.

    Exception: coalitions without a lineage.
    """
    if "coalitions" not in frames:
        return problems.none()
    coalitions = frames["coalitions"]
    ordered = coalitions.sort_values(["start", "coalition_id"], kind="stable")
    first = ordered.groupby("lineage")["coalition_id"].transform("first").reindex(coalitions.index)
    broken = coalitions["lineage"].notna() & (coalitions["lineage"] != "lin-" + first)
    hint = "The first coalition of this lineage has another id."
    return problems.at(broken, coalitions, "coalitions", "lineage", "lineage_bears_first_id", hint)


def precision_with_date(frames: Frames) -> pd.DataFrame:
    """A date has a precision, and a precision has a date.

    Exception: none.
    """
    found = []
    for name, frame, column, companion in _pairs(frames, "precision"):
        dated, precise = frame[column].notna(), frame[companion].notna()
        for broken, hint in [
            (dated & ~precise, f"`{column}` has a date: say day, month or year."),
            (~dated & precise, f"`{column}` has no date: leave its precision missing."),
        ]:
            found.append(problems.at(broken, frame, name, companion, "precision_with_date", hint))
    return problems.together(found)


def basis_with_value(frames: Frames) -> pd.DataFrame:
    """A value says whether it was coded, derived or curated; a missing value has no basis.

    Exception: none.
    """
    found = []
    for name, frame, column, companion in _pairs(frames, "basis"):
        filled, based = frame[column].notna(), frame[companion].notna()
        for broken, hint in [
            (filled & ~based, f"`{column}` has a value: say where it comes from."),
            (~filled & based, f"`{column}` is missing: leave its basis missing."),
        ]:
            found.append(problems.at(broken, frame, name, companion, "basis_with_value", hint))
    return problems.together(found)


def missing_power_has_reason(frames: Frames) -> pd.DataFrame:
    """A missing amount of power says why it is missing, and only a missing one does.

    Exception: none.
    """
    if "power" not in frames:
        return problems.none()
    power = frames["power"]
    broken = power["value"].isna() != power["missing_reason"].notna()
    hint = "Give either a value or the reason why it is missing."
    return problems.at(broken, power, "power", "missing_reason", "missing_power_has_reason", hint)


def one_unit_per_resource(frames: Frames) -> pd.DataFrame:
    """All amounts of one resource are in one unit.

    Exception: sums of money, in the currency of the source; nobody knows what a pound of 1840
    buys. Convert other amounts before entering.
    """
    if "power" not in frames:
        return problems.none()
    power = frames["power"]
    stated = power.dropna(subset="unit").astype({"resource": "object", "unit": "object"})
    modes = stated.groupby("resource")["unit"].agg(lambda units: units.mode().iloc[0])
    usual = power["resource"].astype("object").map(modes)
    broken = power["unit"].notna() & (power["unit"] != usual)
    broken &= power["resource"] != MONEY
    hint = "Other rows of this resource have another unit."
    return problems.at(broken, power, "power", "unit", "one_unit_per_resource", hint)


def pairs_once(frames: Frames) -> pd.DataFrame:
    """A pair of states stands once per year, the state with the lower COW code first.

    Exception: states whose code is not at hand must only differ.
    """
    if "dyads" not in frames:
        return problems.none()
    dyads = frames["dyads"]
    broken = dyads["actor_a"] == dyads["actor_b"]
    if "actors" in frames:
        actors = frames["actors"].drop_duplicates("actor_id").set_index("actor_id")
        codes = actors["cow_code"].astype("float64")
        broken |= dyads["actor_a"].map(codes) > dyads["actor_b"].map(codes)
    hint = "`actor_a` must be the state with the lower COW code, `actor_b` another state."
    return problems.at(broken, dyads, "dyads", "actor_b", "pairs_once", hint)


def based_on_known_sources(frames: Frames) -> pd.DataFrame:
    """A computed source names the sources it was computed from, and they exist.

    Exception: original sources, which name none.
    """
    if "sources" not in frames:
        return problems.none()
    sources = frames["sources"]
    named = sources["based_on"].dropna().str.split(";").explode()
    unknown = ~named.isin(sources["source_id"])
    broken = unknown.groupby(level=0).any().reindex(sources.index, fill_value=False)
    hint = "Names a source id that is not in `sources`; separate ids by semicolons."
    return problems.at(broken, sources, "sources", "based_on", "based_on_known_sources", hint)


def _pairs(frames: Frames, suffix: str) -> Iterator[tuple[str, pd.DataFrame, str, str]]:
    """Each column `x` with its companion `x_<suffix>`, or `value` with `<suffix>`, by table."""
    for name, frame in frames.items():
        for companion in frame.columns:
            column = "value" if companion == suffix else companion.removesuffix(f"_{suffix}")
            if column != companion and column in frame:
                yield name, frame, column, companion
