"""Listening to a real broker without leaving a trace."""

import asyncio
from pathlib import Path

import pytest

from gateway.config.file import shipped_mappings
from gateway.doctor.broker_look import listen
from gateway.doctor.formats import all_formats
from gateway.doctor.topics import TopicWatch
from readers.settings import MqttSettings
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.ports import free_port

pytestmark = pytest.mark.broker

LOOKS_S = (1.0, 5.0, 20.0)


def new_watch() -> TopicWatch:
    return TopicWatch({}, all_formats(shipped_mappings()))


def heard(settings: MqttSettings) -> TopicWatch:
    """Return what a look hears; on a machine so busy that a look ends before it began, that of a longer one."""
    for seconds in LOOKS_S:
        watch = new_watch()
        if asyncio.run(listen(settings, watch, seconds)) == "" and watch.unmatched():
            break
    return watch


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_nothing_is_left_behind(tmp_path: Path, protocol: str) -> None:
    """What is published while nobody listens is not kept for the doctor: its session ends with it."""
    with Mosquitto(tmp_path) as broker:
        settings = MqttSettings(port=broker.port, protocol=protocol)
        shop = PlainMqtt(broker.port, "shop", "nothing")
        shop.publish("a/kept", "x", retain=True)
        shop.settle()  # else it may come to the first look live, not kept
        first = heard(settings)
        shop.publish("a/between", "y")
        shop.settle()
        second = heard(settings)
        shop.close()
    for watch in (first, second):
        assert [(seen.topic, seen.retained) for seen in watch.unmatched()] == [("a/kept", 1)]


def test_no_broker_is_told_with_its_reason() -> None:
    """Where nobody listens the reason is returned, after the time that was given."""
    port = free_port()
    failure = asyncio.run(listen(MqttSettings(port=port), new_watch(), 0.5))
    assert f"127.0.0.1:{port}" in failure
