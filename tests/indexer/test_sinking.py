"""What makes an offer sink: a call of which nothing came, slots that no source confirms. From their rows to offers."""

import pytest
from sqlalchemy import Engine

from models.calls import KEPT_S
from models.offer import FruitlessCall, Offer
from models.tables import Participation
from tests.indexer.given import CLAIRE, HOUR, NOW, Given, made

SUBJECT = f"p:{CLAIRE}"


@pytest.fixture(autouse=True)
def _world(given: Given) -> None:
    """Claire at two places."""
    given.practice()
    given.place("tech:R2", postal_code="69003", insee="69383")
    given.activity(place="tech:R2")


def sunk(engine: Engine, now: int = NOW) -> list[Offer]:
    return [offer for offer in made(engine, now) if offer.fruitless]


@pytest.mark.parametrize("outcome", ["no_answer", "refused", "full_today"])
def test_a_call_of_which_nothing_came_is_of_its_offer_alone_while_it_tells_something(
    database: Engine, given: Given, outcome: str
):
    called, until = given.called(outcome), NOW + KEPT_S[outcome]
    (offer,) = sunk(database)
    assert (offer.id, offer.fruitless) == (called, FruitlessCall(outcome, NOW, until))  # type: ignore[arg-type] # names
    assert sunk(database, until - 1)
    assert not sunk(database, until)


@pytest.mark.parametrize("outcome", ["calling", "reached"])
def test_who_was_reached_or_is_being_called_does_not_sink_and_no_more_for_a_former_call(
    database: Engine, given: Given, outcome: str
):
    given.called("refused")
    given.called(outcome, NOW + 60)
    assert not sunk(database, NOW + 60)


def test_a_structure_that_refused_sinks_too(database: Engine, given: Given):
    subject = given.structure()
    called = given.called(subject=subject, key="finess:690000001")
    assert [offer.id for offer in sunk(database)] == [called]


@pytest.mark.parametrize(
    ("feeds", "since"),
    [
        ([], None),
        ([("azur", True, NOW - HOUR)], None),
        ([("azur", False, NOW - HOUR)], NOW - HOUR),
        ([("azur", False, None)], None),
        ([("azur", False, NOW - HOUR), ("lune", True, NOW)], None),
        ([("azur", False, NOW - HOUR), ("lune", False, NOW - 2 * HOUR)], NOW - HOUR),
    ],
    ids=["no source", "it answers", "silent", "it never answered", "one of two answers", "both are silent"],
)
def test_slots_are_unseen_since_the_last_answer_of_sources_that_are_all_silent(
    database: Engine, given: Given, feeds: list[tuple[str, bool, int | None]], since: int | None
):
    given.slot()
    for name, answered, at in feeds:
        given.feed(name=name, answered=answered, answered_at=at)
    assert {offer.unseen_since for offer in made(database)} == {since}


def test_an_editor_whose_slots_are_refused_ages_nothing(database: Engine, given: Given):
    given.feed(answered=False, answered_at=NOW - HOUR)
    given.slot(source_kind="agenda", source_name="agenda", checked_at=None)
    given.add(Participation, subject=SUBJECT, places=[], refuses_editor_slots=True, changed_at=NOW)
    assert {offer.unseen_since for offer in made(database)} == {None}
