"""The demo, served as `make run` does: the four départements, seen by the regulation."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.servers import local

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 900


@contextmanager
def running(url: str | None = None, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of the service given, or of a demo that is started with these settings for the time of the block.

    Raises:
        SystemExit: the demo does not get ready.

    """
    if url:
        yield url.rstrip("/")
        return
    port = str(local.free_port())
    told = {"ANNUAIRE_PORT": port, "ANNUAIRE_LOG_LEVEL": "warning", **(settings or {})}
    command = [Path(sys.executable).with_name("annuaire"), "demo", "run"]
    process = subprocess.Popen(command, env={**os.environ, **told}, cwd=ROOT)
    try:
        yield _ready(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait()


def _ready(url: str, process: subprocess.Popen[bytes]) -> str:
    """Wait until the service says that it can answer."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{url}/readyz", timeout=5):  # noqa: S310 - our own address
                return url
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    raise SystemExit("the demo is not ready")
