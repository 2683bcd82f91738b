"""One message over HTTP: look the name up, judge its addresses, connect to the one that was judged. I/O.

By urllib3, a well-kept client whose connection may be told its address and, apart from
it, the name that its certificate must bear.
"""

import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import urllib3

from gateway.webhooks.model import Answer
from gateway.webhooks.targets import Policy, Target, choose, parse_target

CONNECT_S, ANSWER_S = 5.0, 15.0
MAX_ANSWER_BYTES = 4_096
"""Of an answer no more is read: its status says all that is used."""
MAX_RETRY_AFTER_DIGITS = 7


class SendFailed(Exception):  # noqa: N818 - named by what happened
    """No answer came; its text says why."""


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the resolver's order. Raises SendFailed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SendFailed(f"{host} has no address: {error}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(slots=True)
class Sender:
    """Sends messages; each connection goes to the very address that was judged. Blocks: call it off the loop."""

    policy: Policy
    resolve: Callable[[str, int], Sequence[str]] = look_up
    tls: ssl.SSLContext | None = None
    """What certificates are judged by; None: the system's authorities, read at the first message."""

    def check(self, url: str) -> None:
        """Raise TargetRefused or SendFailed where nothing could be sent to a URL now."""
        target = parse_target(url, self.policy)
        choose(target, self.resolve(target.host, target.port), self.policy)

    def post(self, url: str, headers: dict[str, str], body: bytes, method: str = "POST") -> Answer:
        """Return the receiver's answer. Raises TargetRefused, or SendFailed where there is none."""
        import urllib3  # a tenth of a start, for a shop that sends nothing

        # Below, it tells whole paths, which are secrets of their receivers.
        logging.getLogger("urllib3").setLevel(logging.INFO)
        target = parse_target(url, self.policy)
        address = choose(target, self.resolve(target.host, target.port), self.policy)
        with self._pool(target, address) as pool:
            try:
                answer = pool.request(
                    method,
                    target.path,
                    body=body,
                    headers={**headers, "host": _host_header(target)},
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    timeout=urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S),
                )
                answer.read(MAX_ANSWER_BYTES, decode_content=False)
                return Answer(answer.status, _seconds(answer.headers.get("retry-after", "")))
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise SendFailed(f"{type(error).__name__}: {error}"[:500]) from error

    def _pool(self, target: Target, address: str) -> "urllib3.HTTPConnectionPool":
        import urllib3

        if self.tls is None:
            self.tls = ssl.create_default_context()
        if target.scheme == "http":
            return urllib3.HTTPConnectionPool(address, target.port, maxsize=1)
        return urllib3.HTTPSConnectionPool(
            address,
            target.port,
            maxsize=1,
            ssl_context=self.tls,
            server_hostname=target.host,
            assert_hostname=target.host,
        )


def _host_header(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    is_usual = (target.scheme, target.port) in {("https", 443), ("http", 80)}
    return host if is_usual else f"{host}:{target.port}"


def _seconds(text: str) -> float | None:
    """Return a Retry-After in seconds; a date, or nonsense, is not followed."""
    text = text.strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_RETRY_AFTER_DIGITS
    return float(text) if is_number else None
