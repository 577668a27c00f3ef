"""What people settle about themselves, in one transaction each; the registry's refusals are the API's problems.

Until people have accounts nobody is known for who they are: these addresses answer in development only.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection

from registry import refusals
from registry.suppression import subject_of
from search_api.problems import Conflict, Fault, NotFound, Refused
from search_api.services import Services, ServicesDep

_Value = TypeVar("_Value")


def subject(services: Services, written: str) -> str:
    """The subject that an address names: itself, or its national identifier.

    Raises:
        NotFound: it names nobody, or somebody who objected.

    """
    found = subject_of(written)
    if found is None or found in services.suppressed():
        raise NotFound(_sentence(refusals.NOBODY))
    return found


def opened(services: ServicesDep) -> None:
    """Check that people may settle things here, before anything is read of what they send.

    Raises:
        NotFound: this service is in production.

    """
    services.opened()


def read(services: Services, operation: Callable[[Connection], _Value]) -> _Value:
    """What an operation reads; see `write` for what is raised."""
    with problems():
        return services.opened().read(operation)


def write(services: Services, operation: Callable[[Connection], _Value]) -> _Value:
    """What an operation gives, written whole or not at all.

    Raises:
        Refused: it breaks rules, all of which are said.
        NotFound: it is about somebody, or something, that is not there; or this service is in production.
        Conflict: somebody else changed it meanwhile.
        Unavailable: the database does not answer.

    """
    with problems():
        return services.opened().write(operation)


@contextmanager
def problems(gone: type[NotFound | Conflict] = NotFound) -> Iterator[None]:
    """The registry's refusals as problems; `gone` is what is not there."""
    try:
        yield
    except refusals.Refused as refused:
        raise Refused(Fault.of(fault.field, _shown(fault.value), fault.rule) for fault in refused.faults) from None
    except refusals.NotThere as absent:
        raise gone(_sentence(str(absent))) from None
    except refusals.Changed as changed:
        raise Conflict(_sentence(str(changed))) from None


def _sentence(text: str) -> str:
    """What a refusal says, as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


def _shown(value: object) -> str:
    """A value as a fault repeats it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
