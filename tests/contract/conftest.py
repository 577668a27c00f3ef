"""The subjects of the contract, and how many plans each meets: over 2,000 an engine.

`ANNUAIRE_TEST_PLANS=20` multiplies the number of plans of every test (the longer profile).
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from indexer.protocol import Engine
from tests.indexer.engines import NAMES, opened, spec_of

QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
settings.register_profile("contract", deadline=None, suppress_health_check=QUIET)
settings.load_profile("contract")


@pytest.fixture(scope="module", params=NAMES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Each real engine in turn, empty."""
    with spec_of(request.param, tmp_path_factory.mktemp("engine"), request) as spec, opened(spec) as engine:
        yield engine
