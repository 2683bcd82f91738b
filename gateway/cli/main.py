"""`storefloor …`: finds the command, and turns errors that people can mend into words. Wiring."""

import argparse
import gc
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType, ModuleType

from gateway.errors import ConfigError
from gateway.storage.errors import StoreCorrupt, StoreError

EXIT_USAGE = 2
EXIT_DAMAGED = 3
"""The store is damaged: to start again by itself would not mend it (RestartPreventExitStatus in the unit)."""

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "run": ("gateway.cli.run", "run the gateway of a site"),
        "demo": ("gateway.cli.demo", "run a simulated shop and its gateway on this machine"),
        "simulate": (
            "gateway.cli.simulate",
            "play the devices of a simulated shop, or `simulate device` one",
        ),
        "decode": ("gateway.cli.decode", "tell what is in a capture of a device, a JSON object a line"),
        "record": ("gateway.cli.record", "run the gateway of a site, and record all that it takes"),
        "replay": (
            "gateway.cli.replay",
            "tell what a site would have believed of recorded observations",
        ),
        "evaluate": (
            "gateway.cli.evaluate",
            "measure how true the stock is, on simulated shops and on recorded reads",
        ),
        "alerts": ("gateway.cli.alerts_command", "try a rule of alerts on the stored past"),
        "doctor": ("gateway.cli.doctor_command", "find what is attached, and what is wrong with it"),
        "influx": ("gateway.cli.influx_command", "tell how InfluxDB is told, try it, and tell it again"),
        "keys": ("gateway.cli.keys_command", "make, list and revoke API keys"),
        "staff": ("gateway.cli.staff_command", "add people and shared devices to the staff page"),
        "privacy": ("gateway.cli.privacy_command", "take a customer's reference out of the store"),
        "backup": ("gateway.cli.backup_command", "copy the store into one checked file, beside the gateway"),
        "restore": ("gateway.cli.restore_command", "put a backup in the store's place"),
        "export": ("gateway.cli.export_command", "write journal, levels or alerts as JSON Lines or CSV"),
        "import": ("gateway.cli.import_command", "take up an exported journal, or exported levels"),
        "config": ("gateway.cli.config_command", "check a site file, or print an example"),
    }
)
"""Name → the module that declares its options (`add_arguments`), and what it is for. A command is imported
when it is called: `decode` and `doctor` need no web server, and start in a fifth of the time without it.
"""

TAKES_THE_REST = frozenset({"simulate"})
"""Commands that hand their words on to a program with options of its own."""


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit code (0 done, 1 failed, 2 to be mended, 3 a damaged store)."""
    words = sys.argv[1:] if argv is None else argv
    parser = _parser(words[0] if words else "")
    arguments, rest = parser.parse_known_args(words)
    if rest and arguments.command not in TAKES_THE_REST:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    try:
        return int(arguments.act(arguments))
    except StoreCorrupt as error:
        print(f"storefloor: {error}{_way_back(error, getattr(arguments, 'config', None))}", file=sys.stderr)
        return EXIT_DAMAGED
    except (ConfigError, StoreError) as error:
        print(f"storefloor: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        return 0


def _way_back(error: StoreCorrupt, config: object) -> str:
    """Return the very command that puts the newest backup back, where one lies beside the store."""
    from gateway.storage.backup import BACKUPS_FOLDER, backups_in

    found = backups_in(Path(error.path).parent / BACKUPS_FOLDER)
    if not found:
        return ""
    return f"\nstorefloor: the newest backup here: storefloor restore --config {config} --from {found[-1]}"


def _parser(called: str) -> argparse.ArgumentParser:
    """Return the parser; of the commands, only the one that is called knows its options."""
    parser = argparse.ArgumentParser(
        prog="storefloor",
        description="RFID/IoT store-floor inventory gateway.",
        epilog="Start with `storefloor demo`, or `storefloor config example > site.toml`.",
    )
    parser.add_argument("--version", action="version", version=f"storefloor {version('storefloor')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, purpose) in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, add_help=name not in TAKES_THE_REST)
        if name == called:
            _imported(module).add_arguments(command)
    return parser


def _imported(name: str) -> ModuleType:
    """Return a module. What is imported stays: to look for garbage in it meanwhile costs a fifth of the time."""
    if name in sys.modules:
        return sys.modules[name]
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()
