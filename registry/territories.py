"""The territories (CPTS) that searches and pages may name, with the communes and the postal codes they cover."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, Table, select
from sqlmodel import SQLModel

from models import tables


class Territory(msgspec.Struct, frozen=True):
    """A CPTS. `postal_codes` and `communes` (INSEE codes) are ordered."""

    id: str
    name: str
    finess: str | None = None
    postal_codes: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


_TERRITORY, _COMMUNE = _table(tables.Territory), _table(tables.TerritoryCommune)
_POSTAL_CODE = _table(tables.TerritoryPostalCode)


def territories(connection: Connection) -> Mapping[str, Territory]:
    """Every territory that is not gone, by its identifier, in the order of names."""
    communes = _members(connection, _COMMUNE, "insee")
    postal_codes = _members(connection, _POSTAL_CODE, "postal_code")
    present = select(_TERRITORY.c.id, _TERRITORY.c.name, _TERRITORY.c.finess).where(_TERRITORY.c.departed_on.is_(None))
    return {
        identifier: Territory(identifier, name, finess, postal_codes[identifier], communes[identifier])
        for identifier, name, finess in connection.execute(present.order_by(_TERRITORY.c.name, _TERRITORY.c.id))
    }


def _members(connection: Connection, table: Table, column: str) -> Mapping[str, tuple[str, ...]]:
    """The ordered codes of each territory."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for identifier, code in connection.execute(select(table.c.territory_id, table.c[column]).order_by(table.c[column])):
        found[identifier].append(code)
    return defaultdict(tuple, {identifier: tuple(codes) for identifier, codes in found.items()})
