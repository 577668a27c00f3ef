"""What somebody settles of their part in the Service d'accès aux soins: the last word over what files declare.

The rules are those of the official platform's two tables, settings and structures; all are checked here, whoever asks.
Declarations are made on one's honour: they are kept, and what can be counted is counted beside (`registry.hours`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, insert, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from models.codes import VIAS
from models.outbox import enqueue
from models.slots import EDITOR
from models.tables import Activity, Editor, Participation, Professional, SlotFeed, Structure
from models.turns import take_turn
from registry.joining import CATEGORIES, WAYS, Joinable, joinable
from registry.refusals import NOBODY, Changed, Fault, NotThere, Refused
from registry.suppression import subject_of

GENERALISTS: Final = 500
"""General practitioners of a centre de santé, at most."""

_TABLE, _ACTIVITY, _PROFESSIONAL, _STRUCTURE, _FEED, _EDITOR = (
    SQLModel.metadata.tables[str(model.__tablename__)]
    for model in (Participation, Activity, Professional, Structure, SlotFeed, Editor)
)


class Settings(NamedTuple):
    """What somebody settles; a person, or a structure that takes part as such (a CDS, an SOS Médecins association).

    `structure` is the identifier of the CPTS, or the subject of the structure, and `places` are the places (keys) that
    take part through a CPTS. `software` is None when it was not answered; `editors` are the names of those in use.
    `two_hours` is declared for the agenda. `generalists` is the number of general practitioners of a CDS.
    """

    subject: str
    active: bool = False
    via: str | None = None
    structure: str | None = None
    places: tuple[str, ...] = ()
    software: bool | None = None
    editors: tuple[str, ...] = ()
    refuses_editor_slots: bool = False
    two_hours: bool = False
    reorientation: bool = False
    generalists: int | None = None

    @property
    def refuses(self) -> bool:
        """Whether no editor's slots are shown: refused, or without software."""
        return self.refuses_editor_slots or self.software is False


class Known(NamedTuple):
    """What settings are checked against: through whom they may be, where one practises, which editors there are.

    `salaried` are the places where one practises and is not self-employed; `category` is that of a structure.
    """

    joined: Joinable | None = None
    places: frozenset[str] = frozenset()
    salaried: frozenset[str] = frozenset()
    editors: frozenset[str] = frozenset()
    category: str | None = None


class Rule(NamedTuple):
    """A rule: the field that it is about, when it is broken, and how it is said."""

    field: str
    broken: Callable[[Settings, Known], bool]
    said: str


# Rules ---------------------------------------------------------------------------------------------------------------

_EXISTING: Final[Mapping[str, str]] = {
    "cpts": "une CPTS qui existe, choisie dans la liste",
    "msp": "une maison de santé (MSP) qui existe, choisie dans la liste",
    "sos": "une association SOS Médecins qui existe, choisie dans la liste",
    "cds": "un centre de santé qui existe, choisi dans la liste",
}


def _through(via: str) -> Callable[[Settings, Known], bool]:
    return lambda settings, known: settings.active and settings.via == via and known.joined is None


def _needs_agenda(settings: Settings) -> bool:
    """Whether only the agenda can show when they receive."""
    return settings.active and settings.via != "sos" and settings.refuses


