"""Slots that a page of results shows, checked: by its script as corrections come, or by a link without one."""

import time
from collections.abc import Sequence
from concurrent.futures import wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from indexer.protocol import EngineError
from models.offer import Offer
from search_api import checking, parameters, searching
from search_api.checking import Checking
from search_api.pages import links, reading
from search_api.parameters import Pairs
from search_api.posting import is_ours
from search_api.problems import SECURITY, Forbidden, Refused
from search_api.services import Services, ServicesDep

router = APIRouter(include_in_schema=False)

PATH: Final = "/verifier"
CHECKS: Final = "/api/v1/checks"
WAIT_S: Final = 0.8
"""How long a page without JavaScript waits for editors, and for the index to hold what they answered, at most."""
POLL_S: Final = 0.05
"""How often the index is asked whether it does."""
_OF_TIME: Final = frozenset({"modality", "from", "within_hours", "at"})
"""What a correction is judged by."""


@dataclass(frozen=True, slots=True)
class Checks:
    """Where corrections of an answer come from, one by one or by asking for the answer again."""

    stream: str
    without_script: str


def links_of(services: Services, found: searching.Answer, pairs: Pairs) -> Checks | None:
    """Where the corrections of an answer come from; None where nothing is to be checked."""
    if not checking.is_open(services.viewer, services.checking):
        return None
    unsure = checking.unsure(_offers(found), services.clock())
    asked = [*(("offer", offer.id) for offer in unsure), *(pair for pair in pairs if pair[0] in _OF_TIME)]
    return Checks(f"{CHECKS}?{urlencode(asked)}", links.href(pairs, PATH)) if unsure else None


@router.get(PATH)
def verify(request: Request, services: ServicesDep) -> Response:
    """Ask the editors of what a request finds, wait a moment, then show it; a page of another site spends no call."""
    asked = reading.asked(services, parameters.pairs(request.scope["query_string"]))
    is_open = checking.is_open(services.viewer, services.checking) and is_ours(request.headers)
    if services.checking is not None and is_open:
        _check(services, services.checking, checking.unsure(_found(services, asked.pairs), services.clock()))
    return RedirectResponse(links.href(asked.pairs), 303, SECURITY)


def _check(services: Services, asked: Checking, unsure: Sequence[Offer]) -> None:
    """Ask the editors of these offers, until the next page shows what they answer: the index follows the database."""
    until = time.monotonic() + WAIT_S
    asking = [asked.ask([offer.subject for offer in each]) for each in checking.together(unsure)]
    ended = wait(asking, WAIT_S).done
    if not any("ok" in future.result().values() for future in ended if not future.exception()):
        return
    written = asked.position() or 0
    with suppress(EngineError):  # the page that follows says it
        while services.searcher.status().position < written and time.monotonic() < until:
            time.sleep(POLL_S)


def _found(services: Services, pairs: Pairs) -> Sequence[Offer]:
    """What a request finds; nothing for one that is refused: the page says why."""
    try:
        understood = searching.understood(services, links.of_api(pairs))
    except (Refused, Forbidden):
        return ()
    return _offers(searching.answered(services, understood, services.current()))


def _offers(found: searching.Answer) -> list[Offer]:
    return [hit.offer for hit in (*found.found.exact.hits, *found.found.approximate.hits)]
