"""Through whom one may take part in the Service d'accès aux soins: the CPTS and the structures that exist, by type."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_, select
from sqlmodel import SQLModel

from models.folding import fold
from models.gazetteer import gazetteer
from models.tables import Structure, Territory, TerritoryCommune
from registry.suppression import subject_of

CATEGORIES: Final[Mapping[str, str]] = {"msp": "603", "sos": "sos", "cds": "124"}
"""The type (FINESS category, or ours) of the structures that one may take part through; a CPTS is a territory."""
WAYS: Final[Mapping[str, str]] = {category: via for via, category in CATEGORIES.items()}
"""The other way round."""
LISTED: Final = 20
"""Structures proposed at once, at most."""

_STRUCTURE, _TERRITORY, _COVERED = (
    SQLModel.metadata.tables[str(model.__tablename__)] for model in (Structure, Territory, TerritoryCommune)
)
_OPEN: Final = and_(_STRUCTURE.c.departed_on.is_(None), _STRUCTURE.c.active)


class Joinable(NamedTuple):
    """A CPTS (by the identifier of its territory), or a structure (by its subject); `number` is its FINESS or SIRET."""

    via: str
    id: str
    name: str
    number: str | None = None
    commune: str | None = None


def joinable(connection: Connection, via: str | None, identifier: str | None) -> Joinable | None:
    """The one that an identifier means: a territory's, a subject, a FINESS number or a SIRET; None without any."""
    if identifier is None:
        return None
    if via == "cpts":
        return next((one for one in _cpts(connection) if identifier in {one.id, one.number}), None)
    subject = subject_of(identifier) or ""
    of_it = and_(_STRUCTURE.c.category == CATEGORIES.get(via or ""), _STRUCTURE.c.id == subject[2:])
    return next(_structures(connection, of_it), None) if subject.startswith("s:") else None


def named(connection: Connection, via: str | None, text: str) -> list[Joinable]:
    """The ones of a type that a text means: by its number, else all those that have its words, by name."""
    if exact := joinable(connection, via, text.strip()):
        return [exact]
    words = fold(text).split()
    of_type = _STRUCTURE.c.category == CATEGORIES.get(via or "")
    every = _cpts(connection) if via == "cpts" else _structures(connection, of_type)
    return [one for one in every if words and _has(one, words)][:LISTED]


def near(connection: Connection, place_keys: Iterable[str], communes: Sequence[str]) -> list[Joinable]:
    """The ones of these places and of their communes (INSEE codes), so that most people need not look for theirs."""
    c = _STRUCTURE.c
    known = [commune for insee in communes if (commune := gazetteer().commune(insee))]
    covered = {*communes, *(one.parent for one in known if one.parent)}
    here = c.id.in_([key.partition(":")[2] for key in place_keys])
    of_communes = and_(c.category == CATEGORIES["msp"], c.insee.in_(covered))
    round_here = and_(c.category == CATEGORIES["sos"], c.departement.in_({one.departement for one in known}))
    joined = and_(c.category.in_(CATEGORIES.values()), or_(here, of_communes, round_here))
    return [*islice(_cpts(connection, covered), LISTED), *islice(_structures(connection, joined), LISTED)]


def _has(one: Joinable, words: Sequence[str]) -> bool:
    """Whether each word begins one of the name or of the commune."""
    theirs = fold(f"{one.name} {one.commune or ''}").split()
    return all(any(own.startswith(word) for own in theirs) for word in words)


def _cpts(connection: Connection, covering: Collection[str] | None = None) -> Iterator[Joinable]:
    """Every CPTS, or those that cover one of these communes, by name."""
    c = _TERRITORY.c
    every = select(c.id, c.name, c.finess).where(c.departed_on.is_(None)).order_by(c.name, c.id)
    there = select(_COVERED.c.territory_id).where(_COVERED.c.insee.in_(covering or ()))
    for row in connection.execute(every if covering is None else every.where(c.id.in_(there))):
        yield Joinable("cpts", *row)


def _structures(connection: Connection, which: ColumnElement[bool]) -> Iterator[Joinable]:
    """The open structures of a condition that have one of the types, by name."""
    c = _STRUCTURE.c
    columns = select(c.id, c.name, c.long_name, c.category, c.commune)
    for identifier, name, long_name, category, commune in connection.execute(
        columns.where(_OPEN, which).order_by(c.name, c.id)
    ):
        yield Joinable(WAYS[category], f"s:{identifier}", long_name or name, identifier, commune)
