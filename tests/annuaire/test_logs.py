"""Logs: one shape for all, and never a query string."""

import json
import logging

import pytest
import structlog
from fastapi import FastAPI
from starlette.testclient import TestClient

from annuaire.logs import AccessLog, configure_logs
from annuaire.settings import Settings

SETTINGS = Settings(environment="test")


def client() -> TestClient:
    """A service that logs as ours does, to the standard error of the moment."""
    configure_logs(SETTINGS)
    app = FastAPI()
    app.add_middleware(AccessLog)

    @app.get("/offers/{offer}")
    def offer(offer: str) -> str:
        return offer

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("boum")

    return TestClient(app, raise_server_exceptions=False)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def access(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return next(line for line in lines(capsys) if line["logger"] == "annuaire.access")


def test_a_request_is_logged_by_the_template_of_its_route_without_its_query(capsys: pytest.CaptureFixture[str]):
    client().get("/offers/p810000000001-0123456789ab?near=45.7,4.8&address=12%20rue%20Victor%20Hugo")
    line = access(capsys)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/offers/{offer}", 200)
    assert float(str(line["ms"])) >= 0
    assert "45.7" not in json.dumps(line)


def test_a_path_that_no_route_has_is_logged_without_its_query(capsys: pytest.CaptureFixture[str]):
    client().get("/nowhere?address=secret")
    line = access(capsys)
    assert (line["path"], line["status"]) == ("/nowhere", 404)
    assert "secret" not in json.dumps(line)


def test_a_request_that_breaks_is_logged_as_a_500(capsys: pytest.CaptureFixture[str]):
    client().get("/broken?address=secret")
    logged = lines(capsys)
    assert [(line["path"], line["status"]) for line in logged if line["logger"] == "annuaire.access"] == [
        ("/broken", 500)
    ]
    assert "secret" not in json.dumps(logged)


@pytest.mark.parametrize(
    "text",
    [
        "/api/v1/search?Secrete",
        "GET http://geocodeur.test/search?q=12+rue+Secrete&limit=1 failed",
        "/api/v1/search?near=Secrete,4.8",
        'asked "/search/?address=Secrete"',
    ],
)
def test_no_logger_may_write_a_query_string(capsys: pytest.CaptureFixture[str], text: str):
    configure_logs(SETTINGS)
    structlog.get_logger("ours").info(text, address=text)
    logging.getLogger("theirs").warning("refused: %s", text)
    logging.getLogger("theirs").error("broken", exc_info=ValueError(text))
    written = capsys.readouterr().err
    assert "Secrete" not in written
    assert len(written.splitlines()) == 3


def test_a_sentence_that_asks_keeps_its_words(capsys: pytest.CaptureFixture[str]):
    configure_logs(SETTINGS)
    structlog.get_logger("ours").info("Vouliez-vous dire ANNUAIRE_PORT ? a=b")
    assert lines(capsys)[0]["event"] == "Vouliez-vous dire ANNUAIRE_PORT ? a=b"


def test_libraries_that_log_each_request_are_quiet(capsys: pytest.CaptureFixture[str]):
    configure_logs(SETTINGS)
    logging.getLogger("elastic_transport.transport").info("GET /annuaire/_search")
    logging.getLogger("httpx2").info("GET /search")
    assert capsys.readouterr().err == ""


def test_a_console_line_is_not_json(capsys: pytest.CaptureFixture[str]):
    configure_logs(Settings(environment="test", log_format="console", log_level="warning"))
    structlog.get_logger("ours").warning("attention", chose=1)
    structlog.get_logger("ours").info("rien")
    written = capsys.readouterr().err
    assert "attention" in written
    assert "rien" not in written
    assert not written.startswith("{")
