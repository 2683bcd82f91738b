"""What a reader that was found can be told: which regions, and which antenna ports to ask. Pure."""

from readers.errors import DeviceRefused
from readers.probes import Identity
from readers.registry import SERIAL_KINDS
from readers.settings import RfidSettings

NAME = "it"
USUAL_PORTS = (1, 2, 3, 4)
"""Readers with one to four antenna ports are the usual ones; a bare port is told as such."""
ASKED_PORT_BY_PORT = frozenset({"r2000", "uhfreader288"})
"""Kinds whose inventories name the port: to ask one more of them changes no setting."""


def region_refusal(identity: Identity, region: str) -> str:
    """Return why a reader cannot be set to a region; empty where it can."""
    try:
        SERIAL_KINDS[identity.kind].make(RfidSettings(NAME, region))
    except DeviceRefused as error:
        return str(error).removeprefix(f"{NAME}: ")
    return ""


def ports_to_ask(identity: Identity) -> tuple[int, ...]:
    """Return the antenna ports to look for tags at."""
    if identity.kind in ASKED_PORT_BY_PORT and not identity.speaks_first:
        return tuple(sorted({*identity.antennas, *USUAL_PORTS}))
    return identity.antennas or (1,)
