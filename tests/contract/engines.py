"""The subjects of the contract: how each engine is made and filled, for the tests."""

from collections.abc import Sequence

from indexer.protocol import Engine
from models.offer import Offer


def fill(
    engine: Engine, offers: Sequence[Offer], generation: str = "offers-20261123-000000", position: int = 1
) -> None:
    """Build a generation with these offers and make it the one that answers."""
    builder = engine.build(generation)
    builder.add(offers)
    builder.finish(position)
    builder.swap()
