"""How far each device's clock is from the gateway's, learned from when its messages come. Pure.

    received − at  =  delay − offset        offset: how far the device's clock is ahead
                      └ never below 0, and small for most messages

So the least of (received − at) over some minutes, the floor, is the clock's offset but for the shortest
delay of all (the minimum filter of NTP, RFC 5905 §10). Late and repeated messages only lie above it.

Rules:
- A floor that moves by little drifts, or knew too few messages: it is followed, down at once, up when the
  minutes that were lower are over.
- Far below the floor nothing can come by delay: the clock was set forward. Until a few messages agree on
  where it stands (one alone may be garbage), their times are those of their receipt.
- Far above the floor lies what is late, or all that comes after the clock was set back. It is the clock when
  messages in a row agree, over some time, and none lies near the old floor. A backlog that is handed over
  in a burst does not agree: its delays fall from one message to the next.
- A clock is taken as right until its first minute is over, or it is found to be far off; a floor within `DEAD_BAND_NS` corrects nothing.
- A corrected time is never after the time of receipt.
"""

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

ClockState = Literal["ok", "offset", "drifting", "stepped", "no_clock"]

NS_PER_S = 1_000_000_000
BUCKET_NS = 60 * NS_PER_S
FLOOR_BUCKETS = 10
"""The floor is the least of so many minutes: longer than people queue before an uplink, short enough that a
bad crystal (100 ppm) moves 60 ms in them."""
STEP_NS = NS_PER_S
"""A floor that moves by more than this between two messages was set, not drifting."""
DEAD_BAND_NS = NS_PER_S // 4
"""Offsets below this are let be: they are delay as likely as offset, and no rule needs better."""
AGREEING_AHEAD = 3
AGREEING_BEHIND, AGREEING_BEHIND_NS = 5, 5 * NS_PER_S
"""A clock was set forward, or back, when so many messages (and over so long) agree. With 2 % of the messages
late the odds of five in a row are below 1 in 10^8; a backlog handed over at 1.2 times the pace of life does
not agree for five seconds."""
AGREEMENT_NS = NS_PER_S
MAX_STRAYS = 5
"""Messages far off that do not agree with the first of their row, before the row begins anew with them."""
DRIFT_BUCKET_NS = 600 * NS_PER_S
DRIFT_BUCKETS = 24
MIN_DRIFT_BUCKETS = 6
"""Drift is the slope through the floors of the last four hours, told after the first: 5 ms of jitter are
then below 1 ppm."""
DRIFTING_PPM = 5.0
"""A clock that is kept by NTP has a mean drift of 0; a free crystal has 10 to 100 ppm."""
STEPPED_FOR_NS = 24 * 3_600 * NS_PER_S
"""How long a step is told after it happened."""
NEVER_NS = -(1 << 62)


@dataclass(frozen=True, slots=True)
class ClockJudgement:
    """How a device's clock is. `offset_s`: ahead of the gateway's; `drift_ppm`: gaining; None: not known yet."""

    state: ClockState
    offset_s: float | None
    drift_ppm: float | None
    steps: int


