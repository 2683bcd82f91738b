"""`storefloor doctor --broker`: what is published on a broker, and by whom. I/O."""

import argparse
import asyncio
import json
import sys

from gateway.cli.broker_settings import mqtt_settings, read_password
from gateway.cli.doctor_ports import exit_code, place_of
from gateway.cli.site_file import read_site
from gateway.config.file import shipped_mappings
from gateway.config.site import SiteConfig
from gateway.devices.of_site import mqtt_devices
from gateway.doctor.broker_look import listen
from gateway.doctor.formats import all_formats
from gateway.doctor.report import finding_text, findings_json
from gateway.doctor.topic_findings import broker_findings, topic_blocks
from gateway.doctor.topics import TopicWatch
from gateway.errors import ConfigError
from readers.settings import MqttSettings

LISTEN_S = 10.0
DEFAULT_PORT, DEFAULT_TLS_PORT = 1_883, 8_883


def look_at_broker(arguments: argparse.Namespace, address: str | None) -> int:
    """Listen to a broker (None: the site's); return 1 where a problem was found."""
    site = read_site(arguments.config)[0] if arguments.config else None
    settings = _settings(arguments, address, site)
    seconds = LISTEN_S if arguments.seconds is None else arguments.seconds
    devices = {device.id: device.codec for device in mqtt_devices(site) if not device.webhook} if site else {}
    mappings = shipped_mappings()
    if site is not None:
        mappings |= {section.name: section.settings() for section in site.mappings}
    watch = TopicWatch(devices, all_formats(mappings))
    print(f"Listening to {settings.host}:{settings.port} for {seconds:g} s …", file=sys.stderr)
    failure = asyncio.run(listen(settings, watch, seconds))
    found = list(broker_findings(watch, seconds, failure))
    blocks = "\n\n".join(topic_blocks(watch, place_of(site)))
    if arguments.json:
        head = {"broker": f"{settings.host}:{settings.port}", "messages": watch.messages}
        print(json.dumps(head | findings_json(found, blocks), indent=2))
    else:
        print(f"{settings.host}:{settings.port}  {watch.messages} message(s) in {seconds:g} s")
        print("\n".join(finding_text(found)))
        if blocks:
            print("   for the site file:")
            print("\n".join(f"      {line}".rstrip() for line in blocks.splitlines()))
    return exit_code(found)


def _settings(arguments: argparse.Namespace, address: str | None, site: SiteConfig | None) -> MqttSettings:
    if address is None:
        if site is None or site.mqtt is None:
            raise ConfigError("doctor: say which broker: --broker HOST[:PORT], or --config FILE with [mqtt]")
        return mqtt_settings(site.mqtt, arguments.config.parent)
    host, port = split_address(address, DEFAULT_TLS_PORT if arguments.tls else DEFAULT_PORT)
    password = read_password(arguments.password_file) if arguments.password_file else None
    return MqttSettings(
        host, port, arguments.mqtt_protocol, username=arguments.username, password=password, tls=arguments.tls
    )


def split_address(address: str, default_port: int) -> tuple[str, int]:
    """Return host and port of `host`, `host:port`, `[v6]` or `[v6]:port`. Raises ConfigError."""
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]") or (":" in host and not host.endswith("]")):
        host, port = address, str(default_port)
    if not host.strip("[]") or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ConfigError(f"doctor: --broker {address!r}: write HOST or HOST:PORT, such as 192.168.1.5:1883")
    return host.strip("[]"), int(port)
