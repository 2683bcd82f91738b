"""A simulated site in real time: ptys, MQTT links and a scaled clock around a SimulatedSite. I/O.

One loop owns the site: every tick it advances the shop to the scaled clock's time and sends what
came out; hosts' bytes are answered as they arrive.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from simulators.agenda import NS_PER_S
from simulators.control import Order
from simulators.emissions import Emission, SerialBytes
from simulators.mqtt_link import MqttLink
from simulators.pty_port import PtyPort
from simulators.site import SimulatedSite

TICK_S = 0.01
MAX_STEP_NS = 30 * NS_PER_S
"""Shop time per tick: after a stall the site catches up in steps, and still answers its hosts in between."""


@dataclass(frozen=True, slots=True)
class LiveClock:
    """Shop time runs `speed` times as fast as CLOCK_MONOTONIC, which all processes of a machine share."""

    speed: float
    origin_monotonic_ns: int
    origin_shop_ns: int

    def now_ns(self) -> int:
        """Return the shop's time."""
        return self.origin_shop_ns + round((time.monotonic_ns() - self.origin_monotonic_ns) * self.speed)


class LiveSite:
    """The site and its wires. `broker` is (host, port, protocol)."""

    def __init__(
        self, site: SimulatedSite, clock: LiveClock, ports_dir: Path, broker: tuple[str, int, str]
    ) -> None:
        self.site = site
        self.ports = {device: PtyPort(ports_dir / device) for device in site.layout.serial_devices()}
        self.links = {
            device: MqttLink(device, *broker, site.will(device)) for device in site.layout.mqtt_devices()
        }
        self._clock = clock

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Run until `stop` is set; then take the ports away and close the connections.

        `on_ready` is called once the ports are there (the broker may come later).
        """
        try:
            self._open()
            on_ready()
            while not stop.is_set():
                is_behind = self._step()
                await asyncio.sleep(0 if is_behind else TICK_S)
        finally:
            await self._close()

    def _open(self) -> None:
        """Plug in what is not plugged in."""
        loop = asyncio.get_running_loop()
        for device, port in self.ports.items():
            if not port.is_open:
                self._plug_in(device, port, loop)
        for device, link in self.links.items():
            if not link.is_open:
                link.open(self._connected(device, loop))

    async def obey(self, order: Order) -> None:
        """Do what a person or a test wants done to a device."""
        loop, now_ns, device = asyncio.get_running_loop(), self._clock.now_ns(), order.device
        match order.verb:
            case "unplug":
                self.site.unplug(device, now_ns)
                await self._unplug(device, loop)
            case "replug":
                self.site.replug(device, now_ns)
                self._open()
            case "silence":
                self.site.silence(device)
            case "resume":
                self.site.resume(device)

    def dropped(self) -> dict[str, int]:
        """Return, per device, bytes or messages that nobody took."""
        counts = {device: port.dropped_bytes for device, port in self.ports.items()}
        return counts | {device: link.dropped_messages for device, link in self.links.items()}

    def _step(self) -> bool:
        """Advance towards now; return whether more is left to catch up."""
        now_ns = self._clock.now_ns()
        until_ns = min(now_ns, self.site.now_ns + MAX_STEP_NS)
        for emission in self.site.advance(until_ns):
            self._send(emission)
        return until_ns < now_ns

    def _send(self, emission: Emission) -> None:
        if isinstance(emission, SerialBytes):
            self.ports[emission.device].write(emission.data)
        else:
            self.links[emission.device].publish(emission)

    def _plug_in(self, device: str, port: PtyPort, loop: asyncio.AbstractEventLoop) -> None:
        port.open()
        loop.add_reader(port.fileno(), self._host_wrote, device)

    async def _unplug(self, device: str, loop: asyncio.AbstractEventLoop) -> None:
        if device in self.links:
            await asyncio.to_thread(self.links[device].cut)
        elif self.ports[device].is_open:
            loop.remove_reader(self.ports[device].fileno())
            self.ports[device].close()

    def _host_wrote(self, device: str) -> None:
        port = self.ports[device]
        answer = self.site.to_device(device, port.read(), self._clock.now_ns())
        if answer:
            port.write(answer)

    def _connected(self, device: str, loop: asyncio.AbstractEventLoop) -> Callable[[], object]:
        """Return the link's callback: on its own thread it only wakes the loop, which owns the site."""
        return partial(loop.call_soon_threadsafe, self._greet, device)

    def _greet(self, device: str) -> None:
        for publication in self.site.births(device, self._clock.now_ns()):
            self.links[device].publish(publication)

    async def _close(self) -> None:
        loop = asyncio.get_running_loop()
        for port in self.ports.values():
            if port.is_open:
                loop.remove_reader(port.fileno())
                port.close()
        await asyncio.gather(*(asyncio.to_thread(link.close) for link in self.links.values()))
