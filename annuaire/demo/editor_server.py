"""A test editor: a FHIR server that speaks the contract from declared agendas, in a process of its own.

`python -m annuaire.demo.editor_server FILE`, where FILE is a `Setup` in JSON; its first line says the port. With a
certificate it speaks TLS, and with an authority it wants one from whoever calls. It takes orders while it runs:
`POST /_setup` begins anew, `/_faults` says what to do wrong, `/_slots` takes slots and frees others; `GET /_asked`
tells what it was asked, `/_accounts` which accounts of regulators it has. It listens to this machine alone, and ends
with its standard input: with whoever started it.
"""

import argparse
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from annuaire.demo.agendas import Agenda, Flow, Slot, slots_of
from annuaire.demo.bundles import Resource, searchset
from annuaire.demo.draws import draw
from annuaire.demo.editor_accounts import RESOURCE, Accounts, NotTaken, Sending
from annuaire.demo.faults import FAULTS, Fault, Sent
from ingestion.feeds.editors import refuse_revoked
from ingestion.fhir import instant
from models.identifiers import PERSONS, STRUCTURES

PATH: Final = "/fhir"
BEFORE: Final = {"status", "outcome", "redirect"}
"""Faults of a server that did not keep the account that it was told."""
STEADY_MINUTES: Final = 17
_FHIR: Final = "application/fhir+json; charset=utf-8"
_INCLUDES: Final[dict[Flow, dict[str, list[str]]]] = {
    "ps": {"_include": ["Slot:schedule"], "_include:iterate": ["Schedule:actor"]},
    "cpts": {
        "_include": ["Slot:schedule", "Slot:service-type-reference"],
        "_include:iterate": ["Schedule:actor", "HealthcareService:organization"],
    },
    "sos": {
        "_revinclude": ["Slot:schedule"],
        "_include": ["Schedule:actor:Location"],
        "_include:iterate": ["Location:organization"],
    },
}
_NAMES: Final[dict[bool, tuple[str, str, str]]] = {
    False: ("start", "status", "schedule.actor:Practitioner.identifier"),
    True: (
        "_has:Slot:schedule:start",
        "_has:Slot:schedule:status",
        "actor:Location.organization.identifier",
    ),
}
_MOST: Final = {False: 25, True: 10}
_SYSTEMS: Final = {False: PERSONS, True: STRUCTURES}


class Setup(msgspec.Struct):
    """What a test editor is.

    `slots` by agenda; without them they are drawn, as the demo's are. `now`: a clock that stands still (epoch seconds).
    `caller` and `unit`: the common name and the unit that a caller's certificate must have; `revoked`: the list (PEM)
    of those that are not heard. `lively`: slots appear and are taken as time goes.
    `unsteady`: three minutes of each twenty, it answers nothing but failures.
    """

    agendas: list[Agenda]
    slots: dict[str, list[Slot]] | None = None
    seed: int = 1
    now: int | None = None
    port: int = 0
    certificate: str | None = None
    key: str | None = None
    authority: str | None = None
    caller: str | None = None
    unit: str | None = None
    revoked: str | None = None
    lively: bool = False
    unsteady: bool = False


def lives(seed: int, slot: Slot, now: int) -> bool:
    """Whether a slot is there now: four créneaux in ten are taken hours before, three in ten appear within two days."""
    rng = draw(seed, "life", slot.id)
    taken, freed = rng.random() < 0.4, rng.random() < 0.3
    until = slot.start - (rng.expovariate(1 / (4 * 3600)) if taken else 0)
    since = slot.start - (rng.uniform(2 * 3600, 48 * 3600) if freed else 72 * 3600)
    return slot.kind == "plage" or since <= now < until


class Refused(Exception):  # noqa: N818 - a decision said to the caller
    """A request that is none of the contract's; the message goes in an OperationOutcome."""


