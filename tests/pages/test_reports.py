"""An error that somebody says a card has: kept once, with the card as it was shown; nothing typed is lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from msgspec.structs import replace
from sqlalchemy import Engine
from structlog.testing import capture_logs

from models.codes import Viewer
from models.tables import Report
from registry import reports
from search_api.posting import FIELD_BYTES, MOST_FIELDS, Pace
from search_api.tickets import LIFE_S
from tests.pages import serving, world
from tests.pages.conftest import Visited, read
from tests.pages.reading import Document
from tests.pages.test_browser import EVENING

OFFER = world.offers()[43]
PATH = f"/offres/{OFFER.id}/signaler"
RIGHT = {"fact": "Téléphone", "right": "04 78 00 00 99", "email": "ana@example.org"}


@dataclass
class Site:
    """The pages over a database that keeps what is written, and a clock that can be set."""

    written: Engine | None
    viewer: Viewer = Viewer.REGULATION
    clock: int = world.AT
    suppressed: frozenset[str] = frozenset()
    engine: Any = field(default_factory=lambda: serving.engine_of([OFFER, world.offers()[1]]))

    def __post_init__(self) -> None:
        app = serving.application(self.engine, self.viewer, written=self.written, suppressed=lambda: self.suppressed)
        services = app.state.services
        object.__setattr__(services, "clock", lambda: self.clock)
        self.client = TestClient(app, raise_server_exceptions=False)

    def ticket(self, path: str = PATH) -> str:
        return read(self.client, path).page.one("input", name="ticket").attributes["value"] or ""

    def send(self, said: Mapping[str, str], path: str = PATH, headers: Mapping[str, str] | None = None) -> Visited:
        """What a browser sends, as multipart, and the page that it is led to."""
        response = self.client.post(path, files={name: (None, value) for name, value in said.items()}, headers=headers)
        where = response.url.raw_path.decode()
        return Visited(response.status_code, where, dict(response.headers), Document(response.text))

    def kept(self) -> list[Report]:
        assert self.written is not None
        with self.written.connect() as connection:
            return reports.reports(connection)


@pytest.fixture
def site(written: Engine) -> Site:
    return Site(written)


def test_a_card_leads_to_its_form_and_the_form_to_the_card_of_the_same_request(visit):
    card = visit(f"/offres/{OFFER.id}?{EVENING.partition('?')[2]}")
    form = visit(card.page.href("Signaler une erreur sur cette fiche"))
    assert form.page.href("← Retour à la fiche") == card.path
    assert form.headers["cache-control"] == "no-store"


def test_the_form_has_what_the_card_shows(visit):
    shown = visit(f"/offres/{OFFER.id}").page
    choices = [each.text for each in visit(PATH).page.all("label", class_="tick")]
    for name, text in zip(shown.all("dt"), shown.all("dd"), strict=True):
        if name.text in {"Téléphone", "Adresse", "Langues"}:
            assert any(each.startswith(f"{name.text} ") and each.split()[-1] in text.text for each in choices)
    assert choices[-2:] == ["N’exerce plus ici", "Autre chose"]


def test_a_report_is_kept_with_the_card_as_it_was_seen_and_its_author_is_given_a_reference(site: Site):
    thanks = site.send(RIGHT | {"ticket": site.ticket()})
    (kept,) = site.kept()
    assert thanks.status == 200
    assert kept.reference in thanks.page.text
    assert (kept.fact, kept.right, kept.email) == tuple(RIGHT.values())
    assert (kept.offer, kept.subject, kept.viewer) == (OFFER.id, OFFER.subject, "regulation")
    assert (kept.generation, kept.position, kept.seen_at) == ("offers-20261123-0312", 1, world.AT)
    assert kept.seen["phones"] == list(OFFER.phones)


def test_nothing_is_sent_again_by_reading_the_thanks_again_nor_by_sending_the_same_form_twice(site: Site):
    said = RIGHT | {"ticket": site.ticket()}
    first = site.send(said)
    again = read(site.client, first.path)
    twice = site.send(said | {"right": "autre chose"})
    (kept,) = site.kept()
    assert kept.right == RIGHT["right"]
    assert all(kept.reference in each.page.text for each in (first, again, twice))


def test_what_is_kept_is_what_was_seen_whatever_the_index_holds_since(site: Site):
    ticket = site.ticket()
    builder = site.engine.build("offers-later")
    builder.add([replace(OFFER, phones=("+33400000000",))])
    builder.finish(9)
    builder.swap()
    site.send(RIGHT | {"ticket": ticket})
    (kept,) = site.kept()
    assert (kept.generation, kept.seen["phones"]) == ("offers-20261123-0312", list(OFFER.phones))


def test_what_is_kept_holds_nothing_that_its_author_may_not_see(written: Engine):
    site = Site(written, Viewer.PUBLIC)
    site.send(RIGHT | {"ticket": site.ticket()})
    (kept,) = site.kept()
    assert kept.viewer == "public"
    assert kept.seen["participation"] is None
    assert {each["audience"] for each in kept.seen["availabilities"]} <= {"public"}


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"fact": ""}, "À remplir"),
        ({"fact": "Mot de passe"}, "À choisir dans la liste"),
        ({"right": " \n "}, "À remplir"),
        ({"right": "a" * 1_001}, "1 000 caractères au plus, il y en a 1 001"),
        ({"right": "04\x00 78\u202e"}, "Des caractères invisibles ont été retirés"),
        ({"right": "x" * (FIELD_BYTES + 9)}, "1 000 caractères au plus, il y en a 65 536"),
        ({"email": "ana@"}, "Une adresse comme nom@exemple.fr"),
        ({"email": "ana@example.org\nBcc: x@example.org"}, "Sur une seule ligne"),
        ({"email": "<script>alert(1)</script>@example.org"}, "Une adresse comme"),
        ({"site": "https://example.org"}, "Laissez cette case vide"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(site: Site, said, rule):
    page = site.send(RIGHT | {"ticket": site.ticket()} | said)
    name = next(iter(said))
    assert page.status == 422
    assert page.page.one("span", id=f"faute-{name}").text.startswith(rule)
    assert page.page.one("div", id="erreurs").text.startswith("Le signalement est à corriger")
    assert page.headers["cache-control"] == "no-store"
    assert site.kept() == []


def test_nothing_typed_is_lost_and_nothing_typed_is_run(site: Site):
    typed = '</textarea><script>alert(1)</script>\n"& l’autre ligne'
    page = site.send({"right": typed, "email": '"><b>x', "fact": "Adresse", "ticket": site.ticket()}).page
    assert "".join(page.one("textarea", name="right").words).strip() == typed
    assert page.one("input", name="email").attributes["value"] == '"><b>x'
    assert "checked" in page.one("input", value="Adresse").attributes
    assert page.foreign == []


def test_a_form_put_right_is_sent(site: Site):
    ticket = site.send({"ticket": site.ticket(), "fact": "Nom"}).page.one("input", name="ticket").attributes["value"]
    assert site.send(RIGHT | {"ticket": ticket or ""}).status == 200
    assert len(site.kept()) == 1


@pytest.mark.parametrize(
    "ticket",
    [
        lambda _: "",
        lambda _: "x" * 5_000,
        lambda site: site.ticket()[:-2] + "xx",
        lambda site: site.ticket("/contact"),
        lambda site: site.ticket(f"/offres/{world.offers()[1].id}/signaler"),
    ],
    ids=["none", "nonsense", "altered", "of another form", "of another card"],
)
def test_a_form_that_this_service_did_not_draw_is_drawn_again_with_what_was_typed(
    site: Site, ticket: Callable[[Site], str]
):
    page = site.send(RIGHT | {"ticket": ticket(site)})
    assert page.status == 422
    assert "relisez, puis envoyez de nouveau" in page.page.text
    assert page.page.one("input", name="email").attributes["value"] == RIGHT["email"]
    fresh = page.page.one("input", name="ticket").attributes["value"] or ""
    assert site.kept() == []
    assert site.send(RIGHT | {"ticket": fresh}).status == 200


def test_a_form_left_open_too_long_is_drawn_again_with_the_card_that_it_showed(site: Site):
    ticket = site.ticket()
    site.clock += LIFE_S + 1
    page = site.send(RIGHT | {"ticket": ticket})
    assert (page.status, site.kept()) == (422, [])
    site.send(RIGHT | {"ticket": page.page.one("input", name="ticket").attributes["value"] or ""})
    (kept,) = site.kept()
    assert (kept.at, kept.seen_at) == (site.clock, world.AT)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "null"},
        {"Origin": "https://example.org"},
    ],
)
def test_a_form_that_another_site_sends_is_refused(site: Site, headers):
    page = site.send(RIGHT | {"ticket": site.ticket()}, headers=headers)
    assert page.status == 403
    assert "ne vient pas d’une page de ce site" in page.page.text
    assert site.kept() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Origin": "null"},
        {"Origin": "http://testserver"},
        {},
    ],
)
def test_a_form_of_ours_is_taken_from_any_browser(site: Site, headers):
    assert site.send(RIGHT | {"ticket": site.ticket()}, headers=headers).status == 200


def test_when_the_database_does_not_answer_nothing_typed_is_lost_nor_logged(written: Engine):
    site = Site(written)
    said = RIGHT | {"ticket": site.ticket()}
    with written.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE report RENAME TO elsewhere")
    with capture_logs() as logs:
        page = site.send(said)
    assert page.status == 503
    assert page.headers["retry-after"]
    assert "Rien de ce que vous avez écrit n’est perdu" in page.page.text
    assert page.page.one("input", name="email").attributes["value"] == RIGHT["email"]
    assert logs
    assert RIGHT["right"] not in str(logs)
    with written.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO report")
    assert site.send(said).status == 200
    assert len(site.kept()) == 1


def test_what_was_seen_can_be_reported_when_the_engine_is_stopped(site: Site):
    ticket = site.ticket()
    site.engine.down = True
    assert site.send(RIGHT | {"ticket": ticket}).status == 200


def test_nothing_is_said_of_a_card_that_does_not_exist(site: Site):
    for path in ("/offres/p810100000000-0123456789ab/signaler", "/offres/x%2F..%2Fy/signaler", "/offres/%00/signaler"):
        assert read(site.client, path).status == 404
        assert site.send(RIGHT, path).status == 404


def test_nothing_more_is_kept_of_someone_who_objected_since(site: Site):
    ticket = site.ticket()
    site.suppressed = frozenset([OFFER.subject])
    assert site.send(RIGHT | {"ticket": ticket}).status == 404
    assert site.kept() == []


def test_thanks_are_for_those_who_sent_something(site: Site):
    page = read(site.client, f"{PATH}?recu=7K4Q9-2MXAB").page
    assert page.one("input", name="ticket")
    assert "7K4Q9" not in page.text


def test_an_address_sends_so_many_forms_an_hour_and_loses_nothing_then(site: Site):
    for _ in range(60):
        site.send({"fact": ""})
    page = site.send(RIGHT | {"ticket": site.ticket()})
    assert page.status == 429
    assert page.page.one("input", name="email").attributes["value"] == RIGHT["email"]
    assert site.kept() == []
    site.clock += 3_601
    assert site.send(RIGHT | {"ticket": site.ticket()}).status == 200


def test_the_pace_counts_by_subscriber_and_remembers_the_last_addresses():
    pace = Pace(most=1, seconds=10, addresses=2)
    assert pace.allows("2001:db8::1", 0)
    assert not pace.allows("2001:db8::2", 9)
    assert pace.allows("2001:db8:0:1::1", 9)
    assert pace.allows("192.0.2.1", 9)
    assert pace.allows("2001:db8::1", 9)
    assert pace.allows("", 9)
    assert pace.allows("192.0.2.1", 19)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"fact=Nom", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=fact\r\n\r\nNom", "multipart/form-data; boundary=x"),
        (b"--y\r\nnonsense", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n1\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b"".join(
                b'--x\r\nContent-Disposition: form-data; name="%d"\r\n\r\n1\r\n' % n for n in range(MOST_FIELDS + 1)
            )
            + b"--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_what_is_no_whole_form_is_refused(site: Site, content, kind):
    response = site.client.post(PATH, content=content, headers={"Content-Type": kind})
    assert response.status_code == 400
    assert "Formulaire illisible" in response.text


def test_of_a_repeated_field_the_first_counts_and_unknown_ones_are_ignored(site: Site):
    said = [("fact", "Nom"), ("fact", "Adresse"), ("right", "x"), ("role", "admin"), ("ticket", site.ticket())]
    site.client.post(PATH, files=[(name, (None, value)) for name, value in said])
    assert [each.fact for each in site.kept()] == ["Nom"]


def test_a_refused_method_is_said_with_those_that_are_not(site: Site):
    for path in (PATH, "/contact"):
        refused = site.client.put(path)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")
        assert "GET, HEAD, POST" in refused.text
    assert site.client.head(PATH).status_code == 200
