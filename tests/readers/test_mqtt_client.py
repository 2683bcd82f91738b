"""The client against brokers that misbehave. For brokers that do not: tests/contracts/test_mqtt_contract.py."""

import asyncio
import logging
import socket
import threading
import time

import pytest

from readers.errors import LinkLost
from readers.mqtt_client import MqttClient
from readers.mqtt_connection import MAX_UNACKNOWLEDGED
from readers.settings import MqttSettings
from tests.support.mqtt_consumer import Consumer
from tests.support.scripted_broker import (
    ACCEPTED,
    CONNECT,
    NOT_AUTHORISED,
    PUBACK,
    SUBSCRIBE,
    ScriptedBroker,
    publish,
    suback,
)
from tests.support.waiting import until


def run(test):
    asyncio.run(asyncio.wait_for(test(), 240))


def consumer(broker, **settings):
    return Consumer(MqttSettings(port=broker.port, protocol="3.1.1", **settings), "reads/#")


def hears_nothing(message, acknowledge):
    """A consumer."""


class Running:
    """A client at work that may never connect."""

    def __init__(self, consumer):
        self.consumer = consumer

    async def __aenter__(self):
        self._task = asyncio.create_task(self.consumer.client.run())
        return self.consumer

    async def __aexit__(self, *exc):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def test_a_refusal_is_told_and_tried_again():
    """A broker that does not want us is named in the health, and asked again."""

    async def script(peer):
        await peer.hears(CONNECT)
        peer.say(NOT_AUTHORISED)

    async def test():
        async with ScriptedBroker(script) as broker, Running(consumer(broker)) as gateway:
            await until(lambda: broker.connections >= 3, "three attempts")
            health = gateway.client.health()
            assert (health.state, health.opened_count) == ("down", 0)
            assert health.detail == "refused by the broker: Not authorized"

    run(test)


def test_a_broker_that_hands_over_its_backlog_before_it_answers_is_heard_to_the_end(monkeypatch):
    """Mosquitto sends what it kept for us before it answers a subscription: for longer than an answer may take."""
    monkeypatch.setattr("readers.mqtt_connection.HANDSHAKE_WAIT_S", 2.0)  # else this would last a minute
    monkeypatch.setattr("readers.mqtt_connection.MISC_EVERY_S", 0.05)

    async def script(peer):
        await peer.hears(CONNECT)
        peer.say(ACCEPTED)
        subscribed = await peer.hears(SUBSCRIBE)
        for number in range(1, 25):
            peer.say(publish(b"reads/1", b"%d" % number, number))
            await peer.hears(PUBACK)
            await asyncio.sleep(0.1)
        peer.say(suback(subscribed, 1))
        await asyncio.Event().wait()

    async def test():
        async with ScriptedBroker(script) as broker, Running(consumer(broker)) as gateway:
            await until(lambda: gateway.client.connected, "the client to be up")
            assert broker.connections == 1

    run(test)


def test_a_refused_subscription_is_told_and_the_rest_works(caplog):
    """Some rights are missing: connected all the same, with an error in the log and in the health."""

    async def script(peer):
        await peer.accept(0x80)
        peer.say(publish(b"reads/1", b"x", 1))
        await peer.hears(PUBACK)
        await asyncio.Event().wait()

    async def test():
        async with ScriptedBroker(script) as broker, consumer(broker) as gateway:
            await gateway.until_heard(b"x")
            assert gateway.client.connected
            assert "refuses 1 subscriptions" in gateway.client.health().detail

    run(test)
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR] == [
        "mqtt: the broker refuses the subscriptions to ['reads/#']"
    ]


def test_a_topic_that_is_not_utf8_is_dropped_and_acknowledged():
    """What no consumer can be given must not come again for ever."""
    answered = []

    async def script(peer):
        await peer.accept(1)
        peer.say(publish(b"reads/\xff", b"bad", 7) + publish(b"reads/1", b"good", 8))
        answered.append(await peer.hears(PUBACK))
        answered.append(await peer.hears(PUBACK))
        await asyncio.Event().wait()

    async def test():
        async with ScriptedBroker(script) as broker, consumer(broker) as gateway:
            await until(lambda: len(answered) == 2, "both acknowledged")
            assert answered == [b"\x00\x07", b"\x00\x08"]
            assert gateway.payloads == [b"good"]
            assert gateway.client.counts.dropped == {"topic_not_utf8": 1}
            assert gateway.client.counts.is_conserved()

    run(test)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00" * 100,
        b"\x20\x02\x00\x63",  # a CONNACK of no known code
        b"\x32\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x32\x01\x00",  # a PUBLISH that ends in its topic's length
        b"\x90\x00",  # a SUBACK of nothing
        b"",
    ],
)
@pytest.mark.parametrize("accepted_before", [False, True], ids=["first", "later"])
def test_nonsense_ends_the_connection_and_nothing_else(nonsense, accepted_before):
    """Whatever the peer sends, the client closes, and tries again."""

    async def script(peer):
        if accepted_before:
            await peer.accept(1)
        else:
            await peer.hears(CONNECT)
        peer.say(nonsense)

    async def test():
        async with ScriptedBroker(script) as broker, Running(consumer(broker)) as gateway:
            await until(lambda: broker.connections >= 3, "three attempts")
            assert gateway.messages == []

    run(test)


