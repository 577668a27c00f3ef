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
        raise NotFound
    return found


def opened(services: ServicesDep) -> None:
    """Check that people may settle things here, before anything is read of what they send.

    Raises:
        NotFound: this service is in production.

    """
    services.opened()


def read(services: Services, operation: Callable[[Connection], _Value]) -> _Value:
    """What an operation reads; see `write` for what is raised."""
    with _problems():
        return services.opened().read(operation)


def write(services: Services, operation: Callable[[Connection], _Value]) -> _Value:
    """What an operation gives, written whole or not at all.

    Raises:
        Refused: it breaks rules, all of which are said.
        NotFound: it is about somebody, or something, that is not there; or this service is in production.
        Conflict: somebody else changed it meanwhile.
        Unavailable: the database does not answer.

    """
    with _problems():
        return services.opened().write(operation)


@contextmanager
def _problems() -> Iterator[None]:
    """The registry's refusals as problems."""
    try:
        yield
    except refusals.Refused as refused:
        raise said(refused) from None
    except refusals.NotThere as absent:
        raise NotFound(f"{str(absent)[:1].upper()}{str(absent)[1:]}.") from None
    except refusals.Changed:
        raise Conflict from None


def said(refused: refusals.Refused) -> Refused:
    """A refusal of the registry as the API's, every fault of it."""
    return Refused(Fault.of(fault.field, shown(fault.value), fault.rule) for fault in refused.faults)


def shown(value: object) -> str:
    """A value as a fault repeats it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
