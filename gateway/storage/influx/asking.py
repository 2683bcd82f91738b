"""One InfluxQL statement to /query, one answer back, within a time and a size. I/O.

influxdb-client speaks Flux alone, which 3.x does not answer: so this is the standard library's HTTP,
one connection for each question. May be called from several threads.
"""

import base64
import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlencode, urlsplit

import certifi

from gateway.storage.influx.influxql import AnswerUnreadable, QuestionRefused, Row, read_rows
from gateway.storage.influx.read_errors import SeriesRefused, SeriesTooLarge, SeriesUnavailable
from gateway.storage.influx.settings import InfluxSettings

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""More than the newest points of 300,000 series: beyond it the answer is not ours."""
MAX_ERROR_BYTES: Final = 64 * 1024
READ_BYTES: Final = 256 * 1024
_BUSY = (429, 500, 502, 503, 504)


class Asking:
    """Asks one InfluxDB. `close` ends questions that are under way; they raise SeriesUnavailable."""

    def __init__(self, settings: InfluxSettings, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._clock_s = clock_s
        self._address = urlsplit(settings.url)
        self._closed = False
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def deadline_s(self) -> float:
        """Return until when a question of now may be answered, for several that are one to the asker."""
        return self._clock_s() + self.settings.timeout_s

    def rows(self, statement: str, deadline_s: float | None = None) -> list[Row]:
        """Return the rows of the answer; raise SeriesUnavailable, SeriesRefused or SeriesTooLarge."""
        body = self._body(statement, self.deadline_s() if deadline_s is None else deadline_s)
        try:
            return read_rows(body)
        except QuestionRefused as error:
            raise SeriesRefused(self.settings.url, f"it answers {str(error)!r}") from error
        except AnswerUnreadable as error:
            raise SeriesRefused(self.settings.url, str(error)) from error

    def close(self) -> None:
        """End what is under way and take no more; idempotent."""
        with self._lock:
            self._closed = True
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _body(self, statement: str, deadline_s: float) -> bytes:
        try:
            with self._connected(deadline_s) as connection:
                connection.request("GET", self._target(statement), headers=self._headers())
                answer = connection.getresponse()
                limit = MAX_ANSWER_BYTES if answer.status < 300 else MAX_ERROR_BYTES
                body = self._read(answer, limit, deadline_s)
        except (OSError, http.client.HTTPException) as error:  # ssl's and socket's errors are OSErrors
            raise SeriesUnavailable(
                self.settings.url, f"InfluxDB gives no answer ({_said(error)})"
            ) from error
        self._require_answered(answer.status, body)
        return body

    def _require_answered(self, status: int, body: bytes) -> None:
        if status < 300:
            return
        with contextlib.suppress(ValueError, AttributeError):
            told = json.loads(body)
            body = str(told.get("error") or told.get("message") or told)[:300].encode()
        words = self.settings.hidden(body[:300].decode("utf-8", "replace"))
        detail = f"InfluxDB answers {status}: {words}"
        if status in _BUSY:
            raise SeriesUnavailable(self.settings.url, detail)
        raise SeriesRefused(self.settings.url, detail)

    def _target(self, statement: str) -> str:
        database, _, policy = self.settings.bucket.partition("/")
        asked = {"db": database, "q": statement, "epoch": "ns"} | ({"rp": policy} if policy else {})
        return f"{self._address.path.rstrip('/')}/query?{urlencode(asked)}"

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        token = self.settings.token
        if ":" in token:  # 1.x knows tokens of this kind only from 1.8 on, Basic always
            headers["Authorization"] = f"Basic {base64.b64encode(token.encode()).decode()}"
        elif token:
            headers["Authorization"] = f"Token {token}"
        return headers

    def _read(self, answer: http.client.HTTPResponse, limit: int, deadline_s: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := answer.read1(READ_BYTES):
            parts.append(part)
            size += len(part)
            if size > limit:
                raise SeriesTooLarge(self.settings.url, f"its answer is longer than {limit} bytes")
            self._left_s(deadline_s)
        return b"".join(parts)

    def _left_s(self, deadline_s: float) -> float:
        left_s = deadline_s - self._clock_s()
        if left_s <= 0:
            raise TimeoutError(f"no whole answer within {self.settings.timeout_s:g} s")
        return left_s

    @contextlib.contextmanager
    def _connected(self, deadline_s: float) -> Iterator[http.client.HTTPConnection]:
        """Give a connection that `close` can cut."""
        connection = self._connection(self._left_s(deadline_s))
        try:
            connection.connect()
            sock = connection.sock
            with self._lock:
                if self._closed:
                    raise ConnectionAbortedError("the gateway stops")
                self._open.add(sock)
            try:
                yield connection
            finally:
                with self._lock:
                    self._open.discard(sock)
        finally:
            connection.close()

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        host = self._address.hostname or ""
        if self._address.scheme != "https":
            return http.client.HTTPConnection(host, self._address.port, timeout=timeout_s)
        # the same authorities as those by which influxdb-client writes: one place, trusted or not, for both
        context = ssl.create_default_context(cafile=self.settings.ca_file or certifi.where())
        return http.client.HTTPSConnection(host, self._address.port, timeout=timeout_s, context=context)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
