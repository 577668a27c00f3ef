"""The offer: one professional, or one structure, at one place. What a search returns.

Names are those of the API's answer (see docs/api.md). `None` means that nobody declared the value; an empty tuple means
"declared: none". Instants are UTC epoch seconds; the API prints them with the offset of the place.
"""

from hashlib import blake2b
from typing import Literal

import msgspec

Kind = Literal["professional", "structure"]
SlotState = Literal["known", "unknown", "none"]
Precision = Literal["site", "housenumber", "street", "commune"]
ModalityName = Literal["cabinet", "teleconsultation", "domicile"]
AudienceName = Literal["public", "professional", "regulation", "cpts"]
Via = Literal["individual", "cpts", "msp", "sos", "cds"]
Sinking = Literal["no_answer", "refused", "full_today"]


class Code(msgspec.Struct, frozen=True):
    """A code of a terminology with its French label."""

    code: str
    label: str


class Person(msgspec.Struct, frozen=True):
    """Who practises. `rpps` is the identifier without its type digit (11 digits, or an ADELI number)."""

    rpps: str
    civility: str | None
    given_name: str
    family_name: str


class StructureRef(msgspec.Struct, frozen=True):
    """The structure at this place: the offer itself for a structure, where they practise for a person."""

    finess: str | None = None
    siret: str | None = None
    name: str | None = None
    type: Code | None = None


class CommuneRef(msgspec.Struct, frozen=True):
    """A commune by its INSEE code."""

    insee: str
    name: str


class PlacePoint(msgspec.Struct, frozen=True):
    """WGS84 degrees, and how precise they are."""

    lat: float
    lon: float
    precision: Precision


class Place(msgspec.Struct, frozen=True):
    """Where. `departement` is a code ("69", "2A", "974"); `time_zone` an IANA name."""

    address: str | None
    postal_code: str | None
    commune: CommuneRef | None
    departement: str | None
    point: PlacePoint | None
    time_zone: str = "Europe/Paris"


class Participation(msgspec.Struct, frozen=True):
    """Participation to the Service d'accès aux soins, and through whom.

    `settled_on`: the day (ISO 8601, in Paris) when it was settled here; None when files declare it.
    """

    active: bool
    via: Via | None = None
    overbooking: bool = False
    reorientation: bool = False
    settled_on: str | None = None


class SlotSource(msgspec.Struct, frozen=True):
    """Where an availability comes from."""

    kind: Literal["editor", "agenda", "structure"]
    name: str


class SilentSource(msgspec.Struct, frozen=True):
    """A source of slots that did not answer when it was last asked, at `asked_at` (epoch seconds)."""

    kind: Literal["editor", "agenda", "structure"]
    name: str
    asked_at: int


class AnsweredSource(msgspec.Struct, frozen=True):
    """A source of slots that answered when it was last asked, at `answered_at` (epoch seconds); it may have none."""

    kind: Literal["editor", "agenda", "structure"]
    name: str
    answered_at: int


class Availability(msgspec.Struct, frozen=True):
    """When and how. A créneau takes one patient until it starts; a plage takes `capacity` until it ends.

    `motives` are what it is for, in its editor's words.
    """

    kind: Literal["creneau", "plage"]
    start: int
    end: int
    modalities: tuple[ModalityName, ...]
    audience: AudienceName
    source: SlotSource
    capacity: int | None = None
    checked_at: int | None = None
    booking_url: str | None = None
    motives: tuple[str, ...] = ()


class FruitlessCall(msgspec.Struct, frozen=True):
    """The last call, of which nothing came: what it gave, when, and until when that sinks the offer (epoch seconds)."""

    outcome: Sinking
    at: int
    until: int


class Offer(msgspec.Struct, frozen=True):
    """One flat document: everything judged and everything shown. `availabilities` are ordered by start, then end.

    `unseen_since`: when a source of slots last answered (epoch seconds), if none of them answers any more.
    `written_on`: the day (ISO 8601, in Paris) when the agenda that holds the information last changed; None when files
    declare it.
    """

    id: str
    subject: str
    kind: Kind
    person: Person | None
    professions: tuple[Code, ...] | None
    specialties: tuple[Code, ...] | None
    structure: StructureRef
    place: Place
    phones: tuple[str, ...] = ()
    skills: tuple[Code, ...] | None = None
    care: tuple[Code, ...] | None = None
    equipment: tuple[Code, ...] | None = None
    languages: tuple[Code, ...] | None = None
    sector: Code | None = None
    accessible: bool | None = None
    new_patients: bool | None = None
    participation: Participation | None = None
    information: str | None = None
    written_on: str | None = None
    slot_state: SlotState = "none"
    silent_sources: tuple[SilentSource, ...] = ()
    answered_sources: tuple[AnsweredSource, ...] = ()
    availabilities: tuple[Availability, ...] = ()
    unseen_since: int | None = None
    fruitless: FruitlessCall | None = None

    @property
    def name(self) -> str:
        """The text a person reads, and that the `text` criterion is compared with."""
        if self.person is not None:
            return f"{self.person.given_name} {self.person.family_name}"
        return self.structure.name or ""


def offer_id(subject: str, place_key: str) -> str:
    """The offer's identifier, stable from load to load: `p…`/`s…` of the subject, then 12 hex of the place key."""
    kind, _, number = subject.partition(":")
    return f"{kind}{number}-{blake2b(place_key.encode(), digest_size=6).hexdigest()}"


def tie(identifier: str) -> int:
    """The neutral last word of every order: BLAKE2b of the offer's id, 8 bytes, an unsigned integer, smallest first."""
    return int.from_bytes(blake2b(identifier.encode(), digest_size=8).digest(), "big")
