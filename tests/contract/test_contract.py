"""The contract: what both engines answer is what the oracle answers, on generated offers and plans."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from indexer.protocol import Engine
from models.codes import Viewer
from models.offer import Code, Offer, tie
from relevance import found as limits
from relevance import oracle, widening
from relevance.criteria import Name, asked
from relevance.found import After, Hit
from relevance.judge import State, judge
from relevance.plan import Plan
from relevance.rungs import EXACT
from relevance.text import question
from tests.contract.compare import assert_same, assert_same_order, at_an_edge
from tests.contract.corpus import CLOCK, corpus
from tests.contract.engines import fill
from tests.contract.plans import QUESTIONS, plans

SEEDS = (1, 2)
TIMES = int(os.environ.get("ANNUAIRE_TEST_PLANS", "1"))
MANY, SOME, FEW = (settings(max_examples=number * TIMES) for number in (520, 150, 60))
FACETS = (Name.PROFESSION, Name.SPECIALTY, Name.STRUCTURE_TYPE, Name.CARE, Name.EQUIPMENT, Name.LANGUAGE, Name.SECTOR)


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"corpus{seed}")
def offers(request: pytest.FixtureRequest) -> tuple[Offer, ...]:
    return corpus(request.param)


@pytest.fixture(scope="module")
def filled(engine: Engine, offers: tuple[Offer, ...]) -> Engine:
    """The engine, answering on this corpus alone."""
    fill(engine, offers, f"offers-20261123-{len(offers[0].availabilities):02d}{tie(offers[0].id) % 10_000:04d}")
    return engine


@MANY
@given(plan=plans())
def test_the_engine_answers_like_the_oracle(filled: Engine, offers: tuple[Offer, ...], plan: Plan) -> None:
    assume(not at_an_edge(offers, plan))
    assert_same(filled.search(plan), oracle.search(offers, plan), plan)


@MANY
@given(plan=plans(most=12))
def test_requests_of_many_criteria_answer_like_the_oracle(
    filled: Engine, offers: tuple[Offer, ...], plan: Plan
) -> None:
    assume(not at_an_edge(offers, plan))
    assert_same(filled.search(plan), oracle.search(offers, plan), plan)


@pytest.fixture
def low_cap() -> Iterator[int]:
    """Totals are exact up to 40: the corpus has more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "CAP", 40)
        yield 40


@SOME
@given(plan=st.one_of(plans(most=3), plans(most=8)))
def test_totals_and_rung_counts_past_the_cap_are_the_oracle_s(
    filled: Engine, offers: tuple[Offer, ...], plan: Plan, low_cap: int
) -> None:
    assume(not at_an_edge(offers, plan))
    # A page is shorter than the cap, here as in life.
    plan = replace(plan, exact_limit=min(plan.exact_limit, 20), approximate_limit=min(plan.approximate_limit, 20))
    expected = oracle.search(offers, plan)
    assert_same(filled.search(plan), expected, plan)
    counts = [expected.exact.total, expected.approximate.total, *(rung.count for rung in expected.rungs)]
    assume(any(not count.exact for count in counts))
    assert all(count.value == low_cap for count in counts if not count.exact)


@pytest.mark.parametrize("prefix", [True, False], ids=["typing", "typed"])
@pytest.mark.parametrize("text", QUESTIONS)
def test_every_way_to_write_a_name_is_read_like_the_oracle_reads_it(
    filled: Engine, offers: tuple[Offer, ...], text: str, *, prefix: bool
) -> None:
    plan = Plan(at=CLOCK, text=question(text, prefix=prefix), professions=frozenset({"10"}), exact_limit=50)
    assert_same(filled.search(plan), oracle.search(offers, plan), plan)


def pages(engine: Engine, plan: Plan, part: str) -> Iterator[Sequence[Hit]]:
    """Every page of one part, following the positions as a cursor does."""
    after = None
    while True:
        found = getattr(engine.search(plan, after), part)
        yield found.hits
        if not found.more:
            return
        after = After(**{part: found.hits[-1].position})


@FEW
@given(plan=plans())
@pytest.mark.parametrize("part", ["exact", "approximate"])
def test_paging_to_the_end_shows_every_offer_once(
    filled: Engine, offers: tuple[Offer, ...], plan: Plan, part: str
) -> None:
    assume(not at_an_edge(offers, plan))
    paged = replace(plan, exact_limit=11, approximate_limit=11)
    ranked = [hit for hit in oracle.rank(offers, paged) if (hit.position.rung == EXACT) == (part == "exact")]
    hits = [hit for page in pages(filled, paged, part) for hit in page]
    assert len({hit.offer.id for hit in hits}) == len(hits)
    assert {hit.offer.id for hit in hits} == {hit.offer.id for hit in ranked}
    assert_same_order(hits, ranked, paged)


