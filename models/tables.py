"""The tables. The database is the truth; the index can always be rebuilt from it.

Instants are UTC epoch seconds (INTEGER); days are dates. Rows that mirror a full file carry a `digest` of their
content, the day they appeared (`arrived_on`, empty for the first load of a source) and the day they disappeared
(`departed_on`). A *subject* is `p:<identification nationale PP>` or `s:<FINESS or SIRET>`: the person or the structure
whose offers are rebuilt together.
"""

from datetime import date
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, LargeBinary, false, text, true
from sqlmodel import Field, SQLModel

_Sequence = BigInteger().with_variant(Integer, "sqlite")


class Mirrored(SQLModel):
    """What a row that mirrors a file carries."""

    digest: str
    arrived_on: date | None = None
    departed_on: date | None = None


class Address(SQLModel):
    """A postal address as the files give it, except that `insee`, `postal_code` and `departement` are set right.

    `insee` is the arrondissement in Paris, Lyon and Marseille. An address abroad has a `country`, and neither postal
    code, INSEE code nor département. `address_key` is the folded street, the postal code and the
    INSEE code: equal keys, same address.
    """

    recipient: str | None = None
    extra: str | None = None
    number: str | None = None
    repetition: str | None = None
    street_type: str | None = None
    street: str | None = None
    distribution: str | None = None
    cedex: str | None = None
    postal_code: str | None = Field(default=None, index=True)
    insee: str | None = Field(default=None, index=True)
    commune: str | None = None
    country: str | None = None
    departement: str | None = None
    address_key: str | None = None


class Located(SQLModel):
    """A point (WGS84 degrees), how precise it is and where it comes from. Not part of the digest."""

    lat: float | None = None
    lon: float | None = None
    precision: str | None = None
    point_source: str | None = None


class Professional(Mirrored, table=True):
    """A person of the RPPS. `id` is the *Identification nationale PP* (type digit, then the number)."""

    id: str = Field(primary_key=True)
    number: str
    civility: str | None = None
    family_name: str
    given_name: str


class Place(Mirrored, Address, Located, table=True):
    """A place of practice of the RPPS, or of an editor.

    `key` is `finess:<9>`, else `siret:<14>`, else `tech:<identifiant technique>`, else `addr:<folded address>`. A place
    that only an editor knows has the source `fhir:<editor>`; for a fixed point of an association (SOS Médecins),
    `siret` is the association's.
    """

    __table_args__ = (
        Index(
            "place_of_editor", "siret", sqlite_where=text("source <> 'rpps'"), postgresql_where=text("source <> 'rpps'")
        ),
    )
    key: str = Field(primary_key=True)
    finess: str | None = Field(default=None, index=True)
    siret: str | None = None
    technical_id: str | None = None
    former_id: str | None = Field(default=None, index=True)
    name: str | None = None
    sign: str | None = None
    phone: str | None = None
    source: str = "rpps"


class Activity(Mirrored, table=True):
    """One row of `PS_LibreAcces_Personne_activite`: a person, a profession, a savoir-faire, a place."""

    id: str = Field(primary_key=True)
    professional_id: str = Field(index=True)
    place_key: str | None = Field(default=None, index=True)
    profession: str
    category: str | None = None
    skill_type: str | None = None
    skill: str | None = None
    mode: str | None = None
    sector: str | None = None
    genre: str | None = None
    role: str | None = None
    phone: str | None = None
    phone2: str | None = None


class Skill(Mirrored, table=True):
    """One row of `PS_LibreAcces_SavoirFaire`."""

    id: str = Field(primary_key=True)
    professional_id: str = Field(index=True)
    profession: str
    type: str
    code: str
    label: str


class Diploma(Mirrored, table=True):
    """One row of `PS_LibreAcces_Dipl_AutExerc`."""

    id: str = Field(primary_key=True)
    professional_id: str = Field(index=True)
    type: str | None = None
    code: str | None = None
    label: str | None = None
    authorisation_type: str | None = None
    discipline: str | None = None
    discipline_label: str | None = None


class Structure(Mirrored, Address, Located, table=True):
    """An establishment (EGE) of FINESS+, or an association known by its SIRET. Its place key is `finess:<id>`."""

    id: str = Field(primary_key=True)
    siret: str | None = Field(default=None, index=True)
    legal_id: str | None = None
    name: str
    long_name: str | None = None
    category: str | None = Field(default=None, index=True)
    phone: str | None = None
    active: bool = True
    opened_on: date | None = None
    closed_on: date | None = None
    source: str = "finess"


