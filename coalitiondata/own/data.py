"""A user's own coalitions, in the same tables as the data set."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from coalitiondata import exporting, problems, schema
from coalitiondata.codebooks import codebook
from coalitiondata.conforming import conformed
from coalitiondata.errors import InvalidDataError
from coalitiondata.formats import Format
from coalitiondata.given import names_given, path_given, shown, tables_given, text_given
from coalitiondata.names import known
from coalitiondata.own import package
from coalitiondata.own.files import read_files
from coalitiondata.own.findings import refuse
from coalitiondata.own.full import full_tables
from coalitiondata.own.intake import take_in
from coalitiondata.own.measuring import Measuring
from coalitiondata.own.minimal import TABLES
from coalitiondata.own.options import SHIPPED, Options, Scale, checked, scales_of, until_of
from coalitiondata.own.states import States
from coalitiondata.paths import shipped_tables
from coalitiondata.survival import NEEDED, Unit, survival_frame
from coalitiondata.validation import validate

Scales = Scale | Mapping[str, Scale]


@dataclass(frozen=True, eq=False)
class CoalitionData:
    """Own coalitions with everything that the data set can do with its own.

    Make one with `from_members` (one table of members, and what else there is), `from_frames`,
    `from_csv`, `from_parquet` or `from_excel`. `docs/own-data.md` walks through an example.
    """

    frames: Mapping[str, pd.DataFrame]
    """The tables by name, typed and named as those of the data set."""
    descriptor: Mapping[str, Any]
    """Their schema, datapackage.json."""
    measuring: Measuring | None = None
    """How power and interests are measured; None as in the data set."""
    problems: pd.DataFrame = field(default_factory=lambda: problems.none().copy())
    """Every problem found on the way: table, row, column, value, rule, hint."""
    set_aside: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Rows that could not be used, as they were given, by minimal table."""
    matches: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Which actor each label of a member became, when, and whether it was in the state system."""

    @classmethod
    def from_members(
        cls,
        members: pd.DataFrame,
        *,
        coalition: str = "coalition",
        member: str = "member",
        joined: str = "joined",
        left: str = "left",
        power: str | None = "power",
        power_unit: str | None = None,
        power_by_year: pd.DataFrame | None = None,
        positions: str | Sequence[str] = (),
        position_scale: Scales | None = None,
        similarities: pd.DataFrame | Literal["shipped"] | None = None,
        similarity_scale: Scales = (0.0, 1.0),
        coalitions: pd.DataFrame | None = None,
        transformations: pd.DataFrame | None = None,
        columns: Mapping[str, str] | None = None,
        family: str = "wartime",
        kind: str | None = None,
        states: States | None = None,
        until: Any = None,
        lag: int = 1,
        title: str = "Own coalitions",
        author: str | None = None,
        citation: str | None = None,
        strict: bool = True,
    ) -> CoalitionData:
        """Coalitions from one table with a row per coalition, member and stay.

        `coalition`, `member`, `joined`, `left` and `power` name columns of `members`; `columns`
        does so for `role`, `inducement`, `exit_cause` and `source`. `own.minimal.TABLES` and the
        template (`coalitiondata.write_template`) say what each means. All but `coalition` and
        `member` may be absent.

        Dates are read by `own.dates.read_dates`: as far as known (1914, 1914-08, 1914-08-04), with
        their precision kept, and never guessed. Without `coalitions` (columns coalition and any of
        name, start, end, observed_until, end_cause, goal, goal_outcome, arena, source) a coalition
        starts on the day on which its second member is in and ends on the last on which two are;
        stays count within that span. Where `coalitions` has a start or end, that holds; a member
        without `joined` is in from the start and one without `left` to the end. Without an end, a
        member without `left` was still in on `until` (or `observed_until`), and a coalition with
        two such members is censored on that day.

        `power` is one number per stay; `power_by_year` (coalition, member, year, power) has one per
        calendar year instead, taken `lag` years (1 or 0) before the moment; `power="shipped"` takes
        the CINC of states from the data set. `positions` are columns of `members`, on
        `position_scale` (lowest, highest; one or by column): any dimensions on any scales.
        `similarities` has member_a, member_b, perhaps year, and a column for each channel, on
        `similarity_scale`; "shipped" takes the pairs of states of the data set. What the data set
        does not have of these stays missing. `own.measuring` says how interests follow.

        `transformations` has coalition, date, kind (a level of `transformations.kind`), perhaps
        became. `family` is wartime, governing, ngo or a word of your own. `states` says what
        members are called by: "cow", "gw", "iso3", "iso2" or (English) "name", matched by the date
        on which they joined (`match_states`); None takes them as they are, as actors of `kind`.

        `strict=True` raises InvalidDataError, with all problems in `.report`, if there is any.
        `strict=False` sets rows aside whose coalition, member or dates cannot be used, takes a
        faulty power, position or role as missing, uses the rest, and keeps both in `problems` and
        `set_aside`; coalitions that lost a row have `member_coverage` "partial".

        Raises InvalidDataError also for arguments that do not fit together and if no row is left,
        UnknownNameError for an unknown way to name states.
        """
        names = tuple(names_given(positions, (), "positions"))
        own_pairs = None if isinstance(similarities, str) else similarities
        if isinstance(similarities, str):
            known("similarities", similarities, [SHIPPED])
        if power is not None:
            text_given(power, "power")
        if columns is not None and not isinstance(columns, Mapping):
            raise InvalidDataError(f"columns is {shown(columns)}; give a mapping between names.")
        given = {
            "members": members,
            "coalitions": coalitions,
            "power": power_by_year,
            "similarities": own_pairs,
            "transformations": transformations,
        }
        tables = tables_given({name: each for name, each in given.items() if each is not None})
        own_pairs = tables.get("similarities")
        channels = _channels(own_pairs)
        options = checked(
            Options(
                names={
                    **{each.name: each.name for each in TABLES["members"]},
                    **{"coalition": coalition, "member": member, "joined": joined, "left": left},
                    **(columns or {}),
                    **({} if power in (None, SHIPPED) else {"power": power}),
                },
                power=power,
                power_unit=power_unit,
                positions=names,
                scales=scales_of(names, position_scale, "position_scale"),
                channel_scales=scales_of(channels, similarity_scale, "similarity_scale"),
                family=family,
                kind=kind,
                states=states,
                until=until_of(until),
                lag=lag,
                shipped_power=power == SHIPPED,
                shipped_pairs=isinstance(similarities, str),
                title=title,
                author=author,
                citation=citation,
            )
        )
        intake = take_in(tables, options)
        if strict and len(intake.problems):
            raise refuse(intake.problems)
        return cls(
            frames=intake.frames,
            descriptor=intake.descriptor,
            measuring=intake.measuring,
            problems=intake.problems,
            set_aside=intake.set_aside,
            matches=intake.matches,
        )

    @classmethod
    def from_frames(
        cls, frames: Mapping[str, pd.DataFrame], *, strict: bool = True, **options: Any
    ) -> CoalitionData:
        """Coalitions from tables by name.

        Either minimal tables, `members` and perhaps `coalitions`, `power` (by year),
        `similarities` and `transformations`, with the further arguments of `from_members`; or
        tables of the data set's own schema, at least `coalitions` and `memberships`, which are
        measured as the data set measures its own. Other tables of the schema may be absent; keys to
        an absent table are not checked.

        Raises as `from_members`, and UnknownNameError for a table that is neither.
        """
        frames = tables_given(frames)
        if "members" in frames:
            for name in frames:
                known("minimal table", name, TABLES)
            rest = {
                name: frames.get(name) for name in ("coalitions", "similarities", "transformations")
            }
            given = {name: frame for name, frame in rest.items() if frame is not None}
            if "power" in frames:
                given["power_by_year"] = frames["power"]
            return cls.from_members(frames["members"], strict=strict, **{**given, **options})
        if options:
            raise InvalidDataError(
                f"{', '.join(options)} are for minimal tables, and there is no table `members`."
            )
        content = full_tables(frames, strict=strict)
        return cls(content.frames, content.descriptor, None, content.problems, content.set_aside)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str], **options: Any) -> CoalitionData:
        """Coalitions from a CSV of members, or from a folder of CSV files named like the tables.

        Cells are read as text and interpreted as `from_frames` does, whose arguments it takes. A
        folder that `export(..., "csv")` wrote comes back as it was, with its measures. Raises
        DamagedFileError for a file that cannot be read.
        """
        return cls._from_files(path, "csv", options)

    @classmethod
    def from_parquet(cls, path: str | os.PathLike[str], **options: Any) -> CoalitionData:
        """As `from_csv`, from Parquet."""
        return cls._from_files(path, "parquet", options)

    @classmethod
    def from_excel(cls, path: str | os.PathLike[str], **options: Any) -> CoalitionData:
        """As `from_csv`, from the sheets of one workbook, such as the template.

        A workbook with one sheet of any name holds the members.
        """
        return cls._from_files(path, "xlsx", options)

    @classmethod
    def _from_files(
        cls, path: str | os.PathLike[str], extension: str, options: Mapping[str, Any]
    ) -> CoalitionData:
        frames, descriptor = read_files(path_given(path), extension)
        if descriptor is None:
            return cls.from_frames(frames, **options)
        content = full_tables(frames, descriptor, strict=options.get("strict", True))
        measuring = descriptor.get("measuring")
        return cls(
            content.frames,
            content.descriptor,
            None if measuring is None else Measuring.from_json(measuring),
            content.problems,
            content.set_aside,
        )

    def tables(self) -> pd.DataFrame:
        """Name, rows, columns and description of each table."""
        schemas = package.tables_of(self.descriptor)
        return pd.DataFrame(
            {
                "name": list(schemas),
                "rows": [len(self.frames[name]) for name in schemas],
                "columns": [len(table.fields) for table in schemas.values()],
                "description": [table.description for table in schemas.values()],
            }
        )

    def load(self, name: str) -> pd.DataFrame:
        """A copy of one table. Raises UnknownNameError for a table that is not there."""
        return self.frames[known("table", name, self.frames)].copy()

    def validate(self, *, raise_on_error: bool = True) -> pd.DataFrame:
        """Check the tables against their schema and the rules, as `coalitiondata.validate` does."""
        with package.as_data_folder(self.descriptor, {}):
            return validate(self.frames, raise_on_error=raise_on_error)

    def survival_frame(self, unit: Unit = "coalition", **options: Any) -> pd.DataFrame:
        """`coalitiondata.survival_frame` of these coalitions, with the same arguments."""
        return survival_frame(unit, data=self, **options)

    def concentration(self, founding_days: int = 30) -> pd.DataFrame:
        """Power concentration of each coalition at its start: one row per coalition.

        Columns `coalition_id`, `n_members`, `power_total` and one for each measure, of the members
        that are in within `founding_days`; see `coalitiondata.covariates.power`.
        """
        return self._part("power", founding_days)

    def overlap(self, founding_days: int = 30) -> pd.DataFrame:
        """Interest overlap of each coalition at its start: one row per coalition.

        Columns `coalition_id`, `n_members`, `interest_depth`, `interest_breadth`,
        `interest_issues` and one for each issue; see `own.measuring.interests_of`.
        """
        return self._part("interest", founding_days)

    def _part(self, prefix: str, founding_days: int) -> pd.DataFrame:
        frame = self.survival_frame(founding_days=founding_days)
        chosen = [name for name in frame.columns if str(name).startswith(f"{prefix}_")]
        return frame[["coalition_id", "n_members", *chosen]]

    def codebook(self, table: str | None = None) -> pd.DataFrame:
        """`coalitiondata.codebook` of these tables."""
        with package.as_data_folder(self.descriptor, self.frames):
            return codebook(table)

    def export(
        self,
        path: str | os.PathLike[str],
        format: Format = "parquet",
        tables: str | Iterable[str] | None = None,
        *,
        overwrite: bool = False,
    ) -> Path:
        """`coalitiondata.export` of these tables (without `tables`, of those that have rows)."""
        filled = [name for name, frame in self.frames.items() if len(frame)]
        with package.as_data_folder(self.descriptor, self.frames):
            return exporting.export(path, format, tables or filled, overwrite=overwrite)

    def for_analysis(self) -> dict[str, pd.DataFrame]:
        """Every table that survival frames need; those that are not there are empty."""
        with shipped_tables():
            return {
                name: self.frames[name]
                if name in self.frames
                else conformed(schema.table(name), pd.DataFrame())
                for name in NEEDED
            }


def _channels(similarities: pd.DataFrame | None) -> tuple[str, ...]:
    if similarities is None:
        return ()
    known_columns = {each.name for each in TABLES["similarities"]} | {"source"}
    return tuple(str(name) for name in similarities if name not in known_columns)
