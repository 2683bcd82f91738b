"""A real InfluxDB for tests: Debian's influxd 1.6 in its own folder, behind the translator of newer paths.

    gateway ── translator (url) ── influxd (direct_url)

`url` is what a gateway is given. Tests look into the database by `query`, straight at influxd, so that a
faulty translator hides nothing from them.
"""

import base64
import json
import ssl
from contextlib import closing
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.broker_process import BrokerProcess
from tests.support.influx_translator import Translator
from tests.support.needed import needs
from tests.support.ports import free_port

ASK_WAIT_S = 60.0
CONFIG = """\
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[continuous_queries]
enabled = false
[http]
bind-address = "{host}:{port}"
auth-enabled = {has_auth}
log-enabled = false
[logging]
level = "warn"
suppress-logo = true
"""


def needs_influxd() -> str:
    """Return the path of influxd; skip the test without it, or fail where nothing may skip."""
    return needs("influxd", "influxdb")


class InfluxServer(BrokerProcess):
    """influxd and its translator, started and killed together. Data stay through kills."""

    name = "influxd"
    user, password = "storefloor", "secret:with'quotes"
    """Of a server with auth; the user may do everything."""

    def __init__(self, folder: Path, *, has_auth: bool = False, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(folder)
        self._binary = needs_influxd()
        self._has_auth = has_auth
        self._numbers = count(1)
        self._has_user = False
        self.translator = Translator(free_port(), self.port, tls)
        self._scheme = "http" if tls is None else "https"

    @property
    def url(self) -> str:
        """Where a gateway finds it."""
        return f"{self._scheme}://{self.host}:{self.translator.port}"

    @property
    def direct_url(self) -> str:
        """Where influxd itself listens."""
        return f"http://{self.host}:{self.port}"

    @property
    def token(self) -> str:
        """What a gateway is given as its token; of no effect without auth."""
        return f"{self.user}:{self.password}"

    def command(self) -> list[str]:
        """Write the configuration, return the command."""
        data = self.folder / "influxdb"
        data.mkdir(exist_ok=True)
        config = self.folder / "influxdb.conf"
        has_auth = "true" if self._has_auth else "false"
        config.write_text(CONFIG.format(folder=data, host=self.host, port=self.port, has_auth=has_auth))
        return [self._binary, "run", "-config", str(config)]

    def start(self) -> None:
        """Return once both take connections."""
        super().start()
        if self._has_auth and not self._has_user:
            quoted = self.password.replace("\\", "\\\\").replace("'", "\\'")
            self.query("", f"CREATE USER {self.user} WITH PASSWORD '{quoted}' WITH ALL PRIVILEGES")
            self._has_user = True
        self.translator.start()

    def stop(self) -> None:
        """End both."""
        self.translator.stop()
        super().stop()

    def kill(self) -> None:
        """End influxd as a power cut would; nothing listens any more."""
        self.translator.stop()
        super().kill()

    def mend(self) -> None:
        """Undo all that was done to it: faults, freezes, kills. The data stay."""
        self.translator.heal()
        if self._process is None:
            self.start()
        else:
            self.thaw()
            self.translator.start()

    def new_database(self) -> str:
        """Create an empty database, return its name."""
        name = f"shop_{next(self._numbers)}"
        self.query("", f'CREATE DATABASE "{name}"')
        return name

    def query(self, database: str, influxql: str) -> list[dict[str, Any]]:
        """Return all rows of a statement, each with its tags and its columns by name; time in ns."""
        asked = urlencode({"db": database, "q": influxql, "epoch": "ns"}).encode()
        said = json.loads(self._ask("/query", asked))
        rows = []
        for result in said["results"]:
            assert "error" not in result, f"{influxql}: {result['error']}"
            for series in result.get("series", ()):
                rows += [
                    {**series.get("tags", {}), **dict(zip(series["columns"], values, strict=True))}
                    for values in series["values"]
                ]
        return rows

    def write(self, database: str, lines: str) -> None:
        """Write lines (ns) straight into influxd; they must be accepted."""
        self._ask(f"/write?{urlencode({'db': database, 'precision': 'n'})}", lines.encode())

    def _ask(self, target: str, body: bytes) -> bytes:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._has_auth:
            headers["Authorization"] = f"Basic {base64.b64encode(self.token.encode()).decode()}"
        with closing(HTTPConnection(self.host, self.port, timeout=ASK_WAIT_S)) as connection:
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()
            said = answer.read()
        assert answer.status < 300, f"{target}: {answer.status} {said!r}"
        return said
