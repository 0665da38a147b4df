"""The minimal tables: which columns they have and what each means.

One list for reading, for the template and for its explanation.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a minimal table."""

    name: str
    meaning: str
    example: str
    required: bool = False
    key: bool = False
    """Whether a fault in it spoils the whole row, rather than the cell alone."""
    date: bool = False
    levels: str | None = None
    """Table and column of the schema whose levels it takes, as `memberships.role`."""


MEMBERS = (
    Column("coalition", "Name or id of the coalition; the same on the rows of all its members.",
           "First tiny war, side A", required=True, key=True),
    Column("member", "Name or code of the member: state, party, organisation, company, person.",
           "Prussia", required=True, key=True),
    Column("joined", "When it came in, as far as known: 1813, 1813-06 or 1813-06-27. Empty: with "
           "the start of the coalition, which `coalitions` must then give.",
           "1813-06-27", key=True, date=True),
    Column("left", "When it went out. Empty or `ongoing`: with the end of the coalition if that "
           "is given in `coalitions`, else still in when last observed.",
           "1814-05-30", key=True, date=True),
    Column("power", "One number for the strength of the member, in the same unit for all.", "270"),
    Column("role", "Role of the member.", "core", levels="memberships.role"),
    Column("inducement", "Whether it came in freely.", "voluntary",
           levels="memberships.inducement"),
    Column("exit_cause", "Why it went; derived from the dates if the column is not there.",
           "left_early", levels="memberships.exit_cause"),
    Column("source", "Where this row comes from: a reference or an address.",
           "https://example.org/a-page"),
)  # fmt: skip

COALITIONS = (
    Column("coalition", "As in `members`.", "First tiny war, side A", required=True, key=True),
    Column("name", "Name in words.", "Side A of the first tiny war"),
    Column("start", "Day on which the second member is in; derived from `members` if empty.",
           "1813-06-27", key=True, date=True),
    Column("end", "Day on which fewer than two are left or the effort stops; derived if empty.",
           "1814-05-30", key=True, date=True),
    Column("observed_until", "Last day on which it was observed, if it had not ended then.",
           "2020-12-31", key=True, date=True),
    Column("end_cause", "How it ended, in a word of yours or of the data set.", "victory"),
    Column("goal", "The common goal as stated.", "Defeat side B"),
    Column("goal_outcome", "Whether the goal was reached.", "achieved",
           levels="coalitions.goal_outcome"),
    Column("arena", "Country, war or field; errors are clustered on it.", "First tiny war"),
    Column("source", "Where this row comes from.", "https://example.org/a-page"),
)  # fmt: skip

POWER_BY_YEAR = (
    Column("coalition", "As in `members`.", "First tiny war, side A", required=True, key=True),
    Column("member", "As in `members`.", "Prussia", required=True, key=True),
    Column("year", "Calendar year of the value.", "1813", required=True, key=True),
    Column("power", "The number.", "270", required=True),
)  # fmt: skip

SIMILARITIES = (
    Column("member_a", "One member of the pair, as in `members`.", "Prussia",
           required=True, key=True),
    Column("member_b", "The other.", "Russia", required=True, key=True),
    Column("year", "Calendar year; leave the column out if the values hold throughout.", "1812",
           key=True),
)  # fmt: skip

TRANSFORMATIONS = (
    Column("coalition", "As in `members`.", "First tiny war, side A", required=True, key=True),
    Column("date", "When members entered the more lasting bond.", "1815-11-20", key=True,
           date=True),
    Column("kind", "Which kind of bond.", "defence_pact", required=True, key=True,
           levels="transformations.kind"),
    Column("became", "What it became.", "Quadruple Alliance"),
    Column("source", "Where this row comes from.", "https://example.org/a-page"),
)  # fmt: skip

TABLES = {
    "members": MEMBERS,
    "coalitions": COALITIONS,
    "power": POWER_BY_YEAR,
    "similarities": SIMILARITIES,
    "transformations": TRANSFORMATIONS,
}
