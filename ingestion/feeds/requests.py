"""The three searches of the contract: for professionals (`ps`), through their CPTS (`cpts`), for SOS Médecins (`sos`).

Pure: the text of a request is made of whom it asks for and of its window, and read by nobody's clock.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Final, Literal, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from ingestion.fhir import Asked
from models.clock import PARIS
from models.identifiers import PERSONS, STRUCTURES

Flow = Literal["ps", "cpts", "sos"]

FLOWS: Final[dict[Flow, str]] = {"ps": "à titre individuel", "cpts": "CPTS", "sos": "SOS Médecins"}
"""What an editor may speak."""
Lot = tuple[Flow, tuple[str, ...]]
"""Those whom one request asks for, and how."""

LOTS: Final[dict[Flow, int]] = {"ps": 25, "cpts": 25, "sos": 10}
"""How many a request may ask for. One page of the contract says 25 for SOS, another 10: ten is right for both."""

_AHEAD = timedelta(days=2)
_CPTS: Final = "&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization"
_PERSON: Final = (
    "{base}/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor{more}&start=ge{start}&start=le{end}"
    "&schedule.actor:Practitioner.identifier={ids}&status=free"
)
_ASSOCIATION: Final = (
    "{base}/Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location&_include:iterate=Location:organization"
    "{more}&_has:Slot:schedule:start=ge{start}&_has:Slot:schedule:start=le{end}&_has:Slot:schedule:status=free"
    "&actor:Location.organization.identifier={ids}"
)


class Request(NamedTuple):
    """One search: these subjects, as many as a lot at most; slots that start in the window, both bounds included."""

    flow: Flow
    subjects: tuple[str, ...]
    window: tuple[int, int]

    @property
    def asked(self) -> Asked:
        """The same, as those who read the answer want it."""
        return Asked(frozenset(self.subjects), self.window)


def window(now: int) -> tuple[int, int]:
    """From now to the end of the day after tomorrow, in Paris (epoch seconds)."""
    zone = ZoneInfo(PARIS)
    last = datetime.fromtimestamp(now, zone).date() + _AHEAD
    return now, int(datetime.combine(last, time(23, 59, 59), zone).timestamp())


def flow_of(subject: str, flows: Iterable[str]) -> Flow | None:
    """How an editor that speaks these flows is asked for a subject; None when it cannot be.

    One that speaks both answers the slots of a professional, opened to a CPTS or not, to the request of the CPTS.
    """
    able: tuple[Flow, ...] = ("cpts", "ps") if subject.startswith("p:") else ("sos",)
    return next((flow for flow in able if flow in flows), None)


def lots(subjects: Iterable[str], flows: Sequence[str]) -> Iterator[Lot]:
    """What to ask an editor so that each of these subjects is asked for once, the first ones first."""
    waiting: dict[Flow, list[str]] = {}
    for subject in dict.fromkeys(subjects):
        if flow := flow_of(subject, flows):
            lot = waiting.setdefault(flow, [])
            lot.append(subject)
            if len(lot) == LOTS[flow]:
                yield flow, tuple(waiting.pop(flow))
    for flow, lot in waiting.items():
        yield flow, tuple(lot)


def url(base: str, request: Request) -> str:
    """The address of a request, encoded as the contract writes it."""
    start, end = (quote(fhir_instant(bound, PARIS), safe="") for bound in request.window)
    system, form = (STRUCTURES, _ASSOCIATION) if request.flow == "sos" else (PERSONS, _PERSON)
    ids = ",".join(f"{system}%7C{identifier(subject)}" for subject in request.subjects)
    more = _CPTS if request.flow == "cpts" else ""
    return form.format(base=base, more=more, start=start, end=end, ids=ids)


def identifier(subject: str) -> str:
    """The prefixed national identifier of a subject: `8` + RPPS, `0` + ADELI, `3` + SIRET."""
    kind, _, number = subject.partition(":")
    return number if kind == "p" else f"3{number}"


def fhir_instant(instant: int, zone: str) -> str:
    """`2027-01-12T08:00:00.000+01:00`, with the offset of the zone."""
    return datetime.fromtimestamp(instant, ZoneInfo(zone)).isoformat(timespec="milliseconds")
