"""Reading `declarations.ndjson`, our own format: what people and structures declare, one JSON object a line."""

from collections.abc import Iterator
from typing import IO, Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ingestion.files import Lines
from ingestion.report import Rejected, Truncated, shown
from models.offer import Via

TITLE = "declarations.ndjson"

Subject = Annotated[str, Field(pattern=r"^(p:[0-9A-Z]{9,20}|s:([0-9][0-9AB][0-9A-Z]{7}|[0-9]{14}))$")]
PlaceKey = Annotated[str, Field(pattern=r"^(finess|siret|tech|addr):\S.*$", max_length=300)]
Codes = tuple[Annotated[str, Field(min_length=1, max_length=60)], ...]


class Declaration(BaseModel):
    """What a subject declares, for one place or for all of theirs. None: not declared; an empty list: declared none."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    subject: Subject
    place_key: PlaceKey | None = None
    participation: bool | None = None
    via: Via | None = None
    overbooking: bool | None = None
    reorientation: bool | None = None
    sector: Annotated[str, Field(max_length=10)] | None = None
    accessible: bool | None = None
    new_patients: bool | None = None
    skills: Codes | None = None
    care: Codes | None = None
    equipment: Codes | None = None
    languages: Codes | None = None
    information: Annotated[str, Field(max_length=2000)] | None = None
    declared_at: AwareDatetime | None = None


def read_declarations(stream: IO[bytes]) -> Iterator[Declaration | Rejected]:
    """The declarations of a file.

    Raises:
        Truncated: the last line has no end, and is no JSON.

    """
    lines = Lines(stream)
    for line in lines:
        if isinstance(line, Rejected):
            yield line
            continue
        try:
            yield Declaration.model_validate_json(line.text)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            if problem["type"] == "json_invalid" and not lines.ended:
                raise Truncated("La dernière ligne est coupée : le fichier est tronqué.") from error
            yield Rejected(line.number, _reason(problem["type"], ".".join(map(str, problem["loc"])), problem["input"]))


def _reason(kind: str, where: str, value: object) -> str:
    """What is wrong with a line, in French."""
    if kind == "json_invalid":
        return "ce n'est pas du JSON"
    if kind == "extra_forbidden":
        return f"clé {shown(where)} inconnue"
    if kind == "missing":
        return f"clé {shown(where)} absente"
    return f"{where or 'ligne'} : valeur {shown(value)} refusée"
