"""Where messages may go: https, and public addresses alone, unless the operator says otherwise. Pure.

A URL is foreign text, and its name is looked up anew for each message: what counts is the address that is
connected to. So each address of a name is judged, in every dress that a private one can wear: IPv4 in IPv6
(mapped, NAT64, 6to4, Teredo), decimal and octal forms (which the WHATWG's rules for URLs turn into plain ones),
shared and reserved blocks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from pydantic_core import Url, ValidationError

MAX_URL_CHARS = 2_048
PORTS = {"https": 443, "http": 80}
NAT64 = IPv6Network("64:ff9b::/96")
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
COMPATIBLE = IPv6Network("::/96")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class TargetRefused(ValueError):  # noqa: N818 - named by what happened
    """A URL that nothing is sent to; its text says why, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart. `host` is a name or an address literal, without brackets."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows beyond public https: networks of their own, and plain HTTP (into those alone)."""

    networks: tuple[Network, ...] = ()
    allow_http: bool = False


def parse_target(url: str, policy: Policy) -> Target:
    """Return a URL's parts. Raises TargetRefused."""
    if len(url) > MAX_URL_CHARS or not url.isascii() or any(c <= " " or c == "\\" for c in url):
        raise TargetRefused(f"write a URL of at most {MAX_URL_CHARS} ASCII characters, without spaces")
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in PORTS or rest[:1] in ("", "/", "?", "#"):
        raise TargetRefused("write a URL that begins with https:// and a host")
    try:
        parts = Url(url)
    except ValidationError as error:
        raise TargetRefused(f"this is no URL: {error.errors()[0]['msg']}") from error
    if parts.scheme == "http" and not policy.allow_http:
        raise TargetRefused(
            "plain HTTP is not allowed here: write https://, or set allow_http under [webhooks]"
        )
    if parts.username is not None or parts.password is not None:
        raise TargetRefused("a URL ends up in logs: leave user name and password out, messages are signed")
    if parts.port == 0:
        raise TargetRefused("port 0 is no port: leave it out, or write the receiver's own")
    if parts.fragment is not None:
        raise TargetRefused("write a URL without a fragment (#)")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = (parts.host or "").removeprefix("[").removesuffix("]")
    return Target(parts.scheme, host, parts.port or PORTS[parts.scheme], path)


def choose(target: Target, addresses: Sequence[str], policy: Policy) -> str:
    """Return the address to connect to. Raises TargetRefused where any of them may not be: a name that says
    both a public and a private one is not to be trusted with either.
    """
    if not addresses:
        raise TargetRefused(f"{target.host} has no address")
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        if _is_in(address, policy.networks):
            continue
        if not is_public(address):
            raise TargetRefused(
                f"{target.host} is {address}, which is not a public address: if it is your own, add its network to"
                " allow_networks under [webhooks]"
            )
        if target.scheme == "http":
            raise TargetRefused(
                f"plain HTTP goes to networks of your own alone, and {address} is in none of them"
            )
    return addresses[0]


def is_public(address: Address) -> bool:
    """Return whether an address is of the public internet, whatever IPv4 address it may carry inside."""
    return all(one.is_global and not one.is_multicast for one in (address, *_inside(address)))


def _inside(address: Address) -> Iterable[IPv4Address]:
    """Yield the IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if any(address in network for network in (NAT64, LOCAL_NAT64, COMPATIBLE)):
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    """Return whether the operator's networks hold an address, or the IPv4 address that is mapped into it."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any(
        one.version == net.version and one in net for one in (address, mapped) if one for net in networks
    )
