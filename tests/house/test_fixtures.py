"""A server that cannot be had skips its tests, and fails them under CI."""

from contextlib import AbstractContextManager

import pytest

from tests.conftest import obtained
from tests.servers import elasticsearch, local


class Absent(AbstractContextManager[str]):
    """A server that this machine cannot have."""

    def __enter__(self) -> str:
        raise local.Unavailable("nothing to run it with")

    def __exit__(self, *_reason: object) -> None:
        """Nothing was started."""


def test_a_server_that_cannot_be_had_skips_with_the_reason(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="nothing to run it with"), obtained(Absent()):
        pass


def test_a_server_that_cannot_be_had_fails_under_ci(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="nothing to run it with"), obtained(Absent()):
        pass


def test_a_given_url_is_taken_before_anything_is_started(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(elasticsearch.VARIABLE, "http://127.0.0.1:1/")
    with elasticsearch.running() as url:
        assert url == "http://127.0.0.1:1"
