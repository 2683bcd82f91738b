"""Names that a request may address this server by; the guard against DNS rebinding. Pure.

Rebinding makes a stranger's web page reach a local address under the stranger's own *name*. So a
name is answered only where it is known; an address literal cannot be rebound and is answered.
"""

from functools import lru_cache
from ipaddress import ip_address

MAX_HOST_CHARS = 255
"""The longest DNS name is 253 characters; more is no host."""


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


def is_own_page(host: str, known: frozenset[str], sec_fetch_site: str | None) -> bool:
    """Return whether a request without a key may come from our own page on this machine.

    `sec_fetch_site` is what browsers say of the page behind a request; scripts say nothing.
    """
    if sec_fetch_site not in (None, "same-origin", "none"):
        return False
    return is_loopback(host) or host in known
