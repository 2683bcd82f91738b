"""Garbage on every wire of a running gateway: counted where people look, and harmful to nothing else.

pty: bytes that are no frames, broken frames ──┐
MQTT: no JSON, wrong JSON, unknown topics ─────┴▶ gateway ─▶ /v1/devices, dead letters
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.m100_wire import m100_tag
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway, ShopClockOrigin
from tests.support.pty_device import PtyDevice
from tests.support.scripted_devices import (
    COUNTED,
    FRONT,
    READER,
    READER_TOPIC,
    SHELF,
    SHELF_TOPIC,
    TAGGED,
    Scripted,
    epc,
    write_site,
)
from tests.support.stored import stored

pytestmark = pytest.mark.broker

DEVICES = """
[[readers]]
id = "m100-1"
kind = "m100"
store = "lyon-1"
port = "m100-1"
antennas = [{ port = 1, zone = "front" }]
[[scanners]]
id = "goods-in"
store = "lyon-1"
zone = "back-room"
role = "receiving"
port = "goods-in"
repeat_window_s = 0
"""
TOTE_EAN = b"3012345000123\r\n"
BROKEN = (
    b"\xff\xfe",
    b"{",
    b'{"eventType":"tagInventory"}',
    b'[{"eventType":"tagInventory","tagInventoryEvent":{"epcHex":"XYZ","antennaPort":1}}]',
    b'{"eventType":"tagInventory","tagInventoryEvent":{"epcHex":"30","antennaPort":99999}}',
    b"[" * 2_000,
    b"1e999",
)
TIMEOUT_S = 120.0


@dataclass(slots=True)
class Wired:
    """A gateway with a reader and a scanner on ptys, and the scripted devices behind the broker."""

    gateway: Gateway
    m100: PtyDevice
    goods_in: PtyDevice
    mqtt: PlainMqtt
    scripted: Scripted

    async def ask(self, path: str, **params: Any) -> Any:
        """Ask the API, off the loop that serves the ptys."""
        return await asyncio.to_thread(self.gateway.get, path, **params)

    async def device(self, device_id: str) -> Any:
        """Return a device's health."""
        return await asyncio.to_thread(self.gateway.device, device_id)

    async def on_hand(self) -> dict[str, int]:
        """Return what the API says of each article."""
        items = (await self.ask("/v1/availability", store="lyon-1", sku=[*TAGGED, COUNTED]))["items"]
        return {item["sku"]: item["quantities"]["on_hand"] for item in items}


