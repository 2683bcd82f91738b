"""One contract for the MQTT client on every broker and protocol that a site may have.

amqtt is asked for less: see tests/support/amqtt_broker.py for what it cannot do, and why.
"""

import asyncio
from dataclasses import replace

import pytest
import uvloop

from readers.errors import LinkLost
from readers.settings import MqttSettings
from tests.support.amqtt_broker import AmqttBroker
from tests.support.high_fds import only_high_fds
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt_consumer import Consumer
from tests.support.waiting import until
from tests.support.wire import Wire

MOSQUITTO_5 = pytest.param((Mosquitto, "5"), id="mosquitto-5", marks=pytest.mark.broker)
MOSQUITTO_311 = pytest.param((Mosquitto, "3.1.1"), id="mosquitto-3.1.1", marks=pytest.mark.broker)
AMQTT_311 = pytest.param((AmqttBroker, "3.1.1"), id="amqtt-3.1.1")

every_broker = pytest.mark.parametrize("site", [MOSQUITTO_5, MOSQUITTO_311, AMQTT_311], indirect=True)
STRETCHES = 20
"""Without pings every quiet stretch ends the connection; on a busy machine a ping or its answer may be late in some."""
durable_brokers = pytest.mark.parametrize("site", [MOSQUITTO_5, MOSQUITTO_311], indirect=True)


class Site:
    """A running broker, and the settings of two clients of it."""

    def __init__(self, broker, protocol):
        self.broker = broker
        self.gateway = MqttSettings(
            port=broker.port, protocol=protocol, client_id="gateway", username="gateway", password="secret"
        )
        self.device = replace(self.gateway, client_id="device", username="device")


@pytest.fixture
def site(request, tmp_path):
    make, protocol = request.param
    with make(tmp_path) as broker:
        yield Site(broker, protocol)


def run(test, loop_factory=None):
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(asyncio.wait_for(test(), 240))


