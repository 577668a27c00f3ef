"""`--update-openapi` writes the description of the API that its test compares with."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-openapi", action="store_true", help="write tests/api/openapi.json again")
