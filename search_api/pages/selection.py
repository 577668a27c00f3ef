"""The cards that a person picked: where a link holds them, and how they are taken along. Pure.

They are in the link of every page of a search (`picked`), so that paging, another order or another criterion keeps
them, and "back" brings back what was picked then. They ask nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from search_api.pages import french, links
from search_api.pages.cards import Card
from search_api.parameters import Pairs

PATH: Final = "/selection"
SHEET: Final = "/selection.csv"
FULL: Final = ", le plus possible"
"""What is said after the count when no more can be picked; the script says it too."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What the foot of a list says of what is picked.

    `most` can be picked. `elsewhere` are those whose cards are not on the page. `asked` is what the form of the
    selection sends with them.
    """

    count: str
    most: int
    any: bool
    elsewhere: tuple[str, ...]
    asked: Pairs
    without: str


def bar(pairs: Pairs, shown: Iterable[str]) -> Bar:
    """The bar of a page of results that shows these cards."""
    chosen, here = links.picked(pairs), frozenset(shown)
    others = without(pairs)
    return Bar(
        count=said(len(chosen)) + (FULL if len(chosen) == links.MOST_PICKED else ""),
        most=links.MOST_PICKED,
        any=bool(chosen),
        elsewhere=tuple(each for each in chosen if each not in here),
        asked=[pair for pair in others if pair[0] != links.UNREAD],
        without=links.href(others),
    )


def said(count: int) -> str:
    """`3 fiches choisies`."""
    if not count:
        return "Aucune fiche choisie"
    return french.typeset(f"{count} {french.plural(count, 'fiche choisie', 'fiches choisies')}")


def without(pairs: Pairs) -> Pairs:
    """The request without what was picked."""
    return [pair for pair in pairs if pair[0] != links.PICKED]


def of(identifiers: Iterable[str]) -> Pairs:
    """What a link holds of these cards alone."""
    return [(links.PICKED, each) for each in identifiers]


def lines(chosen: Sequence[Card]) -> str:
    """Names and telephones as text, a line for each card, to be pasted anywhere."""
    return "\n".join(" – ".join(filter(None, _parts(card))) for card in chosen).replace(french.NBSP, " ")


def _parts(card: Card) -> tuple[str | None, ...]:
    numbers = ", ".join(text for _, text in card.phones) or "téléphone non renseigné"
    return card.name, card.what, card.structure, card.address, numbers
