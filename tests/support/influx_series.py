"""An InfluxSeries on the real InfluxDB of the tests, in a database of its own."""

from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlencode

from gateway.storage.influx.asking import Asking
from gateway.storage.influx.series import MAX_POINTS, PAGE_POINTS, InfluxSeries
from gateway.storage.influx.settings import InfluxSettings
from tests.support.influx_server import InfluxServer
from tests.support.influx_translator import V2_WRITE


def writer_to(server: InfluxServer, database: str) -> Callable[[bytes], None]:
    """Return a function that writes lines and fails where one is refused."""

    target = f"{V2_WRITE}?{urlencode({'bucket': database, 'precision': 'ns'})}"

    def write(body: bytes) -> None:
        with closing(HTTPConnection(server.host, server.translator.port, timeout=60.0)) as connection:
            connection.request("POST", target, body)
            answer = connection.getresponse()
            said = answer.read()
        assert answer.status == 204, said

    return write


def series_on(
    server: InfluxServer,
    database: str | None = None,
    *,
    page_points: int = PAGE_POINTS,
    max_points: int = MAX_POINTS,
    timeout_s: float = 10.0,
) -> InfluxSeries:
    """Return a series, in a new database unless one is named."""
    database = database or server.new_database()
    settings = InfluxSettings(server.url, database, token=server.token, timeout_s=timeout_s)
    write = writer_to(server, database)
    return InfluxSeries(Asking(settings), write, page_points=page_points, max_points=max_points)
