"""A small translator: speaks what InfluxDB 1.8 and 2 speak, to an InfluxDB 1.6 behind it, and can be faulty.

    asked of the translator                          asked of influxd 1.6
    POST /api/v2/write?bucket=B&org=O&precision=P →  POST /write?db=D[&rp=R]&precision=Q
        B = D or D/R; O is ignored                     P → Q: ns → n, us → u, ms and s as they are
    Authorization: Token USER:PASSWORD            →  Authorization: Basic …   (a token without ':' → 401)
    GET  /health                                  →  GET /ping, told in the words of 2.x
    /query /ping /write                           →  the same

Bodies (gzip too), statuses and errors pass as they are: 1.8 writes its errors as 1.6 does, {"error": …},
on this path too. `error_shape` tells them as 2.x or 3 would instead. A Fault stands between the two.
"""

import base64
import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

V2_WRITE = "/api/v2/write"
UPSTREAM_WAIT_S = 30.0
PRECISIONS = {"": "n", "ns": "n", "us": "u", "ms": "ms", "s": "s"}
PASSED_ON = ("Content-Encoding", "Content-Type", "Accept", "Accept-Encoding")
PASSED_BACK = (
    "Content-Type",
    "Content-Encoding",
    "X-Influxdb-Version",
    "X-Influxdb-Build",
    "X-Influxdb-Error",
)
CODES = {400: "invalid", 401: "unauthorized", 403: "forbidden", 404: "not found", 413: "request too large"}

