"""`/espace/{subject}/participation`: what somebody settles of their participation, what it amounts to.

A form without script: through whom is chosen among those near, or looked for by name or number. In development only.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.responses import Response

from indexer.documents import offers_for
from models.clock import PARIS, local
from models.codes import PROFESSIONS, VIAS
from models.offer import Offer, offer_id
from models.tables import Participation
from registry import participation, refusals
from registry.indicators import duration
from registry.joining import CATEGORIES, Joinable, joinable, named, near
from registry.members import Member, members
from registry.participation import Settings, settings_of, settle
from registry.standing import Standing, standing
from search_api import parameters, spaces
from search_api.pages import cards, framing, french, render, sending, week
from search_api.pages.faults import Wrong
from search_api.pages.sending import Sheet
from search_api.posting import Posted, PostedDep
from search_api.problems import Conflict
from search_api.services import Services, ServicesDep
from search_api.tickets import Tickets

router = APIRouter(
    include_in_schema=False, dependencies=[Depends(spaces.opened)]
)  # POST first: a method that is refused is then said with all those that are not

PATH: Final = "/espace/{identifier}/participation"
PLACE, EDITOR = "place:", "editor:"
"""What the names of the boxes of places and of editors begin with: of a repeated field the first value counts."""
LABELS: Final[Mapping[str, str]] = {
    "active": "Participation",
    "via": "Par qui",
    "structure": "Structure",
    "named": "Une autre structure",
    "places": "Lieux concernés",
    "software": "Logiciel de rendez-vous",
    "editors": "Logiciels utilisés",
    "refuses_editor_slots": "Créneaux du logiciel",
    "two_hours": "Deux heures par semaine",
    "generalists": "Médecins généralistes",
}
KINDS: Final[Mapping[str, str]] = {
    "cpts": "CPTS",
    "msp": "maison de santé",
    "sos": "association SOS Médecins",
    "cds": "centre de santé",
}
ANSWERS: Final = {"yes": True, "no": False}
_NAMED: Final = 100
"""Characters of a name that is looked for."""
_DIGITS: Final = 4
CHANGED: Final = sending.wrong(
    sending.TICKET, "Réglages", "quelqu’un d’autre vient de les changer : relisez, puis enregistrez de nouveau"
)


class Held(msgspec.Struct, frozen=True):
    """Whose form it is, and of which version of their settings."""

    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to tick: what it sends, what it says, and more of it."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What a form gave: its values, the settings that they are, what was found wrong while reading, who was found.

    `version` is the one that it was drawn with, to be drawn with again; None to take today's.
    """

    values: Mapping[str, str]
    settings: Settings
    faults: tuple[Wrong, ...] = ()
    found: tuple[Joinable, ...] = ()
    version: int | None = None


# Addresses ----------------------------------------------------------------------------------------------------------


@router.post(PATH)
def settled(identifier: str, posted: PostedDep, services: ServicesDep) -> Response:
    """Write what was chosen, then show it; or draw the form again with what is wrong, nothing lost."""
    subject, at = spaces.subject(services, identifier), services.clock()
    ticket = _tickets(services).read(posted.fields.get(sending.TICKET, ""))
    ours = ticket is not None and ticket.held.subject == subject
    fresh = ticket is not None and ours and not ticket.is_old(at)
    refused = sending.refusals(services, posted, (), fresh=fresh, pace=services.own_pace)
    drawn = ticket.held.version if ticket is not None and ours else None

    def written(connection: Connection) -> Given:
        given = _given(connection, standing(connection, subject, at), posted)
        found = (*refused, *given.faults, *_broken(connection, given))
        if not found:
            found = _written(connection, given.settings, at, drawn)
        return replace(given, faults=found, version=None if CHANGED in found else drawn)

    given = spaces.write(services, written)
    if ticket is not None and not given.faults:
        services.settled(subject)
        return sending.thanked(path(subject), [], _tickets(services).receipt(ticket.reference))
    return _page(services, subject, lambda _: given)


@router.get(PATH)
def settings_form(identifier: str, request: Request, services: ServicesDep) -> Response:
    """What is settled, and what it amounts to."""
    receipt = dict(parameters.pairs(request.scope["query_string"])).get(sending.RECEIPT, "")
    kept = _tickets(services).reference(receipt) is not None
    subject = spaces.subject(services, identifier)

    return _page(services, subject, _settled, kept=kept)


def _settled(now: Standing) -> Given:
    """The form of what is settled."""
    settings = settings_of(now.settled) if now.settled else Settings(now.subject)
    return Given(_values(settings, now), settings)


def _page(services: Services, subject: str, form: Callable[[Standing], Given], *, kept: bool = False) -> Response:
    """The page, drawn from what the database holds now."""

    def drawn(connection: Connection) -> Response:
        now = standing(connection, subject, services.clock())
        return _drawn(services, connection, now, form(now), kept=kept)

    return spaces.read(services, drawn)


