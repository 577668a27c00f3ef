"""The loads, by the name that the command line gives them; and which one a file is for.

Every load takes the engine, a path and `Options`, returns its `Totals`, or raises `LoadRefused` having written nothing.
A path is a file, a gzip, a zip or a folder. Loading the same file again writes nothing but the journal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from ingestion import cpts, finess_legacy, postal, rpps
from ingestion.columns import Layout, matches
from ingestion.files import Part, parts
from ingestion.loading import Options
from ingestion.loads_declared import load_declarations
from ingestion.loads_finess import load_finess, load_finess_history
from ingestion.loads_rpps import load_diplomas, load_rpps, load_skills
from ingestion.loads_territory import load_postal_codes, load_territories
from ingestion.report import Totals, WrongFormat
from ingestion.slots import load_slots

__all__ = [
    "KINDS",
    "Kind",
    "kind_of",
    "kinds_in",
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

_HEAD = 64 * 1024
Loader = Callable[[Engine, Path, Options], Totals]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: what it is (French), its load, and how the first bytes of a text tell it."""

    title: str
    load: Loader
    tells: Callable[[bytes], bool]


def _headed(layout: Layout[Any]) -> Callable[[bytes], bool]:
    """The test that a text begins with the header of a layout."""
    return lambda head: matches(_first_line(head), layout)


def _has(*words: bytes) -> Callable[[bytes], bool]:
    """The test that a text begins like a JSON, with one of these words near its start."""
    return lambda head: head.lstrip().startswith(b"{") and any(word in head for word in words)


def _is_history(head: bytes) -> bool:
    first = _first_line(head)
    return first.startswith(finess_legacy.FIRST_WORDS) or matches(first, finess_legacy.YEARLY)


def _first_line(head: bytes) -> str:
    return head.partition(b"\n")[0].decode(errors="replace").removeprefix("\ufeff").strip()


KINDS: Mapping[str, Kind] = {
    "rpps": Kind("Activités du RPPS", load_rpps, _headed(rpps.ACTIVITIES)),
    "savoir-faire": Kind("Savoir-faire du RPPS", load_skills, _headed(rpps.SKILLS)),
    "diplomes": Kind("Diplômes et autorisations du RPPS", load_diplomas, _headed(rpps.DIPLOMAS)),
    "finess": Kind("Établissements de FINESS+", load_finess, _has(b'"pmej"', b'"schemaVersion"')),
    "finess-historique": Kind("Établissements, fichiers FINESS d'avant 2026", load_finess_history, _is_history),
    "postaux": Kind("Codes postaux de La Poste", load_postal_codes, _headed(postal.POSTAL_CODES)),
    "cpts": Kind("Communes des CPTS", load_territories, _headed(cpts.TERRITORIES)),
    "creneaux": Kind("Créneaux d'un éditeur", load_slots, _has(b'"Bundle"', b'"OperationOutcome"')),
    "declarations": Kind("Déclarations", load_declarations, _has(b'"subject"')),
}
"""Every kind, by its name on the command line."""


def kind_of(part: Part) -> str | None:
    """The name of the kind of a text, from its first bytes; None when it is none of them."""
    with part.open() as stream:
        head = stream.read(_HEAD)
    return next((name for name, kind in KINDS.items() if kind.tells(head)), None)


def kinds_in(path: Path) -> list[str]:
    """The kinds of the texts of a path, once each, in the order in which they are best loaded.

    Raises:
        WrongFormat: none of the texts is of a known kind.

    """
    found = {kind_of(part) for part in parts(path)}
    known = [name for name in KINDS if name in found]
    if not known:
        raise WrongFormat(f"{path.name} n'est d'aucun des formats connus : {', '.join(KINDS)}.")
    return known
