"""What a sweep costs, and how old it leaves what is known: `python -m benchmarks.feeds [--agendas 60000]`.

First, real test editors in processes of their own are swept once, all together, over SQLite: what a call costs here
(the servers, which make their answers as slowly as Python does, are not counted). Then one editor of 7,500 agendas is
fed for three hours by a clock of our own, without the network: how old each answer is at the end, by territory and by
next slot.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Final, NamedTuple

from sqlalchemy import Engine as Database

from annuaire.demo.agendas import Agenda, AgendaPlace
from annuaire.demo.editor_server import Setup, running
from benchmarks.report import Line, show
from ingestion.feeds import budget
from ingestion.feeds.editors import CALLS_PER_HOUR, Declared, add_agendas, declare
from ingestion.feeds.feeding import ROUND_S
from ingestion.feeds.hours import closed
from ingestion.feeds.reading import crowding
from ingestion.feeds.requests import LOTS
from ingestion.feeds.sweeping import RESTED_S, Feeds, Swept
from ingestion.feeds.turns import Turn, in_turn
from models.store import connect, migrate, writing

EDITORS: Final = 8
AT_ONE: Final = 7_500
FED_S: Final = 3 * 3_600
SEEN_S: Final = 300
HOUR: Final = 3_600


def agendas(count: int, first: int) -> Iterator[Agenda]:
    """General practitioners with about 15 free slots in the three days."""
    for number in range(first, first + count):
        place = AgendaPlace(f"4{number:014d}", "", f"{number} rue Neuve", "LYON", "69003", "", "Europe/Paris")
        identifier = f"8{number:011d}"
        yield Agenda(identifier, "azur", "ps", "MARTEL", "Ana", "SM54", ("cabinet",), 4.0, "open", (place,))


def swept(database: Database, each: int) -> list[Swept]:
    """Sweep all the editors once, together."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = []
        for rank in range(EDITORS):
            theirs = list(agendas(each, 1 + rank * each))
            port, _ = stack.enter_context(running(folder / f"{rank}.json", Setup(theirs)))
            editor = Declared(f"e{rank}", f"http://127.0.0.1:{port}/fhir", ("ps",), calls_per_hour=100_000)
            with writing(database) as connection:
                declare(connection, editor, int(time.time()))
                add_agendas(connection, editor.name, (agenda.id for agenda in theirs), int(time.time()))
            found.append(editor)
        return asyncio.run(_swept(database, found))


async def _swept(database: Database, editors: list[Declared]) -> list[Swept]:
    async with Feeds(database, lambda: int(time.time())) as feeds:
        return list(await asyncio.gather(*map(feeds.sweep, editors)))


def sweep_lines(count: int) -> list[Line]:
    """What sweeping so many agendas costs."""
    with tempfile.TemporaryDirectory() as folder:
        migrate(url := f"sqlite:///{folder}/annuaire.db")
        database = connect(url)
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
        done = swept(database, count // EDITORS)
        wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
        database.dispose()
    calls = sum(one.outcomes.total() for one in done)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [
        Line(f"requêtes, {count} agendas, {EDITORS} éditeurs", calls, ""),
        Line("requêtes sans réponse", calls - sum(one.outcomes["ok"] for one in done), ""),
        Line("durée, serveurs d'essai compris", wall, "s"),
        Line("CPU du client et de la base, par requête", 1000 * spent / calls, "ms"),
        Line("mémoire du client, au plus", after.ru_maxrss / 1024, "Mio"),
    ]


class Seen(NamedTuple):
    """A turn as it was at an instant of the last hour, how old what was known then was, in minutes, and where it is."""

    turn: Turn
    age: float
    departement: str


def fed() -> list[Seen]:
    """An editor's turns every five minutes of the last of some hours of rounds, each answered at once.

    Those of one département take turns together, so that no single instant tells how old they are.
    """
    rng, crowds = Random(1), crowding()
    where = rng.choices(list(crowds), list(crowds.values()), k=AT_ONE)
    ahead = rng.choices([None, 2 * HOUR, 12 * HOUR, 48 * HOUR], [40, 20, 20, 20], k=AT_ONE)
    turns = {f"p{rank}": Turn(f"p{rank}", 0, None, crowds[there]) for rank, there in enumerate(where)}
    soon, places = dict(zip(turns, ahead, strict=True)), dict(zip(turns, where, strict=True))
    at_once = LOTS["ps"] * int(budget.share(CALLS_PER_HOUR, "sweep") * ROUND_S / HOUR)
    start = 1_795_417_200
    seen = []
    for now in range(start, start + FED_S, int(ROUND_S)):
        known = [at_hand(one, now, soon[one.subject], places[one.subject]) for one in turns.values()]
        for turn in in_turn(known, now, rested_s=RESTED_S)[:at_once]:
            turns[turn.subject] = turn._replace(asked_at=now)
        if now >= start + FED_S - HOUR and (now - start) % SEEN_S == 0:
            seen += [Seen(one, (now - one.asked_at) / 60, places[one.subject]) for one in turns.values()]
    return seen


def at_hand(turn: Turn, now: int, ahead: int | None, departement: str) -> Turn:
    """A turn as it is now, its next slot so many seconds ahead (None: it has none)."""
    following = None if ahead is None else now + ahead
    shut = any(closed(instant, departement) for instant in (now, following) if instant is not None)
    return turn._replace(next_start=following, closed=shut)


def freshness_lines(seen: list[Seen]) -> list[Line]:
    """How old answers are, in minutes, by what makes them age."""
    kinds = {
        "tous": seen,
        "créneau dans les 4 heures": [one for one in seen if soon(one.turn)],
        "aucun créneau connu": [one for one in seen if one.turn.next_start is None],
        "départements les plus peuplés": [one for one in seen if one.turn.busy > 0.5],
        "départements les moins peuplés": [one for one in seen if one.turn.busy < 0.15],
    }
    lines = []
    for kind, those in kinds.items():
        ages = [one.age for one in those]
        lines.append(Line(f"{kind} : âge médian", median(ages), "min"))
        lines.append(Line(f"{kind} : 95 % sont plus récents que", quantiles(ages, n=20)[-1], "min"))
    return lines


def soon(turn: Turn) -> bool:
    """Whether the next slot was two hours ahead when its owner was last asked for."""
    return turn.next_start is not None and turn.next_start - turn.asked_at < 4 * HOUR


def territory_lines(seen: list[Seen]) -> list[Line]:
    """How old answers are in each département, the most populous first: half of them, and 95 % of them."""
    ages: dict[str, list[float]] = {}
    for one in sorted(seen, key=lambda one: (-one.turn.busy, one.departement)):
        ages.setdefault(one.departement, []).append(one.age)
    lines = []
    for departement, those in ages.items():
        lines.append(
            Line(f"{departement}, {len(those) // (HOUR // SEEN_S)} agendas : âge médian", median(those), "min")
        )
        lines.append(Line(f"{departement}, 95 % sont plus récents que", quantiles(those, n=20)[-1], "min"))
    return lines


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agendas", type=int, default=4_000)
    count = parser.parse_args().agendas
    show("Un balayage", sweep_lines(count))
    seen = fed()
    show(
        f"Ce que laisse le budget d'un éditeur de {AT_ONE} agendas ({CALLS_PER_HOUR} appels par heure)",
        freshness_lines(seen),
    )
    show("Ce qu'il laisse dans chaque département", territory_lines(seen))


if __name__ == "__main__":
    main()
