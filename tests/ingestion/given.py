"""Files made for a test: lines of the RPPS, of FINESS+, slots of an editor. All people are invented."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ingestion.columns import column_name
from ingestion.loading import Options
from ingestion.rpps import ACTIVITIES, SKILLS

AT = 1_795_417_200
"""Monday 23 November 2026, 08:00 in Paris."""

HEADER = (*ACTIVITIES.required, *ACTIVITIES.optional)
SHORT = {
    "id": "Identification nationale PP",
    "kind": "Type d'identifiant PP",
    "number": "Identifiant PP",
    "title": "Code civilité d'exercice",
    "civility": "Code civilité",
    "family": "Nom d'exercice",
    "given": "Prénom d'exercice",
    "profession": "Code profession",
    "profession_label": "Libellé profession",
    "category": "Code catégorie professionnelle",
    "skill_type": "Code type savoir-faire",
    "skill": "Code savoir-faire",
    "skill_label": "Libellé savoir-faire",
    "mode": "Code mode exercice",
    "sector": "Code secteur d'activité",
    "genre": "Code genre activité",
    "siret": "Numéro SIRET site",
    "finess": "Numéro FINESS site",
    "technical_id": "Identifiant technique de la structure",
    "former_id": "Ancien identifiant de la structure",
    "name": "Raison sociale site",
    "street_number": "Numéro Voie (coord. structure)",
    "street_type": "Libellé type de voie (coord. structure)",
    "street": "Libellé Voie (coord. structure)",
    "last_line": "Bureau cedex (coord. structure)",
    "postal_code": "Code postal (coord. structure)",
    "insee": "Code commune (coord. structure)",
    "commune": "Libellé commune (coord. structure)",
    "country_label": "Libellé pays (coord. structure)",
    "phone": "Téléphone (coord. structure)",
}
DOCTOR = {
    "id": "810000000001",
    "kind": "8",
    "number": "10000000001",
    "title": "DR",
    "family": "MARTEL",
    "given": "Claire",
    "profession": "10",
    "category": "C",
    "skill_type": "S",
    "skill": "SM54",
    "mode": "L",
    "sector": "SA07",
    "genre": "GENR01",
    "technical_id": "R10000000001001",
    "street_number": "12",
    "street_type": "Rue",
    "street": "DE LA REPUBLIQUE",
    "postal_code": "69100",
    "insee": "69266",
    "commune": "Villeurbanne",
    "phone": "0472000001",
}


def person(number: int) -> dict[str, str]:
    """The identifiers of an invented professional, with a place of their own."""
    return {"id": f"8{number:011d}", "number": f"{number:011d}", "technical_id": f"R{number:011d}001"}


def activity(header: Iterable[str] = HEADER, **values: str) -> str:
    """A line of activity: a general practitioner of Villeurbanne, but for these values."""
    by_name = {column_name(SHORT[name]): value for name, value in (DOCTOR | values).items()}
    return "|".join(by_name.get(column_name(name), "") for name in header)


def lines(*rows: str, header: Iterable[str] = HEADER, end: str = "|\n") -> bytes:
    """A whole file of rows, under its header."""
    return "".join(row + end for row in ("|".join(header), *rows)).encode()


def activities(path: Path, *rows: str) -> Path:
    """Write a file of activities."""
    path.write_bytes(lines(*rows))
    return path


def people(path: Path, *numbers: int, **values: str) -> Path:
    """Write a file of one activity for each of these people."""
    return activities(path, *(activity(**(person(number) | values)) for number in numbers))


def skill(**values: str) -> str:
    """A line of savoir-faire."""
    by_name = {column_name(SHORT[name]): value for name, value in (DOCTOR | values).items() if name in SHORT}
    return "|".join(by_name.get(column_name(name), "") for name in SKILLS.required)


def ege(finess: str = "690000001", **values: Any) -> dict[str, Any]:
    """An establishment of FINESS+: a health centre of Villeurbanne, with its point, but for these values."""
    address = {
        "usageAdresse": "03",
        "numeroVoie": "5",
        "typeVoie": "AV   ",
        "libelleVoie": "HENRI BARBUSSE",
        "cogCommune": "69266",
        "ligneAcheminement": "VILLEURBANNE",
        "codePostal": "69100",
        "coordonneesGeographique": values.pop("coordinates", wgs84(45.7716, 4.8896)),
    }
    return {
        "informationsGeneralesEGE": {
            "numFinessEge": finess,
            "nomEgeCourt": "CDS BARBUSSE    ",
            **values.pop("about", {}),
        },
        "categorieentiteGeographiqueExercice": "124",
        "adresse": [address | values.pop("address", {})],
        "contact": [{"telecom": {"telephone": "0478000001"}}],
        "etatObjet": "A",
        **values,
    }


def wgs84(lat: float, lon: float) -> dict[str, str]:
    """Coordinates as the files of 2026 give them, the projected pair left out."""
    return {"directionLatitude": str(lat), "directionLongitude": str(lon)}


def finess(path: Path, *establishments: dict[str, Any]) -> Path:
    """Write a FINESS+ file."""
    entity = {"informationsGeneralesPMEJ": {"numFinessPm": "690000000"}, "ege": list(establishments)}
    path.write_text(json.dumps({"schemaVersion": "v1.0.0", "generatedAt": "2026-11-22T01:00:00Z", "pmej": [entity]}))
    return path


def options(tmp_path: Path, at: int = AT, *, force: bool = False) -> Options:
    """How tests load: reports go under the test's folder."""
    return Options(at=at, force=force, reports=tmp_path / "reports")