PEOPLE: Final = (
    Rule(
        "via",
        lambda settings, _: settings.active and settings.via not in VIAS,
        "un choix parmi : " + ", ".join(VIAS.values()),
    ),
    Rule(
        "active",
        lambda settings, _: not settings.active and bool(settings.via or settings.structure or settings.places),
        "pour participer par quelqu’un, acceptez d’abord d’être appelé par la régulation",
    ),
    *(Rule("structure", _through(via), said) for via, said in _EXISTING.items()),
    Rule(
        "structure",
        lambda settings, _: settings.via == "individual" and settings.structure is not None,
        "à titre individuel, aucune structure",
    ),
    Rule(
        "structure",
        lambda settings, known: (
            settings.via == "cds" and known.joined is not None and _key(known.joined) not in known.salaried
        ),
        "un centre de santé où vous exercez comme salarié",
    ),
    Rule(
        "places",
        lambda settings, _: settings.active and settings.via == "cpts" and not settings.places,
        "au moins un de vos lieux, celui que la CPTS concerne",
    ),
    Rule(
        "places",
        lambda settings, known: settings.via == "cpts" and not known.places.issuperset(settings.places),
        "des lieux où vous exercez aujourd’hui",
    ),
    Rule(
        "places",
        lambda settings, _: settings.active and settings.via != "cpts" and bool(settings.places),
        "des lieux ne se choisissent que pour une CPTS : sinon tous sont concernés",
    ),
    Rule(
        "software",
        lambda settings, _: settings.active and settings.via in VIAS.keys() - {"sos"} and settings.software is None,
        "non, ou oui et lesquels : dites si vous utilisez un logiciel de rendez-vous",
    ),
    Rule(
        "software",
        lambda settings, _: settings.active and settings.via == "sos" and settings.software is not None,
        "par SOS Médecins il n’est pas demandé : l’association montre les créneaux",
    ),
    Rule(
        "refuses_editor_slots",
        lambda settings, _: settings.active and settings.via == "sos" and settings.refuses_editor_slots,
        "par SOS Médecins cela n’est pas demandé : l’association montre les créneaux",
    ),
    Rule(
        "editors",
        lambda settings, _: settings.software is True and not settings.editors,
        "au moins un logiciel, puisque vous en utilisez",
    ),
    Rule(
        "editors",
        lambda settings, _: settings.software is not True and bool(settings.editors),
        "des logiciels ne se choisissent qu’en répondant oui",
    ),
    Rule(
        "editors",
        lambda settings, known: not known.editors.issuperset(settings.editors),
        "des logiciels de la liste",
    ),
    Rule(
        "two_hours",
        lambda settings, _: _needs_agenda(settings) and not settings.two_hours,
        "sans logiciel, ou quand vous refusez ses créneaux, déclarez sur l’honneur au moins 2 heures par semaine dans "
        "votre agenda",
    ),
    Rule(
        "generalists",
        lambda settings, _: settings.generalists is not None,
        "demandé aux centres de santé seulement",
    ),
)
"""What can be said of a person's settings."""

STRUCTURES: Final = (
    Rule(
        "active",
        lambda _, known: known.category not in {CATEGORIES["cds"], CATEGORIES["sos"]},
        "seuls un centre de santé et une association SOS Médecins déclarent leur participation ; une CPTS ou une "
        "maison de santé participe par ses médecins",
    ),
    Rule(
        "generalists",
        lambda settings, known: (
            known.category == CATEGORIES["cds"]
            and (settings.active or settings.generalists is not None)
            and not 1 <= (settings.generalists or 0) <= GENERALISTS
        ),
        f"le nombre de médecins généralistes du centre, de 1 à {GENERALISTS}",
    ),
    Rule(
        "generalists",
        lambda settings, known: known.category != CATEGORIES["cds"] and settings.generalists is not None,
        "demandé aux centres de santé seulement",
    ),
    Rule(
        "two_hours",
        lambda settings, known: known.category == CATEGORIES["cds"] and settings.active and not settings.two_hours,
        "déclarez sur l’honneur au moins 2 heures par semaine et par médecin généraliste",
    ),
    Rule(
        "two_hours",
        lambda settings, known: known.category == CATEGORIES["sos"] and settings.active != settings.two_hours,
        "pour une association SOS Médecins, participer et déclarer ses heures ne font qu’un",
    ),
    *(
        Rule(field, lambda settings, _, field=field: bool(getattr(settings, field)), said)  # type: ignore[misc]
        for field, said in (
            ("via", "une structure participe pour elle-même"),
            ("structure", "une structure participe pour elle-même"),
            ("places", "une structure participe pour tous ses lieux"),
            ("software", "demandé aux professionnels seulement"),
            ("editors", "demandé aux professionnels seulement"),
            ("refuses_editor_slots", "demandé aux professionnels seulement"),
        )
    ),
)
"""What can be said of the settings of a structure."""


def faults(settings: Settings, known: Known) -> tuple[Fault, ...]:
    """Every rule that settings break."""
    rules: Sequence[Rule] = PEOPLE if settings.subject.startswith("p:") else STRUCTURES
    return tuple(
        Fault(rule.field, getattr(settings, rule.field), rule.said) for rule in rules if rule.broken(settings, known)
    )


# Operations ----------------------------------------------------------------------------------------------------------


