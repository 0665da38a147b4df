"""Which columns a specification puts into its models, and in which part each plays.

Measures are turned so that more of each means more concentrated power or closer interests:
hazard ratios of different measures then point the same way.
"""

from __future__ import annotations

from typing import NamedTuple

from analysis.multiverses.choices import Specification
from analysis.study.plan import BREADTH, DEPTH, z

HOST = "single_host"
# Larger values of these mean less concentrated power, or interests further apart.
REVERSED = frozenset({"power_effective_number", "power_entropy", "interest_range"})
# Shares of yes and no are told as they are: their unit, one, is the difference that counts.
AS_IT_IS = frozenset({HOST})


class Terms(NamedTuple):
    """Columns by their part; `closeness` is depth or what stands for it, "" if there is none."""

    power: str
    squared: str
    closeness: str
    breadth: str
    controls: tuple[str, ...]
    quadratic: bool

    @property
    def power_block(self) -> tuple[str, ...]:
        """Power as the specification has it."""
        return (self.power, self.squared) if self.quadratic else (self.power,)

    @property
    def interest_block(self) -> tuple[str, ...]:
        """Interests as the specification has them."""
        return tuple(name for name in (self.closeness, self.breadth) if name)

    @property
    def full(self) -> tuple[str, ...]:
        """All covariates of the specification's own model."""
        return (*self.power_block, *self.interest_block, *self.controls)


def terms(specification: Specification) -> Terms:
    """The columns that the specification uses."""
    interests = specification.interests
    closeness = {"depth + breadth": DEPTH, "breadth": ""}.get(interests, f"interest_{interests}")
    controls = specification.controls
    power = column(specification.power)
    return Terms(
        power=power,
        squared="" if specification.power in AS_IT_IS else squared(power),
        closeness=column(closeness) if closeness else "",
        breadth=column(BREADTH) if interests in ("depth + breadth", "breadth") else "",
        controls=() if controls == "none" else tuple(controls.split(" + ")),
        quadratic=specification.form == "quadratic",
    )


def column(measure: str) -> str:
    """The column in which a measure enters: standardised, unless it is yes or no."""
    return measure if measure in AS_IT_IS else z(measure)


def squared(standardised: str) -> str:
    """The column of a standardised measure's square."""
    return f"{standardised}_squared"