@FEW
@given(plan=plans())
def test_widening_counts_are_the_oracle_s(filled: Engine, offers: tuple[Offer, ...], plan: Plan) -> None:
    choices = widening.choices(plan)
    assume(not any(at_an_edge(offers, choice) for choice in choices))
    counted = filled.counts(choices, widening.ENOUGH)
    true = [oracle.search(offers, choice).exact.total.value for choice in choices]
    assert widening.chosen(choices, counted) == widening.chosen(choices, true)
    for mine, theirs in zip(counted, true, strict=True):
        assert mine == theirs or min(mine, theirs) >= widening.ENOUGH


def _facet_values(offer: Offer, name: Name) -> set[str]:
    single = {Name.STRUCTURE_TYPE: offer.structure.type, Name.SECTOR: offer.sector}
    many = {
        Name.PROFESSION: offer.professions,
        Name.SPECIALTY: offer.specialties,
        Name.CARE: offer.care,
        Name.EQUIPMENT: offer.equipment,
        Name.LANGUAGE: offer.languages,
    }
    codes: tuple[Code | None, ...] = (single[name],) if name in single else (many[name] or ())
    return {code.code for code in codes if code}


@FEW
@given(plan=plans())
def test_facets_count_the_offers_that_meet_everything_else(
    filled: Engine, offers: tuple[Offer, ...], plan: Plan
) -> None:
    assume(not at_an_edge(offers, plan))
    answer = filled.facets(plan, FACETS)
    assert set(answer) == set(FACETS)
    for name in FACETS:
        expected: dict[str, int] = {}
        for offer in offers:
            if plan.kind and offer.kind != plan.kind:
                continue
            states = judge(offer, plan).states
            if all(state is State.MET for criterion, state in states.items() if criterion is not name):
                for code in _facet_values(offer, name):
                    expected[code] = expected.get(code, 0) + 1
        assert {code.code: count for code, count in answer[name]} == expected
        counts = [count for _, count in answer[name]]
        assert counts == sorted(counts, reverse=True)


@FEW
@given(plan=plans())
def test_the_stream_of_exact_matches_is_the_exact_part(filled: Engine, offers: tuple[Offer, ...], plan: Plan) -> None:
    assume(not at_an_edge(offers, plan))
    streamed = list(filled.exact(plan, 60))
    expected = oracle.search(offers, replace(plan, exact_limit=60)).exact.hits
    scores = [judge(offer, plan).score for offer in streamed]
    assert scores == pytest.approx([hit.position.score for hit in expected], abs=1e-5)
    assert all(not judge(offer, plan).rung for offer in streamed)


@FEW
@given(plan=plans(), text=st.sampled_from(QUESTIONS))
def test_suggestions_are_the_exact_matches_of_the_text_alone_in_the_plan_s_order(
    filled: Engine, offers: tuple[Offer, ...], plan: Plan, text: str
) -> None:
    asked_plan = replace(plan, text=question(text))
    alone = Plan(
        at=plan.at, viewer=plan.viewer, kind=plan.kind, text=asked_plan.text, origin=plan.origin, order=plan.order
    )
    expected = oracle.search(offers, replace(alone, exact_limit=7)).exact.hits
    scores = [judge(offer, alone).score for offer in filled.named(asked_plan, 7)]
    assert scores == pytest.approx([hit.position.score for hit in expected], abs=1e-5)


def test_an_offer_is_found_by_its_id_with_everything_it_holds(filled: Engine, offers: tuple[Offer, ...]) -> None:
    assert [filled.offer(offer.id) for offer in offers[:20]] == list(offers[:20])
    assert filled.offer("p0-000000000000") is None


def test_offers_are_found_together_by_id_in_the_order_asked(filled: Engine, offers: Sequence[Offer]):
    asked = [each.id for each in reversed(offers[:20])]
    found = filled.offers([asked[0], "p0-000000000000", *asked])
    assert list(found.items()) == [(each.id, each) for each in reversed(offers[:20])]
    assert filled.offers([]) == {}


def test_every_offer_is_exported_in_the_order_of_ids(filled: Engine, offers: tuple[Offer, ...]) -> None:
    assert list(filled.all_offers()) == sorted(offers, key=lambda offer: offer.id)


def test_the_status_tells_generation_offers_and_position(filled: Engine, offers: tuple[Offer, ...]) -> None:
    status = filled.status()
    assert (status.offers, status.position) == (len(offers), 1)
    assert status.generation.startswith("offers-20261123-")


def test_the_corpus_exercises_every_rule(offers: tuple[Offer, ...]) -> None:
    """The vocabulary does collide: otherwise the suite above would show little."""
    plan = Plan(at=CLOCK, viewer=Viewer.REGULATION, professions=frozenset({"10"}), modalities=("domicile",))
    rungs = {judge(offer, plan).rung for offer in offers}
    assert len(rungs) == 4
    assert asked(plan) == (Name.PROFESSION, Name.MODALITY)
