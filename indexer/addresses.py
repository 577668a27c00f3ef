"""Addresses in French postal form, from the pieces that the files give."""

from typing import Final

from indexer.rows import PlaceRow, StructureRow

Addressed = PlaceRow | StructureRow
"""What has the pieces of an address."""

STREET_TYPES: Final[dict[str, str]] = {
    "ALL": "allée",
    "AV": "avenue",
    "BD": "boulevard",
    "BLD": "boulevard",
    "CAR": "carrefour",
    "CHE": "chemin",
    "CHS": "chaussée",
    "CITE": "cité",
    "COR": "corniche",
    "CRS": "cours",
    "DOM": "domaine",
    "DSC": "descente",
    "ECA": "écart",
    "ESP": "esplanade",
    "FG": "faubourg",
    "GR": "grande rue",
    "HAM": "hameau",
    "HLE": "halle",
    "IMP": "impasse",
    "LD": "lieu-dit",
    "LOT": "lotissement",
    "MAR": "marché",
    "MTE": "montée",
    "PAS": "passage",
    "PL": "place",
    "PLN": "plaine",
    "PLT": "plateau",
    "PRO": "promenade",
    "PRV": "parvis",
    "QUA": "quartier",
    "QUAI": "quai",
    "R": "rue",
    "RES": "résidence",
    "RLE": "ruelle",
    "ROC": "rocade",
    "RPT": "rond-point",
    "RTE": "route",
    "SEN": "sentier",
    "SQ": "square",
    "TPL": "terre-plein",
    "TRA": "traverse",
    "VLA": "villa",
    "VLGE": "village",
}
"""The abbreviated kinds of streets of the files, written out."""

REPETITIONS: Final[dict[str, str]] = {"B": "bis", "T": "ter", "Q": "quater"}


def has_address(place: Addressed) -> bool:
    """Whether there is anything to go to: a street, a box, a code or a commune."""
    return bool(place.street or place.distribution or place.cedex or place.postal_code or place.insee or place.commune)


def postal_lines(place: Addressed) -> str | None:
    """`"Bâtiment B, 12 bis rue de la République, BP 40"`: the lines above the postal code; None when there is none.

    An offer shows its postal code and its commune apart. What it cannot show so (abroad, or a commune without code)
    ends the lines.
    """
    lines = (place.recipient, place.extra, street_line(place), place.distribution, *_last_lines(place))
    return ", ".join(dict.fromkeys(line for line in lines if line)) or None


def _last_lines(place: Addressed) -> tuple[str | None, ...]:
    """What a postal code and an INSEE code do not tell."""
    if place.postal_code or place.insee:
        return ()
    return (place.cedex or place.commune, place.country)


def street_line(place: Addressed) -> str | None:
    """`"12 bis rue de la République"`."""
    kind = place.street_type and STREET_TYPES.get(place.street_type.upper(), place.street_type.lower())
    repetition = place.repetition and REPETITIONS.get(place.repetition.upper(), place.repetition.lower())
    line = " ".join(part for part in (place.number, repetition, kind, place.street) if part)
    return line[:1].upper() + line[1:] or None
