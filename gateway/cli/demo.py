"""`storefloor demo`: a simulated shop, a broker and the gateway on this machine, ended together. Wiring.

    simulators.live (its own process) ─┬─ ptys ───────────────▶ gateway (this process) ─▶ page, API
                                       └─ MQTT ─▶ broker ─────▶

One clock for all: shop time runs `--speed` times as fast as real time, for shop and gateway alike;
thresholds and hold times are those of a real site, in shop time.
"""

import argparse
import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import uvloop

from gateway.cli.paths import store_path
from gateway.cli.run import start_logging
from gateway.cli.serve import GatewayRun, serve
from gateway.clock import ScaledClock
from gateway.config import SiteConfig
from gateway.config_file import load_catalogue, parse_site
from gateway.errors import ConfigError
from gateway.keys import issue, load_pepper
from gateway.storage.sqlite import SqliteStore
from simulators.broker import BrokerUnavailableError, RunningBroker, start_broker

SITE_FILE, ARTICLES_FILE = "demo.toml", "demo-articles.csv"
DEMO_SCOPES = ("availability:read", "availability:exact", "reservations:write", "ingest:write")
MAX_SPEED = 240.0
"""Beyond this, shop minutes pass between two frames of a device, and the demo shows noise."""
STOP_S = 5.0
MAX_PORT = 65_535
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Demo:
    """One demo: its folder, its site as filled in, and its clock."""

    folder: Path
    site: SiteConfig
    clock: ScaledClock
    key: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--port", type=int, default=8480, help="port of the page and the API (default 8480)")
    parser.add_argument("--speed", type=float, default=30.0, help="shop seconds per real second (default 30)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same shop day")
    parser.add_argument("--broker", choices=("mosquitto", "amqtt"), help="default: mosquitto if it is there")
    parser.add_argument("--truth", type=Path, help="write the shop's true changes to this file (JSON Lines)")
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.set_defaults(act=run_demo)


def run_demo(arguments: argparse.Namespace) -> int:
    """Run until Ctrl-C."""
    start_logging(verbose=arguments.verbose)
    if not 1 <= arguments.speed <= MAX_SPEED:
        raise ConfigError(f"--speed {arguments.speed:g} must be 1 to {MAX_SPEED:g}")
    if not 1 <= arguments.port <= MAX_PORT:
        raise ConfigError(f"--port {arguments.port} must be 1 to {MAX_PORT}")
    _refuse_busy_port(arguments.port)
    _end_as_by_ctrl_c(signal.SIGHUP, signal.SIGTERM)
    with tempfile.TemporaryDirectory(prefix="storefloor-demo-") as name:
        folder = Path(name)
        with _broker(folder, arguments.broker) as broker:
            demo = _prepare(folder, broker, arguments)
            with _simulated_shop(demo, broker, arguments):
                catalogue = load_catalogue(demo.site, folder)
                run = GatewayRun(demo.site, catalogue, folder, demo.clock, lambda: _greet(demo, broker))
                uvloop.run(serve(run))
        print("\nThe demo has ended; its data is gone with it.", flush=True)
    return 0


def _prepare(folder: Path, broker: RunningBroker, arguments: argparse.Namespace) -> _Demo:
    """Fill the demo's folder: the site as a real one would have it, its articles, a key."""
    config = files("config")
    text = config.joinpath(SITE_FILE).read_text(encoding="utf-8")
    (folder / SITE_FILE).write_text(text, encoding="utf-8")
    (folder / ARTICLES_FILE).write_text(
        config.joinpath(ARTICLES_FILE).read_text(encoding="utf-8"), encoding="utf-8"
    )
    site = parse_site(text, SITE_FILE)
    if site.mqtt is None:
        raise ConfigError(f"{SITE_FILE}: the demo needs [mqtt]")
    site = site.model_copy(
        update={
            "api": site.api.model_copy(update={"port": arguments.port, "page_sign_in": False}),
            "mqtt": site.mqtt.model_copy(update={"port": broker.port, "protocol": broker.protocol}),
        }
    )
    clock = ScaledClock.starting_now(arguments.speed, time.time_ns())
    return _Demo(folder, site, clock, _make_key(site, folder))


