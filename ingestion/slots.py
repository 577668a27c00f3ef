"""Loading the answers of one editor: a snapshot of its slots for the people asked, in the window asked.

The latest answer counts, whatever the order in which several are read; what lies outside its window stays as it was.

A slot lies at a place that the RPPS knows for the person, found by the structure's number, else by the address, else,
if the editor tells neither number nor street, as the only one there; a place that nothing matches is kept as the
editor's own. An editor that could not be asked leaves its slots as they are, and becomes unknown for the people asked.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    update,
)

from ingestion.addresses import Given, address_key, same_street, settle, spelt_out, spelt_street
from ingestion.answers import Named, named, read_answers
from ingestion.directory import ADDRESS_COLUMNS, place_key
from ingestion.fhir import MOTIVES, Answer, Association, PlaceGiven, SlotGiven
from ingestion.files import Part, Progress, parts
from ingestion.kinds import ANSWERS, texts_of
from ingestion.loading import Job, Loading, Options, opened, run, write_lot
from ingestion.report import Rejected, Totals, WrongFormat
from ingestion.staging import Mirror, StagedRow, digest, table_of
from models.gazetteer import Gazetteer
from models.slots import EDITOR
from models.tables import Activity, Availability, Place, Professional, SlotFeed, Structure
from models.turns import of_editor, take_turn

_SOS = "sos"
_ACTIVITY, _PLACE, _PROFESSIONAL = table_of(Activity), table_of(Place), table_of(Professional)
_AVAILABILITY, _FEED, _STRUCTURE = table_of(Availability), table_of(SlotFeed), table_of(Structure)
_NEVER, _NAMED = 2**62, 500

AVAILABILITIES = Mirror(
    _AVAILABILITY,
    (
        "subject",
        "place_key",
        "kind",
        "start",
        "end",
        "modalities",
        "labels",
        "audience",
        "specialties",
        "cpts",
        "source_kind",
        "source_name",
        "external_id",
        "checked_at",
        "booking_url",
        "motives",
    ),
    scope=false(),
)
FEEDS = Mirror(
    _FEED,
    ("asked_at", "answered", "covers_until"),
    keys=("subject", "source_kind", "source_name"),
    scope=false(),
    latest="asked_at",
    beside=("covers_from",),
)
EDITORS_PLACES = Mirror(
    _PLACE, ("finess", "siret", "name", "phone", *ADDRESS_COLUMNS, "source"), keys=("key",), scope=false()
)
ASSOCIATIONS = Mirror(_STRUCTURE, ("siret", "name", "category", "phone", "active", "source"), scope=false())
"""Of feeds, places and associations nothing is ever removed: an answer only tells of those it has slots for."""


def load_slots(engine: Engine, path: Path, options: Options, editor: str | None = None) -> Totals:
    """Replace an editor's slots by its answers: one Bundle, NDJSON of several, a zip or a folder of them.

    `editor` is the name of the source; files named `creneaux-<editor>-…` tell it. An answer was checked when it says,
    else when the file's name says, else when the file was written.

    Raises:
        LoadRefused: nothing was written; also when nobody tells the editor.

    """
    found = texts_of(path, ANSWERS)
    name = editor or _editor_of(found)
    among = len(parts(path))
    return run(engine, path, options, _job(name, lambda loading: _read(loading, found, name, among=among)))


class Replacing:
    """Applies what editors answer when they are asked, lot after lot; built by `replacing`."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading

    def apply(self, editor: str, answers: Sequence[Answer], at: int) -> Totals:
        """Replace an editor's slots by answers that it gave now, in a transaction of its own with its outbox."""
        return write_lot(self._loading, _job(editor, lambda loading: _stage(loading, answers, editor, at)), at)


@contextmanager
def replacing(engine: Engine) -> Iterator[Replacing]:
    """What applies the answers of any editor, for the time of a block and on one thread."""
    with opened(engine, "", Options(at=0), _job("", lambda _loading: None)) as loading:
        yield Replacing(loading)


def _job(editor: str, read: Callable[[Loading], None]) -> Job:
    """How answers of an editor are written, once they are read."""
    return Job(
        source=f"{ANSWERS}:{editor}",
        attribution=editor,
        mirrors=(AVAILABILITIES, FEEDS, EDITORS_PLACES, ASSOCIATIONS),
        read=read,
        before=_subjects_touched,
        after=_subjects_moved,
        write=_settle,
        turn=of_editor(editor),
        guarded=False,
    )


