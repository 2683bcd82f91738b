"""`storefloor demo`: a simulated shop, a broker and the gateway on this machine, ended together. Wiring.

    simulators.live (its own process) ─┬─ ptys ───────────────▶ gateway (this process) ─▶ page, API
                                       └─ MQTT ─▶ broker ─────▶

One clock for all: shop time runs `--speed` times as fast as real time, for shop and gateway alike;
thresholds and hold times are those of a real site, in shop time.
"""

import argparse
import asyncio
import contextlib
import math
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import uvloop

from gateway.cli.demo_keeper import DemoKeeper
from gateway.cli.demo_orders import DemoOrders
from gateway.cli.ending import EndSignals
from gateway.cli.paths import store_path
from gateway.cli.run import start_logging
from gateway.cli.serve import GatewayRun, serve
from gateway.cli.staff_command import LINK_HOURS, link_address, make_link, make_member, os_user
from gateway.clock import ScaledClock
from gateway.config.file import load_catalogue, parse_site
from gateway.config.place import HoursSection
from gateway.config.site import SiteConfig
from gateway.errors import ConfigError
from gateway.keys import issue, load_pepper
from gateway.opening_hours import WEEKDAYS
from gateway.staff.model import PEOPLE
from gateway.staff.pins import new_pin
from gateway.storage.sqlite import SqliteStore
from simulators.broker import BrokerUnavailableError, RunningBroker, start_broker

SITE_FILE, ARTICLES_FILE = "demo.toml", "demo-articles.csv"
DEMO_SCOPES = (
    "availability:read",
    "availability:exact",
    "reservations:write",
    "ingest:write",
    "counts:write",
)
PREDICTED_WITHIN_S = 7_200.0
"""Nothing is delivered in the demo: within a day nearly all of it would be foretold to run out, and hide what matters."""
MAX_SPEED = 240.0
"""Beyond this, shop minutes pass between two frames of a device, and the demo shows noise."""
ALWAYS_OPEN = HoursSection.model_validate({day: ["00:00-24:00"] for day in WEEKDAYS})
"""The simulated customers come at any hour: whoever starts the demo on a Sunday or at night meets an open shop, with its figures."""
STOP_S = 5.0
MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class _Demo:
    """One demo: its folder, its site as filled in, its clock, and how to get in: a key, a link, a PIN for all."""

    folder: Path
    site: SiteConfig
    clock: ScaledClock
    key: str
    link: str
    pin: str


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
    with EndSignals() as ending, tempfile.TemporaryDirectory(prefix="storefloor-demo-") as name:
        folder = Path(name)
        with DemoKeeper(folder) as keeper, _broker(folder, arguments.broker, keeper, ending) as broker:
            ending.check()
            demo = _prepare(folder, broker, arguments)
            with _simulated_shop(demo, broker, arguments, keeper) as shop:
                _wait_until_ready(shop, ending)
                catalogue = load_catalogue(demo.site, folder)
                orders = DemoOrders(shop)
                run = GatewayRun(
                    demo.site, catalogue, folder, demo.clock, lambda: _greet(demo, broker, orders)
                )
                uvloop.run(_serve(run, ending, orders))
        print("\nThe demo has ended; its data is gone with it.", flush=True)
    return 0


async def _serve(run: GatewayRun, ending: EndSignals, orders: DemoOrders) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    with orders, ending.telling(lambda: loop.call_soon_threadsafe(stop.set)):
        await serve(run, stop)


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
            "alerts": site.alerts.model_copy(update={"predicted_within_s": PREDICTED_WITHIN_S}),
            "stores": tuple(store.model_copy(update={"hours": ALWAYS_OPEN}) for store in site.stores),
        }
    )
    clock = ScaledClock.starting_now(arguments.speed, time.time_ns())
    return _Demo(folder, site, clock, *_let_in(site, folder))


