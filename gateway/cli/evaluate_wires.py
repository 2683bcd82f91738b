"""The benchmark's messages through the gateway's own ways in: codecs, router, duplicates, event batches. Wiring.

What the pipeline does with a broker, with ports and with HTTP, without any of them, and in virtual time.
"""

from collections.abc import Iterator, Sequence

from api.schemas.events import EventBatch, TillEventIn
from gateway.config.site import SiteConfig
from gateway.devices.of_site import mqtt_devices, serial_devices
from gateway.ports.intake import TillEvent
from gateway.site import NS_PER_S
from readers.duplicates import Duplicates
from readers.errors import Malformed
from readers.mqtt_router import MqttRouter
from readers.observations import Heartbeat, Observation
from readers.protocol import MqttMessage, Steps
from simulators.benchmark.messages import HttpEvents, SerialBytes
from simulators.benchmark.messages import MqttMessage as Publication

LIFE_SIGN_NS = 10 * NS_PER_S
"""An open port is a scanner's sign of life, given as often as by readers/serial_session.py."""


class Wires:
    """All devices of one site. Give it messages in the order in which they came in."""

    def __init__(self, site: SiteConfig, start_ns: int) -> None:
        serial = list(serial_devices(site))
        self._serial = {device.id: device.protocol for device in serial}
        self._ports = [device.id for device in serial if device.port_is_life]
        self._router = MqttRouter({device.id: device.codec for device in mqtt_devices(site)})
        self._duplicates = Duplicates()
        self._seen_events: set[str] = set()
        self._life_due_ns = start_ns
        self.refused: list[tuple[str, Malformed]] = []
        self.opened: list[Observation] = []
        for protocol in self._serial.values():
            self.opened += protocol.opened(start_ns).observations

    def observations(self, message: Publication | SerialBytes) -> Sequence[Observation]:
        """Return what is new in a message of a device."""
        if isinstance(message, SerialBytes):
            steps: Steps = self._serial[message.device].feed(message.data, message.received_ns)
            return steps.observations
        routed = self._router.route(
            MqttMessage(message.topic, message.payload, retained=False, received_ns=message.received_ns)
        )
        fresh: list[Observation] = []
        for part in routed:
            if part.error is not None:
                self.refused.append((part.device, part.error))
            fresh += self._duplicates.fresh(part.device, part.observations)
        return fresh

    def events(self, message: HttpEvents) -> list[TillEvent]:
        """Return the events of a batch that were not applied before, as the API reads them."""
        batch = EventBatch.model_validate({"events": [dict(event) for event in message.events]})
        fresh: list[TillEvent] = []
        events: Sequence[object] = batch.events  # those that are no events are among them
        for event in events:
            if isinstance(event, TillEventIn) and event.event_id not in self._seen_events:
                self._seen_events.add(event.event_id)
                fresh.append(_till_event(event))
        return fresh

    def tick(self, now_ns: int) -> Iterator[Observation]:
        """Yield what devices say because time passed."""
        for protocol in self._serial.values():
            if protocol.deadline_ns is not None and protocol.deadline_ns <= now_ns:
                yield from protocol.tick(now_ns).observations
        if now_ns >= self._life_due_ns:
            self._life_due_ns = now_ns + LIFE_SIGN_NS
            for device in self._ports:
                yield Heartbeat(device, online=True, at_ns=now_ns, received_ns=now_ns)


def _till_event(event: TillEventIn) -> TillEvent:
    return TillEvent(
        event_id=event.event_id,
        type=event.type,
        store=event.store,
        sku=event.sku,
        gtin=event.gtin,
        epc=event.epc,
        qty=event.qty,
        at_ns=event.at,
        zone=event.zone,
        to_store=event.to_store,
        complete=event.complete,
    )
