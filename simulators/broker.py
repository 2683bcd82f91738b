"""Starts an MQTT broker for a demo or a test: Mosquitto where there is one, else an embedded amqtt. I/O.

Mosquitto writes what it holds each second (`autosave_interval 1`): with its default, half an hour, a kill
loses all of it; at every change it rewrites its whole queue, and a busy shop falls behind by minutes.
amqtt speaks MQTT 3.1.1 only and keeps nothing over a restart.
"""

import argparse
import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HOST = "127.0.0.1"
SBIN = ("/usr/sbin", "/usr/local/sbin")
"""Debian installs mosquitto there, outside of a user's PATH."""
START_S = 15.0
STOP_S = 5.0
POLL_S = 0.02
MAX_LOG_CHARS = 500
MOSQUITTO, AMQTT = "mosquitto", "amqtt"


class BrokerUnavailableError(RuntimeError):
    """No broker could be started; the text says what to do."""


class RunningBroker:
    """A broker of ours. `kind` is mosquitto or amqtt, `protocol` the newest MQTT version it speaks."""

    def __init__(self, kind: str, port: int, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.kind = kind
        self.port = port
        self.folder = folder
        self.protocol = "5" if kind == MOSQUITTO else "3.1.1"
        self._process = process

    def stop(self) -> None:
        """End it in good order (it saves what it holds). Idempotent."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(STOP_S)

    def wait_until_up(self) -> None:
        """Return once it accepts connections. Raises BrokerUnavailableError."""
        give_up_at = time.monotonic() + START_S
        while not _accepts(self.port):
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                self.stop()
                said = _log(self.kind, self.folder).read_text(encoding="utf-8", errors="replace")[
                    -MAX_LOG_CHARS:
                ]
                raise BrokerUnavailableError(f"{self.kind} did not start on port {self.port}: {said}")
            time.sleep(POLL_S)


def find_mosquitto() -> str | None:
    """Return the path of Mosquitto on this machine."""
    return shutil.which(MOSQUITTO, path=os.pathsep.join((os.environ.get("PATH", ""), *SBIN)))


def start_broker(
    port: int, folder: Path, kind: str | None = None, on_start: Callable[[int], object] = lambda _: None
) -> RunningBroker:
    """Start a broker on loopback and return it once it accepts; `folder` keeps its state and log.

    `kind` None: Mosquitto where there is one, else amqtt; `on_start` hears the process's id at once. Blocks. Raises
    BrokerUnavailableError.
    """
    if _accepts(port):
        raise BrokerUnavailableError(f"port {port} is taken: stop what listens there, or choose another port")
    kind = kind or (MOSQUITTO if find_mosquitto() else AMQTT)
    folder.mkdir(parents=True, exist_ok=True)
    command = _mosquitto(port, folder) if kind == MOSQUITTO else _amqtt(port)
    with _log(kind, folder).open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    on_start(process.pid)
    broker = RunningBroker(kind, port, folder, process)
    broker.wait_until_up()
    return broker


def mosquitto_config(port: int, folder: Path) -> str:
    """Return the configuration that keeps queued messages over a kill, on loopback alone."""
    lines = [
        f"listener {port} {HOST}",
        "allow_anonymous true",
        "persistence true",
        f"persistence_location {folder.resolve()}/",
        "autosave_interval 1",
        "autosave_on_changes false",
        "# queued for a gateway that is away: by default only 1,000, and more are lost",
        "max_queued_messages 100000",
    ]
    if os.geteuid() == 0:
        lines += ["# stays root, else it may not write into its folder", "user root"]
    return "\n".join(lines) + "\n"


def _mosquitto(port: int, folder: Path) -> list[str]:
    path = find_mosquitto()
    if path is None:
        raise BrokerUnavailableError("no mosquitto on this machine: apt-get install mosquitto")
    config = folder / "mosquitto.conf"
    config.write_text(mosquitto_config(port, folder), encoding="utf-8")
    return [path, "-c", str(config)]


def _amqtt(port: int) -> list[str]:
    return [sys.executable, "-m", "simulators.broker", "--port", str(port)]


def _log(kind: str, folder: Path) -> Path:
    return folder / f"{kind}.log"


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


async def _serve_embedded(port: int) -> None:
    """Serve MQTT 3.1.1 until a signal comes."""
    from amqtt.broker import Broker  # an extra: absent where Mosquitto serves

    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await broker.start()
    await stop.wait()
    await broker.shutdown()


def main(argv: list[str]) -> int:
    """Run the embedded broker; return the exit code."""
    parser = argparse.ArgumentParser(prog="simulators.broker", description="An embedded MQTT broker (amqtt).")
    parser.add_argument("--port", type=int, required=True, help="TCP port on loopback")
    arguments = parser.parse_args(argv)
    try:
        asyncio.run(_serve_embedded(arguments.port))
    except ModuleNotFoundError:
        print("amqtt is not installed: pip install 'storefloor[demo]', or install mosquitto", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
