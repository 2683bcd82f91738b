"""A reader that is pulled out and plugged in a hundred times, in the middle of its reports, on a real pty."""

import asyncio
import contextlib
from random import Random

import uvloop

from readers.backoff import BackoffPolicy
from readers.observations import Heartbeat, Read
from readers.protocol import SerialProtocol, Steps
from readers.registry import serial_kind
from readers.serial_port import SerialLine
from readers.settings import RfidSettings
from readers.supervisor import SerialSupervisor
from simulators.devices.m100 import M100
from simulators.devices.m100_frames import Framing, tag_frame
from tests.support.clocks import RealClock
from tests.support.pty_device import PtyDevice
from tests.support.recording_intake import RecordingIntake
from tests.support.waiting import until

CYCLES = 100
FRAMES = 60
ROUNDS_COMMAND = b"\xbb\x00\x27"
QUICK = BackoffPolicy(first_s=0.005, limit_s=0.02, steady_s=0.0)


class Counted:
    """A protocol, and the bytes that reached the host on the connection that is open."""

    def __init__(self, inner: SerialProtocol) -> None:
        self.inner = inner
        self.bytes_counts, self.frame_counts = inner.bytes_counts, inner.frame_counts
        self.reached = bytearray()

    @property
    def deadline_ns(self) -> int | None:
        return self.inner.deadline_ns

    def opened(self, now_ns: int) -> Steps:
        self.reached.clear()
        return self.inner.opened(now_ns)

    def feed(self, data: bytes, now_ns: int) -> Steps:
        self.reached += data
        return self.inner.feed(data, now_ns)

    def tick(self, now_ns: int) -> Steps:
        return self.inner.tick(now_ns)

    def closing(self, now_ns: int) -> Steps:
        return self.inner.closing(now_ns)


async def start(device: PtyDevice, reader: M100) -> None:
    """Answer as the module does, until the host has started its inventory."""
    said = b""
    while ROUNDS_COMMAND not in said:
        await until(lambda: device.received, "a command")
        heard = bytes(device.received)
        device.received.clear()
        said += heard
        await device.send(reader.feed(heard, 0))


async def dribble(device: PtyDevice, data: bytes, rng: Random) -> None:
    """Send some of `data` in pieces, the host reading between them."""
    for _ in range(rng.randrange(1, 60)):
        size = rng.randrange(1, 40)
        await device.send(data[:size])
        data = data[size:]
        await asyncio.sleep(0)


def whole_frames(reached: bytes, frames: list[bytes]) -> int:
    """Return how many of the frames, one after the other from the first, are in what reached the host."""
    at = reached.find(frames[0])
    count = 0
    while at >= 0 and count < len(frames) and reached[at : at + len(frames[count])] == frames[count]:
        at += len(frames[count])
        count += 1
    return count


def test_a_hundred_unplugs_lose_and_double_no_read_that_reached_the_host(tmp_path):
    """Each report whose last byte arrived is one read, in order; one that was cut is none. Every other time
    the plug is pulled in the middle of it all: what the host still saw is counted at its port.
    """

    async def test():
        rng, device, intake = Random(1), PtyDevice(tmp_path / "port"), RecordingIntake()
        protocol = Counted(serial_kind("m100").make(RfidSettings("m100")))
        line = SerialLine(str(device.path))
        supervisor = SerialSupervisor("m100", line, protocol, intake, RealClock(), policy=QUICK, rng=rng)
        task = asyncio.create_task(supervisor.run())
        expected: list[str] = []
        cut_short = 0
        for cycle in range(1, CYCLES + 1):
            await until(lambda: supervisor.health().opened_count == cycle, "opened")  # noqa: B023 - awaited here
            await start(device, M100(seed=cycle))
            epcs = [cycle.to_bytes(6, "big") + number.to_bytes(6, "big") for number in range(FRAMES)]
            frames = [tag_frame(Framing.BB, epc, rng.uniform(-80, -30)) for epc in epcs]
            if cycle % 2:
                await device.send(b"".join(frames) + frames[0][: rng.randrange(1, len(frames[0]))])
                await until(lambda: frames[-1] in protocol.reached, "the last report")  # noqa: B023 - awaited here
            else:
                await dribble(device, b"".join(frames), rng)
            device.unplug()
            await until(lambda: supervisor.health().state == "down", "loss noticed")
            reached = whole_frames(bytes(protocol.reached), frames)
            assert reached == FRAMES or not cycle % 2
            cut_short += reached < FRAMES
            expected += [epc.hex().upper() for epc in epcs[:reached]]
            device.received.clear()
            device.plug()
        await until(lambda: supervisor.health().opened_count == CYCLES + 1, "opened at last")
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        device.unplug()
        assert [seen.epc for seen in intake.seen if isinstance(seen, Read)] == expected
        assert [s.online for s in intake.seen if isinstance(s, Heartbeat) and not s.online] == [
            False
        ] * CYCLES
        assert supervisor.health().reconnects == CYCLES
        assert supervisor.health().errors == 0
        assert protocol.bytes_counts.is_conserved()
        assert protocol.frame_counts.is_conserved()
        print(f"{len(expected)} reads of {CYCLES} connections, {cut_short} of them cut short")

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(test(), 240))
