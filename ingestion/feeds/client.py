"""Asking one editor, and naming what goes wrong. Any failure has one cause, and means *unknown*, never *none*.

An answer has seven seconds in all, from the first attempt to its last byte. Only what cannot have reached the editor,
or what it says will pass, is tried a second time, a little later. An editor that fails again and again is left alone
for a while. Nothing it sends is followed elsewhere, nor read beyond a bound.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple, Self

import httpx2
import msgspec
import stamina
from pybreaker import STATE_CLOSED, STATE_OPEN, CircuitBreaker, CircuitBreakerError, CircuitMemoryStorage

from ingestion.feeds.editors import Declared, tls
from ingestion.feeds.requests import Request, url
from ingestion.fhir import Answer, BadAnswer, Json, read_answer
from ingestion.files import BOM
from ingestion.report import shown

Cause = Literal[
    "timeout",
    "tls",
    "refused",
    "cut",
    "status",
    "outcome",
    "malformed",
    "too_big",
    "redirected",
    "ours",
    "paused",
    "spent",
]

CAUSES: Final[dict[Cause, str]] = {
    "timeout": "pas de réponse en 7 secondes",
    "tls": "certificat illisible ou refusé",
    "refused": "injoignable",
    "cut": "réponse coupée",
    "status": "statut HTTP d'erreur",
    "outcome": "erreur dite par l'éditeur",
    "malformed": "réponse illisible",
    "too_big": "réponse trop longue",
    "redirected": "renvoi vers une autre adresse",
    "ours": "erreur de l'annuaire, qui n'a su ni lire ni garder la réponse",
    "paused": "laissé en paix après des échecs",
    "spent": "budget d'appels dépensé",
}
"""Why a request has no answer, in French."""

DEADLINE_S: Final = 7.0
BODY_BYTES: Final = 20 * 1024 * 1024
"""The longest answer that is read: 25 people have some hundred kilobytes of slots, 10,000 slots about 12 MB."""
DEPTH: Final = 40
"""How deep the JSON of an answer may be: that of a Bundle is about ten."""

ACCEPT: Final = "application/fhir+json, application/json+fhir;q=0.9, application/json;q=0.8"
_HEADERS: Final = {"Accept": ACCEPT, "Accept-Encoding": "identity", "User-Agent": "annuaire-soins"}
ATTEMPTS: Final = 2
OK: Final = 200
_PASSING_STATUS: Final = {502, 503, 504}
_WRITES: Final = {"Content-Type": "application/fhir+json"}
_SUCCESS, _REFUSALS, _PASSING_REFUSALS = range(200, 300), range(400, 500), {408, 425, 429}
SAID: Final = 300
"""Of what an editor says of a refusal, so many signs are kept."""
NOT_LEFT: Final = {"refused", "tls", "spent"}
"""Failures after which an editor has nothing of what it was sent."""
PAGES: Final = 20
FAILURES, PAUSE_S = 5, 30.0
"""After so many failures in a row, an editor is left alone for so long."""

stamina.instrumentation.set_on_retry_hooks([])  # how a request ends is said once, by those who asked
_DECODER: Final = msgspec.json.Decoder()
_NAMED: Final[tuple[tuple[type[Exception], Cause], ...]] = (
    (httpx2.TimeoutException, "timeout"),
    (httpx2.ConnectError, "refused"),
    (httpx2.NetworkError, "cut"),
    (httpx2.ProtocolError, "cut"),
    (httpx2.HTTPError, "refused"),
)
"""What the library raises, and how it is called here, the more precise first."""

Allowed = Callable[[], Awaitable[bool]]
"""Whether one more call may be made now; asked before each attempt."""


class Failed(Exception):  # noqa: N818 - a decision, not an error of ours
    """A request without an answer. `passes`: trying again soon is safe, and may do."""

    def __init__(self, cause: Cause, detail: str = "", *, passes: bool = False) -> None:
        super().__init__(detail)
        self.cause = cause
        self.passes = passes

    def lasting(self) -> "Failed":
        """The same, that is not tried again."""
        return Failed(self.cause, str(self))


class Spent(Failed):
    """No call may be made: the editor has nothing to do with it."""


class Reply(NamedTuple):
    """How a request ended: `ok`, or the cause of its failure; what it answers; how many seconds it took.

    `passes`: the editor says of the failure that it is not about whom it was asked for.
    """

    request: Request
    outcome: Literal["ok"] | Cause
    answer: Answer
    seconds: float
    detail: str = ""
    passes: bool = False


class Written(NamedTuple):
    """How an editor took what it was sent: `ok`, or the cause and the detail of a failure; where it says it is.

    `decided`: it refuses what it was sent, and will again. `left`: it may have it, whatever became of its answer.
    """

    outcome: Literal["ok"] | Cause
    location: str | None = None
    detail: str = ""
    decided: bool = False
    left: bool = True


def unknown(request: Request, failure: Failed, began: float) -> Reply:
    """A reply that tells nothing of the slots, to a request that began then (`time.monotonic`)."""
    answer = Answer(answered=False, asked=request.asked.subjects, window=request.window)
    return Reply(request, failure.cause, answer, time.monotonic() - began, str(failure), failure.passes)


class Client:
    """One editor, asked on one event loop over connections that stay open. `everywhere` bounds all of them together."""

    def __init__(
        self,
        editor: Declared,
        everywhere: asyncio.Semaphore,
        *,
        deadline_s: float = DEADLINE_S,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.editor = editor
        self._everywhere = everywhere
        self._here = asyncio.Semaphore(editor.concurrency)
        self._deadline_s = deadline_s
        self._pause = timedelta(seconds=pause_s)
        self._failing = CircuitMemoryStorage(STATE_CLOSED)
        self._breaker = CircuitBreaker(
            fail_max=FAILURES,
            reset_timeout=pause_s,
            exclude=[Spent, asyncio.CancelledError],
            throw_new_error_on_trip=False,
            state_storage=self._failing,
        )
        self._http = httpx2.AsyncClient(
            verify=tls(editor),
            headers=_HEADERS,
            timeout=deadline_s,
            limits=httpx2.Limits(max_connections=editor.concurrency),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._http.aclose()

    async def ask(
        self, request: Request, allowed: Allowed, *, forgiven: Collection[Cause] = (), patient: bool = True
    ) -> Reply:
        """Send a request when its turn comes; how it ended. Never raises what an editor does.

        Failures of the causes `forgiven` do not count against the editor. `patient` false: it is sent even to one that
        is left alone, to know whether that is deserved.
        """
        async with self._here, self._everywhere:
            began = time.monotonic()
            try:
                with self._counted(forgiven, patient=patient):
                    answer = await self._answer(request, allowed)
            except CircuitBreakerError:
                return unknown(request, Failed("paused"), began)
            except Failed as failure:
                return unknown(request, failure, began)
            return Reply(request, "ok", answer, time.monotonic() - began)

    async def write(self, method: Literal["POST", "PUT"], path: str, body: bytes, allowed: Allowed) -> Written:
        """Send a resource when its turn comes, once; how that ended. Never raises what an editor does.

        Only failures of the editor count against it: a refusal is an answer.
        """
        async with self._here, self._everywhere:
            try:
                with self._counted(()):
                    if not await allowed():
                        raise Spent("spent")
                    return await self._sent(method, f"{self.editor.base_url}{path}", body)
            except CircuitBreakerError:
                return Written("paused", left=False)
            except Failed as failure:
                return Written(failure.cause, detail=str(failure), left=failure.cause not in NOT_LEFT)

    async def _sent(self, method: str, address: str, body: bytes) -> Written:
        """How an editor answered a resource, before the deadline."""
        try:
            async with (
                asyncio.timeout(self._deadline_s),
                self._http.stream(method, address, content=body, headers=_WRITES) as response,
            ):
                if response.is_redirect:
                    raise Failed("redirected", response.headers.get("location", ""))
                return taken(response.status_code, response.headers.get("location"), await _body(response))
        except TimeoutError as error:
            raise Failed("timeout") from error
        except (httpx2.HTTPError, ssl.SSLError) as error:
            raise Failed(cause := cause_of(error), _named(error, cause)) from error
        except httpx2.InvalidURL as error:
            raise Failed("malformed", str(error)) from error

    @contextmanager
    def _counted(self, forgiven: Collection[Cause], *, patient: bool = True) -> Iterator[None]:
        """Count for or against the editor what it does in a block.

        What has nothing to do with it counts for nothing: no budget left, or nobody who waits any more.

        Raises:
            CircuitBreakerError: it is left alone.

        """
        if patient and self._left_alone():
            raise CircuitBreakerError
        try:
            yield
        except Failed as failure:
            if not isinstance(failure, Spent) and failure.cause not in forgiven:
                self._count(failure)
            raise
        self._breaker.close()

    def _left_alone(self) -> bool:
        since = self._failing.opened_at
        return self._failing.state == STATE_OPEN and since is not None and datetime.now(UTC) < since + self._pause

    def _count(self, failure: Failed) -> None:
        """Write down a failure of the editor."""
        with suppress(Failed, CircuitBreakerError), self._breaker.calling():
            raise failure

    async def _answer(self, request: Request, allowed: Allowed) -> Answer:
        """The answer to a request, before the deadline."""
        try:
            async with asyncio.timeout(self._deadline_s):
                return understood(await self._bundle(request, allowed), request)
        except TimeoutError as error:
            raise Failed("timeout") from error

    async def _bundle(self, request: Request, allowed: Allowed) -> dict[str, Json]:
        """The whole Bundle, its pages put together: the profiles know of one page, an editor may not."""
        first = page = await self._page(url(self.editor.base_url, request), allowed)
        entries = [*_entries(page)]
        for _ in range(PAGES):
            following = _next_page(page)
            if following is None:
                return first | {"entry": entries} if entries else first
            if not _same_origin(following, self.editor.base_url):
                raise Failed("redirected", following)
            page = await self._page(following, allowed)
            entries += _entries(page)
        raise Failed("malformed", f"plus de {PAGES} pages")

    async def _page(self, address: str, allowed: Allowed) -> dict[str, Json]:
        """One page, asked a second time when that is safe; when no call is left for that, the first time is the end."""
        page: dict[str, Json] = {}
        before: Failed | None = None
        async for attempt in stamina.retry_context(
            on=_passes, attempts=ATTEMPTS, timeout=self._deadline_s, wait_initial=0.2, wait_max=1.0, wait_jitter=0.3
        ):
            with attempt:
                if not await allowed():
                    raise before.lasting() if before else Spent("spent")
                try:
                    page = read_page(*await self._fetch(address))
                except Failed as failure:
                    before = failure
                    raise
        return page

    async def _fetch(self, address: str) -> tuple[int, bytes]:
        """The status and the body that an address answers with."""
        try:
            async with self._http.stream("GET", address) as response:
                if response.is_redirect:
                    raise Failed("redirected", response.headers.get("location", ""))
                return response.status_code, await _body(response)
        except (httpx2.HTTPError, ssl.SSLError) as error:
            cause = cause_of(error)
            raise Failed(cause, _named(error, cause), passes=cause in {"refused", "cut"}) from error
        except httpx2.InvalidURL as error:
            raise Failed("malformed", str(error)) from error


async def _body(response: httpx2.Response) -> bytes:
    """The body as it comes, never decompressed, up to the bound."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Failed("malformed", "réponse compressée sans qu'on l'ait demandé")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > BODY_BYTES:
            raise Failed("too_big")
    return bytes(body)