def participation(connection: Connection, subject: str) -> Participation | None:
    """What somebody settled; None when nothing."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.subject == subject)).mappings().one_or_none()
    return Participation(**row) if row else None


def settings_of(settled: Participation) -> Settings:
    """The settings that were given."""
    same = {name: getattr(settled, name) for name in Settings._fields if name in Participation.model_fields}
    lists = {"places": tuple(settled.places), "editors": tuple(settled.editors or ())}
    return Settings(**same | lists, software=None if settled.editors is None else bool(settled.editors))


def settle(connection: Connection, settings: Settings, at: int, version: int | None = None) -> Participation:
    """Write what somebody settles; what is kept. To take part no more is to settle it without `active`.

    In the connection's transaction. `version` is the one that was read (0: nothing was settled), None to write whatever
    happened since.

    Raises:
        Refused: the settings break rules; nothing was written.
        NotThere: the directory has no such person or structure today.
        Changed: it is not this version any more.

    """
    present(connection, settings.subject)
    take_turn(connection, settings.subject)
    former = participation(connection, settings.subject)
    if version is not None and version != (former.version if former else 0):
        raise Changed(f"participation de {settings.subject} : elle a été changée depuis que vous l’avez lue")
    known = _known(connection, settings, former)
    if found := faults(settings, known):
        raise Refused(*found)
    settled = _settled(settings, known, former, at)
    _write(connection, settled, former)
    enqueue(connection, _concerned(settled, former), at)
    return settled


def broken(connection: Connection, settings: Settings) -> tuple[Fault, ...]:
    """Every rule that settings would break, without writing anything."""
    return faults(settings, _known(connection, settings, participation(connection, settings.subject)))


def present(connection: Connection, subject: str) -> None:
    """Check that the directory has a person or a structure today.

    Raises:
        NotThere: it has not.

    """
    table, where = (_PROFESSIONAL, true()) if subject.startswith("p:") else (_STRUCTURE, _STRUCTURE.c.active)
    here = select(table.c.id).where(table.c.id == subject[2:], table.c.departed_on.is_(None), where)
    if subject_of(subject) != subject or connection.scalar(here) is None:
        raise NotThere(NOBODY)


def editors(connection: Connection) -> list[str]:
    """The editors that are asked for slots, or whose slots are known, by name."""
    asked = select(_EDITOR.c.name).where(_EDITOR.c.active)
    known = select(_FEED.c.source_name).where(_FEED.c.source_kind == EDITOR)
    return sorted(connection.scalars(asked.union(known)))


# Parts ---------------------------------------------------------------------------------------------------------------


def _key(joined: Joinable) -> str:
    """The place of a structure of FINESS."""
    return f"finess:{joined.number}"


def _known(connection: Connection, settings: Settings, former: Participation | None) -> Known:
    """What there is today; what was settled before stays possible, but for a structure that is gone."""
    identifier = settings.subject[2:]
    if settings.subject.startswith("s:"):
        of_it = select(_STRUCTURE.c.category).where(_STRUCTURE.c.id == identifier)
        return Known(category=connection.scalar(of_it))
    here = _ACTIVITY.c
    live = select(here.place_key, here.mode).where(here.professional_id == identifier, here.departed_on.is_(None))
    practised = connection.execute(live.where(here.place_key.is_not(None))).all()
    chosen = settings.structure if settings.active else None
    return Known(
        joined=joinable(connection, settings.via, chosen),
        places=frozenset(key for key, _ in practised),
        salaried=frozenset(key for key, mode in practised if mode != "L"),
        editors=frozenset([*editors(connection), *(former.editors or () if former else ())]),
    )


def _settled(settings: Settings, known: Known, former: Participation | None, at: int) -> Participation:
    """The row that is written. A structure's way is its own; one is registered since one takes part."""
    since = former.registered_at if former and former.active else at
    return Participation(
        subject=settings.subject,
        active=settings.active,
        via=settings.via or (WAYS[known.category or ""] if settings.active else None),
        structure=known.joined.id if known.joined else None,
        places=sorted(set(settings.places)),
        editors=None if settings.software is None else sorted(set(settings.editors)),
        refuses_editor_slots=settings.refuses,
        two_hours=settings.two_hours,
        reorientation=settings.reorientation,
        generalists=settings.generalists,
        registered_at=since if settings.active else None,
        changed_at=at,
        version=former.version + 1 if former else 1,
    )


def _write(connection: Connection, settled: Participation, former: Participation | None) -> None:
    """Write a row in the place of the former one, unless somebody else did meanwhile."""
    values: dict[str, Any] = settled.model_dump()
    if former:
        same = and_(_TABLE.c.subject == former.subject, _TABLE.c.version == former.version)
        written = connection.execute(update(_TABLE).where(same).values(**values)).rowcount
    else:
        written = _inserted(connection, values)
    if not written:
        raise Changed(f"participation de {settled.subject} : quelqu’un d’autre vient de la changer")


def _inserted(connection: Connection, values: Mapping[str, Any]) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(insert(_TABLE).values(**values))
    except IntegrityError:
        return False
    return True


def _concerned(settled: Participation, former: Participation | None) -> list[str]:
    """Whose offers change: theirs, and those of the structure that they join or leave."""
    structures = (one.structure for one in (settled, former) if one and one.structure)
    return [settled.subject, *(each for each in dict.fromkeys(structures) if each.startswith("s:"))]
