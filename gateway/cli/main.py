"""`storefloor …`: parses the command line, and turns errors that people can mend into words. Wiring."""

import argparse
import sys
from importlib.metadata import version
from pathlib import Path

from gateway.cli import config_command, demo, keys_command, run
from gateway.errors import ConfigError
from gateway.storage.errors import StoreError

EXIT_USAGE = 2


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit code (0 done, 1 failed, 2 the operator must mend something)."""
    arguments, rest = _parser().parse_known_args(argv)
    if arguments.command == "simulate":
        from simulators.live import main as simulate

        return simulate(rest)
    if rest:
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        return int(arguments.act(arguments))
    except (ConfigError, StoreError) as error:
        print(f"storefloor: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="storefloor",
        description="RFID/IoT store-floor inventory gateway.",
        epilog="Start with `storefloor demo`, or `storefloor config example > site.toml`.",
    )
    parser.add_argument("--version", action="version", version=f"storefloor {version('storefloor')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("run", help="run the gateway of a site")
    command.add_argument("--config", type=Path, required=True, help="the site's TOML file")
    command.add_argument("--verbose", action="store_true", help="log more")
    command.add_argument(
        "--shop-clock",
        metavar="SPEED:MONOTONIC_NS:SHOP_NS",
        help="for simulated sites alone: run on the clock of `storefloor simulate` "
        "(its --speed, --origin-monotonic-ns and --origin-shop-ns)",
    )
    command.set_defaults(act=run.run_site)

    command = commands.add_parser("demo", help="run a simulated shop and its gateway on this machine")
    command.add_argument("--port", type=int, default=8480, help="port of the page and the API (default 8480)")
    command.add_argument(
        "--speed", type=float, default=30.0, help="shop seconds per real second (default 30)"
    )
    command.add_argument("--seed", type=int, default=1, help="same seed, same shop day")
    command.add_argument("--broker", choices=("mosquitto", "amqtt"), help="default: mosquitto if it is there")
    command.add_argument("--truth", type=Path, help="write the shop's true changes to this file (JSON Lines)")
    command.add_argument("--verbose", action="store_true", help="log more")
    command.set_defaults(act=demo.run_demo)

    commands.add_parser("simulate", add_help=False, help="run the simulated shop's devices alone")

    command = commands.add_parser("keys", help="make, list and revoke API keys")
    keys_command.add_arguments(command)

    command = commands.add_parser("config", help="check a site file, or print an example")
    config_command.add_arguments(command)
    return parser
