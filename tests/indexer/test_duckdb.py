"""What is the embedded engine's own: its files, its processes, its threads, changes beside searches."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import cast

import duckdb
import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from indexer.duckdb_engine import DuckDBEngine
from indexer.duckdb_files import KEPT_S
from indexer.duckdb_layout import VERSION
from indexer.duckdb_masks import BITS, mask_of, order, rung_of
from indexer.duckdb_parts import typos
from indexer.duckdb_rows import agenda_rows
from indexer.duckdb_search import Opened as OpenedGeneration
from indexer.protocol import Change, EngineDown, EngineError, GenerationGone, Outdated
from models.codes import VISIBLE, Viewer
from models.offer import Code, Offer
from relevance import oracle, rungs
from relevance.criteria import Name
from relevance.found import After
from relevance.plan import MODALITIES, Circle, Plan, Window
from relevance.text import one_typo
from tests.contract.compare import assert_same, at_an_edge
from tests.contract.corpus import CLOCK, HOUR, VILLEURBANNE, availability, corpus
from tests.contract.engines import fill
from tests.contract.plans import plans

FIRST, SECOND = "offers-20261123-000001", "offers-20261123-000002"
SIZE = len(corpus(1))
ROOT = Path(__file__).parents[2]
EVERYTHING = Plan(CLOCK, Viewer.REGULATION)
NEAR = Plan(
    CLOCK,
    Viewer.REGULATION,
    professions=frozenset({"10"}),
    origin=VILLEURBANNE,
    area=Circle(5_000),
    window=Window(CLOCK, CLOCK + 8 * HOUR),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def opened() -> Iterator[Callable[[Path], DuckDBEngine]]:
    """Engines that are closed after the test."""
    engines: list[DuckDBEngine] = []

    def open_(folder: Path, clock: Callable[[], float] = time.time) -> DuckDBEngine:
        engines.append(DuckDBEngine(folder, clock=clock))
        return engines[-1]

    yield open_
    for engine in engines:
        engine.close()


Opened = Callable[..., DuckDBEngine]


@contextmanager
def process(folder: Path, code: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has `engine` and `offers`, killed at the end of the block."""
    prelude = (
        "import sys, time\nfrom pathlib import Path\n"
        "from indexer.duckdb_engine import DuckDBEngine\nfrom indexer.protocol import EngineDown\n"
        "from tests.contract.corpus import corpus\nfrom tests.contract.engines import fill\n"
        f"from relevance.plan import Plan\nengine, offers = DuckDBEngine(Path({str(folder)!r})), corpus(2)\n"
    )
    command = [sys.executable, "-c", prelude + code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.send_signal(signal.SIGKILL)


def said_by(folder: Path, code: str) -> str:
    """What another process prints, to its end."""
    with process(folder, code) as running:
        printed, _ = running.communicate(timeout=60)
    return printed.strip()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# Generations and processes ------------------------------------------------------------------------------------------


def test_before_the_first_generation_the_status_is_empty_and_a_search_says_why(folder: Path, opened: Opened) -> None:
    engine = opened(folder)
    assert (engine.status().generation, engine.status().offers) == ("", 0)
    with pytest.raises(EngineDown, match="Aucun index"):
        engine.search(EVERYTHING)


def test_a_swap_by_another_process_is_noticed_and_the_former_generation_still_answers(
    folder: Path, opened: Opened
) -> None:
    engine = opened(folder)
    fill(engine, corpus(1), FIRST)
    whole = engine.search(replace(NEAR, approximate_limit=25)).approximate.hits
    assert said_by(folder, f"fill(engine, offers, {SECOND!r}, 7)\nprint(engine.status().offers)") == str(SIZE)
    assert (engine.status().generation, engine.status().position) == (SECOND, 7)
    assert_same(engine.search(NEAR), oracle.search(corpus(2), NEAR), NEAR)
    following = engine.search(NEAR, After(approximate=whole[4].position), generation=FIRST)
    assert following.approximate.hits == whole[5:]


def test_a_former_generation_is_gone_after_ten_minutes_and_leaves_no_file(folder: Path, opened: Opened) -> None:
    now = [time.time()]
    engine = opened(folder, lambda: now[0])
    fill(engine, corpus(1), FIRST)
    fill(engine, corpus(2), SECOND)
    now[0] += KEPT_S - 30
    engine.prune()
    assert engine.search(EVERYTHING, generation=FIRST).exact.total.value == SIZE
    now[0] += 60
    with pytest.raises(GenerationGone):
        engine.search(EVERYTHING, generation=FIRST)
    engine.prune()
    assert names(folder) == {"current", SECOND}


def test_a_restarted_process_still_answers_from_the_former_generation(folder: Path, opened: Opened) -> None:
    first = opened(folder)
    fill(first, corpus(1), FIRST)
    fill(first, corpus(2), SECOND)
    first.close()
    assert opened(folder).search(EVERYTHING, generation=FIRST).exact.total.value == SIZE


def test_a_generation_that_never_was_is_gone(folder: Path, opened: Opened) -> None:
    engine = opened(folder)
    fill(engine, corpus(1), FIRST)
    with pytest.raises(GenerationGone):
        engine.search(EVERYTHING, generation=SECOND)


def test_a_second_process_is_told_the_status_and_refused_the_rest(folder: Path, opened: Opened) -> None:
    engine = opened(folder)
    fill(engine, corpus(1), FIRST, 4)
    engine.apply([Change(corpus(1)[0].subject, (), 9)], 9, FIRST)
    code = (
        "print(engine.status())\ntry:\n    engine.search(Plan(0))\nexcept EngineDown as down:\n"
        "    print('refused', 'un autre processus' in str(down))"
    )
    assert said_by(folder, code).splitlines() == [str(engine.status()), "refused True"]


def test_an_index_of_another_version_is_refused_until_it_is_rebuilt(folder: Path, opened: Opened) -> None:
    fill(opened(folder), corpus(1), FIRST)
    with duckdb.connect(folder / FIRST / "index.duckdb") as connection:
        connection.execute("UPDATE meta SET version = 'older'")
    engine = opened(folder)
    with pytest.raises(Outdated, match="reconstruire"):
        engine.search(EVERYTHING)
    fill(engine, corpus(2), SECOND)
    assert engine.search(EVERYTHING).exact.total.value == SIZE


def test_a_process_that_has_not_opened_it_is_told_that_an_index_is_of_another_version(
    folder: Path, opened: Opened
) -> None:
    fill(opened(folder), corpus(1), FIRST)
    status = folder / FIRST / "status.json"
    assert not opened(folder).status().outdated
    status.write_text(status.read_text("utf-8").replace(VERSION, "older"), "utf-8")
    assert opened(folder).status().outdated
    status.write_text('{"generation":"offers-1","offers":3,"position":1}', "utf-8")
    assert (opened(folder).status().generation, opened(folder).status().outdated) == ("", True)


def test_a_code_that_a_change_brings_is_known_before_an_offer_has_it(
    folder: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = opened(folder)
    fill(engine, (), FIRST)
    assert engine.search(EVERYTHING).exact.total.value == 0
    counted: list[int] = []
    read_terms = OpenedGeneration.read_terms

    def reading(self: OpenedGeneration, connection: duckdb.DuckDBPyConnection) -> None:
        counted.append(len(engine.facets(EVERYTHING, [Name.PROFESSION])[Name.PROFESSION]))
        read_terms(self, connection)

    monkeypatch.setattr(OpenedGeneration, "read_terms", reading)
    engine.apply([Change(corpus(1)[0].subject, corpus(1)[:1], 2)], 2, FIRST)
    assert counted == [0]
    assert engine.facets(EVERYTHING, [Name.PROFESSION])[Name.PROFESSION]


def test_an_index_without_offers_answers(folder: Path, opened: Opened) -> None:
    engine = opened(folder)
    fill(engine, (), FIRST)
    assert engine.search(NEAR) == oracle.search((), NEAR)
    engine.apply([Change(corpus(1)[0].subject, corpus(1)[:1], 2)], 2, FIRST)
    assert engine.search(EVERYTHING).exact.total.value == 1


# Builds -------------------------------------------------------------------------------------------------------------


def test_a_dropped_build_leaves_nothing(folder: Path, opened: Opened) -> None:
    builder = opened(folder).build(FIRST)
    builder.add(corpus(1))
    builder.finish(1)
    assert builder.searcher().search(EVERYTHING).exact.total.value == SIZE
    builder.drop()
    assert names(folder) == set()


def test_a_build_whose_process_was_killed_is_forgotten_and_one_that_lives_is_not(folder: Path, opened: Opened) -> None:
    engine = opened(folder)
    fill(engine, corpus(1), FIRST)
    code = f"builder = engine.build({SECOND!r})\nbuilder.add(offers)\nprint('added', flush=True)\ntime.sleep(60)"
    with process(folder, code) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "added\n"
        engine.prune()
        assert f"{SECOND}.building" in names(folder)
    running.wait()
    engine.prune()
    assert names(folder) == {"current", FIRST}
    assert engine.search(EVERYTHING).exact.total.value == SIZE


def test_a_build_takes_the_place_of_one_of_the_same_name_that_was_killed(folder: Path, opened: Opened) -> None:
    said_by(folder, f"engine.build({FIRST!r}).add(offers)\nimport os; os._exit(9)")
    assert f"{FIRST}.building" in names(folder)
    fill(opened(folder), corpus(1), FIRST)
    assert names(folder) == {"current", FIRST}


def test_a_name_is_built_once(folder: Path, opened: Opened) -> None:
    engine = opened(folder)
    builder = engine.build(FIRST)
    with pytest.raises(EngineError, match=FIRST):
        engine.build(FIRST)
    builder.add(corpus(1))
    builder.finish(1)
    builder.swap()
    builder.drop()
    with pytest.raises(EngineError, match=FIRST):
        engine.build(FIRST)
    assert engine.search(EVERYTHING).exact.total.value == SIZE


def test_a_folder_may_have_a_quote_in_its_name(tmp_path: Path, opened: Opened) -> None:
    engine = opened(tmp_path / "l'index")
    fill(engine, corpus(1), FIRST)
    engine.apply([Change(corpus(1)[0].subject, (), 2)], 2, FIRST)
    assert engine.search(EVERYTHING).exact.total.value < SIZE


# Changes ------------------------------------------------------------------------------------------------------------


def changed(random: Random, offer: Offer) -> Offer:
    """The same offer with one thing that is not what it was."""
    person = offer.person and msgspec.structs.replace(offer.person, family_name=random.choice(("MARTEL", "ZWEIG")))
    change = random.choice(
        (
            {"availabilities": tuple(availability(random) for _ in range(random.randint(0, 4)))},
            {"care": (Code("telesoin", "Télésoin"),)},
            {"professions": (Code("96", "Psychomotricien"),)},
            {"person": person},
            {"place": msgspec.structs.replace(offer.place, postal_code="01000", point=None)},
            {"slot_state": "unknown"},
        )
    )
    return msgspec.structs.replace(offer, **change)


def batches(seed: int, offers: Sequence[Offer]) -> Iterator[list[Change]]:
    """Batches of changes: removals, arrivals, replacements, the same again."""
    random, subjects = Random(seed), sorted({offer.subject for offer in offers})
    arrivals = corpus(seed + 100, 40)
    for version in range(2, 12):
        chosen = random.sample([*subjects, *sorted({offer.subject for offer in arrivals})], 12)
        yield [
            Change(
                subject,
                tuple(
                    random.choice((lambda one: one, lambda one: changed(random, one)))(offer)
                    for offer in (*offers, *arrivals)
                    if offer.subject == subject and random.random() < 0.8
                ),
                version,
            )
            for subject in chosen
        ]


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_changes_the_answers_are_those_of_the_offers_that_are_left(
    seed: int, folder: Path, opened: Opened
) -> None:
    engine, offers = opened(folder), corpus(seed)
    fill(engine, offers, FIRST)
    left = {offer.id: offer for offer in offers}
    for batch in batches(seed, offers):
        engine.apply(batch, batch[0].version, FIRST)
        for change in batch:
            left = {key: offer for key, offer in left.items() if offer.subject != change.subject}
            left |= {offer.id: offer for offer in change.offers}
    expected = tuple(left[key] for key in sorted(left))
    assert tuple(engine.all_offers()) == expected

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(plan=plans(most=6))
    def answers_alike(plan: Plan) -> None:
        assume(not at_an_edge(expected, plan))
        assert_same(engine.search(plan), oracle.search(expected, plan), plan)

    answers_alike()
    engine.close()
    again = opened(folder)
    assert tuple(again.all_offers()) == expected
    assert (again.status().offers, again.status().position) == (len(expected), 11)
    counted = dict(again.facets(EVERYTHING, [Name.CARE])[Name.CARE])
    assert sum(counted.values()) == sum(len({code.code for code in offer.care or ()}) for offer in expected)


def test_a_change_older_than_what_the_subject_has_is_refused(folder: Path, opened: Opened) -> None:
    engine, offers = opened(folder), corpus(1)
    fill(engine, offers, FIRST, position=10)
    subject = offers[0].subject
    its = tuple(offer for offer in offers if offer.subject == subject)
    engine.apply([Change(subject, (), 9)], 11, FIRST)
    assert engine.offer(its[0].id) == its[0], "older than the build"
    engine.apply([Change(subject, (), 12)], 12, FIRST)
    engine.apply([Change(subject, its, 11)], 12, FIRST)
    assert engine.offer(its[0].id) is None, "older than the removal"
    engine.apply([Change(subject, its, 12), Change(subject, (), 11)], 13, FIRST)
    assert engine.offer(its[0].id) == its[0], "the same version again, and an older one in the same batch"
    assert engine.status().position == 13


def test_what_did_not_change_is_not_written_again(folder: Path, opened: Opened) -> None:
    engine, offers = opened(folder), corpus(1)
    fill(engine, offers, FIRST)
    documents = folder / FIRST / "offers.ndjson"
    size = documents.stat().st_size
    engine.apply([Change(subject, tuple(o for o in offers if o.subject == subject), 5) for subject in
                  {offer.subject for offer in offers}], 5, FIRST)  # fmt: skip
    assert documents.stat().st_size == size
    assert engine.status().position == 5


def test_a_batch_that_fails_changes_nothing_and_the_next_one_passes(folder: Path, opened: Opened) -> None:
    engine, offers = opened(folder), corpus(1)
    fill(engine, offers, FIRST)
    new = msgspec.structs.replace(corpus(7)[0], id="p9-new", professions=(Code("new", "Nouvelle"),))
    wrong = msgspec.structs.replace(new, id="p9-wrong", place=cast("None", None))
    with pytest.raises(AttributeError):
        engine.apply([Change(new.subject, (new, wrong), 2)], 2, FIRST)
    assert engine.status().position == 1
    assert tuple(engine.all_offers()) == tuple(sorted(offers, key=lambda offer: offer.id))
    engine.apply([Change(new.subject, (new,), 2)], 2, FIRST)
    asked = replace(EVERYTHING, professions=frozenset({"new"}))
    assert [hit.offer for hit in engine.search(asked).exact.hits] == [new]


def test_a_killed_process_left_whole_batches(folder: Path, opened: Opened) -> None:
    code = (
        f"from indexer.protocol import Change\nfill(engine, offers, {FIRST!r})\n"
        "for version, subject in enumerate(sorted({offer.subject for offer in offers}), 2):\n"
        f"    engine.apply([Change(subject, (), version)], version, {FIRST!r})\n"
        "    print(version, flush=True)"
    )
    with process(folder, code) as running:
        assert running.stdout is not None
        seen = [int(running.stdout.readline()) for _ in range(5)][-1]
    running.wait()
    engine = opened(folder)
    engine.search(EVERYTHING)
    position = engine.status().position
    removed = set(sorted({offer.subject for offer in corpus(2)})[: position - 1])
    assert position >= seen
    assert {offer.subject for offer in corpus(2)} - removed == {offer.subject for offer in engine.all_offers()}


# Threads ------------------------------------------------------------------------------------------------------------


def test_searches_of_several_threads_beside_changes_see_whole_batches(folder: Path, opened: Opened) -> None:
    """Two subjects move together from one profession to another: no search may see one of them alone."""
    engine, offers = opened(folder), corpus(1)
    fill(engine, offers, FIRST)
    twins = [msgspec.structs.replace(offers[0], id=f"p{n}-twin", subject=f"p:{n}") for n in range(2)]
    stop, faults = Event(), []

    def search(profession: str) -> None:
        while not stop.is_set():
            found = engine.search(replace(EVERYTHING, professions=frozenset({profession})))
            if (found.exact.total.value, len(found.exact.hits)) not in {(0, 0), (2, 2)}:
                faults.append(found)

    threads = [Thread(target=search, args=(profession,)) for profession in ("A", "B", "A")]
    for thread in threads:
        thread.start()
    for version in range(2, 40):
        codes = (Code("AB"[version % 2], "…"),)
        moved = [msgspec.structs.replace(twin, professions=codes) for twin in twins]
        engine.apply([Change(offer.subject, (offer,), version) for offer in moved], version, FIRST)
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults


def test_searches_go_on_across_a_swap(folder: Path, opened: Opened) -> None:
    engine = opened(folder)
    fill(engine, corpus(1), FIRST)
    stop, totals, expected = Event(), set(), {oracle.search(corpus(seed), NEAR).approximate.total for seed in (1, 2)}

    def search() -> None:
        while not stop.is_set():
            totals.add(engine.search(NEAR).approximate.total)

    threads = [Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    said_by(folder, f"fill(engine, offers, {SECOND!r})")
    deadline = time.monotonic() + 30
    while len(totals) < len(expected) and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert totals == expected


# Parts --------------------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(list(BITS)), unique=True), st.lists(st.sampled_from(list(BITS)), unique=True))
def test_masks_stand_in_the_order_of_rungs(one: list[str], other: list[str]) -> None:
    first, second = (tuple(key for key in BITS if key in keys) for keys in (one, other))
    assert rung_of(mask_of(first)) == first
    assert (order(mask_of(first)) < order(mask_of(second))) == (rungs.order(first) < rungs.order(second))


WORDS = st.text("abn1", min_size=1, max_size=7)


@settings(deadline=None)
@given(words=st.lists(WORDS, unique=True), token=st.text("abn1", min_size=4, max_size=6))
def test_every_token_one_typo_away_is_found(words: list[str], token: str) -> None:
    query = typos(token)
    assert query is not None
    with duckdb.connect() as connection:
        for table, written in (("vocabulary", words), ("backwards", [word[::-1] for word in words])):
            connection.execute(f"CREATE TABLE {table} (letters UINTEGER, word VARCHAR)")
            connection.execute(
                f"INSERT INTO {table} SELECT length(word), word FROM (SELECT unnest(?) AS word)", [written]
            )
        found = {word for (word,) in connection.execute(query.sql, query.values).fetchall()}
    assert found & set(words) == {word for word in words if word != token and one_typo(token, word)}


def test_no_typo_is_forgiven_in_three_letters() -> None:
    assert typos("mar") is None


@pytest.mark.parametrize("seed", range(20))
def test_at_any_instant_one_row_of_an_agenda_tells_what_can_be_taken(seed: int) -> None:
    random = Random(seed)
    offered = tuple(availability(random) for _ in range(random.randint(0, 8)))
    rows = list(agenda_rows(offered))
    for viewer, bit in zip(Viewer, (1, 2, 4), strict=True):
        for minute in range(-300, 80 * 60, 37):
            at = CLOCK + minute * 60
            valid = [
                row[3:] for row in rows if cast("int", row[0]) & bit and cast("int", row[1]) <= at < cast("int", row[2])
            ]
            open_ = [
                one
                for one in offered
                if one.audience in VISIBLE[viewer]
                and (one.start >= at if one.kind == "creneau" else one.end > max(at, one.start))
            ]
            by_modality = [[one.start for one in open_ if name in one.modalities] for name in MODALITIES]
            firsts = [min(starts, default="") for starts in ([one.start for one in open_], *by_modality)]
            assert valid == ([tuple(firsts)] if open_ else [])
