"""Listens to all that a broker passes on, for a while, without leaving a trace. I/O."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace

from gateway.clock import SystemClock
from gateway.doctor.topics import TopicWatch
from readers.mqtt_client import MqttClient
from readers.protocol import MqttMessage
from readers.settings import MqttSettings

ALL_TOPICS = "#"


def doctors_id() -> str:
    """Return a client id that no gateway has: two clients of one id throw each other out."""
    return f"storefloor-doctor-{os.getpid()}"


async def listen(settings: MqttSettings, watch: TopicWatch, seconds: float) -> str:
    """Give the watch what is published in `seconds`; return why it could not, empty where it could.

    Under an id of its own and with a session that ends with it: the gateway's queue is not touched.
    """
    ours = replace(settings, client_id=doctors_id(), session_expiry_s=0)

    def hear(message: MqttMessage, acknowledge: Callable[[], None]) -> None:
        watch.heard(message)
        acknowledge()

    client = MqttClient(ours, hear, SystemClock().now_ns)
    client.subscribe([ALL_TOPICS])
    try:
        async with asyncio.timeout(seconds):
            await client.run()
    except TimeoutError:
        pass  # all that is wanted
    health = client.health()
    if health.opened_count == 0:
        return health.detail or f"no answer from {settings.host}:{settings.port} in {seconds:g} s"
    return health.detail if "refuses" in health.detail else ""
