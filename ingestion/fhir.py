"""Reading what editors' FHIR servers answer: searchset Bundles of the SAS profiles (PS, CPTS, SOS Médecins).

Severities are those of a consumer that must survive what editors really send:

- a *bundle* is refused when it is no searchset Bundle (`BadAnswer`);
- a *slot* is left out when it cannot be believed: no start, end or schedule, an end before its start, an instant
  without zone, a reference that leads nowhere, nobody identified, a status other than free, outside the window asked;
- anything else is a *remark*: the slot is kept without the part that is wrong.

References are resolved by `Type/id`, else by the end of `fullUrl`; `meta.profile`, `total` and `search.mode` are never
relied on. A slot without any known label is the regulation's: who may see it fails closed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_plus, urlsplit, urlunsplit

import msgspec

from ingestion.files import LINE_LIMIT
from ingestion.phones import normalise
from ingestion.report import shown
from models.codes import FHIR_AUDIENCES, FHIR_KINDS, FHIR_MODALITIES, widest_audience
from models.identifiers import PERSONS, SIRET, STRUCTURES, person

Json = Any
"""A JSON value, as a server sent it."""

_SERVICE_REFERENCE = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType"
_ASKED = ("schedule.actor:Practitioner.identifier", "actor:Location.organization.identifier")
_BOUNDS = ("start", "_has:Slot:schedule:start")
_URL_LIMIT = 2048
MOTIVES, _MOTIVE_LIMIT = 5, 80
"""How many motives of consultation are kept of a slot, and how many signs of each."""
_STRUCTURE_IDS = (
    ("finess", re.compile("1?([0-9][0-9AB][0-9]{7})")),
    ("siret", re.compile(f"3?({SIRET})")),
    ("rang", re.compile(r"([04][0-9][0-9A-Z]{7,13})")),
)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The character NUL as JSON writes it: a backslash that no other escapes, then `u0000`."""
_SPECIALTY = re.compile(r"S[A-Z]{1,2}[0-9]{2}")


class BadAnswer(Exception):  # noqa: N818 - a decision said to a person
    """An answer that is no searchset Bundle; the message is French."""


class BadSlot(Exception):  # noqa: N818 - same
    """A slot that cannot be believed; the message is French."""


class UnaskedSlot(BadSlot):
    """A slot that may be sound, and that is none of what was asked: taken, outside the window, of somebody else."""


class Asked(NamedTuple):
    """Whom a request asked for (subjects), and the two bounds of the window, both included."""

    subjects: frozenset[str]
    window: tuple[int, int] | None


class PlaceGiven(NamedTuple):
    """Where an editor says that a slot is. `identifier` is (`finess` | `siret` | `rang`, number) of the structure."""

    identifier: tuple[str, str] | None
    name: str
    line: str
    city: str
    postal_code: str
    phone: str | None


class Association(NamedTuple):
    """An SOS Médecins association."""

    siret: str
    name: str
    phone: str | None


class SlotGiven(NamedTuple):
    """A slot: whose, where, when (epoch seconds), how, for whom. `place` None: everywhere the person practises."""

    subject: str
    place: PlaceGiven | None
    kind: str
    start: int
    end: int
    modalities: tuple[str, ...]
    labels: tuple[str, ...]
    audience: str
    specialties: tuple[str, ...]
    cpts: tuple[str, ...]
    external_id: str | None
    booking_url: str | None
    motives: tuple[str, ...] = ()


class Answer(NamedTuple):
    """One answer of an editor: whom it was asked for, in what window, and what it said.

    `answered` false: the editor could not be asked, its slots are unknown. `checked_at` is what the bundle says.
    `unreadable` counts, of the refused slots, those that could not be believed.
    """

    answered: bool
    asked: frozenset[str]
    window: tuple[int, int] | None = None
    checked_at: int | None = None
    associations: tuple[Association, ...] = ()
    slots: tuple[SlotGiven, ...] = ()
    refused: tuple[str, ...] = ()
    remarks: Mapping[str, int] = {}
    unreadable: int = 0

    @property
    def subjects(self) -> frozenset[str]:
        """Those whose slots this answer replaces: who was asked for, and who is in it."""
        return self.asked | {slot.subject for slot in self.slots} | {f"s:{one.siret}" for one in self.associations}


