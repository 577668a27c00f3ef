"""The application over a real database: territories, sources, lag, and what happens when the database goes away."""

import io
import logging
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert

from annuaire.demo.editor_server import Setup
from annuaire.logs import configure_logs
from annuaire.serving import application, read_sources, read_territories, services, source_name
from annuaire.settings import Settings
from annuaire.wiring import now
from indexer.documents import offers_for
from ingestion.feeds.editors import Declared, declare
from ingestion.feeds.feeding import feeding
from models.codes import Viewer
from models.store import connect, writing
from models.tables import Load, SlotFeed, Territory, TerritoryCommune, TerritoryPostalCode
from registry.contacts import contacts
from registry.suppression import suppress
from search_api.app import Legible, create_app
from search_api.services import Recent
from tests.api.serving import engine_with
from tests.indexer.given import CLAIRE, Given
from tests.ingestion.feeds.world import agenda, until
from tests.migrated import migrated
from tests.pages.documents import PDF
from tests.relevance.factory import HERE, offer
from tests.servers.editors import running

QUERY = f"/api/v1/search?near={HERE.lat},{HERE.lon}&profession=10"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    """A SQLite database with a CPTS, one that departed, and two loads of a file."""
    url = f"sqlite:///{tmp_path / 'annuaire.db'}"
    engine = migrated(url)
    with writing(engine) as connection:
        lilas = {"id": "lilas", "name": "CPTS des Lilas", "kind": "cpts", "digest": ""}
        gone = {"id": "gone", "name": "CPTS partie", "kind": "cpts", "digest": "", "departed_on": date(2026, 1, 1)}
        connection.execute(insert(Territory), [lilas | {"departed_on": None}, gone])
        connection.execute(insert(TerritoryCommune), [{"territory_id": "lilas", "insee": "69266"}])
        codes = [{"territory_id": "lilas", "postal_code": code} for code in ("69100", "69003")]
        connection.execute(insert(TerritoryPostalCode), codes)
        common = {"source": "rpps", "attribution": "ANS", "started_at": 0, "finished_at": 1_795_000_020, "totals": {}}
        days = (date(2026, 11, 17), date(2026, 11, 18))
        rows = [common | {"file_name": f"{day}.txt", "file_date": day} for day in days]
        connection.execute(insert(Load), [*rows, common | {"source": "cpts", "file_name": "c.csv", "file_date": None}])
    yield engine
    engine.dispose()


def settings(tmp_path: Path, **values: object) -> Settings:
    """Settings of a server of the tests, with its key in its folder."""
    return Settings(environment="test", viewer=Viewer.REGULATION, data_dir=tmp_path, **values)  # type: ignore[arg-type] # values of tests


def test_territories_are_read_with_their_codes_in_order(database: Engine):
    with database.connect() as connection:
        known = read_territories(connection)
    assert list(known) == ["lilas"]
    assert known["lilas"].postal_codes == ("69003", "69100")
    assert known["lilas"].communes == ("69266",)


def test_each_source_is_credited_once_with_the_date_of_its_last_file(database: Engine):
    with database.connect() as connection:
        known = read_sources(connection)
    assert [(each.name, each.date, each.attribution) for each in known] == [
        ("Communes des CPTS", date(2026, 11, 18), "ANS"),
        ("Activités du RPPS", date(2026, 11, 18), "ANS"),
    ]


def test_an_editor_that_is_asked_has_the_date_of_its_last_answer_whether_a_file_was_loaded_or_not(database: Engine):
    at, former = 1_795_417_200, date(2026, 11, 18)
    common = {"attribution": "Azur SA", "started_at": 0, "finished_at": 0, "totals": {}, "file_name": "a"}
    feed = {"source_kind": "editor", "asked_at": at, "answered": True, "digest": ""}
    asked = {"azur": at, "brume": at, "cedre": None, "dune": at}
    with writing(database) as connection:
        connection.execute(insert(Load), common | {"source": "creneaux:azur", "file_date": former})
        connection.execute(insert(Load), common | {"source": "creneaux:dune", "file_date": former})
        for name in ("azur", "brume", "cedre"):
            declare(connection, Declared(name, "https://x.example", ("ps",)), at)
        rows = [feed | {"source_name": name, "subject": f"p:{name}", "answered_at": on} for name, on in asked.items()]
        connection.execute(insert(SlotFeed), rows)
        known = {each.name: (each.date, each.attribution) for each in read_sources(connection)}
    assert {name: told for name, told in known.items() if name.startswith("Créneaux")} == {
        "Créneaux d’azur": (date(2026, 11, 23), "Azur SA"),
        "Créneaux de brume": (date(2026, 11, 23), "brume"),
        "Créneaux de dune": (former, "Azur SA"),
    }


