"""The loads, by the name that the command line gives them.

Every load takes the engine, a path and `Options`, returns its `Totals`, or raises `LoadRefused` having written nothing.
A path is a file, a gzip, a zip or a folder. Loading the same file again writes nothing but the journal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from ingestion.kinds import ANSWERS
from ingestion.loading import Options
from ingestion.loads_declared import load_declarations
from ingestion.loads_finess import load_finess, load_finess_history
from ingestion.loads_rpps import load_diplomas, load_rpps, load_skills
from ingestion.loads_territory import load_postal_codes, load_territories
from ingestion.report import Totals
from ingestion.slots import load_slots

__all__ = [
    "KINDS",
    "Kind",
    "load_declarations",
    "load_diplomas",
    "load_finess",
    "load_finess_history",
    "load_postal_codes",
    "load_rpps",
    "load_skills",
    "load_slots",
    "load_territories",
]

Loader = Callable[[Engine, Path, Options], Totals]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: what it is (French), and its load."""

    title: str
    load: Loader


KINDS: Mapping[str, Kind] = {
    "rpps": Kind("Activités du RPPS", load_rpps),
    "savoir-faire": Kind("Savoir-faire du RPPS", load_skills),
    "diplomes": Kind("Diplômes et autorisations du RPPS", load_diplomas),
    "finess": Kind("Établissements de FINESS+", load_finess),
    "finess-historique": Kind("Établissements, fichiers FINESS d'avant 2026", load_finess_history),
    "postaux": Kind("Codes postaux de La Poste", load_postal_codes),
    "cpts": Kind("Communes des CPTS", load_territories),
    ANSWERS: Kind("Créneaux d'un éditeur", load_slots),
    "declarations": Kind("Déclarations", load_declarations),
}
"""The load of each kind, by its name on the command line."""
