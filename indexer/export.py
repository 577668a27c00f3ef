"""Writing offers as NDJSON, one a line, in the shape of the API, with the availabilities of every audience."""

from collections.abc import Callable, Iterable
from typing import BinaryIO, Final

import msgspec

from indexer.shape import offer_json
from models.offer import Offer

_STRIDE: Final = 1_000


def export_offers(offers: Iterable[Offer], file: BinaryIO, on_progress: Callable[[int], None] = lambda _: None) -> int:
    """Write offers, an engine's (`all_offers()`, by identifier) or a database's; how many.

    `on_progress` is told how many are written, from time to time.
    """
    encode, written = msgspec.json.Encoder().encode, 0
    for offer in offers:
        file.write(encode(offer_json(offer)) + b"\n")
        written += 1
        if written % _STRIDE == 0:
            on_progress(written)
    return written
