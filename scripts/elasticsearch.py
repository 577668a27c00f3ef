"""Keep a real Elasticsearch beside one's work: `start --port 9209`, then `stop --port 9209`.

The same server as the tests start by themselves; tests use a kept one through ANNUAIRE_TEST_ELASTICSEARCH_URL.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.servers import elasticsearch, local  # noqa: E402 - the tree is not installed


def start(port: int, heap: str) -> None:
    """Start a server that outlives this command, wait for it, and note its pid and directory."""
    process, directory = elasticsearch.launch(port, heap)
    url = elasticsearch.address(port)
    local.wait_until(lambda: elasticsearch.answers(url), process, directory, elasticsearch.READY_SECONDS)
    note(port).parent.mkdir(exist_ok=True)
    note(port).write_text(f"{process.pid}\n{directory}\n")
    print(f"Elasticsearch {elasticsearch.version(url)}: {url}, pid {process.pid}, {directory}")


def stop(port: int, heap: str) -> None:  # noqa: ARG001 - every verb is called alike
    """End the server started on a port and remove what it wrote."""
    pid, directory = note(port).read_text().split()
    os.kill(int(pid), signal.SIGTERM)
    deadline = time.monotonic() + 30
    while alive(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.2)
    shutil.rmtree(directory, ignore_errors=True)
    note(port).unlink()


def alive(pid: int) -> bool:
    """Whether a process still exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def note(port: int) -> Path:
    """Where the pid and the directory of a kept server are written."""
    return ROOT / "var" / f"elasticsearch-{port}"


def main() -> None:
    """Read the verb and run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=["start", "stop"])
    parser.add_argument("--port", type=int, default=9209)
    parser.add_argument("--heap", default="1g")
    arguments = parser.parse_args()
    {"start": start, "stop": stop}[arguments.verb](arguments.port, arguments.heap)


if __name__ == "__main__":
    main()
