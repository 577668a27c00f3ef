"""An editor is declared with what can be asked, and only so."""

import ssl
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select

from ingestion.feeds.editors import (
    BadEditor,
    Declared,
    add_agendas,
    checked,
    declare,
    editors,
    hush,
    remove,
    set_active,
    tls,
)
from ingestion.feeds.feeding import feeding
from models.store import writing
from tests.ingestion.feeds.world import declared, feed_of, one_each, rpps, slots_of, sweep, until
from tests.ingestion.given import AT
from tests.ingestion.test_loads import outbox, rows, table
from tests.servers.editors import Certificates, Running, agreed, other_side


def secured(files: Certificates, **values: Any) -> Declared:
    paths = {"certificate": files.path("ours"), "key": files.path("ours-key"), "authority": files.path("authority")}
    return Declared(**{"name": "azur", "base_url": "https://azur.example/fhir", "flows": ("ps",)} | paths | values)


def test_an_editor_with_its_certificate_is_accepted(files: Certificates):
    assert checked(secured(files)) == secured(files)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "Azur"}, "minuscules"),
        ({"name": "../x"}, "minuscules"),
        ({"name": ""}, "minuscules"),
        ({"name": "agenda"}, "« agenda » : ce nom désigne ce que chacun écrit ici"),
        ({"name": "structure"}, "« structure » : ce nom désigne ce que chacun écrit ici"),
        ({"flows": ()}, "Flux"),
        ({"flows": ("ps", "hl7")}, "Flux"),
        ({"concurrency": 0}, "Appels simultanés : 0"),
        ({"calls_per_hour": 10**9}, "Appels par heure"),
        ({"calls_per_hour": 1, "accounts": True}, "Appels par heure : 1"),
        ({"base_url": "http://azur.example/fhir"}, "https"),
        ({"base_url": "http://127.0.0.1/fhir"}, "https"),
        ({"base_url": "ftp://azur.example"}, "https"),
        ({"base_url": "https:///fhir"}, "https"),
        ({"base_url": "https://azur.example:99999/"}, "n'est pas une adresse"),
        ({"base_url": "https://[::1/"}, "n'est pas une adresse"),
        ({"base_url": "https://moi:secret@azur.example/"}, "ni identifiant"),
        ({"base_url": "https://azur.example/fhir?x=1"}, "ni paramètre|, ni param"),
        ({"base_url": "https://azur.example/fhir#x"}, "ancre"),
        ({"base_url": "https://azur.example/a b"}, "espace"),
        ({"base_url": "https://azur.example/\x00"}, "https"),
        ({"certificate": None, "key": None}, "Il faut notre certificat"),
        ({"certificate": None}, "vont ensemble"),
        ({"key": None}, "vont ensemble"),
        ({"certificate": "/nowhere.pem"}, "le certificat n'est pas un fichier"),
        ({"key": "/nowhere.pem"}, "la clé n'est pas un fichier"),
        ({"authority": "/nowhere.pem"}, "l'autorité n'est pas un fichier"),
        ({"authority": __file__}, "fichiers PEM"),
        ({"revoked": "/nowhere.pem"}, "la liste des révoqués n'est pas un fichier"),
        ({"revoked": __file__}, "révoqués"),
        ({"certificate": __file__}, "fichiers PEM"),
    ],
)
def test_what_is_wrong_with_a_declaration_is_said(files: Certificates, values: dict[str, Any], said: str):
    with pytest.raises(BadEditor, match=said):
        checked(secured(files, **values))


def test_a_key_of_another_certificate_is_refused(files: Certificates):
    with pytest.raises(BadEditor, match="n'est pas la clé de"):
        checked(secured(files, key=files.path("another-key")))


def test_an_editor_is_spoken_to_by_tls_1_2_at_least(files: Certificates):
    newer, older = (
        other_side(files, ssl.Purpose.CLIENT_AUTH, version)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_1)
    )
    assert agreed(tls(secured(files)), newer) == "TLSv1.2"
    with pytest.raises(ssl.SSLError, match="protocol"):
        agreed(tls(secured(files)), older)


def test_a_server_of_this_machine_may_do_without_tls_in_development():
    here = Declared("azur", "http://127.0.0.1:8000/fhir", ("ps",))
    assert checked(here, development=True) == here
    with pytest.raises(BadEditor, match="https"):
        checked(here)
    with pytest.raises(BadEditor, match="https"):
        checked(Declared("azur", "http://127.0.0.1.example/fhir", ("ps",)), development=True)