class _Clock:
    """What is known of one clock. `excess`: received − at, the offset's negative plus the delay."""

    __slots__ = (
        "agreed_low_ns", "agreeing", "anchor_ns", "bucket", "bucket_low_ns", "correction_ns", "drift_bucket",
        "drift_low_ns", "drifts", "floor_ns", "floors", "low_ns", "messages", "received_ns", "row_from_ns",
        "stepped_ns", "steps", "strays",
    )  # fmt: skip

    def __init__(self) -> None:
        self.correction_ns = self.floor_ns = 0
        self.received_ns = NEVER_NS  # of the message that is being heard
        self.low_ns = 0  # the least excess in it
        self.messages = self.steps = 0
        self.stepped_ns = NEVER_NS
        self.floors: deque[int] = deque(maxlen=FLOOR_BUCKETS)
        self.bucket = self.drift_bucket = 0
        self.bucket_low_ns: int | None = None
        self.drift_low_ns: int | None = None
        self.drifts: deque[tuple[int, int]] = deque(maxlen=DRIFT_BUCKETS)
        self.anchor_ns = self.agreed_low_ns = self.row_from_ns = self.agreeing = self.strays = 0

    def close(self) -> None:
        """Judge the message that was heard: called when the next one begins."""
        low_ns = self.low_ns
        self.messages += 1
        apart_ns = low_ns - self.floor_ns
        if not -STEP_NS <= apart_ns <= STEP_NS:
            self._consider(low_ns, is_ahead=apart_ns < 0)
            return
        self.agreeing = 0
        if self.received_ns // BUCKET_NS != self.bucket and self.messages > AGREEING_BEHIND:
            self._turn(self.received_ns)
        if self.bucket_low_ns is None or low_ns < self.bucket_low_ns:
            self.bucket_low_ns = low_ns
            if low_ns < self.floor_ns:
                self._set_floor(low_ns)

    def _consider(self, low_ns: int, *, is_ahead: bool) -> None:
        """Take note of a message far off the floor: late, garbage, or of a clock that was set anew."""
        if self.agreeing and abs(low_ns - self.anchor_ns) <= AGREEMENT_NS:
            self.agreeing += 1
            self.agreed_low_ns = min(low_ns, self.agreed_low_ns)
        elif self.agreeing and low_ns > self.anchor_ns and self.strays < MAX_STRAYS:
            self.strays += 1  # later still
            return
        else:
            self.anchor_ns = self.agreed_low_ns = low_ns
            self.row_from_ns, self.agreeing, self.strays = self.received_ns, 1, 0
        needed = AGREEING_AHEAD if is_ahead else AGREEING_BEHIND
        least_ns = 0 if is_ahead else AGREEING_BEHIND_NS
        if self.agreeing >= needed and self.received_ns - self.row_from_ns >= least_ns:
            self._set_anew()

    def _set_anew(self) -> None:
        """Believe that the clock stands elsewhere: a step, or the offset that it has had all along."""
        if self.messages > self.agreeing + self.strays + MAX_STRAYS:
            self.steps += 1
            self.stepped_ns = self.received_ns
        self.floors.clear()
        self.drifts.clear()
        self.bucket_low_ns, self.drift_low_ns = self.agreed_low_ns, None
        self.agreeing = 0
        self._set_floor(self.agreed_low_ns)

    def _turn(self, received_ns: int) -> None:
        """Begin another bucket."""
        if self.bucket_low_ns is not None:
            self.floors.append(self.bucket_low_ns)
            self.drift_low_ns = min(self.bucket_low_ns, self.drift_low_ns or self.bucket_low_ns)
            if received_ns // DRIFT_BUCKET_NS != self.drift_bucket:
                if self.drift_bucket:
                    self.drifts.append((self.drift_bucket, self.drift_low_ns))
                self.drift_bucket, self.drift_low_ns = received_ns // DRIFT_BUCKET_NS, None
            self._set_floor(min(self.floors))
        self.bucket, self.bucket_low_ns = received_ns // BUCKET_NS, None

    def _set_floor(self, floor_ns: int) -> None:
        self.floor_ns = floor_ns
        self.correction_ns = floor_ns if abs(floor_ns) > DEAD_BAND_NS else 0

    def save(self) -> str:
        """Return it as text. A row of messages that agree on another time is not in it: they come anew."""
        return json.dumps(
            {
                "floor": self.floor_ns,
                "correction": self.correction_ns,
                "messages": self.messages,
                "steps": self.steps,
                "stepped": self.stepped_ns,
                "floors": list(self.floors),
                "bucket": [self.bucket, self.bucket_low_ns],
                "drift": [self.drift_bucket, self.drift_low_ns],
                "drifts": list(self.drifts),
            },
            separators=(",", ":"),
        )

    def restore(self, text: str) -> None:
        """Take up what was saved."""
        saved = json.loads(text)
        self.floor_ns, self.correction_ns = saved["floor"], saved["correction"]
        self.messages, self.steps, self.stepped_ns = saved["messages"], saved["steps"], saved["stepped"]
        self.floors.extend(saved["floors"])
        self.bucket, self.bucket_low_ns = saved["bucket"]
        self.drift_bucket, self.drift_low_ns = saved["drift"]
        self.drifts.extend((bucket, low_ns) for bucket, low_ns in saved["drifts"])

    def drift_ppm(self) -> float | None:
        """Return the slope of the clock, by least squares; None where it is not known yet."""
        if len(self.drifts) < MIN_DRIFT_BUCKETS:
            return None
        n = len(self.drifts)
        first, low = self.drifts[0]
        xs, ys = [b - first for b, _ in self.drifts], [value - low for _, value in self.drifts]
        mean_x, mean_y = sum(xs) / n, sum(ys) / n
        above = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
        below = sum((x - mean_x) ** 2 for x in xs)
        return -1e6 * above / below / DRIFT_BUCKET_NS


class DeviceClocks:
    """The clocks of a site's devices. A read costs a dictionary look-up, two comparisons and an addition."""

    def __init__(self, devices: Iterable[str]) -> None:
        self._clocks = {device: _Clock() for device in devices}
        self._told_ns: dict[str, int] = {}

    def corrected(self, device: str, at_ns: int, received_ns: int) -> int:
        """Return when it happened by the gateway's clock, as far as the device's is known. Never after its receipt.

        Observations are given in the order in which they were received.
        """
        clock = self._clocks.get(device)
        if clock is None:
            return min(at_ns, received_ns)
        excess_ns = received_ns - at_ns
        if excess_ns == 0:  # the gateway's own time: nothing is said of the device's
            return at_ns
        if received_ns != clock.received_ns:
            if clock.received_ns != NEVER_NS:
                clock.close()
            clock.received_ns, clock.low_ns = received_ns, excess_ns
        elif excess_ns < clock.low_ns:
            clock.low_ns = excess_ns
        corrected_ns = at_ns + clock.correction_ns
        return corrected_ns if corrected_ns < received_ns else received_ns  # noqa: FURB136 - min() costs twice it

    def dirty_rows(self) -> list[tuple[str, str]]:
        """Return (device, text) of the clocks that were heard since they were last told here."""
        heard = [
            d for d, clock in self._clocks.items() if clock.received_ns != self._told_ns.get(d, NEVER_NS)
        ]
        self._told_ns |= {device: self._clocks[device].received_ns for device in heard}
        return [(device, self._clocks[device].save()) for device in heard]

    def restore(self, device: str, text: str) -> None:
        """Take up a clock as it was told; a device that the site no longer has is left out."""
        if (clock := self._clocks.get(device)) is not None:
            clock.restore(text)

    def judge(self, device: str, now_ns: int) -> ClockJudgement:
        """Return how a device's clock is."""
        clock = self._clocks.get(device)
        if clock is None or clock.received_ns == NEVER_NS:
            return ClockJudgement("no_clock", None, None, 0)
        drift_ppm = clock.drift_ppm()
        state: ClockState = "ok"
        if now_ns - clock.stepped_ns < STEPPED_FOR_NS:
            state = "stepped"
        elif abs(clock.floor_ns) > STEP_NS:
            state = "offset"
        elif drift_ppm is not None and abs(drift_ppm) > DRIFTING_PPM:
            state = "drifting"
        return ClockJudgement(state, -clock.floor_ns / NS_PER_S, drift_ppm, clock.steps)
