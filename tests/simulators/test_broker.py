"""A broker of ours starts, serves and stops, whichever kind it is."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from simulators.broker import (
    AMQTT,
    MOSQUITTO,
    BrokerUnavailableError,
    RunningBroker,
    find_mosquitto,
    mosquitto_config,
    start_broker,
)
from simulators.emissions import Publication
from simulators.mqtt_link import MAX_QUEUED, MqttLink
from tests.support.ports import free_port
from tests.support.waiting import until

MESSAGE = Publication(0, "scale", "tele/scale/LWT", b"Online", retain=True)
WILL = Publication(0, "scale", "tele/scale/LWT", b"Offline", retain=True)


@pytest.fixture(params=[pytest.param(MOSQUITTO, marks=pytest.mark.broker), AMQTT])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningBroker]:
    """A running broker of each kind."""
    if request.param == MOSQUITTO and find_mosquitto() is None:
        pytest.skip("no mosquitto on this machine: apt-get install mosquitto")
    running = start_broker(free_port(), tmp_path / "broker", request.param)
    yield running
    running.stop()


def test_a_device_connects_and_is_served(broker: RunningBroker) -> None:
    """A link to the broker connects with the newest protocol that it speaks, publishes and says goodbye."""

    async def scenario() -> None:
        connected: list[bool] = []
        link = MqttLink("scale", "127.0.0.1", broker.port, broker.protocol, WILL)
        link.open(lambda: connected.append(True))
        await until(lambda: connected, "the link to connect")
        link.publish(MESSAGE)
        await asyncio.to_thread(link.close)
        assert link.dropped_messages == 0
        assert not link.is_open

    asyncio.run(scenario())


def test_a_taken_port_is_named(broker: RunningBroker, tmp_path: Path) -> None:
    """A port that somebody listens on is refused by its number, before anything is started."""
    with pytest.raises(BrokerUnavailableError, match=str(broker.port)):
        start_broker(broker.port, tmp_path / "second")


def test_stopping_twice_is_once(broker: RunningBroker) -> None:
    """Stop is idempotent, and the port is free afterwards."""
    broker.stop()
    broker.stop()
    start_broker(broker.port, broker.folder, broker.kind).stop()


@pytest.mark.broker
def test_messages_outlive_a_kill(tmp_path: Path) -> None:
    """What Mosquitto retained a moment before it was killed is there when it comes back."""
    if find_mosquitto() is None:
        pytest.skip("no mosquitto on this machine: apt-get install mosquitto")
    port = free_port()
    first = start_broker(port, tmp_path, MOSQUITTO)

    async def publish() -> None:
        connected: list[bool] = []
        link = MqttLink("scale", "127.0.0.1", port, "5", None)
        link.open(lambda: connected.append(True))
        await until(lambda: connected, "the link to connect")
        link.publish(MESSAGE)
        await until((tmp_path / "mosquitto.db").exists, "the broker to save what it holds")
        await asyncio.to_thread(link.close)

    asyncio.run(publish())
    first.kill()
    assert b"tele/scale/LWT" in (tmp_path / "mosquitto.db").read_bytes()
    start_broker(port, tmp_path, MOSQUITTO).stop()


@pytest.mark.broker
def test_what_a_device_says_while_the_broker_is_down_arrives_later(tmp_path: Path) -> None:
    """Messages queue in the device over a broker's restart, and come out in order, none missing."""
    if find_mosquitto() is None:
        pytest.skip("no mosquitto on this machine: apt-get install mosquitto")
    port = free_port()
    first = start_broker(port, tmp_path, MOSQUITTO)

    async def scenario() -> list[bytes]:
        connected: list[bool] = []
        heard: list[bytes] = []
        link = MqttLink("r700", "127.0.0.1", port, "5", None)
        link.open(lambda: connected.append(True))
        listener = listening(port, heard, lambda: connected.append(True))
        await until(lambda: len(connected) == 2, "the link to connect, and the listener to subscribe")
        await asyncio.to_thread(first.stop)
        for n in range(500):
            link.publish(Publication(0, "r700", "events", b"%d" % n))
        second = await asyncio.to_thread(start_broker, port, tmp_path, MOSQUITTO)
        await until(lambda: len(heard) >= 500, "the queued messages to arrive")
        await asyncio.to_thread(link.close)
        listener.disconnect()
        listener.loop_stop()
        await asyncio.to_thread(second.stop)
        assert link.dropped_messages == 0
        return heard

    heard = asyncio.run(scenario())
    assert sorted(set(heard), key=int) == [b"%d" % n for n in range(500)]


def listening(port: int, heard: list[bytes], on_subscribed: Callable[[], None]) -> mqtt.Client:
    """Return a client with a lasting session that collects every payload."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, "listener", clean_session=False, protocol=MQTTProtocolVersion.MQTTv311
    )
    client.on_message = lambda _client, _userdata, message: heard.append(message.payload)
    client.on_subscribe = lambda *_: on_subscribed()
    client.connect("127.0.0.1", port)
    client.subscribe("events", 1)
    client.loop_start()
    return client


def test_the_queue_for_an_absent_broker_is_bounded() -> None:
    """Beyond MAX_QUEUED messages a device drops, and counts what it dropped."""
    link = MqttLink("scale", "127.0.0.1", free_port(), "5", None)
    link.publish(MESSAGE)
    assert link.dropped_messages == 1
    link.open(lambda: None)
    for _ in range(MAX_QUEUED + 7):
        link.publish(MESSAGE)
    assert link.dropped_messages == 8
    link.cut()


def test_mosquitto_listens_on_loopback_and_saves_each_second() -> None:
    """The written configuration has the settings that queued messages depend on."""
    lines = mosquitto_config(1_884, Path("state")).splitlines()
    assert "listener 1884 127.0.0.1" in lines
    assert {"persistence true", "autosave_interval 1", "autosave_on_changes false"} <= set(lines)
