"""Giving places and structures a point: the surest that is known, with how precise it is.

In this order: the coordinates of FINESS for a site, what the geocoder answered for the address, the point of the
commune, the point of the postal code. Nothing is chosen by the name of a column: coordinates are accepted by range.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    FromClause,
    MetaData,
    Select,
    String,
    Table,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from ingestion.staging import table_of
from models.gazetteer import Gazetteer
from models.geo import Point
from models.tables import GeocodedAddress, Place, Structure

FINESS, GEOCODER, COMMUNE, POSTAL_CODE = "finess", "geocoder", "commune", "postal_code"
"""Where a point comes from (`point_source`)."""

_LOCATED = ("lat", "lon", "precision", "point_source")
_PLACE, _STRUCTURE, _GEOCODED = table_of(Place), table_of(Structure), table_of(GeocodedAddress)


class Box(NamedTuple):
    """A rectangle of latitudes and longitudes, in degrees."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        """Whether the point is inside."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


FRANCE = (
    Box(41.0, 51.5, -5.6, 10.0),  # Metropolitan France
    Box(14.0, 18.3, -63.3, -60.5),  # Guadeloupe, Martinique, Saint-Martin, Saint-Barthélemy
    Box(2.0, 6.0, -54.8, -51.4),  # Guyane
    Box(-21.6, -20.7, 55.0, 56.0),  # La Réunion
    Box(-13.2, -12.4, 44.8, 45.4),  # Mayotte
    Box(46.6, 47.3, -56.6, -56.0),  # Saint-Pierre-et-Miquelon
    Box(-23.2, -17.5, 156.0, 172.5),  # Nouvelle-Calédonie
    Box(-28.5, -7.0, -155.5, -134.0),  # Polynésie française
    Box(-14.8, -12.9, -178.5, -176.0),  # Wallis-et-Futuna
)
"""Where a point of care can be. No box meets another with its axes swapped, so that a swap can be told."""


class Found(NamedTuple):
    """A point made of two numbers, and whether they came as longitude, latitude."""

    point: Point
    swapped: bool


def french_point(first: float, second: float) -> Found | None:
    """The point that two WGS84 degrees make, in whichever order they come; None outside France (so is (0, 0))."""
    if not (isfinite(first) and isfinite(second)):
        return None
    for lat, lon, swapped in ((first, second, False), (second, first, True)):
        if any(box.holds(lat, lon) for box in FRANCE):
            return Found(Point(lat, lon), swapped)
    return None


class Source(NamedTuple):
    """One place to take points from: a table, how it joins, the precision it gives, its name."""

    table: FromClause
    onto: ColumnElement[bool]
    precision: Any
    name: str


