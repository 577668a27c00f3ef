"""A geocoder for fictional addresses: it knows the communes, and invents where in them a street is."""

from random import Random

from annuaire.demo.communes import Commune, scattered
from annuaire.demo.draws import draw
from ingestion.geocoding import Located
from models.folding import fold
from models.gazetteer import Commune as Known
from models.gazetteer import gazetteer

_MISSED = 0.02


class FictionalGeocoder:
    """Answers like the BAN: mostly to the number, to the street when there is none, now and then not at all.

    The same address is always at the same point, around its commune's.
    """

    def find(self, query: str, **filters: str) -> Located | None:
        """The place of an address in the commune that it names, among those that the filters let pass."""
        commune = _commune(query, **filters)
        rng = draw("geocoder", fold(query))
        return _located(rng, query, commune) if commune and rng.random() >= _MISSED else None


def _commune(query: str, postcode: str = "", citycode: str = "") -> Known | None:
    """The commune of a query: the one of its code, else the one it names, else the largest of its postal code."""
    gazette = gazetteer()
    if citycode:
        return gazette.commune(citycode)
    candidates = gazette.with_postal_code(postcode)
    named = [commune for commune in candidates if fold(commune.name) in fold(query)]
    return max(named or candidates, key=lambda commune: commune.population, default=None)


def _located(rng: Random, query: str, commune: Known) -> Located | None:
    if commune.point is None:
        return None
    whole, centre = commune.parent or commune.insee, commune.point
    codes, people = commune.postal_codes, commune.population
    around = Commune(commune.insee, commune.name, commune.departement, people, codes, centre.lat, centre.lon, whole)
    lat, lon = scattered(rng, around)
    numbered = query[:1].isdigit()
    return Located(lat, lon, "housenumber" if numbered else "street", 0.95 if numbered else 0.8, commune.insee)
