"""One device played by itself on a port: what people and tests get from `storefloor simulate device`."""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any, Self

import pytest

from readers.backoff import BackoffPolicy
from readers.observations import Heartbeat, Identified, Read, Scan
from readers.registry import serial_kind
from readers.serial_port import SerialLine
from readers.settings import RfidSettings, ScannerSettings
from readers.supervisor import SerialSupervisor
from simulators.device import KINDS, DeviceOptions, PlayedDevice, _tags, main
from simulators.tag_stream import TagStream, epcs, gtins
from tests.support.clocks import RealClock
from tests.support.recording_intake import RecordingIntake
from tests.support.simulated import NS, ROOT, START_NS
from tests.support.waiting import until

QUICK = BackoffPolicy(first_s=0.01, limit_s=0.05, steady_s=0.0)


class Played:
    """The command in a process of its own, and a supervised session on its port."""

    def __init__(self, kind: str, link: Path, *more: str) -> None:
        self.kind, self.link, self._more = kind, link, more
        self.intake = RecordingIntake()

    async def __aenter__(self) -> Self:
        command = [sys.executable, "-m", "simulators.device", "--kind", self.kind, "--link", str(self.link)]
        self.process = await asyncio.create_subprocess_exec(
            *command,
            *self._more,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        assert await self.said() == f"port: {self.link}"
        kind = serial_kind(self.kind)
        settings = ScannerSettings("a") if self.kind == "scanner" else RfidSettings("a", "us", 20)
        line = SerialLine(str(self.link), kind.default_baud)
        self.protocol = kind.make(settings)
        self.supervisor = SerialSupervisor("a", line, self.protocol, self.intake, RealClock(10), policy=QUICK)
        self._task = asyncio.create_task(self.supervisor.run())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        if self.process.returncode is None:
            await self.order("quit")
        await self.process.wait()
        assert self.process.stdout is not None
        await self.process.stdout.read()

    async def order(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        await self.process.stdin.drain()

    async def said(self) -> str:
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().strip()

    def of(self, kind: type) -> list[Any]:
        return [o for o in self.intake.seen if isinstance(o, kind)]

    def epcs(self) -> set[str]:
        return {o.epc for o in self.intake.seen if isinstance(o, Read)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_played_device_is_read_by_the_product(kind: str, tmp_path: Path) -> None:
    """On a real port, in a process of its own: identified, and every tag (or code) read; unplugged and back."""

    async def test() -> None:
        async with Played(kind, tmp_path / "port", "--tags", "6", "--rate", "80", "--split", "0.3") as played:
            if kind == "scanner":
                await until(lambda: len({str(scan) for scan in played.of(Scan)}) >= 6, "six scans")
                return
            await until(lambda: len(played.epcs()) == 6, "all six tags")
            assert played.epcs() == set(epcs(6))
            assert len(played.of(Identified)) == 1
            await played.order("unplug")
            await until(lambda: not played.of(Heartbeat)[-1].online, "the loss noticed")
            before = len(played.of(Read))
            await played.order("plug")
            await until(lambda: len(played.of(Read)) > before, "reads again")
            assert played.protocol.bytes_counts.is_conserved()
            assert played.protocol.frame_counts.is_conserved()
            assert played.supervisor.health().errors == 0

    asyncio.run(asyncio.wait_for(test(), 240))


def test_orders_are_obeyed_or_refused(tmp_path: Path) -> None:
    """Reboot, silence and quit are done; anything else is answered with what would do."""

    async def test() -> None:
        async with Played("m100", tmp_path / "port", "--seconds", "3000") as played:
            for order in ("reboot", "silence 0.1"):
                await played.order(order)
                assert await played.said() == f"ok {order}"
            await played.order("explode")
            assert (await played.said()).startswith("error 'explode': write reboot")
            await played.order("quit")
            assert await played.said() == "ok quit"
            assert await played.process.wait() == 0

    asyncio.run(asyncio.wait_for(test(), 240))


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--kind", "m101"], "m101"),
        (["--kind", "m100", "--flip", "1.5"], "1.5 is no share"),
        (["--kind", "m100", "--antennas", "0"], "0 is no antenna port"),
        (["--kind", "m100", "--tags", "no/such/file"], "no/such/file"),
    ],
)
def test_wrong_arguments_are_named(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be played is refused before a port opens, by name."""
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert hint in capsys.readouterr().err


def test_tags_come_from_a_file(tmp_path: Path) -> None:
    """EPCs one a line; a file with something else in it is refused."""
    listed = tmp_path / "tags"
    listed.write_text("300833b2ddd9014000000001\n\n300833B2DDD9014000000002\n", "ascii")
    assert _tags("m100", str(listed)) == ["300833B2DDD9014000000001", "300833B2DDD9014000000002"]
    assert _tags("scanner", "2") == gtins(2)
    listed.write_text("not hex\n", "ascii")
    with pytest.raises(ValueError, match="non-hexadecimal"):
        _tags("m100", str(listed))


def test_the_same_seed_plays_the_same() -> None:
    """Two plays of one seed send the same bytes at the same times, another seed others."""

    def play(seed: int) -> bytes:
        played = PlayedDevice(DeviceOptions("m100", epcs(5), rate=50, seed=seed))
        played.hear(bytes.fromhex("BB0027000322FFFF4A7E"), START_NS)
        return b"".join(b"".join(played.step(START_NS + n * NS // 10)) for n in range(50))

    assert play(1) == play(1) != play(2)
    assert len(play(1)) > 1_000


def test_tags_answer_at_the_dialled_rate() -> None:
    """Fifty a second are fifty a second, however often it is asked; after a stall no flood follows."""
    stream = TagStream(epcs(3), (1, 2), 50, 1)
    count = sum(len(stream.until(START_NS + n * NS // 97)) for n in range(98))
    assert 49 <= count <= 50
    assert len(stream.until(START_NS + 10_000 * NS)) == 1_000
    assert TagStream([], (1,), 50, 1).until(START_NS) == []
