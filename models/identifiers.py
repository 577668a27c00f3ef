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
_KEYED = re.compile(f"8?({RPPS})|3?({SIRET})")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def person(number: str) -> str | None:
    """The prefixed identifier of a person by their RPPS (11 digits, or 12 with its type) or ADELI; None for neither."""
    if found := _RPPS.fullmatch(number):
        return f"8{found[1]}"
    return number if _ADELI.fullmatch(number) else None


def has_wrong_key(number: str) -> bool:
    """Whether the last digit of an RPPS or of a SIRET is not the key of the others: most likely a slip of the hand.

    A reason to warn, never to refuse: two numbers of the official examples of the SAS have a wrong one.
    """
    found = _KEYED.fullmatch(number)
    digits = found[1] or found[2] if found else ""
    return bool(digits) and digits[-1] != check_digit(digits[:-1])


def check_digit(body: str) -> str:
    """The Luhn digit that completes these characters; letters (Corsica) count for nothing."""
    total = 0
    for rank, character in enumerate(reversed(body)):
        digit = int(character) if character.isdigit() else 0
        total += digit if rank % 2 else _DOUBLED[digit]
    return str(-total % 10)
