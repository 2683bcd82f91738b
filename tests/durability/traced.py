"""A gateway at work under strace: every write, flush and answer of it, in the order in which the kernel saw them."""

import contextlib
import os
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.durability.trace import CALLS, Call, calls_of
from tests.support.busy_shop import BusyShop
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, STOREFLOOR, Gateway, ShopClockOrigin
from tests.support.scripted_devices import A_SCANNER, SCANNER, Scripted, write_site

NEEDED = "strace is not installed: apt-get install strace"
MAX_STRING_BYTES = 131_072
"""More than the gateway reads at once: of a packet that is cut off here, nothing after it could be told."""
EVENTS, HOLDS, SCANS = 45, 3, 5
CLIENTS, MAX_TAGS = 3, 10
SPEED = 30.0

UNSAFE = """
import functools, sys
from gateway.storage.sqlite import SqliteStore
SqliteStore.open = functools.partial(SqliteStore.open, synchronous="OFF")
from gateway.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""A gateway that flushes nothing: what the check is for."""


def needs_strace() -> str:
    """Return the path of strace; skip the test without it, or fail where nothing may skip."""
    binary = shutil.which("strace")
    if binary is None:
        if os.environ.get("STOREFLOOR_REQUIRE_ALL") == "1":
            pytest.fail(NEEDED)
        pytest.skip(NEEDED)
    return binary


@dataclass(frozen=True, slots=True)
class Traced:
    """What a gateway did, the events that it acknowledged and the holds that it granted by HTTP, the broker's port."""

    calls: list[Call]
    acknowledged: list[str]
    holds: list[str]
    mqtt_port: int


class _TracedGateway(Gateway):
    """`storefloor run` under strace, which ends when the gateway does."""

    def __init__(self, site: Path, api_port: int, clock: ShopClockOrigin, *, is_safe: bool) -> None:
        super().__init__(site, api_port, clock)
        self.trace = site.with_name("trace.txt")
        gateway = [STOREFLOOR] if is_safe else [sys.executable, "-c", UNSAFE]
        options = ["-f", "-yy", "-xx", "--seccomp-bpf", "-s", str(MAX_STRING_BYTES)]
        self.arguments = [
            needs_strace(), *options, "-e", f"trace={','.join(CALLS)}", "-o", str(self.trace),
            *gateway, *self.arguments[1:],
        ]  # fmt: skip

    def kill(self) -> None:
        """End the gateway, whose process id stands in its lock file, and with it strace."""
        if self.process is None:
            return
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(self.store_path.with_name("storefloor.db.lock").read_text()), signal.SIGKILL)
        self.process.wait(60.0)
        super().kill()


def traced_work(folder: Path, *, is_safe: bool = True) -> Traced:
    """Let a gateway take in events and scans under strace until some dozens are acknowledged."""
    clock = ShopClockOrigin.starting_in(0.0, SPEED)
    with Mosquitto(folder) as broker:
        api_port = free_port()
        site = write_site(folder, api_port, broker.port, A_SCANNER)
        with (
            _TracedGateway(site, api_port, clock, is_safe=is_safe) as gateway,
            PlainMqtt(broker.port, "scripted") as mqtt,
        ):
            gateway.make_key(*EVERY_SCOPE)
            gateway.start()
            eventually(lambda: gateway.metric("storefloor_mqtt_up") == 1, "the broker to be reached")
            shop = BusyShop(gateway, Scripted(mqtt, clock), clients=CLIENTS, max_tags=MAX_TAGS)
            with shop:
                eventually(
                    lambda: (
                        len(shop.acknowledged) >= EVENTS
                        and len(shop.web_shop.holds) >= HOLDS
                        and gateway.device(SCANNER)["observations"] >= SCANS
                    ),
                    "the gateway to have worked",
                )
                told = len(shop.acknowledged)
                eventually(
                    lambda: len(shop.acknowledged) >= told + EVENTS,
                    "commits after those of the scans, which are acknowledged by then",
                )
            gateway.kill()
            with gateway.trace.open(encoding="ascii") as lines:
                holds = [hold.id for hold in shop.web_shop.holds]
                return Traced(calls_of(lines), shop.acknowledged, holds, broker.port)
