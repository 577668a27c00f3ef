"""What a regulator does beside searching: sends a patient, says what a call gave. Pages and API come here.

Until accounts exist every regulator is the same one, and this answers in development only.
"""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator
from pydantic import WithJsonSchema as Schema
from sqlalchemy import Connection

from models.codes import Viewer
from models.offer import Offer
from models.tables import Orientation
from registry import orientations
from registry.orientations import LISTED, Stop
from registry.practice import place_of
from search_api.parameters import matching
from search_api.problems import NO_OFFER, NotFound
from search_api.registering import Registry
from search_api.services import Services

SOMEBODY: Final = "development"
"""Who regulates, until there are accounts."""
ONE_MORE: Final = LISTED + 1
"""What a list asks for, to know whether another page follows."""

_STOP: Final = matching(r"\d{1,11}-[0-9A-Za-z-]{1,64}", "le `next` de la réponse précédente")


def stop(written: object) -> Stop:
    """Where a list goes on, as `following` writes it."""
    at, _, identifier = _STOP(written).partition("-")
    return Stop(int(at), identifier)


Following = Annotated[Stop, BeforeValidator(stop), Schema({"type": "string"})]
"""The `cursor` of a list: the `next` of the answer before."""


def following(stopped: Stop | None) -> str | None:
    """Where the next page of a list goes on; None after the last one."""
    return f"{stopped.at}-{stopped.id}" if stopped else None


def is_open(services: Services) -> bool:
    """Whether this viewer may send patients here."""
    return services.registry is not None and services.viewer is Viewer.REGULATION


def opened(services: Services) -> Registry:
    """What is kept of orientations and of calls, for a regulator.

    Raises:
        NotFound: it is not served, or not to this viewer.

    """
    registry = services.opened()
    if services.viewer is not Viewer.REGULATION:
        raise NotFound
    return registry


def offer_of(services: Services, identifier: str) -> Offer:
    """An offer, for a regulator.

    Raises:
        NotFound: there is none, or none that may be shown; or this is not served to this viewer.

    """
    opened(services)
    found = services.offer(identifier)
    if found is None:
        raise NotFound(NO_OFFER)
    return found


def overbooks(offer: Offer) -> bool:
    """Whether patients may be sent beyond what is open."""
    return offer.participation is not None and offer.participation.overbooking


def send(services: Services, offer: Offer, reference: str, when: dict[str, Any]) -> Orientation:
    """Send a patient to a slot of an offer, or beyond: `when` are the columns of `Orientation` that say it.

    Raises:
        registry.refusals.NotThere, Taken, Refused: see `registry.orientations.orient`.
        Unavailable: the database does not answer.

    """
    at = services.clock()

    def sent(connection: Connection) -> Orientation:
        subject, place_key = place_of(connection, offer.id)
        made: dict[str, Any] = {"id": reference, "at": at, "changed_at": at, "regulator": SOMEBODY, "state": "made"}
        whom: dict[str, Any] = {"subject": subject, "place_key": place_key, "offer": offer.id}
        return orientations.orient(connection, Orientation(**made, **whom, **when))

    return opened(services).write(sent)