def test_a_packet_beyond_the_bound_is_not_taken_in():
    """A length of 256 MB ends the connection before its bytes come."""

    async def script(peer):
        await peer.accept(1)
        peer.say(b"\x32\xff\xff\xff\x7f")
        await asyncio.Event().wait()

    async def test():
        async with ScriptedBroker(script) as broker, Running(consumer(broker)):
            await until(lambda: broker.connections >= 2, "a new attempt")

    run(test)


def test_what_waits_for_its_acknowledgement_is_bounded():
    """A broker that heeds no window is not read beyond the bound; all is told once there is room."""
    sent = MAX_UNACKNOWLEDGED + 1_000

    async def script(peer):
        await peer.accept(1)
        for number in range(1, sent + 1):
            peer.say(publish(b"reads/1", b"%d" % number, number))
        for number in range(1, sent + 1):
            assert await peer.hears(PUBACK) == number.to_bytes(2, "big")
        await asyncio.Event().wait()

    async def test():
        async with ScriptedBroker(script) as broker:
            settings = MqttSettings(port=broker.port, protocol="3.1.1")
            async with Consumer(settings, "reads/#", acks_at_once=False) as gateway:
                await until(lambda: len(gateway.acks) >= MAX_UNACKNOWLEDGED, "the bound reached")
                for _ in range(20):
                    await asyncio.sleep(0)
                assert len(gateway.acks) == MAX_UNACKNOWLEDGED
                while len(gateway.acks) < sent:
                    heard = len(gateway.acks)
                    for acknowledge in list(gateway.acks):
                        acknowledge()
                    await until(lambda: len(gateway.acks) > heard, "more")  # noqa: B023 - awaited here
                assert gateway.payloads == [b"%d" % number for number in range(1, sent + 1)]
                assert broker.connections == 1

    run(test)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_pauses_at_any_moment_lose_nothing(turns):
    """Paused in the middle of what was read already, and resumed some turns of the loop later: all is heard."""
    heard = []

    async def script(peer):
        await peer.accept(1)
        for number in range(1, 501):
            peer.say(publish(b"reads/1", b"%d" % number, number))
        await asyncio.Event().wait()

    async def test():
        def hear(message, acknowledge):
            heard.append(message.payload)
            acknowledge()
            if len(heard) % 7 == 0:
                gateway.client.pause()
                resume_in(turns)

        def resume_in(turns):
            asyncio.get_running_loop().call_soon(
                *((resume_in, turns - 1) if turns else (gateway.client.resume,))
            )

        async with ScriptedBroker(script) as broker:
            settings = MqttSettings(port=broker.port, protocol="3.1.1")
            async with Consumer(settings, "reads/#", hears=hear) as gateway:
                await until(lambda: len(heard) == 500, "all heard")
                assert heard == [b"%d" % number for number in range(1, 501)]

    run(test)


def test_a_broker_that_says_nothing_is_given_up():
    """Connected, and no word: the keep-alive ends it."""

    async def script(peer):
        await asyncio.Event().wait()

    async def test():
        async with ScriptedBroker(script) as broker, Running(consumer(broker, keepalive_s=1)) as gateway:
            await until(lambda: broker.connections >= 2, "a new attempt")
            assert gateway.client.health().opened_count == 0
            with pytest.raises(LinkLost):
                await gateway.client.publish("alerts", b"")

    run(test)


def test_publications_that_wait_are_bounded():
    """A broker that takes nothing fills a small queue; the next publication is refused at once."""

    async def script(peer):
        await peer.accept(1)
        await asyncio.Event().wait()

    async def test():
        async with ScriptedBroker(script) as broker, consumer(broker) as gateway:
            waiting = [asyncio.create_task(gateway.client.publish("alerts", b"%d" % n)) for n in range(100)]
            await asyncio.sleep(0)
            with pytest.raises(LinkLost, match="100 publications wait"):
                await gateway.client.publish("alerts", b"one more")
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    run(test)


def test_a_connect_that_hangs_holds_up_neither_the_loop_nor_the_end():
    """A full backlog lets connect() wait for seconds: in a thread, which nobody waits for when we stop."""

    def connects_under_way():
        return {thread for thread in threading.enumerate() if thread.name == "mqtt connect"} - others

    others = set(threading.enumerate())

    async def test():
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            port = deaf.getsockname()[1]
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            client = MqttClient(MqttSettings(port=port), hears_nothing, time.time_ns)
            task = asyncio.create_task(client.run())
            for _ in range(50):
                await asyncio.sleep(0.001)
            assert client.health().state == "starting"
            assert connects_under_way()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert connects_under_way(), "the end waited for it"
            for filler in fillers:
                filler.close()

    run(test)


def test_a_wrong_filter_is_refused_before_the_start():
    """What no broker would take as a filter is an error of the caller."""
    with pytest.raises(ValueError, match="wildcard"):
        MqttClient(MqttSettings(), hears_nothing, time.time_ns).subscribe(["a/#/b"])


def test_the_password_is_not_printed():
    """Settings end up in logs; the password does not."""
    assert "secret" not in repr(MqttSettings(password="secret"))
