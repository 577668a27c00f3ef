"""What offers are made from: rows of the tables, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from models.slot_rows import SlotRows

# The fields of a row are the columns read, in this order; the first is what rows are grouped by.


class PersonRow(NamedTuple):
    """A professional."""

    id: str
    number: str
    civility: str | None
    family_name: str
    given_name: str


class ActivityRow(NamedTuple):
    """A live activity of a professional."""

    professional_id: str
    place_key: str | None
    profession: str
    skill_type: str | None
    skill: str | None
    sector: str | None
    phone: str | None
    phone2: str | None


class PracticeRow(NamedTuple):
    """A profession, and a *savoir-faire*, that is practised at a place."""

    place_key: str
    profession: str
    skill_type: str | None
    skill: str | None


class SkillRow(NamedTuple):
    """A *savoir-faire* of a professional."""

    professional_id: str
    profession: str
    type: str
    code: str


class PlaceRow(NamedTuple):
    """A place of the RPPS (`source` = `rpps`), or one that only an editor knows."""

    key: str
    finess: str | None
    siret: str | None
    name: str | None
    sign: str | None
    phone: str | None
    source: str
    recipient: str | None
    extra: str | None
    number: str | None
    repetition: str | None
    street_type: str | None
    street: str | None
    distribution: str | None
    cedex: str | None
    postal_code: str | None
    insee: str | None
    commune: str | None
    country: str | None
    departement: str | None
    lat: float | None
    lon: float | None
    precision: str | None


class StructureRow(NamedTuple):
    """An open structure."""

    id: str
    siret: str | None
    name: str
    long_name: str | None
    category: str | None
    phone: str | None
    recipient: str | None
    extra: str | None
    number: str | None
    repetition: str | None
    street_type: str | None
    street: str | None
    distribution: str | None
    cedex: str | None
    postal_code: str | None
    insee: str | None
    commune: str | None
    country: str | None
    departement: str | None
    lat: float | None
    lon: float | None
    precision: str | None


class DeclarationRow(NamedTuple):
    """What a subject declares; lists are JSON texts."""

    subject: str
    place_key: str
    participation: bool | None
    via: str | None
    overbooking: bool | None
    reorientation: bool | None
    sector: str | None
    accessible: bool | None
    new_patients: bool | None
    skills: str | None
    care: str | None
    equipment: str | None
    languages: str | None
    information: str | None


class AgendaRow(NamedTuple):
    """What a subject writes for the regulation about a place."""

    subject: str
    place_key: str
    information: str | None
    changed_at: int


class CallRow(NamedTuple):
    """What the last call to an offer of a subject gave."""

    subject: str
    offer: str
    outcome: str
    at: int


@dataclass(frozen=True, slots=True)
class SubjectRows(SlotRows):
    """Everything that the offers of one subject are made from.

    `places` and `structures` hold at least the subject's own, by place key and by identifier; they are shared by a
    batch. `practices` are those of the whole place, for a structure. `calls` are those that sink an offer still.
    `fixed_points` are an association's places. `joined` is when those who take part through this structure last settled
    it, None without any, and `now` when all this was read (epoch seconds).
    """

    identity: PersonRow | StructureRow
    places: Mapping[str, PlaceRow]
    structures: Mapping[str, StructureRow]
    activities: Sequence[ActivityRow] = ()
    skills: Sequence[SkillRow] = ()
    practices: Sequence[PracticeRow] = ()
    declarations: Sequence[DeclarationRow] = ()
    agendas: Sequence[AgendaRow] = ()
    calls: Sequence[CallRow] = ()
    fixed_points: Sequence[PlaceRow] = ()
    joined: int | None = None
    now: int = 0
