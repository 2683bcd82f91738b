"""A port probe and a simulated device, joined by a plain wire in virtual time."""

from dataclasses import dataclass
from typing import Protocol

from gateway.doctor.port_probe import Exchange, Plan, Probed, probe_port
from simulators.air import TagSeen

NS_PER_S = 1_000_000_000
START_NS = 1_763_000_000 * NS_PER_S
STEP_S = 0.05
TAG = TagSeen(0, 1, "3066C4409047E140075BCD15", -55.0)


class Device(Protocol):
    """What answers a probe."""

    def feed(self, data: bytes, now_ns: int) -> bytes: ...
    def emit(self, seen: list[TagSeen], now_ns: int) -> bytes: ...


class Deaf:
    """A port with nothing on it; a base for odd devices."""

    def feed(self, data: bytes, now_ns: int) -> bytes:
        return b""

    def emit(self, seen: list[TagSeen], now_ns: int) -> bytes:
        return b""


@dataclass
class Joined:
    """A probe on its way. `asked` is all that was written, `took_s` how long it took."""

    device: Device
    tags: bool = False
    asked: bytes = b""
    took_s: float = 0.0
    exchanges: int = 0

    def run(self, plan: Plan | None = None) -> Probed:
        probing = probe_port(plan or Plan())
        exchange = next(probing)
        try:
            while True:
                exchange = probing.send(self._exchange(exchange))
        except StopIteration as done:
            found: Probed = done.value
            return found

    def _exchange(self, exchange: Exchange) -> bytes:
        self.exchanges += 1
        self.asked += exchange.ask
        heard = self.device.feed(exchange.ask, self._now_ns()) if exchange.ask else b""
        waited_s = 0.0
        while waited_s < exchange.wait_s and not exchange.enough(heard):
            waited_s += STEP_S
            self.took_s += STEP_S
            heard += self.device.emit([TAG] if self.tags else [], self._now_ns())
        return heard

    def _now_ns(self) -> int:
        return START_NS + round(self.took_s * NS_PER_S)
