"""A simulated device's connection to the broker: the simulators' only user of paho-mqtt. I/O.

QoS 1. What cannot be delivered now waits in a bounded queue and goes out once the broker is back.
"""

from collections.abc import Callable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulators.emissions import Publication

MAX_QUEUED = 20_000
"""Messages that wait for the broker: over ten minutes of an R700 at 25 messages/s; then they are dropped."""
MAX_IN_FLIGHT = 200
KEEP_ALIVE_S = 15
RECONNECT_S = (1, 5)
FAREWELL_S = 1.0
"""How long the end waits for the last message to be acknowledged."""
PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}


class MqttLink:
    """One device's own connection, with its own last will."""

    def __init__(self, device: str, host: str, port: int, protocol: str, will: Publication | None) -> None:
        self.dropped_messages = 0
        self._device = device
        self._address = (host, port)
        self._protocol = PROTOCOLS[protocol]
        self._will = will
        self._on_connected: Callable[[], object] | None = None
        self._client: mqtt.Client | None = None

    @property
    def is_open(self) -> bool:
        """Return whether it is connected, or trying to be."""
        return self._client is not None

    def open(self, on_connected: Callable[[], object]) -> None:
        """Connect in the background, again and again; `on_connected` is called on the link's own thread."""
        self._on_connected = on_connected
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"simulated-{self._device}", protocol=self._protocol
        )
        client.max_queued_messages_set(MAX_QUEUED)
        client.max_inflight_messages_set(MAX_IN_FLIGHT)
        client.reconnect_delay_set(*RECONNECT_S)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, qos=1, retain=self._will.retain)
        client.on_connect = self._connected
        client.connect_async(*self._address, keepalive=KEEP_ALIVE_S)
        client.loop_start()
        self._client = client

    def publish(self, publication: Publication) -> None:
        """Send, or queue for later; a message beyond the queue's bound is dropped and counted."""
        if self._client is None:
            self.dropped_messages += 1
            return
        sent = self._client.publish(publication.topic, publication.payload, qos=1, retain=publication.retain)
        if sent.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            self.dropped_messages += 1

    def cut(self) -> None:
        """Break the connection without a goodbye, as a power cut does: the broker sends the will. Blocks."""
        client, self._client = self._client, None
        if client is None:
            return
        client.loop_stop()
        line = client.socket()
        if line is not None:
            line.close()

    def close(self) -> None:
        """End in good order: what the will would say is said, then goodbye. Blocks up to FAREWELL_S."""
        client, self._client = self._client, None
        if client is None:
            return
        if client.is_connected() and self._will is not None:
            farewell = client.publish(self._will.topic, self._will.payload, qos=1, retain=self._will.retain)
            if farewell.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
                farewell.wait_for_publish(FAREWELL_S)
        client.disconnect()
        client.loop_stop()

    def _connected(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not reason.is_failure and self._on_connected is not None:
            self._on_connected()
