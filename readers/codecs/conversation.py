"""What the conversations with all serial RFID readers have in common; a kind fills in its words. Pure.

    opened ─▶ opening steps, one at a time ─▶ running by itself, or round after round
       ▲                                            │
       └── a required step or a round unanswered ◀──┴─▶ silent: the resuming steps

Rules:
1. Tags are read in every state: a module that was left running reports before it is asked.
2. One command waits for its answer at a time. Unanswered, it is sent again a few times; after that a
   required one starts all over (the module is reset or gone), another is skipped.
3. A refused setting is a Fault for people; the reader goes on with what it has.
4. A half frame is given up by its age (see framing), not by a pause: slow traffic behind a false
   header would renew a pause for ever.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from readers.counts import StageCounts
from readers.errors import Malformed
from readers.framing import Framer
from readers.observations import Fault, Heartbeat, Identified
from readers.protocol import Steps

NS_PER_S = 1_000_000_000
COMMAND_TIMEOUT_S = 3
"""A module answers in milliseconds; but a demo's clock runs 30 times faster than the wire, and 100 ms of
it are soon gone. All that is sent may be sent twice without harm."""

ROUND_QUIET_S = 2
"""A polled round that gives no frame for so long, beyond the time it was given, has lost its end."""

MAX_ATTEMPTS = 3
"""Sends of one command before it is given up."""

SILENT_AFTER_S = 5
"""A running inventory always gives a frame within some 100 ms, tags or none: this long without one
is an end."""

STALE_AFTER_S = 5
"""Age of a half frame that is given up: the longest takes 0.3 s at 9600 baud to arrive."""

HEARTBEAT_EVERY_S = 1
"""Up to 480 frames a second prove life: one of them is enough."""

FAULT_EVERY_S = 60
"""A module repeats the same error in every round: told once a minute."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command, how long its answer may take, and what its silence means.

    `is_required`: silence starts over, else it is skipped. `is_round`: an inventory, which frames keep
    alive: its time runs from the last of them.
    """

    name: str
    command: int
    param: bytes = b""
    is_required: bool = True
    is_round: bool = False
    wait_s: float = COMMAND_TIMEOUT_S
    attempts: int = MAX_ATTEMPTS


class Conversation(ABC):
    """A SerialProtocol but for the words: what is sent, and what a frame means."""

    silent_after_s: float = SILENT_AFTER_S
    stale_after_s: float = STALE_AFTER_S

    def __init__(self, device: str, framer: Framer) -> None:
        self._device = device
        self._framer = framer
        self.bytes_counts = framer.counts
        self.frame_counts = StageCounts()
        self._is_open = False
        self._todo: deque[Step] = deque()
        self._pending: Step | None = None
        self._attempts = 0
        self._sent_ns = 0
        self._rest_until_ns: int | None = None
        self._held_since_ns = 0
        self._held_from = 0
        self._last_frame_ns = 0
        self._next_beat_ns: int | None = None
        self._next_fault_ns: dict[str, int] = {}

    # What a kind says

    @abstractmethod
    def _opening(self) -> Sequence[Step]:
        """Return what is said to a reader that nothing is known of; forget what was known."""

    @abstractmethod
    def _resuming(self) -> Sequence[Step]:
        """Return what is said to a reader that ran by itself and fell silent."""

    @abstractmethod
    def _farewell(self) -> list[bytes]:
        """Return what to write so that the reader falls silent."""

    @abstractmethod
    def _encode(self, step: Step) -> bytes:
        """Return a step's frame."""

    def _next_round(self, now_ns: int) -> Step | None:  # noqa: ARG002 - for kinds that look after their health
        """Return the next inventory of a reader that is polled; None: it runs by itself."""
        return None

    def _before_retry(self) -> None:  # noqa: B027 - most kinds have no other try
        """Change what is worth trying otherwise."""

    def _left(self, step: Step, now_ns: int, steps: Steps) -> None:  # noqa: B027 - few kinds care
        """A step was answered or given up."""

    # What a kind understands

    @abstractmethod
    def _is_echo(self, frame: bytes) -> bool:
        """Return whether an intact frame is a host's: on a two-wire bus our own commands come back."""

    @abstractmethod
    def _understand(self, frame: bytes, now_ns: int, steps: Steps) -> None:
        """Take one intact frame of the reader. Raises Malformed for one that makes no sense now."""

    def _is_watching(self) -> bool:
        """Return whether the reader could see a tag now: else its frames prove no life."""
        return True

    # The port's side

    def opened(self, now_ns: int) -> Steps:
        """Forget the old connection and begin."""
        self._framer.clear("reopened")
        self._is_open = True
        self._next_beat_ns = None
        self._next_fault_ns.clear()
        steps = Steps()
        self._begin(now_ns, steps)
        return steps

    def feed(self, data: bytes, now_ns: int) -> Steps:
        """Take bytes from the wire."""
        steps = Steps()
        was_held = self._framer.held
        frames = self._framer.feed(data)
        held_from = self.bytes_counts.received - self._framer.held
        if not was_held or held_from != self._held_from:
            self._held_since_ns, self._held_from = now_ns, held_from
        self._take(frames, now_ns, steps)
        return steps

    def tick(self, now_ns: int) -> Steps:
        """Drop a stale half frame; send again, go on or start over where something is overdue."""
        steps = Steps()
        if self._framer.held and now_ns >= self._stale_ns():
            self._take(self._framer.flush(), now_ns, steps)
        if not self._is_open or now_ns < self._due_ns():
            return steps
        if self._pending is not None:
            self._retry(self._pending, now_ns, steps)
        elif self._rest_until_ns is not None:
            self._advance(now_ns, steps)
        else:
            self._todo.extend(self._resuming())
            self._advance(now_ns, steps)
        return steps

    def closing(self, now_ns: int) -> Steps:  # noqa: ARG002 - the port's contract; a farewell needs no time
        """Let the reader fall silent."""
        self._is_open = False
        self._pending = None
        self._todo.clear()
        return Steps(writes=self._farewell())

    @property
    def deadline_ns(self) -> int | None:
        """When the next of the waits ends."""
        waits = [self._stale_ns()] if self._framer.held else []
        if self._is_open:
            waits.append(self._due_ns())
        return min(waits, default=None)

    def _stale_ns(self) -> int:
        return self._held_since_ns + round(self.stale_after_s * NS_PER_S)

    def _due_ns(self) -> int:
        step = self._pending
        if step is not None:
            since_ns = max(self._sent_ns, self._last_frame_ns) if step.is_round else self._sent_ns
            return since_ns + round(step.wait_s * NS_PER_S)
        if self._rest_until_ns is not None:
            return self._rest_until_ns
        return self._last_frame_ns + round(self.silent_after_s * NS_PER_S)

    # For kinds

    def _advance(self, now_ns: int, steps: Steps) -> None:
        """Go on: to the next command, else to the next round, else let the reader run."""
        was, self._pending = self._pending, None
        if was is not None:
            self._left(was, now_ns, steps)
        self._rest_until_ns = None
        self._attempts = 0
        self._pending = self._todo.popleft() if self._todo else self._next_round(now_ns)
        if self._pending is not None:
            self._send(self._pending, now_ns, steps)

    def _rest(self, rest_s: float, now_ns: int) -> None:
        """Let what waits be, and go on after a while."""
        self._pending = None
        self._rest_until_ns = now_ns + round(rest_s * NS_PER_S)

    def _settle(self, step: Step, refusal: str | None, now_ns: int, steps: Steps) -> None:
        """The step that waits was answered: well, or with a refusal in words. Go on."""
        if refusal is not None:
            self._blame(f"{step.name}_refused", refusal, now_ns, steps)
        self._advance(now_ns, steps)

    def _blame(self, code: str, detail: str, now_ns: int, steps: Steps) -> None:
        """Tell people of a fault, unless they were told of it within FAULT_EVERY_S."""
        if now_ns >= self._next_fault_ns.get(code, now_ns):
            self._next_fault_ns[code] = now_ns + FAULT_EVERY_S * NS_PER_S
            steps.observations.append(Fault(self._device, code, detail, now_ns))

    def _identify(self, detail: str, now_ns: int, steps: Steps) -> None:
        """Tell people what the reader is."""
        steps.observations.append(Identified(self._device, detail, now_ns))

    def _again(self, now_ns: int, steps: Steps) -> bool:
        """Send what waits once more, now; return False where it was sent often enough."""
        step = self._pending
        if step is None or self._attempts >= step.attempts:
            return False
        self._send(step, now_ns, steps)
        return True

    # Inside

    def _begin(self, now_ns: int, steps: Steps) -> None:
        self._pending = None
        self._todo.clear()
        self._todo.extend(self._opening())
        self._advance(now_ns, steps)

    def _send(self, step: Step, now_ns: int, steps: Steps) -> None:
        self._attempts += 1
        self._sent_ns = now_ns
        steps.writes.append(self._encode(step))

    def _retry(self, step: Step, now_ns: int, steps: Steps) -> None:
        self._before_retry()
        if self._again(now_ns, steps):
            return
        if step.is_required:
            self._begin(now_ns, steps)
        else:
            self._advance(now_ns, steps)

    def _take(self, frames: list[bytes], now_ns: int, steps: Steps) -> None:
        counts = self.frame_counts
        counts.received += len(frames)
        is_heard = False
        for frame in frames:
            if self._is_echo(frame):
                counts.drop("echo")
                continue
            is_heard = True
            self._last_frame_ns = now_ns
            try:
                self._understand(frame, now_ns, steps)
            except Malformed as error:
                counts.drop(error.reason)
            else:
                counts.passed += 1
        is_due = self._next_beat_ns is None or now_ns >= self._next_beat_ns
        if is_heard and is_due and self._is_watching():
            self._next_beat_ns = now_ns + HEARTBEAT_EVERY_S * NS_PER_S
            steps.observations.insert(0, Heartbeat(self._device, True, now_ns, now_ns))


def printable(raw: bytes) -> str:
    """Return a device's text for people: ASCII, its control characters and padding left out."""
    return "".join(chr(byte) for byte in raw if 0x20 <= byte < 0x7F).strip()
