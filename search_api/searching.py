"""A search, from its pairs to its answer: what the JSON, the GeoJSON, the spreadsheet and the page have in common."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from indexer.protocol import Status
from models.clock import whole_minute
from relevance.found import Found, Part
from relevance.plan import Membership, Plan
from search_api import caching, cursors
from search_api.answers import VERSION, SearchJson, search_json
from search_api.cursors import Cursor, PartName
from search_api.parameters import Context, NoParameters, Pairs, SearchParameters, asked_clock, contradictions, read_as
from search_api.planning import Planned, resumed, widened
from search_api.problems import Fault, Refused
from search_api.services import Services

_Parameters = TypeVar("_Parameters", bound=SearchParameters)


@dataclass(frozen=True, slots=True)
class Asked(Generic[_Parameters]):
    """A request that was understood. `plan` is not widened yet; `cursor` is where it goes on from."""

    parameters: _Parameters
    planned: Planned
    cursor: Cursor | None
    digest: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, by which plan, and how it is said."""

    plan: Plan
    found: Found
    json: SearchJson


def understood(services: Services, given: Pairs) -> Asked[SearchParameters]:
    """Read and plan a search.

    Raises:
        Refused: it is ill-formed, contradicts itself, or its cursor is another's.
        Forbidden: it asks what its viewer may not.
        Expired: its cursor is too old.

    """
    return understood_as(SearchParameters, services, given)


def understood_as(model: type[_Parameters], services: Services, given: Pairs) -> Asked[_Parameters]:
    """Read and plan a search, or what extends it."""
    cursor = _cursor(services, given)
    at = cursor.at if cursor else clock(services, given)
    try:
        parameters = read_as(model, given, context(services, at), contradictions)
    except Refused as refusal:
        raise Refused((*refusal.faults, *_address_faults(services, given, refusal.faults))) from None
    digest = f"{parameters.digest}-{services.viewer.value}"
    if cursor is not None and cursor.request != digest:
        raise cursors.of_another_request(parameters.cursor or "")
    planned = services.planner.plan(parameters, at, services.viewer)
    if cursor is not None:
        planned = replace(planned, plan=resumed(planned.plan, cursor))
    return Asked(parameters, planned, cursor, digest)


def _address_faults(services: Services, given: Pairs, others: Iterable[Fault]) -> Iterator[Fault]:
    """What is wrong with the address of a request that is refused for `others`: planning would have said it later."""
    if all(fault.field != "address" for fault in others):
        for name, value in given:
            yield from services.planner.faults_of_address(value) if name == "address" else ()


def clock(services: Services, given: Pairs) -> int:
    """The clock of a request: the server's, or the one that it sets where it may; a whole minute."""
    set_by_request = asked_clock(given) if services.clock_settable else None
    return whole_minute(services.clock()) if set_by_request is None else set_by_request


def asks_nothing(services: Services, given: Pairs) -> None:
    """Check that nothing is asked of what takes no parameter.

    Raises:
        Refused: something is.

    """
    read_as(NoParameters, given, context(services, clock(services, ())))


def context(services: Services, at: int) -> Context:
    """What parameters are read with."""
    return Context(at, services.planner, services.clock_settable)


def _cursor(services: Services, given: Pairs) -> Cursor | None:
    """The cursor of a request that gives one; several are refused when the parameters are read."""
    values = [value for name, value in given if name == "cursor"]
    return services.cursors.read(values[0], services.clock()) if len(values) == 1 and values[0] else None


def answered(services: Services, asked: Asked[SearchParameters], status: Status) -> Answer:
    """Search, and say what was found.

    Raises:
        EngineDown: the engine does not answer.
        GenerationGone: the cursor's generation is no longer kept.

    """
    cursor = asked.cursor
    generation = cursor.generation if cursor else status.generation
    plan = asked.planned.plan if cursor else widened(asked.planned.plan, asked.parameters, services.searcher)
    found = services.searcher.search(plan, cursor.after if cursor else None, generation)
    page = _Page(services, asked.digest, plan, generation)
    nexts = page.next("exact", found.exact), page.next("approximate", found.approximate)
    shown = _shown(found, services.suppressed())
    planned = replace(asked.planned, plan=plan)
    return Answer(plan, shown, search_json(shown, planned, services.frame(generation, status.position), *nexts))


def _shown(found: Found, suppressed: frozenset[str]) -> Found:
    """What was found, without the suppressed. Totals and cursors stay: they are those of the index."""

    def kept(part: Part) -> Part:
        return replace(part, hits=tuple(hit for hit in part.hits if hit.offer.subject not in suppressed))

    return replace(found, exact=kept(found.exact), approximate=kept(found.approximate))


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of an answer, and how to go on after it."""

    services: Services
    digest: str
    plan: Plan
    generation: str

    def next(self, name: PartName, part: Part) -> str | None:
        """The cursor that goes on after this page; None when it is the last, or when no offer was asked."""
        if not part.more or not part.hits:
            return None
        plan, last = self.plan, part.hits[-1].position
        cursor = Cursor(
            request=self.digest,
            issued=self.services.clock(),
            at=plan.at,
            generation=self.generation,
            origin=(plan.origin.lat, plan.origin.lon) if plan.origin else None,
            radius_m=plan.area.radius_m if plan.area else None,
            widened_from_m=plan.widened_from_m,
            part=name,
            rung=last.rung,
            score=last.score,
            tie=last.tie,
            id=last.id,
        )
        return self.services.cursors.write(cursor)


def tag(services: Services, asked: Asked[_Parameters], status: Status, form: str) -> str:
    """The ETag of an answer: request, clock, index, sources and what its places meant determine it."""
    request = (form, asked.digest, asked.parameters.cursor, asked.planned.plan.at, _ground(asked.planned))
    return caching.tag(request, as_of(services, status))


def as_of(services: Services, status: Status) -> tuple[object, ...]:
    """What an answer is made from, beside its request: the rules, the index, the sources, and who objected.

    The index is as `status` saw it, a moment before the search: a body may be newer than its tag, never older.
    """
    dates = tuple((source.name, source.date) for source in services.sources())
    return VERSION, status.generation, status.position, dates, sorted(services.suppressed())


def _ground(planned: Planned) -> tuple[object, ...]:
    """What the places of a request meant: a territory has other postal codes, or another name, after a load."""
    plan, label = planned.plan, planned.where.label if planned.where else ""
    if not isinstance(plan.area, Membership):
        return label, plan.origin
    codes = plan.area.postal_codes, plan.area.communes, plan.area.departements
    return label, plan.origin, *map(sorted, codes)
