"""Loading FINESS: the establishments, from FINESS+ or from the files before it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Index,
    MetaData,
    Select,
    String,
    Table,
    cast,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.schema import CreateTable

from ingestion import finess_legacy
from ingestion.columns import matches
from ingestion.establishments import (
    SOURCE,
    STRUCTURES,
    Establishment,
    Placed,
    departement_hint,
    placed,
    structure_row,
)
from ingestion.files import Part, utf8_or_windows
from ingestion.finess_legacy import LegacyPoint
from ingestion.finess_plus import generated_on, read_establishments, refuse_activities
from ingestion.kinds import first_line, head_of, only_text
from ingestion.loading import Job, Loading, Options, UnknownCodes, run
from ingestion.places import FINESS
from ingestion.report import Totals
from ingestion.staging import BATCH, table_of
from ingestion.texts import kept, rows_of
from models.geo import Point
from models.tables import Activity, Place

ATTRIBUTION = "Agence du Numérique en Santé, FINESS, Licence Ouverte 2.0"

_HISTORY = "finess-historique"
_ACTIVITY, _PLACE = table_of(Activity), table_of(Place)


def load_finess(engine: Engine, path: Path, options: Options) -> Totals:
    """Mirror FINESS+ « structures » (JSON). Places of the RPPS at a FINESS number take its point."""
    return run(engine, path, options, _job(lambda loading: _read_plus(loading, only_text(path, "finess"))))


def load_finess_history(engine: Engine, path: Path, options: Options) -> Totals:
    """Mirror a file from before FINESS+: `etalab-cs1100502`, `etalab-cs1100507`, or the yearly `etalab_stock_et`."""
    return run(engine, path, options, _job(lambda loading: _read_history(loading, only_text(path, _HISTORY))))


def _job(read: Callable[[Loading], None]) -> Job:
    return Job(
        source=SOURCE,
        attribution=ATTRIBUTION,
        mirrors=(STRUCTURES,),
        read=read,
        after=_subjects,
        write=_point_structures_and_places,
        a_line_each="structure",
        about={"structure": STRUCTURES.table.c.id.in_},
    )


def _read_plus(loading: Loading, part: Part) -> None:
    """Stage the establishments of FINESS+."""
    head = head_of(part)
    refuse_activities(head)
    loading.name_file(part, generated_on(head))
    staged = loading.staged["structure"]
    with part.open(loading.options.on_progress) as stream:
        for establishment in kept(loading, read_establishments(stream)):
            staged.add(structure_row(establishment, _point_of(loading, establishment), loading.gazetteer))
            _count_category(loading, establishment)


def _point_of(loading: Loading, establishment: Establishment) -> Point | None:
    """The point of the coordinates given; odd ones are counted."""
    if not establishment.coordinates:
        return None
    departement = departement_hint(establishment.commune, loading.gazetteer)
    found = placed(establishment.coordinates, departement)
    _count_odd(loading, found)
    return found.point


def _count_odd(loading: Loading, found: Placed) -> None:
    """Count coordinates that give no point, and those that had to be swapped."""
    loading.totals.notes["coordonnées refusées (hors de France)"] += found.point is None
    loading.totals.notes["coordonnées inversées, remises en ordre"] += found.swapped


def _count_category(loading: Loading, establishment: Establishment) -> None:
    """Count the category if no list has it."""
    if loading.unknown is None:
        loading.unknown = UnknownCodes((("structure_type",),))
    loading.unknown.count((establishment.category, ""))


def _read_history(loading: Loading, part: Part) -> None:
    """Stage the establishments of a file from before FINESS+, whichever of its kinds it is."""
    first = first_line(head_of(part))
    if matches(first, finess_legacy.YEARLY):
        _read_yearly(loading, part)
    else:
        loading.name_file(part, finess_legacy.made_on(first))
        _read_stock(loading, part)


def _read_yearly(loading: Loading, part: Part) -> None:
    staged = loading.staged["structure"]
    for row in rows_of(loading, part, finess_legacy.YEARLY, utf8_or_windows):
        establishment, found = finess_legacy.yearly(row)
        if row.coordx:
            _count_odd(loading, found)
        staged.add(structure_row(establishment, found.point, loading.gazetteer))
        _count_category(loading, establishment)


def _read_stock(loading: Loading, part: Part) -> None:
    staged, points = loading.staged["structure"], _points(loading.connection)
    waiting: list[dict[str, Any]] = []
    with part.open(loading.options.on_progress) as stream:
        read = finess_legacy.read_stock(stream, lenient=loading.options.force)
        records: Iterator[Establishment | LegacyPoint] = kept(loading, read)
        for record in records:
            if isinstance(record, Establishment):
                staged.add(structure_row(record, None, loading.gazetteer))
                _count_category(loading, record)
                continue
            _count_odd(loading, record.placed)
            if point := record.placed.point:
                waiting.append({"id": record.finess, "lat": point.lat, "lon": point.lon})
                if len(waiting) >= BATCH:
                    _write_points(loading.connection, points, waiting)
    _write_points(loading.connection, points, waiting)
    staged.flush()
    _give_points(loading.connection, staged.rows, points)
    points.drop(loading.connection)


def _points(connection: Connection) -> Table:
    """A temporary table for the points, which come after the establishments."""
    columns = (Column("id", String), Column("lat", Float), Column("lon", Float))
    table = Table("finess_point", MetaData(), *columns, Index("finess_point_id", "id"), prefixes=["TEMPORARY"])
    connection.execute(CreateTable(table))
    next(iter(table.indexes)).create(connection)
    return table


def _write_points(connection: Connection, points: Table, waiting: list[dict[str, Any]]) -> None:
    if waiting:
        connection.execute(insert(points), waiting)
        waiting.clear()


def _give_points(connection: Connection, rows: Table, points: Table) -> None:
    """Write the points to the staged establishments; they are part of what is compared."""
    place = {"lat": points.c.lat, "lon": points.c.lon, "precision": "site", "point_source": FINESS}
    content = rows.c.digest + " " + cast(points.c.lat, String) + " " + cast(points.c.lon, String)
    connection.execute(update(rows).values(**place, digest=content).where(rows.c.id == points.c.id))


def _point_structures_and_places(loading: Loading) -> None:
    """Give a point to structures without their own, then to the places at all those that differ."""
    structures = loading.staged["structure"]
    loading.pointer.move_structures(structures.written())
    loading.pointer.move_places(_PLACE.c.finess.in_(select(structures.touched.c.id)))


def _subjects(loading: Loading) -> Iterable[Select[Any]]:
    """The structures that differ, and the people who practise there."""
    touched = loading.staged["structure"].touched
    here = _ACTIVITY.c.place_key == literal("finess:") + touched.c.id
    yield select(literal("s:") + touched.c.id)
    yield select(literal("p:") + _ACTIVITY.c.professional_id).join(touched, here)
