"""Loading the demo with the loads of real files, in the order that suits them."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, func, select

from annuaire.demo.geocoder import FictionalGeocoder
from annuaire.demo.writing import Manifest, write_slots
from ingestion.geocoding import geocode_missing
from ingestion.loading import Options
from ingestion.loads import KINDS, load_slots
from ingestion.report import Totals
from ingestion.staging import table_of
from models.tables import Load

ATTRIBUTION = "Données fictives de démonstration : personne n'existe, aucun créneau ne se réserve"
_KIND_OF_ROLE = {
    "structures": "finess",
    "activities": "rpps",
    "skills": "savoir-faire",
    "diplomas": "diplomes",
    "cpts": "cpts",
    "declarations": "declarations",
}
_ALL = 10_000_000
_LOAD = table_of(Load)

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do, of one step."""


class Step(NamedTuple):
    """One load of the demo: what it is, in French, how it is loaded (as a real file is), and from which file."""

    title: str
    load: Callable[[Engine, Path, Options], Totals]
    path: Path


def steps(folder: Path, manifest: Manifest) -> Iterator[Step]:
    """The loads of a written demo, in their order."""
    for role, name in _KIND_OF_ROLE.items():
        yield Step(KINDS[name].title, KINDS[name].load, folder / manifest.files[role])
    for editor, name in manifest.slots.items():
        yield Step(f"Créneaux de l'éditeur {editor}", load_slots, folder / name)


def locate_addresses(database: Engine, at: int, on_progress: Progress) -> int:
    """Give every address a point, as a geocoder would; how many places and structures moved."""
    return geocode_missing(database, FictionalGeocoder(), limit=_ALL, at=at, on_progress=on_progress).moved


def is_loaded(database: Engine, manifest: Manifest) -> bool:
    """Whether this very demo was loaded whole: its last file is in the journal of the database."""
    last = list(manifest.slots.values())[-1]
    with database.connect() as connection:
        return connection.scalar(select(func.count()).where(_LOAD.c.file_name == last)) != 0


def top_up(database: Engine, folder: Path, seed: int, at: int, but: Collection[str] = ()) -> list[Totals]:
    """Ask editors of the demo again, now, but for some, and load what they answer; the former files are removed."""
    former = set(folder.glob("creneaux-*.ndjson"))
    written = {folder / name for name in write_slots(folder, seed, at, but).values()}
    totals = [load_slots(database, path, Options(at, attribution=ATTRIBUTION)) for path in sorted(written)]
    for path in former - written:
        path.unlink()
    return totals
