"""The supervisor on real pseudo terminals: what a wire does to it, and what reaches the intake."""

import asyncio
import contextlib
import logging
from random import Random

import pytest
import uvloop

from readers.backoff import BackoffPolicy
from readers.observations import Heartbeat, Scan
from readers.serial_port import OUT_BUFFER_BYTES, SerialLine
from readers.supervisor import SerialSupervisor
from tests.support.clocks import RealClock
from tests.support.high_fds import only_high_fds
from tests.support.line_protocol import LineProtocol
from tests.support.pty_device import PtyDevice
from tests.support.recording_intake import RecordingIntake
from tests.support.waiting import until

QUICK = BackoffPolicy(first_s=0.01, limit_s=0.05, steady_s=0.0)


WORDS = bytes(range(250)) * 200


class CountingRandom(Random):
    """Draws are attempts: each delay takes one."""

    drawn = 0

    def random(self):
        self.drawn += 1
        return super().random()


class Bench:
    """A device on a pty, its supervisor and an intake."""

    def __init__(self, folder, *, plugged=True, protocol=None, intake=None, clock=None, **options):
        self.device = PtyDevice(folder / "port", plugged=plugged)
        self.protocol = protocol or LineProtocol()
        self.intake = intake or RecordingIntake()
        self.clock = clock or RealClock()
        self.rng = CountingRandom(1)
        self.supervisor = SerialSupervisor(
            "scanner-1",
            SerialLine(str(self.device.path), 9_600),
            self.protocol,
            self.intake,
            self.clock,
            policy=QUICK,
            rng=self.rng,
            **options,
        )

    async def __aenter__(self):
        self._task = asyncio.create_task(self.supervisor.run())
        return self

    async def __aexit__(self, *exc):
        await self.stop()
        self.device.unplug()

    async def stop(self):
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    @property
    def scans(self):
        return [seen.text for seen in self.intake.seen if isinstance(seen, Scan)]

    @property
    def life(self):
        return [seen.online for seen in self.intake.seen if isinstance(seen, Heartbeat)]

    async def until_up(self, times=1):
        await until(lambda: self.supervisor.health().opened_count == times, f"opened {times} times")
        await until(lambda: self.device.received.endswith(b"hello\n"), "greeted")


def run(test, loop_factory=None):
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(asyncio.wait_for(test(), 240))


@pytest.fixture(params=["asyncio", "uvloop"])
def loop_factory(request):
    return {"asyncio": None, "uvloop": uvloop.new_event_loop}[request.param]


def test_talks_to_a_device_and_says_goodbye(tmp_path, loop_factory):
    """What the device sends is observed, what the protocol writes arrives; cancelled, it says goodbye."""

    async def test():
        async with Bench(tmp_path) as bench:
            await bench.until_up()
            await bench.device.send(b"4006381333931\nABC\n")
            await until(lambda: bench.scans == ["4006381333931", "ABC"], "both scans")
            health = bench.supervisor.health()
            assert (health.state, health.opened_count, health.reconnects, health.errors) == ("up", 1, 0, 0)
            assert health.last_bytes_at_ns == bench.intake.seen[-1].at_ns
            await bench.stop()
            await until(lambda: bench.device.received == b"hello\nbye\n", "goodbye")
            assert bench.supervisor.health().state == "stopped"
            assert bench.life == []

    run(test, loop_factory)


def test_unplugged_and_replugged_twenty_times(tmp_path, loop_factory):
    """Each cycle is one loss and one return; what reached the host is there once, in order."""

    async def test():
        async with Bench(tmp_path) as bench:
            sent = []
            for cycle in range(1, 21):
                await bench.until_up(times=cycle)
                lines = [f"{cycle}-{number}" for number in range(50)]
                await bench.device.send("".join(line + "\n" for line in lines).encode())
                sent += lines
                await until(lambda: bench.protocol.bytes_fed == bench.device.sent_bytes, "all bytes fed")
                bench.device.unplug()
                await until(lambda: len(bench.life) == cycle, "loss noticed")  # noqa: B023 - awaited here
                assert bench.supervisor.health().state == "down"
                bench.device.received.clear()
                bench.device.plug()
            await bench.until_up(times=21)
            assert bench.scans == sent
            assert bench.life == [False] * 20
            assert bench.supervisor.health().reconnects == 20

    run(test, loop_factory)


def test_a_wire_cut_in_the_middle_of_a_line_leaves_no_half_line(tmp_path):
    """What arrived before the cut is a prefix of what was sent; half a line joins nothing afterwards."""

    async def test():
        async with Bench(tmp_path) as bench:
            await bench.until_up()
            await bench.device.send(b"one\ntwo\nthr")
            await until(lambda: bench.protocol.bytes_fed == 11, "bytes fed")
            bench.device.unplug()
            await until(lambda: bench.life, "loss noticed")
            bench.device.received.clear()
            bench.device.plug()
            await bench.until_up(times=2)
            await bench.device.send(b"ee\nfour\n")
            await until(lambda: len(bench.scans) == 4, "scans after the cut")
            assert bench.scans == ["one", "two", "ee", "four"]

    run(test)


