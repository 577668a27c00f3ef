"""The oracle: the whole search, plain and slow. Tests compare every engine with it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from models.offer import Offer, tie
from relevance import rungs as ladder
from relevance.criteria import asked
from relevance.found import After, Count, Found, Hit, Part, Position, RungCount
from relevance.judge import judge
from relevance.plan import Plan
from relevance.rungs import EXACT, Rung


def search(offers: Iterable[Offer], plan: Plan, after: After | None = None) -> Found:
    """Search these offers. With `after`, the part that it names goes on from there and the other has no hit."""
    ranked = rank(offers, plan)
    exact = [hit for hit in ranked if hit.position.rung == EXACT]
    approximate = [hit for hit in ranked if hit.position.rung != EXACT]
    approximate_part = _part(approximate, plan.approximate_limit, *_start(after, "approximate"))
    return Found(
        exact=_part(exact, plan.exact_limit, *_start(after, "exact")),
        approximate=approximate_part,
        rungs=_counts(plan, approximate, approximate_part.hits),
    )


def rank(offers: Iterable[Offer], plan: Plan) -> list[Hit]:
    """Every exact match, then every approximate one, in the order of the answer."""
    hits, several = [], len(asked(plan)) > 1
    for offer in offers:
        if plan.kind is not None and offer.kind != plan.kind:
            continue
        judgement = judge(offer, plan)
        if judgement.rung == EXACT or (several and judgement.meets_anything):
            hits.append(Hit(offer, Position(judgement.rung, judgement.score, tie(offer.id), offer.id)))
    return sorted(hits, key=lambda hit: sort_key(hit.position))


def sort_key(position: Position) -> tuple[float, tuple[int, ...], float, int, str]:
    """The total order: loss, positions given up, score (highest first), hash of the id, id."""
    return *ladder.order(position.rung), -position.score, position.tie, position.id


def _start(after: After | None, part: str) -> tuple[bool, Position | None]:
    """Whether this part is asked, and after which position."""
    if after is None:
        return True, None
    position = after.exact if part == "exact" else after.approximate
    return position is not None, position


def _part(hits: Sequence[Hit], limit: int, wanted: bool, after: Position | None) -> Part:  # noqa: FBT001
    rest = [hit for hit in hits if after is None or sort_key(hit.position) > sort_key(after)]
    page = rest[:limit] if wanted else []
    return Part(Count.of(len(hits)), tuple(page), more=wanted and len(rest) > len(page))


def _counts(plan: Plan, approximate: Sequence[Hit], page: Sequence[Hit]) -> tuple[RungCount, ...]:
    """The rungs of one concession that are not empty, and those walked to fill the page."""
    counts: Counter[Rung] = Counter(hit.position.rung for hit in approximate)
    listed = {rung for rung in ladder.concessions(plan) if counts[rung]} | {hit.position.rung for hit in page}
    return tuple(RungCount(rung, Count.of(counts[rung])) for rung in sorted(listed, key=ladder.order))
