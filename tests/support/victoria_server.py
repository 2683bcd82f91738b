"""A real VictoriaMetrics for tests: a second server that takes line protocol. For writing alone.

What it does otherwise than InfluxDB, as test_victoria_server.py pins down:

    a malformed line          dropped, and answered 204 with the rest
    the same point twice      both are kept
    a field                   becomes a metric `measurement_field`; `db` becomes a label; values are floats,
                              times are milliseconds
    InfluxQL                  answered 200 with a list of databases, whatever was asked: nothing can be read so
    what was written          can be read after a moment, or after `force_flush`
"""

import json
from collections import Counter
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from tests.support.broker_process import BrokerProcess
from tests.support.needed import needs

ASK_WAIT_S = 60.0
Sample = tuple[frozenset[tuple[str, str]], int, float]
"""Labels (the metric's name is `__name__`), time in ms, value."""


def needs_victoria() -> str:
    """Return the path of VictoriaMetrics; skip the test without it, or fail where nothing may skip."""
    return needs("victoria-metrics", "victoria-metrics")


class VictoriaServer(BrokerProcess):
    """VictoriaMetrics on its own folder and port."""

    name = "victoria-metrics"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._binary = needs_victoria()

    @property
    def url(self) -> str:
        """Where a gateway finds it."""
        return f"http://{self.host}:{self.port}"

    def command(self) -> list[str]:
        """Return the command: points of any age are kept, nothing else listens."""
        return [
            self._binary,
            f"-httpListenAddr={self.host}:{self.port}",
            f"-storageDataPath={self.folder / 'victoria'}",
            "-retentionPeriod=100y",
            "-search.disableCache",
            "-loggerLevel=WARN",
        ]

    def ask(self, target: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Return status and body; POST where there is something to send."""
        with closing(HTTPConnection(self.host, self.port, timeout=ASK_WAIT_S)) as connection:
            connection.request("GET" if body is None else "POST", target, body)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def samples(self, **labels: str) -> Counter[Sample]:
        """Return all that it keeps with these labels, and how often."""
        self.ask("/internal/force_flush")
        matching = "{" + ",".join(f"{name}={json.dumps(value)}" for name, value in labels.items()) + "}"
        status, said = self.ask(f"/api/v1/export?{urlencode({'match[]': matching})}")
        assert status == 200, said
        found: Counter[Sample] = Counter()
        for line in said.splitlines():
            series = json.loads(line)
            key = frozenset(series["metric"].items())
            for at_ms, value in zip(series["timestamps"], series["values"], strict=True):
                found[key, at_ms, float(value)] += 1
        return found
