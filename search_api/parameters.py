"""The query string of a search: one strict model. The page, the API and the widget use the same names.

Repeated parameters are alternatives. Nothing is guessed: an unknown name, an unknown code, a value out of its bounds or
an empty one is refused, and every fault is said at once.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Any, Final, Literal, Protocol, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic import WithJsonSchema as Schema
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from models import codes
from models.clock import whole_minute
from models.geo import Point
from models.offer import Kind, ModalityName, Via
from relevance.plan import HORIZON_S, Order
from relevance.text import question
from search_api.problems import Fault, QueryTooLong, Refused, is_control

QUERY_BYTES: Final = 8_192
TEXT_LENGTH: Final = 200
VALUES: Final = 50
"""Values of one parameter, at most."""
RADIUS_KM: Final = 200.0
LIMIT: Final = 50

Pairs = Sequence[tuple[str, str]]
"""Names and values of a query string, in its order."""

Way = Literal["any"] | Via


class Reference(Protocol):
    """Which codes of places exist."""

    def knows(self, parameter: str, code: str) -> bool:
        """Whether `postal_code`, `commune`, `departement` or `cpts` has this code."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a request is read with: the clock (epoch seconds, whole minute), the places, and whether `at` is taken."""

    at: int
    reference: Reference
    clock_settable: bool = False


def refuse(rule: str) -> PydanticCustomError:
    """The error of a value that breaks a rule (French), for a validator to raise."""
    return PydanticCustomError("rule", "{rule}", {"rule": rule})


# One value ----------------------------------------------------------------------------------------------------------


def _only_true(value: str) -> bool:
    if value != "true":
        raise refuse("la seule valeur possible est true")
    return True


def matching(pattern: str, rule: str) -> Callable[[object], str]:
    """A check that the value is a text, all of which has this form."""
    form = re.compile(pattern, re.ASCII)

    def check(value: object) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise refuse(rule)
        return value

    return check


def _in(table: Mapping[str, str], what: str) -> AfterValidator:
    """A check that the code is in the list."""

    def check(value: str) -> str:
        if value not in table:
            raise refuse(f"code inconnu de la liste {what}")
        return value

    return AfterValidator(check)


def _known_place(what: str) -> AfterValidator:
    """A check that the gazetteer, or the territories, have this code."""

    def check(value: str, info: ValidationInfo) -> str:
        name = info.field_name or ""
        if not _context(info).reference.knows(name, value):
            raise refuse(f"{what} inconnu du référentiel")
        return value

    return AfterValidator(check)


def _context(info: ValidationInfo) -> Context:
    if not isinstance(info.context, Context):
        raise TypeError("a request is read with its context")
    return info.context


_INSTANT: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)"
_INSTANT_RULE: Final = "un instant ISO 8601 avec son décalage, par exemple 2026-11-23T18:00:00+01:00"
_written = matching(_INSTANT, _INSTANT_RULE)
_encoded = matching(_INSTANT.replace("[+-]", "[+ -]"), f"{_INSTANT_RULE} (le + s’écrit %2B)")


def _asked_instant(value: object) -> int:
    """Epoch seconds, in an address: a space before the offset is a plus that nobody encoded."""
    return _instant(_encoded(value).replace(" ", "+"))


def _sent_instant(value: object) -> int:
    """Epoch seconds, in a body."""
    return _instant(_written(value))


def _instant(written: str) -> int:
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise refuse("cette date n’existe pas") from None
    if not 2000 <= instant.year <= 2100:  # noqa: PLR2004 - the years that our time zones are right for
        raise refuse("une année entre 2000 et 2100")
    return int(instant.timestamp())


def asked_clock(given: Pairs) -> int | None:
    """The clock that the pairs set with `at`, as a whole minute; None when they set none, or badly."""
    written = [value for name, value in given if name == "at"]
    try:
        return whole_minute(_asked_instant(written[0])) if len(written) == 1 else None
    except PydanticCustomError:
        return None


def _within_horizon(instant: int, info: ValidationInfo) -> int:
    """The whole minute, like the clock."""
    at, start = _context(info).at, whole_minute(instant)
    if start < at:
        raise refuse("cet instant est passé")
    if start >= at + HORIZON_S:
        raise refuse("cet instant est à plus de 72 heures")
    return start


_NUMBERS = matching(r"-?\d{1,4}(\.\d{1,15})?,-?\d{1,4}(\.\d{1,15})?", "deux nombres « latitude,longitude » en degrés")