def _editor_of(found: list[Part]) -> str:
    """The one editor that the files' names tell."""
    editors = {known.editor for part in found if (known := named(part.name))}
    if len(editors) != 1:
        raise WrongFormat("De quel éditeur sont ces créneaux ? Donnez son nom (--editeur).")
    return editors.pop()


def _read(loading: Loading, found: list[Part], editor: str, *, among: int) -> None:
    """Stage every answer; then forget those that are older than another, stored or read."""
    loading.totals.notes["fichiers d'une autre sorte, laissés de côté"] += among - len(found)
    stager = _Stager(loading, editor)
    for part, on_progress in _with_progress(found, loading.options.on_progress):
        loading.name_file(part)
        known = named(part.name) or Named(editor, int(part.path.stat().st_mtime))
        for answer in read_answers(part, on_progress, lenient=loading.options.force):
            loading.totals.read += 1
            if isinstance(answer, Rejected):
                loading.reject(answer)
            else:
                loading.kept += 1
                stager.stage(answer, answer.checked_at or known.asked_at, loading.totals.read)
    _forget_replaced(loading)
    _sort_out(loading, editor)


def _stage(loading: Loading, answers: Sequence[Answer], editor: str, at: int) -> None:
    """Stage answers given now, about different people: our clock dates them, whatever theirs says.

    Who left the editor while the answer was on its way does not come back with it.
    """
    take_turn(loading.connection, of_editor(editor))
    stager = _Stager(loading, editor)
    loading.totals.read = loading.kept = len(answers)
    there = _there(loading.connection, editor, {subject for answer in answers for subject in answer.subjects})
    for rank, answer in enumerate(answers, 1):
        stager.stage(_about(answer, there), at, rank)
    _sort_out(loading, editor)


def _there(connection: Connection, editor: str, subjects: Collection[str]) -> frozenset[str]:
    """Those of these who have an agenda at an editor."""
    own = (_FEED.c.source_kind == EDITOR, _FEED.c.source_name == editor, _FEED.c.subject.in_(subjects))
    return frozenset(connection.scalars(select(_FEED.c.subject).where(*own)))


def _about(answer: Answer, subjects: frozenset[str]) -> Answer:
    """What an answer says of these."""
    return answer._replace(
        asked=answer.asked & subjects,
        slots=tuple(slot for slot in answer.slots if slot.subject in subjects),
        associations=tuple(one for one in answer.associations if f"s:{one.siret}" in subjects),
    )


def _sort_out(loading: Loading, editor: str) -> None:
    """Of what is staged, keep what is newer than what is stored; say what it replaces."""
    _forget_older(loading)
    _narrow(loading, editor)


def _with_progress(found: list[Part], on_progress: Progress | None) -> Iterator[tuple[Part, Progress | None]]:
    """Each part, with a progress that counts the files before it."""
    paths = list(dict.fromkeys(part.path for part in found))
    sizes = {path: path.stat().st_size for path in paths}
    before = {path: sum(sizes[other] for other in paths[:rank]) for rank, path in enumerate(paths)}
    total = sum(sizes.values())
    for part in found:
        yield part, on_progress and _shifted(on_progress, before[part.path], total)


def _shifted(on_progress: Progress, before: int, total: int) -> Progress:
    """The progress of one file among several."""
    return lambda done, _size: on_progress(before + done, total)


def _forget_replaced(loading: Loading) -> None:
    """Forget the slots in the window of a later answer about the same subject, read by the same load."""
    feeds, slots = loading.staged["slot_feed"], loading.staged["availability"]
    feeds.flush()
    slots.flush()
    each, later = slots.rows.alias(), feeds.rows.alias()
    replaced = and_(each.c.subject == later.c.subject, each.c.checked_at < later.c.asked_at, _asked(each, later))
    slots.discard(slots.rows.c.n.in_(select(each.c.n).join(later, replaced)))


def _asked(slot: FromClause, feed: FromClause) -> ColumnElement[bool]:
    """The condition that an editor answered for the window in which a slot starts."""
    since, until = func.coalesce(feed.c.covers_from, -_NEVER), func.coalesce(feed.c.covers_until, _NEVER)
    return and_(feed.c.answered, slot.c.start.between(since, until))