def read_answer(value: Json, request: Asked | None = None) -> Answer:
    """The answer that a JSON value is: a Bundle, or a failure noted by the caller.

    Who sent the request says what it was; what is about anybody else is then left out. Else the bundle is believed.

    Raises:
        BadAnswer: it is neither.

    """
    if request is None and isinstance(value, dict) and "asked" in value and "resourceType" not in value:
        asked = value["asked"] if isinstance(value["asked"], list) else []
        return Answer(answered=False, asked=frozenset(filter(None, map(subject_of, map(str, asked)))))
    if not isinstance(value, dict) or value.get("resourceType") != "Bundle":
        kind = value.get("resourceType") if isinstance(value, dict) else None
        raise BadAnswer(f"ce n'est pas un Bundle FHIR : resourceType {shown(kind)}")
    if value.get("type") != "searchset":
        raise BadAnswer(f"ce n'est pas un Bundle « searchset » : type {shown(value.get('type'))}")
    return _Bundle(value).answer(request)


def subject_of(number: str) -> str | None:
    """The subject of a national identifier, prefixed or not: `8` + RPPS, `0` + ADELI, `3` + SIRET."""
    if named := person(number):
        return f"p:{named}"
    structure = structure_number(number)
    return f"s:{structure[1]}" if structure and structure[0] == "siret" else None


def structure_number(number: str) -> tuple[str, str] | None:
    """The kind and the number of a structure's identifier: 1 FINESS, 3 SIRET, 4 RPPS-rang, 0 ADELI-rang, or none."""
    for kind, pattern in _STRUCTURE_IDS:
        if found := pattern.fullmatch(number):
            return kind, found[1]
    return None


