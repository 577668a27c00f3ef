"""A real Elasticsearch for one run: a URL that is given, a container, or the server's own zip on a JDK.

The zip (`ZIP`) is the server's core distribution. It holds no analysis module, no scripts and no `GET /`: what
passes on it passes on every distribution.
"""

import json
import os
import re
import shutil
import subprocess
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

from tests.servers import local

VARIABLE = "ANNUAIRE_TEST_ELASTICSEARCH_URL"
VERSION = "9.3.2"
ZIP = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
IMAGE = f"docker.elastic.co/elasticsearch/elasticsearch:{VERSION}"
OLDEST_JAVA = 21
READY_SECONDS = 120
SMALL = "-XX:-UseG1GC -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""A server of a few minutes: what the collector's threads and the second compiler cost is not earned back."""
JAVA_HOMES = ("/usr/lib/jvm/*", "/opt/java/*", "/opt/jdk*", "/Library/Java/JavaVirtualMachines/*/Contents/Home")

CONFIGURATION = """\
cluster.name: annuaire-tests
node.name: one
discovery.type: single-node
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport}
xpack.security.enabled: false
cluster.routing.allocation.disk.threshold_enabled: false
path.data: {directory}/data
path.logs: {directory}/logs
"""


@contextmanager
def running(heap: str = "1g") -> Iterator[str]:
    """The URL of a server that answers, for the time of a block."""
    if url := os.environ.get(VARIABLE):
        yield url.rstrip("/")
    elif local.engine_answers():
        with container(heap) as url:
            yield url
    else:
        port = local.free_port()
        process, directory = launch(port, heap)
        with local.held(process, directory):
            local.wait_until(lambda: answers(address(port)), process, directory / local.OUTPUT, READY_SECONDS)
            yield address(port)


@contextmanager
def container(heap: str) -> Iterator[str]:
    """The official image, with security off."""
    server = (
        DockerContainer(IMAGE)
        .with_env("discovery.type", "single-node")
        .with_env("xpack.security.enabled", "false")
        .with_env("ES_JAVA_OPTS", f"-Xms{heap} -Xmx{heap}")
        .with_exposed_ports(9200)
        .waiting_for(HttpWaitStrategy(9200, "/_cluster/health").with_startup_timeout(READY_SECONDS))
    )
    with server:
        yield f"http://{server.get_container_host_ip()}:{server.get_exposed_port(9200)}"


def launch(port: int, heap: str) -> tuple[subprocess.Popen[bytes], Path]:
    """Unpack the zip in a directory of its own and start the server there; it is not ready yet."""
    java, archive = java_home(), server_zip()
    directory = local.own_directory("annuaire-elasticsearch")
    home = unpack(archive, directory)
    settings = CONFIGURATION.format(port=port, transport=local.free_port(), directory=directory)
    (home / "config" / "elasticsearch.yml").write_text(settings)
    (directory / "tmp").mkdir()
    local.give(directory)
    environment = {
        "ES_JAVA_HOME": str(java),
        "ES_JAVA_OPTS": f"-Xms{heap} -Xmx{heap} {SMALL}",
        "ES_TMPDIR": str(directory / "tmp"),
        "CLI_JAVA_OPTS": f"-Xmx32m -XX:+UseSerialGC -Djava.io.tmpdir={directory / 'tmp'}",
    }
    return local.start([str(home / "bin" / "elasticsearch")], directory, environment), directory


def unpack(archive: Path, directory: Path) -> Path:
    """Unpack the server's zip; its one top directory is returned, its commands executable."""
    with zipfile.ZipFile(archive) as content:
        content.extractall(directory)
    home = next(directory.glob("elasticsearch-*"))
    for command in (home / "bin").iterdir():
        command.chmod(0o755)
    return home


def server_zip() -> Path:
    """The server's zip in Maven's cache, brought there by Maven when absent."""
    group, artifact, version, kind = ZIP.split(":")
    cache = Path.home() / ".m2" / "repository"
    path = cache / group.replace(".", "/") / artifact / version / f"{artifact}-{version}.{kind}"
    if not path.exists():
        if shutil.which("mvn") is None:
            raise local.Unavailable(f"neither {VARIABLE}, nor a container engine, nor Maven to bring the server")
        command = ["mvn", "-q", "-B", "dependency:get", f"-Dartifact={ZIP}", "-Dtransitive=false"]
        if subprocess.run(command, check=False).returncode or not path.exists():
            raise local.Unavailable(f"Maven could not bring {ZIP}")
    return path


def java_home() -> Path:
    """The newest installed JDK that the server can run on."""
    named = [os.environ[name] for name in ("ES_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    installed: list[Path] = [path for pattern in JAVA_HOMES for path in Path("/").glob(pattern.lstrip("/"))]
    homes = [*map(Path, named), *installed]
    best = max(homes, key=java_version, default=None)
    if best is None or java_version(best) < OLDEST_JAVA:
        raise local.Unavailable(
            f"no JDK {OLDEST_JAVA} or later with the vector module; install one or set ES_JAVA_HOME"
        )
    return best


def java_version(home: Path) -> int:
    """The major version of a JDK, from its `release` file; 0 for a JRE without what the server loads."""
    release = home / "release"
    text = release.read_text() if release.exists() else ""
    version = re.search(r'JAVA_VERSION="(\d+)', text)
    return int(version[1]) if version and "jdk.incubator.vector" in text else 0


def address(port: int) -> str:
    """The URL of a local server."""
    return f"http://127.0.0.1:{port}"


def answers(url: str) -> bool:
    """Whether a server answers and can hold an index."""
    try:
        health = read(f"{url}/_cluster/health")
    except (URLError, ConnectionError, TimeoutError):
        return False
    return health["status"] in {"green", "yellow"}


def version(url: str) -> str:
    """The version that a server says it has."""
    nodes = read(f"{url}/_nodes/_local?filter_path=nodes.*.version")["nodes"]
    return str(next(iter(nodes.values()))["version"])


def read(url: str) -> dict[str, Any]:
    """One JSON answer of a local server."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a URL of the tests' own
        return dict(json.load(answer))
