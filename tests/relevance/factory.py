"""Offers and plans with good defaults, so that a test is a sentence."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from models.codes import Viewer
from models.geo import Point
from models.offer import (
    Availability,
    Code,
    CommuneRef,
    Offer,
    Person,
    Place,
    PlacePoint,
    SlotSource,
    StructureRef,
    offer_id,
)
from relevance.plan import Circle, Plan, Window

AT = 1_795_000_020 // 60 * 60
HOUR = 3600
HERE = Point(45.7667, 4.88)
METRES_A_DEGREE = 111_194.9266


def instant(text: str) -> int:
    """An hour with its offset, `2026-03-29T03:30+02:00`, as epoch seconds."""
    return int(datetime.fromisoformat(text).timestamp())


def north(metres: float, origin: Point = HERE) -> Point:
    """The point `metres` due north."""
    return Point(origin.lat + metres / METRES_A_DEGREE, origin.lon)


def codes(values: Iterable[str] | None) -> tuple[Code, ...] | None:
    """Codes with their own name as label; None stays undeclared."""
    return None if values is None else tuple(Code(value, value) for value in values)


def creneau(hours: float, modality: str = "cabinet", audience: str = "public") -> Availability:
    """A créneau of 15 minutes that starts so many hours after the clock."""
    return creneau_at(AT + round(hours * HOUR), modality, audience)


def creneau_at(start: int, modality: str = "cabinet", audience: str = "public") -> Availability:
    """A créneau of 15 minutes that starts at this instant."""
    source = SlotSource("editor", "A")
    return Availability("creneau", start, start + 900, (modality,), audience, source, 1)  # type: ignore[arg-type] # names come from tests


def plage(start: float, end: float, modality: str = "cabinet", audience: str = "public") -> Availability:
    """A plage between two hours counted from the clock."""
    source = SlotSource("agenda", "A")
    span = AT + round(start * HOUR), AT + round(end * HOUR)
    return Availability("plage", *span, (modality,), audience, source, 4)  # type: ignore[arg-type] # names come from tests


def offer(
    name: str = "Claire MARTEL",
    at: Point | None = HERE,
    *,
    profession: str = "10",
    slots: Iterable[Availability] = (),
    slot_state: str | None = None,
    structure_name: str | None = None,
    postal_code: str | None = "69100",
    insee: str | None = "69266",
    departement: str | None = "69",
    time_zone: str = "Europe/Paris",
    **values: Any,
) -> Offer:
    """A professional, or a structure when `structure_name` is given, at `at`."""
    given, _, family = name.partition(" ")
    slots = tuple(sorted(slots, key=lambda slot: slot.start))
    for attribute in ("specialties", "skills", "care", "equipment", "languages"):
        if attribute in values:
            values[attribute] = codes(values[attribute])
    subject = f"s:{structure_name}" if structure_name else f"p:{name}"
    values.setdefault("specialties", None)
    values.setdefault("structure", StructureRef(name=structure_name))
    values.setdefault("professions", codes([profession]))
    return Offer(
        id=offer_id(subject, str(at)),
        subject=subject,
        kind="structure" if structure_name else "professional",
        person=None if structure_name else Person("1", "Dr", given, family),
        place=Place(
            "1 rue",
            postal_code,
            CommuneRef(insee, "Commune") if insee else None,
            departement,
            at and PlacePoint(at.lat, at.lon, "site"),
            time_zone,
        ),
        slot_state=slot_state or ("known" if slots else "none"),
        availabilities=slots,
        **values,
    )


def plan(
    near: Point | None = HERE, km: float | None = None, hours: tuple[float, float] | None = None, **asked: Any
) -> Plan:
    """A regulator's plan at the tests' clock. `hours` is the window asked, from the clock."""
    area = asked.pop("area", Circle(km * 1000) if km else None)
    window = Window(AT + round(hours[0] * HOUR), AT + round(hours[1] * HOUR)) if hours else None
    sets = {name: frozenset(value) if isinstance(value, (set, list)) else value for name, value in asked.items()}
    return Plan(at=AT, **{"viewer": Viewer.REGULATION, "origin": near, "area": area, "window": window, **sets})
