"""The pages of a professional's place, over a real database: what they show, write, refuse, give back, undo."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from indexer.documents import offers_for
from models.offer import Offer, offer_id
from models.store import writing
from models.tables import AgendaEntry, Orientation, Participation
from registry import agenda, orientations
from registry.agenda import INFORMATION, Chosen, Scope
from registry.practice import Practice
from search_api.pages.french import NBSP
from search_api.posting import Pace
from search_api.tickets import LIFE_S
from tests.indexer.given import CLAIRE, Given, tables
from tests.pages import serving, world
from tests.pages.conftest import Visited, read
from tests.pages.reading import Document
from tests.registry.test_orientations import wanted as orientation
from tests.registry.test_recurrence import draft

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
SUBJECT = f"p:{CLAIRE}"
HERE = Practice(SUBJECT, "tech:R1", "Europe/Paris")
THERE = Practice(SUBJECT, "tech:R2", "Indian/Reunion")
OFFER, OTHER = (offer_id(SUBJECT, where.place_key) for where in (HERE, THERE))
PATH = f"/espace/{OFFER}/agenda"
PLAGE = {
    "kind": "plage", "capacity": "5", "first_day": "2026-11-24", "starts": "18:00", "ends": "20:00",
    "modality-cabinet": "1",
}  # fmt: skip
WEEKLY = PLAGE | {"weekday-1": "1", "weekday-3": "1"}
HOSTILE = "<script>alert(1)</script>\"'&\u202e"


def in_one_order(value: object) -> str:
    """The name of a case: every worker of a run must give it the same."""
    return str(sorted(value)) if isinstance(value, set) else str(value)


class Space:
    """The pages over a database where Claire has two places, one of them in La Réunion; a clock that can be set."""

    def __init__(self, database: Engine, **others: Any) -> None:
        self.database, self.clock, self.given = database, world.AT, Given(database)
        app = serving.application(serving.engine_of([world.offers()[0]]), written=database, **others)
        self.services = app.state.services
        object.__setattr__(self.services, "clock", lambda: self.clock)
        self.client = TestClient(app, raise_server_exceptions=False)

    def open(self, path: str = PATH) -> Visited:
        return read(self.client, path)

    def ticket(self, path: str) -> str:
        return self.open(path).page.all("input", name="ticket")[0].attributes["value"] or ""

    def send(self, path: str, said: Mapping[str, str], opened: str | None = None, ticket: str | None = None) -> Visited:
        """What a browser sends from the form that was opened, and the page that it is led to."""
        sent = {"ticket": ticket or self.ticket(opened or path), **said}
        answer = self.client.post(path, files={name: (None, value) for name, value in sent.items()})
        where = answer.url.raw_path.decode()
        return Visited(answer.status_code, where, dict(answer.headers), Document(answer.text))

    def add(self, **said: str) -> Visited:
        return self.send(f"{PATH}/ajouter", PLAGE | said)

    def entries(self, where: Practice = HERE) -> list[AgendaEntry]:
        with self.database.connect() as connection:
            return agenda.entries(connection, where)

    def offer(self, identifier: str = OFFER) -> Offer:
        with self.database.connect() as connection:
            found = offers_for(connection, [SUBJECT], self.clock)[SUBJECT]
        return next(each for each in found if each.id == identifier)


def claire(database: Engine) -> None:
    """Claire and her two places."""
    known = Given(database)
    known.practice()
    known.place("tech:R2", departement="974", insee="97411", commune="Saint-Denis", postal_code="97400")
    known.activity(place="tech:R2")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    with tables(f"sqlite:///{tmp_path}/a.db") as engine:
        claire(engine)
        yield engine


@pytest.fixture
def space(database: Engine) -> Space:
    return Space(database)


def shown(page: Document) -> list[str]:
    return [each.text for each in page.all("li", class_="entry")]


def beside(page: Document) -> dict[str, str]:
    """What is said beside the fields."""
    return {each.attributes["id"].removeprefix("faute-"): each.text for each in page.all("span", class_="fault")}  # type: ignore[union-attr]  # a fault has an id


def opened(entry: AgendaEntry, day: date, end: str = "") -> str:
    return f"{PATH}/{entry.id}{end}?jour={day}"


# What is shown ------------------------------------------------------------------------------------------------------


def test_the_week_runs_from_monday_to_sunday_whatever_day_is_asked(space: Space):
    space.add(**{"weekday-1": "1", "weekday-6": "1"})
    for day in (TODAY, TODAY + 6 * DAY):
        page = space.open(f"{PATH}?semaine={day}").page
        assert [each.text.split()[0] for each in page.all("h3")] == [
            "Lun.",
            "Mar.",
            "Mer.",
            "Jeu.",
            "Ven.",
            "Sam.",
            "Dim.",
        ]
        assert "Du lun. 23 nov. au dim. 29 nov. 2026" in page.text
        assert len(shown(page)) == 2
    assert "18:00–20:00" in shown(page)[0]
    assert "Plage, 5 patients au cabinet chaque mardi et dimanche" in shown(page)[0]
    assert len(shown(space.open(page.href("Suivante →")).page)) == 2
    assert shown(space.open(page.href("← Précédente")).page) == []


def test_a_week_when_nothing_is_left_gives_way_to_the_next_that_has_something(space: Space):
    space.clock += 6 * 86_400
    assert "Du lun. 23 nov." in space.open().page.text
    space.add(first_day="2026-12-01")
    opened = space.open().page
    assert "Du lun. 30 nov." in opened.text
    assert [each.attributes["href"] for each in opened.all("a") if each.text == "Cette semaine"]
    space.add(first_day="2026-11-29", starts="22:00", ends="23:00")
    assert "Du lun. 23 nov." in space.open().page.text


@pytest.mark.parametrize("asked", ["hier", "2026-02-30", "9999-12-31", "%00", HOSTILE])
def test_a_week_that_is_none_is_this_week(space: Space, asked: str):
    visited = space.open(f"{PATH}?semaine={asked}&fait={asked}&annuler={asked}")
    assert (visited.status, "au dim. 29 nov. 2026" in visited.page.text) == (200, True)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((1, 3), "chaque mardi et jeudi"),
        ((1, 2), "chaque mardi et mercredi"),
        ((1, 2, 4), "chaque mardi, mercredi et vendredi"),
        ((1, 2, 3, 4), "du mardi au vendredi"),
        (tuple(range(7)), "chaque jour"),
    ],
)
def test_days_that_follow_are_said_by_the_first_and_the_last(space: Space, days: tuple[int, ...], said: str):
    space.add(**{f"weekday-{day}": "1" for day in days})
    assert shown(space.open().page)[0].endswith(said)


def test_the_hours_are_those_of_the_place_and_that_is_said_where_they_are_not_those_of_paris(space: Space):
    path = f"/espace/{OTHER}/agenda"
    page = space.send(f"{path}/ajouter", PLAGE).page
    assert "18:00–20:00" in shown(page)[0]
    assert "il y est 20 h 42, et 17 h 42 à Paris" in page.text
    assert "à Paris" not in space.open().page.text
    (slot,) = space.offer(OTHER).availabilities
    assert slot.start == world.MIDNIGHT + 86_400 + 15 * 3600


def test_the_regulation_s_72_hours_are_those_of_the_index(space: Space):
    assert "Aucun" in space.open().page.text
    space.add()
    page = space.open().page
    assert "18:00" in page.one("table").text
    assert [each.start for each in space.offer().availabilities] == [world.MIDNIGHT + 86_400 + 18 * 3600]
    space.add(first_day="2026-12-08")
    assert page.one("table").text == space.open().page.one("table").text


def test_the_other_places_are_linked_with_their_last_change(space: Space):
    space.add()
    space.clock += 3 * 60
    page = space.open().page
    assert "modifié il y a 3 min" in page.text
    (link,) = (each for each in page.all("a") if each.attributes["href"] == f"/espace/{OTHER}/agenda")
    assert "Saint-Denis" in link.text
    assert "rien d’écrit" in page.text


def test_an_editor_s_agenda_is_greyed_with_the_reason_and_takes_nothing(space: Space):
    space.add()
    entry, ticket = space.entries()[0], space.ticket(f"{PATH}/ajouter")
    space.given.feed()
    page = space.open().page
    assert "Cet agenda ne peut qu’être lu" in page.text
    assert "azur" in page.text
    assert page.all("ol", class_="off")
    assert not [each for each in page.all("a") if "/ajouter" in (each.attributes["href"] or "")]
    assert space.open(opened(entry, TODAY + DAY)).page.all("form") == []
    refused = space.send(f"{PATH}/ajouter", PLAGE, ticket=ticket)
    assert (refused.status, "azur" in refused.page.text, len(space.entries())) == (422, True, 1)


def test_who_keeps_an_agenda_follows_its_booking_links_without_a_regulator_s_rights(space: Space):
    space.given.feed()
    space.given.slot(start=world.AT + world.HOUR, place_key="tech:R1", booking_url="https://rdv.example/1")
    assert space.open().page.one("a", href="https://rdv.example/1")


def test_an_agenda_that_an_association_stands_for_is_only_read(space: Space):
    space.given.add(Participation, subject=SUBJECT, active=True, via="sos", places=[], changed_at=world.AT)
    page = space.open().page
    assert "SOS Médecins" in page.one("p", id="f-agenda").text
    assert page.href("Votre participation") == f"/espace/{SUBJECT}/participation"
    assert space.client.get(f"/api/v1/agenda/{OFFER}").json()["shown"] == "association"


def test_a_place_that_no_search_shows_says_so(space: Space):
    space.given.place("tech:R3", number=None, street=None, street_type=None, postal_code=None, insee=None, commune=None)
    space.given.activity(place="tech:R3")
    page = space.open(f"/espace/{offer_id(SUBJECT, 'tech:R3')}/agenda").page
    assert "ce lieu n’a pas d’adresse connue, la recherche ne le montre pas" in page.text.replace("\u00a0", " ")


def test_a_long_week_shows_everything_in_the_order_of_time(space: Space):
    with writing(space.database) as connection:
        for number in range(40):
            given = draft(first_day=TODAY + DAY, starts=(number * 7 % 40) * 15, ends=1_440, weekdays=(1, 2, 3))
            agenda.create(connection, HERE, given, world.AT)
    page = space.open().page
    hours = [each[:5] for each in shown(page)]
    assert len(hours) == 120
    assert hours[:40] == sorted(hours[:40])


def test_an_offer_leads_to_its_agenda_in_development_only(space: Space, visit: Any):
    page = space.open(f"/offres/{world.offers()[0].id}").page
    assert page.href("Gérer l’agenda de ce lieu") == f"/espace/{world.offers()[0].id}/agenda"
    assert "Gérer l’agenda" not in visit(f"/offres/{world.offers()[0].id}").page.text


def test_an_occurrence_where_a_patient_is_expected_says_so_and_cannot_be_changed(space: Space):
    space.add()
    (entry,) = space.entries()
    (slot,) = space.offer().availabilities
    sent = orientation(number=1, kind="plage", subject=SUBJECT, slot_start=slot.start, slot_end=slot.end, at=world.AT,
                       source_kind="agenda", source_name="agenda")  # fmt: skip
    with writing(space.database) as connection:
        orientations.orient(connection, sent)
    page = space.open().page
    assert "patient attendu" in shown(page)[0]
    assert "(4 places)" in page.one("table").text
    with writing(space.database) as connection:
        orientations.orient(connection, sent.model_copy(update={"id": "another"}))
    assert "2 patients attendus" in shown(space.open().page)[0]
    path = opened(entry, TODAY + DAY)
    for refused in (
        space.send(path, PLAGE | {"capacity": "2"}),
        space.send(opened(entry, TODAY + DAY, "/supprimer"), {}, path),
    ):
        assert (refused.status, "demandez d’abord à la régulation de l’annuler" in refused.page.text) == (422, True)
    assert space.entries() == [entry]


def test_whom_the_regulation_sent_is_read_whatever_shows_the_slots_with_what_came_of_them(space: Space):
    space.given.add(Participation, subject=SUBJECT, active=True, via="sos", places=[], changed_at=world.AT)
    whom = {"subject": SUBJECT, "source_kind": None, "source_name": None}
    for number, (hours, state) in enumerate([(3, "made"), (-2, "noshow"), (2, "cancelled"), (-200, "honoured")]):
        when = world.AT + hours * 3_600
        sent = orientation(number, kind="en_sus", slot_start=when, slot_end=when, state=state, **whom)
        space.given.add(Orientation, **sent.model_dump())
    elsewhere = sent.model_copy(update={"id": "elsewhere", "place_key": "tech:R2", "slot_end": world.AT + 60})
    space.given.add(Orientation, **elsewhere.model_dump())
    text = space.open().page.text.partition("Patients orientés ici par la régulation")[2]
    expected = "Aujourd’hui à 19 h 42 En sus des disponibilités Orientation annulée référence o2"
    assert expected + " Aujourd’hui à 20 h 42 En sus des disponibilités Orienté référence o0" in text
    assert "Les sept derniers jours : 1 Aujourd’hui à 15 h 42 En sus des disponibilités Pas venu référence o1" in text
    assert "o3" not in text
    assert "elsewhere" not in text
    calendar = space.client.get(f"/espace/{OFFER}/agenda.ics").text
    assert calendar.count("SUMMARY:Patient attendu (en sus des disponibilités)") == 1
    assert "DTSTART:20261123T194200Z" in calendar


def test_which_number_the_regulation_calls_is_said_and_that_none_is_known(space: Space):
    page = space.open().page
    assert "la régulation ne sait pas où appeler" in page.text
    assert page.href("Le signaler") == f"/offres/{OFFER}/signaler"
    space.given.execute("UPDATE activity SET phone = '+33478000001' WHERE place_key = 'tech:R1'")
    page = space.open().page
    assert page.href("Appeler le 04 78 00 00 01") == "tel:+33478000001"
    assert "ne sait pas où appeler" not in page.text


def test_nobody_who_is_expected_is_said_too(space: Space):
    assert "Patients orientés ici par la régulation Aucun n’est attendu." in space.open().page.text


# What is written ----------------------------------------------------------------------------------------------------


def test_an_entry_is_written_once_however_often_its_form_is_sent(space: Space):
    ticket = space.ticket(f"{PATH}/ajouter")
    for _ in range(2):
        sent = space.send(f"{PATH}/ajouter", WEEKLY, ticket=ticket)
        assert (sent.status, sent.path.startswith(f"{PATH}?semaine=2026-11-23&fait=ajoutee")) == (200, True)
    assert "Disponibilité ajoutée" in sent.page.text
    (entry,) = space.entries()
    assert (entry.weekdays, entry.starts, entry.ends, entry.capacity) == ([1, 3], 1_080, 1_200, 5)


def test_a_long_creneau_is_written_with_a_word_of_advice(space: Space):
    page = space.add(kind="creneau", capacity="").page
    assert "une plage convient souvent mieux" in page.text
    assert space.entries()[0].kind == "creneau"


@pytest.mark.parametrize(
    ("scope", "starts"),
    [("one", {"09:00": 1, "18:00": 3}), ("following", {"18:00": 1, "09:00": 3}), ("all", {"09:00": 4})],
)
def test_an_edit_is_about_its_scope(space: Space, scope: str, starts: dict[str, int]):
    space.add(**{"weekday-1": "1", "weekday-3": "1"})
    path = opened(space.entries()[0], TODAY + 3 * DAY)
    said = WEEKLY | {"scope": scope, "first_day": "2026-11-26", "starts": "09:00", "ends": "10:00"}
    assert "Disponibilité modifiée" in space.send(path, said).page.text
    weeks = [*shown(space.open().page), *shown(space.open(f"{PATH}?semaine=2026-11-30").page)]
    assert {hour: sum(each.startswith(hour) for each in weeks) for hour in starts} == starts


@pytest.mark.parametrize("repeated", [{}, {"weekday-1": "1"}], ids=["once", "weekly"])
def test_a_plage_that_is_under_way_may_end_sooner_but_not_before_now(space: Space, repeated: dict[str, str]):
    space.add(**repeated)
    space.clock = space.offer().availabilities[0].start + 3_600
    path = opened(space.entries()[0], TODAY + DAY)
    refused = space.send(path, PLAGE | repeated | {"ends": "19:00"})
    assert (refused.status, list(beside(refused.page))) == (422, ["ends"])
    assert "Disponibilité modifiée" in space.send(path, PLAGE | repeated | {"ends": "19:15"}).page.text
    assert space.offer().availabilities[0].end == space.clock + 900


@pytest.mark.parametrize(("scope", "left"), [("one", 1), ("following", 1), ("all", 0)])
def test_a_removal_is_about_its_scope_and_can_be_undone(space: Space, scope: str, left: int):
    space.add(**{"weekday-1": "1", "weekday-3": "1"})
    (entry,) = space.entries()
    day = TODAY + 3 * DAY
    sent = space.send(opened(entry, day, "/supprimer"), {"scope": scope}, opened=opened(entry, day))
    assert (sent.status, len(shown(sent.page))) == (200, left)
    undo = sent.page.one("input", name="ticket").attributes["value"]
    back = space.send(f"{PATH}/retablir", {}, ticket=undo)
    assert ("Suppression annulée" in back.page.text, len(shown(back.page))) == (True, 2)
    assert [(each.id, each.skipped, each.last_day) for each in space.entries()] == [(entry.id, [], None)]


def test_an_undoing_is_offered_for_a_while_and_for_this_place_only(space: Space):
    space.add()
    (entry,) = space.entries()
    sent = space.send(opened(entry, TODAY + DAY, "/supprimer"), {}, opened=opened(entry, TODAY + DAY))
    undo = sent.page.one("input", name="ticket").attributes["value"]
    assert space.send(f"/espace/{OTHER}/agenda/retablir", {}, ticket=undo).status == 404
    space.clock += LIFE_S + 1
    assert "Annuler la suppression" not in space.open(sent.path).page.text
    assert space.send(f"{PATH}/retablir", {}, ticket=undo).status == 404


def test_absences_hide_and_come_back_to_their_form(space: Space):
    space.add()
    path = f"{PATH}/absences"
    said = {"periods.1.first_day": "2026-11-24", "periods.1.last_day": "2026-11-24"}
    page = space.send(path, said).page
    assert "Personne n’est reçu ici le 24/11/2026" in page.text
    assert "non montré" in shown(page)[0]
    assert space.offer().availabilities == ()
    form = space.open(path).page
    assert form.one("input", name="periods.0.first_day").attributes["value"] == "2026-11-24"
    back = space.send(path, {}).page.text
    assert ("Personne n’est reçu" in back, "Plus aucune absence n’est prévue dans ce lieu." in back) == (False, True)
    page = space.send(path, {"now": "2026-11-23"}).page
    assert "depuis le 23/11/2026, jusqu’à nouvel ordre" in page.text
    space.clock += 3 * 86_400
    assert "À partir du 23/11/2026" in space.open(path).page.text
    assert space.send(path, {"now": "2026-11-23"}).status == 200


def test_a_past_day_of_absence_is_still_one_once_the_absence_is_over(space: Space):
    space.send(f"{PATH}/ajouter", WEEKLY)
    space.send(f"{PATH}/absences", {"periods.0.first_day": "2026-11-24", "periods.0.last_day": "2026-11-24"})
    space.clock += 2 * 86_400
    page = space.open().page
    assert ["non montré" in each for each in shown(page)] == [True, False]
    assert "Personne n’est reçu" not in page.text
    hidden = [each["hidden"] for each in space.client.get(f"/api/v1/agenda/{OFFER}").json()["occurrences"]]
    assert hidden == [True, False]


def test_patients_who_are_expected_while_nobody_is_received_are_said(space: Space):
    whom = {"subject": SUBJECT, "source_kind": None, "source_name": None}
    said = {"periods.0.first_day": "2026-11-24", "periods.0.last_day": "2026-11-24"}
    assert "pourtant" not in space.send(f"{PATH}/absences", said).page.text
    for number, (hours, state) in enumerate([(2, "made"), (24, "cancelled"), (24, "made"), (25, "made")]):
        when = world.AT + hours * 3_600
        sent = orientation(number, kind="en_sus", slot_start=when, slot_end=when, state=state, **whom)
        space.given.add(Orientation, **sent.model_dump())
        if number == 2:
            assert "Un patient y est pourtant attendu : prévenez la régulation." in read_whole(space)
    assert "2 patients y sont pourtant attendus : prévenez la régulation." in read_whole(space)


def read_whole(space: Space) -> str:
    return space.open().page.text.replace(NBSP, " ")


def test_who_keeps_an_agenda_and_takes_no_part_is_told_that_nothing_is_due_for_it(space: Space):
    unpaid = "il n’ouvre droit à aucune rémunération"
    assert unpaid not in space.open().page.text
    assert unpaid in space.add().page.text
    space.given.add(Participation, subject=SUBJECT, active=True, via="individual", places=[], changed_at=world.AT)
    assert unpaid not in space.open().page.text


def test_leave_is_taken_at_every_place_at_once(space: Space):
    path, other = f"{PATH}/absences", f"/espace/{OTHER}/agenda"
    said = {"periods.0.first_day": "2026-11-24", "periods.0.last_day": "2026-11-30"}
    space.send(path, said)
    assert "Personne n’est reçu" not in space.open(other).page.text
    assert "De même dans mon autre lieu" in space.open(path).page.text
    assert "dans tous vos lieux" in space.send(path, said | {"everywhere": "1"}).page.text
    assert "Personne n’est reçu ici du 24/11/2026 au 30/11/2026" in space.open(other).page.text
    space.clock += 3 * 86_400
    assert "dans tous vos lieux" in space.send(path, said | {"everywhere": "1"}).page.text
    assert "Personne n’est reçu ici du 26/11/2026 au 30/11/2026" in space.open(other).page.text
    space.send(path, {"everywhere": "1"})
    assert "Personne n’est reçu" not in space.open(other).page.text


def test_information_is_written_counted_and_seen_by_the_regulation(space: Space):
    text = "Sonner deux fois.\nVisites après 19 h."
    page = space.send(f"{PATH}/information", {"information": text}).page
    assert "Visites après 19 h." in page.text
    assert space.offer().information == text
    assert f"{len(text)} sur 1 000 caractères" in space.open(f"{PATH}/information").page.text.replace("\u202f", " ")
    space.send(f"{PATH}/information", {"information": ""})
    assert space.offer().information is None


# What is refused, and given back --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"starts": ""}, {"starts"}),
        ({"starts": "20:00", "ends": "18:00"}, {"ends"}),
        ({"first_day": "2026-11-22"}, {"first_day"}),
        ({"first_day": "2026-11-23", "starts": "08:00"}, {"starts"}),
        ({"capacity": ""}, {"capacity"}),
        ({"capacity": "9" * 30}, {"capacity"}),
        ({"modality-cabinet": ""}, {"modalities"}),
        ({"kind": "creneau"}, {"capacity"}),
        ({"last_day": "2026-12-01"}, {"last_day"}),
        ({"last_day": "2026-11-25", "weekday-6": "1"}, {"weekdays"}),
        ({"kind": "x", "starts": "y", "ends": "z", "first_day": "w", "capacity": "v"},
         {"kind", "starts", "ends", "first_day", "capacity"}),
    ],
    ids=in_one_order,
)  # fmt: skip
def test_every_rule_is_said_beside_its_field_and_nothing_typed_is_lost(
    space: Space, said: dict[str, str], fields: set[str]
):
    sent = space.send(f"{PATH}/ajouter", PLAGE | said)
    assert (sent.status, space.entries()) == (422, [])
    assert set(beside(sent.page)) == fields
    assert {each.attributes["href"] for each in sent.page.all("a")} >= {f"#f-{field}" for field in fields}
    assert {f"f-{field}" for field in fields} <= {each.attributes.get("id") for each in sent.page.elements}
    for name in ("first_day", "capacity"):
        assert sent.page.one("input", name=name).attributes["value"] == (PLAGE | said)[name]


@pytest.mark.parametrize("form", ["ajouter", "absences", "information"])
def test_hostile_text_in_every_field_is_given_back_as_text_or_refused(space: Space, form: str):
    path = f"{PATH}/{form}"
    names = [each.attributes["name"] or "" for each in space.open(path).page.elements if each.attributes.get("name")]
    fields = [name for name in names if name not in {"ticket", "site", "viewport", "referrer", "robots"}]
    sent = space.send(path, dict.fromkeys(fields, HOSTILE))
    assert sent.status in {200, 422}
    assert "<script>alert" not in sent.page.html
    if form == "ajouter":
        assert space.entries() == []
    assert "\u202e" not in (space.offer().information or "")


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"periods.1.first_day": "2026-11-24"}, {"periods.1.last_day"}),
        ({"periods.2.last_day": "2026-11-24"}, {"periods.2.first_day"}),
        ({"periods.2.first_day": "2026-11-20", "periods.2.last_day": "2026-11-24"}, {"periods.2.first_day"}),
        ({"periods.1.first_day": "2026-11-26", "periods.1.last_day": "2026-11-24"}, {"periods.1.last_day"}),
        ({"now": "2026-11-23", "periods.1.first_day": "2026-11-26", "periods.1.last_day": "2026-11-26"}, {"periods"}),
        ({"now": "2026-11-01"}, {"now"}),
        ({"periods.0.first_day": "x", "periods.0.last_day": "y"}, {"periods.0.first_day", "periods.0.last_day"}),
    ],
    ids=in_one_order,
)
def test_a_wrong_absence_is_said_beside_the_row_where_it_was_typed(
    space: Space, said: dict[str, str], fields: set[str]
):
    sent = space.send(f"{PATH}/absences", said)
    assert (sent.status, set(beside(sent.page))) == (422, fields)
    assert all(sent.page.one("input", name=name).attributes["value"] == value for name, value in said.items())


def test_a_date_that_lacks_is_told_from_one_that_is_none(space: Space):
    said = {"periods.0.first_day": "2026-11-24", "periods.1.first_day": "x", "periods.1.last_day": "2026-11-26"}
    told = beside(space.send(f"{PATH}/absences", said).page)
    assert told["periods.0.last_day"] == "Elle manque : une période a deux dates"
    assert told["periods.1.first_day"] == "Une date comme 30/11/2026"


def test_information_too_long_is_given_back_whole(space: Space):
    text = "é" * (INFORMATION + 1)
    sent = space.send(f"{PATH}/information", {"information": text})
    assert (sent.status, sent.page.one("textarea").text.strip() == text) == (422, True)
    assert space.offer().information is None


@pytest.mark.parametrize(
    ("end", "mine", "theirs"),
    [
        ("/information", {"information": "Sonner"}, {"information": "Frapper"}),
        (
            "/absences",
            {"periods.0.first_day": "2026-11-24", "periods.0.last_day": "2026-11-25"},
            {"now": "2026-11-23"},
        ),
    ],
)
def test_what_somebody_else_wrote_of_the_place_meanwhile_is_not_lost_unseen(
    space: Space, end: str, mine: dict[str, str], theirs: dict[str, str]
):
    path = PATH + end
    ticket = space.ticket(path)
    space.send(path, theirs)
    late = space.send(path, mine, ticket=ticket)
    assert (late.status, "l’a modifié entre-temps" in late.page.text) == (409, True)
    again = late.page.all("input", name="ticket")[0].attributes["value"]
    assert space.send(path, mine, ticket=again).status == 200
    assert space.send(path, mine, ticket=again).status == 200  # sent twice, it is written once


def test_what_somebody_declared_at_another_place_meanwhile_is_not_lost_unseen_when_leave_is_declared_at_all(
    space: Space,
):
    path = f"{PATH}/absences"
    mine = {"periods.0.first_day": "2026-11-24", "periods.0.last_day": "2026-11-25"}
    ticket = space.ticket(path)
    space.send(f"/espace/{OTHER}/agenda/absences", {"now": "2026-11-23"})
    assert space.send(path, mine, ticket=ticket).status == 200  # here alone, nobody declared anything
    late = space.send(path, mine | {"everywhere": "1"}, ticket=ticket)
    assert (late.status, "l’a modifié entre-temps" in late.page.text) == (409, True)
    again = late.page.all("input", name="ticket")[0].attributes["value"]
    for _ in range(2):
        assert space.send(path, mine | {"everywhere": "1"}, ticket=again).status == 200


def test_a_form_that_was_open_too_long_still_finds_what_somebody_else_wrote_meanwhile(space: Space):
    path = f"{PATH}/information"
    ticket = space.ticket(path)
    space.send(path, {"information": "Frapper"})
    space.clock += LIFE_S + 1
    first = space.send(path, {"information": "Sonner"}, ticket=ticket)
    again = first.page.all("input", name="ticket")[0].attributes["value"]
    assert (first.status, space.send(path, {"information": "Sonner"}, ticket=again).status) == (422, 409)


def test_a_form_that_was_not_kept_still_finds_what_somebody_else_wrote_meanwhile(space: Space):
    path = f"{PATH}/information"
    ticket = space.ticket(path)
    space.send(path, {"information": "Frapper"})
    event.listen(space.database, "checkout", lambda raw, *_: raw.execute("PRAGMA busy_timeout = 0"))
    with writing(space.database):  # whoever writes is not waited for
        first = space.send(path, {"information": "Sonner"}, ticket=ticket)
    again = first.page.all("input", name="ticket")[0].attributes["value"]
    assert (first.status, space.send(path, {"information": "Sonner"}, ticket=again).status) == (503, 409)


@pytest.mark.parametrize("end", ["/information", "/absences"])
def test_of_those_who_change_the_same_of_a_place_at_once_one_wins_and_the_others_are_told(crowded: Engine, end: str):
    claire(crowded)
    shared, many = Space(crowded), 6
    tickets, start = [shared.ticket(PATH + end) for _ in range(many)], Barrier(many)

    def post(number: int) -> int:
        here = f"2026-11-{24 + number}"
        said = {"ticket": tickets[number], "information": f"Sonner {number}"}
        days = {"periods.0.first_day": here, "periods.0.last_day": here}
        start.wait()
        files = {name: (None, value) for name, value in (said | days).items()}
        return TestClient(shared.client.app).post(PATH + end, files=files, follow_redirects=False).status_code

    with ThreadPoolExecutor(many) as pool:
        assert sorted(pool.map(post, range(many))) == [303] + [409] * (many - 1)


def test_what_was_changed_meanwhile_is_said_and_may_be_written_over(space: Space):
    space.add(**{"weekday-1": "1"})
    (entry,) = space.entries()
    path = opened(entry, TODAY + DAY)
    ticket = space.ticket(path)
    with writing(space.database) as connection:
        agenda.edit(connection, Chosen(entry.id, Scope.ALL, TODAY + DAY), draft(weekdays=(1,), capacity=9), world.AT)
    said = PLAGE | {"weekday-1": "1", "scope": "all", "capacity": "7"}
    late = space.send(path, said, ticket=ticket)
    assert (late.status, "l’a modifié entre-temps" in late.page.text) == (409, True)
    assert late.page.one("input", name="capacity").attributes["value"] == "7"
    assert space.entries()[0].capacity == 9
    again = late.page.all("input", name="ticket")[0].attributes["value"]
    assert space.send(path, said, ticket=again).status == 200
    assert space.entries()[0].capacity == 7


def test_a_form_without_its_ticket_or_of_another_place_writes_nothing(space: Space):
    for ticket in ("x", space.ticket(f"/espace/{OTHER}/agenda/ajouter"), space.ticket(f"{PATH}/absences")):
        sent = space.send(f"{PATH}/ajouter", PLAGE, ticket=ticket)
        assert (sent.status, "ouvert depuis trop longtemps" in sent.page.text) == (422, True)
    old = space.ticket(f"{PATH}/ajouter")
    space.clock += LIFE_S + 1
    assert space.send(f"{PATH}/ajouter", PLAGE, ticket=old).status == 422
    assert space.entries() == []


def test_another_site_cannot_send_a_form_and_nobody_sends_without_end(space: Space):
    ticket = space.ticket(f"{PATH}/ajouter")
    files = {name: (None, value) for name, value in {**PLAGE, "ticket": ticket}.items()}
    refused = space.client.post(f"{PATH}/ajouter", files=files, headers={"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403
    object.__setattr__(space.services, "own_pace", Pace(most=1))
    assert [space.add().status, space.add().status] == [200, 429]
    assert len(space.entries()) == 1


def test_a_database_that_fails_keeps_what_was_typed_on_the_page(space: Space):
    ticket = space.ticket(f"{PATH}/information")
    space.given.execute("DROP TABLE outbox")
    sent = space.send(f"{PATH}/information", {"information": "Sonner deux fois."}, ticket=ticket)
    assert (sent.status, sent.headers["retry-after"]) == (503, "5")
    assert sent.page.one("textarea").text.strip() == "Sonner deux fois."


def test_what_was_typed_of_an_entry_that_somebody_removed_meanwhile_can_be_added(space: Space):
    space.add()
    path = opened(space.entries()[0], TODAY + DAY)
    ticket = space.ticket(path)
    space.send(path.replace("?", "/supprimer?"), {}, opened=path)
    late = space.send(path, PLAGE | {"capacity": "7"}, ticket=ticket)
    assert (late.status, "n’existe plus" in late.page.text) == (404, True)
    assert late.page.one("input", name="capacity").attributes["value"] == "7"
    action = late.page.one("form").attributes["action"] or ""
    again = late.page.one("input", name="ticket").attributes["value"]
    assert space.send(action, PLAGE | {"capacity": "7"}, ticket=again).status == 200
    assert [entry.capacity for entry in space.entries()] == [7]


@pytest.mark.parametrize("scope", ["one", "following", "all"])
def test_a_change_that_is_sent_twice_is_one(space: Space, scope: str):
    space.add(**{"weekday-1": "1", "weekday-3": "1"})
    path = opened(space.entries()[0], TODAY + 3 * DAY)
    ticket = space.ticket(path)
    said = WEEKLY | {"scope": scope, "first_day": "2026-11-26", "capacity": "7"}
    statuses = [space.send(path, said, ticket=ticket).status for _ in range(2)]
    assert statuses == [200, 409 if scope == "all" else 200]
    assert len(space.entries()) == (1 if scope == "all" else 2)
    assert len(shown(space.open().page)) == 2


def test_a_removal_that_is_sent_twice_is_one(space: Space):
    space.add(**{"weekday-1": "1", "weekday-3": "1"})
    path = opened(space.entries()[0], TODAY + DAY)
    ticket = space.ticket(path)
    for _ in range(2):
        sent = space.send(path.replace("?", "/supprimer?"), {"scope": "one"}, ticket=ticket)
        assert (sent.status, "Disponibilité supprimée" in sent.page.text) == (200, True)
    assert space.entries()[0].skipped == ["2026-11-24"]


@pytest.mark.parametrize("kind", ["ajouter", "absences", "information"])
def test_a_removal_of_what_is_no_entry_is_refused_even_with_the_ticket_of_its_form(space: Space, kind: str):
    path = f"{PATH}/{kind}"
    assert space.send(f"{path}/supprimer", {}, opened=path).status == 404


@pytest.mark.parametrize(
    "end", ["/nothing", "/%00", "/nothing?jour=2026-11-24", "/supprimer"],
)  # fmt: skip
def test_an_entry_that_is_not_there_is_a_page_that_says_so(space: Space, end: str):
    assert space.open(PATH + end).status == 404


def test_an_entry_on_a_day_when_it_does_not_take_place_is_not_there(space: Space):
    space.add(**{"weekday-1": "1"})
    (entry,) = space.entries()
    assert space.open(opened(entry, TODAY + DAY)).status == 200
    assert space.open(opened(entry, TODAY + 2 * DAY)).status == 404
    assert space.open(f"/espace/{OTHER}/agenda/{entry.id}?jour=2026-11-24").status == 404


@pytest.mark.parametrize("end", ["", "/ajouter", "/absences", "/information", "/x", ".ics"])
def test_outside_development_the_pages_are_closed_and_say_so(visit: Any, end: str):
    closed = visit(PATH + end)
    assert (closed.status, "ne s’ouvre qu’en développement" in closed.page.text) == (404, True)


def test_every_page_says_that_there_are_no_accounts_and_is_kept_nowhere(space: Space):
    for end in ("", "/ajouter", "/absences", "/information"):
        visited = space.open(PATH + end)
        assert "en développement seulement" in visited.page.text.replace("\u00a0", " ")
        assert visited.headers["cache-control"] == "no-store"


def test_the_calendar_has_a_stable_address_that_a_program_reads(space: Space):
    whole = f"http://testserver/espace/{OFFER}/agenda.ics"  # to be copied into another program
    assert space.open().page.href(whole) == whole
    space.add(**{"weekday-1": "1"})
    answer = space.client.get(f"/espace/{OFFER}/agenda.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "RRULE:FREQ=WEEKLY;BYDAY=TU" in answer.text
    assert "LOCATION:12 rue des Lilas" in answer.text