class Search:
    """A search of the contract, checked as the kit would: each parameter as often as it must be, and no other."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.sos = parts.path == f"{PATH}/Schedule"
        if not self.sos and parts.path != f"{PATH}/Slot":
            raise Refused(f"no such resource: {parts.path}")
        given: dict[str, list[str]] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True):
            given.setdefault(name, []).append(value)
        self._read(given)

    def _read(self, given: dict[str, list[str]]) -> None:
        start, status, who = _NAMES[self.sos]
        bounds = {value[:2]: instant(value[2:]) for value in given.pop(start, [])}
        if set(bounds) != {"ge", "le"} or None in bounds.values():
            raise Refused(f"{start}: one ge and one le are expected, with a zone")
        if given.pop(status, []) != ["free"]:
            raise Refused(f"{status}=free is expected")
        tokens = [token for value in given.pop(who, []) for token in value.split(",")]
        systems = {token.partition("|")[0] for token in tokens}
        if not 1 <= len(tokens) <= _MOST[self.sos] or systems != {_SYSTEMS[self.sos]}:
            raise Refused(f"{who}: 1 to {_MOST[self.sos]} identifiers of {_SYSTEMS[self.sos]} are expected")
        self.ids = [token.partition("|")[2] for token in tokens]
        self.window = (bounds["ge"] or 0, bounds["le"] or 0)
        flows: tuple[Flow, ...] = ("sos",) if self.sos else ("ps", "cpts")
        flow = next((flow for flow in flows if _INCLUDES[flow] == given), None)
        if flow is None:
            raise Refused(f"these inclusions are none of the contract's: {given}")
        self.flow = flow


class EditorServer(ThreadingHTTPServer):
    """The server, and what it was told since it began."""

    daemon_threads = True

    def __init__(self, setup: Setup) -> None:
        self.turn = threading.Lock()
        self.answering = 0
        self.begin(setup)
        super().__init__(("127.0.0.1", setup.port), Handler)
        if setup.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(setup.certificate, setup.key)
            if setup.authority:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(setup.authority)
            if setup.revoked:
                refuse_revoked(context, setup.revoked)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def begin(self, setup: Setup) -> None:
        """Forget everything but a setup."""
        self.setup = setup
        self.agendas = {agenda.id: agenda for agenda in setup.agendas}
        self.declared = setup.slots
        self.taken: set[str] = set()
        self.faults: list[Fault] = []
        self.asked: list[str] = []
        self.accounts = Accounts()
        self.most_at_once = 0
        self.rest: Resource = {}

    def now(self) -> int:
        """The clock: one that stands still, or this machine's."""
        return int(time.time()) if self.setup.now is None else self.setup.now

    def slots(self, agenda: Agenda) -> list[Slot]:
        """What is free of an agenda now."""
        if self.declared is None:
            found = slots_of(self.setup.seed, agenda, self.now())
        else:
            found = self.declared.get(agenda.id, [])
        if self.setup.lively:
            found = [slot for slot in found if lives(self.setup.seed, slot, self.now())]
        return [slot for slot in found if slot.id not in self.taken]

    def answer(self, search: Search, address: str) -> Resource:
        """The Bundle that answers a search."""
        first, last = search.window
        known = [self.agendas[identifier] for identifier in search.ids if identifier in self.agendas]
        free = ((agenda, [slot for slot in self.slots(agenda) if first <= slot.start <= last]) for agenda in known)
        return searchset([(agenda, slots) for agenda, slots in free if slots], search.flow, address, self.now())

    @contextmanager
    def counted(self, address: str) -> Iterator[None]:
        """Write down what is asked, and how many requests are answered at once."""
        with self.turn:
            self.asked.append(address)
            self.answering += 1
            self.most_at_once = max(self.most_at_once, self.answering)
        try:
            yield
        finally:
            with self.turn:
                self.answering -= 1

    def endless(self) -> Resource:
        """A page that is followed by itself."""
        return self.rest | {"entry": [], "link": [{"relation": "next", "url": self.faults[0].text}]}

    def next_fault(self) -> Fault | None:
        """The fault that the request that comes now meets."""
        if self.setup.unsteady and self.now() // 60 % 20 >= STEADY_MINUTES:
            return Fault("status", count=HTTPStatus.SERVICE_UNAVAILABLE)
        with self.turn:
            fault = self.faults[0] if self.faults else None
            if fault is not None and fault.times is not None:
                fault.times -= 1
                self.faults = self.faults[fault.times == 0 :]
            return fault

    def handle_error(self, *_request: object) -> None:
        """Whoever hangs up is no error of a server's."""


