"""The real servers answer, and are what they say."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from playwright.sync_api import Browser, Page, Route
from sqlalchemy import create_engine, text

from tests.servers import elasticsearch, local

ROOT = Path(__file__).resolve().parents[2]
FAULTY = (
    "<!doctype html><html lang=fr><head><title>Une page</title></head>"
    "<body><main><h1>Un titre</h1><img src=absent.png></main></body></html>"
)
SOUND = FAULTY.replace("<img src=absent.png>", "<p>Un texte</p>")
UNREADABLE = "@media (prefers-color-scheme: {scheme}) {{ p {{ color: {ink}; background: {ground} }} }}"
NOTHING_ALLOWED = {"Content-Security-Policy": "default-src 'none'"}


def served(page: Page, body: str) -> Page:
    """Show a document as a server would, under a policy that allows nothing."""

    def answer(route: Route) -> None:
        route.fulfill(body=body, content_type="text/html", headers=NOTHING_ALLOWED)

    page.route("http://annuaire.test/", answer)
    page.goto("http://annuaire.test/")
    return page


def test_elasticsearch_is_at_least_version_9_and_indexes(elasticsearch_url: str):
    with Elasticsearch(elasticsearch_url) as client:
        client.index(index="house-test", id="1", document={"name": "Ana"}, refresh=True)
        assert client.count(index="house-test")["count"] == 1
        client.indices.delete(index="house-test")
    assert int(elasticsearch.version(elasticsearch_url).split(".")[0]) >= 9


def test_every_postgresql_database_is_empty_and_its_own(postgresql_database: str):
    engine = create_engine(postgresql_database)
    with engine.connect() as connection:
        tables = connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
        name = connection.scalar(text("SELECT current_database()"))
    engine.dispose()
    assert tables == 0
    assert str(name).startswith("annuaire_")


@pytest.mark.parametrize("scripting", [True, False])
def test_chromium_renders_and_axe_finds_faults_under_a_strict_policy(
    browser: Browser, violations: Callable[[Page], list[str]], *, scripting: bool
):
    context = browser.new_context(java_script_enabled=scripting)
    faulty = served(context.new_page(), FAULTY)
    assert faulty.get_by_role("heading").inner_text() == "Un titre"
    assert found(violations(faulty)) == [("dark", "image-alt")]
    assert violations(served(context.new_page(), SOUND)) == []
    context.close()


def test_axe_audits_a_page_without_an_address(browser: Browser, violations: Callable[[Page], list[str]]):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(FAULTY)
    assert found(violations(page)) == [("dark", "image-alt")]
    context.close()


@pytest.mark.parametrize("scripting", [True, False])
@pytest.mark.parametrize(("scheme", "ink", "ground"), [("dark", "#333", "#222"), ("light", "#ccc", "#ddd")])
def test_axe_finds_what_cannot_be_read_in_one_scheme_alone(
    browser: Browser, violations: Callable[[Page], list[str]], scheme: str, ink: str, ground: str, *, scripting: bool
):
    style = UNREADABLE.format(scheme=scheme, ink=ink, ground=ground)
    with browser.new_context(java_script_enabled=scripting) as context:
        page = context.new_page()
        page.set_content(SOUND.replace("</title>", f"</title><style>{style}</style>"))
        assert found(violations(page)) == [(scheme, "color-contrast")]


def found(lines: list[str]) -> list[tuple[str, ...]]:
    """The scheme and the rule of each line."""
    return [tuple(line.split(": ")[:2]) for line in lines]


def test_a_jdk_too_old_or_without_the_vector_module_is_not_taken(tmp_path: Path):
    for name, release in (
        ("old", 'JAVA_VERSION="17.0.1"\nMODULES="java.base jdk.incubator.vector"'),
        ("jre", 'JAVA_VERSION="25"\nMODULES="java.base"'),
        ("good", 'JAVA_VERSION="25.0.1"\nMODULES="java.base jdk.incubator.vector"'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "release").write_text(release)
    assert [elasticsearch.java_version(tmp_path / name) for name in ("old", "jre", "good", "absent")] == [17, 0, 25, 0]


STARTS = """
import sys
from tests.servers import local
directory = local.own_directory(sys.argv[1])
process = local.start(["/bin/sleep", "600"], directory, {})
print(process.pid, directory, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("setpriv"), reason="only Linux ends orphans for us")
def test_a_run_that_is_killed_leaves_no_server_and_the_next_removes_what_it_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = {**os.environ, "TMPDIR": str(tmp_path)}
    ours = [sys.executable, "-c", STARTS, "annuaire-killed"]
    with subprocess.Popen(ours, cwd=ROOT, env=told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        server, directory = run.stdout.readline().split()
        assert lives(server)
        until(lambda: command_of(server) == "sleep")  # what ends it with its parent is set before it is itself
        run.kill()
    until(lambda: not lives(server))
    assert Path(directory).exists()
    of_next = {local.own_directory("annuaire-killed"), local.own_directory("annuaire-killed")}
    assert set(tmp_path.iterdir()) == of_next


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true, thirty seconds at most."""
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert true()


def command_of(process: str) -> str:
    """The name of what a process runs now."""
    return (Path("/proc") / process / "comm").read_text().strip()


def lives(process: str) -> bool:
    """Whether a process is there and has not ended; one that nobody waited for stays, ended."""
    try:
        return (Path("/proc") / process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_server_that_dies_says_its_last_words(tmp_path: Path):
    directory = local.own_directory("annuaire-test")
    process = local.start(["/bin/sh", "-c", "echo tout est perdu; exit 1"], directory, {})
    with local.held(process, directory), pytest.raises(RuntimeError, match="tout est perdu"):
        local.wait_until(lambda: False, process, directory / local.OUTPUT, 10)
    assert not directory.exists()