def test_who_settles_to_use_an_editor_is_asked_for_there_at_once(database: Engine, tmp_path: Path):
    Given(database).practice()
    settled = {"active": True, "via": "individual", "software": True, "editors": ["azur"]}
    with running(tmp_path, Setup([agenda(1, id=CLAIRE)])) as azur:
        with writing(database) as connection:
            declare(connection, azur.declared(), now())
        with feeding(database, now, round_s=3_600) as feeds:
            asking = TestClient(application(settings(tmp_path), engine_with(), database, lambda: 0, feeds))
            assert asking.put(f"/api/v1/participation/p:{CLAIRE}", json=settled).status_code == 200
            assert until(lambda: any(CLAIRE in each for each in azur.asked))


@pytest.mark.parametrize(
    ("editor", "name"),
    [
        ("azur", "Créneaux d’azur"),
        ("Écho", "Créneaux d’Écho"),
        ("lilas", "Créneaux de lilas"),
        ("hygie", "Créneaux de hygie"),
    ],
)
def test_an_editors_slots_are_named_after_it(editor: str, name: str):
    assert source_name(f"creneaux:{editor}") == name


def test_the_application_answers_from_the_database_and_the_engine(database: Engine, tmp_path: Path):
    asking = TestClient(application(settings(tmp_path), engine_with([offer()]), database, lambda: 7))
    body = asking.get("/api/v1/search?cpts=lilas&at=2026-11-18T11:07:00Z").json()
    assert body["area"]["label"] == "CPTS des Lilas"
    assert (body["lag_seconds"], body["viewer"], len(body["sources"])) == (7, "regulation", 2)


def test_booking_links_tell_editors_of_regulators_what_the_settings_say(database: Engine, tmp_path: Path):
    for said, given in (("sas", {}), ("sas-preprod", {"regulation_origin": "sas-preprod"})):
        assert services(settings(tmp_path, **given), engine_with(), database, lambda: 0).booking_origin == said


def test_who_objected_is_not_shown_although_the_index_holds_them(database: Engine, tmp_path: Path):
    gone = offer()
    with writing(database) as connection:
        suppress(connection, gone.subject, "demande", 1_795_000_020)
    asking = TestClient(application(settings(tmp_path), engine_with([gone]), database, lambda: 0))
    assert asking.get(QUERY).json()["exact"]["offers"] == []
    assert asking.get(f"/api/v1/offers/{gone.id}").status_code == 404
    assert "Médecin traitant non trouvé" in asking.get(f"/lancer?practitioner={gone.name}").text


def test_in_production_the_clock_is_the_servers(database: Engine, tmp_path: Path):
    given = Settings(environment="production", data_dir=tmp_path)
    asking = TestClient(application(given, engine_with([offer()]), database, lambda: 0))
    assert asking.get(f"{QUERY}&at=2026-11-18T11:07:00Z").status_code == 422
    assert asking.get(QUERY).json()["viewer"] == "public"


def test_a_database_that_is_gone_does_not_stop_searches(tmp_path: Path):
    missing = connect(f"sqlite:///{tmp_path / 'empty.db'}")

    def lag() -> int:
        with missing.connect() as connection:
            return len(read_sources(connection))

    asking = TestClient(application(settings(tmp_path), engine_with([offer()]), missing, lag))
    body = asking.get(QUERY).json()
    assert (body["lag_seconds"], body["sources"]) == (None, [])
    missing.dispose()


def test_the_database_knows_the_offers_of_a_number(database: Engine, tmp_path: Path):
    given = Given(database)
    subject = given.practice()
    with database.connect() as connection:
        (known,) = offers_for(connection, [subject], 1_795_000_020)[subject]
    found = services(settings(tmp_path), engine_with([known]), database, lambda: 0)
    assert found.identifiers(subject) == (known.id,)
    assert found.identifiers("p:899999999999") == ()
    page = TestClient(create_app(found)).get(f"/lancer?practitioner={subject.removeprefix('p:')}&city=Bron")
    assert f"medecin-traitant-fiche-{known.id}" in page.text


def test_the_database_knows_who_practises_at_a_structure(database: Engine, tmp_path: Path):
    given = Given(database)
    structure = given.structure()
    person = given.practice(place=f"finess:{structure.removeprefix('s:')}")
    with database.connect() as connection:
        (known,) = offers_for(connection, [person], 1_795_000_020)[person]
    found = services(settings(tmp_path), engine_with([known]), database, lambda: 0)
    assert found.practising(structure.removeprefix("s:")) == (known.id,)
    assert found.practising("690000999") == ()


