"""The strict mapping and the settings of an index. Core field types only, so that every distribution has them."""

from typing import Any, Final

import msgspec

from indexer.elastic_fields import AVAILABLE, FACETS, F
from indexer.version import version_of

_MATCHED: Final = {"type": "keyword", "doc_values": False}
_YES: Final = {"type": "boolean", "doc_values": False}
_COUNTED: Final = {"type": "keyword", "index": False}
_INSTANT: Final = {"type": "long", "doc_values": False}
_SHOWN: Final = {"type": "object", "enabled": False}
_INTERVALS: Final = {"type": "date_range", "format": "epoch_millis"}

FIELD_TYPES: Final[dict[str, dict[str, Any]]] = {
    F.ID: {"type": "keyword", "index": False},
    F.TIE: {"type": "long", "index": False},
    F.CELL: {"type": "long", "index": False},
    F.SUBJECT: _MATCHED,
    F.KIND: _MATCHED,
    F.NAME: {
        "type": "text",
        "analyzer": "whitespace",
        "norms": False,
        "index_options": "docs",
        "index_prefixes": {"min_chars": 1, "max_chars": 6},
    },
    F.PROFESSION: _MATCHED,
    F.SPECIALTY: _MATCHED,
    F.STRUCTURE_TYPE: _MATCHED,
    F.SKILL: _MATCHED,
    F.CARE: _MATCHED,
    F.EQUIPMENT: _MATCHED,
    F.LANGUAGE: _MATCHED,
    F.SECTOR: _MATCHED,
    F.ACCESSIBLE: _YES,
    F.NEW_PATIENTS: _YES,
    F.PARTICIPATION: _MATCHED,
    F.OVERBOOKING: _YES,
    F.REORIENTATION: _YES,
    F.POINT: {"type": "geo_point", "index": False},
    F.POSTAL_CODE: _MATCHED,
    F.COMMUNE: _MATCHED,
    F.DEPARTEMENT: _MATCHED,
    F.UNKNOWN: _MATCHED,
    F.UNSEEN_SINCE: _INSTANT,
    F.SINKS_UNTIL: _INSTANT,
    F.OFFER: _SHOWN,
    F.SLOTS: _SHOWN,
    **dict.fromkeys(AVAILABLE, _INTERVALS),
    **dict.fromkeys(FACETS, _COUNTED),
}
"""What each field is. Only what is sorted, measured or counted has doc values; only what is shown is kept."""


VERSION: Final = version_of([msgspec.json.encode(FIELD_TYPES, order="deterministic").decode()])
"""What the ledger must say of a generation for it to be searched."""


def properties(types: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Dotted names as nested `properties`."""
    tree: dict[str, Any] = {}
    for name, kind in types.items():
        *path, leaf = name.split(".")
        node = tree
        for step in path:
            node = node.setdefault(step, {"properties": {}})["properties"]
        node[leaf] = kind
    return tree


def mapping(alias: str, generation: str) -> dict[str, Any]:
    """The mapping of a new generation."""
    return {
        "dynamic": "strict",
        "_source": {"includes": [F.OFFER, F.SLOTS]},
        "_meta": {"alias": alias, "generation": generation},
        "properties": properties(FIELD_TYPES),
    }
