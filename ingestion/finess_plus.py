"""Reading FINESS+ structures: one JSON, `pmej[]` (legal entities) → `ege[]` (establishments). Streamed, pure.

Two shapes exist: codes are texts or `{code, system}`, keys are capitalised in two ways, dates are ISO or followed by a
time. Which coordinate is which is never told by its name: see `ingestion.establishments.placed`.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import IO, Any

import ijson

from ingestion.addresses import Given
from ingestion.establishments import Establishment, day, refusal
from ingestion.files import ends_inside_a_character
from ingestion.report import Rejected, Truncated, WrongFormat, shown

TITLE = "FINESS+ « structures »"
_MAIN_ADDRESS = "03"
_ACTIVE = "A"
_GENERATED = re.compile(rb'"generatedAt"\s*:\s*"(\d{4}-\d{2}-\d{2})')
_ACTIVITIES = re.compile(rb'"activites(autorisees|exercees)"', re.IGNORECASE)
_CUT, _ENCODING = "premature EOF", "invalid bytes in UTF8"
"""What the JSON library says of a text that ends too early, and of one in another encoding."""
_LONGEST_CHARACTER = 4
_BLOCK, _DEEPEST = 4096, 5_000
"""Bytes read at once, and open brackets (those inside texts, which hardly have any, included): a FINESS+ file has 8."""
_PAIRS = (("coordonneey", "coordonneex"), ("directionlatitude", "directionlongitude"))
"""Y before X: both files have seen latitude or easting in Y; `placed` would find the other order as well."""

Json = Any
"""A JSON value, as its file has it."""


def read_establishments(stream: IO[bytes]) -> Iterator[Establishment | Rejected]:
    """The establishments of a file; what names none is rejected, by its rank among them.

    Raises:
        Truncated: the JSON is cut.
        WrongFormat: it is ill-formed, it is no UTF-8, or it has no legal entity with an establishment.

    """
    rank, seen = 0, _Seen(stream)
    try:
        for entity in ijson.items(seen, "pmej.item", use_float=True, buf_size=_BLOCK):
            legal = _lowered(entity)
            legal_id = text(_object(legal, "informationsgeneralespmej"), "numfinesspm")
            for ege in _establishments(legal):
                rank += 1
                yield _checked(rank, ege, legal_id)
    except (ijson.JSONError, RecursionError) as error:
        raise _broken(str(error), rank, cut=seen.ends_inside_a_character()) from error
    if rank == 0:
        raise WrongFormat(f"Le fichier n'est pas {TITLE} : aucun établissement sous « pmej », « ege ».")


def _establishments(legal: Json) -> list[Json]:
    """The establishments of a legal entity, or what stands where they should."""
    if not isinstance(legal, dict):
        return [legal]
    found = legal.get("ege")
    return found if isinstance(found, list) else []


def _checked(rank: int, ege: Json, legal_id: str) -> Establishment | Rejected:
    """An establishment, or its rejection."""
    if not isinstance(ege, dict):
        return Rejected(rank, f"objet JSON attendu, {shown(ege)} trouvé")
    found = establishment(ege, legal_id)
    reason = refusal(found)
    return found if reason is None else Rejected(rank, reason, found.finess)


class _Seen:
    """A stream that remembers the last bytes it gave, and counts the brackets that are open."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._last = b""
        self._open = 0

    def read(self, size: int = -1) -> bytes:
        """Read from the stream.

        Raises:
            WrongFormat: the JSON is nested so deep that its reader would fill the memory with the ways to its values.

        """
        block = self._stream.read(size)
        self._last = block[-_LONGEST_CHARACTER:] or self._last
        self._open += sum(map(block.count, (b"[", b"{"))) - sum(map(block.count, (b"]", b"}")))
        if self._open > _DEEPEST:
            raise WrongFormat(f"Le fichier n'est pas {TITLE} : son JSON est bien trop imbriqué.")
        return block

    def ends_inside_a_character(self) -> bool:
        """Whether the stream is at its end, and that end is the beginning of a character of UTF-8."""
        return ends_inside_a_character(self._last) and not self._stream.read(1)


