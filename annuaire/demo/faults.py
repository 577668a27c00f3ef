"""What a test editor may do wrong, on demand: each fault sends what it sends instead of a sound answer."""

import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, NamedTuple

import msgspec

Resource = dict[str, Any]
MEBIBYTE: Final = 1024 * 1024


class Fault(msgspec.Struct):
    """A fault, met by so many requests (None: by all that come), for so many seconds, or so many times over."""

    name: str
    times: int | None = None
    seconds: float = 0.0
    count: int = 0
    text: str = ""


class Sent(NamedTuple):
    """A response."""

    body: bytes
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = {}


Faulty = Callable[[Fault, Sent, Resource, BaseHTTPRequestHandler], Sent | None]
"""What is sent instead of a sound response, whose Bundle is given; None when it sent what it had to by itself."""


def _slow(fault: Fault, sound: Sent, _bundle: Resource, _handler: BaseHTTPRequestHandler) -> Sent:
    time.sleep(fault.seconds)
    return sound


def _drip(fault: Fault, sound: Sent, _bundle: Resource, handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then: no read ever waits long, the whole never ends."""
    _head(handler, len(sound.body))
    for byte in sound.body:
        handler.wfile.write(bytes([byte]))
        time.sleep(fault.seconds)


def _cut(_fault: Fault, sound: Sent, _bundle: Resource, handler: BaseHTTPRequestHandler) -> None:
    _head(handler, len(sound.body))
    handler.wfile.write(sound.body[: len(sound.body) // 2])


def _huge(fault: Fault, _sound: Sent, _bundle: Resource, handler: BaseHTTPRequestHandler) -> None:
    """So many mebibytes of a JSON text that never says anything."""
    _head(handler, fault.count * MEBIBYTE)
    for _ in range(fault.count):
        handler.wfile.write(b" " * MEBIBYTE)


def _head(handler: BaseHTTPRequestHandler, size: int) -> None:
    handler.send_response(HTTPStatus.OK)
    handler.send_header("Content-Type", "application/fhir+json")
    handler.send_header("Content-Length", str(size))
    handler.end_headers()


def _status(fault: Fault, _sound: Sent, _bundle: Resource, _handler: BaseHTTPRequestHandler) -> Sent:
    return Sent(b"<html>Service indisponible</html>", fault.count, {"Content-Type": "text/html"})


def _outcome(fault: Fault, _sound: Sent, _bundle: Resource, _handler: BaseHTTPRequestHandler) -> Sent:
    issue = {"severity": "error", "code": "exception", "diagnostics": "base indisponible"}
    return Sent(msgspec.json.encode({"resourceType": "OperationOutcome", "issue": [issue]}), fault.count or 500)


def _text(fault: Fault, _sound: Sent, _bundle: Resource, _handler: BaseHTTPRequestHandler) -> Sent:
    return Sent(fault.text.encode())


def _deep(fault: Fault, _sound: Sent, _bundle: Resource, _handler: BaseHTTPRequestHandler) -> Sent:
    opened, closed = b'{"entry":[' * (fault.count // 2), b"]}" * (fault.count // 2)
    return Sent(b'{"resourceType":"Bundle","type":"searchset","entry":[' + opened + closed + b"]}")


def _redirect(fault: Fault, _sound: Sent, _bundle: Resource, _handler: BaseHTTPRequestHandler) -> Sent:
    return Sent(b"", HTTPStatus.FOUND, {"Location": fault.text})


def _spoilt(fault: Fault, sound: Sent, _bundle: Resource, handler: BaseHTTPRequestHandler) -> Sent:
    """A failure for whoever asks for somebody, alone or with others."""
    return Sent(b"", HTTPStatus.INTERNAL_SERVER_ERROR) if fault.text in handler.path else sound


def _pages(fault: Fault, _sound: Sent, bundle: Resource, handler: BaseHTTPRequestHandler) -> Sent:
    """The first half of a Bundle, and where the other one is: at the address of the fault, else here."""
    middle = len(bundle["entry"]) // 2
    handler.server.rest = bundle | {"entry": bundle["entry"][middle:]}  # type: ignore[attr-defined] # it is ours
    here = f"{bundle['link'][0]['url'].partition('/fhir')[0]}/_rest"
    following = {"relation": "next", "url": fault.text or here}
    return Sent(msgspec.json.encode(bundle | {"entry": bundle["entry"][:middle], "link": [*bundle["link"], following]}))


def _compressed(_fault: Fault, sound: Sent, _bundle: Resource, _handler: BaseHTTPRequestHandler) -> Sent:
    return sound._replace(headers={"Content-Encoding": "gzip"})


def _changed(change: Callable[[Fault, Resource], None]) -> Faulty:
    """The fault of a Bundle that says something else."""

    def send(fault: Fault, _sound: Sent, bundle: Resource, _handler: BaseHTTPRequestHandler) -> Sent:
        told = deepcopy(bundle)
        change(fault, told)
        return Sent(msgspec.json.encode(told))

    return send


def _slots(bundle: Resource) -> list[Resource]:
    return [entry["resource"] for entry in bundle.get("entry", []) if entry["resource"]["resourceType"] == "Slot"]


def _other_window(fault: Fault, bundle: Resource) -> None:
    """Every slot so many seconds later."""
    for slot in _slots(bundle):
        for name in ("start", "end"):
            moved = datetime.fromisoformat(slot[name]) + timedelta(seconds=fault.seconds)
            slot[name] = moved.isoformat(timespec="milliseconds")


def _other_people(fault: Fault, bundle: Resource) -> None:
    """Every professional is somebody else."""
    for entry in bundle.get("entry", []):
        if entry["resource"]["resourceType"] == "Practitioner":
            entry["resource"]["identifier"][0]["value"] = fault.text


def _duplicates(fault: Fault, bundle: Resource) -> None:
    bundle["entry"] = bundle.get("entry", []) * (fault.count or 2)


def _many(fault: Fault, bundle: Resource) -> None:
    """The first slot, again and again, a minute later each time."""
    first = _slots(bundle)[0]
    for rank in range(1, fault.count):
        slot = first | {"id": f"{first['id']}-{rank}"}
        for name in ("start", "end"):
            moved = datetime.fromisoformat(first[name]) + timedelta(seconds=rank * fault.seconds)
            slot[name] = moved.isoformat(timespec="milliseconds")
        bundle["entry"].append({"fullUrl": f"https://x.example/Slot/{slot['id']}", "resource": slot})


def _zone(fault: Fault, bundle: Resource) -> None:
    """The same instants, told in another zone, so many seconds east."""
    zone = timezone(timedelta(seconds=fault.seconds))
    for slot in _slots(bundle):
        for name in ("start", "end"):
            slot[name] = datetime.fromisoformat(slot[name]).astimezone(zone).isoformat(timespec="milliseconds")


def _ahead(fault: Fault, bundle: Resource) -> None:
    """A clock so many seconds ahead: the Bundle is dated so, and what has begun for it is gone."""
    bundle["meta"]["lastUpdated"] = _later(bundle["meta"]["lastUpdated"], fault.seconds)
    begun = datetime.fromisoformat(bundle["meta"]["lastUpdated"])
    gone = {slot["id"] for slot in _slots(bundle) if datetime.fromisoformat(slot["start"]) < begun}
    bundle["entry"] = [entry for entry in bundle.get("entry", []) if entry["resource"]["id"] not in gone]


def _later(text: str, seconds: float) -> str:
    return (datetime.fromisoformat(text) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def _without(fault: Fault, bundle: Resource) -> None:
    """Every slot without one of its elements."""
    for slot in _slots(bundle):
        slot.pop(fault.text, None)


def _total(fault: Fault, bundle: Resource) -> None:
    """No resource, and yet a total."""
    bundle.pop("entry", None)
    bundle["total"] = fault.count


FAULTS: Final[Mapping[str, Faulty]] = {
    "slow": _slow,
    "drip": _drip,
    "cut": _cut,
    "huge": _huge,
    "status": _status,
    "outcome": _outcome,
    "text": _text,
    "deep": _deep,
    "redirect": _redirect,
    "spoilt": _spoilt,
    "pages": _pages,
    "compressed": _compressed,
    "other_window": _changed(_other_window),
    "other_people": _changed(_other_people),
    "duplicates": _changed(_duplicates),
    "many": _changed(_many),
    "zone": _changed(_zone),
    "ahead": _changed(_ahead),
    "without": _changed(_without),
    "total": _changed(_total),
}
"""Every fault, by name."""
