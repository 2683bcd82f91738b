"""The gateway's rules driven by recorded lines instead of a clock: a day in a minute. Pure.

    lines, by received ─▶ engine ─▶ a pass at each second of their own time, and at each `every`

A pass at a time T has seen the lines received by T and no other, so what holds at T was never helped
by what came later. Times of passes are whole seconds and whole multiples of `every` since the epoch.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.engine import Changes, Engine
from gateway.ports.intake import EventResult, TillEvent
from gateway.recording.recorded import Recorded, ToldEvent
from readers.counts import StageCounts
from readers.duplicates import Duplicates
from readers.observations import Heartbeat, Read, Reading, Scan

NS_PER_S = 1_000_000_000
MAX_IDLE_NS = 86_400 * NS_PER_S
"""Nothing said for this long: every deadline has passed, so the rest of the gap is leapt over. A recording
with one wrong year would take a billion passes otherwise."""
MAX_RECENT_EVENTS = 100_000
"""Ids of events that are known again, as many as the gateway itself remembers."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass of the engine and what it changed. `is_row`: its time is a multiple of `every`."""

    now_ns: int
    is_row: bool
    changes: Changes


class Playback:
    """Plays recorded lines into one engine.

    `counts`: observations by what became of them; those that the engine dropped are among `passed` here,
    and are counted by the engine. `events`: till events by outcome, those refused by their code.
    """

    def __init__(self, engine: Engine, every_ns: int = 5 * NS_PER_S) -> None:
        if every_ns <= 0:
            raise ValueError("every_ns must be above 0")
        self.engine = engine
        self.counts = StageCounts()
        self.events: Counter[str] = Counter()
        self._every_ns = every_ns
        self._devices = engine.state.devices
        self._duplicates = Duplicates()
        self._recent: OrderedDict[tuple[str, str], TillEvent] = OrderedDict()
        self._held: list[Read | Scan | Reading | Heartbeat] = []
        self._next_ns = 0
        self._heard_ns = 0

    def play(self, lines: Iterable[Recorded], until_ns: int | None = None) -> Iterator[Pass]:
        """Take lines in the order of their received times; yield each pass.

        Lines received after `until_ns` are left alone. Time goes on to the first row at or after the
        last line, and to `until_ns`.
        """
        held = self._held
        for line in lines:
            received_ns = line.received_ns
            if received_ns > self._next_ns:
                if until_ns is not None and received_ns > until_ns:
                    break
                yield from self._pass_until(received_ns)
            if isinstance(line, ToldEvent):
                self._observe()
                self._tell(line)
            # What bears no time of its device cannot be told from what is told twice.
            elif line.at_ns == received_ns or self._is_fresh(line):
                held.append(line)
            else:
                self.counts.received += 1
                self.counts.drop("duplicate")
        yield from self._finish(until_ns)

    def _is_fresh(self, line: Read | Scan | Reading | Heartbeat) -> bool:
        """Return whether it was not told before. Foreign devices have no memory: it is bounded by the site's own."""
        device = line.reader if isinstance(line, Read) else _device(line)
        return device not in self._devices or self._duplicates.is_fresh(device, line)

    def _observe(self) -> None:
        """Let the engine take what was heard since it last did."""
        self.counts.received += len(self._held)
        self.counts.passed += len(self._held)
        self.engine.observe_all(self._held, self._next_ns)
        self._held.clear()

    def _pass_until(self, received_ns: int) -> Iterator[Pass]:
        """Yield the passes whose time has come before a line received at `received_ns`."""
        if self._next_ns == 0:
            self._next_ns = self._ceil(received_ns)
        while self._next_ns < received_ns:
            yield self._pass()
            if self._next_ns - self._heard_ns > MAX_IDLE_NS:
                self._next_ns = max(self._next_ns, (received_ns - 1) // self._every_ns * self._every_ns)
        self._heard_ns = received_ns

    def _pass(self) -> Pass:
        now_ns = self._next_ns
        self._observe()
        self.engine.advance(now_ns)
        self._next_ns = self._ceil(now_ns + 1)
        return Pass(now_ns, now_ns % self._every_ns == 0, self.engine.drain())

    def _ceil(self, at_ns: int) -> int:
        """Return the first time of a pass at or after `at_ns`."""
        every_ns = self._every_ns
        return min(-(-at_ns // NS_PER_S) * NS_PER_S, -(-at_ns // every_ns) * every_ns)

    def _finish(self, until_ns: int | None) -> Iterator[Pass]:
        if self._next_ns == 0:
            return
        while True:
            done = self._pass()
            yield done
            if done.is_row and (until_ns is None or self._next_ns > until_ns):
                return
            if self._next_ns - self._heard_ns > MAX_IDLE_NS and until_ns is not None:
                self._next_ns = max(self._next_ns, until_ns // self._every_ns * self._every_ns)

    def _tell(self, told: ToldEvent) -> None:
        result = self._record(told)
        self.events[result.outcome if result.code is None else f"refused: {result.code}"] += 1

    def _record(self, told: ToldEvent) -> EventResult:
        """Apply an event once, as the gateway does: a repeat is answered, not applied."""
        key, event = (told.source, told.event.event_id), told.event
        before = self._recent.get(key)
        if before is not None:
            if before != event:
                detail = "this event_id was used for an event with other content"
                return EventResult(event.event_id, "refused", None, "event_id_reused", detail, "/event_id")
            return EventResult(event.event_id, "duplicate")
        result = self.engine.record(event, self._next_ns)
        if result.outcome == "applied":
            self._recent[key] = event
            if len(self._recent) > MAX_RECENT_EVENTS:
                self._recent.popitem(last=False)
        return result


def _device(line: Scan | Reading | Heartbeat) -> str:
    match line:
        case Scan():
            return line.scanner
        case Heartbeat():
            return line.device
        case Reading():
            return line.sensor
