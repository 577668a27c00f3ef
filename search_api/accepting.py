"""Which of two forms of an answer a caller prefers (RFC 9110, Accept)."""

import re
from collections.abc import Iterator
from typing import Final

_WEIGHT: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


def prefers(accept: str, form: str, usual: str) -> bool:
    """Whether this header names `form`, with a weight that is no lower than that of the usual one."""
    weights = dict(_weights(accept.lower()))
    wildcards = (usual, usual.partition("/")[0] + "/*", "*/*")
    return 0 < weights.get(form, 0.0) >= next((weights[each] for each in wildcards if each in weights), 0.0)


def _weights(accept: str) -> Iterator[tuple[str, float]]:
    """The media ranges of a header and their weights; one that is ill-written is nothing."""
    for media_range in accept.split(","):
        name, *parameters = (part.strip() for part in media_range.split(";"))
        weight = next((value for key, _, value in (each.partition("=") for each in parameters) if key == "q"), "1")
        yield name, float(weight) if _WEIGHT.fullmatch(weight) else 0.0
