"""Rows of the database with good defaults, and the offers that are made of them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, text
from sqlmodel import SQLModel

from indexer import reading
from indexer.documents import all_offers, count_offers, offers_for
from models import store
from models.offer import Offer, offer_id
from models.outbox import enqueue
from models.tables import (
    Activity,
    Availability,
    Call,
    Declaration,
    Place,
    Professional,
    Skill,
    SlotFeed,
    Structure,
    Suppression,
    UnknownCode,
)
from registry import calls

NOW = 1_795_000_020
HOUR = 3_600
DAY = 24 * HOUR
YESTERDAY = date(2026, 11, 17)
CLAIRE = "810100000001"
JEAN = "810100000002"
numbers = count(1)


class Given:
    """Writes rows, each in its own transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, model: type[SQLModel], **values: Any) -> None:
        with store.writing(self.engine) as connection:
            connection.execute(insert(model).values(**values))

    def execute(self, sql: str, **values: Any) -> None:
        with store.writing(self.engine) as connection:
            connection.execute(text(sql), values)

    def changed(self, *subjects: str, at: int = NOW) -> None:
        """Ask for these subjects' offers to be made again."""
        with store.writing(self.engine) as connection:
            enqueue(connection, subjects, at)

    def professional(self, id: str = CLAIRE, family: str = "MARTEL", given: str = "Claire", **values: Any) -> str:  # noqa: A002
        row = {"id": id, "number": id[1:], "civility": "Dr", "family_name": family, "given_name": given, "digest": ""}
        self.add(Professional, **(row | values))
        return f"p:{id}"

    def place(self, key: str = "tech:R1", **values: Any) -> str:
        kind, _, number = key.partition(":")
        numbered = {kind: number} if kind in {"finess", "siret"} else {}
        address = {"number": "12", "street_type": "Rue", "street": "des Lilas", "postal_code": "69100"}
        commune = {"insee": "69266", "commune": "Villeurbanne", "departement": "69"}
        point = {"lat": 45.77, "lon": 4.88, "precision": "housenumber", "point_source": "geocoder"}
        row = {"key": key, "digest": "", "source": "rpps", "name": "CABINET DES LILAS"}
        self.add(Place, **(row | numbered | address | commune | point | values))
        return key

    def activity(self, professional: str = CLAIRE, place: str | None = "tech:R1", **values: Any) -> None:
        who = {"id": f"a{next(numbers)}", "professional_id": professional, "place_key": place, "digest": ""}
        what = {"profession": "10", "category": "C", "genre": "GENR01", "skill_type": "S", "skill": "SM54"}
        self.add(Activity, **(who | what | {"mode": "L", "sector": "SA07"} | values))

    def practice(self, id: str = CLAIRE, place: str = "tech:R1", **values: Any) -> str:  # noqa: A002
        """A professional, a place and the activity there."""
        self.professional(id)
        self.place(place)
        self.activity(id, place, **values)
        return f"p:{id}"

    def structure(self, id: str = "690000001", **values: Any) -> str:  # noqa: A002
        address = {"number": "1", "street_type": "Place", "street": "Bellecour", "postal_code": "69002"}
        commune = {"insee": "69382", "commune": "Lyon 2e", "departement": "69"}
        point = {"lat": 45.7578, "lon": 4.832, "precision": "site", "point_source": "finess"}
        row = {"id": id, "digest": "", "name": "CDS BELLECOUR", "category": "124", "active": True, "source": "finess"}
        self.add(Structure, **(row | address | commune | point | values))
        return f"s:{id}"

    def skill(self, professional: str = CLAIRE, **values: Any) -> None:
        row = {"id": f"k{next(numbers)}", "professional_id": professional, "profession": "10", "digest": ""}
        self.add(Skill, **(row | {"type": "CAPA", "code": "CAPA02", "label": "Aide médicale urgente"} | values))

    def declares(self, subject: str = f"p:{CLAIRE}", place: str = "", **values: Any) -> None:
        self.add(Declaration, subject=subject, place_key=place, **values)

    def slot(self, subject: str = f"p:{CLAIRE}", start: int = NOW + HOUR, **values: Any) -> str:
        id = f"v{next(numbers)}"  # noqa: A001
        when = {"kind": "creneau", "start": start, "end": start + 900, "modalities": ["cabinet"], "capacity": 1}
        who = {"labels": ["PUBLIC"], "audience": "public", "specialties": [], "cpts": []}
        source = {"source_kind": "editor", "source_name": "azur", "checked_at": NOW - 60}
        self.add(Availability, **({"id": id, "subject": subject} | when | who | source | values))
        return id

    def feed(
        self,
        subject: str = f"p:{CLAIRE}",
        name: str = "azur",
        *,
        answered: bool = True,
        asked_at: int = NOW,
        answered_at: int | None = None,
    ) -> None:
        when = {"asked_at": asked_at, "answered": answered, "answered_at": answered_at}
        self.add(SlotFeed, subject=subject, source_kind="editor", source_name=name, **when)

    def called(
        self, outcome: str = "refused", at: int = NOW, subject: str = f"p:{CLAIRE}", key: str = "tech:R1"
    ) -> str:
        """A regulator says what a call gave; the offer."""
        offer = offer_id(subject, key)
        with store.writing(self.engine) as connection:
            calls.note(connection, Call(offer=offer, subject=subject, outcome=outcome, regulator="r", at=at))
        return offer

    def suppressed(self, subject: str) -> None:
        self.add(Suppression, subject=subject, reason="objection", at=NOW)

    def unknown_code(self, terminology: str, code: str, label: str) -> None:
        self.add(UnknownCode, source="rpps", terminology=terminology, code=code, label=label, count=1)


@contextmanager
def tables(url: str) -> Iterator[Engine]:
    """A database with its tables, empty."""
    engine = store.connect(url)
    SQLModel.metadata.create_all(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def made(engine: Engine, now: int = NOW) -> list[Offer]:
    """Every offer, by identifier; the follower's way and the count of the database must agree."""
    with engine.connect() as connection:
        offers = sorted(all_offers(connection, now), key=lambda offer: offer.id)
        assert count_offers(connection, now) == len(offers)
        assert sorted(chained(offers_for(connection, subjects(connection), now)), key=lambda o: o.id) == offers
    assert len({offer.id for offer in offers}) == len(offers)
    return offers


def subjects(connection: Connection) -> list[str]:
    """Every subject that the database knows."""
    people = connection.scalars(select(reading.PROFESSIONAL.c.id))
    structures = connection.scalars(select(reading.STRUCTURE.c.id))
    return [*(f"p:{id}" for id in people), *(f"s:{id}" for id in structures)]  # noqa: A001


def chained(found: dict[str, tuple[Offer, ...]]) -> Iterable[Offer]:
    """The offers of all subjects; each must be under its own."""
    for subject, offers in found.items():
        assert {offer.subject for offer in offers} <= {subject}
        yield from offers
