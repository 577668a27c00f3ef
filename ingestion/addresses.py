"""Setting an address right: which commune, which arrondissement, which département, and a key to compare it by.

The INSEE code wins over the postal code, which is the one that is wrong when both disagree; without INSEE code the
commune is the only one of the postal code, or the one that bears the name. CEDEX postal codes belong to no commune:
they tell the département, and the name tells its commune there.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from models.folding import fold
from models.gazetteer import Commune, Gazetteer

_INSEE = re.compile(r"(\d{2}|2[AB])\d{3}")
INSEE_RULE = "5 chiffres attendus, ou 2A ou 2B et 3 chiffres"
_POSTAL = re.compile(r"\d{5}")
_CEDEX = re.compile(r"\bcedex\b(?: (\d+))?")
_FRENCH_CODES = {"", "99000", "99100", "FR", "FRA", "XXXXX"}
_FRENCH_LABELS = {
    "france",
    "guadeloupe",
    "guyane",
    "guyane francaise",
    "la reunion",
    "martinique",
    "mayotte",
    "nouvelle caledonie",
    "polynesie francaise",
    "reunion",
    "saint barthelemy",
    "saint martin",
    "saint pierre et miquelon",
    "wallis et futuna",
}
_RENAMED = {"97123": "97701", "97127": "97801"}
"""Saint-Barthélemy and Saint-Martin before they left Guadeloupe."""

_ARRONDISSEMENTS: Mapping[str, tuple[int, int, int]] = {
    "75056": (75100, 75000, 20),
    "69123": (69380, 69000, 9),
    "13055": (13200, 13000, 16),
}
"""A commune with arrondissements: the INSEE code and the postal code of its "zeroth", and how many it has."""

_ABBREVIATIONS = {
    "all": "allee",
    "av": "avenue",
    "ave": "avenue",
    "bd": "boulevard",
    "bld": "boulevard",
    "bvd": "boulevard",
    "bat": "batiment",
    "che": "chemin",
    "chem": "chemin",
    "crs": "cours",
    "dr": "docteur",
    "fg": "faubourg",
    "fbg": "faubourg",
    "gal": "general",
    "imp": "impasse",
    "lot": "lotissement",
    "mal": "marechal",
    "pdt": "president",
    "pl": "place",
    "pr": "professeur",
    "prom": "promenade",
    "pas": "passage",
    "qu": "quai",
    "r": "rue",
    "res": "residence",
    "rte": "route",
    "rpt": "rond point",
    "sq": "square",
    "st": "saint",
    "ste": "sainte",
    "trav": "traverse",
    "za": "zone artisanale",
    "zi": "zone industrielle",
}
"""How addresses are shortened, folded: the first word of a street's name most of the time."""

_SPELT_OUT = frozenset(_ABBREVIATIONS.values())
_SMALL_WORDS = {"d", "de", "des", "du", "l", "la", "le", "les"}
_REPETITION = re.compile(r"\b(\d+) ?(?:(b)is|(t)er|(q)uater|([a-h]))\b")
_DOOR = re.compile(r"\d+[a-z]?\b")


class Given(NamedTuple):
    """What a file says of a commune, empty strings where it says nothing. `last_line` is "25304 PONTARLIER CEDEX"."""

    last_line: str = ""
    postal_code: str = ""
    insee: str = ""
    commune: str = ""
    country: str = ""
    country_label: str = ""
    departement: str = ""


class Settled(NamedTuple):
    """What is kept of it. Abroad there is a `country`, and no French code; `last_line` then keeps the whole line."""

    last_line: str | None
    postal_code: str | None
    insee: str | None
    commune: str | None
    country: str | None
    departement: str | None


def settle(given: Given, gazetteer: Gazetteer) -> Settled:
    """The commune and the département, as far as they can be known."""
    if abroad(given):
        line = given.last_line or f"{given.postal_code} {given.commune}".strip()
        country = given.country_label or given.country
        return Settled(line or None, None, None, given.commune or None, country, None)
    postal_code = french_code(given.postal_code, _POSTAL)
    insee = commune_of(given, postal_code, gazetteer)
    known = gazetteer.commune(insee or "")
    return Settled(
        last_line=given.last_line or None,
        postal_code=postal_code,
        insee=insee,
        commune=known.name if known else given.commune or town(given.last_line) or None,
        country=None,
        departement=departement_of(insee, postal_code, gazetteer) or given.departement or None,
    )


def abroad(given: Given) -> bool:
    """Whether the address is outside France: by the country's name, else by its code."""
    label = fold(given.country_label)
    return label not in _FRENCH_LABELS if label else given.country.upper() not in _FRENCH_CODES


def french_code(text: str, pattern: re.Pattern[str]) -> str | None:
    """A code of five characters, its leading zero restored; None when it is not one."""
    code = text.upper().rjust(5, "0") if len(text) == 4 else text.upper()  # noqa: PLR2004 - a spreadsheet's loss
    return code if pattern.fullmatch(code) else None


