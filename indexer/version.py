"""What an index must have been built with to be read by this code: the shape of offers, and how names are cut.

Each engine adds what it keeps itself (its tables, its mapping). An index of another version is rebuilt, never guessed.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

import msgspec

from models.offer import Offer
from relevance.criteria import TABLE
from relevance.text import ANALYSIS


def bare(schema: Any) -> Any:
    """A JSON schema without what only people read: a docstring says nothing of what is stored."""
    if isinstance(schema, dict):
        return {name: bare(value) for name, value in schema.items() if name != "description"}
    return [bare(value) for value in schema] if isinstance(schema, list) else schema


_OFFER: Final = msgspec.json.encode(bare(msgspec.json.schema(Offer)), order="deterministic").decode()
_SHARED: Final = (_OFFER, f"analysis {ANALYSIS}", *(row.key for row in TABLE))


def version_of(parts: Iterable[str]) -> str:
    """The version of an engine that keeps these parts: 16 hex digits."""
    return blake2b("\n".join((*_SHARED, *parts)).encode(), digest_size=8).hexdigest()
