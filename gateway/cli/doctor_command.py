"""`storefloor doctor`: finds what is attached, says what is wrong with it, and what to write down. Wiring."""

import argparse
import logging
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from gateway.cli.doctor_broker import look_at_broker
from gateway.cli.doctor_ports import KINDS, look_at_ports
from gateway.cli.doctor_walk import walk_through
from gateway.config.devices import Region
from gateway.errors import ConfigError

MAX_SECONDS = 24 * 3_600.0
FROM_CONFIG = "config"
Add = Callable[..., object]
"""`add_argument` of a group of options."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: of serial ports, unless a broker or a walk test is asked for."""
    parser.description = "Find what is attached, say what is wrong with it, print lines for the site file."
    parser.add_argument(
        "--seconds", type=float, help="how long to watch; default: ports 5, broker 10, walk 60"
    )
    parser.add_argument("--config", type=Path, help="the site's TOML file: what is found is compared with it")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    _add_ports(parser.add_argument_group("serial ports").add_argument)
    _add_broker(parser.add_argument_group("broker").add_argument)
    _add_walk(parser.add_argument_group("walk test").add_argument)
    parser.set_defaults(act=doctor)


def doctor(arguments: argparse.Namespace) -> int:
    """Look, and tell; return 1 where a problem was found."""
    if arguments.seconds is not None and not 0 <= arguments.seconds <= MAX_SECONDS:
        raise ConfigError(f"doctor: --seconds {arguments.seconds:g} must be 0 to {MAX_SECONDS:g}")
    logging.getLogger("readers").setLevel(logging.CRITICAL)  # what links say goes into the findings
    if arguments.walk_test:
        return walk_through(arguments)
    if arguments.broker is not None:
        return look_at_broker(arguments, None if arguments.broker == FROM_CONFIG else arguments.broker)
    return look_at_ports(arguments)


def _add_ports(add: Add) -> None:
    add("--port", action="append", metavar="PATH", help="a port to look at; repeat for more; default: all")
    add("--kind", choices=KINDS, help="look for this kind alone")
    add("--baud", type=int, help="try this baud alone, with every kind")
    add("--region", choices=get_args(Region), help="the region whose law holds where you are")


def _add_broker(add: Add) -> None:
    add(
        "--broker",
        nargs="?",
        const=FROM_CONFIG,
        metavar="HOST[:PORT]",
        help="listen there; default: the site's",
    )
    add("--mqtt-protocol", choices=("5", "3.1.1"), default="5", help="MQTT version (default 5)")
    add("--username", help="user of the broker")
    add("--password-file", type=Path, help="file whose first line is the password")
    add("--tls", action="store_true", help="speak TLS to the broker")


def _add_walk(add: Add) -> None:
    add(
        "--walk-test",
        action="store_true",
        help="which tags of a zone are heard how often, and what to change",
    )
    add("--zone", help="this zone alone")
    add("--expect", type=Path, metavar="FILE", help="EPCs that lie there, one a line: tell which are missing")
    add("--url", help="ask the API of a running gateway, by article, in place of the readers")
    add("--key-file", type=Path, help="file whose first line is an API key; else STOREFLOOR_KEY is taken")
    add("--store", help="id of the store; default: the first that the key sees")