def _let_in(site: SiteConfig, folder: Path) -> tuple[str, str, str]:
    """Make a key, and people of each role; return the key, a link that signs the manager in, and the PIN of all."""
    path, by = store_path(site, folder), os_user()
    store = SqliteStore.attach(path)
    try:
        pepper = load_pepper(path.parent, keys_exist=False)
        key, token = issue("demo", DEMO_SCOPES, (), time.time_ns(), pepper)
        store.add_key(key)
        pin = new_pin(secrets.randbelow)
        made = {role: make_member(store, f"Demo {role}", role, [], pin, by).member for role in PEOPLE}
        link = make_link(store, made["manager"], LINK_HOURS, by)
    finally:
        store.close()
    return token, link_address(f"http://{site.api.host}:{site.api.port}", link), pin


@contextlib.contextmanager
def _broker(
    folder: Path, kind: str | None, keeper: DemoKeeper, ending: EndSignals
) -> Iterator[RunningBroker]:
    try:
        broker = start_broker(_free_port(), folder / "broker", kind, on_start=keeper.watch)
    except BrokerUnavailableError as error:
        ending.check()  # Ctrl-C reaches the new process too, until it has its own session
        raise ConfigError(str(error)) from error
    try:
        yield broker
    finally:
        broker.stop()


@contextlib.contextmanager
def _simulated_shop(
    demo: _Demo, broker: RunningBroker, arguments: argparse.Namespace, keeper: DemoKeeper
) -> Iterator[subprocess.Popen[str]]:
    """Start the shop in a process of its own (a session of its own: Ctrl-C is ours to pass on), and end it."""
    command = [sys.executable, "-m", "simulators.live"]
    command += ["--config", str(demo.folder / SITE_FILE), "--ports-dir", str(demo.folder / "ports")]
    command += ["--mqtt-port", str(broker.port), "--mqtt-protocol", broker.protocol]
    command += ["--speed", str(demo.clock.speed), "--seed", str(arguments.seed)]
    command += ["--origin-monotonic-ns", str(demo.clock.origin_monotonic_ns)]
    command += ["--origin-shop-ns", str(demo.clock.origin_shop_ns), "--control"]
    if arguments.truth is not None:
        command += ["--truth", str(arguments.truth.resolve())]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    try:
        keeper.watch(process.pid)
        yield process
    finally:
        _end(process)


def _wait_until_ready(shop: subprocess.Popen[str], ending: EndSignals) -> None:
    assert shop.stdout is not None  # noqa: S101 - a pipe was asked for
    with ending.interruptible():
        said = shop.stdout.readline()
    if not said.startswith("ready"):
        ending.check()
        raise ConfigError("the simulated shop did not start; run `storefloor simulate` to see why")


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what was typed at the last moment finds nobody
                pipe.close()


def _greet(demo: _Demo, broker: RunningBroker, orders: DemoOrders) -> None:
    url = f"http://{demo.site.api.host}:{demo.site.api.port}"
    store = demo.site.stores[0].id
    auth = f"-H 'Authorization: Bearer {demo.key}'"
    hold_s = demo.site.alerts.hold_s
    reader = demo.site.readers[0].id
    pull = (
        f"Pull a reader's cable: type `unplug {reader}` here, later `replug {reader}`.\n"
        if orders.are_taken
        else ""
    )
    print(
        f"""
A simulated shop runs {demo.clock.speed:g} times as fast as real time (broker: {broker.kind}).
An alert's hold of {hold_s / 60:g} shop minutes takes {math.ceil(hold_s / demo.clock.speed)} seconds here.

page: {url}/
key: {demo.key}
sign in as the manager: {demo.link}
pin: {demo.pin} (of Demo associate, Demo lead and Demo manager)

Ask it yourself:
  curl {auth} {url}/v1/stores/{store}/availability/DEN-501-32
  curl -N {auth} {url}/v1/stream
{pull}More at {url}/docs. Ctrl-C ends the demo.
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
