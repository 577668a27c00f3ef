"""The request that a form or a link means, whichever page reads it, and the way back to its results."""

from search_api import searching
from search_api.pages import links, sentences
from search_api.pages.answer import Link
from search_api.pages.asked import Asked
from search_api.pages.places import PlaceNames
from search_api.parameters import Pairs
from search_api.services import Services


def asked(services: Services, given: Pairs) -> Asked:
    """The request at its canonical link, with what it is read with."""
    at, places = searching.clock(services, given), PlaceNames(services.planner)
    said = sentences.heard(given, at, services.viewer, places)
    zone = places.zone(sorted(said, key=links.rank))
    return Asked(links.canonical(said, at, zone, places), services.viewer, at, zone, places)


def back(pairs: Pairs, anchor: str = "") -> Link:
    """The results of a request, at a card where one is named; the home page when it asks nothing."""
    results = links.href(pairs)
    if results.startswith(links.SEARCH):
        return Link(f"{results}#{anchor}" if anchor else results, "Retour aux résultats")
    return Link(results, "Nouvelle recherche")