def test_a_device_missing_at_the_start_is_found_when_it_appears(tmp_path, caplog):
    """It waits, says so once, and opens the port as soon as its name exists."""

    async def test():
        async with Bench(tmp_path, plugged=False) as bench:
            await until(lambda: bench.supervisor.health().state == "down", "found missing")
            assert "no such port" in bench.supervisor.health().detail
            await until(lambda: bench.rng.drawn > 5, "more attempts")  # which the log must not repeat
            bench.device.plug()
            await bench.until_up()
            assert bench.life == []

    with caplog.at_level(logging.INFO, logger="readers"):
        run(test)
    messages = [record.getMessage() for record in caplog.records]
    assert [text.split(" /")[0] for text in messages] == ["scanner-1: down:", "scanner-1: opened"]


def test_a_port_that_another_process_holds_is_named_as_such(tmp_path):
    """Two supervisors on one port: the second waits, and takes over when the first lets go."""

    async def test():
        async with Bench(tmp_path) as first:
            await first.until_up()
            second = SerialSupervisor(
                "second",
                SerialLine(str(first.device.path)),
                LineProtocol(),
                RecordingIntake(),
                RealClock(),
                policy=QUICK,
            )
            task = asyncio.create_task(second.run())
            await until(lambda: "in use" in second.health().detail, "found busy")
            await first.stop()
            await until(lambda: second.health().state == "up", "taken over")
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    run(test)


def test_garbage_reaches_the_protocol_and_stops_nothing(tmp_path):
    """All byte values pass the port unchanged, GS, NUL, XON and XOFF among them."""

    async def test():
        async with Bench(tmp_path) as bench:
            await bench.until_up()
            garbage = bytes(byte for byte in range(256) if byte != 10) * 20
            await bench.device.send(garbage + b"\nok\n")
            await until(lambda: bench.scans[-1:] == ["ok"], "the line after the garbage")
            assert bench.scans == [garbage.decode("latin-1"), "ok"]

    run(test)


def test_a_full_intake_stops_the_reading_and_nothing_is_lost(tmp_path, loop_factory):
    """While the intake is full the wire fills up; when there is room again, all of it arrives."""

    async def test():
        async with Bench(tmp_path, intake=RecordingIntake(capacity=100)) as bench:
            await bench.until_up()
            lines = [f"line {number}" for number in range(10_000)]
            sending = asyncio.create_task(bench.device.send("".join(f"{line}\n" for line in lines).encode()))
            await until(lambda: bench.supervisor.health().state == "held", "held")
            await until(lambda: bench.device.sent_bytes > bench.protocol.bytes_fed + 4_000, "wire filled")
            held_at = len(bench.scans)
            assert 100 <= held_at < len(lines)
            assert not sending.done()
            while len(bench.scans) < len(lines):
                bench.intake.take()
                seen = len(bench.scans)
                await until(lambda: len(bench.scans) > seen, "more lines")  # noqa: B023 - awaited here
            await sending
            assert bench.scans == lines

    run(test, loop_factory)


def test_a_port_unplugged_while_held_is_lost_when_there_is_room(tmp_path, loop_factory):
    """Back-pressure hides the loss, and does not forget it."""

    async def test():
        async with Bench(tmp_path, intake=RecordingIntake(capacity=1)) as bench:
            await bench.until_up()
            await bench.device.send(b"full\n")
            await until(lambda: bench.supervisor.health().state == "held", "held")
            bench.device.unplug()
            bench.intake.take()
            await until(lambda: bench.life == [False], "loss noticed")

    run(test, loop_factory)


def test_time_does_not_pass_for_the_protocol_while_held(tmp_path):
    """A device that we do not read is not late: no tick until there is room, then ticks again."""

    async def test():
        protocol = LineProtocol(tick_s=0.02)
        async with Bench(tmp_path, protocol=protocol, intake=RecordingIntake(capacity=1)) as bench:
            await until(lambda: len(protocol.ticked_at_ns) > 2, "ticks")
            await bench.device.send(b"full\n")
            await until(lambda: bench.supervisor.health().state == "held", "held")
            ticks = len(protocol.ticked_at_ns)
            held_ns = bench.clock.now_ns()
            await until(lambda: bench.clock.now_ns() > held_ns + 100_000_000, "five ticks' worth of time")
            assert len(protocol.ticked_at_ns) == ticks
            bench.intake.take()
            await until(lambda: len(protocol.ticked_at_ns) > ticks, "ticks again")

    run(test)