@asynccontextmanager
async def wired(folder: Path) -> AsyncIterator[Wired]:
    """Give the gateway with all its wires."""
    broker = Mosquitto(folder)
    broker.start()
    m100, goods_in = PtyDevice(folder / "m100-1"), PtyDevice(folder / "goods-in")
    try:
        port = free_port()
        site = write_site(folder, port, broker.port, DEVICES)
        clock = ShopClockOrigin.starting_in(0.0, 1.0)
        with Gateway(site, port, clock) as gateway, PlainMqtt(broker.port, "scripted") as mqtt:
            await asyncio.to_thread(gateway.make_key, *EVERY_SCOPE)
            await asyncio.to_thread(gateway.start)
            is_up = partial(gateway.metric, "storefloor_mqtt_up")
            await asyncio.to_thread(eventually, is_up, "the broker to have its subscriptions")
            yield Wired(gateway, m100, goods_in, mqtt, Scripted(mqtt, clock))
            assert gateway.stop() == 0, gateway.output
    finally:
        m100.unplug()
        goods_in.unplug()
        broker.stop()


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Return once an awaited condition is true; fail, naming `what` was waited for, when it stays false."""
    loop = asyncio.get_running_loop()
    give_up_s = loop.time() + TIMEOUT_S
    while not await condition():
        assert loop.time() < give_up_s, f"waited {TIMEOUT_S} s in vain: {what}"
        await asyncio.sleep(0.05)


def test_garbage_on_a_serial_line_is_counted_and_loses_no_tag(tmp_path: Path) -> None:
    """Every intact frame between garbage is a read; what was dropped is told by reason in /v1/devices."""
    rng = Random(7)
    tags = [bytes.fromhex(epc(TAGGED[i % 2], 100 + i)) for i in range(20)]

    async def scenario() -> None:
        async with wired(tmp_path) as shop:
            sent = 0
            for _ in range(10):
                for tag in tags:
                    broken = bytearray(m100_tag(tag))
                    broken[rng.randrange(2, len(broken))] ^= 1 << rng.randrange(8)
                    noise = bytes(rng.choices(range(0xAA), k=rng.randrange(30)))
                    await shop.m100.send(noise + bytes(broken) + m100_tag(tag))
                    sent += 1
            await shop.goods_in.send(rng.randbytes(500).replace(b"\r", b"").replace(b"\n", b"") + b"\r\n")
            await shop.goods_in.send(TOTE_EAN * 3)

            async def is_all_there() -> bool:
                reads = (await shop.device("m100-1"))["observations"]
                return reads >= sent and await shop.on_hand() == {TAGGED[0]: 10, TAGGED[1]: 10, COUNTED: 3}

            await until(is_all_there, "every tag's every read, and the scans")
            reader = await shop.device("m100-1")
            assert reader["state"] == "online"
            assert reader["dropped"]["garbage"] > 0
            assert (
                sum(reader["dropped"].get(reason, 0) for reason in ("checksum", "end", "length", "type")) > 0
            )
            scanner = await shop.device("goods-in")
            assert sum(scanner["dropped"].values()) >= 1

    asyncio.run(scenario())


def test_malformed_messages_are_dead_letters_and_hold_up_nothing(tmp_path: Path) -> None:
    """What no codec can read is counted for its device and kept as a sample; the messages after it are taken."""

    async def scenario() -> None:
        async with wired(tmp_path) as shop:
            for payload in BROKEN:
                shop.mqtt.publish(READER_TOPIC, payload)
                shop.mqtt.publish(f"tele/{SHELF_TOPIC}/SENSOR", payload)
            shop.mqtt.publish(f"tele/{SHELF_TOPIC}/LWT", b"Maybe")
            shop.mqtt.publish("nobody/listens/here", b"{}")
            tags = [epc(TAGGED[0], 100 + i) for i in range(10)]
            for _ in range(3):
                shop.scripted.see(tags, FRONT)

            async def is_all_there() -> bool:
                return (await shop.on_hand())[TAGGED[0]] == len(tags)

            await until(is_all_there, "tags behind the garbage to be stock")

            async def is_counted() -> bool:  # another connection brought the tags: they may be quicker
                reader, shelf = await shop.device(READER), await shop.device(SHELF)
                dropped = sum(reader["dropped"].values()), sum(shelf["dropped"].values())
                return dropped[0] >= len(BROKEN) and dropped[1] >= 3

            await until(is_counted, "what cannot be read to be counted")

            async def is_kept() -> bool:  # a drop is counted at once, and kept with the commit that follows
                kept = stored(shop.gateway.store_path).dead_letters
                return {letter.device for letter in kept} >= {READER, SHELF}

            await until(is_kept, "samples of both devices to be kept")
            letters = stored(shop.gateway.store_path).dead_letters
            assert any(letter.sample.startswith(b"\xff\xfe") for letter in letters)
            assert all(letter.reason and letter.at_ns for letter in letters)

            async def is_acknowledged() -> bool:
                return shop.mqtt.acknowledged == shop.mqtt.published

            await until(is_acknowledged, "all to be acknowledged")
            metrics = await asyncio.to_thread(lambda: shop.gateway.http.get("/metrics").text)
            assert f'storefloor_device_dropped_total{{device="{READER}",reason="json"}}' in metrics
            assert (await shop.ask("/readyz"))["ready"] is True

    asyncio.run(scenario())