class PostalCode(Mirrored, table=True):
    """A postal code of a commune that the bundled gazetteer lacks, read from La Poste's file."""

    __tablename__ = "postal_code"
    id: str = Field(primary_key=True)
    insee: str
    postal_code: str
    name: str
    lat: float | None = None
    lon: float | None = None


class Territory(Mirrored, table=True):
    """A CPTS: its name, and its FINESS number when known."""

    id: str = Field(primary_key=True)
    kind: str = "cpts"
    name: str
    finess: str | None = None


class TerritoryCommune(SQLModel, table=True):
    """A commune that a territory covers."""

    __tablename__ = "territory_commune"
    territory_id: str = Field(primary_key=True)
    insee: str = Field(primary_key=True)


class TerritoryPostalCode(SQLModel, table=True):
    """A postal code that a territory covers: the ones of its communes."""

    __tablename__ = "territory_postal_code"
    territory_id: str = Field(primary_key=True)
    postal_code: str = Field(primary_key=True)


class Availability(SQLModel, table=True):
    """A créneau or a plage, `[start, end)`. `place_key` empty: at every place of the subject."""

    __table_args__ = (Index("availability_subject_start", "subject", "start"),)
    id: str = Field(primary_key=True)
    subject: str
    place_key: str | None = Field(default=None, index=True)
    kind: str
    start: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    end: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    modalities: list[str] = Field(sa_column=Column(JSON, nullable=False))
    labels: list[str] = Field(sa_column=Column(JSON, nullable=False))
    audience: str
    capacity: int | None = None
    specialties: list[str] = Field(sa_column=Column(JSON, nullable=False))
    cpts: list[str] = Field(sa_column=Column(JSON, nullable=False))
    source_kind: str
    source_name: str
    external_id: str | None = None
    checked_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    booking_url: str | None = None
    motives: list[str] | None = Field(default=None, sa_column=Column(JSON))
    digest: str = ""


class SlotFeed(SQLModel, table=True):
    """A source of slots of a subject: when it was last asked, whether it answered, for slots that start until when.

    `asked_at` 0: somebody said that the subject has an agenda there, and nobody asked yet. `answered_at`: the last time
    that it did answer. `listed`: a list has it, or a file told it first; else only who it is of says so, as long as
    they do.
    """

    __tablename__ = "slot_feed"
    subject: str = Field(primary_key=True)
    source_kind: str = Field(primary_key=True)
    source_name: str = Field(primary_key=True)
    asked_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    answered: bool = True
    covers_until: int | None = Field(default=None, sa_column=Column(BigInteger))
    answered_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    digest: str = ""
    listed: bool = Field(default=True, sa_column_kwargs={"server_default": true()})


class Editor(SQLModel, table=True):
    """An editor whose FHIR server is asked for slots; `name` is that of the source of these slots.

    `flows`: what it speaks, among `ps`, `cpts` and `sos`. `certificate`, `key`, `authority` and `revoked` are paths of
    PEM files: ours for it, who signs its own (none: the system's), which of those are revoked (none: not looked at).
    `caller` is the common name of the certificate with which it calls us, to tell appointments, and `caller_unit` a
    unit (OU) that it must name (none: any). `accounts`: it takes those of regulators. `calls_per_hour` bounds any sixty
    minutes. One sweep at a time holds it: `sweep` names it, `swept_until` is when the others take it for dead.
    """

    name: str = Field(primary_key=True)
    base_url: str
    flows: list[str] = Field(sa_column=Column(JSON, nullable=False))
    certificate: str | None = None
    key: str | None = None
    authority: str | None = None
    revoked: str | None = None
    caller: str | None = Field(default=None, unique=True)
    caller_unit: str | None = None
    accounts: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    concurrency: int = 4
    calls_per_hour: int = 3000
    active: bool = True
    declared_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    sweep: str | None = None
    swept_until: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class EditorCalls(SQLModel, table=True):
    """How many calls an editor was to be sent in a minute (epoch seconds), by purpose (`feeds.budget`)."""

    __tablename__ = "editor_calls"
    editor: str = Field(primary_key=True)
    minute: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    purpose: str = Field(primary_key=True)
    calls: int


class EditorOutcome(SQLModel, table=True):
    """How many requests to an editor ended so in an hour (epoch seconds).

    `outcome` is `ok` or the cause of a failure; `step` is the rung of the ladder of durations (`feeds.journal`).
    """

    __tablename__ = "editor_outcome"
    editor: str = Field(primary_key=True)
    hour: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    outcome: str = Field(primary_key=True)
    step: int = Field(primary_key=True)
    count: int


