"""From the RPPS rows to table rows: who, where, what; each once as far as memory allows, the staging does the rest.

A place is known by its FINESS number, else its SIRET, else the file's technical identifier, else its address. Someone
without any of them is kept, with an activity at no place.
"""

from collections.abc import Mapping

from ingestion.addresses import Given, Settled, address_key, settle, spelt_out, spelt_street
from ingestion.phones import normalise
from ingestion.rpps import ActivityRow, Site
from ingestion.staging import Mirror, StagedRow, digest, table_of
from models.folding import fold
from models.gazetteer import Gazetteer
from models.tables import Activity, Place, Professional

_PLACES_REMEMBERED = 20_000
_COMMUNES_REMEMBERED = 100_000
_SIRET_LENGTH, _FINESS_LENGTH = 14, 9
_CIVILITIES: Mapping[str, str] = {"DR": "Dr", "PR": "Pr", "M": "M.", "MME": "Mme", "MLLE": "Mme"}

PROFESSIONALS = Mirror(table_of(Professional), ("number", "civility", "family_name", "given_name"), alone=True)

ADDRESS_COLUMNS = (
    "recipient",
    "extra",
    "number",
    "repetition",
    "street_type",
    "street",
    "distribution",
    "cedex",
    "postal_code",
    "insee",
    "commune",
    "country",
    "departement",
    "address_key",
)
"""The columns of `models.tables.Address`, in the order in which rows give them."""

PLACES = Mirror(
    table_of(Place),
    ("finess", "siret", "technical_id", "former_id", "name", "sign", *ADDRESS_COLUMNS, "source"),
    keys=("key",),
    scope=table_of(Place).c.source == "rpps",
)

ACTIVITIES = Mirror(
    table_of(Activity),
    (
        "professional_id",
        "place_key",
        "profession",
        "category",
        "skill_type",
        "skill",
        "mode",
        "sector",
        "genre",
        "role",
        "phone",
        "phone2",
    ),
    alone=True,
)


class Directory:
    """Makes the rows of the three tables from activities, remembering what it has just made."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._places: dict[tuple[str, ...], str | None] = {}
        self._communes: dict[Given, Settled] = {}
        self._last_person: tuple[str, ...] = ()

    def person(self, row: ActivityRow) -> StagedRow | None:
        """The row of the professional; None when the previous activity was the same person's."""
        who = row.who
        if who == self._last_person:
            return None
        self._last_person = who
        return person_row(row)

    def place(self, row: ActivityRow) -> tuple[str | None, StagedRow | None]:
        """The key of the place, None if there is none; and its row, None when it was made already."""
        where = row.where
        if where in self._places:
            return self._places[where], None
        if len(self._places) >= _PLACES_REMEMBERED:
            self._places.clear()
        site = Site._make(where)
        made = place_row(site, self._settled(site))
        self._places[where] = made[0] if made else None
        return self._places[where], made

    def _settled(self, site: Site) -> Settled:
        given = Given._make(site[14:21])
        settled = self._communes.get(given)
        if settled is None:
            if len(self._communes) >= _COMMUNES_REMEMBERED:
                self._communes.clear()
            settled = self._communes[given] = settle(given, self._gazetteer)
        return settled


def person_row(row: ActivityRow) -> StagedRow:
    """A row of `Professional`."""
    civility = _CIVILITIES.get(row.title or row.civility)
    values = (row.number or row.professional_id[1:], civility, row.family_name, row.given_name)
    return (row.professional_id, digest(values), *values)


def activity_row(row: ActivityRow, place_key: str | None) -> StagedRow:
    """A row of `Activity`: everything but the phones makes its identifier, and the phones its digest."""
    phone = normalise(row.phone) if row.phone else None
    phone2 = normalise(row.phone2) if row.phone2 else None
    values = (
        row.professional_id,
        place_key,
        row.profession,
        row.category or None,
        row.skill_type or None,
        row.skill or None,
        row.mode or None,
        row.sector or None,
        row.genre or None,
        row.role or None,
    )
    return (digest(values), f"{phone} {phone2}", *values, phone, phone2)


def place_row(site: Site, settled: Settled) -> StagedRow | None:
    """A row of `Place`; None for a site that has neither identifier nor address."""
    finess = site.finess if len(site.finess) == _FINESS_LENGTH and site.finess.isalnum() else None
    siret = site.siret if len(site.siret) == _SIRET_LENGTH and site.siret.isdigit() else None
    kind = site.street_type_label or site.street_type
    street = spelt_street(site.number, site.repetition, kind, site.street)
    spelt = street or spelt_out(site.extra or site.distribution)
    where = (settled.postal_code, settled.insee or settled.commune, settled.country)
    key = place_key(finess, siret, site.technical_id, (spelt, *where))
    if key is None:
        return None
    values = (
        finess,
        siret,
        site.technical_id or None,
        site.former_id or None,
        site.name or None,
        site.sign or None,
        site.recipient or None,
        site.extra or None,
        site.number or None,
        site.repetition or None,
        kind or None,
        site.street or None,
        site.distribution or None,
        *settled,
        address_key(street, settled.postal_code, settled.insee),
        "rpps",
    )
    return (key, digest(values), *values)


def place_key(finess: str | None, siret: str | None, technical_id: str, address: tuple[str | None, ...]) -> str | None:
    """The stable key of a place, from the surest of what is known of it; None when nothing is."""
    if finess:
        return f"finess:{finess}"
    if siret:
        return f"siret:{siret}"
    if technical_id:
        return f"tech:{technical_id}"
    folded = fold(" ".join(word for word in address if word))
    return f"addr:{folded}" if folded else None