def _written(connection: Connection, settings: Settings, at: int, version: int | None) -> tuple[Wrong, ...]:
    """Settle what keeps the rules; that it was changed meanwhile, when it was not."""
    try:
        settle(connection, settings, at, version)
    except refusals.Changed:
        return (CHANGED,)
    return ()


def _broken(connection: Connection, given: Given) -> Iterator[Wrong]:
    """The rules that what was read breaks, but where its reading is at fault already."""
    said = {fault.field for fault in given.faults}
    unread = said | ({"structure"} if "named" in said else set())
    for fault in participation.broken(connection, given.settings):
        if fault.field not in unread:
            yield _wrong(fault.field, fault.rule)


def _tickets(services: Services) -> Tickets[Held]:
    return Tickets(services.secret, "participation", Held)


def path(subject: str) -> str:
    """The address of somebody's page."""
    return PATH.format(identifier=quote(subject, safe=":"))


# What was sent ------------------------------------------------------------------------------------------------------


def _given(connection: Connection, now: Standing, posted: Posted) -> Given:
    """What a form gives. What does not concern what was chosen stays in the form, and is not settled."""
    values = {name: text.strip() for name, text in posted.fields.items()}
    if now.category is not None:
        return _of_structure(now, values)
    active = ANSWERS.get(values.get("active", ""))
    via = values.get("via") or None if active else None
    structure, faults, found = _joined(connection, via, values)
    software = None if active and via == "sos" else ANSWERS.get(values.get("software", ""))
    settings = Settings(
        now.subject,
        active=bool(active),
        via=via,
        structure=structure,
        places=_ticked(values, PLACE) if via == "cpts" else (),
        software=software,
        editors=_ticked(values, EDITOR) if software else (),
        refuses_editor_slots=bool(software) and "refuses_editor_slots" in values,
        two_hours="two_hours" in values,
        reorientation="reorientation" in values,
    )
    return Given(values, settings, (*_answered(active), *faults), found)


def _of_structure(now: Standing, values: Mapping[str, str]) -> Given:
    """What the form of a structure gives; in an association, taking part declares the hours."""
    active = ANSWERS.get(values.get("active", ""))
    written = values.get("generalists", "")
    number = int(written) if written.isdecimal() and len(written) < _DIGITS else None
    of_cds = now.category == CATEGORIES["cds"]
    faults = [_wrong("generalists", "un nombre entier")] if of_cds and written and number is None else []
    settings = Settings(
        now.subject,
        active=bool(active),
        two_hours="two_hours" in values if of_cds else bool(active),
        reorientation="reorientation" in values,
        generalists=number if of_cds else None,
    )
    return Given(values, settings, (*_answered(active), *faults))


def _answered(active: bool | None) -> Iterator[Wrong]:  # noqa: FBT001 - the answer itself
    if active is None:
        yield _wrong("active", "oui ou non")


def _ticked(values: Mapping[str, str], prefix: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(prefix) for name in values if name.startswith(prefix))


def _joined(
    connection: Connection, via: str | None, values: Mapping[str, str]
) -> tuple[str | None, tuple[Wrong, ...], tuple[Joinable, ...]]:
    """Through whom: the one that is named, else the one that is ticked; what is wrong, and those who bear the name.

    When several bear it, the one that is ticked among them.
    """
    if via is None or via not in KINDS:
        return None, (), ()
    text, ticked = values.get("named", ""), values.get("structure") or None
    if not text:
        return ticked, (), ()
    found = tuple(named(connection, via, text)) if len(text) <= _NAMED else ()
    meant = {one.id for one in found}
    if len(found) == 1 or ticked in meant:
        return ticked if ticked in meant else found[0].id, (), found
    rule = "plusieurs réponses : choisissez dans la liste" if found else "rien n’a été trouvé sous ce nom ou ce numéro"
    return None, (_wrong("named", f"{KINDS[via]} : {rule}"),), found


def _wrong(field: str, rule: str) -> Wrong:
    return sending.wrong(field, LABELS.get(field, field), rule)


# The page -----------------------------------------------------------------------------------------------------------


def _values(settings: Settings, now: Standing) -> dict[str, str]:
    """What the form holds of what is settled."""
    chosen = {"via": settings.via, "structure": settings.structure}
    answers = {"active": settings.active if now.settled else None, "software": settings.software}
    flags = {
        "refuses_editor_slots": settings.refuses_editor_slots and settings.software is True,
        "two_hours": settings.two_hours,
        "reorientation": settings.reorientation,
    }
    said = {True: "yes", False: "no"}
    return {
        **{name: value for name, value in chosen.items() if value},
        **{name: said[value] for name, value in answers.items() if value is not None},
        **{name: "on" for name, ticked in flags.items() if ticked},
        **{PLACE + key: "on" for key in settings.places},
        **{EDITOR + name: "on" for name in settings.editors},
        **({} if settings.generalists is None else {"generalists": str(settings.generalists)}),
    }