def _forget_older(loading: Loading) -> None:
    """Forget the answers older than the stored one of the same editor about the same subject."""
    feeds, slots = loading.staged["slot_feed"], loading.staged["availability"]
    newer = exists().where(
        *(_FEED.c[key] == feeds.rows.c[key] for key in FEEDS.keys), _FEED.c.asked_at > feeds.rows.c.asked_at
    )
    older = exists().where(
        _FEED.c.subject == slots.rows.c.subject,
        _FEED.c.source_kind == slots.rows.c.source_kind,
        _FEED.c.source_name == slots.rows.c.source_name,
        _FEED.c.asked_at > slots.rows.c.checked_at,
    )
    slots.discard(older)
    loading.totals.skipped["réponses plus anciennes"] += feeds.discard(newer)


def _narrow(loading: Loading, editor: str) -> None:
    """Whose slots, starting when, the answers replace; with them go those that are over."""
    feeds, at = loading.staged["slot_feed"].rows, loading.options.at
    ended = case((_AVAILABILITY.c.kind == "plage", _AVAILABILITY.c.end <= at), else_=_AVAILABILITY.c.start < at)
    replaced = or_(_asked(_AVAILABILITY, feeds), and_(feeds.c.answered, ended))
    answered = exists().where(feeds.c.subject == _AVAILABILITY.c.subject, replaced)
    own = (_AVAILABILITY.c.source_kind == EDITOR, _AVAILABILITY.c.source_name == editor)
    theirs = _AVAILABILITY.c.subject.in_(select(feeds.c.subject))  # said apart: their slots are found by an index
    loading.staged["availability"].narrow(and_(*own, theirs, answered))


class _Stager:
    """Stages the answers of one editor."""

    def __init__(self, loading: Loading, editor: str) -> None:
        self._loading = loading
        self._editor = editor
        self._source = f"fhir:{editor}"

    def stage(self, answer: Answer, checked_at: int, rank: int) -> None:
        """Stage one answer: the feed of each subject, the associations, the slots and their places."""
        staged, totals = self._loading.staged, self._loading.totals
        since, until = answer.window or (None, None)
        for subject in sorted(answer.subjects):
            values = (checked_at, answer.answered, until)
            staged["slot_feed"].add((subject, EDITOR, self._editor, digest(values), *values, since))
        for association in answer.associations:
            staged["structure"].add(self._association_row(association))
        for reason in answer.refused:
            self._loading.reject(Rejected(rank, reason))
        totals.notes.update(answer.remarks)
        places = _Places(self._loading, answer, self._source)
        for slot in _once(answer.slots):
            if over(slot, self._loading.options.at):
                totals.skipped["créneaux passés"] += 1
            else:
                staged["availability"].add(self._slot_row(slot, places.key_of(slot), checked_at))

    def _association_row(self, association: Association) -> StagedRow:
        values = (association.siret, association.name, _SOS, association.phone, True, self._source)
        return (association.siret, digest(values), *values)

    def _slot_row(self, slot: SlotGiven, key: str | None, checked_at: int) -> StagedRow:
        """A row of `Availability`: who, where, when, how and for whom make its identifier."""
        named_by = (self._editor, slot.subject, key, slot.kind, slot.start, slot.end, slot.modalities, slot.labels)
        values = (
            slot.subject,
            key,
            slot.kind,
            slot.start,
            slot.end,
            _json(slot.modalities),
            _json(slot.labels),
            slot.audience,
            _json(slot.specialties),
            _json(slot.cpts),
            EDITOR,
            self._editor,
            slot.external_id,
            checked_at,
            slot.booking_url,
            _json(slot.motives),
        )
        return (digest(named_by), digest(values), *values)


def _once(slots: Iterable[SlotGiven]) -> Iterable[SlotGiven]:
    """Slots without those that only their motives tell apart: the same hour, told for each of what it is for."""
    found: dict[tuple[object, ...], SlotGiven] = {}
    for slot in slots:
        same = (slot.subject, slot.place, slot.kind, slot.start, slot.end, slot.modalities, slot.labels)
        told = found[same].motives if same in found else ()
        found[same] = slot._replace(motives=tuple(dict.fromkeys((*told, *slot.motives)))[:MOTIVES])
    return found.values()


def over(slot: SlotGiven, at: int) -> bool:
    """Whether it is too late to take the slot: a créneau has begun, a plage has ended."""
    return slot.end <= at if slot.kind == "plage" else slot.start < at


