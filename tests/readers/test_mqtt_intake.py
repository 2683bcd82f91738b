import asyncio
from dataclasses import dataclass, replace

import pytest

from readers.errors import Malformed
from readers.mqtt_intake import MqttIntake
from readers.mqtt_router import MqttRouter
from readers.observations import Read
from readers.protocol import MqttMessage
from readers.settings import MqttSettings
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt_consumer import Consumer
from tests.support.recording_intake import RecordingIntake
from tests.support.waiting import until
from tests.support.wire import Wire


@dataclass
class EpcCodec:
    """A payload is `epc@device time`, several by spaces."""

    device: str
    topic: str

    def topics(self):
        return (self.topic,)

    def decode(self, message):
        reads = []
        for word in message.payload.decode().split():
            epc, at, at_ns = word.partition("@")
            if not at:
                raise Malformed("no_time", sample=message.payload)
            reads.append(Read(self.device, 1, epc, int(at_ns), message.received_ns))
        return reads


class Bench:
    """Two devices, `b` on all of `x/#`, and what was acknowledged."""

    def __init__(self, intake=None):
        self.intake = intake or RecordingIntake()
        self.glue = MqttIntake(
            MqttRouter({"a": EpcCodec("a", "x/a"), "b": EpcCodec("b", "x/#")}), self.intake
        )
        self.acknowledged = []

    def message(self, topic, payload, received_ns=10**9):
        message = MqttMessage(topic, payload, retained=False, received_ns=received_ns)
        self.glue.on_message(message, lambda: self.acknowledged.append(payload))

    @property
    def epcs(self):
        return [(seen.reader, seen.epc) for seen in self.intake.seen]


def test_a_message_is_acknowledged_once_all_its_devices_are_durable():
    """Two devices concern one message: one acknowledgement, after both."""
    bench = Bench()
    bench.message("x/a", b"AA@1")
    assert sorted(bench.epcs) == [("a", "AA"), ("b", "AA")]
    first, second = bench.intake._undurable
    first()
    assert bench.acknowledged == []
    second()
    assert bench.acknowledged == [b"AA@1"]


def test_what_cannot_be_read_is_refused_and_acknowledged_when_that_is_noted():
    """Poison is put away, then acknowledged: it does not come again, and it is not forgotten."""
    bench = Bench()
    bench.message("x/b", b"AA")
    assert [(device, error.reason) for device, error in bench.intake.refused] == [("b", "no_time")]
    assert bench.acknowledged == []
    bench.intake.commit()
    assert bench.acknowledged == [b"AA"]


def test_a_message_of_no_device_is_acknowledged_at_once():
    """A subscription that the broker kept from an older configuration blocks nothing."""
    bench = Bench()
    bench.message("other", b"AA@1")
    assert bench.acknowledged == [b"AA@1"]
    assert bench.glue.router.message_counts.dropped["no_device"] == 1


def test_a_message_told_twice_counts_once_and_waits_for_the_first():
    """Told again before the first telling is durable, it is not acknowledged earlier."""
    bench = Bench()
    bench.message("x/b", b"AA@1 BB@1")
    bench.message("x/b", b"AA@1 BB@1", received_ns=2 * 10**9)
    assert bench.epcs == [("b", "AA"), ("b", "BB")]
    assert bench.acknowledged == []
    bench.intake.commit()
    assert bench.acknowledged == [b"AA@1 BB@1"] * 2
    counts = bench.glue.read_counts["b"]
    assert (counts.received, counts.passed, dict(counts.dropped)) == (4, 2, {"duplicate": 2})
    assert counts.is_conserved()


class Tap:
    """A source that notes whether it runs."""

    is_open = True

    def pause(self):
        self.is_open = False

    def resume(self):
        self.is_open = True


def test_the_source_is_held_while_the_intake_is_full():
    """Full: paused. Room again: resumed. And again."""

    async def test():
        bench = Bench(RecordingIntake(capacity=2))
        tap = Tap()
        running = asyncio.create_task(bench.glue.run(tap))
        for turn in range(3):
            bench.message("x/b", b"AA@%d BB@%d" % (turn, turn))
            await until(lambda: not tap.is_open, "paused")
            bench.intake.take()
            await until(lambda: tap.is_open, "resumed")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(test())


@pytest.mark.broker
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_nothing_durable_is_lost_or_doubled_over_cuts_and_a_full_intake(tmp_path, protocol):
    """From broker to intake with the wire cut again and again: each read is there exactly once."""

    async def test():
        async with Wire(broker.port) as wire:
            bench = Bench(RecordingIntake(capacity=40))
            here = MqttSettings(port=wire.port, protocol=protocol, client_id="gateway")
            gateway = Consumer(here, "x/b", hears=bench.glue.on_message)
            device = Consumer(replace(here, port=broker.port, client_id="device"))
            running = asyncio.create_task(bench.glue.run(gateway.client))

            def make_room():
                bench.intake.take()
                return True

            async def cut():
                before = gateway.client.health().opened_count
                wire.cut()
                await until(
                    lambda: make_room() and gateway.client.health().opened_count > before, "connected again"
                )

            async with gateway, device:
                for number in range(300):
                    await device.client.publish("x/b", b"AA@%d BB@%d" % (number, number))
                    if number % 20 == 10:
                        make_room()
                        bench.intake.commit()
                    if number % 50 == 25:
                        await cut()

                def is_whole():
                    bench.intake.commit()  # MQTT 3.1.1: Mosquitto sends no more than 20 ahead of it
                    return make_room() and len(bench.intake.seen) >= 600

                await until(is_whole, "all reads")
                await cut()
            seen = [(read.epc, read.at_ns) for read in bench.intake.seen]
            assert sorted(seen) == sorted({(epc, n) for epc in ("AA", "BB") for n in range(300)})
            assert bench.glue.read_counts["b"].is_conserved()
            assert bench.glue.read_counts["b"].dropped["duplicate"] > 0
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    with Mosquitto(tmp_path) as broker:
        asyncio.run(asyncio.wait_for(test(), 240))
