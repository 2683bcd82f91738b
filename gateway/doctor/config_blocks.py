"""The lines to paste into a site file for a device that was found. Pure.

What only its owner knows (store, zone, role) is filled in from the site where there is one, and is
marked where there is none.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from gateway.config.devices import Region
from gateway.doctor.evidence import PortEvidence
from gateway.doctor.reader_settings import region_refusal
from readers.probes import Identity
from readers.registry import SERIAL_KINDS

REGIONS: tuple[str, ...] = get_args(Region)


@dataclass(frozen=True, slots=True)
class Place:
    """Where devices stand: the ids of a store and of a zone. `is_guess`: nobody has said so."""

    store: str = "your-store"
    zone: str = "your-zone"
    is_guess: bool = True


def port_block(evidence: PortEvidence, name: str, place: Place, wanted_region: str | None = None) -> str:
    """Return the table for what was found on a port; empty where nothing was."""
    identity, baud = evidence.probed.identity, evidence.probed.baud
    if identity is None or baud is None:
        return ""
    is_scanner = identity.kind == "scanner"
    lines = [f"[[{'scanners' if is_scanner else 'readers'}]]", *_head(name, identity.kind, place)]
    lines.append(f"port = {_text(evidence.path)}")
    if baud != SERIAL_KINDS[identity.kind].default_baud:
        lines.append(f"baud = {baud}")
    lines += _scanner(place) if is_scanner else _radio(evidence, identity, place, wanted_region)
    return "\n".join(lines)


def mqtt_block(
    table: str,
    name: str,
    kind: str,
    keys: Iterable[tuple[str, str]],
    place: Place,
    antennas: Iterable[int] = (),
) -> str:
    """Return the table (readers or shelves) for a device behind the broker."""
    lines = [f"[[{table}]]", *_head(name, kind, place)]
    lines += [f"{key} = {_text(value)}" for key, value in keys]
    if table == "readers":
        lines.append(_antennas(tuple(antennas) or (1,), place))
    else:
        lines += [f"zone = {_text(place.zone)}{_mark(place)}", 'sku = "YOUR-SKU"  # the article on it']
        lines += ["unit_weight_g = 100  # weight of one piece", "tare_g = 0  # reading of the empty shelf"]
    return "\n".join(lines)


def _head(name: str, kind: str, place: Place) -> list[str]:
    return [f"id = {_text(name)}", f"kind = {_text(kind)}", f"store = {_text(place.store)}{_mark(place)}"]


def _scanner(place: Place) -> list[str]:
    return [
        f"zone = {_text(place.zone)}{_mark(place)}",
        'role = "receiving"  # receiving, till, return, count, look_up',
    ]


def _radio(evidence: PortEvidence, identity: Identity, place: Place, wanted_region: str | None) -> list[str]:
    antennas = _ports(evidence, identity)
    lines = []
    if wanted_region is not None:
        refusal = region_refusal(identity, wanted_region)
        lines.append(f"# region: {refusal}" if refusal else f"region = {_text(wanted_region)}")
    else:
        now = identity.region if identity.region in REGIONS else "eu"
        lines.append(f"# region = {_text(now)}  # {_listed(REGIONS)}; left out: stays as it is")
    if identity.power_dbm is not None:
        lines.append(f"# power_dbm = {identity.power_dbm:g}  # as it is set now; left out: stays so")
    return [*lines, _antennas(antennas, place)]


def _ports(evidence: PortEvidence, identity: Identity) -> tuple[int, ...]:
    """Return the antenna ports to write down: those that read, else those that the reader names."""
    read = tuple(seen.antenna for seen in evidence.watched.antennas) if evidence.watched else ()
    return read or identity.antennas or (1,)


def _antennas(ports: tuple[int, ...], place: Place) -> str:
    entries = ", ".join(f"{{ port = {port}, zone = {_text(place.zone)} }}" for port in ports)
    return f"antennas = [{entries}]{_mark(place)}"


def _mark(place: Place) -> str:
    return "  # yours" if place.is_guess else ""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _text(value: str) -> str:
    """Return a TOML basic string: JSON's escapes are TOML's, as long as no character needs two of them."""
    return json.dumps(value, ensure_ascii=False)
