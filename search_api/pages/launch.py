"""What another program sends to open a search, and what of it was not understood. Pure, but for the geocoder.

A regulation software knows an address by its parts, a specialty by a code or by a word, and the patient's doctor by a
number or by a name. Whatever it sends opens a search: what is not understood is left out and said, each by its field
(`Unread`), never guessed and never refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote_from_bytes

from models import codes
from models.folding import fold
from models.gazetteer import Commune
from models.geo import distance_m
from models.identifiers import RPPS
from relevance.text import question
from search_api.pages import links, trades
from search_api.parameters import QUERY_BYTES, TEXT_LENGTH, Pairs
from search_api.planning import AT_A_COMMUNE_M, Planner
from search_api.problems import Fault, QueryTooLong, is_control
from search_api.suggestions import of_codes

ORIGIN: Final = "origin"
SENT: Final = ("practitioner", "specialty", "streetnumber", "streetname", "inseecode", "city")
"""The parameters that are read, beside the name of the program; others are ignored."""
DOCTORS: Final = 3
"""Numbers of doctors that are looked for, at most."""
RECEIVED: Final = 40
"""Characters that are repeated of a value that was not understood: a link holds them."""
USUAL: Final[Pairs] = (("specialty", "SM54"),)
"""What is looked for when no specialty is understood: general practice."""

_ALIKE: Final = 3
"""Codes that one word may mean together, as alternatives."""
_SHORTEST: Final = 4
"""Letters by which a label may begin."""
_RPPS: Final = re.compile(rf"(?<!\d)8?({RPPS})(?!\d)", re.ASCII)
_INSEE: Final = re.compile(r"(\d\d|2[AB])\d{3}", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,5}( ?[a-z]{1,6})?([-/ ]\d{1,5}( ?[a-z]{1,6})?)?", re.ASCII | re.IGNORECASE)
_BEFORE_A_TRADE: Final = re.compile(r"^(consultations?|medecin|specialiste|specialite)( (de|d|du|en|des))? ")
_URN: Final = "urn:"
_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))
_WRITTEN: Final = 3
"""Parts of a value that was not understood, as a link holds it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A value that was not understood: its field, why (a key of `WHY`), and the beginning of what was received."""

    field: str
    reason: str
    value: str = ""

    @classmethod
    def of(cls, field: str, reason: str, value: str = "") -> "Unread":
        """What was received is cut, its controls written by their number."""
        return cls(field, reason, Fault.of(field, value, reason).value[:RECEIVED])

    @property
    def written(self) -> str:
        """As a link holds it; `read_back` reads it."""
        return f"{self.field}:{self.reason}:{self.value}"


@dataclass(frozen=True, slots=True)
class Launch:
    """The search that was asked, as the API and the pages name it, and what was not understood."""

    pairs: Pairs
    not_understood: tuple[Unread, ...]


class _Part(NamedTuple):
    """What some of the fields mean."""

    pairs: Pairs = ()
    unread: tuple[Unread, ...] = ()


FIELDS: Final[Mapping[str, str]] = {
    "practitioner": "Médecin traitant",
    "specialty": "Spécialité",
    "streetnumber": "Numéro de rue",
    "streetname": "Rue",
    "inseecode": "Code INSEE",
    "city": "Commune",
}
WHY: Final[Mapping[str, str]] = {
    "long": f"plus de {TEXT_LENGTH} caractères, ce n’est pas lu",
    "control": "des caractères de contrôle, ce n’est pas lu",
    "identity": "ni un numéro RPPS (onze chiffres), ni un nom : aucun médecin traitant n’est cherché",
    "trade": "inconnue ou trop large, la médecine générale est cherchée à la place",
    "several": "plusieurs sens, vérifiez celui qui est cherché",
    "number": "ce n’est pas un numéro comme « 12 bis », il n’est pas cherché",
    "streetless": "sans nom de rue, le numéro n’est pas cherché",
    "townless": "sans commune, la rue n’est pas cherchée",
    "unplaced": "la rue n’a pas été comprise, la recherche part de la commune",
    "elsewhere": "la rue n’a été trouvée que dans une autre commune, la recherche part de celle qui a été transmise",
    "by-name": "ce code n’existe pas ou n’existe plus, la commune est cherchée par son nom",
    "departement": "ni ce code ni un nom ne disent quelle commune, tout le département est cherché",
    "code": "ce code n’existe pas",
    "contradicts": "ce n’est pas la commune du code INSEE, et c’est le code qui compte",
    "unknown": "aucune commune de ce nom, la recherche est sans lieu",
    "missing": "aucune commune n’a été transmise, la recherche est sans lieu",
}
"""Why a value was not understood, and what is done without it."""


# Reading ------------------------------------------------------------------------------------------------------------


def pairs(query_string: bytes) -> Pairs:
    """The names and values of a query string in UTF-8, else in the Latin letters of older programs.

    Raises:
        QueryTooLong: more than 8 kB.

    """
    if len(query_string) > QUERY_BYTES:
        raise QueryTooLong
    written = quote_from_bytes(query_string, safe=_ASCII)
    try:
        return parse_qsl(written, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return parse_qsl(written, keep_blank_values=True, encoding="cp1252", errors="replace")


def first(given: Pairs) -> Mapping[str, str]:
    """The first value of each parameter, without the spaces around it."""
    return {name: value.strip() for name, value in reversed(given)}


def read(given: Pairs, planner: Planner) -> Launch:
    """The search that these parameters ask. Of one field, only the first thing that is wrong is said."""
    received = first(given)
    unsound = tuple(_unsound(received))
    ill = {each.field for each in unsound}
    sound = {name: "" if name in ill else received.get(name, "") for name in SENT}
    parts = (_doctor(sound["practitioner"]), _trade(sound["specialty"]), _place(sound, planner))
    said = {each.field: each for each in reversed((*unsound, *(each for part in parts for each in part.unread)))}
    asked = [pair for part in parts for pair in part.pairs]
    return Launch(asked, tuple(said[name] for name in SENT if name in said))


def _unsound(received: Mapping[str, str]) -> Iterator[Unread]:
    """The values that nothing is read of."""
    for name in SENT:
        value = received.get(name, "")
        if len(value) > TEXT_LENGTH:
            yield Unread.of(name, "long", value)
        elif any(map(is_control, value)):
            yield Unread.of(name, "control", value)


def _said(text: str) -> str:
    """What follows the name of its list, in a value written `urn:oid:…|CODE`."""
    return text.rpartition("|")[2].strip() if text.lower().startswith(_URN) else text


# The doctor ---------------------------------------------------------------------------------------------------------


def _doctor(text: str) -> _Part:
    """Numbers of the RPPS (with or without the 8 of its list), else a name."""
    whole = re.sub(r"[\s.]", "", _said(text))
    numbers = _RPPS.findall(text) or _RPPS.findall(whole) * bool(_RPPS.fullmatch(whole))
    if numbers:
        return _Part([(links.DOCTOR, number) for number in dict.fromkeys(numbers[:DOCTORS])])
    if text and (text.lower().startswith(_URN) or any(map(str.isdigit, text)) or question(text) is None):
        return _Part(unread=(Unread.of("practitioner", "identity", text),))
    return _Part([(links.DOCTOR, text)] if text else ())


# The trade ----------------------------------------------------------------------------------------------------------


def _trade(text: str) -> _Part:
    """A code of a list, else the words for it; general practice when nothing is said."""
    meant = _of_code(_said(text)) or (() if text.lower().startswith(_URN) else _of_words(text))
    if not meant:
        return _Part(USUAL, (Unread.of("specialty", "trade", text),) if text else ())
    list_asked, _ = meant[0]
    kept = [(name, _head(name, code)) for name, code in meant if name == list_asked]
    several = (Unread.of("specialty", "several", text),) if len(kept) < len(meant) else ()
    return _Part(list(dict.fromkeys(kept)), several)


def _head(name: str, code: str) -> str:
    return codes.specialty_head(code) if name == "specialty" else code


def _of_code(text: str) -> Pairs:
    """A code of the two lists by which others name trades; their codes do not meet."""
    code = text.upper()
    return [(name, code) for name in ("specialty", "profession") if code in links.LABELLED[name]]


def _of_words(text: str) -> Pairs:
    """An everyday word, a label, else the beginning of few labels; with or without "consultation de"."""
    words = dict.fromkeys((fold(text), _BEFORE_A_TRADE.sub("", fold(text))))
    ways = (trades.everyday, _of_label, _of_beginning)
    return next((meant for way in ways for each in words if each and (meant := way(each))), ())


def _of_label(words: str) -> Pairs:
    return [
        (name, code) for name in trades.CALLED for code, label in links.LABELLED[name].items() if fold(label) == words
    ]


def _of_beginning(words: str) -> Pairs:
    """The codes of the first list that has some; none when they are too many to be one thing."""
    met = of_codes(words, _ALIKE + 1) if len(words) >= _SHORTEST else ()
    by_list = [[(each.parameter, each.value) for each in those] for _, those in groupby(met, lambda one: one.parameter)]
    known = {each[0][0]: each for each in by_list}
    few = next((known[name] for name in trades.CALLED if name in known), [])
    return few if len(few) <= _ALIKE else ()


# The place ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Town:
    """A place without its street: the search there, how an address may end with it, the name that it reads back as.

    `commune` is that of the code, where there is one.
    """

    pairs: Pairs
    endings: tuple[str, ...] = ()
    label: str | None = None
    unread: tuple[Unread, ...] = ()
    commune: Commune | None = None


def _place(sent: Mapping[str, str], planner: Planner) -> _Part:
    """The address from its parts, else the town alone."""
    street, unread = _street(sent)
    town = _town(sent, planner)
    if not street or not town.endings:
        townless = (Unread.of("streetname", "townless", sent["streetname"]),) if street else ()
        return _Part(town.pairs, (*unread, *town.unread, *townless))
    addresses = (f"{street}, {ending}" for ending in town.endings)
    address = next((each for each in addresses if _is_there(each, town, planner)), None)
    reason = "unplaced" if address is None else "elsewhere" if _is_elsewhere(address, town, planner) else ""
    if address is None or reason:
        return _Part(town.pairs, (*unread, *town.unread, Unread.of("streetname", reason, sent["streetname"])))
    return _Part([("address", address)], (*unread, *town.unread))


def _street(sent: Mapping[str, str]) -> tuple[str, tuple[Unread, ...]]:
    """The number and the name of the street; a number without a street is no address."""
    number, name = sent["streetnumber"], sent["streetname"]
    if number and not _NUMBER.fullmatch(number):
        return name, (Unread.of("streetnumber", "number", number),)
    if number and not name:
        return "", (Unread.of("streetnumber", "streetless", number),)
    return f"{number} {name}".strip(), ()


def _is_there(address: str, town: _Town, planner: Planner) -> bool:
    """Whether an address is read as being in its town; of a street that only a geocoder reads, whether it does."""
    if len(address) > TEXT_LENGTH or any(map(is_control, address)):
        return False
    located = planner.places.locate(address)
    if located is not None and located.label == town.label:
        return True
    return planner.geocoder is not None and not planner.faults_of_address(address)


def _is_elsewhere(address: str, town: _Town, planner: Planner) -> bool:
    """Whether a geocoder finds the street of an address in another commune than that of the code."""
    found = planner.geocoded(address) if town.commune else None
    if found is None or town.commune is None:
        return False
    point, written = found
    if planner.places.locate(written) is not None:
        return not _agrees(written, town.commune, planner)
    return town.commune.point is not None and distance_m(point, town.commune.point) > AT_A_COMMUNE_M


def _town(sent: Mapping[str, str], planner: Planner) -> _Town:
    """The commune of the code, else of the name, else the département that the code begins with."""
    code, city = sent["inseecode"].upper(), sent["city"]
    if commune := planner.gazetteer.commune(code):
        return _of_commune(commune, city, planner)
    departement = planner.gazetteer.departement_of(insee=code) if _INSEE.fullmatch(code) else None
    named = _of_name(city, departement.code if departement else None, planner) if city else None
    if named:
        return replace(named, unread=tuple(_of_bad_code(code, "by-name")))
    unknown = Unread.of("city", "unknown" if city else "missing", city)
    if departement:
        return _Town([("departement", departement.code)], unread=tuple(_of_bad_code(code, "departement")))
    return _Town((), unread=(*_of_bad_code(code, "code"), unknown))


def _of_bad_code(code: str, reason: str) -> Iterator[Unread]:
    if code:
        yield Unread.of("inseecode", reason, code)


def _of_commune(commune: Commune, city: str, planner: Planner) -> _Town:
    """The commune of a code: its name is only compared with the other that was sent."""
    label = planner.places.label(commune)
    unread = () if _agrees(city, commune, planner) else (Unread.of("city", "contradicts", city),)
    if commune.point is None:
        return _Town([("commune", commune.insee)], unread=unread)
    alone = [f"{code} {commune.name}" for code in commune.postal_codes] if len(commune.postal_codes) == 1 else []
    return _Town([("address", label)], (*alone, label), label, unread, commune)


def _agrees(city: str, commune: Commune, planner: Planner) -> bool:
    """Whether a name may be this commune's; a name that is no commune's may be that of a former one, or a hamlet.

    The beginning of its name is its former one: `Grigny` became Grigny-sur-Rhône.
    """
    located = planner.places.locate(city) if city else None
    if located is None or fold(commune.name).startswith(f"{fold(city)} "):
        return True
    city_of_it = planner.gazetteer.commune(commune.parent) if commune.parent else None
    family = [commune, *planner.gazetteer.arrondissements(commune.insee), *([city_of_it] if city_of_it else [])]
    labels = {located.label, *map(planner.places.label, located.others)}
    return any(planner.places.label(each) in labels for each in family)


def _of_name(city: str, departement: str | None, planner: Planner) -> _Town | None:
    """The place of a name, in the département that a former code tells where it can be."""
    writings = (f"{city} ({departement})", city) if departement else (city,)
    for text in writings:
        located = planner.places.locate(text) if len(text) <= TEXT_LENGTH else None
        if located is not None or (planner.geocoder and text == city and not planner.faults_of_address(text)):
            return _Town([("address", text)], (text,), located.label if located else None)
    return None


# What was not understood, as pages know it --------------------------------------------------------------------------


def read_back(asked: Pairs) -> tuple[Unread, ...]:
    """What a link says was not understood: once for each field, of known fields and reasons only."""
    parts = (value.split(":", 2) for value in links.values(asked, links.UNREAD))
    known = [Unread.of(*each) for each in parts if len(each) == _WRITTEN and each[0] in FIELDS and each[1] in WHY]
    return tuple({each.field: each for each in known}.values())


def doctors(asked: Pairs) -> tuple[tuple[str, ...], str | None]:
    """The numbers of the doctors that a link names, else a name."""
    named = [each for each in links.values(asked, links.DOCTOR) if len(each) <= TEXT_LENGTH]
    numbers = tuple(dict.fromkeys(each for each in named if _RPPS.fullmatch(each)))[:DOCTORS]
    name = next((each for each in named if not any(map(is_control, each)) and question(each)), None)
    return numbers, None if numbers else name
