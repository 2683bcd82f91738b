"""The clocks of the benchmark's devices: off, drifting, and set wrong at some moment. Pure, seeded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random

from simulators.agenda import NS_PER_S
from simulators.benchmark.families import Transport

PPM = 1e-6


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """What one device takes for the time."""

    start_ns: int = 0
    offset_ns: int = 0
    drift: float = 0.0
    step_at_ns: int | None = None
    step_ns: int = 0

    def shift_ns(self, at_ns: int) -> int:
        """Return by how much the clock is ahead of the true time."""
        shift_ns = self.offset_ns + round((at_ns - self.start_ns) * self.drift)
        if self.step_at_ns is not None and at_ns >= self.step_at_ns:
            shift_ns += self.step_ns
        return shift_ns


def make_clocks(
    transport: Transport, devices: Iterable[str], rng: Random, start_ns: int, end_ns: int
) -> Mapping[str, DeviceClock]:
    """Return each device's clock. A clock that steps does so in the middle half of the run."""
    names = list(devices)
    stepping = set(rng.sample(names, min(transport.clock_steps, len(names))))
    clocks = {}
    for name in names:
        offset_s = rng.uniform(-transport.clock_offset_s, transport.clock_offset_s)
        drift = rng.uniform(-transport.clock_drift_ppm, transport.clock_drift_ppm) * PPM
        quarter_ns = (end_ns - start_ns) // 4
        step_at_ns = start_ns + quarter_ns + rng.randrange(max(1, 2 * quarter_ns))
        step_ns = round(rng.choice((-1, 1)) * transport.clock_step_s * NS_PER_S)
        is_stepping = name in stepping
        clocks[name] = DeviceClock(
            start_ns, round(offset_s * NS_PER_S), drift, step_at_ns if is_stepping else None, step_ns
        )
    return clocks