class Declaration(SQLModel, table=True):
    """What a person or a structure declares, for one place or for all (`place_key` = ""). Empty: not declared."""

    subject: str = Field(primary_key=True)
    place_key: str = Field(default="", primary_key=True)
    participation: bool | None = None
    via: str | None = None
    overbooking: bool | None = None
    reorientation: bool | None = None
    sector: str | None = None
    accessible: bool | None = None
    new_patients: bool | None = None
    skills: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    care: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    equipment: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    languages: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    information: str | None = None
    declared_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    digest: str = ""


class Agenda(SQLModel, table=True):
    """What somebody writes for the regulation about one of their places, and when their agenda there last changed."""

    subject: str = Field(primary_key=True)
    place_key: str = Field(primary_key=True)
    information: str | None = None
    changed_at: int = Field(sa_column=Column(BigInteger, nullable=False))


class AgendaEntry(SQLModel, table=True):
    """A créneau or a plage that somebody writes in their agenda of one place: once, or every week.

    `starts` and `ends` are minutes since midnight on the place's clock (0 to 1,440), so an 8 o'clock stays 8 o'clock
    all year. With `weekdays` (0 is Monday) it repeats from `first_day` until `last_day`, both included, for ever when
    that is empty; without, it is on `first_day` alone. `skipped` are the days (ISO) that it leaves out. Its occurrences
    are rows of `Availability` (whose `external_id` is this `id`) that start before `expanded_until`.
    """

    __tablename__ = "agenda_entry"
    __table_args__ = (Index("agenda_entry_subject_place", "subject", "place_key"),)
    id: str = Field(primary_key=True)
    subject: str
    place_key: str
    kind: str
    capacity: int | None = None
    modalities: list[str] = Field(sa_column=Column(JSON, nullable=False))
    starts: int
    ends: int
    first_day: date
    last_day: date | None = None
    weekdays: list[int] = Field(sa_column=Column(JSON, nullable=False))
    skipped: list[str] = Field(sa_column=Column(JSON, nullable=False))
    version: int = 1
    changed_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    expanded_until: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))


class Absence(SQLModel, table=True):
    """Whole days when somebody receives nobody at a place, both included; until further notice without `last_day`."""

    subject: str = Field(primary_key=True)
    place_key: str = Field(primary_key=True)
    first_day: date = Field(primary_key=True)
    last_day: date | None = None
    declared_at: int = Field(sa_column=Column(BigInteger, nullable=False))


class Participation(SQLModel, table=True):
    """What somebody settled of their part in the Service d'accès aux soins; the last word over what files declare.

    `via` is one of `models.offer.Via`; `structure` is the subject of the MSP, of the association or of the CDS, or the
    identifier of the CPTS, and `places` are the places (keys) that take part through a CPTS. `editors` are the names of
    the booking software on their honour, empty for none, None when not answered.
    `two_hours`: they declare at least two hours a week in the agenda. `generalists` is the number of general
    practitioners of a CDS. `registered_at` is since when they take part without a break.
    """

    subject: str = Field(primary_key=True)
    active: bool = False
    via: str | None = None
    structure: str | None = Field(default=None, index=True)
    places: list[str] = Field(sa_column=Column(JSON, nullable=False))
    editors: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    refuses_editor_slots: bool = False
    two_hours: bool = False
    reorientation: bool = False
    generalists: int | None = None
    registered_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    changed_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    version: int = 1


class Orientation(SQLModel, table=True):
    """A patient sent to somebody by the regulation: to a créneau, to a plage, or beyond what is open (*en sus*).

    Nothing here tells who the patient is. `place_key` and `offer` are empty when an editor does not say where.
    `slot_start` and `slot_end` are those of the slot; *en sus* they are the instant agreed on the phone, twice. `entry`
    is the one of the agenda whose place is taken (`AgendaEntry.id`), for what is written by hand.
    `regulator` is an account's identifier, never a name.
    `state` is `made`, `cancelled`, `honoured` or `noshow`. `appointment` is the editor's name and its identifier of it:
    `editor|system|value`.
    """

    __table_args__ = (Index("orientation_subject_slot", "subject", "slot_start"),)
    id: str = Field(primary_key=True)
    at: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    kind: str
    subject: str
    place_key: str
    offer: str
    source_kind: str | None = None
    source_name: str | None = None
    slot_start: int = Field(sa_column=Column(BigInteger, nullable=False))
    slot_end: int = Field(sa_column=Column(BigInteger, nullable=False))
    modality: str | None = None
    entry: str | None = None
    regulator: str = Field(index=True)
    state: str = "made"
    changed_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    appointment: str | None = Field(default=None, unique=True)


