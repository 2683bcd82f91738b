"""Runs a simulated site live, over ptys and MQTT: the `storefloor simulate` command. I/O.

python -m simulators.live --config config/demo.toml --ports-dir /tmp/shop/ports --speed 20
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulators.control import MAX_LINE_BYTES, RefusedError, parse_order
from simulators.layout import SiteLayout, UnusableSiteError, load_site
from simulators.live_site import LiveClock, LiveSite
from simulators.params import Pace, shop_params
from simulators.shop import opening_ns
from simulators.site import SimulatedSite, SiteOptions
from simulators.truth_log import TruthLog

STDIN_FD = 0


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What to run and where. `has_control`: orders are read from standard input (simulators/control.py)."""

    layout: SiteLayout
    ports_dir: Path
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 1_883
    mqtt_protocol: str = "5"
    speed: float = 1.0
    origin_monotonic_ns: int = 0
    origin_shop_ns: int = 0
    seed: int = 1
    pace: Pace = Pace.BRISK
    truth_path: Path | None = None
    opening_act: bool = True
    has_control: bool = False


async def run_live(options: LiveOptions, stop: asyncio.Event | None = None) -> None:
    """Run the site until `stop` is set, `quit` is ordered, or the task is cancelled; always tidy up."""
    stop = stop or asyncio.Event()
    clock = LiveClock(options.speed, options.origin_monotonic_ns, options.origin_shop_ns)
    truth = TruthLog(options.truth_path) if options.truth_path else None
    try:
        site = SimulatedSite(
            options.layout,
            options.seed,
            shop_params(options.pace),
            options.origin_shop_ns,
            options=SiteOptions(opening_act=options.opening_act),
            on_change=truth.write if truth else None,
        )
        broker = (options.mqtt_host, options.mqtt_port, options.mqtt_protocol)
        live = LiveSite(site, clock, options.ports_dir, broker)
        with _Orders(live, stop, is_on=options.has_control):
            await live.run(stop, lambda: print(f"ready {options.ports_dir}", flush=True))
        print(f"dropped {json.dumps(live.dropped())}", flush=True)
    finally:
        if truth:
            truth.close()


class _Orders:
    """Reads orders from standard input while it is open, and answers each with a line."""

    def __init__(self, live: LiveSite, stop: asyncio.Event, *, is_on: bool) -> None:
        self._live = live
        self._stop = stop
        self._is_on = is_on
        self._held = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> None:
        """Listen; where standard input cannot be waited for (a file, /dev/null), say so and go on."""
        if self._is_on:
            try:
                asyncio.get_running_loop().add_reader(STDIN_FD, self._readable)
            except PermissionError:
                self._is_on = False
                print("error standard input is no pipe or terminal: no orders are taken", flush=True)

    def __exit__(self, *_: object) -> None:
        if self._is_on:
            asyncio.get_running_loop().remove_reader(STDIN_FD)

    def _readable(self) -> None:
        data = os.read(STDIN_FD, MAX_LINE_BYTES)
        if not data:
            self.__exit__()
            self._is_on = False
        *lines, self._held = (self._held + data).split(b"\n")
        self._held = self._held[-MAX_LINE_BYTES:]
        for line in lines:
            task = asyncio.get_running_loop().create_task(self._obey(line.decode("utf-8", "replace").strip()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _obey(self, line: str) -> None:
        layout = self._live.site.layout
        try:
            order = parse_order(line, (*layout.serial_devices(), *layout.mqtt_devices()))
        except RefusedError as error:
            print(f"error {error}", flush=True)
            return
        if order.verb == "quit":
            self._stop.set()
        else:
            await self._live.obey(order)
        print(f"ok {line}", flush=True)


def main(argv: list[str]) -> int:
    """Run from a command line; return the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        layout = load_site(arguments.config)
    except (OSError, UnusableSiteError, KeyError) as error:
        print(f"{arguments.config}: {error}", file=sys.stderr)
        return 2
    asyncio.run(_run_until_signal(_options(arguments, layout)))
    return 0


async def _run_until_signal(options: LiveOptions) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run_live(options, stop)


def _options(arguments: argparse.Namespace, layout: SiteLayout) -> LiveOptions:
    pace = Pace(arguments.pace)
    shop_ns = arguments.origin_shop_ns
    if shop_ns is None:
        shop_ns = time.time_ns() if pace is Pace.BRISK else opening_ns(datetime.now(UTC), shop_params(pace))
    monotonic_ns = arguments.origin_monotonic_ns
    return LiveOptions(
        layout=layout,
        ports_dir=arguments.ports_dir,
        mqtt_host=arguments.mqtt_host,
        mqtt_port=arguments.mqtt_port,
        mqtt_protocol=arguments.mqtt_protocol,
        speed=arguments.speed,
        origin_monotonic_ns=time.monotonic_ns() if monotonic_ns is None else monotonic_ns,
        origin_shop_ns=shop_ns,
        seed=arguments.seed,
        pace=pace,
        truth_path=arguments.truth,
        opening_act=arguments.opening_act,
        has_control=arguments.control,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="storefloor simulate", description="Run a simulated shop live.")
    add = parser.add_argument
    add("--config", type=Path, required=True, help="the site's TOML file, with its catalogue")
    add("--ports-dir", type=Path, default=Path("ports"), help="folder of the serial ports, one per device id")
    add("--mqtt-host", default="127.0.0.1", help="broker")
    add("--mqtt-port", type=int, default=1_883, help="broker's TCP port")
    add("--mqtt-protocol", choices=("5", "3.1.1"), default="5", help="MQTT version")
    add("--speed", type=float, default=1.0, help="shop seconds per real second")
    add("--origin-monotonic-ns", type=int, help="CLOCK_MONOTONIC at the shop's start; default: now")
    add("--origin-shop-ns", type=int, help="shop time at its start, ns since 1970; default: now, or opening")
    add("--seed", type=int, default=1, help="same seed, same history")
    add(
        "--pace", choices=[pace.value for pace in Pace], default=Pace.BRISK.value, help="how busy the shop is"
    )
    add("--truth", type=Path, help="file for the true changes, JSON Lines")
    add("--opening-act", action=argparse.BooleanOptionalAction, default=True, help="stage a first half hour")
    add("--control", action="store_true", help="read orders (unplug, replug, silence, resume, quit) on stdin")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