ErrorShape = Literal["v1", "v2", "v3"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an answer. `path` is the one that it concerns, None all of them."""

    delay_s: float = 0.0
    status: int | None = None
    """Answered instead of what influxd says."""
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    is_carried_out: bool = True
    """Whether influxd is asked at all before."""
    is_cut: bool = False
    """The connection ends without an answer."""
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the one who asked."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Translator:
    """The translator on a port of its own, with what it was asked, and the faults that were ordered."""

    host = "127.0.0.1"

    def __init__(self, port: int, upstream_port: int, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self._tls = tls
        self.upstream_port = upstream_port
        self.error_shape: ErrorShape = "v1"
        self.asked: Counter[tuple[str, int]] = Counter()
        """Answers by (path, status); status 0 is a connection that was cut."""
        self.longest_target = 0
        """Characters of the longest path with its query."""
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, int]] = []
        self._healed = threading.Event()
        self._server: _Server | None = None

    # -- orders --------------------------------------------------------------------------------

    def order(self, fault: Fault, times: int = 1_000_000) -> None:
        """Apply the fault to the next answers that it concerns, after the faults that were ordered before."""
        with self._lock:
            self._healed.clear()
            self._faults.append((fault, times))

    def slow(self, delay_s: float, path: str | None = None) -> None:
        """Delay each answer; what was asked is carried out after the delay."""
        self.order(Fault(delay_s=delay_s, path=path))

    def busy(
        self,
        status: int = 503,
        retry_after_s: int | None = 1,
        times: int = 1_000_000,
        path: str | None = V2_WRITE,
    ) -> None:
        """Refuse with this status (nothing is carried out), with or without Retry-After."""
        headers = () if retry_after_s is None else (("Retry-After", str(retry_after_s)),)
        body = json.dumps({"code": "unavailable", "message": "too busy"}).encode()
        self.order(Fault(status=status, body=body, headers=headers, is_carried_out=False, path=path), times)

    def lose_answers(self, times: int = 1, path: str | None = V2_WRITE) -> None:
        """Carry out what is asked, and cut the connection instead of the answer: the asker must repeat it."""
        self.order(Fault(is_cut=True, path=path), times)

    def heal(self) -> None:
        """Forget all faults; delayed answers go out at once."""
        with self._lock:
            self._faults.clear()
            self._healed.set()
        self.error_shape = "v1"

    def fault_for(self, path: str) -> Fault:
        """Return the oldest fault that concerns this path, and use it up once."""
        with self._lock:
            for i, (fault, times) in enumerate(self._faults):
                if fault.path in (None, path):
                    self._faults[i : i + 1] = [(fault, times - 1)] if times > 1 else []
                    return fault
        return Fault()

    def take(self, path: str, target: str) -> None:
        """Count what is asked, before it is answered."""
        with self._lock:
            self._taken[path] += 1
            self.longest_target = max(self.longest_target, len(target))

    def taken(self, path: str = V2_WRITE) -> int:
        """Return how often this path was asked for, answered yet or not."""
        with self._lock:
            return self._taken[path]

    def wait_s(self, delay_s: float) -> None:
        """Return after a delay, or as soon as all is healed."""
        if delay_s:
            self._healed.wait(delay_s)

    def answered(self, path: str, status: int) -> None:
        """Count an answer."""
        with self._lock:
            self.asked[path, status] += 1

    def count(self, path: str = V2_WRITE, status: int | None = None) -> int:
        """Return how often this path was answered (with this status)."""
        with self._lock:
            return sum(n for (p, s), n in self.asked.items() if p == path and status in (None, s))

    # -- life ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen; return when connections are taken."""
        if self._server is None:
            self._server = _Server((self.host, self.port), _Handler)
            self._server.translator = self
            if self._tls is not None:
                self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, and cut those that are open, as a server does that is gone."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.cut_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    translator: Translator

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        for request in list(self._open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self._upstream: http.client.HTTPConnection | None = None

    def finish(self) -> None:
        self._hang_up()
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        translator, path = self.server.translator, urlsplit(self.path).path
        translator.take(path, self.path)
        fault = translator.fault_for(path)
        translator.wait_s(fault.delay_s)
        answer: Answer | None = Answer(fault.status or 500, fault.headers, fault.body)
        if fault.is_carried_out:
            try:
                carried_out = self._translate(path, body)
            except (OSError, http.client.HTTPException):
                carried_out = None
            answer = answer if fault.status is not None and carried_out else carried_out
        if answer is None or fault.is_cut:
            translator.answered(path, 0)
            self.close_connection = True
            return
        translator.answered(path, answer.status)
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.status != 204 and self.command != "HEAD":
            self.wfile.write(answer.body)

    def _translate(self, path: str, body: bytes) -> Answer:
        if path == "/health":
            return self._health()
        if path != V2_WRITE:
            return self._ask(self.command, self.path, body)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        database, _, policy = asked.get("bucket", "").partition("/")
        if not database:
            return self._error(404, f"bucket name {asked.get('bucket', '')!r} has an empty database")
        precision = PRECISIONS.get(asked.get("precision", ""))
        if precision is None:
            return self._error(400, f"invalid precision {asked['precision']!r} (use ns, us, ms or s)")
        query = {"db": database, "precision": precision} | ({"rp": policy} if policy else {})
        return self._ask("POST", f"/write?{urlencode(query)}", body)

    def _health(self) -> Answer:
        ping = self._ask("GET", "/ping", b"")
        version = dict(ping.headers).get("X-Influxdb-Version", "unknown")
        said = {"name": "influxdb", "message": "ready for queries and writes", "status": "pass", "checks": []}
        return Answer(
            200, (("Content-Type", "application/json"),), json.dumps({**said, "version": version}).encode()
        )

    def _ask(self, method: str, target: str, body: bytes) -> Answer:
        headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
        authorization = self.headers.get("Authorization", "")
        scheme, _, token = authorization.partition(" ")
        if scheme == "Token":
            if ":" not in token:
                return self._error(401, "authorization failed")
            headers["Authorization"] = f"Basic {base64.b64encode(token.encode()).decode()}"
        elif authorization:
            headers["Authorization"] = authorization
        if self._upstream is None:
            self._upstream = http.client.HTTPConnection(
                self.server.translator.host, self.server.translator.upstream_port, timeout=UPSTREAM_WAIT_S
            )
        try:
            self._upstream.request(method, target, body, headers)
            response = self._upstream.getresponse()
            said = response.read()
        except (OSError, http.client.HTTPException):
            self._hang_up()
            raise
        kept = tuple((name, response.headers[name]) for name in PASSED_BACK if name in response.headers)
        if (
            response.status >= 400
            and target.startswith("/write")
            and self.server.translator.error_shape != "v1"
        ):
            return self._error(response.status, json.loads(said)["error"])
        return Answer(response.status, kept, said)

    def _error(self, status: int, message: str) -> Answer:
        shape = self.server.translator.error_shape
        if shape == "v1":
            said: dict[str, Any] = {"error": message}
        elif shape == "v2":
            said = {"code": CODES.get(status, "internal error"), "message": message}
        else:
            said = {"error": "partial write of line protocol occurred", "data": [{"error_message": message}]}
        return Answer(status, (("Content-Type", "application/json"),), json.dumps(said).encode())

    def _hang_up(self) -> None:
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.close()
