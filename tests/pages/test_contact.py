"""A message to those who run the directory: whole with its files or not at all, and nothing typed is lost."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from models.tables import Contact, ContactFile
from registry import contacts
from search_api.pages import contacting
from search_api.posting import BODY_BYTES, FILE_BYTES, FILES_BYTES
from tests.pages import documents, serving
from tests.pages.conftest import Visited, read
from tests.pages.reading import Document

RIGHT = {
    "role": "regulator",
    "topic": "use",
    "name": "Zoé d’Été",
    "email": "zoe@example.org",
    "phone": "04 72 00 00 01",
    "territory": "Rhône",
    "message": "Bonjour,\nune question.",
}
Files = Iterable[tuple[str, bytes]]


@dataclass
class Site:
    """The pages over a database that keeps what is written."""

    written: Engine

    def __post_init__(self) -> None:
        app = serving.application(serving.engine_of(()), written=self.written)
        self.client = TestClient(app, raise_server_exceptions=False)

    def send(self, *files: tuple[str, bytes], kind: str = "application/pdf", **said: str) -> Visited:
        """What a browser sends, ticket included, and the page that it is led to."""
        ticket = read(self.client, "/contact").page.one("input", name="ticket").attributes["value"] or ""
        fields = {"ticket": ticket, **RIGHT, **said}
        parts: list[tuple[str, tuple[str | None, str | bytes, str]]] = [
            *((name, (None, value, "text/plain")) for name, value in fields.items()),
            *(("files", (name, content, kind)) for name, content in files),
        ]
        response = self.client.post("/contact", files=parts)
        where = response.url.raw_path.decode()
        return Visited(response.status_code, where, dict(response.headers), Document(response.text))

    def raw(self, *files: tuple[bytes, bytes]) -> Visited:
        """The same, with the names of files byte for byte."""
        ticket = read(self.client, "/contact").page.one("input", name="ticket").attributes["value"] or ""
        fields = {"ticket": ticket, **RIGHT}
        head = b'--x\r\nContent-Disposition: form-data; name="'
        body = b"".join(head + f'{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items())
        body += b"".join(head + b'files"; filename="' + name + b'"\r\n\r\n' + held + b"\r\n" for name, held in files)
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        response = self.client.post("/contact", content=body + b"--x--\r\n", headers=kind)
        return Visited(response.status_code, "", dict(response.headers), Document(response.text))

    def kept(self) -> list[tuple[Contact, list[ContactFile]]]:
        with self.written.connect() as connection:
            those = [one for one, _ in contacts.contacts(connection)]
            return [(one, contacts.files(connection, one.reference)) for one in those]


@pytest.fixture
def site(written: Engine) -> Site:
    return Site(written)


def test_every_page_leads_to_the_form_and_the_form_says_what_becomes_of_a_message(visit):
    page = visit(visit("/sources").page.href("Nous écrire"))
    assert page.headers["cache-control"] == "no-store"
    for said in (
        "N’envoyez aucune donnée de santé",
        "Aucun courriel ne part",
        "effacés douze mois après",
        "3 au plus, 5 Mo chacun, 10 Mo en tout : pdf, jpg, jpeg, png, xls, xlsx, ppt, pptx",
    ):
        assert said in page.page.text


def test_a_message_is_kept_with_its_files_as_they_came_and_its_author_is_given_a_reference(site: Site):
    thanks = site.send(("a.pdf", documents.PDF), ("été.xlsx", documents.XLSX))
    ((kept, files),) = site.kept()
    assert thanks.status == 200
    assert kept.reference in thanks.page.text
    assert "Aucun courriel n’a été envoyé" in thanks.page.text
    assert {name: getattr(kept, name) for name in RIGHT} == RIGHT
    assert [(each.number, each.name, each.kind, each.content) for each in files] == [
        (1, "a.pdf", "pdf", documents.PDF),
        (2, "été.xlsx", "xlsx", documents.XLSX),
    ]
    assert files[0].digest == hashlib.sha256(documents.PDF).hexdigest()


def test_what_is_optional_may_be_left_and_a_box_of_files_left_empty_sends_none(site: Site):
    site.send(("", b""), phone="", territory="")
    ((kept, files),) = site.kept()
    assert (kept.phone, kept.territory, files) == (None, None, [])


def test_every_kind_is_taken_whatever_type_the_browser_declares(site: Site):
    for name, content in documents.TAKEN.items():
        assert site.send((name, content), kind="text/html").status == 200
    assert len(site.kept()) == len(documents.TAKEN)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("role", "", "À remplir"),
        ("role", "admin", "À choisir dans la liste"),
        ("topic", "use' OR 1=1", "À choisir dans la liste"),
        ("name", "a" * 101, "100 caractères au plus, il y en a 101"),
        ("name", "a\nb", "Sur une seule ligne"),
        ("name", "a\u202eb", "Des caractères invisibles ont été retirés"),
        ("email", "nobody", "Une adresse comme nom@exemple.fr"),
        ("email", "", "À remplir"),
        ("phone", "12", "Un numéro comme 04 72 00 00 01"),
        ("phone", "0800 FLEURS", "Un numéro comme"),
        ("phone", "+999 1", "Un numéro comme"),
        ("message", "", "À remplir"),
        ("message", "é" * 5_001, "5 000 caractères au plus"),
        ("message", "a\x00b", "Des caractères invisibles"),
        ("site", "x", "Laissez cette case vide"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(site: Site, name, value, rule):
    page = site.send(("a.pdf", documents.PDF), **{name: value})
    assert page.status == 422
    assert page.page.one("span", id=f"faute-{name}").text.startswith(rule)
    assert "Joignez de nouveau vos fichiers" in page.page.text
    assert site.kept() == []


def test_nothing_typed_is_lost_and_nothing_typed_is_run(site: Site):
    typed = '</textarea><script>alert(1)</script>\n"& {{ 7 * 7 }}'
    page = site.send(message=typed, name='"><img src=x>', email="x", phone="+32 2 555 12 12").page
    assert "".join(page.one("textarea", name="message").words).strip() == typed
    assert page.one("input", name="name").attributes["value"] == '"><img src=x>'
    assert page.one("input", name="phone").attributes["value"] == "+32 2 555 12 12"
    assert "selected" in page.one("option", value="regulator").attributes
    assert page.foreign == []


@pytest.mark.parametrize(("name", "content"), documents.UNFIT.values(), ids=documents.UNFIT)
def test_a_file_that_lies_is_said_beside_its_field_and_nothing_is_kept(site: Site, name, content):
    page = site.send((name, content))
    assert page.status == 422
    assert page.page.one("span", id="faute-files").text.startswith(f"« {name} » : son contenu n’est pas celui d’un")
    assert site.kept() == []


@pytest.mark.parametrize("name", [each for each in documents.NAMES if '"' not in each and "\n" not in each])
def test_a_name_with_a_path_or_a_direction_is_said_beside_its_field(site: Site, name):
    page = site.raw((name.encode(), documents.PDF))
    assert page.status == 422
    assert "son nom" in page.page.one("span", id="faute-files").text
    assert "\u202e" not in page.page.html
    assert site.kept() == []


def test_an_empty_file_is_said(site: Site):
    assert "ce fichier est vide" in site.send(("a.pdf", b"")).page.one("span", id="faute-files").text


def test_each_wrong_file_is_said(site: Site):
    page = site.send(("a.pdf", documents.PDF), ("b.pdf", documents.HTML), ("c.exe", b"MZ")).page
    assert [each.text[:9] for each in page.all("span", class_="fault")] == ["« b.pdf »", "« c.exe »"]


def test_a_fourth_file_is_one_too_many(site: Site):
    page = site.send(*(("a.pdf", documents.PDF) for _ in range(4)))
    assert (page.status, page.page.one("span", id="faute-files").text) == (422, "3 fichiers au plus")
    assert site.kept() == []


def test_a_file_over_its_bound_is_said_and_what_was_typed_is_not_lost(site: Site):
    page = site.send(("a.pdf", documents.PDF.ljust(FILE_BYTES + 1, b"\n")))
    assert "« a.pdf » : 5 Mo au plus par fichier, 10 Mo en tout" in page.page.text
    assert page.page.one("input", name="email").attributes["value"] == RIGHT["email"]
    assert site.kept() == []


def test_files_within_their_bounds_are_kept_and_over_the_bound_of_all_are_not(site: Site):
    whole = documents.PDF[:9] + b" " * (FILE_BYTES - len(documents.PDF)) + documents.PDF[9:]
    assert 2 * len(whole) == FILES_BYTES
    assert site.send(("a.pdf", whole), ("b.pdf", whole)).status == 200
    page = site.send(("a.pdf", whole), ("b.pdf", whole), ("c.pdf", documents.PDF))
    assert page.page.one("span", id="faute-files").text.startswith("« c.pdf » : 5 Mo au plus")
    assert len(site.kept()) == 1


def test_a_form_that_goes_on_and_on_is_no_longer_read(site: Site):
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    response = site.client.post("/contact", content=head + bytes(BODY_BYTES), headers=kind)
    assert response.status_code == 413
    assert "Envoi trop gros" in response.text
    assert site.kept() == []


def test_a_message_sent_twice_is_one(site: Site):
    ticket = read(site.client, "/contact").page.one("input", name="ticket").attributes["value"] or ""
    first, again = (site.send(("a.pdf", documents.PDF), ticket=ticket) for _ in range(2))
    assert len(site.kept()) == 1
    assert first.page.one("b").text == again.page.one("b").text


def test_when_the_database_does_not_answer_nothing_typed_is_lost_and_nothing_is_half_kept(site: Site):
    with site.written.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE contact_file RENAME TO elsewhere")
    page = site.send(("a.pdf", documents.PDF))
    assert page.status == 503
    assert "Rien de ce que vous avez écrit n’est perdu" in page.page.text
    assert "".join(page.page.one("textarea", name="message").words).strip() == RIGHT["message"]
    with site.written.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO contact_file")
    assert site.kept() == []


def test_thanks_are_for_those_who_sent_something(site: Site):
    assert read(site.client, "/contact?recu=7K4Q9-2MXAB").page.one("input", name="ticket")


def test_every_box_of_the_form_is_drawn(site: Site):
    page = read(site.client, "/contact").page
    drawn = {each.attributes.get("id") for tag in ("input", "select", "textarea") for each in page.all(tag)}
    assert {f"f-{box.name}" for box in contacting.BOXES} | {"f-files"} <= drawn
