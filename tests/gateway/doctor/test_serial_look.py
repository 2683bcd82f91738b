"""The doctor on pseudo terminals: odd ports, and what it leaves a device with."""

import asyncio
from pathlib import Path

from gateway.doctor.evidence import PortEvidence
from gateway.doctor.port_probe import Plan
from gateway.doctor.serial_look import look_at
from readers.codecs import m100
from readers.codecs.m100 import Command, FrameType
from tests.support.m100_wire import m100_tag
from tests.support.pty_device import PtyDevice
from tests.support.waiting import until

QUICK = Plan(("m100",), listen_s=0.05, answer_s=0.2)
PATIENT = Plan(("m100",), listen_s=0.05, answer_s=1.0)
"""For a device that answers: some questions are not answered, and each of them takes as long."""
EPC = bytes.fromhex("3066C4409047E140075BCD15")
WHO = m100.encode(Command.INFO, b"\x00M100", frame_type=FrameType.ANSWER)


async def answer_once(device: PtyDevice) -> None:
    """Answer the first question as an M100 does, and no other."""
    await until(lambda: device.received, "a question")
    await device.send(WHO)


def test_a_reader_unplugged_while_it_is_watched_is_still_named(tmp_path: Path) -> None:
    """Who it was is kept; that the port failed, and why, is told."""

    async def run() -> PortEvidence:
        device = PtyDevice(tmp_path / "port")
        look = asyncio.create_task(look_at(PortEvidence(str(device.path)), PATIENT, 60.0))
        await answer_once(device)
        start = m100.encode(Command.STOP)
        await until(lambda: start in device.received, "the inventory's first word")
        device.unplug()
        return await look

    evidence = asyncio.run(run())
    assert evidence.probed.identity is not None
    assert evidence.probed.identity.kind == "m100"
    assert "unplugged" in evidence.failure
    assert evidence.watched is None


def test_a_port_that_floods_is_judged_by_its_first_bytes(tmp_path: Path) -> None:
    """An endless flood of noise ends in a verdict, and takes no more memory than an exchange may."""

    async def run() -> PortEvidence:
        device = PtyDevice(tmp_path / "port")
        flood = asyncio.create_task(device.send(b"\x55" * 3_000_000))
        try:
            return await look_at(PortEvidence(str(device.path)), QUICK, 1.0)
        finally:
            flood.cancel()
            device.unplug()

    evidence = asyncio.run(run())
    assert evidence.probed.identity is None
    assert all(tried.heard_bytes > 1_000 for tried in evidence.probed.tried)


def test_a_reader_that_was_asked_is_told_to_stop(tmp_path: Path) -> None:
    """After the watch the last word to a reader is to stop; its tags were counted meanwhile."""

    async def run() -> tuple[PortEvidence, bytes]:
        device = PtyDevice(tmp_path / "port")
        look = asyncio.create_task(look_at(PortEvidence(str(device.path)), PATIENT, 2.0))
        await answer_once(device)
        await until(lambda: m100.encode(Command.STOP) in device.received, "the inventory's first word")
        for _ in range(20):
            await device.send(m100_tag(EPC))
        evidence = await look
        said = bytes(device.received)
        device.unplug()
        return evidence, said

    evidence, said = asyncio.run(run())
    assert evidence.watched is not None
    assert (evidence.watched.reads, evidence.watched.tag_count) == (20, 1)
    assert said.endswith(m100.encode(Command.STOP))


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    """A port that another process holds cannot be looked at, and says so."""

    async def run() -> PortEvidence:
        device = PtyDevice(tmp_path / "port")
        first = asyncio.create_task(look_at(PortEvidence(str(device.path)), Plan(("m100",)), 0.0))
        await until(lambda: device.received, "a question")
        second = await look_at(PortEvidence(str(device.path)), QUICK, 0.0)
        await first
        device.unplug()
        return second

    assert "in use by another process" in asyncio.run(run()).failure