class Call(SQLModel, table=True):
    """What the last call to an offer gave: `calling`, `reached`, `no_answer`, `refused` or `full_today`."""

    offer: str = Field(primary_key=True)
    subject: str
    outcome: str
    regulator: str
    at: int = Field(sa_column=Column(BigInteger, nullable=False))


class Regulator(SQLModel, table=True):
    """A regulator, as editors must know them. `id` is a UUID of ours; `version` rises with each change.

    `national_id` is prefixed (`8` and the RPPS…), None for whoever has none; editors know them by it, else by `id`.
    """

    id: str = Field(primary_key=True)
    national_id: str | None = Field(default=None, unique=True)
    family: str
    given: str
    email: str
    active: bool = True
    version: int = 1
    changed_at: int = Field(sa_column=Column(BigInteger, nullable=False))


class RegulatorAccount(SQLModel, table=True):
    """What an editor was told of a regulator.

    `version` is the regulator's that the editor accepted (0: none), `tried_version` the last one sent, so many times
    (`attempts`), the last at `tried_at`; not again before `next_at`. `known_as` are the identifiers (`system|value`)
    that the editor may know them by, the surest first; `location` is where it says they are. `cause` and `detail` say
    why the last attempt failed; `refused`: it was the editor's decision. One attempt at a time holds it: `turn` names
    it, `held_until` is when the others take it for dead.
    """

    __tablename__ = "regulator_account"
    editor: str = Field(primary_key=True)
    regulator: str = Field(primary_key=True)
    known_as: list[str] = Field(sa_column=Column(JSON, nullable=False))
    location: str | None = None
    version: int = 0
    tried_version: int = 0
    attempts: int = 0
    tried_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    next_at: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    cause: str | None = None
    detail: str | None = None
    refused: bool = False
    turn: str | None = None
    held_until: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class Suppression(SQLModel, table=True):
    """An objection: this subject is never offered, whatever the files say."""

    subject: str = Field(primary_key=True)
    reason: str
    at: int = Field(sa_column=Column(BigInteger, nullable=False))


class Report(SQLModel, table=True):
    """An error that somebody says a card has, with the card as it was shown to them.

    `reference` is the one that they were given. `seen` is the card (`OneOfferJson`) as `viewer` saw it at `seen_at`, in
    this `generation` of the index at this `position` of the outbox. `fact` is what is wrong, as the card calls it.
    """

    reference: str = Field(primary_key=True)
    at: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    subject: str = Field(index=True)
    offer: str
    fact: str
    right: str
    email: str | None = None
    seen: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    generation: str
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    seen_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    viewer: str
    closed_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    outcome: str | None = None


class Contact(SQLModel, table=True):
    """A message to those who run the directory; `reference` is the one that its author was given."""

    reference: str = Field(primary_key=True)
    at: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    role: str
    topic: str
    name: str
    email: str
    phone: str | None = None
    territory: str | None = None
    message: str


class ContactFile(SQLModel, table=True):
    """A file that came with a message, as it came. `digest` is its SHA-256; `name` is what its author calls it."""

    __tablename__ = "contact_file"
    reference: str = Field(primary_key=True, foreign_key="contact.reference", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    name: str
    kind: str
    size: int
    digest: str
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class UnknownCode(SQLModel, table=True):
    """A code that a file uses and that no list of ours has: kept, counted and offered with the file's label.

    `terminology` is a name of `models.codes.TERMINOLOGIES`; `count` is that of the last file of the source.
    """

    __tablename__ = "unknown_code"
    source: str = Field(primary_key=True)
    terminology: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    label: str
    count: int


class GeocodedAddress(SQLModel, table=True):
    """What the geocoder answered for an address; `lat` empty: it found nothing good enough."""

    __tablename__ = "geocoded_address"
    key: str = Field(primary_key=True)
    lat: float | None = None
    lon: float | None = None
    precision: str | None = None
    score: float | None = None
    at: int = Field(sa_column=Column(BigInteger, nullable=False))


class Load(SQLModel, table=True):
    """The journal of loads: which file, when, with what totals."""

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(index=True)
    file_name: str
    file_date: date | None = None
    attribution: str
    started_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    finished_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    totals: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    report: str | None = None


class Outbox(SQLModel, table=True):
    """A subject whose offers must be rebuilt, written in the transaction of its change. `seq` orders and versions."""

    __table_args__ = {"sqlite_autoincrement": True}
    seq: int | None = Field(default=None, sa_column=Column(_Sequence, primary_key=True, autoincrement=True))
    subject: str
    created_at: int = Field(sa_column=Column(BigInteger, nullable=False))