@lru_cache(maxsize=10_000)
def _json(values: tuple[str, ...]) -> str:
    """A JSON list, as text."""
    return msgspec.json.encode(values).decode()


class Candidate(NamedTuple):
    """A place that is known for a person."""

    subject: str
    key: str
    finess: str | None
    siret: str | None
    technical_id: str | None
    former_id: str | None
    number: str | None
    repetition: str | None
    street_type: str | None
    street: str | None
    postal_code: str | None
    insee: str | None
    address_key: str | None

    @property
    def spelt_street(self) -> str:
        """The number and the street, spelt out; empty without a street."""
        return spelt_street(self.number or "", self.repetition or "", self.street_type or "", self.street or "")


class _Places:
    """Finds the places of one answer's slots, and stages those that are the editor's own."""

    def __init__(self, loading: Loading, answer: Answer, source: str) -> None:
        self._loading = loading
        self._source = source
        subjects = {slot.subject for slot in answer.slots}
        self._candidates = candidates(loading.connection, subjects)
        unknown = sum(subject.startswith("p:") for subject in subjects) - _known(loading.connection, subjects)
        if unknown:
            loading.totals.notes["professionnels inconnus du RPPS"] += unknown
        coming = (slot for slot in answer.slots if slot.place and not over(slot, loading.options.at))
        given = dict.fromkeys((slot.subject, slot.place) for slot in coming if slot.place)
        found = {asked: self._found(*asked) for asked in given}
        self._keys = {
            asked: row if row is None or isinstance(row, str) else str(row[0]) for asked, row in found.items()
        }
        self._stage_own([row for row in found.values() if row is not None and not isinstance(row, str)])

    def key_of(self, slot: SlotGiven) -> str | None:
        """The key of the place of a slot that is not over."""
        return self._keys[slot.subject, slot.place] if slot.place else None

    def _found(self, subject: str, place: PlaceGiven) -> StagedRow | str | None:
        """The key of the place that the RPPS knows of somebody, else the row of one that is the editor's."""
        address = address_of(place, self._loading.gazetteer)
        known = matching(place.identifier, address, self._candidates[subject])
        return known or place_row(subject, place, address, self._source)

    def _stage_own(self, own: Sequence[StagedRow]) -> None:
        """Stage the places that are not the person's in the RPPS, unless somebody else's file has them."""
        keys = sorted({str(row[0]) for row in own})
        stored: dict[str, str] = {}
        for first in range(0, len(keys), _NAMED):
            those = _PLACE.c.key.in_(keys[first : first + _NAMED])
            query = select(_PLACE.c.key, _PLACE.c.source).where(those, _PLACE.c.departed_on.is_(None))
            stored |= {row.key: row.source for row in self._loading.connection.execute(query)}
        for row in own:
            if stored.get(str(row[0]), "fhir:").startswith("fhir:"):
                self._loading.staged["place"].add(row)
                self._loading.totals.notes["lieux que l'éditeur est seul à connaître"] += 1


def candidates(connection: Connection, subjects: Iterable[str]) -> defaultdict[str, list[Candidate]]:
    """The places that the RPPS knows for these people, by subject."""
    people = [subject[2:] for subject in subjects if subject.startswith("p:")]
    columns = (_PLACE.c[name] for name in Candidate._fields[1:])
    query = (
        select(literal("p:") + _ACTIVITY.c.professional_id, *columns)
        .join(_PLACE, _PLACE.c.key == _ACTIVITY.c.place_key)
        .where(_ACTIVITY.c.professional_id.in_(people), _ACTIVITY.c.departed_on.is_(None))
        .distinct()
        .order_by(_PLACE.c.key)
    )
    found: defaultdict[str, list[Candidate]] = defaultdict(list)
    for row in connection.execute(query):
        found[row[0]].append(Candidate._make(row))
    return found


def address_of(place: PlaceGiven, gazetteer: Gazetteer) -> Mapping[str, str | None]:
    """The columns of `models.tables.Address` that an editor's place tells, settled."""
    last_line = f"{place.postal_code} {place.city}".strip()
    settled = settle(Given(last_line=last_line, postal_code=place.postal_code, commune=place.city), gazetteer)
    key = address_key(spelt_out(place.line), settled.postal_code, settled.insee)
    street = {"street": place.line or None, "cedex": settled.last_line, "address_key": key}
    return street | {name: value for name, value in settled._asdict().items() if name in ADDRESS_COLUMNS}


