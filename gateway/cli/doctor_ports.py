"""`storefloor doctor` on serial ports. I/O."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from gateway.cli.site_file import read_site
from gateway.config.site import SiteConfig
from gateway.doctor.config_blocks import Place, port_block
from gateway.doctor.evidence import PortEvidence
from gateway.doctor.findings import Finding, findings
from gateway.doctor.port_probe import Plan
from gateway.doctor.report import port_json, port_text
from gateway.doctor.serial_look import look_at
from gateway.errors import ConfigError
from readers.probes import PROBES
from readers.serial_port import FoundPort, found_ports

EXIT_PROBLEMS = 1
KINDS = (*PROBES, "uhfreader18", "scanner")
SHARED_PROBE = {"uhfreader18": "uhfreader288"}
WATCH_S = 5.0
MAX_PORTS = 32
"""Looked at at once; each costs a thread for a moment and little else."""
MIN_BAUD, MAX_BAUD = 1_200, 3_000_000


def look_at_ports(arguments: argparse.Namespace) -> int:
    """Look at the ports that are named, or at all; return 1 where a problem was found."""
    if arguments.baud is not None and not MIN_BAUD <= arguments.baud <= MAX_BAUD:
        raise ConfigError(f"doctor: --baud {arguments.baud} must be {MIN_BAUD} to {MAX_BAUD}")
    site = read_site(arguments.config)[0] if arguments.config else None
    ports = [FoundPort(path) for path in arguments.port or ()] or found_ports()
    if not ports:
        print("No serial port here: plug the reader in, or name its port with --port PATH.", file=sys.stderr)
        return EXIT_PROBLEMS
    if len(ports) > MAX_PORTS:
        print(f"{len(ports)} serial ports: looking at the first {MAX_PORTS}.", file=sys.stderr)
    seen = asyncio.run(_look(ports[:MAX_PORTS], arguments))
    return _tell(seen, arguments, site)


async def _look(ports: list[FoundPort], arguments: argparse.Namespace) -> list[PortEvidence]:
    watch_s = WATCH_S if arguments.seconds is None else arguments.seconds
    plan = Plan(
        (*PROBES, "scanner")
        if arguments.kind is None
        else (SHARED_PROBE.get(arguments.kind, arguments.kind),),
        () if arguments.baud is None else (arguments.baud,),
        scan_s=watch_s if arguments.kind == "scanner" else 0.0,
    )
    hint = "scan a code now" if arguments.kind == "scanner" else "this takes some seconds"
    print(f"Looking at {len(ports)} serial port(s); {hint} …", file=sys.stderr)
    return await asyncio.gather(
        *(look_at(PortEvidence(port.path, port.detail), plan, watch_s) for port in ports)
    )


def _tell(seen: Iterable[PortEvidence], arguments: argparse.Namespace, site: SiteConfig | None) -> int:
    names = _Names(site)
    told: list[tuple[PortEvidence, list[Finding], str]] = []
    for evidence in seen:
        identity = evidence.probed.identity
        region = _region_of(evidence.path, site, arguments.config) or arguments.region
        is_known = _reader_on(evidence.path, site, arguments.config) is not None
        block = ""
        if identity is not None and not is_known:
            block = port_block(evidence, names.next(identity.kind), place_of(site), region)
        told.append((evidence, findings(evidence, region), block))
    if arguments.json:
        print(json.dumps({"ports": [port_json(*parts) for parts in told]}, indent=2))
    else:
        print("\n\n".join("\n".join(port_text(*parts)) for parts in told))
    return exit_code(finding for _, found, _ in told for finding in found)


def exit_code(found: Iterable[Finding]) -> int:
    """Return 1 where one of the findings is a problem."""
    return EXIT_PROBLEMS if any(finding.level == "problem" for finding in found) else 0


def place_of(site: SiteConfig | None) -> Place:
    """Return where a new device may stand: the site's first store and zone, to be checked by its owner."""
    return Place() if site is None else Place(site.stores[0].id, site.stores[0].zones[0].id)


def site_devices(site: SiteConfig) -> list[str]:
    """Return the ids of all devices of a site."""
    ids = [reader.id for reader in site.readers] + [scanner.id for scanner in site.scanners]
    return ids + [shelf.id for shelf in site.shelves]


class _Names:
    """Ids that no device of the site has: m100-1, m100-2 …"""

    def __init__(self, site: SiteConfig | None) -> None:
        self._taken = set(site_devices(site)) if site else set()

    def next(self, kind: str) -> str:
        number = 1
        while (name := f"{kind}-{number}") in self._taken:
            number += 1
        self._taken.add(name)
        return name


def _reader_on(path: str, site: SiteConfig | None, config: Path | None) -> str | None:
    """Return the id of the site's device on a port."""
    if site is None or config is None:
        return None
    wanted = Path(path).resolve()
    ports = [(reader.id, reader.port) for reader in site.readers]
    ports += [(scanner.id, scanner.port) for scanner in site.scanners]
    found = (name for name, port in ports if port is not None and (config.parent / port).resolve() == wanted)
    return next(found, None)


def _region_of(path: str, site: SiteConfig | None, config: Path | None) -> str | None:
    """Return the region that the site's file has for the reader on a port."""
    name = _reader_on(path, site, config)
    readers = site.readers if site is not None else ()
    return next((reader.region for reader in readers if reader.id == name), None)