def _make_key(site: SiteConfig, folder: Path) -> str:
    path = store_path(site, folder)
    table = SqliteStore.attach(path)
    try:
        pepper = load_pepper(path.parent, keys_exist=False)
        key, token = issue("demo", DEMO_SCOPES, (), time.time_ns(), pepper)
        table.add_key(key)
    finally:
        table.close()
    return token


@contextlib.contextmanager
def _broker(folder: Path, kind: str | None) -> Iterator[RunningBroker]:
    try:
        broker = _started_whole(
            lambda: start_broker(_free_port(), folder / "broker", kind), RunningBroker.stop
        )
    except BrokerUnavailableError as error:
        raise ConfigError(str(error)) from error
    try:
        yield broker
    finally:
        broker.stop()


@contextlib.contextmanager
def _simulated_shop(demo: _Demo, broker: RunningBroker, arguments: argparse.Namespace) -> Iterator[None]:
    """Run the shop in a process of its own (a session of its own: Ctrl-C is ours to pass on)."""
    command = [sys.executable, "-m", "simulators.live"]
    command += ["--config", str(demo.folder / SITE_FILE), "--ports-dir", str(demo.folder / "ports")]
    command += ["--mqtt-port", str(broker.port), "--mqtt-protocol", broker.protocol]
    command += ["--speed", str(demo.clock.speed), "--seed", str(arguments.seed)]
    command += ["--origin-monotonic-ns", str(demo.clock.origin_monotonic_ns)]
    command += ["--origin-shop-ns", str(demo.clock.origin_shop_ns)]
    if arguments.truth is not None:
        command += ["--truth", str(arguments.truth.resolve())]
    process = _started_whole(
        lambda: subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True, text=True
        ),
        _end,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        if not process.stdout.readline().startswith("ready"):
            raise ConfigError("the simulated shop did not start; run `storefloor simulate` to see why")
        yield
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _end_as_by_ctrl_c(*numbers: signal.Signals) -> None:
    """Let a closed terminal, or a plain kill, end broker, shop and folder too: they outlive us else."""
    for number in numbers:
        signal.signal(number, lambda _number, _frame: os.kill(os.getpid(), signal.SIGINT))


def _started_whole(start: Callable[[], T], end: Callable[[T], object]) -> T:
    """Return what `start` started; a Ctrl-C in the middle waits, and then ends it: nobody else would."""
    caught: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: caught.append(number))
    try:
        started = start()
    finally:
        signal.signal(signal.SIGINT, before)
    if caught:
        end(started)
        raise KeyboardInterrupt
    return started


def _greet(demo: _Demo, broker: RunningBroker) -> None:
    url = f"http://{demo.site.api.host}:{demo.site.api.port}"
    store = demo.site.stores[0].id
    auth = f"-H 'Authorization: Bearer {demo.key}'"
    hold_s = demo.site.alerts.hold_s
    print(
        f"""
A simulated shop runs {demo.clock.speed:g} times as fast as real time (broker: {broker.kind}).
An alert's hold of {hold_s / 60:g} shop minutes takes {math.ceil(hold_s / demo.clock.speed)} seconds here.

page: {url}/
key: {demo.key}

Ask it yourself:
  curl {auth} {url}/v1/stores/{store}/availability/DEN-501-32
  curl -N {auth} {url}/v1/stream
More at {url}/docs. Ctrl-C ends the demo.
""",
        flush=True,
    )


def _refuse_busy_port(port: int) -> None:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            remedy = "stop the program that uses it, or give another: `storefloor demo --port 8481`"
            raise ConfigError(f"port {port} cannot be used ({error.strerror}): {remedy}") from error


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
