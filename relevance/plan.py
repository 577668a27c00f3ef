"""The request as an immutable value. Engines compile plans; the oracle judges offers against them.

A plan is complete: values are canonical codes, the area has its points, the clock and the window are instants, the
viewer is a fact. Nothing is looked up any more.
"""

from dataclasses import dataclass, field
from typing import Literal

from models.codes import Viewer
from models.geo import Point
from models.offer import Kind, ModalityName

HORIZON_S = 72 * 3600
BANDS_H: tuple[tuple[int, int], ...] = ((0, 4), (4, 8), (8, 12), (12, 24), (24, 48), (48, 72))
MODALITIES: tuple[ModalityName, ...] = ("cabinet", "teleconsultation", "domicile")
Order = Literal["relevance", "nearest", "soonest"]


@dataclass(frozen=True, slots=True)
class Circle:
    """An area by radius (metres). `near` of the request is its centre, and the origin of distances."""

    radius_m: float


@dataclass(frozen=True, slots=True)
class Membership:
    """An area by codes, alternatives of one another. `radius_m` is R: from the origin to the farthest of its points."""

    radius_m: float
    postal_codes: frozenset[str] = frozenset()
    communes: frozenset[str] = frozenset()
    departements: frozenset[str] = frozenset()


Area = Circle | Membership


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked for, `[start, end)` in epoch seconds; already cut at the clock + 72 h."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text:
    """The tokens asked, in the order typed. `prefix`: the last one may still be growing.

    `joined` holds the other readings, where neighbouring words are one: see `relevance.text.readings`.
    """

    tokens: tuple[str, ...]
    prefix: bool = True
    joined: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A request. `at` is a whole minute (epoch seconds). An empty value means "not asked".

    `window` is what `when` asks; without it the 72 hours are searched for the time band. `modalities` keep the order
    asked. `participation` holds the ways asked ("any" is one).
    """

    at: int
    viewer: Viewer = Viewer.PUBLIC
    kind: Kind | None = None
    text: Text | None = None
    professions: frozenset[str] = frozenset()
    specialties: frozenset[str] = frozenset()
    structure_types: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    care: frozenset[str] = frozenset()
    equipment: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    participation: frozenset[str] = frozenset()
    overbooking: bool = False
    reorientation: bool = False
    accessible: bool = False
    new_patients: bool = False
    origin: Point | None = None
    area: Area | None = None
    window: Window | None = None
    modalities: tuple[ModalityName, ...] = ()
    order: Order = "relevance"
    exact_limit: int = 50
    approximate_limit: int = 20
    widened_from_m: float | None = field(default=None)

    @property
    def horizon(self) -> Window:
        """The 72 hours from the clock."""
        return Window(self.at, self.at + HORIZON_S)

    @property
    def searched(self) -> Window:
        """The window asked, or the 72 hours."""
        return self.window or self.horizon

    @property
    def text_alone(self) -> "Plan":
        """The same question of names, without the other criteria: what suggestions are the exact matches of."""
        return Plan(
            at=self.at, viewer=self.viewer, kind=self.kind, text=self.text, origin=self.origin, order=self.order
        )
