"""What a text is, from its first bytes; and finding in a file, a zip or a folder the texts that a load is about."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ingestion import cpts, declarations, finess_legacy, finess_plus, postal, rpps
from ingestion.answers import named
from ingestion.columns import Layout, matches
from ingestion.files import Part, called, parts
from ingestion.report import WrongFormat

_HEAD = 64 * 1024
Tells = Callable[[bytes], bool]


class Known(NamedTuple):
    """A kind of text: how messages name its file (French), and how its first bytes tell it.

    Of several texts that tell the kind, those that `prefers` are meant.
    """

    title: str
    tells: Tells
    prefers: Tells = lambda _head: True


def headed(layout: Layout[Any]) -> Tells:
    """The test that a text begins with the header of a layout."""
    return lambda head: matches(first_line(head), layout)


def has(*words: bytes) -> Tells:
    """The test that a text begins like a JSON, with one of these words near its start."""
    return lambda head: head.lstrip().startswith(b"{") and any(word in head for word in words)


def is_history(head: bytes) -> bool:
    """The test of a FINESS file from before FINESS+."""
    first = first_line(head)
    return first.startswith(finess_legacy.FIRST_WORDS) or matches(first, finess_legacy.YEARLY)


def first_line(head: bytes) -> str:
    """The first line of a text, as far as it can be read."""
    return head.partition(b"\n")[0].decode(errors="replace").removeprefix("\ufeff").strip()


KNOWN: Mapping[str, Known] = {
    "postaux": Known(postal.POSTAL_CODES.title, headed(postal.POSTAL_CODES)),
    "rpps": Known(rpps.ACTIVITIES.title, headed(rpps.ACTIVITIES)),
    "savoir-faire": Known(rpps.SKILLS.title, headed(rpps.SKILLS)),
    "diplomes": Known(rpps.DIPLOMAS.title, headed(rpps.DIPLOMAS)),
    "finess": Known(
        finess_plus.TITLE, has(b'"pmej"', b'"schemaVersion"'), lambda head: not finess_plus.is_activities(head)
    ),
    "finess-historique": Known(finess_legacy.TITLE, is_history),
    "cpts": Known("de CPTS (insee;cpts_finess;cpts_nom)", headed(cpts.TERRITORIES)),
    "creneaux": Known("de réponses FHIR d'un éditeur", has(b'"Bundle"', b'"OperationOutcome"')),
    "declarations": Known(declarations.TITLE, has(b'"subject"')),
}
"""Every kind, by its name on the command line, in the order in which files are best loaded: addresses after the postal
codes that settle them, slots after the people whose they are."""


def head_of(part: Part) -> bytes:
    """The first bytes of a text."""
    with part.open() as stream:
        return stream.read(_HEAD)


def is_of(part: Part, kind: str) -> bool:
    """Whether a text is of a kind, from its first bytes, or for answers from its name."""
    return KNOWN[kind].tells(head_of(part)) or (kind == "creneaux" and named(part.name) is not None)


def kinds_in(path: Path) -> list[str]:
    """The kinds of the texts of a path, once each, in the order in which they are best loaded.

    Raises:
        WrongFormat: none of the texts is of a known kind.

    """
    found = parts(path)
    known = [name for name in KNOWN if any(is_of(part, name) for part in found)]
    if not known:
        raise WrongFormat(f"{called(path)} n'est d'aucun des formats connus : {', '.join(KNOWN)}.")
    return known


def only_text(path: Path, kind: str) -> Part:
    """The one text of a path that is of a kind; a text alone is taken as it is.

    Raises:
        WrongFormat: of several texts none is of the kind, or more than one.

    """
    fitting = texts_of(path, kind)
    if len(fitting) > 1:
        fitting = [part for part in fitting if KNOWN[kind].prefers(head_of(part))] or fitting
    if len(fitting) > 1:
        names = ", ".join(part.name for part in fitting[:5])
        raise WrongFormat(f"{called(path)} contient plusieurs fichiers {KNOWN[kind].title} : {names}.")
    return fitting[0]


def texts_of(path: Path, kind: str) -> list[Part]:
    """The texts of a path that are of a kind; a text alone is taken as it is.

    Raises:
        WrongFormat: of several texts none is of the kind.

    """
    found = parts(path)
    if len(found) == 1:
        return found
    fitting = [part for part in found if is_of(part, kind)]
    if not fitting:
        names = ", ".join(part.name for part in found[:5])
        raise WrongFormat(f"{called(path)} ne contient pas de fichier {KNOWN[kind].title} : {names}.")
    return fitting
