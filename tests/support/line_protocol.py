"""The smallest serial protocol: each line a scan; greets, ticks and says goodbye so that tests see it."""

from readers.counts import StageCounts
from readers.observations import Observation, Scan
from readers.protocol import Steps

NS_PER_S = 1_000_000_000


class LineProtocol:
    """Writes `hello` when opened, `tick` every `tick_s` (if given) and `bye` when closing."""

    def __init__(self, device: str = "scanner-1", tick_s: float | None = None) -> None:
        self.bytes_counts = StageCounts()
        self.frame_counts = StageCounts()
        self.bytes_fed = 0
        self.ticked_at_ns: list[int] = []
        self._device = device
        self._tick_ns = None if tick_s is None else round(tick_s * NS_PER_S)
        self._deadline_ns: int | None = None
        self._half = b""

    @property
    def deadline_ns(self) -> int | None:
        return self._deadline_ns

    def opened(self, now_ns: int) -> Steps:
        self._half = b""
        if self._tick_ns is not None:
            self._deadline_ns = now_ns + self._tick_ns
        return Steps(writes=[b"hello\n"])

    def feed(self, data: bytes, now_ns: int) -> Steps:
        if b"BUG" in data:
            raise RuntimeError("a codec's bug")
        self.bytes_fed += len(data)
        *lines, self._half = (self._half + data).split(b"\n")
        seen: list[Observation] = [
            Scan(self._device, line.decode("latin-1"), now_ns, now_ns) for line in lines
        ]
        return Steps(observations=seen)

    def tick(self, now_ns: int) -> Steps:
        self.ticked_at_ns.append(now_ns)
        if self._tick_ns is not None:
            self._deadline_ns = now_ns + self._tick_ns
        return Steps(writes=[b"tick\n"])

    def closing(self, now_ns: int) -> Steps:
        return Steps(writes=[b"bye\n"])
