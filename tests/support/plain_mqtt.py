"""A plain MQTT client for tests, paho on its own thread: it publishes and counts acknowledgements, and listens."""

import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tests.support.polling import eventually

CONNECT_S = 60.0
MAX_IN_FLIGHT = 200


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came."""

    topic: str
    payload: bytes
    retained: bool


class PlainMqtt:
    """Connects again by itself after a broker was away; what is unacknowledged is sent again (QoS 1).

    `published` counts messages handed in, `acknowledged` those that the broker took. `keeps_session`: what is
    published while it is away waits for it at the broker (MQTT 3.1.1).
    """

    def __init__(
        self, port: int, client_id: str, *filters: str, is_v5: bool = True, keeps_session: bool = False
    ) -> None:
        is_v5 = is_v5 and not keeps_session
        protocol = MQTTProtocolVersion.MQTTv5 if is_v5 else MQTTProtocolVersion.MQTTv311
        self.heard: list[Heard] = []
        self.connections = 0
        self._filters = filters
        self.published = self.acknowledged = 0
        self._subscribed = threading.Event()
        client = self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=protocol,
            clean_session=False if keeps_session else None,
        )
        client.max_inflight_messages_set(MAX_IN_FLIGHT)
        client.max_queued_messages_set(0)
        client.reconnect_delay_set(1, 1)
        client.on_connect = self._connected
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_publish = self._was_acknowledged
        client.on_message = self._message
        client.connect_async("127.0.0.1", port, keepalive=30)
        client.loop_start()
        assert self._subscribed.wait(CONNECT_S), "the broker did not take us"

    def publish(self, topic: str, payload: bytes | str, *, retain: bool = False) -> None:
        """Send with QoS 1, now or once the broker is back."""
        self.published += 1
        self._client.publish(topic, payload, qos=1, retain=retain)

    def settle(self) -> None:
        """Return once the broker took all that was published: what is published is only on its way before."""
        eventually(lambda: self.acknowledged == self.published, "all to be acknowledged", CONNECT_S, 0.005)

    def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            return
        self.connections += 1
        if self._filters:
            client.subscribe([(one, 1) for one in self._filters])
        else:
            self._subscribed.set()

    def _was_acknowledged(
        self, _client: mqtt.Client, _userdata: object, _mid: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        assert not reason.is_failure, reason
        self.acknowledged += 1

    def _message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self.heard.append(Heard(message.topic, bytes(message.payload), bool(message.retain)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
