"""Names that a request may address this server by; the guard against DNS rebinding. Pure.

Rebinding makes a stranger's web page reach a local address under the stranger's own *name*. So a
name is answered only where it is known; an address literal cannot be rebound and is answered.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

MAX_HOST_CHARS = 255
"""The longest DNS name is 253 characters; more is no host."""
MAX_HOSTS = 64
"""Host fields remembered as answered: one or two, and never as many as a stranger makes up."""


def host_name(header: str) -> str:
    """Return the host of a Host header: lower case, without port, brackets and trailing dot."""
    text = header.strip().lower()
    if len(text) > MAX_HOST_CHARS:
        return ""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    if text.count(":") > 1:
        return text
    return text.partition(":")[0].removesuffix(".")


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Return whether `host` (as from `host_name`) can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=256)
def is_address(host: str) -> bool:
    """Return whether `host` is an IP address literal."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_answered(host: str, known: frozenset[str]) -> bool:
    """Return whether requests for `host` are answered at all."""
    return bool(host) and (host in known or is_loopback(host) or is_address(host))


class KnownHosts:
    """The names of one server; remembers the Host fields that are answered, which are one or two."""

    def __init__(self, host: str, allowed: Iterable[str]) -> None:
        self._names = frozenset(name.lower() for name in (host, *allowed))
        self._met: set[bytes] = set()

    def answers(self, field: bytes) -> bool:
        """Return whether requests with this Host field are answered at all."""
        if field in self._met:
            return True
        if not is_answered(host_name(field.decode("latin-1")), self._names):
            return False
        if len(self._met) < MAX_HOSTS:
            self._met.add(field)
        return True


def is_own_page(host: str, known: frozenset[str], sec_fetch_site: str | None) -> bool:
    """Return whether a request without a key may come from our own page on this machine.

    `sec_fetch_site` is what browsers say of the page behind a request; scripts say nothing.
    """
    if sec_fetch_site not in (None, "same-origin", "none"):
        return False
    return is_loopback(host) or host in known
