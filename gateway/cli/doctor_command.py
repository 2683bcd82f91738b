"""`storefloor doctor`: finds what is attached, says what is wrong with it, and what to write down. I/O."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from typing import get_args

from gateway.config import Region
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
KINDS = (*PROBES, "scanner")
DEFAULT_WATCH_S = 5.0
MAX_WATCH_S = 3_600.0
MAX_PORTS = 32
"""Looked at at once; each costs a thread for a moment and little else."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add(
        "--port",
        action="append",
        metavar="PATH",
        help="a serial port to look at; repeat for more; default: all",
    )
    add("--kind", choices=KINDS, help="look for this kind alone; uhfreader288 finds UHFReader18 too")
    add("--baud", type=int, help="try this baud alone, with every kind")
    add("--seconds", type=float, default=DEFAULT_WATCH_S, help="how long to watch tags; 0: not (default 5)")
    add("--region", choices=get_args(Region), help="the region whose law holds where you are")
    add("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=doctor)


def doctor(arguments: argparse.Namespace) -> int:
    """Look, and tell; return 1 where a problem was found."""
    _check(arguments)
    return asyncio.run(_serial(arguments))


def _check(arguments: argparse.Namespace) -> None:
    if not 0 <= arguments.seconds <= MAX_WATCH_S:
        raise ConfigError(f"doctor: --seconds {arguments.seconds:g} must be 0 to {MAX_WATCH_S:g}")
    if arguments.baud is not None and not 1_200 <= arguments.baud <= 3_000_000:
        raise ConfigError(f"doctor: --baud {arguments.baud} must be 1200 to 3000000")


async def _serial(arguments: argparse.Namespace) -> int:
    ports = [FoundPort(path) for path in arguments.port or ()] or found_ports()
    if not ports:
        print("No serial port here: plug the reader in, or name its port with --port PATH.", file=sys.stderr)
        return EXIT_PROBLEMS
    if len(ports) > MAX_PORTS:
        print(f"{len(ports)} serial ports: looking at the first {MAX_PORTS}.", file=sys.stderr)
    plan = _plan(arguments)
    print(f"Looking at {len(ports[:MAX_PORTS])} serial port(s); this takes some seconds …", file=sys.stderr)
    looks = (
        look_at(PortEvidence(port.path, port.detail), plan, arguments.seconds) for port in ports[:MAX_PORTS]
    )
    seen = await asyncio.gather(*looks)
    return _tell(seen, arguments)


def _plan(arguments: argparse.Namespace) -> Plan:
    kinds = KINDS if arguments.kind is None else (arguments.kind,)
    return Plan(
        kinds,
        () if arguments.baud is None else (arguments.baud,),
        scan_s=arguments.seconds if arguments.kind == "scanner" else 0.0,
    )


def _tell(seen: Iterable[PortEvidence], arguments: argparse.Namespace) -> int:
    named: dict[str, int] = {}
    told: list[tuple[PortEvidence, list[Finding], str]] = []
    for evidence in seen:
        identity = evidence.probed.identity
        kind = identity.kind if identity else ""
        named[kind] = named.get(kind, 0) + 1
        block = port_block(evidence, f"{kind}-{named[kind]}", Place(), arguments.region)
        told.append((evidence, findings(evidence, arguments.region), block))
    if arguments.json:
        print(json.dumps({"ports": [port_json(*parts) for parts in told]}, indent=2))
    else:
        print("\n\n".join("\n".join(port_text(*parts)) for parts in told))
    has_problem = any(finding.level == "problem" for _, found, _ in told for finding in found)
    return EXIT_PROBLEMS if has_problem else 0
