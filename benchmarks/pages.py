"""How soon a page answers a regulator, over HTTP: `python -m benchmarks.pages [URL]`.

The address of a running service, else a demo is started. The ten requests of the regulator's calls are sent as the form
sends them: a sentence, the redirect to its canonical link, then that page, compressed, over one connection.
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from statistics import median, quantiles
from typing import Final
from urllib.parse import urlencode, urlsplit

from benchmarks.bounds import PAGE_MS
from benchmarks.report import Line, show
from tests.servers import demo

WARMING: Final = 2
TIMES: Final = 20
OK: Final = 200
REDIRECT: Final = 303
SENTENCES: Final[Mapping[str, str]] = {
    "un généraliste à domicile ce soir": "mg vad ce soir 12 cours Emile Zola 69100 Villeurbanne",
    "la pharmacie la plus proche": "pharmacie de garde la plus proche de Villeurbanne",
    "un kiné qui parle arabe": "kine qui parle arabe demain matin bron",
    "le médecin du patient": "dr martin villeurbanne",
    "une sage-femme en téléconsultation": "SF teleconsult maintenant",
    "personne d’exact": "gyneco lsf echographe ce soir Villeurbanne",
    "un homonyme": "generaliste à Saint-Denis",
    "un territoire": "kine 69100 69500 69120",
    "un autre moment": "mg cabinet demain matin bron",
}
REQUESTS: Final[Mapping[str, str]] = {
    **{what: f"/recherche?{urlencode({'sentence': said, 'address': ''})}" for what, said in SENTENCES.items()},
    "un lancement": "/lancer?inseecode=69266&streetnumber=12&streetname=cours+Emile+Zola&specialty=SM54",
}
HEADERS: Final = {"Accept": "text/html", "Accept-Encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class Answered:
    """A page: milliseconds until its first byte and its last, redirects included; bytes that came."""

    first_ms: float
    whole_ms: float
    weight: int


def answered(connection: HTTPConnection, path: str) -> Answered:
    """Ask for a page and follow where it leads."""
    start = time.perf_counter()
    response = _asked(connection, path)
    while response.status == REDIRECT:
        response.read()
        response = _asked(connection, response.headers["Location"])
    first = time.perf_counter()
    weight = len(response.read())
    if response.status != OK:
        raise SystemExit(f"{path}: {response.status}")
    return Answered(1000 * (first - start), 1000 * (time.perf_counter() - start), weight)


def _asked(connection: HTTPConnection, path: str) -> HTTPResponse:
    connection.request("GET", path, headers=HEADERS)
    return connection.getresponse()


def lines(url: str) -> list[Line]:
    """Each request in the middle of twenty times, and nineteen of twenty of all, beside the bound."""
    host = urlsplit(url)
    connection = HTTPConnection(host.hostname or "", host.port)
    found: list[Line] = []
    all_ms: list[float] = []
    for what, path in REQUESTS.items():
        times = [answered(connection, path) for _ in range(WARMING + TIMES)][WARMING:]
        all_ms += [each.whole_ms for each in times]
        found.append(Line(f"{what}, premier octet, p50", median(each.first_ms for each in times), "ms"))
        found.append(Line(f"{what}, page entière, p50", median(each.whole_ms for each in times), "ms", *PAGE_MS))
        found.append(Line(f"{what}, poids comprimé", times[0].weight / 1000, "ko"))
    connection.close()
    pages = f"les {len(all_ms)} pages"
    p95 = quantiles(all_ms, n=20)[-1]
    return [*found, Line(f"{pages}, p95", p95, "ms", *PAGE_MS), Line(f"{pages}, la plus lente", max(all_ms), "ms")]


def main() -> None:
    """Read the address and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?", help="a running service; else a demo is started")
    with demo.running(parser.parse_args().url) as url:
        show("les pages d’un régulateur", lines(url))


if __name__ == "__main__":
    main()