def test_a_database_that_is_gone_knows_no_number(tmp_path: Path):
    missing = connect(f"sqlite:///{tmp_path / 'empty.db'}")
    assert services(settings(tmp_path), engine_with(), missing, lambda: 0).identifiers("p:810100000001") is None
    assert services(settings(tmp_path), engine_with(), missing, lambda: 0).practising("690000001") is None
    missing.dispose()


@pytest.mark.parametrize(
    ("environment", "declared", "statuses"),
    [("production", (), (403, 403)), ("production", ("lrm",), (303, 403)), ("test", (), (303, 303))],
)
def test_declared_programs_open_a_search_and_where_none_is_declared_all_do_but_in_production(
    database: Engine, tmp_path: Path, environment: str, declared: tuple[str, ...], statuses: tuple[int, int]
):
    given = Settings(environment=environment, data_dir=tmp_path, launch_origins=declared)  # type: ignore[arg-type] # values of tests
    asking = TestClient(application(given, engine_with(), database, lambda: 0))
    answered = (asking.get(f"/lancer?city=Bron&origin={each}", follow_redirects=False) for each in ("lrm", "autre"))
    assert tuple(each.status_code for each in answered) == statuses


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[io.StringIO]:
    """What the service writes to its logs, for the time of a test."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    configure_logs(settings(tmp_path, log_level="debug"))
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(written)
    yield written
    root.handlers[:], root.level = handlers, level
    structlog.configure(**configured)


def test_no_log_holds_what_was_asked(database: Engine, tmp_path: Path, logs: io.StringIO):
    asking = TestClient(application(settings(tmp_path), engine_with([offer()]), database, lambda: 0))
    asking.get("/api/v1/search?address=12+rue+du+Secret+69100+Villeurbanne")
    asking.get("/lancer?streetname=rue+du+Secret&inseecode=69266&practitioner=Secret&specialty=Secret")
    written = logs.getvalue()
    assert '"path": "/api/v1/search"' in written
    assert "Secret" not in written


@pytest.mark.parametrize("answers", [True, False])
def test_no_log_holds_what_was_written_and_the_database_does(
    database: Engine, tmp_path: Path, logs: io.StringIO, *, answers: bool
):
    asking = TestClient(application(settings(tmp_path), engine_with(), database, lambda: 0))
    (ticket,) = re.findall(r'name="ticket" value="([^"]+)"', asking.get("/contact").text)
    said = {"ticket": ticket, "role": "other", "topic": "other", "name": "Secret", "email": "secret@example.org"}
    if not answers:
        with database.begin() as connection:
            connection.exec_driver_sql("DROP TABLE contact_file")
            connection.exec_driver_sql("DROP TABLE contact")
    form = [(name, (None, value)) for name, value in (said | {"message": "Secret"}).items()]
    sent = asking.post("/contact", files=[*form, ("files", ("Secret.pdf", PDF))])
    assert sent.status_code == (200 if answers else 503)
    assert "secret" not in logs.getvalue().lower().replace("secret_key", "")
    assert '"path": "/contact"' in logs.getvalue()
    if answers:
        with database.connect() as connection:
            assert [(one.name, count) for one, count in contacts(connection)] == [("Secret", 1)]


class Counting:
    """Reads that can be counted, and made to fail."""

    def __init__(self) -> None:
        self.reads = 0
        self.broken = False

    def __call__(self) -> int:
        self.reads += 1
        if self.broken:
            raise FileNotFoundError
        return self.reads


def test_a_recent_value_is_read_once_while_it_is_fresh():
    reading = Counting()
    recent = Recent(reading, 60, 0)
    assert [recent() for _ in range(5)] == [1, 1, 1, 1, 1]


def test_an_old_value_is_read_again_and_a_failure_leaves_it():
    reading = Counting()
    recent = Recent(reading, 0, 0, (FileNotFoundError,))
    assert [recent(), recent()] == [1, 2]
    reading.broken = True
    assert recent() == 2


def test_before_the_first_read_that_works_there_is_what_was_said():
    reading = Counting()
    reading.broken = True
    assert Recent(reading, 60, -1, (FileNotFoundError,))() == -1
    with pytest.raises(FileNotFoundError):
        Recent(reading, 60, -1)()


def test_a_control_character_of_a_path_is_of_no_name_and_of_no_database():
    app = FastAPI()

    @app.get("/{name}")
    def said(name: str) -> PlainTextResponse:
        return PlainTextResponse(name)

    app.add_middleware(Legible)
    assert TestClient(app).get("/p%00%1b%C3%A9").text == "p��é"