class Pointer:
    """Gives points during one load, by a few statements: the gazetteer's points they need stand in temporary tables."""

    def __init__(self, connection: Connection, gazetteer: Gazetteer) -> None:
        self.connection = connection
        self._gazetteer = gazetteer
        self._metadata = MetaData()
        self._communes = _points("commune_point", self._metadata)
        self._postal_codes = _points("postal_point", self._metadata)
        self._moved = {table: _moved(f"moved_{table.name}", self._metadata) for table in (_PLACE, _STRUCTURE)}
        self._metadata.create_all(connection, checkfirst=False)
        self._known: set[tuple[str, str]] = set()

    def move_structures(self, among: ColumnElement[bool]) -> Table:
        """Give a point to those of these structures whose file gave none; the table of those that moved (`key`)."""
        ungiven = _STRUCTURE.c.point_source.is_distinct_from(FINESS)
        return self._move(_STRUCTURE, self._common(_STRUCTURE), and_(among, ungiven))

    def move_places(self, among: ColumnElement[bool]) -> Table:
        """Give these places their point; the table of those that moved (`key`)."""
        site = _STRUCTURE.alias("site")
        onto = and_(site.c.id == _PLACE.c.finess, site.c.point_source == FINESS)
        return self._move(_PLACE, [Source(site, onto, "site", FINESS), *self._common(_PLACE)], among)

    def drop(self) -> None:
        """Remove the temporary tables."""
        self._metadata.drop_all(self.connection, checkfirst=False)

    def _common(self, table: Table) -> list[Source]:
        """The sources after FINESS."""
        return [
            Source(_GEOCODED, _GEOCODED.c.key == table.c.address_key, _GEOCODED.c.precision, GEOCODER),
            Source(self._communes, self._communes.c.key == table.c.insee, "commune", COMMUNE),
            Source(self._postal_codes, self._postal_codes.c.key == table.c.postal_code, "commune", POSTAL_CODE),
        ]

    def _move(self, table: Table, sources: list[Source], among: ColumnElement[bool]) -> Table:
        """Remember which rows have another point than the best, then write it."""
        moved = self._moved[table]
        self._provide(table, among)
        self.connection.execute(delete(moved))
        self.connection.execute(
            insert(moved).from_select([column.name for column in moved.c], _best(table, sources, among))
        )
        values = {name: moved.c[name] for name in _LOCATED}
        self.connection.execute(update(table).values(values).where(_key(table) == moved.c.key))
        return moved

    def _provide(self, table: Table, among: ColumnElement[bool]) -> None:
        """Bring the points of the communes and the postal codes of these rows, once each."""
        for codes, column, point_of in (
            (self._communes, table.c.insee, self._point_of_commune),
            (self._postal_codes, table.c.postal_code, self._gazetteer.point_of_postal_code),
        ):
            asked = self.connection.scalars(select(column).where(among, column.is_not(None)).distinct())
            new = {code for code in asked if (codes.name, code) not in self._known}
            self._known.update((codes.name, code) for code in new)
            rows = [{"key": code, "lat": at.lat, "lon": at.lon} for code in new if (at := point_of(code))]
            if rows:
                self.connection.execute(insert(codes), rows)

    def _point_of_commune(self, insee: str) -> Point | None:
        commune = self._gazetteer.commune(insee)
        return commune.point if commune else None


@contextmanager
def pointing(connection: Connection, gazetteer: Gazetteer) -> Iterator[Pointer]:
    """A `Pointer` for the time of a block, on a connection without transaction."""
    pointer = Pointer(connection, gazetteer)
    connection.commit()
    try:
        yield pointer
    finally:
        connection.rollback()
        pointer.drop()
        connection.commit()


def _best(table: Table, sources: list[Source], among: ColumnElement[bool]) -> Select[Any]:
    """The key and the best point of the rows that have another one."""
    joined: FromClause = table
    for source in sources:
        joined = joined.outerjoin(source.table, source.onto)
    precision = case(*((source.table.c.lat.is_not(None), source.precision) for source in sources))
    name = case(*((source.table.c.lat.is_not(None), source.name) for source in sources))
    lat, lon = (func.coalesce(*(source.table.c[axis] for source in sources)) for axis in ("lat", "lon"))
    best = (lat, lon, precision, name)
    differs = or_(*(table.c[column].is_distinct_from(value) for column, value in zip(_LOCATED, best, strict=True)))
    return select(_key(table), *best).select_from(joined).where(among, differs)


def _key(table: Table) -> Column[Any]:
    """The one column of the primary key."""
    return next(iter(table.primary_key))


def _points(name: str, metadata: MetaData) -> Table:
    """A temporary table of points by a code."""
    columns = (Column("key", String, primary_key=True), Column("lat", Float), Column("lon", Float))
    return Table(name, metadata, *columns, prefixes=["TEMPORARY"])


def _moved(name: str, metadata: MetaData) -> Table:
    """A temporary table of rows with their new point."""
    columns = (Column("lat", Float), Column("lon", Float), Column("precision", String), Column("point_source", String))
    return Table(name, metadata, Column("key", String, primary_key=True), *columns, prefixes=["TEMPORARY"])