def instant(text: Json) -> int | None:
    """The epoch seconds of a FHIR instant; None without a zone, or when it is not one."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return int(moment.timestamp()) if moment.tzinfo else None


def booking_url(text: Json) -> str | None:
    """A link that may be shown: http(s), with a host, without credentials nor `origin`; else None."""
    if not isinstance(text, str) or len(text) > _URL_LIMIT or not text.isprintable() or " " in text.strip():
        return None
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    kept = (pair for pair in parts.query.split("&") if unquote_plus(pair.partition("=")[0]) != "origin")
    return urlunsplit(parts._replace(query="&".join(kept)))


class _Bundle:
    """A searchset Bundle while it is read."""

    def __init__(self, bundle: dict[str, Json]) -> None:
        self._refused: list[str] = []
        self._unreadable = 0
        self._remarks: Counter[str] = Counter()
        given = [entry for entry in _list(bundle, "entry") if isinstance(entry.get("resource"), dict)]
        entries = [entry for entry in given if self._fits(entry["resource"])]
        self._resources = [entry["resource"] for entry in entries]
        self._by_reference = dict(_references(entries))
        self._bundle = bundle
        self._schedules: dict[str, tuple[str, PlaceGiven | None]] = {}

    def answer(self, request: Asked | None) -> Answer:
        """What the bundle says, of what was asked."""
        query = _self_query(self._bundle)
        asked, window = request or (_asked(query), _window(query))
        among = asked if request else None
        slots = tuple(self._slots(window, among))
        associations = dict.fromkeys(self._associations())
        return Answer(
            answered=True,
            asked=asked,
            window=window,
            checked_at=instant(_dict(self._bundle, "meta").get("lastUpdated")),
            associations=tuple(one for one in associations if among is None or f"s:{one.siret}" in among),
            slots=slots,
            refused=tuple(self._refused),
            remarks=dict(self._remarks),
            unreadable=self._unreadable,
        )

    def _slots(self, window: tuple[int, int] | None, among: frozenset[str] | None) -> Iterator[SlotGiven]:
        """The slots that are believed, in the window, of these subjects (None: of anybody)."""
        for resource in self._resources:
            if resource.get("resourceType") == "Slot":
                try:
                    slot = self._slot(resource, window)
                    if among is not None and slot.subject not in among:
                        raise UnaskedSlot(f"{slot.subject[2:]} n'était pas demandé")
                except BadSlot as reason:
                    self._refuse(resource, str(reason), unreadable=not isinstance(reason, UnaskedSlot))
                else:
                    yield slot

    def _fits(self, resource: dict[str, Json]) -> bool:
        """Whether a resource can be stored; a slot that cannot is left out, another is as if it were absent."""
        reason = _unfit(resource)
        if reason and resource.get("resourceType") == "Slot":
            self._refuse(resource, reason)
        elif reason:
            self._remarks[f"ressource qui n'est pas un créneau, {reason}"] += 1
        return reason is None

    def _refuse(self, slot: dict[str, Json], reason: str, *, unreadable: bool = True) -> None:
        self._unreadable += unreadable
        self._refused.append(f"Slot {shown(slot.get('id'))} : {reason}")

    def _slot(self, slot: dict[str, Json], window: tuple[int, int] | None) -> SlotGiven:
        start, end = self._times(slot, window)
        if slot.get("status") != "free":
            raise UnaskedSlot(f"statut {shown(slot.get('status'))}, « free » attendu")
        subject, place = self._schedule(_dict(slot, "schedule").get("reference"))
        labels = self._labels(slot)
        identifier = slot.get("id")
        return SlotGiven(
            subject=subject,
            place=place,
            kind=self._kind(slot),
            start=start,
            end=end,
            modalities=self._modalities(slot),
            labels=labels,
            audience=widest_audience(labels),
            specialties=tuple(code for code in _codes(_list(slot, "specialty")) if _SPECIALTY.fullmatch(code)),
            cpts=tuple(sorted(set(self._communities(slot)))),
            external_id=str(identifier) if identifier else None,
            booking_url=self._booking_url(slot),
            motives=_motives(slot),
        )

    def _times(self, slot: dict[str, Json], window: tuple[int, int] | None) -> tuple[int, int]:
        """The two instants of a slot that is believable."""
        start, end = instant(slot.get("start")), instant(slot.get("end"))
        if start is None or end is None:
            given = f"début {shown(slot.get('start'))}, fin {shown(slot.get('end'))}"
            raise BadSlot(f"{given} : instants ISO 8601 avec fuseau horaire attendus")
        if start >= end:
            raise BadSlot(f"la fin {shown(slot['end'])} n'est pas après le début {shown(slot['start'])}")
        if window and not window[0] <= start <= window[1]:
            raise UnaskedSlot(f"début {shown(slot['start'])} hors de la période demandée")
        return start, end

    def _kind(self, slot: dict[str, Json]) -> str:
        """A plage without appointment (WALKIN), else a créneau."""
        codes = _codes([_dict(slot, "appointmentType")])
        return next((FHIR_KINDS[code] for code in codes if code in FHIR_KINDS), "creneau")

    def _modalities(self, slot: dict[str, Json]) -> tuple[str, ...]:
        """The ways to be seen; at the practice when the slot does not tell."""
        codes = _codes(_list(slot, "serviceType"))
        found = tuple(dict.fromkeys(FHIR_MODALITIES[code] for code in codes if code in FHIR_MODALITIES))
        if not found:
            self._remarks["créneau sans type de consultation, mis au cabinet"] += 1
        return found or ("cabinet",)

    def _labels(self, slot: dict[str, Json]) -> tuple[str, ...]:
        """The visibility labels that are known, in alphabetical order."""
        given = [code for one in _list(_dict(slot, "meta"), "security") if (code := _code(one))]
        known = tuple(sorted({code for code in given if code in FHIR_AUDIENCES}))
        if not known:
            self._remarks["créneau sans visibilité connue, réservé à la régulation"] += 1
        return known

    def _communities(self, slot: dict[str, Json]) -> Iterator[str]:
        """The FINESS numbers of the CPTS that the slot is opened to."""
        for service in _list(slot, "serviceType"):
            for extension in _list(service, "extension"):
                if extension.get("url") == _SERVICE_REFERENCE:
                    number = self._community(_dict(extension, "valueReference").get("reference"))
                    if number:
                        yield number
                    else:
                        self._remarks["CPTS d'un créneau introuvable"] += 1

    def _community(self, reference: Json) -> str | None:
        """The FINESS number of the CPTS that a HealthcareService is of."""
        service = self._resolve(reference) or {}
        organization = self._resolve(_dict(service, "providedBy").get("reference")) or {}
        found = _structure_of(_list(organization, "identifier"))
        return found[1] if found and found[0] == "finess" else None

    def _booking_url(self, slot: dict[str, Json]) -> str | None:
        """The link of a slot, if it may be shown."""
        comment = slot.get("comment")
        url = booking_url(comment)
        if comment and url is None:
            self._remarks["lien de réservation refusé"] += 1
        return url

    def _schedule(self, reference: Json) -> tuple[str, PlaceGiven | None]:
        """Whose the schedule is, and where."""
        if not isinstance(reference, str):
            raise BadSlot("agenda (schedule) absent")
        if reference not in self._schedules:
            schedule = self._resolve(reference)
            if schedule is None:
                raise BadSlot(f"agenda {shown(reference)} introuvable")
            self._schedules[reference] = self._actors(schedule)
        return self._schedules[reference]

    def _actors(self, schedule: dict[str, Json]) -> tuple[str, PlaceGiven | None]:
        """The practitioner and the place of practice, or the association and its point."""
        actors = {}
        for actor in _list(schedule, "actor"):
            resource = self._resolve(actor.get("reference"))
            if resource is None:
                raise BadSlot(f"acteur {shown(actor.get('reference'))} introuvable")
            actors[str(resource.get("resourceType"))] = resource
        if "Location" in actors:
            return self._point(actors["Location"])
        role = actors.get("PractitionerRole", {})
        person = actors.get("Practitioner") or self._resolve(_dict(role, "practitioner").get("reference")) or {}
        subject = _person_of(_list(person, "identifier"))
        if subject is None:
            raise BadSlot("aucun identifiant national (IDNPS) du professionnel")
        if not role:
            self._remarks["agenda sans lieu d'exercice"] += 1
        return subject, self._practice(role)

    def _practice(self, role: dict[str, Json]) -> PlaceGiven | None:
        """The place of a PractitionerRole: its structure's identifier, and its contained Location."""
        identifier = _dict(_dict(role, "organization"), "identifier")
        location = self._location(role)
        if not location and not identifier:
            return None
        return _place(location, _structure_of([identifier]), _phone(_list(role, "telecom")))

    def _location(self, role: dict[str, Json]) -> dict[str, Json]:
        """The Location of a role: contained (`#id`), or an entry."""
        references = [str(one.get("reference") or "") for one in _list(role, "location")]
        contained = {f"#{one.get('id')}": one for one in _list(role, "contained")}
        found = (contained.get(reference) or self._resolve(reference) for reference in references)
        only = next(iter(contained.values()), {}) if len(contained) == 1 else {}
        return next((location for location in found if location), only)

    def _point(self, location: dict[str, Json]) -> tuple[str, PlaceGiven]:
        """The association and the place of a fixed on-call point."""
        association = self._association(location)
        if association is None:
            raise BadSlot("aucun SIRET de l'association")
        place = _place(location, _structure_of(_list(location, "identifier")), _phone(_list(location, "telecom")))
        return f"s:{association.siret}", place

    def _association(self, location: dict[str, Json]) -> Association | None:
        """The association that manages a location."""
        organization = self._resolve(_dict(location, "managingOrganization").get("reference")) or {}
        number = _structure_of(_list(organization, "identifier"))
        if number is None or number[0] != "siret":
            return None
        name = _text(organization, "name") or f"Association {number[1]}"
        return Association(number[1], name, _phone(_list(organization, "telecom")))

    def _associations(self) -> Iterator[Association]:
        """The associations that the bundle's locations are of."""
        for resource in self._resources:
            if resource.get("resourceType") == "Location" and (found := self._association(resource)):
                yield found

    def _resolve(self, reference: Json) -> dict[str, Json] | None:
        """The resource that a reference leads to, in this bundle."""
        if not isinstance(reference, str):
            return None
        return self._by_reference.get(reference) or self._by_reference.get(_tail(reference))


