"""The site live: real ptys, a real broker, a scaled clock; and nothing left behind at its end."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.broker import RunningBroker, start_broker
from simulators.live import LiveOptions, main, run_live
from simulators.live_site import LiveClock
from simulators.pty_port import PtyPort
from tests.support.ports import free_port
from tests.support.simulated import ROOT, START_NS, demo_layout, vector
from tests.support.waiting import until

SPEED = 60.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    """A broker for the site's MQTT devices."""
    running = start_broker(free_port(), tmp_path / "broker")
    yield running
    running.stop()


def open_port(path: Path) -> int:
    """Open a serial port as a host does."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(fd)
    return fd


def received(fd: int) -> bytes:
    """Return what waits on a port."""
    try:
        return os.read(fd, 65_536)
    except BlockingIOError:
        return b""


def options(tmp_path: Path, broker: RunningBroker) -> LiveOptions:
    """Return the demo's site at a brisk speed."""
    return LiveOptions(
        layout=demo_layout(),
        ports_dir=tmp_path / "ports",
        mqtt_port=broker.port,
        mqtt_protocol=broker.protocol,
        speed=SPEED,
        origin_monotonic_ns=time.monotonic_ns(),
        origin_shop_ns=START_NS,
        truth_path=tmp_path / "truth.jsonl",
    )


def test_a_site_runs_over_ptys_and_goes_without_a_trace(tmp_path: Path, broker: RunningBroker) -> None:
    """A host starts a reader and gets tags at shop speed; at the end the ports are gone and the truth is whole."""

    async def scenario() -> None:
        stop = asyncio.Event()
        live = asyncio.create_task(run_live(options(tmp_path, broker), stop))
        port = tmp_path / "ports" / "m100-front"
        await until(port.exists, "the port to appear")
        reader, till = open_port(port), open_port(tmp_path / "ports" / "till-1")
        heard, scanned = bytearray(), bytearray()
        os.write(reader, vector("m100-cmd-region-eu") + vector("m100-cmd-multi-65535"))

        def has_tags_and_a_scan() -> bool:
            heard.extend(received(reader))
            scanned.extend(received(till))
            return heard.count(b"\xbb\x02\x22") > 40 and scanned.endswith(b"\r\n")

        await until(has_tags_and_a_scan, "tags and a till scan")
        assert heard.startswith(vector("m100-rsp-region-ok"))
        stop.set()
        await live
        os.close(reader)
        os.close(till)

    asyncio.run(scenario())
    assert list((tmp_path / "ports").iterdir()) == []
    truth = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text("utf-8").splitlines()]
    assert {line["sku"] for line in truth} >= {article.sku for article in demo_layout().articles} - {
        "TOTE-CANVAS"
    }
    assert all(sum(line["zones"].values()) == line["on_hand"] for line in truth)
    assert any(line["why"] == "sold" for line in truth)


def test_it_obeys_orders_and_ends_on_a_signal(tmp_path: Path, broker: RunningBroker) -> None:
    """As a process: ready, orders on standard input answered in turn, SIGTERM ends it with exit code 0."""
    command = [sys.executable, "-m", "simulators.live", "--config", str(ROOT / "config" / "demo.toml")]
    command += ["--ports-dir", str(tmp_path / "ports"), "--mqtt-port", str(broker.port), "--control"]
    command += ["--mqtt-protocol", broker.protocol, "--speed", "60"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def answer(order: str) -> str:
            process.stdin.write(order + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        port = tmp_path / "ports" / "m100-front"
        assert process.stdout.readline() == f"ready {tmp_path / 'ports'}\n"
        host = open_port(port)
        assert answer("unplug m100-front") == "ok unplug m100-front"
        assert not port.exists()
        assert has_hung_up(host)
        os.close(host)
        assert answer("replug m100-front") == "ok replug m100-front"
        os.close(open_port(port))
        for order in (
            "unplug shelf-candles",
            "replug shelf-candles",
            "silence r700-back",
            "resume r700-back",
        ):
            assert answer(order) == f"ok {order}"
        assert answer("unplug nothing").startswith("error no device 'nothing'")
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline().startswith("dropped {")
        assert process.wait(60) == 0
    assert list((tmp_path / "ports").iterdir()) == []


def has_hung_up(fd: int) -> bool:
    """Return whether a port is readable and gives nothing: the device is gone."""
    try:
        return os.read(fd, 10) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_a_host_that_does_not_read_loses_bytes(tmp_path: Path) -> None:
    """The device's end never blocks: what the line does not take is dropped and counted."""
    port = PtyPort(tmp_path / "port")
    port.open()
    for _ in range(200):
        port.write(bytes(1_000))
    assert port.dropped_bytes > 0
    host = open_port(port.path)
    assert len(received(host)) + port.dropped_bytes <= 200_000
    os.close(host)
    port.close()
    port.write(b"unplugged")
    port.close()
    assert not port.path.exists()


def test_the_clock_is_shared_by_its_three_numbers() -> None:
    """Two processes with the same speed and origins show the same time: a line over CLOCK_MONOTONIC."""
    origin_ns = time.monotonic_ns()
    clocks = [LiveClock(60.0, origin_ns, START_NS) for _ in range(2)]
    first, second = (clock.now_ns() for clock in clocks)
    passed_ns = time.monotonic_ns() - origin_ns
    assert START_NS <= first <= second <= START_NS + 60 * passed_ns


def test_an_unreadable_config_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A config that is not there ends the command with code 2 and its path."""
    assert main(["--config", str(tmp_path / "no.toml")]) == 2
    assert "no.toml" in capsys.readouterr().err
