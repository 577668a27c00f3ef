"""What people declare, by the pages and the API: each operation of `registry` in one transaction.

Until accounts exist, nobody can be told from anybody: a service that is not for development has no registry.
"""

from collections.abc import Callable
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from models.store import writing
from search_api.problems import DatabaseDown

_Value = TypeVar("_Value")


class Registry:
    """Runs operations on a database."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def read(self, operation: Callable[[Connection], _Value]) -> _Value:
        """What an operation reads.

        Raises:
            DatabaseDown: the database does not answer.

        """
        try:
            with self._database.connect() as connection:
                return operation(connection)
        except SQLAlchemyError as failure:
            raise _unavailable(failure) from failure

    def write(self, operation: Callable[[Connection], _Value]) -> _Value:
        """What an operation gives, written whole or not at all.

        Raises:
            DatabaseDown: the database does not answer.

        """
        try:
            with writing(self._database) as connection:
                return operation(connection)
        except SQLAlchemyError as failure:
            raise _unavailable(failure) from failure


def _unavailable(failure: SQLAlchemyError) -> DatabaseDown:
    structlog.get_logger("search_api").error("the registry does not answer", error=type(failure).__name__)
    return DatabaseDown()
