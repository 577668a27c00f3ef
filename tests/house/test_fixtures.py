"""A server that cannot be had skips its tests, and fails them under CI; what a worker tells ends the run."""

import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.conftest import obtained
from tests.servers import elasticsearch, local

ROOT = Path(__file__).resolve().parent.parent.parent


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


TELLING = """
from tests.conftest import TOLD


def test_a_call(pytestconfig):
    pytestconfig.stash[TOLD].append("by keyboard: a call")
"""


def test_the_run_ends_with_what_its_workers_tell(tmp_path: Path):
    (tmp_path / "test_telling.py").write_text(TELLING)
    options = "-c pyproject.toml -p tests.conftest -p no:cacheprovider -n 1"
    command = [sys.executable, "-m", "pytest", *options.split(), tmp_path]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "\nby keyboard: a call\n" in run.stdout
