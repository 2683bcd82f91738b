"""Look-ups at a fixed rate while reads pour in: how long a shopper waits when the shop is at its busiest.

Run as `python tests/benchmarks/bench_load.py [REQUESTS_PER_S] [SECONDS]`. A real gateway; an Impinj reader's
batches of 100 events come through a real Mosquitto at QoS 1, as many as bench_pipeline's publisher is told a
second; this process asks for one of 500 articles after another on 64 connections, at instants that are fixed
beforehand: a late answer makes the next ones late too, and their wait is counted from when they were due. Where
the machine cannot do both, the rates that were reached say so.
"""

import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.benchmarks.bench_pipeline import AS_SHIPPED, TAGS, TIMEOUT_S, Load, cpu_s, send
from tests.support.figures import figure
from tests.support.mosquitto import Mosquitto, mosquitto_binary
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway
from tests.support.scripted_devices import READER, READER_TOPIC, TAGGED, write_site

REQUESTS_PER_S = 10_000
READS_PER_S = 50_000
SECONDS = 10
CONNECTIONS = 64
PER_MESSAGE = 100
TICK_S = 0.01
NS_PER_S = 1_000_000_000
MACHINE = os.cpu_count()


def publish(port: int, messages: list[bytes], per_s: float, begin: Event) -> None:
    """Publish at a rate, in a process of its own."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id="bench-reader", protocol=MQTTProtocolVersion.MQTTv5
    )
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    begin.wait()
    started_s, sent = time.perf_counter(), 0
    while sent < len(messages):
        due = min(len(messages), int((time.perf_counter() - started_s) * per_s) + 1)
        for message in messages[sent:due]:
            client.publish(READER_TOPIC, message, qos=1)
        sent = max(sent, due)
        time.sleep(TICK_S)
    time.sleep(0.5)
    client.disconnect()
    client.loop_stop()


class Shopper(asyncio.Protocol):
    """One connection: asks at the instants it is given."""

    def __init__(self, port: int, key: str, due_s: list[float], spans_ms: list[float]) -> None:
        self._asked = [
            (
                f"GET /v1/stores/lyon-1/availability/{TAGGED[number % len(TAGGED)]}?qty={1 + number % 9} HTTP/1.1\r\n"
                f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n"
            ).encode()
            for number in range(18)
        ]
        self._due_s = due_s
        self._spans_ms = spans_ms
        self._next = 0
        self._buffer = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask_in_time()

    def _ask_in_time(self) -> None:
        if self._next >= len(self._due_s):
            self._transport.close()
            self.done.set_result(None)
            return
        asyncio.get_running_loop().call_at(self._due_s[self._next], self._ask)

    def _ask(self) -> None:
        self._transport.write(self._asked[self._next % len(self._asked)])

    def data_received(self, data: bytes) -> None:
        """Note how long the answer took, since it was due to be asked for."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        assert self._buffer.startswith(b"HTTP/1.1 200"), self._buffer[:200]
        place = self._buffer.lower().find(b"content-length: ") + 16
        length = int(self._buffer[place : self._buffer.find(b"\r", place)])
        if len(self._buffer) < end + 4 + length:
            return
        self._buffer = self._buffer[end + 4 + length :]
        self._spans_ms.append(1e3 * (asyncio.get_running_loop().time() - self._due_s[self._next]))
        self._next += 1
        self._ask_in_time()


async def ask(port: int, key: str, per_s: float, seconds: float) -> tuple[list[float], float]:
    """Return how long each answer took, ms, and how many came a second."""
    loop = asyncio.get_running_loop()
    begin_s, spans_ms = loop.time() + 0.5, []
    every_s, shoppers = CONNECTIONS / per_s, []
    for number in range(CONNECTIONS):
        due_s = [
            begin_s + number / per_s + every_s * turn for turn in range(int(per_s * seconds / CONNECTIONS))
        ]
        _, shopper = await loop.create_connection(
            lambda due_s=due_s: Shopper(port, key, due_s, spans_ms), "127.0.0.1", port
        )
        shoppers.append(shopper)
    await asyncio.gather(*(shopper.done for shopper in shoppers))
    return spans_ms, len(spans_ms) / (loop.time() - begin_s)


def main(folder: Path, requests_per_s: float, seconds: float) -> None:
    """Measure."""
    broker = Mosquitto(folder, *AS_SHIPPED)
    broker.start()
    port = free_port()
    try:
        with Gateway(write_site(folder, port, broker.port), port) as gateway:
            with gateway.site.open("a", encoding="utf-8") as site:
                site.write("")
            gateway.make_key(*EVERY_SCOPE)
            gateway.start()
            start_ns = time.time_ns() - 3_600 * NS_PER_S
            send(gateway, broker.port, Load(3 * TAGS, PER_MESSAGE, start_ns))
            reads = int(READS_PER_S * seconds)
            messages = Load(reads, PER_MESSAGE, start_ns + 10 * NS_PER_S).messages()
            spawn = multiprocessing.get_context("spawn")
            begin = spawn.Event()
            arguments = (broker.port, messages, READS_PER_S / PER_MESSAGE, begin)
            process = spawn.Process(target=publish, args=arguments)
            process.start()
            before = gateway.device(READER)["observations"]
            used_s, started_s = cpu_s(gateway.pid), time.perf_counter()
            begin.set()
            spans_ms, answered_per_s = asyncio.run(ask(port, gateway.key, requests_per_s, seconds))
            took_s = time.perf_counter() - started_s
            came = gateway.device(READER)["observations"] - before
            share = (cpu_s(gateway.pid) - used_s) / took_s
            process.join(TIMEOUT_S)
            spans_ms.sort()
            figure("busy shop, look-ups", answered_per_s, "requests/s")
            figure("busy shop, reads meanwhile", came / took_s, "reads/s")
            figure("busy shop, gateway's share of a core", 100 * share, "%")
            figure("busy shop, look-up p50", statistics.median(spans_ms), "ms")
            figure("busy shop, look-up p99", spans_ms[int(0.99 * len(spans_ms))], "ms")
    finally:
        broker.stop()


if __name__ == "__main__":
    print(__doc__)
    if mosquitto_binary() is None:
        print("mosquitto is not installed (apt-get install mosquitto): nothing is measured")
    else:
        with tempfile.TemporaryDirectory(prefix="storefloor-bench-") as name:
            main(
                Path(name),
                float(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS_PER_S,
                float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS,
            )
