"""The product's own codecs on the messages of a benchmark run: what the gateway would be told."""

from collections.abc import Iterable, Iterator

from gateway.config.file import parse_site
from gateway.devices.of_site import mqtt_devices, serial_devices
from readers.observations import Observation
from readers.protocol import MqttMessage as ProductMessage
from simulators.benchmark.messages import HttpEvents, Message, MqttMessage


class ProductEars:
    """One codec per device of a run's site file. Raises what the product would raise."""

    def __init__(self, site_toml: str) -> None:
        site = parse_site(site_toml, "site.toml")
        self.codecs = {device.id: device.codec for device in mqtt_devices(site)}
        self.lines = {device.id: device.protocol for device in serial_devices(site)}
        for protocol in self.lines.values():
            protocol.opened(0)

    def hear(self, messages: Iterable[Message]) -> Iterator[Observation]:
        """Yield the observations in messages from devices."""
        for message in messages:
            if isinstance(message, HttpEvents):
                continue
            if isinstance(message, MqttMessage):
                told = ProductMessage(message.topic, message.payload, False, message.received_ns)
                yield from self.codecs[message.device].decode(told)
            else:
                yield from self.lines[message.device].feed(message.data, message.received_ns).observations
