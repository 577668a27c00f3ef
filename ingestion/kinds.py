"""What a text is, from its first bytes; and finding in a file, a zip or a folder the texts that a load is about."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ingestion import cpts, declarations, finess_legacy, finess_plus, postal, rpps
from ingestion.answers import named
from ingestion.columns import Layout, matches
from ingestion.files import BOM, Part, called, parts
from ingestion.report import WrongFormat

_HEAD = 64 * 1024
ANSWERS = "creneaux"
"""The kind of the answers of editors; with a colon and their name, the source of a load of one."""
Tells = Callable[[bytes], bool]


class TextKind(NamedTuple):
    """A kind of text: how messages name its file (French), and how its first bytes tell it.

    Of several texts that tell the kind, those that `prefers` are meant.
    """

    file_title: str
    tells: Tells
    prefers: Tells = lambda _head: True


def headed(layout: Layout[Any]) -> Tells:
    """The test that a text begins with the header of a layout."""
    return lambda head: matches(first_line(head), layout)


def has(*words: bytes) -> Tells:
    """The test that a text begins like a JSON, with one of these words near its start."""
    return lambda head: head.lstrip().startswith(b"{") and any(word in head for word in words)


def declares(head: bytes) -> bool:
    """The test of our declarations: a subject on the first line, which is no FHIR resource."""
    first = first_line(head)
    return first.startswith("{") and '"subject"' in first and '"resourceType"' not in first


def is_history(head: bytes) -> bool:
    """The test of a FINESS file from before FINESS+."""
    first = first_line(head)
    return first.startswith(finess_legacy.FIRST_WORDS) or matches(first, finess_legacy.YEARLY)


def first_line(head: bytes) -> str:
    """The first line of a text, as far as it can be read."""
    return head.partition(b"\n")[0].decode(errors="replace").strip()


TEXTS: Mapping[str, TextKind] = {
    "postaux": TextKind(postal.POSTAL_CODES.title, headed(postal.POSTAL_CODES)),
    "rpps": TextKind(rpps.ACTIVITIES.title, headed(rpps.ACTIVITIES)),
    "savoir-faire": TextKind(rpps.SKILLS.title, headed(rpps.SKILLS)),
    "diplomes": TextKind(rpps.DIPLOMAS.title, headed(rpps.DIPLOMAS)),
    "finess": TextKind(
        finess_plus.TITLE, has(b'"pmej"', b'"schemaVersion"'), lambda head: not finess_plus.is_activities(head)
    ),
    "finess-historique": TextKind(finess_legacy.TITLE, is_history),
    "cpts": TextKind("de CPTS (insee;cpts_finess;cpts_nom)", headed(cpts.TERRITORIES)),
    ANSWERS: TextKind("de réponses FHIR d'un éditeur", has(b'"Bundle"', b'"OperationOutcome"')),
    "declarations": TextKind(declarations.TITLE, declares),
}
"""Every kind, by its name on the command line, in the order in which files are best loaded: addresses after the postal
codes that settle them, slots after the people whose they are."""


def head_of(part: Part) -> bytes:
    """The first bytes of a text, without its byte order mark."""
    with part.open() as stream:
        return stream.read(_HEAD).removeprefix(BOM)


def is_of(part: Part, head: bytes, kind: str) -> bool:
    """Whether a text is of a kind, from its first bytes, or for answers from its name."""
    return TEXTS[kind].tells(head) or (kind == ANSWERS and named(part.name) is not None)


def kinds_in(path: Path) -> list[str]:
    """The kinds of the texts of a path, once each, in the order in which they are best loaded.

    Raises:
        WrongFormat: none of the texts is of a known kind.

    """
    found = [(part, head_of(part)) for part in parts(path)]
    known = [name for name in TEXTS if any(is_of(part, head, name) for part, head in found)]
    if not known:
        raise WrongFormat(f"{called(path)} n'est d'aucun des formats connus : {', '.join(TEXTS)}.")
    return known


def only_text(path: Path, kind: str) -> Part:
    """The one text of a path that is of a kind; a text alone is taken as it is.

    Raises:
        WrongFormat: of several texts none is of the kind, or more than one.

    """
    fitting = texts_of(path, kind)
    if len(fitting) > 1:
        fitting = [part for part in fitting if TEXTS[kind].prefers(head_of(part))] or fitting
    if len(fitting) > 1:
        names = ", ".join(part.name for part in fitting[:5])
        raise WrongFormat(f"{called(path)} contient plusieurs fichiers {TEXTS[kind].file_title} : {names}.")
    return fitting[0]


def texts_of(path: Path, kind: str) -> list[Part]:
    """The texts of a path that are of a kind; a text alone is taken as it is.

    Raises:
        WrongFormat: of several texts none is of the kind.

    """
    found = parts(path)
    if len(found) == 1:
        return found
    fitting = [part for part in found if is_of(part, head_of(part), kind)]
    if not fitting:
        names = ", ".join(part.name for part in found[:5])
        raise WrongFormat(f"{called(path)} ne contient pas de fichier {TEXTS[kind].file_title} : {names}.")
    return fitting