class Handler(BaseHTTPRequestHandler):
    """One connection; it stays open between requests."""

    server: EditorServer
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Answer a search, or tell what was asked."""
        if told := TOLD.get(self.path):
            self.send(Sent(msgspec.json.encode(told(self.server))))
            return
        with self.server.counted(self.path):
            self._search()

    def _search(self) -> None:
        fault = self.server.next_fault()
        try:
            self._check_caller()
            search = Search(self.path)
        except (Refused, ValueError) as refusal:
            self.send(outcome(HTTPStatus.BAD_REQUEST, str(refusal)))
            return
        scheme = "https" if self.server.setup.certificate else "http"
        bundle = self.server.answer(search, f"{scheme}://{self.headers['Host']}{self.path}")
        sent = Sent(msgspec.json.encode(bundle))
        with suppress(OSError):
            self.send(FAULTS[fault.name](fault, sent, bundle, self) if fault else sent)

    def do_POST(self) -> None:
        """Take an order, or an account."""
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if order := ORDERS.get(self.path):
            try:
                order(self.server, sent)
                self.send(Sent(b"{}"))
            except msgspec.MsgspecError as error:
                self.send(Sent(msgspec.json.encode({"error": str(error)}), status=HTTPStatus.BAD_REQUEST))
            return
        self._keep(sent)

    def do_PUT(self) -> None:
        """Take an account."""
        self._keep(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _keep(self, body: bytes) -> None:
        """Answer whoever tells an account; a fault of `BEFORE` comes before it is kept, the others after."""
        with self.server.counted(f"{self.command} {self.path}"):
            fault = self.server.next_fault()
            sound, resource = (Sent(b"{}"), {}) if fault and fault.name in BEFORE else self._kept(body)
            with suppress(OSError):
                self.send(FAULTS[fault.name](fault, sound, resource, self) if fault else sound)

    def _kept(self, body: bytes) -> tuple[Sent, Resource]:
        """What a sound server answers to an account, and the resource."""
        here = f"{'https' if self.server.setup.certificate else 'http'}://{self.headers['Host']}{RESOURCE}"
        try:
            self._check_caller()
            with self.server.turn:
                status, identifier, resource = self.server.accounts.take(self.command, self.path, body)
        except (Refused, NotTaken) as refusal:
            answer, resource = outcome(getattr(refusal, "status", HTTPStatus.BAD_REQUEST), str(refusal)), {}
        else:
            place = {"Location": f"{here}/{identifier}"}
            answer = Sent(msgspec.json.encode(resource | {"id": identifier}), status, place)
        self.server.accounts.sent.append(Sending(self.command, self.path, body.decode(errors="replace"), answer.status))
        return answer, resource

    def send(self, sent: Sent | None) -> None:
        """Send a response; None: nothing more, the connection ends."""
        if sent is None:
            self.close_connection = True
            return
        self.send_response(sent.status)
        for name, value in {"Content-Type": _FHIR, "Content-Length": str(len(sent.body)), **sent.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent.body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def _check_caller(self) -> None:
        """Refuse a certificate of another name, or of another unit, than the one expected."""
        setup = self.server.setup
        wanted = {"commonName": setup.caller, "organizationalUnitName": setup.unit}
        expected = {((name, value),) for name, value in wanted.items() if value is not None}
        if expected and not expected.issubset(self.connection.getpeercert()["subject"]):
            raise Refused("this certificate is of somebody else")


def outcome(status: HTTPStatus, text: str) -> Sent:
    """A failure, as the contract wants it said."""
    issue = {"severity": "error", "code": "invalid", "diagnostics": text}
    return Sent(msgspec.json.encode({"resourceType": "OperationOutcome", "issue": [issue]}), status)


def _order_setup(server: EditorServer, order: bytes) -> None:
    former, told = server.setup, msgspec.json.decode(order, type=Setup)
    kept = {name: getattr(former, name) for name in ("certificate", "caller", "unit", "revoked")}
    server.begin(msgspec.structs.replace(told, **kept))


def _order_faults(server: EditorServer, order: bytes) -> None:
    told = msgspec.json.decode(order, type=list[Fault])
    if unknown := sorted({fault.name for fault in told} - FAULTS.keys()):
        raise msgspec.ValidationError(f"no such fault: {', '.join(unknown)}; known: {', '.join(FAULTS)}")
    server.faults = told


class SlotsOrder(msgspec.Struct):
    """Slots that are taken, by identifier, and the slots of agendas from now on."""

    taken: list[str] = []
    slots: dict[str, list[Slot]] = {}


def _order_slots(server: EditorServer, order: bytes) -> None:
    told = msgspec.json.decode(order, type=SlotsOrder)
    server.taken |= set(told.taken)
    if told.slots:
        server.declared = {**(server.declared or {}), **told.slots}


TOLD: Final[Mapping[str, Callable[[EditorServer], Any]]] = {
    "/_asked": lambda server: server.asked,
    "/_accounts": lambda server: server.accounts,
    "/_most_at_once": lambda server: server.most_at_once,
    "/_rest": lambda server: server.rest,
    "/_endless": lambda server: server.endless(),
}
ORDERS: Final[Mapping[str, Callable[[EditorServer, bytes], None]]] = {
    "/_setup": _order_setup,
    "/_faults": _order_faults,
    "/_slots": _order_slots,
}


@contextmanager
def running(file: Path, setup: Setup) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """A test editor in a process of its own for the time of a block: its port, and its process.

    Raises:
        ValueError: it did not start.

    """
    file.write_bytes(msgspec.json.encode(setup))
    command = [sys.executable, "-m", __spec__.name, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            yield int(process.stdout.readline() if process.stdout else ""), process
        finally:
            process.terminate()


def main() -> None:
    """Serve what a file sets up, until told to stop or until the standard input ends."""
    parser = argparse.ArgumentParser(
        prog="python -m annuaire.demo.editor_server",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"Faults: {', '.join(FAULTS)}.",
    )
    parser.add_argument("file", type=Path, help='a `Setup` in JSON; {"agendas": []} knows nobody')
    file = parser.parse_args().file
    try:
        server = EditorServer(msgspec.json.decode(file.read_bytes(), type=Setup))
    except (OSError, msgspec.MsgspecError) as error:
        parser.error(f"{file}: {error}")
    threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        server.serve_forever()


def _end_with_input(server: EditorServer) -> None:
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
