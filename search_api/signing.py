"""Values that go out and come back: signed with the service's secret, written with msgspec."""

from typing import Any, Generic, TypeVar

import msgspec
from itsdangerous import BadData, URLSafeSerializer

_Value = TypeVar("_Value")


class Signed(Generic[_Value]):
    """Writes and reads values of a type; `salt` tells their use, so that one is never taken for another."""

    def __init__(self, secret: str | bytes, salt: str, kind: type[_Value]) -> None:
        self._signed: URLSafeSerializer = URLSafeSerializer(secret, salt=salt, serializer=_Json(kind))

    def write(self, value: _Value) -> str:
        """The value as a parameter or a field holds it."""
        return str(self._signed.dumps(value))

    def read(self, written: str) -> _Value | None:
        """A value that this service wrote; None when it was altered, or is of another version."""
        try:
            value: _Value = self._signed.loads(written)
        except (BadData, msgspec.MsgspecError):
            return None
        return value


class _Json:
    """What itsdangerous writes with: msgspec, which keeps every bit of a number."""

    def __init__(self, kind: type[Any]) -> None:
        self._kind = kind

    def dumps(self, value: object) -> str:
        return msgspec.json.encode(value).decode()

    def loads(self, content: str) -> Any:
        return msgspec.json.decode(content, type=self._kind)