def _point(value: str) -> Point:
    lat, _, lon = _NUMBERS(value).partition(",")
    point = Point(float(lat), float(lon))
    if abs(point.lat) > 90 or abs(point.lon) > 180:  # noqa: PLR2004 - degrees
        raise refuse("une latitude entre -90 et 90, une longitude entre -180 et 180")
    return point


def _readable(value: str) -> str:
    if question(value) is None:
        raise refuse("au moins une lettre latine ou un chiffre")
    return value


def _way(value: str) -> Way:
    """How someone takes part in the SAS; `true` is any way."""
    for way in get_args(Via):
        if value == way:
            return way  # type: ignore[no-any-return] # mypy does not see what get_args gives
    if value != "true":
        raise refuse("une des valeurs true, " + ", ".join(get_args(Via)))
    return "any"


# Types --------------------------------------------------------------------------------------------------------------

Profession = Annotated[str, _in(codes.PROFESSIONS, "des professions")]
Specialty = Annotated[str, _in(codes.SPECIALTIES, "des spécialités")]
StructureType = Annotated[str, _in(codes.STRUCTURE_TYPES, "des types de structure")]
Skill = Annotated[str, _in(codes.SKILLS, "des compétences")]
Care = Annotated[str, _in(codes.CARE, "des prises en charge")]
Equipment = Annotated[str, _in(codes.EQUIPMENT, "des équipements")]
Language = Annotated[str, _in(codes.LANGUAGES, "des langues")]
Sector = Annotated[str, _in(codes.CONVENTION_SECTORS, "des secteurs")]
PostalCode = Annotated[
    str, AfterValidator(matching(r"\d{5}", "un code postal de cinq chiffres")), _known_place("code postal")
]
Commune = Annotated[
    str,
    AfterValidator(matching(r"(\d\d|2[AB])\d{3}", "un code INSEE de cinq caractères, par exemple 69266")),
    _known_place("code commune"),
]
Departement = Annotated[
    str,
    AfterValidator(matching(r"\d\d|2[AB]|9[78]\d", "un code de département, par exemple 69, 2A ou 974")),
    _known_place("département"),
]
Cpts = Annotated[str, Field(max_length=TEXT_LENGTH), _known_place("territoire")]
Words = Annotated[str, Field(max_length=TEXT_LENGTH), AfterValidator(_readable)]
Near = Annotated[
    Point, BeforeValidator(_point), Schema({"type": "string", "pattern": r"^-?\d+(\.\d+)?,-?\d+(\.\d+)?$"})
]
OfferId = Annotated[
    str,
    Path(description="Identifiant d’une offre, comme une recherche le donne.", examples=["p810100000001-0123456789ab"]),
]
_DATE_TIME: Final = Schema({"type": "string", "format": "date-time"})
Instant = Annotated[int, BeforeValidator(_asked_instant), _DATE_TIME]
SentInstant = Annotated[int, BeforeValidator(_sent_instant), _DATE_TIME]
"""An instant of a body, where nothing is encoded."""
Yes = Annotated[bool, BeforeValidator(_only_true), Schema({"type": "string", "enum": ["true"]})]
AskedWay = Annotated[Way, BeforeValidator(_way), Schema({"type": "string", "enum": ["true", *codes.VIAS]})]
Radius = Annotated[
    float,
    Field(gt=0, le=RADIUS_KM),
    BeforeValidator(matching(r"-?\d{1,15}(\.\d{1,15})?", "un nombre de kilomètres, par exemple 7.5")),
]
Hours = Annotated[
    int, Field(ge=1, le=HORIZON_S // 3600), BeforeValidator(matching(r"-?\d{1,9}", "un nombre entier d’heures"))
]
Limit = Annotated[int, BeforeValidator(matching(r"-?\d{1,9}", "un nombre entier"))]


# The model ----------------------------------------------------------------------------------------------------------


def many(description: str, *examples: str) -> Any:
    """A parameter that may be repeated."""
    return Field(
        default=(), max_length=VALUES, description=description, examples=[list(examples)] if examples else None
    )


def some(description: str, *examples: str) -> Any:
    """A parameter that must be given, and may be repeated."""
    return Field(min_length=1, max_length=VALUES, description=description, examples=[list(examples)])


def one(description: str, example: object = None, **others: Any) -> Any:
    """A parameter with one value."""
    return Field(default=None, description=description, examples=None if example is None else [example], **others)


def yes(description: str) -> Any:
    """A parameter whose only value is `true`."""
    return Field(default=False, description=description, examples=["true"])


Clock = Annotated[
    Instant | None,
    Field(
        description="Instant de la question, arrondi à la minute (développement et tests).",
        examples=["2026-11-23T17:42:00+01:00"],
    ),
]


class SearchParameters(BaseModel):
    """What a search may ask. Descriptions are published: French."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Words | None = one("Nom d’une personne ou d’une structure.", "martel")
    profession: tuple[Profession, ...] = many("Codes de profession (TRE_G15, TRE_R95).", "10")
    specialty: tuple[Specialty, ...] = many("Codes de spécialité (TRE_R38).", "SM54")
    structure_type: tuple[StructureType, ...] = many("Catégories FINESS, ou cabinet, sos, mmg.", "603")
    skill: tuple[Skill, ...] = many("Codes de savoir-faire.", "CAPA02")
    care: tuple[Care, ...] = many("Prises en charge.", "visite-domicile")
    equipment: tuple[Equipment, ...] = many("Équipements.", "ecg")
    near: Near | None = one("Point « latitude,longitude » en degrés WGS 84.", "45.7660,4.8795")
    address: Words | None = one("Adresse, code postal ou commune.", "Villeurbanne")
    radius_km: Radius | None = one("Rayon autour du lieu ; sans lui, celui du département.", 5)
    postal_code: tuple[PostalCode, ...] = many("Codes postaux.", "69100")
    commune: tuple[Commune, ...] = many("Codes INSEE de communes ; une ville contient ses arrondissements.", "69266")
    departement: tuple[Departement, ...] = many("Codes de départements.", "69")
    cpts: tuple[Cpts, ...] = many("Identifiants de CPTS : leurs codes postaux.")
    modality: tuple[ModalityName, ...] = many("Modalités, dans l’ordre de préférence.", "domicile")
    from_: Annotated[Instant, AfterValidator(_within_horizon)] | None = one(
        "Début du moment demandé, dans les 72 heures ; sans lui, maintenant.",
        "2026-11-23T18:00:00+01:00",
        alias="from",
    )
    within_hours: Hours | None = one("Durée du moment demandé, en heures.", 6)
    participation: tuple[AskedWay, ...] = many("Participation au SAS : true, ou par qui.", "true")
    overbooking: Yes = yes("Reçoit en sus de ses disponibilités.")
    reorientation: Yes = yes("Adhère au forfait de réorientation des urgences.")
    sector: tuple[Sector, ...] = many("Secteurs de conventionnement.", "1")
    accessible: Yes = yes("Accès de plain-pied.")
    language: tuple[Language, ...] = many("Langues parlées (ISO 639).", "ar")
    new_patients: Yes = yes("Accepte de nouveaux patients.")
    kind: tuple[Kind, ...] = many("Professionnels ou structures seulement.", "professional")
    order: Order = Field(default="relevance", description="Ordre des résultats.", examples=["nearest"])
    exact_limit: Limit = Field(default=50, ge=0, le=LIMIT, description="Résultats exacts, au plus.", examples=[50])
    approximate_limit: Limit = Field(
        default=20, ge=0, le=LIMIT, description="Résultats approchants, au plus.", examples=[20]
    )
    cursor: Annotated[str, Field(max_length=2_000)] | None = one("Suite d’une réponse, telle qu’elle l’a donnée.")
    at: Clock = None

    @property
    def digest(self) -> str:
        """What tells this request from another, wherever its pages are: 16 hex digits."""
        content = self.model_dump_json(by_alias=True, exclude={"cursor"}, exclude_defaults=True)
        return blake2b(content.encode(), digest_size=8).hexdigest()


class NoParameters(BaseModel):
    """What takes none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def published(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The parameters of a model by their published names."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def repeatable(field: FieldInfo) -> bool:
    """Whether a parameter may be repeated: its values are alternatives."""
    return get_origin(field.annotation) is tuple


FIELDS: Final = published(SearchParameters)
CRITERIA: Final = frozenset(FIELDS) - {"kind", "order", "exact_limit", "approximate_limit", "cursor", "at"}
"""Parameters that ask something; the others say how to answer."""
MEMBERSHIP: Final = frozenset({"postal_code", "commune", "departement", "cpts"})
PLACES: Final = frozenset({"near", "address"})


_Values = Mapping[str, Sequence[str]]
Together = Callable[[_Values], Iterable[Fault]]


# Reading ------------------------------------------------------------------------------------------------------------

RULES: Final[dict[str, str]] = {
    "rule": "{rule}",
    "missing": "obligatoire",
    "extra_forbidden": "paramètre inconnu",
    "literal_error": "une des valeurs {expected}",
    "string_too_long": "{max_length} caractères au plus",
    "greater_than": "un nombre supérieur à {gt:g}",
    "greater_than_equal": "{ge} au moins",
    "less_than_equal": "{le:g} au plus",
}
"""What each kind of error of the model means, in French."""


def pairs(query_string: bytes) -> Pairs:
    """The names and values of a query string.

    Raises:
        QueryTooLong: more than 8 kB.
        Refused: it is not UTF-8.

    """
    if len(query_string) > QUERY_BYTES:
        raise QueryTooLong
    try:
        return parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise Refused([Fault("", "", "la demande n’est pas écrite en UTF-8")]) from None


def without_empty(given: Pairs) -> Pairs:
    """The pairs that a form without JavaScript means: those with a value. The API refuses the others."""
    return [(name, value) for name, value in given if value.strip()]


_Model = TypeVar("_Model", bound=BaseModel)


def read(given: Pairs, context: Context) -> SearchParameters:
    """Read a search.

    Raises:
        Refused: with every fault.

    """
    return read_as(SearchParameters, given, context, contradictions)


def read_as(model: type[_Model], given: Pairs, context: Context, together: Together | None = None) -> _Model:
    """Read the parameters of one model. `together` says what they contradict, by their names alone.

    Raises:
        Refused: with every fault.

    """
    values = _grouped(given)
    fields = published(model)
    faults = list(_written_badly(values, fields, context))
    refused = {fault.field for fault in faults}
    sound = {name: each for name, each in values.items() if name not in refused}
    parameters = None
    try:
        parameters = model.model_validate(_arguments(sound, fields), context=context)
    except ValidationError as error:
        faults += [_fault(details) for details in error.errors(include_url=False) if details["loc"][0] not in refused]
    faults += together(values) if together else ()
    if faults or parameters is None:
        raise Refused(faults)
    return parameters


def _grouped(given: Pairs) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in given:
        values.setdefault(name, []).append(value)
    return values


def _written_badly(values: _Values, fields: Mapping[str, FieldInfo], context: Context) -> Iterator[Fault]:
    """What is wrong whatever the parameter means: empty, repeated, with control characters, or not taken here."""
    for name, each in values.items():
        odd = next((value for value in each if any(map(is_control, value))), None)
        if name == "at" and not context.clock_settable:
            yield Fault.of(name, each[0], "paramètre inconnu")
        elif odd is not None:
            yield Fault.of(name, odd, "sans caractère de contrôle")
        elif name in fields and any(not value.strip() for value in each):
            yield Fault.of(name, "", "vide : retirez ce paramètre ou donnez-lui une valeur")
        elif name in fields and len(each) > 1 and not repeatable(fields[name]):
            yield Fault.of(name, each[1], "une seule valeur")
        elif len(each) > VALUES:
            yield Fault.of(name, each[0], f"{VALUES} valeurs au plus, ici {len(each)}")


def _arguments(values: _Values, fields: Mapping[str, FieldInfo]) -> dict[str, object]:
    """What the model takes: every value of a repeatable parameter, once each; the value of the others."""
    return {
        name: tuple(dict.fromkeys(each)) if name in fields and repeatable(fields[name]) else each[0]
        for name, each in values.items()
    }


def _fault(details: ErrorDetails) -> Fault:
    rule = RULES.get(details["type"], "valeur mal formée")
    given = "" if details["type"] == "missing" else details["input"]
    value = ", ".join(given) if isinstance(given, list | tuple) else given
    bounds = {name: _in_french(bound) for name, bound in details.get("ctx", {}).items()}
    return Fault.of(str(details["loc"][0]), value, rule.format(**bounds))


def _in_french(bound: object) -> object:
    """`"'a', 'b' or 'c'"`, as pydantic lists literals, without quotes and in French."""
    return bound.replace("'", "").replace(" or ", " ou ") if isinstance(bound, str) else bound


def contradictions(values: _Values) -> Iterable[Fault]:
    """What the parameters say together that cannot be: by their names alone."""
    names = frozenset(values)
    return [
        Fault.of(field, values[field][0] if field in values else "", rule)
        for field, wrong, rule in _CONTRADICTIONS
        if wrong(names)
    ]


_CONTRADICTIONS: Final[tuple[tuple[str, Callable[[frozenset[str]], bool], str], ...]] = (
    ("near", lambda names: names >= PLACES, "un point ou une adresse, pas les deux"),
    (
        "radius_km",
        lambda names: "radius_km" in names and bool(names & MEMBERSHIP),
        "pas de rayon avec des codes postaux, communes, départements ou CPTS",
    ),
    (
        "radius_km",
        lambda names: "radius_km" in names and not names & (PLACES | MEMBERSHIP),
        "un rayon demande un lieu : near ou address",
    ),
    ("", lambda names: not names & CRITERIA, "rien n’est demandé : donnez au moins un critère"),
)