def test_ticks_follow_the_shop_s_clock(tmp_path):
    """On a clock that runs a hundred times as fast, a tick every 2 s of the shop comes every 20 ms."""

    async def test():
        protocol = LineProtocol(tick_s=2.0)
        async with Bench(tmp_path, protocol=protocol, clock=RealClock(speed=100)) as bench:
            await until(lambda: len(protocol.ticked_at_ns) >= 5, "five ticks")
            gaps = [b - a for a, b in zip(protocol.ticked_at_ns, protocol.ticked_at_ns[1:], strict=False)]
            assert 2_000_000_000 <= min(gaps) < 100_000_000_000, (
                "two seconds of the machine are 200 of the shop"
            )
            await until(lambda: bench.device.received.count(b"tick\n") >= 5, "ticks on the wire")

    run(test)


def test_an_open_port_is_life_where_the_device_has_no_other(tmp_path):
    """Heartbeats when it opens and every ten seconds of the shop, and the end of life when it is lost."""

    async def test():
        async with Bench(tmp_path, port_is_life=True, clock=RealClock(speed=200)) as bench:
            await until(lambda: len(bench.life) >= 3, "three heartbeats")
            at_ns = [seen.at_ns for seen in bench.intake.seen[:3]]
            assert at_ns[1] - at_ns[0] >= 10_000_000_000
            bench.device.unplug()
            await until(lambda: bench.life[-1] is False, "end of life")
            assert all(bench.life[:-1])

    run(test)


def test_a_codec_that_fails_is_counted_and_starts_anew(tmp_path, caplog):
    """A bug on what one device sent costs that device its connection, never the process."""

    async def test():
        async with Bench(tmp_path) as bench:
            await bench.until_up()
            await bench.device.send(b"BUG\n")
            await until(lambda: bench.supervisor.health().errors == 1, "counted")
            await bench.until_up(times=2)
            await bench.device.send(b"fine\n")
            await until(lambda: bench.scans == ["fine"], "the line after the bug")
            assert bench.life == [False]

    run(test)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [
        "scanner-1: failed on what the device sent"
    ]


def test_a_device_that_takes_nothing_is_given_up_as_stuck(tmp_path):
    """Unsent bytes are bounded: beyond the bound the port is lost and opened anew."""

    async def test():
        async with Bench(tmp_path, protocol=Chatterbox()) as bench:
            await until(lambda: "stuck" in bench.supervisor.health().detail, "found stuck")
            await until(lambda: bench.life == [False], "end of life")

    class Chatterbox(LineProtocol):
        """Writes far more than a pty holds, to a device that reads."""

        def opened(self, now_ns):
            steps = super().opened(now_ns)
            steps.writes = [b"x" * OUT_BUFFER_BYTES] * 2
            return steps

    run(test)


def test_much_output_is_written_as_the_device_takes_it(tmp_path, loop_factory):
    """What the kernel does not take at once follows, in order."""

    async def test():
        async with Bench(tmp_path, protocol=Talker()) as bench:
            await until(lambda: len(bench.device.received) == 50_000, "all output")
            assert bench.device.received == WORDS
            await bench.stop()
            await until(lambda: bench.device.received.endswith(b"bye\n"), "goodbye")

    class Talker(LineProtocol):
        """Writes more at once than a pty holds."""

        def opened(self, now_ns):
            steps = super().opened(now_ns)
            steps.writes = [WORDS[:30_000], WORDS[30_000:]]
            return steps

    run(test, loop_factory)


def test_file_descriptors_from_1024_on_work(tmp_path):
    """A gateway with a thousand streams open still reads and writes its ports."""

    async def test():
        async with Bench(tmp_path) as bench:
            await bench.until_up()
            await bench.device.send(b"high\n")
            await until(lambda: bench.scans == ["high"], "scan")
            await bench.stop()
            await until(lambda: bench.device.received == b"hello\nbye\n", "goodbye")

    with only_high_fds():
        run(test)


def test_a_flood_leaves_the_others_their_turn(tmp_path):
    """While one device sends without pause, another's line is seen within a moment."""

    async def test():
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        async with Bench(tmp_path / "a") as flood, Bench(tmp_path / "b") as quiet:
            await flood.until_up()
            await quiet.until_up()

            async def pour():
                while True:
                    flood.device.send_what_fits(b"noise\n" * 10_000)
                    await asyncio.sleep(0)

            pouring = asyncio.create_task(pour())
            for number in range(20):
                await quiet.device.send(b"x\n")
                await until(lambda: len(quiet.scans) == number + 1, "quiet line")  # noqa: B023 - awaited here
            pouring.cancel()
            assert len(flood.scans) > 1_000

    run(test)