def read_page(status: int, body: bytes) -> dict[str, Json]:
    """The Bundle that a response is.

    Raises:
        Failed: it is something else.

    """
    passes = status in _PASSING_STATUS
    try:
        value = _DECODER.decode(body.removeprefix(BOM))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        cause: Cause = "malformed" if status == OK else "status"
        raise Failed(cause, f"HTTP {status}", passes=passes) from error
    if deeper(value, DEPTH):
        raise Failed("malformed", f"JSON de plus de {DEPTH} niveaux")
    if isinstance(value, dict) and value.get("resourceType") == "OperationOutcome":
        raise Failed("outcome", f"HTTP {status}", passes=passes)
    if status != OK:
        raise Failed("status", f"HTTP {status}", passes=passes)
    if not isinstance(value, dict):
        raise Failed("malformed", "ce n'est pas un Bundle FHIR")
    return value


def taken(status: int, location: str | None, body: bytes) -> Written:
    """How an editor took a resource, by its response.

    Raises:
        Failed: the editor failed, or says that it will pass.

    """
    if status in _SUCCESS:
        return Written("ok", location)
    said = _said(body)
    detail = f"HTTP {status}{f' : {said}' if said else ''}"
    cause: Cause = "status" if said is None else "outcome"
    if status in _REFUSALS and status not in _PASSING_REFUSALS:
        return Written(cause, detail=detail, decided=True)
    raise Failed(cause, detail, passes=True)


