"""What regulators are known by, outside: their national identifier, else ours."""

from typing import Final

from models.identifiers import PERSONS
from models.tables import Regulator

OURS: Final = "urn:oid:1.2.250.1.213.3.6"
"""The system of the identifiers of our accounts (UUID)."""


def token(regulator: Regulator) -> str:
    """`system|value`: the national identifier, else ours."""
    return national(regulator.national_id) if regulator.national_id else f"{OURS}|{regulator.id}"


def national(identifier: str) -> str:
    """The token of a national identifier."""
    return f"{PERSONS}|{identifier}"
