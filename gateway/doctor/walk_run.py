"""Runs a site's RFID readers for a walk test, and nothing else of the gateway. I/O."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.clock import SystemClock
from gateway.config.site import SiteConfig
from gateway.devices.of_site import mqtt_devices, serial_devices
from gateway.doctor.broker_look import doctors_id
from gateway.doctor.open_intake import OpenIntake
from gateway.doctor.walk import WalkTest
from readers.link import LinkHealth
from readers.mqtt_client import MqttClient
from readers.mqtt_router import MqttRouter
from readers.protocol import MqttMessage
from readers.serial_port import SerialLine
from readers.settings import MqttSettings
from readers.supervisor import SerialSupervisor


@dataclass(frozen=True, slots=True)
class WalkSite:
    """The site to walk through; `base` is its file's folder, `mqtt` its broker, where it has one."""

    config: SiteConfig
    base: Path
    mqtt: MqttSettings | None


async def walk(site: WalkSite, test: WalkTest, seconds: float) -> list[tuple[str, str]]:
    """Give the test what all readers read in `seconds`; return (device, why) of those that could not.

    Readers are started as the gateway starts them, by the site file, and stopped again.
    """
    supervisors = _supervisors(site, test)
    client = _client(site, test)
    links = [(supervisor.device, supervisor.health) for supervisor in supervisors]
    links += [("the broker", client.health)] if client is not None else []
    tasks = [asyncio.create_task(supervisor.run()) for supervisor in supervisors]
    tasks += [asyncio.create_task(client.run())] if client is not None else []
    try:
        await asyncio.sleep(seconds)
        return [(name, health().detail) for name, health in links if not _is_up(health())]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_up(health: LinkHealth) -> bool:
    return health.state in ("up", "held")


def _supervisors(site: WalkSite, test: WalkTest) -> list[SerialSupervisor]:
    readers = {reader.id for reader in site.config.readers}
    intake, clock = OpenIntake(test.take), SystemClock()
    return [
        SerialSupervisor(
            device.id, SerialLine(str(site.base / device.port), device.baud), device.protocol, intake, clock
        )
        for device in serial_devices(site.config)
        if device.id in readers
    ]


def _client(site: WalkSite, test: WalkTest) -> MqttClient | None:
    """Return the link to the readers behind the broker, None where there are none."""
    readers = {reader.id for reader in site.config.readers}
    behind = [device for device in mqtt_devices(site.config) if device.id in readers and not device.webhook]
    if site.mqtt is None or not behind:
        return None
    router = MqttRouter({device.id: device.codec for device in behind})

    def hear(message: MqttMessage, acknowledge: Callable[[], None]) -> None:
        for part in router.route(message):
            test.take(part.observations)
        acknowledge()

    ours = replace(site.mqtt, client_id=doctors_id(), session_expiry_s=0)
    client = MqttClient(ours, hear, SystemClock().now_ns)
    client.subscribe(router.filters())
    return client