def _drawn(services: Services, connection: Connection, now: Standing, given: Given, *, kept: bool = False) -> Response:
    """The page: where somebody stands, then the form."""
    today = now.settled.version if now.settled else 0
    held = Held(now.subject, today if given.version is None else given.version)
    ticket = _tickets(services).issue(held, services.clock())
    offers = {one.id: one for one in offers_for(connection, [now.subject], services.clock())[now.subject]}
    at_places = [offers.get(offer_id(now.subject, where.place_key)) for where in now.places]
    editors = participation.editors(connection)
    values = {
        "form": Sheet(ticket, given.values, given.faults),
        "faults": given.faults,
        "heading": "Vos réglages sont à corriger",
        "kept": kept,
        "name": next((cards.called(one.person) for one in offers.values() if one.person), now.name),
        "action": path(now.subject),
        "kind": next((via for via, category in CATEGORIES.items() if category == now.category), None)
        if now.category
        else "person",
        "agendas": tuple(Choice(week.path(offer.id), _place("", offer).label) for offer in at_places if offer),
        "summary": tuple(_summary(now, now.settled) if now.settled else _declared(offers.values())),
        "warnings": tuple(_warnings(now)),
        "ways": tuple(Choice(via, french.typeset(label)) for via, label in VIAS.items()),
        "structures": tuple(map(_proposed, _proposals(connection, now, given, at_places))),
        "places": tuple(_place(where.place_key, offer) for where, offer in zip(now.places, at_places, strict=True)),
        "editors": tuple(Choice(name, name) for name in dict.fromkeys([*editors, *given.settings.editors])),
        "members": tuple(_member(one) for one in members(connection, now.subject)) if now.category else (),
        "standing": now,
        "duration": duration,
    }
    return render.page("participation.html", {**framing.frame(services), **values}, _status(given), sending.NO_STORE)


def _status(given: Given) -> int:
    """Of a page that is right, or of what is wrong with it."""
    if CHANGED in given.faults:
        return Conflict.status
    return sending.status_of(given.faults) if given.faults else 200


def _declared(offers: Iterable[Offer]) -> Iterator[str]:
    """What files declare and searches show, while nothing is settled."""
    said = dict.fromkeys(line for offer in offers for line in cards.sas(offer.participation))
    if not said:
        yield "Rien n’est réglé ici, et aucun fichier ne déclare de participation."
        return
    yield "Rien n’est réglé ici : les recherches montrent ce que des fichiers déclarent."
    yield f"Ils disent : « {' · '.join(said)} ». Les indicateurs ne comptent que ce qui est réglé ici."


def _summary(now: Standing, settled: Participation) -> Iterator[str]:
    """What is settled, in sentences."""
    via = "".join(f" {label}" for via, label in VIAS.items() if via == settled.via and now.category is None)
    joined = f" ({now.joined.name})" if now.joined else ""
    yield f"Participe au SAS{via}{joined}." if settled.active else "Ne participe pas au SAS."
    if settled.registered_at is not None:
        yield f"Inscrit le {french.date(local(settled.registered_at, PARIS).date())}."
    if settled.reorientation:
        yield "Participe au forfait de réorientation des urgences, pour tous ses lieux."


def _warnings(now: Standing) -> Iterator[str]:
    """What somebody may not expect of what is settled."""
    settled = now.settled
    if now.category is None and any(now.hours[:2]) and not (settled and settled.active):
        unpaid = "sans participer, il n’ouvre droit à aucun forfait (avenant n° 9)"
        yield f"Votre agenda est montré à la régulation ; {unpaid}."
    if now.category is None and settled and settled.via == "sos":
        yield "Par SOS Médecins, l’association montre les créneaux : votre agenda tenu ici n’est pas montré."


def _member(one: Member) -> Choice:
    """Somebody who takes part through a structure: their own page, their name, what they do and since when."""
    since = french.date(local(one.registered_at, PARIS).date())
    professions = ", ".join(PROFESSIONS.get(code, code) for code in one.professions)
    name = f"{french.capitals(one.given_name)} {one.family_name}"
    return Choice(path(one.subject), name, " · ".join(filter(None, [professions, f"inscrit le {since}"])))


def _proposals(
    connection: Connection, now: Standing, given: Given, at_places: Iterable[Offer | None]
) -> Iterable[Joinable]:
    """Who may be ticked: who is settled or ticked, who was found by name, who is near."""
    communes = [offer.place.commune.insee for offer in at_places if offer and offer.place.commune]
    ticked = joinable(connection, given.values.get("via"), given.values.get("structure"))
    first = [one for one in (now.joined, ticked) if one]
    nearby = near(connection, [where.place_key for where in now.places], communes)
    return dict.fromkeys([*given.found, *first, *nearby])


def _proposed(one: Joinable) -> Choice:
    told = (KINDS[one.via], one.number or "", one.commune or "")
    return Choice(one.id, one.name, " · ".join(filter(None, told)))


def _place(key: str, offer: Offer | None) -> Choice:
    """A place as people call it; its key where nothing is shown of it."""
    if offer is None:
        return Choice(PLACE + key, key)
    address = french.capitals(offer.place.address or "")
    return Choice(PLACE + key, offer.structure.name or address or key, address if offer.structure.name else "")
