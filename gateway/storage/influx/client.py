"""One InfluxDB, over influxdb-client: writes bodies of line protocol, synchronously. I/O.

The only importer of influxdb_client. Importing this module takes half a second: it is done in the
thread that writes first, and only where the site has an [influxdb] table.
"""

import time

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from gateway.storage.influx.answers import judged
from gateway.storage.influx.errors import InfluxError, ServerAway, ServerDenies
from gateway.storage.influx.settings import InfluxSettings

CONNECT_S = 5.0
"""How long a connection may take to come about; an answer has settings.timeout_s."""
_TLS_REMEDY = "set influxdb.ca_file to the certificate that signed the server's, or mend influxdb.url"


class InfluxClient:
    """Implements sending.LineServer. One owner calls it, one call at a time."""

    def __init__(self, settings: InfluxSettings) -> None:
        """Connect to nothing yet."""
        self._settings = settings
        connect_s = min(CONNECT_S, settings.timeout_s)
        self._client = InfluxDBClient(
            url=settings.url,
            token=settings.token,  # an empty one is not sent
            org=settings.org,
            timeout=(round(connect_s * 1_000), round(settings.timeout_s * 1_000)),
            enable_gzip=settings.gzip,
            ssl_ca_cert=settings.ca_file,
        )
        self._writes = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, body: bytes) -> None:
        """Return once the server has taken the lines; raise an InfluxError otherwise."""
        try:
            self._writes.write(self._settings.bucket, self._settings.org, body)
        except ApiException as error:
            raise self._judged(error) from None  # its own text bears headers, and the cause nothing more
        except urllib3.exceptions.HTTPError as error:
            raise self._unreached(error) from None

    def close(self) -> None:
        """Close its connections; idempotent."""
        self._writes.close()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        self._client.close()  # type: ignore[no-untyped-call]  # as above

    def _judged(self, error: ApiException) -> InfluxError:
        if not error.status:  # influxdb-client's way to say that TLS failed
            return ServerDenies(f"TLS failed: {self._words(error.reason)}", _TLS_REMEDY)
        body = error.body.decode(errors="replace") if isinstance(error.body, bytes) else str(error.body or "")
        return judged(error.status, dict(error.headers or {}), self._settings.hidden(body), time.time_ns())

    def _unreached(self, error: urllib3.exceptions.HTTPError) -> InfluxError:
        if isinstance(error, urllib3.exceptions.SSLError):
            return ServerDenies(f"TLS failed: {self._words(error)}", _TLS_REMEDY)
        if isinstance(error, urllib3.exceptions.LocationValueError):
            return ServerDenies(f"this is no address: {self._words(error)}", "mend influxdb.url")
        was_slow = isinstance(error, urllib3.exceptions.ReadTimeoutError)
        if was_slow:
            return ServerAway(f"no answer within {self._settings.timeout_s:g} s", was_slow=True)
        return ServerAway(f"cannot be reached: {self._words(error)}")

    def _words(self, error: object) -> str:
        return self._settings.hidden(" ".join(str(error).split()))[:300]