def _broken(said: str, rank: int, *, cut: bool) -> Truncated | WrongFormat:
    """The refusal of a JSON that cannot be read to its end, from what the library says of it."""
    if cut or _CUT in said:
        return Truncated(f"Le JSON est coupé, le fichier est tronqué (établissements lus : {rank}).")
    if _ENCODING in said:
        return WrongFormat(f"Caractères illisibles : UTF-8 attendu (établissements lus : {rank}).")
    return WrongFormat(f"Le JSON est mal formé (établissements lus : {rank}).")


def is_activities(head: bytes) -> bool:
    """Whether the first bytes are those of the other file of FINESS+, which has the same root."""
    return _ACTIVITIES.search(head) is not None


def refuse_activities(head: bytes) -> None:
    """Refuse the other file of FINESS+ by its first bytes.

    Raises:
        WrongFormat: it is « activités ».

    """
    if is_activities(head):
        raise WrongFormat(
            "C'est le fichier « activités » de FINESS+, que l'annuaire ne lit pas. Donnez le fichier « structures »."
        )


def generated_on(head: bytes) -> date | None:
    """The day that the first bytes of a file say it was made on."""
    found = _GENERATED.search(head)
    try:
        return date.fromisoformat(found[1].decode()) if found else None
    except ValueError:
        return None


def establishment(ege: dict[str, Json], legal_id: str) -> Establishment:
    """An establishment of a legal entity, from its JSON with keys in lower case."""
    about = _object(ege, "informationsgeneralesege")
    address = main_address(_objects(ege, "adresse"))
    return Establishment(
        finess=text(about, "numfinessege"),
        siret=text(about, "siret") or text(ege, "siret"),
        legal_id=legal_id,
        name=text(about, "nomegecourt"),
        long_name=text(about, "nomegelong"),
        category=text(ege, "categorieentitegeographiqueexercice"),
        phone=first_phone(_objects(ege, "contact")),
        active=(text(ege, "etatobjet") or _ACTIVE).upper().startswith(_ACTIVE),
        opened_on=day(text(about, "dateouverture")),
        closed_on=day(text(about, "datefermeture")),
        recipient=text(about, "complementdenominationeg"),
        extra=text(address, "complementpointgeographique") or text(address, "complementvoie"),
        number=text(address, "numerovoie"),
        street_type=text(address, "typevoie"),
        street=text(address, "libellevoie"),
        distribution=text(address, "lieudit"),
        commune=Given(
            last_line=f"{text(address, 'codepostal')} {text(address, 'ligneacheminement')}".strip(),
            postal_code=text(address, "codepostal"),
            insee=text(address, "cogcommune"),
            commune=text(address, "ligneacheminement"),
        ),
        coordinates=tuple(coordinates(_object(address, "coordonneesgeographique"))),
    )


def main_address(addresses: list[dict[str, Json]]) -> dict[str, Json]:
    """The main address (03), else one with coordinates, else the first; empty without any."""
    order = sorted(
        addresses,
        key=lambda one: (text(one, "usageadresse") != _MAIN_ADDRESS, not one.get("coordonneesgeographique")),
    )
    return order[0] if order else {}


def coordinates(values: dict[str, Json]) -> Iterator[tuple[float, float]]:
    """The pairs of numbers that an address has, degrees or metres."""
    for names in _PAIRS:
        try:
            first, second = (float(text(values, name).replace(",", ".")) for name in names)
        except ValueError:
            continue
        yield first, second


def first_phone(contacts: list[dict[str, Json]]) -> str:
    """The first telephone of the contacts."""
    return next((phone for one in contacts if (phone := text(_object(one, "telecom"), "telephone"))), "")


def text(values: dict[str, Json], name: str) -> str:
    """A value as text without the spaces around it; the code of a `{code, system}`."""
    value = values.get(name)
    if isinstance(value, dict):
        value = value.get("code")
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()


def _lowered(value: Json) -> Json:
    """The value with all its keys in lower case."""
    if isinstance(value, dict):
        return {key.lower(): _lowered(inner) for key, inner in value.items()}
    return [_lowered(inner) for inner in value] if isinstance(value, list) else value


def _object(values: Json, name: str) -> dict[str, Json]:
    inner = values.get(name) if isinstance(values, dict) else None
    return inner if isinstance(inner, dict) else {}


def _objects(values: Json, name: str) -> list[dict[str, Json]]:
    inner = values.get(name) if isinstance(values, dict) else None
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []
