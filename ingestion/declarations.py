"""Reading `declarations.ndjson`, our own format: what people and structures declare, one JSON object a line."""

from collections.abc import Iterator
from typing import IO, Annotated, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ingestion.files import Lines
from ingestion.report import Rejected, shown
from models.identifiers import SUBJECT
from models.offer import Via

TITLE = "declarations.ndjson"

_NO_NUL = r"^[^\x00]*$"
Subject = Annotated[
    str,
    Field(
        pattern=f"^({SUBJECT})$",
        description="« p: » et l'Identification nationale PP (9 à 20 chiffres ou majuscules), ou « s: » et un numéro "
        "FINESS (9) ou SIRET (14)",
    ),
]
PlaceKey = Annotated[
    str | None,
    Field(
        pattern=r"^(finess|siret|tech|addr):[^\s\x00][^\x00\n]*$",
        max_length=300,
        description="« finess: », « siret: », « tech: » ou « addr: » et l'identifiant, 300 caractères au plus",
    ),
]
YesNo = Annotated[bool | None, Field(description="true, false ou null")]
Codes = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=60, pattern=_NO_NUL)], ...] | None,
    Field(description="une liste de codes, de 1 à 60 caractères chacun"),
]


class Declaration(BaseModel):
    """What a subject declares, for one place or for all of theirs. None: not declared; an empty list: declared none.

    The description of a field is its rule, as the rejection of a line says it (in French).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    subject: Subject
    place_key: PlaceKey = None
    participation: YesNo = None
    via: Via | None = Field(None, description=f"l'une des valeurs {', '.join(get_args(Via))}, ou null")
    overbooking: YesNo = None
    reorientation: YesNo = None
    sector: str | None = Field(None, max_length=10, pattern=_NO_NUL, description="un texte de 10 caractères au plus")
    accessible: YesNo = None
    new_patients: YesNo = None
    skills: Codes = None
    care: Codes = None
    equipment: Codes = None
    languages: Codes = None
    information: str | None = Field(
        None, max_length=2000, pattern=_NO_NUL, description="un texte de 2000 caractères au plus, sans caractère NUL"
    )
    declared_at: AwareDatetime | None = Field(None, description="un instant ISO 8601 avec son fuseau horaire")


def read_declarations(stream: IO[bytes], *, lenient: bool = False) -> Iterator[Declaration | Rejected]:
    """The declarations of a file.

    Raises:
        Truncated: the last line has no end, and is no JSON.

    """
    lines = Lines(stream, lenient=lenient)
    for line in lines:
        if isinstance(line, Rejected):
            yield line
            continue
        try:
            yield Declaration.model_validate_json(line.text)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            if problem["type"] == "json_invalid":
                lines.refuse_cut()
            yield Rejected(line.number, _reason(problem["type"], problem["loc"], problem["input"]))


def _reason(kind: str, where: tuple[int | str, ...], value: object) -> str:
    """What is wrong with a line, in French: the key, the value, the rule."""
    if kind == "json_invalid":
        return "ce n'est pas du JSON"
    if not where:
        return f"objet JSON attendu, {shown(value)} trouvé"
    if kind == "extra_forbidden":
        return f"clé {shown(where[0])} inconnue"
    rule = Declaration.model_fields[str(where[0])].description
    if kind == "missing":
        return f"clé {shown(where[0])} absente : {rule} attendu"
    return f"{'.'.join(map(str, where))} : valeur {shown(value)} refusée, il faut {rule}"
