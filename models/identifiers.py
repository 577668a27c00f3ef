"""National identifiers of people and of structures: their systems, how they are written, whom they name."""

import re
from typing import Final

PERSONS: Final = "urn:oid:1.2.250.1.71.4.2.1"
STRUCTURES: Final = "urn:oid:1.2.250.1.71.4.2.2"
"""The systems, as FHIR names them: of people (RPPS, ADELI) and of structures (FINESS, SIRET)."""

RPPS: Final = "[0-9]{11}"
ADELI: Final = "0[0-9AB]{9}"
"""With its type; Corsica has letters."""
FINESS: Final = "[0-9][0-9AB][0-9A-Z]{7}"
SIRET: Final = "[0-9]{14}"
SUBJECT: Final = f"p:[0-9A-Z]{{9,20}}|s:({FINESS}|{SIRET})"
"""Patterns of whole identifiers, without the digit that some write before to tell their type."""

_RPPS, _ADELI = re.compile(f"8?({RPPS})"), re.compile(ADELI)


def person(number: str) -> str | None:
    """The prefixed identifier of a person by their RPPS (11 digits, or 12 with its type) or ADELI; None for neither."""
    if found := _RPPS.fullmatch(number):
        return f"8{found[1]}"
    return number if _ADELI.fullmatch(number) else None
