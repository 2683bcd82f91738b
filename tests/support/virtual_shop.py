"""The simulated shop and the gateway's real stages in virtual time: device bytes in, engine out.

SimulatedSite ─ bytes ─▶ protocol ─┐
              ─ MQTT ──▶ router  ──┴▶ intake: the engine itself ─▶ changes (each shop second),
                                      or a pipeline (tests/support/virtual_gateway.py)
"""

import tomllib
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from gateway.config.file import parse_catalogue, parse_site
from gateway.devices.of_site import mqtt_devices, serial_devices
from gateway.engine import Changes, Engine
from gateway.site import Site
from readers.errors import Malformed
from readers.intake import Intake
from readers.mqtt_intake import MqttIntake
from readers.mqtt_router import MqttRouter
from readers.observations import Heartbeat, Observation
from readers.protocol import MqttMessage, Steps
from simulators.emissions import Publication, SerialBytes
from simulators.layout import parse_site as parse_layout
from simulators.params import Pace, ShopParams, shop_params
from simulators.shop import opening_ns
from simulators.site import SimulatedSite, SiteOptions

NS_PER_S = 1_000_000_000
DEMO = Path(str(files("config").joinpath("demo.toml")))
ARTICLES = DEMO.with_name("demo-articles.csv")
PORT_LIFE_S = 10


class VirtualShop:
    """One simulated site joined to one engine, without ports, broker or waiting.

    The site is the demo's, or that of `site_text` with the demo's articles. `clock_ahead_ns` is how far the
    gateway's clock is set from the shop's: what devices say bears the shop's time, its receipt the gateway's.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        params: ShopParams | None = None,
        options: SiteOptions | None = None,
        site_text: str | None = None,
        on_changes: Callable[[Changes, int], None] = lambda _changes, _now_ns: None,
    ) -> None:
        params = params or shop_params(Pace.DAY)
        self.start_ns = opening_ns(datetime(2026, 3, 14, tzinfo=UTC), params)
        text = site_text or DEMO.read_text(encoding="utf-8")
        layout = parse_layout(tomllib.loads(text), ARTICLES.read_text(encoding="utf-8"))
        self.site = SimulatedSite(layout, seed, params, self.start_ns, options=options)
        self.config = parse_site(text, "demo.toml")
        self.now_ns = self.start_ns
        self.clock_ahead_ns = 0
        self._on_changes = on_changes
        self.messages_published = self.messages_acknowledged = 0
        self._plugged: set[str] = set()
        self.engine = self.new_engine()
        self._intake: Intake = _IntoEngine(self)
        self._connect()

    @property
    def gateway_ns(self) -> int:
        """The time by the gateway's clock."""
        return self.now_ns + self.clock_ahead_ns

    def new_engine(self) -> Engine:
        """Return an engine that knows nothing yet."""
        csv = ARTICLES.read_text(encoding="utf-8")
        return Engine(Site(self.config), parse_catalogue(csv, ARTICLES.name))

    def restart(self, engine: Engine) -> None:
        """Let another engine take over, as after a crash: ports are opened anew."""
        self.engine = engine
        self._connect()

    def give_to(self, intake: Intake) -> None:
        """Let all that devices say go to an intake, instead of the engine; ports are opened anew."""
        self._intake = intake
        self._connect()

    def _connect(self) -> None:
        self.protocols = {device.id: device.protocol for device in serial_devices(self.config)}
        self._alive_by_port = {d.id for d in serial_devices(self.config) if d.port_is_life}
        self.router = MqttRouter({device.id: device.codec for device in mqtt_devices(self.config)})
        self._mqtt_intake = MqttIntake(self.router, self._intake)
        self._plugged = set(self.protocols)
        for device, protocol in self.protocols.items():
            self._do(device, protocol.opened(self.gateway_ns))

    def unplug(self, device: str) -> None:
        """Pull a serial device's cable."""
        self._plugged.discard(device)
        self.site.unplug(device, self.now_ns)
        self._beat(device, online=False)

    def replug(self, device: str) -> None:
        """Put the cable back."""
        self.site.replug(device, self.now_ns)
        self._plugged.add(device)
        self._do(device, self.protocols[device].opened(self.gateway_ns))

    def run(self, seconds: float) -> None:
        """Let the shop and the gateway live for a while, second by second."""
        end_ns = self.now_ns + round(seconds * NS_PER_S)
        while self.now_ns < end_ns:
            self.step()

    def step(self) -> None:
        """Live one second, the engine too."""
        self.devices_speak()
        self.engine.advance(self.gateway_ns)
        self._on_changes(self.engine.drain(), self.gateway_ns)

    def devices_speak(self) -> None:
        """Live one second of the shop: its devices say what they have to say."""
        self.now_ns += NS_PER_S
        for emission in self.site.advance(self.now_ns):
            if isinstance(emission, SerialBytes):
                if emission.device in self._plugged:
                    at_ns = emission.at_ns + self.clock_ahead_ns
                    self._do(emission.device, self.protocols[emission.device].feed(emission.data, at_ns))
            else:
                self._publish(emission)
        for device in self._plugged:
            protocol = self.protocols[device]
            if protocol.deadline_ns is not None and protocol.deadline_ns <= self.gateway_ns:
                self._do(device, protocol.tick(self.gateway_ns))
            if device in self._alive_by_port and self.now_ns // NS_PER_S % PORT_LIFE_S == 0:
                self._beat(device, online=True)

    def _beat(self, device: str, *, online: bool) -> None:
        at_ns = self.gateway_ns
        self._intake.offer([Heartbeat(device, online=online, at_ns=at_ns, received_ns=at_ns)])

    def _publish(self, publication: Publication) -> None:
        self.messages_published += 1
        message = MqttMessage(
            publication.topic, publication.payload, False, publication.at_ns + self.clock_ahead_ns
        )
        self._mqtt_intake.on_message(message, self._acknowledged)

    def _acknowledged(self) -> None:
        self.messages_acknowledged += 1

    def _do(self, device: str, steps: Steps) -> None:
        """Hand on what a protocol learned, and let the device answer what it wrote."""
        todo = deque([steps])
        while todo:
            now = todo.popleft()
            if now.observations:
                self._intake.offer(now.observations)
            for data in now.writes:
                answer = self.site.to_device(device, data, self.now_ns)
                if answer:
                    todo.append(self.protocols[device].feed(answer, self.gateway_ns))


class _IntoEngine:
    """An intake that is the engine, without a pipeline between."""

    def __init__(self, shop: VirtualShop) -> None:
        self._shop = shop

    def offer(
        self, observations: Sequence[Observation], on_durable: Callable[[], None] | None = None
    ) -> None:
        """Let the engine observe."""
        for observation in observations:
            self._shop.engine.observe(observation, self._shop.gateway_ns)
        if on_durable is not None:
            on_durable()

    def refuse(self, device: str, error: Malformed, on_durable: Callable[[], None] | None = None) -> None:
        """Let the engine take note."""
        self._shop.engine.refuse(device, error)
        if on_durable is not None:
            on_durable()

    def is_full(self) -> bool:
        """Return False: the engine takes everything at once."""
        return False

    async def drained(self) -> None:
        """Return at once."""