def matching(
    identifier: tuple[str, str] | None, address: Mapping[str, str | None], among: list[Candidate]
) -> str | None:
    """The candidate that the editor means: same number, else same address, else the only one that nothing contradicts.

    A street contradicts another one only: it says nothing against a place that is known without a street.
    """
    for one in among:
        if identifier is not None and same_structure(identifier, one):
            return one.key
    for one in among:
        if one.address_key is not None and one.address_key == address["address_key"]:
            return one.key
    there = _near(address, among)
    street = spelt_out(address["street"] or "")
    if street and any(one.number or one.street for one in there):
        there = [one for one in there if same_street(street, one.spelt_street)]
    elif identifier is not None:  # a number that no candidate has is that of another place
        return None
    return there[0].key if len(there) == 1 else None


def _near(address: Mapping[str, str | None], among: list[Candidate]) -> list[Candidate]:
    """The candidates of the same commune: those of the same postal code if any. Without a commune, the code decides."""
    postal_code, insee = address["postal_code"], address["insee"]
    same_code = [one for one in among if postal_code and one.postal_code == postal_code]
    if insee is None:
        return same_code
    same_code = [one for one in same_code if one.insee in (insee, None)]
    return same_code or [one for one in among if one.insee == insee]


def same_structure(identifier: tuple[str, str], candidate: Candidate) -> bool:
    """Whether a structure's number is the candidate's, today's or the former (prefixed 0, 1, 3 or 4)."""
    kind, number = identifier
    former = {"finess": f"1{number}", "siret": f"3{number}", "rang": number}[kind]
    if candidate.former_id == former:
        return True
    current = {
        "finess": candidate.finess,
        "siret": candidate.siret,
        "rang": candidate.technical_id and former[0] + candidate.technical_id[1:],
    }
    return current[kind] == number


def place_row(subject: str, place: PlaceGiven, address: Mapping[str, str | None], source: str) -> StagedRow | None:
    """A row of `Place` for an editor's own place; None when it says neither number nor address."""
    kind, number = place.identifier or ("", "")
    finess, siret = (number if kind == wanted else None for wanted in ("finess", "siret"))
    where = (address["postal_code"], address["insee"] or address["commune"], address["country"])
    key = place_key(finess, siret, "", (spelt_out(place.line), *where))
    if key is None:
        return None
    owner = subject[2:] if subject.startswith("s:") else siret
    values = (finess, owner, place.name or None, place.phone, *(address.get(name) for name in ADDRESS_COLUMNS), source)
    return (key, digest(values), *values)


def _known(connection: Connection, subjects: Iterable[str]) -> int:
    """How many of these subjects are people whom the RPPS has."""
    people = [subject[2:] for subject in subjects if subject.startswith("p:")]
    return connection.scalar(select(func.count()).where(_PROFESSIONAL.c.id.in_(people))) or 0


def _subjects_touched(loading: Loading) -> Iterable[Select[Any]]:
    """Whose slots, feed or association differ from what is stored."""
    slots = loading.staged["availability"]
    if slots.changes:
        yield select(slots.rows.c.subject).join(slots.touched, slots.touched.c.n == slots.rows.c.n)
        yield select(_AVAILABILITY.c.subject).join(slots.touched, slots.touched.c.id == _AVAILABILITY.c.id)
    yield select(loading.staged["slot_feed"].touched.c.subject)
    if loading.staged["structure"].changes:
        yield select(literal("s:") + loading.staged["structure"].touched.c.id)


def _subjects_moved(loading: Loading) -> Iterable[Select[Any]]:
    """Who has slots at a place that is new or differs."""
    places = loading.staged["place"]
    if places.changes:
        there = places.touched.c.key == _AVAILABILITY.c.place_key
        yield select(_AVAILABILITY.c.subject).join(places.touched, there)


def _settle(loading: Loading) -> None:
    """Give the editor's own places their points; remember when each feed answered."""
    places = loading.staged["place"]
    if places.changes:
        loading.pointer.move_places(places.written())
    feeds = loading.staged["slot_feed"]
    answered = and_(_FEED.c.answered, exists().where(feeds.same(_FEED)))
    theirs = _FEED.c.subject.in_(select(feeds.touched.c.subject))
    loading.connection.execute(update(_FEED).values(answered_at=_FEED.c.asked_at).where(theirs, answered))
