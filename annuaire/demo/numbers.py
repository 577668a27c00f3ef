"""Identifiers with valid check digits, in ranges that say they are not real."""

from models.identifiers import check_digit

_OVERSEAS = {"971": "9701", "972": "9702", "973": "9703", "974": "9704", "975": "9705", "976": "9806"}


def rpps(serial: int) -> str:
    """The RPPS number of a fictional person: 11 digits, from 10999999… downwards."""
    body = str(1_099_999_999 - serial)
    return body + check_digit(body)


def adeli(departement: str, serial: int) -> str:
    """A former ADELI number: département, profession, serial, nine characters."""
    body = f"{departement[:2]}9{9999 - serial % 10_000:04d}9"
    return body + check_digit(body)


def finess(departement: str, serial: int) -> str:
    """The FINESS number of a fictional establishment: nine characters, an unused range of its département."""
    prefix = _OVERSEAS.get(departement, departement[:2])
    width = 8 - len(prefix)
    body = f"{prefix}{10**width - 1 - serial}"
    return body + check_digit(body)


def siren(serial: int) -> str:
    """The SIREN of a fictional company: nine digits, from 99 downwards."""
    body = str(99_999_999 - serial)
    return body + check_digit(body)


def siret(company: str, site: int = 1) -> str:
    """The SIRET of one site of a company: 14 digits."""
    body = f"{company}{site:04d}"
    return body + check_digit(body)