def insee_code(text: str) -> str | None:
    """A commune's INSEE code, its leading zero restored, today's for the islands that changed; None for other text."""
    code = french_code(text, _INSEE)
    return _RENAMED.get(code, code) if code else None


def commune_of(given: Given, postal_code: str | None, gazetteer: Gazetteer) -> str | None:
    """The INSEE code of the commune (of the arrondissement), or None."""
    insee = insee_code(given.insee)
    if insee is None or gazetteer.commune(insee) is None:
        insee = _told(given, postal_code, gazetteer) or insee
    if insee is not None and insee in _ARRONDISSEMENTS:
        return arrondissement(insee, postal_code, given.last_line) or insee
    return insee


def _told(given: Given, postal_code: str | None, gazetteer: Gazetteer) -> str | None:
    """What the postal code and the name tell; of a CEDEX, the name among those of its département."""
    candidates = gazetteer.with_postal_code(postal_code or "")
    if len(candidates) == 1:
        return candidates[0].insee
    departement = departement_of(None, postal_code, gazetteer) or given.departement
    found = named(given.commune or town(given.last_line), candidates or gazetteer.in_departement(departement))
    return found[0].insee if len(found) == 1 else None


def named(name: str, communes: Iterable[Commune]) -> list[Commune]:
    """Those that bear the name, `st` for `saint` and articles aside."""
    bare = _bare(name)
    return [commune for commune in communes if bare and bare == _bare(commune.name)]


def arrondissement(insee: str, postal_code: str | None, last_line: str) -> str | None:
    """The arrondissement of Paris, Lyon or Marseille, from the postal code, else from "PARIS CEDEX 13"."""
    first_insee, first_postal, count = _ARRONDISSEMENTS[insee]
    if postal_code == "75116":
        return postal_code
    cedex = _CEDEX.search(fold(last_line))
    numbers = (int(postal_code or 0) - first_postal, int(cedex[1]) if cedex and cedex[1] else 0)
    return next((str(first_insee + number) for number in numbers if 1 <= number <= count), None)


def departement_of(insee: str | None, postal_code: str | None, gazetteer: Gazetteer) -> str | None:
    """The département: of the commune, even one that is no more; else what the postal code tells, CEDEX included."""
    if insee and gazetteer.departement(prefix := departement_prefix(insee)):
        return prefix
    known = gazetteer.departement_of(postal_code=postal_code)
    return known.code if known else None


def departement_prefix(insee: str) -> str:
    """`"69266"` → `"69"`, `"2A004"` → `"2A"`, `"97411"` → `"974"`."""
    return insee[:3] if insee.startswith(("97", "98")) else insee[:2]


def town(last_line: str) -> str:
    """The name in the last line of an address: `"25304 PONTARLIER CEDEX 2"` → `"PONTARLIER"`."""
    without_code = re.sub(r"^\s*\d{4,5}\s+", "", last_line)
    return re.sub(r"\s+CEDEX\b.*$", "", without_code, flags=re.IGNORECASE).strip()


def address_key(spelt_street: str, postal_code: str | None, insee: str | None) -> str | None:
    """What equal addresses share: the street, spelt out, the postal code, the commune; None without the first two."""
    return f"{spelt_street} {postal_code} {insee or ''}".rstrip() if spelt_street and postal_code else None


def spelt_street(number: str, repetition: str, kind: str, street: str) -> str:
    """The folded number and street, abbreviations spelt out; empty without a street."""
    if not street:
        return ""
    name = spelt_out(f"{kind} {street}")
    return f"{fold(number + repetition)} {name}" if number or repetition else name


def same_street(one: str, other: str) -> bool:
    """Whether two streets, spelt out, are one, but for small words and a number left out.

    Around a number and its street anything may be written: a building before, a floor or the town after.
    """
    short, long = sorted((_bare_street(one), _bare_street(other)), key=len)
    before, found, after = f" {long} ".partition(f" {short} ")
    if not short or not found:
        return False
    if _DOOR.match(short):
        return not after or _names_street(short)
    return not after and all(_DOOR.fullmatch(word) for word in before.split())


def _names_street(bare: str) -> bool:
    """Whether there is more than numbers and beginnings: `"12 avenue general"` names none yet."""
    return any(word not in _SPELT_OUT and not _DOOR.fullmatch(word) for word in bare.split())


def _bare_street(spelt: str) -> str:
    """`"12 bis rue de la republique"` → `"12b rue republique"`."""
    joined = _REPETITION.sub(lambda found: "".join(filter(None, found.groups())), spelt)
    return " ".join(word for word in joined.split() if word not in _SMALL_WORDS)


@lru_cache(maxsize=65_536)
def spelt_out(text: str) -> str:
    """The folded words of an address, abbreviations spelt out."""
    return " ".join(_ABBREVIATIONS.get(word, word) for word in fold(text).split())


@lru_cache(maxsize=65_536)
def _bare(name: str) -> str:
    """A commune's name, folded, without its article, and with its saint spelt out."""
    words = spelt_out(name).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in {"l", "le", "la", "les"} else words)
