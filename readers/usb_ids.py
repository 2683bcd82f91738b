"""A serial port named by its adapter's USB ids (`usb:1a86:7523`, `usb:1a86:7523:SERIAL`). Pure.

For adapters without a serial number of their own, /dev/serial/by-id tells no two apart; their ids at
least tell them from all others, on any machine and in any socket.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

SCHEME = "usb:"
_NAME = re.compile(r"usb:([0-9a-f]{4}):([0-9a-f]{4})(?::([!-~]{1,64}))?", re.ASCII | re.IGNORECASE)


class UsbPort(NamedTuple):
    """A port as the machine lists it."""

    path: str
    vendor: int | None
    product: int | None
    serial: str | None


def is_usb_name(port: str) -> bool:
    """Return whether a port is named by ids and not by path."""
    return port.startswith(SCHEME)


def find_port(name: str, ports: Iterable[UsbPort]) -> str:
    """Return the path of the one port that `name` means.

    Raises LookupError, in words, where there is none, or more than one: to guess would swap two readers.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise LookupError(
            f"{name!r} must be usb:VENDOR:PRODUCT or usb:VENDOR:PRODUCT:SERIAL, ids as 4 hex digits"
        )
    ids = int(match[1], 16), int(match[2], 16)
    found = [
        port.path
        for port in ports
        if (port.vendor, port.product) == ids and (match[3] is None or port.serial == match[3])
    ]
    if not found:
        raise LookupError(f"no adapter {name} is plugged in")
    if len(found) > 1:
        raise LookupError(
            f"{name} is {len(found)} adapters ({', '.join(sorted(found))}): add the serial number"
        )
    return found[0]