@pytest.mark.parametrize("loop_factory", [None, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@every_broker
def test_what_is_published_arrives(site, loop_factory):
    """Topic and payload arrive as they were sent, through exact and wild filters, large or empty."""

    async def test():
        payloads = [b"plain", b"", bytes(range(256)), b"x" * 300_000]
        async with (
            Consumer(site.gateway, "tele/a/SENSOR", "shelf/+/w/#") as gateway,
            Consumer(site.device) as device,
        ):
            for payload in payloads:
                await device.client.publish("tele/a/SENSOR", payload)
            await device.client.publish("shelf/7/w/raw/g", b"wild")
            await device.client.publish("tele/b/SENSOR", b"not subscribed")
            await gateway.until_heard(*payloads, b"wild")
            assert gateway.payloads == [*payloads, b"wild"]
            assert [m.topic for m in gateway.messages] == ["tele/a/SENSOR"] * 4 + ["shelf/7/w/raw/g"]
            assert gateway.client.counts.passed == gateway.client.counts.received == 5
            assert gateway.client.health().state == "up"

    run(test, loop_factory)


@every_broker
def test_many_messages_arrive_once_and_in_order(site):
    """A burst beyond any window comes through whole."""

    async def test():
        payloads = [str(number).encode() for number in range(1_000)]
        async with Consumer(site.gateway, "reads") as gateway, Consumer(site.device) as device:
            for start in range(0, len(payloads), 50):
                await asyncio.gather(
                    *(device.client.publish("reads", p) for p in payloads[start : start + 50])
                )
            await gateway.until_heard(*payloads)
            assert gateway.payloads == payloads

    run(test)


@every_broker
def test_a_retained_message_is_known_as_such(site):
    """What the broker kept from before says so; what is published now does not."""

    async def test():
        async with Consumer(site.device) as device:
            await device.client.publish("tele/a/LWT", b"Offline", retain=True)
            async with Consumer(site.gateway, "tele/a/LWT") as gateway:
                await gateway.until_heard(b"Offline")
                await device.client.publish("tele/a/LWT", b"Online", retain=True)
                await gateway.until_heard(b"Online")
                assert [(m.payload, m.retained) for m in gateway.messages] == [
                    (b"Offline", True),
                    (b"Online", False),
                ]

    run(test)


@every_broker
def test_what_was_sent_while_away_is_kept(site):
    """Stopped in good order, the gateway finds what came meanwhile when it is back."""

    async def test():
        async with Consumer(site.gateway, "reads"):
            pass
        payloads = [str(number).encode() for number in range(300)]
        async with Consumer(site.device) as device:
            for payload in payloads:
                await device.client.publish("reads", payload)
        async with Consumer(site.gateway, "reads") as gateway:
            await gateway.until_heard(*payloads)
            assert gateway.payloads == payloads
            assert "its session" in gateway.client.health().detail

    run(test)


@every_broker
def test_a_broker_that_restarts_is_found_again(site):
    """It reconnects, subscribes again and hears what is published from then on."""

    async def test():
        async with Consumer(site.gateway, "reads") as gateway:
            site.broker.stop()
            await until(lambda: gateway.client.health().state == "down", "loss noticed")
            assert not gateway.client.connected
            with pytest.raises(LinkLost):
                await gateway.client.publish("alerts", b"nobody there")
            site.broker.start()
            await gateway.until_connected(times=2)
            async with Consumer(site.device) as device:
                await device.client.publish("reads", b"after")
                await gateway.until_heard(b"after")
            assert gateway.client.health().reconnects == 1

    run(test)


@every_broker
def test_a_broker_missing_at_the_start_is_found_when_it_comes(site):
    """It waits, says why, and connects."""

    async def test():
        site.broker.stop()
        gateway = Consumer(site.gateway, "reads")
        task = asyncio.create_task(gateway.client.run())
        await until(lambda: "refused" in gateway.client.health().detail, "found missing")
        site.broker.start()
        await gateway.until_connected()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert gateway.client.health().state == "stopped"

    run(test)


@every_broker
def test_a_consumer_that_fails_stops_nothing(site):
    """Its message is counted and gone; those after it arrive."""

    async def test():
        async with Consumer(site.gateway, "reads") as gateway, Consumer(site.device) as device:
            for payload in (b"before", b"crash", b"after"):
                await device.client.publish("reads", payload)
            await gateway.until_heard(b"after")
            counts = gateway.client.counts
            assert (counts.received, counts.passed, counts.dropped["consumer_error"]) == (3, 2, 1)
            assert gateway.client.health().errors == 1
            assert gateway.client.connected

    run(test)


@every_broker
def test_while_paused_nothing_is_heard_and_then_all_of_it(site):
    """Back-pressure: the broker holds what the consumer has no room for."""

    async def test():
        payloads = [str(number).encode() * 50 for number in range(200)]
        async with Consumer(site.gateway, "reads") as gateway, Consumer(site.device) as device:
            gateway.client.pause()
            assert gateway.client.health().state == "held"
            for payload in payloads:
                await device.client.publish("reads", payload)
            assert gateway.payloads == []
            gateway.client.resume()
            await gateway.until_heard(*payloads)
            assert sorted(gateway.payloads) == sorted(payloads)

    run(test)


@every_broker
def test_file_descriptors_from_1024_on_work(site):
    """The broker's connection needs no select()."""

    async def test():
        async with Consumer(site.gateway, "reads") as gateway:
            await gateway.client.publish("reads", b"to myself")
            await gateway.until_heard(b"to myself")

    with only_high_fds():
        run(test)


@durable_brokers
def test_what_was_not_acknowledged_is_told_again(site):
    """Cut off before its acknowledgement, a message comes again; acknowledged, it does not."""

    async def test():
        async with Wire(site.broker.port) as wire, Consumer(site.device) as device:
            settings = replace(site.gateway, port=wire.port)
            async with Consumer(settings, "reads", acks_at_once=False) as gateway:
                for payload in (b"1", b"2", b"3"):
                    await device.client.publish("reads", payload)
                await gateway.until_heard(b"3")
                gateway.acks[0]()
                await device.client.publish("reads", b"4")
                await gateway.until_heard(b"4")  # the acknowledgement of 1 went out before
                wire.cut()
                await gateway.until_connected(times=2)
                await until(lambda: len(gateway.messages) == 7, "three told again")
                assert gateway.payloads == [b"1", b"2", b"3", b"4", b"2", b"3", b"4"]
                for acknowledge in gateway.acks:
                    acknowledge()
                await gateway.client.publish("echo", b"")  # taken, so what was sent before is too
            async with Consumer(site.gateway, "reads") as gateway:
                await device.client.publish("reads", b"5")
                await gateway.until_heard(b"5")
                assert gateway.payloads == [b"5"]

    run(test)


@durable_brokers
def test_an_acknowledgement_that_comes_too_late_acknowledges_nothing(site):
    """After a reconnection the old one's acknowledgements are void: packet ids are used again."""

    async def test():
        async with Wire(site.broker.port) as wire, Consumer(site.device) as device:
            settings = replace(site.gateway, port=wire.port)
            async with Consumer(settings, "reads", acks_at_once=False) as gateway:
                await device.client.publish("reads", b"1")
                await gateway.until_heard(b"1")
                wire.cut()
                await until(lambda: len(gateway.messages) == 2, "told again")
                await gateway.until_connected(times=2)
                gateway.acks[0]()
                await gateway.client.publish("echo", b"")
            async with Consumer(site.gateway, "reads") as gateway:
                await gateway.until_heard(b"1")

    run(test)


@durable_brokers
def test_acknowledgements_keep_the_order_of_arrival(site):
    """A message done before an earlier one is not acknowledged before it."""

    async def test():
        async with Wire(site.broker.port) as wire, Consumer(site.device) as device:
            settings = replace(site.gateway, port=wire.port)
            async with Consumer(settings, "reads", acks_at_once=False) as gateway:
                for payload in (b"1", b"2", b"3"):
                    await device.client.publish("reads", payload)
                await gateway.until_heard(b"3")
                gateway.acks[2]()
                gateway.acks[1]()
                await gateway.client.publish("echo", b"")
                wire.cut()
                await until(lambda: len(gateway.messages) == 6, "all told again")
                assert gateway.payloads[3:] == [b"1", b"2", b"3"]

    run(test)


@durable_brokers
def test_queued_messages_survive_the_broker_s_death(site):
    """Killed while the gateway was away, the broker has lost nothing of what it had taken."""

    async def test():
        async with Consumer(site.gateway, "reads"):
            pass
        async with Consumer(site.device) as device:
            for number in range(100):
                await device.client.publish("reads", b"away %d" % number)
            saved = site.broker.folder / "mosquitto" / "mosquitto.db"
            await until(lambda: saved.exists() and saved.read_bytes().count(b"away ") == 100, "saved")
            site.broker.kill()
            site.broker.start()
            async with Consumer(site.gateway, "reads") as gateway:
                await gateway.until_heard(*(b"away %d" % number for number in range(100)))

    run(test)


@durable_brokers
def test_a_publication_cut_off_raises(site):
    """Who publishes learns that the broker's word never came."""

    async def test():
        async with Consumer(site.gateway) as gateway:
            site.broker.freeze()
            publishing = asyncio.create_task(gateway.client.publish("alerts", b"low stock"))
            await asyncio.sleep(0)
            assert not publishing.done()
            site.broker.kill()
            with pytest.raises(LinkLost, match="lost before"):
                await publishing

    run(test)


@durable_brokers
def test_a_pause_beyond_the_keep_alive_ends_in_a_new_connection(site):
    """The connection is given up meanwhile, nothing is: after the pause all is told."""

    async def test():
        settings = replace(site.gateway, keepalive_s=1)
        async with Consumer(settings, "reads") as gateway, Consumer(site.device) as device:
            gateway.client.pause()
            await device.client.publish("reads", b"meanwhile")
            await until(lambda: gateway.client.health().state == "down", "given up")
            assert gateway.payloads == []
            gateway.client.resume()
            await gateway.until_heard(b"meanwhile")
            await gateway.until_connected(times=2)

    run(test)


@durable_brokers
def test_a_quiet_connection_stays(site):
    """Nothing said for several keep-alives, and it is still there: paho's pings are driven by the loop."""

    async def test():
        settings = replace(site.gateway, keepalive_s=1)
        async with Consumer(settings, "reads") as gateway, Consumer(site.device) as device:
            for _ in range(STRETCHES):
                await gateway.until_connected()
                before = gateway.client.health().reconnects
                quiet_until_s = asyncio.get_running_loop().time() + 2.5
                await until(lambda: asyncio.get_running_loop().time() > quiet_until_s, "2.5 s")  # noqa: B023 - awaited here
                if gateway.client.health().reconnects == before:
                    break
            await device.client.publish("reads", b"still there")
            await gateway.until_heard(b"still there")
            assert gateway.client.health().reconnects == before

    run(test)


@durable_brokers
def test_a_second_gateway_of_the_same_name_shows(site):
    """Two clients of one id take the session from each other: the health asks whether that is so."""

    async def test():
        async with Consumer(site.gateway, "reads") as first, Consumer(site.gateway, "reads"):
            await until(lambda: "another client use the id 'gateway'" in first.client.health().detail, "told")

    run(test)
