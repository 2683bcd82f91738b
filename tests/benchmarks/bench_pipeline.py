"""Reads end to end: MQTT messages through a real Mosquitto into a real gateway, with its API in use.

Run as `python tests/benchmarks/bench_pipeline.py`. A gateway process on the machine's own clock, SQLite at
FULL; 1,000 tags that have arrived; a publisher process of its own keeps 1,000 messages on their way (QoS 1,
MQTT 5), acknowledged through to the gateway's commit; a client asks for availability all the while.
    batches: an Impinj reader's arrays of 100 tag events (30 KB)
    single:  one tag event per message
Every read is of a tag at home. Mosquitto saves its queues each second, as config/deploy/mosquitto.conf says,
and in a second round at every change.
"""

import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.support.figures import figure
from tests.support.mosquitto import Mosquitto, mosquitto_binary
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway
from tests.support.scripted_devices import FRONT, READER, READER_TOPIC, TAGGED, epc, write_site

TAGS = 1_000
AS_SHIPPED = ("autosave_on_changes false",)
RUNS = (
    ("batches of 100", AS_SHIPPED, 100, 400_000),
    ("single events", AS_SHIPPED, 1, 20_000),
    ("batches of 100, broker saves each change", (), 100, 100_000),
    ("single events, broker saves each change", (), 1, 3_000),
)
"""Name, broker's settings, events per message, reads measured."""
ON_THEIR_WAY = 1_000
ASK_EVERY_S = 0.02
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
TIMEOUT_S = 120.0
NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """Reads to publish: how many, how many in a message, device times from when on."""

    reads: int
    per_message: int
    from_ns: int

    def messages(self) -> list[bytes]:
        """Return messages of reads over all tags in turn; each read has a device time of its own."""
        events = []
        for i in range(self.reads):
            second, ns = divmod(self.from_ns + i, NS_PER_S)
            at = f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{ns:09d}Z"
            tag = {"epcHex": epc(TAGGED[i % 2], i % TAGS), "antennaPort": FRONT, "peakRssiCdbm": -5800}
            events.append(
                json.dumps({"timestamp": at, "eventType": "tagInventory", "tagInventoryEvent": tag})
            )
        if self.per_message == 1:
            return [event.encode() for event in events]
        firsts = range(0, self.reads, self.per_message)
        return [f"[{','.join(events[first : first + self.per_message])}]".encode() for first in firsts]


def publish(port: int, load: Load, begin: Event) -> None:
    """Publish in a process of its own, as fast as the broker acknowledges."""
    messages = load.messages()
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id="bench-reader", protocol=MQTTProtocolVersion.MQTTv5
    )
    room = threading.Semaphore(ON_THEIR_WAY)
    client.max_inflight_messages_set(ON_THEIR_WAY)
    client.on_publish = lambda *_: room.release()
    client.connect("127.0.0.1", port)
    client.loop_start()
    begin.set()
    for message in messages:
        room.acquire()
        client.publish(READER_TOPIC, message, qos=1)
    for _ in range(ON_THEIR_WAY):
        room.acquire()
    client.disconnect()
    client.loop_stop()


@dataclass(slots=True)
class Asker:
    """Asks for availability from a thread until stopped, and keeps how long each answer took."""

    gateway: Gateway
    spans_ms: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Ask, one question after the other."""
        headers = {"Authorization": f"Bearer {self.gateway.key}"}
        with httpx.Client(base_url=self.gateway.url, headers=headers) as http:
            while not self.stop.wait(ASK_EVERY_S):
                started_s = time.perf_counter()
                http.get(f"/v1/stores/lyon-1/availability/{TAGGED[0]}").raise_for_status()
                self.spans_ms.append(1e3 * (time.perf_counter() - started_s))


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def send(gateway: Gateway, port: int, load: Load) -> tuple[float, float]:
    """Publish a load; return the real and the gateway's CPU seconds until it has taken every read."""
    goal = gateway.device(READER)["observations"] + load.reads
    spawn = multiprocessing.get_context("spawn")
    begin = spawn.Event()
    process = spawn.Process(target=publish, args=(port, load, begin))
    process.start()
    begin.wait(TIMEOUT_S)
    before_s, started_s = cpu_s(gateway.pid), time.perf_counter()
    eventually(lambda: gateway.device(READER)["observations"] >= goal, "all reads", TIMEOUT_S, 0.05)
    took = time.perf_counter() - started_s, cpu_s(gateway.pid) - before_s
    process.join(TIMEOUT_S)
    return took


def measure(name: str, broker_lines: tuple[str, ...], per_message: int, reads: int, folder: Path) -> None:
    """Measure one way of sending."""
    broker = Mosquitto(folder, *broker_lines)
    broker.start()
    port = free_port()
    try:
        with Gateway(write_site(folder, port, broker.port), port) as gateway:
            gateway.make_key(*EVERY_SCOPE)
            gateway.start()
            start_ns = time.time_ns() - 3_600 * NS_PER_S
            send(gateway, broker.port, Load(3 * TAGS, 100, start_ns))
            asker = Asker(gateway)
            thread = threading.Thread(target=asker.run)
            thread.start()
            took_s, used_s = send(gateway, broker.port, Load(reads, per_message, start_ns + 10 * NS_PER_S))
            asker.stop.set()
            thread.join()
            tell(name, reads, took_s, used_s, sorted(asker.spans_ms))
    finally:
        broker.stop()


def tell(name: str, reads: int, took_s: float, used_s: float, spans_ms: list[float]) -> None:
    """Print what was measured."""
    figure(f"mqtt {name}, reads", reads / took_s, "reads/s")
    figure(f"mqtt {name}, gateway's share of a core", 100 * used_s / took_s, "%")
    figure(f"mqtt {name}, reads per core", reads / used_s, "reads/s")
    figure(f"mqtt {name}, look-up meanwhile p50", statistics.median(spans_ms), "ms")
    figure(f"mqtt {name}, look-up meanwhile p99", spans_ms[int(0.99 * len(spans_ms))], "ms")


def main() -> None:
    """Measure all ways, each in a folder that is removed at its end."""
    if mosquitto_binary() is None:
        print("mosquitto is not installed (apt-get install mosquitto): nothing is measured")
        return
    for name, broker_lines, per_message, reads in RUNS:
        with tempfile.TemporaryDirectory(prefix="storefloor-bench-") as folder:
            measure(name, broker_lines, per_message, reads, Path(folder))


if __name__ == "__main__":
    print(__doc__)
    main()