def _references(entries: Iterable[dict[str, Json]]) -> Iterator[tuple[str, dict[str, Json]]]:
    """What each resource may be called by: the end of its fullUrl, the whole of it, and best its `Type/id`."""
    own = []
    for entry in entries:
        resource = entry.get("resource")
        if isinstance(resource, dict):
            if isinstance(url := entry.get("fullUrl"), str):
                yield _tail(url), resource
                yield url, resource
            own.append((f"{resource.get('resourceType')}/{resource.get('id')}", resource))
    yield from own


def _tail(reference: str) -> str:
    """The `Type/id` at the end of a reference, its version left out."""
    return "/".join(reference.partition("/_history/")[0].split("/")[-2:])


def _self_query(bundle: dict[str, Json]) -> list[tuple[str, str]]:
    """The parameters of the request that the bundle answers, as its `self` link tells."""
    links = (one for one in _list(bundle, "link") if one.get("relation") == "self")
    url = next((str(one.get("url")) for one in links), "")
    return parse_qsl(url.partition("?")[2], keep_blank_values=True)


def _asked(query: list[tuple[str, str]]) -> frozenset[str]:
    """Whom a request asked for."""
    tokens = (token for name, value in query if name in _ASKED for token in value.split(","))
    return frozenset(filter(None, (subject_of(token.rpartition("|")[2].strip()) for token in tokens)))


