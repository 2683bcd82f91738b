"""Feed every decoder with inputs that are nearly right: `make fuzz INPUTS=1000000`.

Needs nothing but the product and a seed: the same seed gives the same inputs on any machine. What counts
as a crash: any exception but the documented one, a broken law (counts, bounds), more CPU time than
MAX_INPUT_S. A crash is printed with its input; an input that does not end at all is printed after HUNG_S.
"""

import argparse
import gc
import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from tests.fuzz.payload_targets import PAYLOAD_TARGETS
from tests.fuzz.serial_targets import SERIAL_TARGETS
from tests.fuzz.target import MAX_HELD_BYTES, Target, held_bytes
from tests.fuzz.text_targets import RARE_TARGETS, TEXT_TARGETS
from tests.support.figures import figure

TARGETS: Mapping[str, Callable[[Random], Target]] = {
    **SERIAL_TARGETS, **PAYLOAD_TARGETS, **TEXT_TARGETS, **RARE_TARGETS,
}  # fmt: skip
ROUND = 200
"""Inputs that one target gets in a row."""
RARE_ROUND = 8
MAX_INPUT_S = 0.5
"""CPU time of one input of at most 64 KiB; the loop of a gateway would stand as long."""
HUNG_S = 60.0
MAX_GROWTH_BYTES = 64 << 20
"""What the process may grow after its first tenth: caches of libraries, no more with more inputs."""
MAX_SHOWN = 20


@dataclass
class Report:
    """What a run found."""

    inputs: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""
    most_held_bytes: int = 0
    growth_bytes: int = 0


class Fuzzer:
    """Feeds all targets in turn."""

    def __init__(self, targets: Mapping[str, Callable[[Random], Target]], seed: int) -> None:
        self.report = Report()
        self.current: tuple[str, bytes, float] | None = None
        self._targets = {name: make(Random(f"{seed}:{name}")) for name, make in targets.items()}

    def run(self, inputs: int) -> Report:
        """Feed as many inputs."""
        fed, settled_bytes = 0, None
        while fed < inputs:
            for name, target in self._targets.items():
                count = min(RARE_ROUND if name in RARE_TARGETS else ROUND, inputs - fed)
                for _ in range(count):
                    self._feed(name, target)
                fed += count
                self._weigh(name, target)
                self.report.taken[name] = target.taken
            if settled_bytes is None and fed >= inputs / 10:
                settled_bytes = resident_bytes()
        self.report.growth_bytes = max(0, resident_bytes() - (settled_bytes or resident_bytes()))
        return self.report

    def _feed(self, name: str, target: Target) -> None:
        data = target.next_input()
        started_s = time.thread_time()
        self.current = (name, data, started_s)
        try:
            target.feed(data)
        except Exception:  # noqa: BLE001 - a crash is what this looks for: it is kept with its input
            self._crashed(name, data, traceback.format_exc())
        took_s = time.thread_time() - started_s
        self.report.inputs[name] += 1
        if took_s > self.report.slowest_s:
            self.report.slowest_s, self.report.slowest = took_s, f"{name}, {len(data)} bytes"
        if took_s > MAX_INPUT_S:
            self._crashed(name, data, f"took {took_s:.2f} s of CPU time")

    def _weigh(self, name: str, target: Target) -> None:
        if self.report.inputs[name] % (50 * ROUND) == ROUND:
            held = held_bytes(target.state())
            self.report.most_held_bytes = max(self.report.most_held_bytes, held)
            if held > MAX_HELD_BYTES:
                self._crashed(name, b"", f"holds {held} bytes")

    def _crashed(self, name: str, data: bytes, why: str) -> None:
        self.report.crashes.append(f"{name}, input {self.report.inputs[name]}: {data[:2_000].hex()}\n{why}")
        if len(self.report.crashes) <= MAX_SHOWN:
            print(self.report.crashes[-1], file=sys.stderr, flush=True)


def resident_bytes() -> int:
    """Return the memory that this process has now."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - no file of ours
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def watch(fuzzer: Fuzzer) -> None:
    """Print progress, and end the process when one input does not end."""
    before: tuple[object, float] = (None, time.monotonic())
    last_told_s = started_s = time.monotonic()
    while True:
        time.sleep(1.0)
        now_s = time.monotonic()
        if fuzzer.current is not before[0]:
            before = (fuzzer.current, now_s)
        elif fuzzer.current is not None and now_s - before[1] > HUNG_S:
            print(
                f"HUNG for {HUNG_S:g} s: {fuzzer.current[0]}: {fuzzer.current[1].hex()}",
                file=sys.stderr,
                flush=True,
            )
            os._exit(2)
        if now_s - last_told_s > 30:
            last_told_s = now_s
            print(f"{fuzzer.report.inputs.total()} inputs in {now_s - started_s:.0f} s", flush=True)


def main() -> int:
    """Run as the arguments say; return 1 where something was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--target", action="append", choices=sorted(TARGETS), help="only this; may be repeated"
    )
    arguments = parser.parse_args()
    targets = {name: TARGETS[name] for name in arguments.target or TARGETS}
    fuzzer = Fuzzer(targets, arguments.seed)
    threading.Thread(target=watch, args=(fuzzer,), daemon=True).start()
    started_s = time.monotonic()
    report = fuzzer.run(arguments.inputs)
    took_s = time.monotonic() - started_s
    for name, count in report.inputs.items():
        print(f"{count:>10} {name}, decoded {report.taken[name]}")
    print(f"the slowest input: {report.slowest}")
    figure("fuzz inputs", report.inputs.total(), "inputs")
    figure("fuzz targets", len(report.inputs), "decoders")
    figure("fuzz inputs a second", report.inputs.total() / took_s, "inputs/s")
    figure("fuzz crashes", len(report.crashes), "crashes")
    figure("fuzz slowest input", 1e3 * report.slowest_s, "ms")
    figure("fuzz most held by a decoder", report.most_held_bytes / 1024, "KiB")
    figure("fuzz growth", report.growth_bytes / (1 << 20), "MiB")
    return 1 if report.crashes or report.growth_bytes > MAX_GROWTH_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
