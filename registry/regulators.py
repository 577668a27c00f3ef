"""Regulators, as editors must know them: added, changed, deactivated, activated again; never removed.

Signing in is no part of this. What changes raises the version; whoever tells editors sees who has not got it yet
(`ingestion.feeds.accounts`). Every operation runs in the connection's transaction, and raises before it writes.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, String, cast, insert, select, update
from sqlmodel import SQLModel

from models.identifiers import ADELI, RPPS, person
from models.regulators import national
from models.tables import Editor, Regulator, RegulatorAccount
from models.turns import take_turn
from registry.refusals import Fault, NotThere, Refused

_TABLE, _ACCOUNT, _EDITOR = (
    SQLModel.metadata.tables[str(model.__tablename__)] for model in (Regulator, RegulatorAccount, Editor)
)
_NATIONAL_ID = re.compile(rf"8{RPPS}|{ADELI}|[13456][0-9AB]{{9,14}}/[0-9A-Za-z.-]{{1,40}}")
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]|]{1,64}@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+")
_LONGEST, _EMAIL_LONGEST = 100, 254
_ANY: Final = "regulators"
"""Whose turn is taken: two regulators never get one identifier."""


class Facts(NamedTuple):
    """What is said of a regulator."""

    family: str
    given: str
    email: str
    national_id: str | None = None


def _is_name(text: str | None) -> bool:
    return bool(text) and len(text or "") <= _LONGEST and (text or "").isprintable()


RULES: Final[tuple[tuple[str, Callable[[str | None], bool], str], ...]] = (
    ("family", _is_name, f"un nom, de 1 à {_LONGEST} signes"),
    ("given", _is_name, f"un prénom, de 1 à {_LONGEST} signes"),
    (
        "email",
        lambda text: bool(text and len(text) <= _EMAIL_LONGEST and _EMAIL.fullmatch(text)),
        "une adresse nom@domaine",
    ),
    (
        "national_id",
        lambda text: text is None or bool(_NATIONAL_ID.fullmatch(text)),
        "un RPPS (11 chiffres), un ADELI (0 devant) ou l’identifiant d’un employé : 3, le FINESS, « / », son numéro",
    ),
)
"""Each field, what it must be, and the rule in French."""


def add(connection: Connection, facts: Facts, at: int) -> Regulator:
    """A new regulator, active.

    Raises:
        Refused: every fault.

    """
    take_turn(connection, _ANY)
    said = _checked(connection, facts, None)
    made = Regulator(id=str(uuid4()), active=True, version=1, changed_at=at, **said._asdict())
    connection.execute(insert(_TABLE).values(**made.model_dump()))
    return made


def change(connection: Connection, identifier: str, at: int, **given: str | None) -> Regulator:
    """Say some facts otherwise; saying what is there already changes nothing.

    Raises:
        NotThere: there is none of this identifier.
        Refused: every fault, or the account is not active.

    """
    take_turn(connection, _ANY)
    kept = regulator(connection, identifier)
    if not kept.active:
        raise Refused(Fault("active", False, "un compte désactivé ne se modifie pas : activez-le d’abord"))  # noqa: FBT003 - the value
    facts = Facts(**{name: given.get(name, getattr(kept, name)) for name in Facts._fields})
    return _written(connection, kept, at, **_checked(connection, facts, kept)._asdict())


def set_active(connection: Connection, identifier: str, at: int, *, active: bool) -> Regulator:
    """Deactivate a regulator, whom editors let in no more, or activate them again.

    Raises:
        NotThere: there is none of this identifier.

    """
    take_turn(connection, _ANY)
    return _written(connection, regulator(connection, identifier), at, active=active)


def regulator(connection: Connection, identifier: str) -> Regulator:
    """A regulator by their identifier, their national one, the number of their RPPS, or their e-mail address.

    Raises:
        NotThere: there is none, or several have this address.

    """
    c = _TABLE.c
    named = (c.id == identifier, c.national_id == _national(identifier), c.email == identifier)
    for condition in named:
        found = connection.execute(select(_TABLE).where(condition).limit(2)).mappings().all()
        if len(found) == 1:
            return Regulator(**found[0])
    raise NotThere(f"aucun régulateur, ou plusieurs : {identifier}")


def regulators(connection: Connection) -> list[Regulator]:
    """Every regulator, by name."""
    c = _TABLE.c
    rows = connection.execute(select(_TABLE).order_by(c.family, c.given, c.id)).mappings()
    return [Regulator(**row) for row in rows]


# Parts ---------------------------------------------------------------------------------------------------------------


def _national(text: str) -> str:
    """A national identifier with its prefix: the eleven digits of an RPPS may come without."""
    compact = "".join(text.split())
    return person(compact) or compact


def _checked(connection: Connection, facts: Facts, kept: Regulator | None) -> Facts:
    """The same facts, tidied."""
    national_id = _national(facts.national_id) if facts.national_id else None
    family, given, email = (" ".join(part.split()) for part in facts[:3])
    tidy = Facts(family, given, email, national_id)
    faults = [Fault(name, getattr(facts, name), rule) for name, is_so, rule in RULES if not is_so(getattr(tidy, name))]
    if not faults and national_id and (kept is None or kept.national_id != national_id):
        faults = list(_taken(connection, national_id, kept))
    if faults:
        raise Refused(*faults)
    return tidy


def _taken(connection: Connection, national_id: str, kept: Regulator | None) -> Iterator[Fault]:
    """Why a national identifier cannot be given; when it can, whoever was deactivated with it has it no more.

    An account that was deactivated leaves it to another once no editor knows it as an active one.
    """
    others = _holders(connection, national_id, kept)
    late = sorted({editor for other in others for editor in _untold(connection, other)})
    if any(other.active and other.national_id == national_id for other in others):
        yield Fault("national_id", national_id, "c’est déjà celui d’un autre régulateur")
    elif late:
        rule = f"c’est celui d’un compte désactivé ou modifié, que {', '.join(late)} ne sait pas encore"
        yield Fault("national_id", national_id, rule)
    else:
        for other in others:
            connection.execute(update(_TABLE).where(_TABLE.c.id == other.id).values(national_id=None))
            connection.execute(update(_ACCOUNT).where(_ACCOUNT.c.regulator == other.id).values(known_as=[]))


def _holders(connection: Connection, national_id: str, kept: Regulator | None) -> list[Regulator]:
    """The other regulators that have this identifier, or that an editor may still know by it."""
    quoted = json.dumps(national(national_id))
    known = select(_ACCOUNT.c.regulator).where(cast(_ACCOUNT.c.known_as, String).contains(quoted, autoescape=True))
    mine = kept.id if kept else ""
    rows = select(_TABLE).where((_TABLE.c.national_id == national_id) | _TABLE.c.id.in_(known), _TABLE.c.id != mine)
    return [Regulator(**row) for row in connection.execute(rows).mappings()]


def _untold(connection: Connection, kept: Regulator) -> list[str]:
    """The editors that have something of a regulator, and not what is true now; those that take accounts still."""
    c = _ACCOUNT.c
    late = (c.regulator == kept.id, c.version != kept.version, cast(c.known_as, String) != "[]")
    taking = c.editor.in_(select(_EDITOR.c.name).where(_EDITOR.c.accounts))
    return list(connection.scalars(select(c.editor).where(*late, taking)))


def _written(connection: Connection, kept: Regulator, at: int, **values: Any) -> Regulator:
    """The same with these values, written when it is not the same."""
    changed = kept.model_copy(update=values)
    if changed == kept:
        return kept
    changed = changed.model_copy(update={"version": kept.version + 1, "changed_at": at})
    connection.execute(update(_TABLE).where(_TABLE.c.id == kept.id).values(**changed.model_dump()))
    return changed
