"""Fixtures of feeds.

- `files`: certificates made for the run.
- `editor`: a test editor with mutual TLS, shared by the tests of a process; `editor.begin(setup)` gives it agendas.
- `plain_editor`: the same without TLS.
"""

from collections.abc import Iterator

import pytest

from annuaire.demo.editor_server import Setup
from tests.servers.editors import Certificates, Running, certificates, running, secured


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def _secured_editor(files: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("editor"), Setup([], **secured(files)), files) as one:
        yield one


@pytest.fixture
def editor(_secured_editor: Running, files: Certificates) -> Running:
    _secured_editor.begin(Setup([], **secured(files)))
    return _secured_editor


@pytest.fixture(scope="session")
def _plain_editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("plain"), Setup([])) as one:
        yield one


@pytest.fixture
def plain_editor(_plain_editor: Running) -> Running:
    _plain_editor.begin(Setup([]))
    return _plain_editor