def test_two_editors_have_two_names(any_database: Engine):
    with writing(any_database) as connection:
        declare(connection, Declared("azur", "https://a.example", ("ps",)), AT)
        with pytest.raises(BadEditor, match="déjà déclaré"):
            declare(connection, Declared("azur", "https://b.example", ("sos",)), AT)
        declare(connection, Declared("brume", "https://b.example", ("cpts", "sos"), concurrency=2), AT)
        assert [one.name for one in editors(connection)] == ["azur", "brume"]
        assert editors(connection)[1].flows == ("cpts", "sos")
        set_active(connection, "azur", active=False)
        assert [one.name for one in editors(connection, active=True)] == ["brume"]


def test_an_editor_is_declared_otherwise_with_its_agendas(any_database: Engine):
    azur = declared(any_database, Declared("azur", "https://a.example", ("ps",)), rpps(1))
    with writing(any_database) as connection:
        declare(connection, replace(azur, base_url="https://b.example", calls_per_hour=10), AT + 1, again=True)
        (found,) = editors(connection)
        brume = Declared("brume", "https://c.example", ("ps",), caller="brume.example")
        declare(connection, brume, AT, again=True)
        with pytest.raises(BadEditor, match="déjà déclaré"):
            declare(connection, replace(found, caller="brume.example"), AT, again=True)
    assert (found.base_url, found.calls_per_hour) == ("https://b.example", 10)
    assert feed_of(any_database) == (0, False, None)


def test_until_somebody_is_asked_for_their_slots_are_unknown(any_database: Engine):
    declared(any_database, Declared("azur", "https://a.example", ("ps",)), rpps(1))
    assert feed_of(any_database) == (0, False, None)
    assert outbox(any_database) == [f"p:{rpps(1)}"]


def test_agendas_are_declared_once_and_what_is_no_identifier_is_told(any_database: Engine):
    azur = declared(any_database, Declared("azur", "https://a.example", ("ps", "sos")), rpps(1))
    given = [rpps(1), " ", rpps(2), rpps(2), "312345678900011", "12", "8100", "<b>"]
    with writing(any_database) as connection:
        assert add_agendas(connection, azur.name, given, AT) == (2, ["12", "8100", "<b>"])
        found = sorted(connection.scalars(select(table("slot_feed").c.subject)))
    assert found == [f"p:{rpps(1)}", f"p:{rpps(2)}", "s:12345678900011"]


def test_an_editor_that_is_paused_is_silent_at_once_and_its_slots_stay(any_database: Engine, editor: Running):
    editor.begin(one_each(1, 2))
    azur = declared(any_database, editor.declared(), rpps(1), rpps(2))
    brume = declared(any_database, editor.declared("brume"), rpps(2))
    sweep(any_database, azur)
    sweep(any_database, brume)
    before, slots = len(outbox(any_database)), slots_of(any_database)
    for _ in range(2):
        hush(any_database, azur, AT + 20)
    assert outbox(any_database)[before:] == [f"p:{rpps(1)}", f"p:{rpps(2)}"]
    answered = rows(any_database, "slot_feed", "source_name", "answered", "answered_at")
    assert sorted(answered) == [("azur", False, AT)] * 2 + [("brume", True, AT)]
    assert slots_of(any_database) == slots


def test_the_service_finds_out_by_itself_that_an_editor_is_paused(database: Engine, editor: Running):
    editor.begin(one_each(1))
    azur = declared(database, editor.declared(), rpps(1))
    sweep(database, azur)
    with writing(database) as connection:
        set_active(connection, azur.name, active=False)
    with feeding(database, lambda: AT + 20, round_s=0.1):
        assert until(lambda: feed_of(database) == (AT, False, AT))


def test_an_editor_leaves_with_its_slots(any_database: Engine, editor: Running):
    editor.begin(one_each(1))
    azur = declared(any_database, editor.declared(), rpps(1))
    sweep(any_database, azur)
    before = len(outbox(any_database))
    with writing(any_database) as connection:
        assert remove(connection, "azur", AT) == 1
        assert editors(connection) == []
    assert slots_of(any_database) == []
    assert outbox(any_database)[before:] == [f"p:{rpps(1)}"]
    with any_database.connect() as connection:
        for name in ("slot_feed", "editor_calls", "editor_outcome"):
            assert connection.execute(select(table(name))).all() == []
