"""The monthly FINESS+ extract of structures, with the faults that the real ones have."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import IO, Any
from zlib import crc32

import msgspec
from pyproj import Transformer

from annuaire.demo.draws import draw
from annuaire.demo.structures import Site

_PROJECTIONS = {"971": 4559, "972": 4559, "973": 2972, "974": 2975, "976": 4471}
_LAMBERT_93 = 2154
_ABSENT: dict[str, Any] = {}


class FinessFile:
    """The JSON document, written establishment by establishment: nothing is held."""

    def __init__(self, out: IO[bytes], seed: int, generated_at: int) -> None:
        self._out, self._rng, self._count = out, draw(seed, "finess file"), 0
        moment = datetime.fromtimestamp(generated_at, UTC)
        head = f'{{"schemaVersion":"v1.0.0","generatedAt":"{moment:%Y-%m-%dT%H:%M:%S.000000000Z}"'
        out.write(f'{head},"gcc":[],"gco":[],"pmej":['.encode())

    def write(self, site: Site) -> None:
        """One legal entity and its establishment."""
        self._out.write(b",\n" if self._count else b"\n")
        self._out.write(msgspec.json.encode(_legal_entity(self._rng, site, self._count)))
        self._count += 1

    def close(self) -> None:
        """End the document."""
        self._out.write(b"\n]}\n")


def _legal_entity(rng: Random, site: Site, rank: int) -> dict[str, Any]:
    state, stamp = "A" if site.active else "I", _stamp(rng, site)
    general = {"pmSmsseId": str(2 * rank + 2), "dateCreation": site.opened.isoformat(), "denominationPm": site.name}
    identity = {"numFinessPm": site.legal, "statutJuridique": "73", "typePersonneMorale": "01"}
    siren = {"siren": site.siret[:9]} if site.siret else _ABSENT
    return {
        "informationsGeneralesPMEJ": {**general, **identity, **siren},
        "adresse": [_address(rng, site, "02")],
        **_lists("contact", "engagement", "evenement"),
        "ege": [_establishment(rng, site, rank, state, stamp)],
        "etatObjet": state,
        "dateDerniereMaj": stamp,
    }


def _establishment(rng: Random, site: Site, rank: int, state: str, stamp: str) -> dict[str, Any]:
    padded = f"{site.name:<38}" if rng.random() < 0.3 else site.name
    closed = {"dateFermeture": site.closed.isoformat()} if site.closed else _ABSENT
    siret = {"siret": site.siret} if site.siret else _ABSENT
    names = {"nomEgeCourt": padded, "nomEgeLong": padded, "numFinessEge": site.finess}
    phone = {"contact": [{"typeContact": {"roleContact": "01"}, "telecom": {"telephone": site.phone}}]}
    opened = {"dateOuverture": site.opened.isoformat()}
    return {
        "informationsGeneralesEGE": {"egeId": str(2 * rank + 3), **opened, **closed, **names, "espic": ["0"], **siret},
        "categorieentiteGeographiqueExercice": site.category,
        "typeBudget": ["01"],
        "adresse": [_address(rng, site, "03")],
        **_lists("contact", "engagement", "evenement", "roleEge"),
        **(phone if site.phone else _ABSENT),
        "etatObjet": state,
        "dateDerniereMaj": stamp,
    }


def _lists(*names: str) -> dict[str, list[Any]]:
    return {name: [] for name in names}


def _stamp(rng: Random, site: Site) -> str:
    day = site.closed or site.opened
    return f"{day} 00:00:00" if rng.random() < 0.5 else f"{day}T00:00:00"


def _address(rng: Random, site: Site, usage: str) -> dict[str, Any]:
    """The address; the street type padded or the number missing, coordinates one time in four missing."""
    street, place = site.address, site.town
    kind = f"{street.type_code:<4}" if rng.random() < 0.2 else street.type_code
    number = {"numeroVoie": street.number + street.repetition} if street.number else _ABSENT
    point = {} if _chance(site) % 4 == 0 else {"coordonneesGeographique": _coordinates(site)}
    return {
        "usageAdresse": usage,
        **number,
        "typeVoie": kind,
        "libelleVoie": street.name,
        **({"complementVoie": street.extra} if street.extra else _ABSENT),
        "cogCommune": site.commune.insee,
        "ligneAcheminement": place.line[6:],
        "ligneQuatre": street.line,
        "codePostal": place.postal_code,
        **point,
    }


def _chance(site: Site) -> int:
    """A number of the establishment's own: its legal entity's address has the same faults."""
    return crc32(site.finess.encode())


def _coordinates(site: Site) -> dict[str, str]:
    """Both pairs; half of the establishments have them in each other's keys, as the extracts of 2026 do."""
    x, y = _project(site.commune.departement)(site.lon, site.lat)
    degrees, metres = (f"{site.lat:.6f}", f"{site.lon:.6f}"), (f"{y:.2f}", f"{x:.2f}")
    key = f"{site.commune.insee}_{int(site.finess[-4:]):04d}_{int(site.address.number or 0):05d}"
    ban = {"cleInInteropBAN": key, "scoreBAN": "0.97"}
    if _chance(site) // 4 % 2:
        keys = ("coordonneeY", "coordonneeX", "directionLatitude", "directionLongitude")
        return {**dict(zip(keys, (*degrees, *metres), strict=True)), **ban}
    keys = ("coordonneeX", "coordonneeY", "directionLatitude", "directionLongitude")
    return {**dict(zip(keys, (*metres, *degrees), strict=True)), **ban}


@lru_cache
def _project(departement: str) -> Callable[[float, float], tuple[float, float]]:
    """From longitude and latitude to the metres that the département uses."""
    return Transformer.from_crs(4326, _PROJECTIONS.get(departement, _LAMBERT_93), always_xy=True).transform
