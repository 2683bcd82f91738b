"""64 serial readers that never rest: what share of a core the gateway's side of it takes, and what is lost.

Run as `python tests/benchmarks/bench_ports.py`. 64 pseudo terminals; another process plays a simulated M100
on each: it answers the commands, then reports 500 tags a second (96-bit EPCs, 24 bytes a frame: what
115,200 bit/s carry). This process reads them as the gateway does: SerialSupervisor, real codec, uvloop,
one thread. `one by one`: each frame is a write of its own, and a wake-up where the machine keeps up.
`as USB`: what comes within 16 ms is handed over at once, as USB adapters do by default. The share is CPU
time of this process (user and system) by the clock on the wall; presence and stock are not in it.
"""

import asyncio
import contextlib
import json
import multiprocessing
import os
import sys
import tempfile
import time
import tty
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

import uvloop

from readers.errors import Malformed
from readers.observations import Observation, Read
from readers.registry import serial_kind
from readers.serial_port import SerialLine
from readers.settings import RfidSettings
from readers.supervisor import SerialSupervisor
from simulators.devices.m100 import M100
from simulators.devices.m100_frames import Framing, tag_frame
from tests.support.clocks import RealClock
from tests.support.figures import figure
from tests.support.waiting import until

PORTS = 64
FRAMES_PER_S = 500
SECONDS = 10
GOAL_SHARE = 20
TAGS = 256
"""Tags of one reader; a multiple of the frames in a write."""
ROUNDS_COMMAND = b"\xbb\x00\x27"
STEP_S = 0.0005


class Device:
    """One reader: answers as the simulated M100 does, and reports once it was started."""

    def __init__(self, port: int, master: int, per_write: int) -> None:
        self._master = master
        self._reader = M100(seed=port)
        self._frames = [
            tag_frame(Framing.BB, bytes((port,)) * 8 + number.to_bytes(4, "big"), -55.0)
            for number in range(TAGS)
        ]
        self._per_write = per_write
        self._late_s = port / PORTS * per_write / FRAMES_PER_S
        self._started_s: float | None = None
        self._unsent = b""
        self.frames = 0

    def work(self, now_s: float, *, is_ending: bool) -> bool:
        """Hear, answer and report; return whether all that it began is on the wire."""
        heard = b""
        with contextlib.suppress(BlockingIOError, OSError):
            heard = os.read(self._master, 4_096)
        if heard:
            self._unsent += self._reader.feed(heard, time.monotonic_ns())
            if ROUNDS_COMMAND in heard and self._started_s is None:
                self._started_s = now_s + self._late_s
        if self._started_s is not None and not is_ending:
            due = int((now_s - self._started_s) * FRAMES_PER_S)
            while due - self.frames >= self._per_write:
                at = self.frames % TAGS
                self._unsent += b"".join(self._frames[at : at + self._per_write])
                self.frames += self._per_write
                if self._per_write == 1:
                    self._flush()
        self._flush()
        return not self._unsent

    def _flush(self) -> None:
        if self._unsent:
            with contextlib.suppress(BlockingIOError):
                self._unsent = self._unsent[os.write(self._master, self._unsent) :]


def play(masters: Sequence[int], per_write: int, pipe: Connection) -> None:
    """Play the devices until the pipe says so, then tell how many frames each wrote."""
    devices = [Device(port, master, per_write) for port, master in enumerate(masters)]
    is_ending, all_sent = False, False
    while not (is_ending and all_sent):
        now_s = time.monotonic()
        all_sent = all([device.work(now_s, is_ending=is_ending) for device in devices])  # noqa: C419 - each works
        is_ending = is_ending or pipe.poll()
        time.sleep(STEP_S)
    pipe.send(json.dumps([device.frames for device in devices]))
    pipe.recv()


class CountingIntake:
    """Counts reads by reader, and does nothing else."""

    def __init__(self) -> None:
        self.reads: dict[str, int] = {}

    def offer(
        self, observations: Sequence[Observation], on_durable: Callable[[], None] | None = None
    ) -> None:
        for seen in observations:
            if type(seen) is Read:
                self.reads[seen.reader] = self.reads.get(seen.reader, 0) + 1

    def refuse(self, device: str, error: Malformed, on_durable: Callable[[], None] | None = None) -> None:
        raise AssertionError(f"{device}: {error}")

    def is_full(self) -> bool:
        return False

    async def drained(self) -> None:
        return

    def total(self) -> int:
        """Return all reads until now."""
        return sum(self.reads.values())


async def measure(name: str, paths: Sequence[Path], pipe: Connection) -> None:
    """Read all ports for SECONDS."""
    intake, clock = CountingIntake(), RealClock()
    supervisors = [
        SerialSupervisor(
            path.name,
            SerialLine(str(path)),
            serial_kind("m100").make(RfidSettings(path.name)),
            intake,
            clock,
        )
        for path in paths
    ]
    tasks = [asyncio.create_task(supervisor.run()) for supervisor in supervisors]
    await until(lambda: len(intake.reads) == PORTS, "all readers started", 60)
    began_s, began_cpu_s, before = time.monotonic(), time.process_time(), intake.total()
    await asyncio.sleep(SECONDS)
    took_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    reads = intake.total() - before
    pipe.send("end")
    sent = json.loads(await asyncio.to_thread(pipe.recv))
    with contextlib.suppress(AssertionError):
        await until(lambda: intake.total() >= sum(sent), "the last frames", 5)
    reconnects = sum(supervisor.health().reconnects for supervisor in supervisors)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    pipe.send("gone")
    print(f"{name}: {sum(sent)} frames sent, {intake.total()} read, {reconnects} reconnects")
    figure(f"{PORTS} ports {name}, reads", reads / took_s, "reads/s")
    figure(f"{PORTS} ports {name}, share of a core (goal at most {GOAL_SHARE})", 100 * cpu_s / took_s, "%")
    figure(f"{PORTS} ports {name}, a read", 1e6 * cpu_s / reads, "us")
    figure(f"{PORTS} ports {name}, reads lost", sum(sent) - intake.total(), "reads")


def run(name: str, per_write: int) -> None:
    """Measure with so many frames to a write."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = [os.openpty() for _ in range(PORTS)]
        paths = []
        for number, (master, slave) in enumerate(pairs):
            tty.setraw(slave)
            os.set_blocking(master, False)
            path = Path(folder) / f"m100-{number}"
            path.symlink_to(os.ttyname(slave))
            paths.append(path)
        ours, theirs = multiprocessing.Pipe()
        masters = [master for master, _ in pairs]
        player = multiprocessing.get_context("fork").Process(target=play, args=(masters, per_write, theirs))
        player.start()
        uvloop.run(measure(name, paths, ours))
        player.join()
        for fd in (fd for pair in pairs for fd in pair):
            os.close(fd)


if __name__ == "__main__":
    print(__doc__)
    run("one by one", 1)
    run("as USB", 8)
