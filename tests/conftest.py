"""What holds for all tests, and the servers that several files share, each started by the first test that asks.

Hypothesis judges results, never how long a busy machine took for them.
"""

from collections.abc import Iterator

import hypothesis
import pytest

from tests.support.influx_server import InfluxServer
from tests.support.victoria_server import VictoriaServer

if hypothesis.settings.get_current_profile_name() == "default":  # its "ci", loaded in CI, has none either
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared_influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    """A real InfluxDB for the whole run; tests ask for `influx`, each for a database of its own."""
    with InfluxServer(tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture
def influx(shared_influx: InfluxServer) -> Iterator[InfluxServer]:
    """The shared InfluxDB, healthy: what a test does to it is undone after it."""
    yield shared_influx
    shared_influx.mend()


@pytest.fixture(scope="session")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaServer]:
    """A real VictoriaMetrics for the whole run; its `db` label keeps tests apart."""
    with VictoriaServer(tmp_path_factory.mktemp("victoria")) as server:
        yield server