def _said(body: bytes) -> str | None:
    """What an OperationOutcome says, on one line; None when it is none."""
    try:
        value = _DECODER.decode(body.removeprefix(BOM))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if not isinstance(value, dict) or value.get("resourceType") != "OperationOutcome":
        return None
    issues = value.get("issue")
    those = [issue for issue in issues if isinstance(issue, dict)] if isinstance(issues, list) else []
    texts = (issue.get("diagnostics") or issue.get("code") for issue in those)
    line = " ; ".join(str(text) for text in texts if text)
    return "".join(sign if sign.isprintable() else " " for sign in line)[:SAID]


def understood(bundle: dict[str, Json], request: Request) -> Answer:
    """What a Bundle says of what was asked.

    Raises:
        Failed: it is no searchset; it tells of slots that it does not have, or none of its slots can be believed: to
            read it as *no slot* would make people out of reach who are not.

    """
    try:
        answer = read_answer(bundle, request.asked)
    except BadAnswer as reason:
        raise Failed("malformed", str(reason)) from reason
    if not answer.slots and answer.unreadable:
        raise Failed("malformed", answer.refused[0])
    if bundle.get("total") and not _entries(bundle):
        raise Failed("malformed", f"total {shown(bundle['total'])}, sans ressource")
    return answer


def cause_of(error: Exception) -> Cause:
    """The name of what the library raises; what TLS refuses is inside another error."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ssl.SSLError):
            return "tls"
        inner = inner.__cause__ or inner.__context__
    return next((cause for kind, cause in _NAMED if isinstance(error, kind)), "refused")


def _named(error: Exception, cause: Cause) -> str:
    """What went wrong, in a word; of TLS, the sentence that says which of the two certificates, and why."""
    return str(error)[:SAID] if cause == "tls" else type(error).__name__


def deeper(value: Json, levels: int) -> bool:
    """Whether lists and objects lie in each other more levels deep than this."""
    inside = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        inside = [
            child
            for one in inside
            for child in (one.values() if one.__class__ is dict else one)
            if child.__class__ is dict or child.__class__ is list
        ]
        if not inside:
            return False
    return True


def _passes(error: Exception) -> bool:
    return isinstance(error, Failed) and error.passes


def _entries(bundle: dict[str, Json]) -> list[Json]:
    entries = bundle.get("entry")
    return entries if isinstance(entries, list) else []


def _next_page(bundle: dict[str, Json]) -> str | None:
    """The address of the page after this one."""
    links = bundle.get("link")
    found = (one for one in links if isinstance(one, dict)) if isinstance(links, list) else iter(())
    return next((str(one.get("url")) for one in found if one.get("relation") == "next"), None)


def _same_origin(address: str, base: str) -> bool:
    """Whether an address is of the server of a base."""
    try:
        one, other = httpx2.URL(address), httpx2.URL(base)
    except httpx2.InvalidURL:
        return False
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)
