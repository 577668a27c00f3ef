"""Places of practice as RPPS rows carry them: columns 19 to 46 of the official file."""

from random import Random
from typing import NamedTuple

from annuaire.demo.addresses import Street, phone, street, untidy, written
from annuaire.demo.communes import Commune
from annuaire.demo.numbers import siren, siret


class Identity(NamedTuple):
    """What identifies a place in the file: empty strings where it has nothing."""

    siret: str = ""
    finess: str = ""
    legal_finess: str = ""
    technical: str = ""

    @property
    def key(self) -> str:
        """The place key: FINESS, else SIRET, else the technical identifier."""
        if self.finess:
            return f"finess:{self.finess}"
        return f"siret:{self.siret}" if self.siret else f"tech:{self.technical}"

    @property
    def idnst(self) -> str:
        """The prefixed identifier of the structure: FINESS, else SIRET, else RPPS-rang or ADELI-rang."""
        if self.finess:
            return f"1{self.finess}"
        return f"3{self.siret}" if self.siret else ("4" if self.technical[0] == "R" else "0") + self.technical[1:]


class Town(NamedTuple):
    """The last line of an address and its codes."""

    postal_code: str
    line: str
    insee: str
    label: str


def town(rng: Random, commune: Commune, *, self_employed: bool) -> Town:
    """The town as the files write it: often without INSEE code, or with that of all of Paris, Lyon or Marseille."""
    postal_code = rng.choice(commune.postal_codes)
    line = f"{postal_code} {commune.town}"
    if self_employed and rng.random() < 0.6:
        return Town(postal_code, line, "", "")
    insee = commune.whole if rng.random() < 0.75 else commune.insee
    return Town(postal_code, line, insee, commune.label if insee != commune.insee else commune.name)


def cedex(rng: Random, commune: Commune) -> Town:
    """The town of an institution with a CEDEX code, which no list of postal codes has."""
    code = f"{commune.postal_codes[0][:2]}{rng.randint(320, 499):03d}"
    number = f" {int(commune.postal_codes[0][3:]):02d}" if commune.whole != commune.insee else ""
    insee = commune.insee if rng.random() < 0.8 else ""
    return Town(code, f"{code} {commune.town} CEDEX{number}", insee, commune.name if insee else "")


class Front(NamedTuple):
    """What is on the door: name, sign, complement of the addressee, mention of distribution."""

    name: str
    sign: str = ""
    recipient: str = ""
    distribution: str = ""


class Practice(NamedTuple):
    """A door that several self-employed people share: each keeps an identifier of their own."""

    front: Front
    address: Street
    town: Town
    commune: Commune
    phone: str


def practice(rng: Random, commune: Commune, front: Front) -> Practice:
    """A practice somewhere in a commune."""
    place = town(rng, commune, self_employed=True)
    return Practice(front, street(rng), place, commune, phone(rng, commune.departement))


class Workplace(NamedTuple):
    """A place: its key as the product makes it, its prefixed identifier as editors send it, its door, its columns."""

    key: str
    idnst: str
    door: Practice
    phone: str
    columns: tuple[str, ...]


def workplace(rng: Random, identity: Identity, door: Practice) -> Workplace:
    """The place as rows carry it: some phones missing, addresses as untidy as the real ones."""
    shown = "" if rng.random() < 0.15 else written(rng, door.phone)
    lines = untidy(rng, door.address)
    former = identity.idnst if rng.random() < 0.6 else ""
    fax = door.phone if rng.random() < 0.1 else ""
    mail = f"contact@cabinet-{identity.idnst[-4:]}.example" if rng.random() < 0.08 else ""
    ids = (identity.siret, identity.siret[:9], identity.finess, identity.legal_finess, identity.technical)
    town_columns = (door.front.distribution, door.town.line, door.town.postal_code, door.town.insee, door.town.label)
    columns = (*ids, *door.front[:3], *lines, *town_columns, "", "", shown, "", fax, mail, "", "", former)
    return Workplace(identity.key, identity.idnst, door, shown, columns)


def own_place(rng: Random, door: Practice, technical: str, company: int | None) -> Workplace:
    """The place of one person in a practice, by the SIRET of their company or by a technical identifier."""
    number = siret(siren(company)) if company is not None else ""
    return workplace(rng, Identity(siret=number, technical=f"C{number}" if number else technical), door)
