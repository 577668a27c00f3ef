"""Talking to Elasticsearch: bytes out, typed values in, and its errors as ours.

The only module that knows the client's exceptions. Every request goes through `Connection`, so that one place decides
what a failure means: no answer, an overload or an unavailable shard is EngineDown; a missing index, a generation gone.
"""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from elastic_transport import Serializer
from elasticsearch import Elasticsearch, TransportError

from indexer.protocol import EngineDown, EngineError, GenerationGone

_Answer = TypeVar("_Answer")

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
_ACCEPT: Final = {"accept": JSON}
_UNAVAILABLE: Final = frozenset({401, 403, 408, 429, 500, 502, 503, 504})
NOT_FOUND: Final = 404
_REFUSED: Final = 300

PATIENCE_S: Final = 300.0
"""How long a request that writes much may take."""


class _Bytes(Serializer):
    """Bodies are encoded and decoded by the caller, who knows their type."""

    mimetype: ClassVar[str] = JSON

    def dumps(self, data: Any) -> bytes:
        return data if isinstance(data, bytes) else msgspec.json.encode(data)

    def loads(self, data: bytes) -> bytes:
        return data


class Failure(msgspec.Struct, frozen=True):
    """What Elasticsearch says when it refuses."""

    type: str = ""
    reason: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    error: Failure | str = ""


class AlreadyThere(EngineError):  # noqa: N818 - named by what happened
    """An index of this name is there."""


class Connection:
    """A client with its pool of kept connections. Safe to use from several threads.

    Requests go by the client's transport: what the client does around it costs as much as a small search.
    """

    def __init__(
        self,
        urls: str | Collection[str],
        *,
        api_key: str | None = None,
        ca_certs: Path | None = None,
        connections: int = 16,
        timeout_s: float = 10.0,
    ) -> None:
        serializer = _Bytes()
        options: dict[str, Any] = {} if ca_certs is None else {"ca_certs": str(ca_certs)}
        self._client = Elasticsearch(
            [urls] if isinstance(urls, str) else list(urls),
            connections_per_node=connections,
            request_timeout=timeout_s,
            max_retries=1,
            retry_on_timeout=False,
            serializers=dict.fromkeys(_mimetypes(), serializer),
            **options,
        )
        self._headers = _ACCEPT | ({} if api_key is None else {"authorization": f"ApiKey {api_key}"})
        self._timeout_s = timeout_s
        self._transport = self._client.transport

    def ask(
        self,
        method: str,
        path: str,
        answer: type[_Answer],
        body: object = None,
        *,
        ndjson: bool = False,
        patient: bool = False,
    ) -> _Answer:
        """One request, its answer decoded as this type. `patient`: it writes much, and may take minutes.

        Raises:
            EngineDown: nothing answers, or not in time, or it is overloaded.
            GenerationGone: the index asked for is not there.
            EngineError: it refuses the request, which is a mistake of ours.

        """
        typed = {} if body is None else {"content-type": NDJSON if ndjson else JSON}
        timeout = PATIENCE_S if patient else self._timeout_s
        try:
            response = self._transport.perform_request(
                method, path, headers=self._headers | typed, body=body, request_timeout=timeout
            )
        except TransportError as error:
            raise EngineDown(str(error)) from error
        if response.meta.status >= _REFUSED:
            raise translated(response.meta.status, _failure(response.body))
        try:
            return msgspec.json.decode(response.body, type=answer)
        except msgspec.DecodeError as error:
            raise EngineDown(f"this is no answer of Elasticsearch: {error}") from error

    def create(self, index: str, settings: dict[str, Any]) -> None:
        """Make an index, unless it is there.

        Raises:
            EngineDown: as for `ask`.
            EngineError: as for `ask`.

        """
        try:
            self.ask("PUT", f"/{index}", dict[str, Any], settings, patient=True)
        except AlreadyThere:
            return

    def close(self) -> None:
        """Close every kept connection."""
        self._client.close()


def _mimetypes() -> Iterable[str]:
    return (JSON, NDJSON, "application/vnd.elasticsearch+json", "application/vnd.elasticsearch+x-ndjson")


def _failure(body: object) -> Failure:
    """The reason in the body of a refusal; an answer that is not Elasticsearch's has none."""
    try:
        refusal = msgspec.json.decode(body if isinstance(body, bytes) else b"", type=_Refusal)
    except msgspec.DecodeError:
        return Failure()
    return refusal.error if isinstance(refusal.error, Failure) else Failure(refusal.error)


_MEANINGS: Final[dict[str, type[EngineError]]] = {
    "index_not_found_exception": GenerationGone,
    "resource_already_exists_exception": AlreadyThere,
}


def translated(status: int, failure: Failure) -> EngineError:
    """What a refusal means for who asked."""
    said = f"{status} {failure.type}: {failure.reason}"
    if failure.type in _MEANINGS:
        return _MEANINGS[failure.type](said)
    if status in _UNAVAILABLE:
        return EngineDown(said)
    return EngineError(said)