def _window(query: list[tuple[str, str]]) -> tuple[int, int] | None:
    """The two bounds that a request asked for, both included; None when one is missing or ill-formed."""
    values = [value.replace(" ", "+") for name, value in query if name in _BOUNDS]
    bounds = {value[:2]: instant(value[2:]) for value in values}
    start, end = bounds.get("ge"), bounds.get("le")
    return (start, end) if start is not None and end is not None and start < end else None


def _person_of(identifiers: list[dict[str, Json]]) -> str | None:
    """The subject of a practitioner: the identifier of the national system first."""
    ordered = sorted(identifiers, key=lambda one: one.get("system") != PERSONS)
    subjects = (subject_of(_text(one, "value")) for one in ordered)
    return next((subject for subject in subjects if subject and subject.startswith("p:")), None)


def _structure_of(identifiers: list[dict[str, Json]]) -> tuple[str, str] | None:
    """The national number of a structure; an editor's own identifier is none."""
    national = (one for one in identifiers if one.get("system") in (STRUCTURES, None))
    return next(filter(None, (structure_number(_text(one, "value")) for one in national)), None)


def _place(location: dict[str, Json], identifier: tuple[str, str] | None, phone: str | None) -> PlaceGiven:
    """The place of a Location."""
    address = _dict(location, "address")
    lines = address.get("line")
    line = " ".join(part.strip() for part in lines if isinstance(part, str)) if isinstance(lines, list) else ""
    city, code = (_text(address, name) for name in ("city", "postalCode"))
    return PlaceGiven(identifier, _text(location, "name"), line, city, code, phone)


def _phone(telecoms: list[dict[str, Json]]) -> str | None:
    """The first telephone that is one."""
    values = (normalise(_text(one, "value")) for one in telecoms if one.get("system") == "phone")
    return next(filter(None, values), None)


def _codes(concepts: Iterable[dict[str, Json]]) -> list[str]:
    """The codes of codeable concepts, in order."""
    return [code for concept in concepts for coding in _list(concept, "coding") if (code := _code(coding))]


def _motives(slot: dict[str, Json]) -> tuple[str, ...]:
    """What a slot is for, in its editor's words, on one line each: the text of every service, beside a code or not."""
    words = (" ".join(_text(service, "text").split()) for service in _list(slot, "serviceType"))
    printable = ("".join(filter(str.isprintable, text)) for text in words)
    short = (text if len(text) <= _MOTIVE_LIMIT else f"{text[: _MOTIVE_LIMIT - 1].rstrip()}…" for text in printable)
    return tuple(dict.fromkeys(filter(None, short)))[:MOTIVES]


def _unfit(resource: dict[str, Json]) -> str | None:
    """Why a resource cannot be stored, or None."""
    written = msgspec.json.encode(resource)
    if len(written) > LINE_LIMIT:
        return f"plus de {LINE_LIMIT // 1024} Kio"
    return "caractère NUL" if b"u0000" in written and _NUL.search(written) else None


def _text(values: dict[str, Json], name: str) -> str:
    """A text without the spaces around it; empty for anything else, but a number is its digits."""
    value = values.get(name)
    return str(value).strip() if isinstance(value, str | int) else ""


def _code(coding: dict[str, Json]) -> str | None:
    code = coding.get("code")
    return code if isinstance(code, str) else None


def _dict(values: dict[str, Json], name: str) -> dict[str, Json]:
    inner = values.get(name)
    return inner if isinstance(inner, dict) else {}


def _list(values: dict[str, Json], name: str) -> list[dict[str, Json]]:
    inner = values.get(name)
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []
