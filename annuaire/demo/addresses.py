"""Streets, address lines and telephones as the official files write them, odd ones included."""

from importlib.resources import files
from random import Random
from typing import NamedTuple

from annuaire.demo.draws import Weighted
from annuaire.demo.names import without_accents

STREET_TYPES = Weighted(
    {
        ("R", "Rue"): 52.0,
        ("AV", "Avenue"): 16.0,
        ("PL", "Place"): 8.0,
        ("BD", "Boulevard"): 6.0,
        ("RTE", "Route"): 5.0,
        ("CHE", "Chemin"): 4.0,
        ("ALL", "Allée"): 3.0,
        ("IMP", "Impasse"): 2.0,
        ("CRS", "Cours"): 2.0,
        ("QU", "Quai"): 1.0,
        ("MTE", "Montée"): 1.0,
    }.items()
)
STREETS = (files("annuaire.demo") / "data" / "streets.txt").read_text("utf-8").split("\n")[:-1]
_COMPLEMENTS = [
    *("BATIMENT A", "BAT B", "RESIDENCE LES CEDRES", "CENTRE COMMERCIAL", "1ER ETAGE", "ZA LES PLATANES"),
    *("LE BOURG", "IMMEUBLE LE FORUM", "MAISON MEDICALE", "POLE MEDICAL", "RDC", 'RESIDENCE "LE PARC"', "ESC. C"),
]
_FICTION = {"1": "19900", "2": "26191", "3": "35301", "4": "46571", "5": "53649"}
_ZONES = {
    **dict.fromkeys(("75", "77", "78", "91", "92", "93", "94", "95"), "1"),
    **dict.fromkeys("14 18 22 27 28 29 35 36 37 41 44 45 49 50 53 56 61 72 76 85 971 972 973 974 976".split(), "2"),
    **dict.fromkeys("02 08 10 21 25 39 51 52 54 55 57 58 59 60 62 67 68 70 71 80 88 89 90".split(), "3"),
    **dict.fromkeys("09 12 16 17 19 23 24 31 32 33 40 46 47 64 65 79 81 82 86 87".split(), "5"),
}


class Street(NamedTuple):
    """The parts of a street address; empty strings where the files have nothing."""

    extra: str
    number: str
    repetition: str
    type_code: str
    type_label: str
    name: str

    @property
    def line(self) -> str:
        """The whole line, in capitals, as an envelope has it."""
        parts = (self.number, self.repetition, self.type_label, self.name)
        return " ".join(part for part in parts if part).upper()


def street(rng: Random) -> Street:
    """A tidy address; what follows makes some of them as untidy as the real ones."""
    code, label = STREET_TYPES.pick(rng)
    name = without_accents(rng.choice(STREETS)).upper()
    number = str(rng.randint(1, 180)) if rng.random() < 0.93 else ""
    repetition = rng.choice(("B", "T", "A")) if number and rng.random() < 0.05 else ""
    extra = rng.choice(_COMPLEMENTS) if rng.random() < 0.12 else ""
    return Street(extra, number, repetition, code, label, name)


def untidy(rng: Random, address: Street) -> Street:
    """The same address as many rows have it: the type inside the name, abbreviated, or a letter for a number."""
    chance = rng.random()
    if chance < 0.22:
        return address._replace(type_code="", type_label="", name=f"{address.type_label.upper()} {address.name}")
    if chance < 0.27:
        return address._replace(type_code="", type_label="", name=f"{address.type_code} {address.name}")
    if chance < 0.275:
        return address._replace(number="P")
    return address


def phone(rng: Random, departement: str) -> str:
    """A number of the ranges that the regulator keeps for fiction: ten digits."""
    mobile = rng.random() < 0.15
    prefix = "63998" if mobile else _FICTION[_ZONES.get(departement, "4")]
    return f"0{prefix}{rng.randint(0, 9999):04d}"


def written(rng: Random, number: str) -> str:
    """The same number as people type it."""
    chance = rng.random()
    if chance < 0.9:
        return number
    if chance < 0.97:
        return " ".join(number[i : i + 2] for i in range(0, 10, 2))
    return "+33" + number[1:]
