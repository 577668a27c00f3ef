"""`make run`, as a person types it: the demo territory is served, and answers the request of the README at once."""

import json
import os
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers import local

ROOT = Path(__file__).parents[2]
READY_S = 180
"""What a run may take once packages are installed; the wait ends as soon as it answers."""
EVENING = {"specialty": "SM54", "address": "Villeurbanne", "modality": "domicile", "within_hours": "12"}


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The service that `make run` starts over this data folder, once it answers; stopped by Ctrl-C."""
    address = f"http://127.0.0.1:{(port := local.free_port())}"
    environment = os.environ | {"ANNUAIRE_DATA_DIR": str(folder), "ANNUAIRE_PORT": str(port)}
    said = folder / "said.txt"
    with said.open("wb") as written:
        process = subprocess.Popen(["make", "run"], cwd=ROOT, env=environment, stderr=written, start_new_session=True)
    try:
        local.wait_until(lambda: answers(f"{address}/readyz"), process, said, READY_S)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(READY_S)
    assert f"répond sur {address}" in said.read_text("utf-8")
    assert "leaked" not in said.read_text("utf-8")


def answers(url: str) -> bool:
    """Whether something answers there."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own service
            return True
    except OSError:
        return False


def read(url: str, **asked: str) -> bytes:
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(asked)}", timeout=30) as response:  # noqa: S310 - same
        return bytes(response.read())


def test_make_run_serves_four_departements_and_the_second_time_what_it_loaded(tmp_path: Path):
    with running(tmp_path) as address:
        found: dict[str, Any] = json.loads(read(f"{address}/api/v1/search", **EVENING))
        assert found["viewer"] == "regulation"
        assert found["exact"]["offers"]
        assert found["approximate"]["offers"]
        assert "résultats exacts" in read(f"{address}/recherche", **EVENING).decode()
        listed = json.loads(read(f"{address}/api/v1/facets", departement="69"))
        assert listed
    with running(tmp_path) as address:
        again = json.loads(read(f"{address}/api/v1/search", **EVENING))
        assert again["generation"] == found["generation"]
