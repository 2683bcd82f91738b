"""The product's commands as processes, as a person would run them: `storefloor run`, `simulate`, `keys`."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.polling import eventually

STOREFLOOR = str(Path(sys.executable).with_name("storefloor"))
START_S = 180.0
STOP_S = 60.0
READ_KEY = ("availability:read", "availability:exact")
EVERY_SCOPE = (*READ_KEY, "reservations:write", "ingest:write")
SHOP_OPENS_NS = 1_795_248_000 * 1_000_000_000
"""2026-11-21 08:00 UTC: nine o'clock in Lyon."""


@dataclass(frozen=True, slots=True)
class ShopClockOrigin:
    """The clock that a simulated shop and its gateway share."""

    speed: float
    monotonic_ns: int
    shop_ns: int = SHOP_OPENS_NS

    @classmethod
    def starting_in(cls, real_s: float, speed: float) -> "ShopClockOrigin":
        """Return a clock that shows the shop's opening in a moment, when all processes are up."""
        return cls(speed, time.monotonic_ns() + round(real_s * 1e9))

    def now_ns(self) -> int:
        """Return the shop's time."""
        return self.shop_ns + round((time.monotonic_ns() - self.monotonic_ns) * self.speed)

    def __str__(self) -> str:
        return f"{self.speed}:{self.monotonic_ns}:{self.shop_ns}"


def write_demo_site(folder: Path, api_port: int, mqtt_port: int) -> Path:
    """Write the demo's site and articles into `folder`, on these ports; return the site file.

    Its scanners have no repeat window: at a hundred times real time, a busy machine hands over two scans
    that lie seconds of shop time apart in one read.
    """
    config = files("config")
    text = config.joinpath("demo.toml").read_text("utf-8").replace("port = 1883", f"port = {mqtt_port}")
    text = text.replace("[[scanners]]", "[[scanners]]\nrepeat_window_s = 0")
    site = folder / "site.toml"
    site.write_text(f'{text}\n[api]\nport = {api_port}\n[gateway]\ndata_dir = "data"\n', "utf-8")
    (folder / "demo-articles.csv").write_text(
        config.joinpath("demo-articles.csv").read_text("utf-8"), "utf-8"
    )
    return site


class Command:
    """A process with its output in a log file. Use as a context, so that nothing outlives its test."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        log: Path,
        *,
        has_orders: bool = False,
        env: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.log = log
        self._has_orders = has_orders
        self._env = env
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it, without waiting for anything."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.PIPE if self._has_orders else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=None if self._env is None else {**os.environ, **self._env},
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self.process is not None, f"{self.name} was not launched"
        return self.process.pid

    @property
    def output(self) -> str:
        """All that it has said."""
        return self.log.read_text("utf-8", "replace")

    def until_said(self, text: str, timeout_s: float = START_S) -> None:
        """Return once its output contains `text`; fail where it ends before."""

        def has_said() -> bool:
            assert self.process is not None, f"{self.name} was not launched"
            code = self.process.poll()
            assert code is None, f"{self.name} ended with {code}:\n{self.output[-3_000:]}"
            return text in self.output

        eventually(has_said, f"{self.name} to say {text!r}", timeout_s)

    def order(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process is not None
        assert self.process.stdin is not None, f"{self.name} takes no orders"
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it in good order; return its exit code."""
        return self._end(signal.SIGTERM)

    def interrupt(self, *, with_group: bool) -> int:
        """End it by Ctrl-C, which a terminal sends to the whole process group; return its exit code."""
        return self._end(signal.SIGINT, with_group=with_group)

    def _end(self, number: signal.Signals, *, with_group: bool = False) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        if with_group:
            os.killpg(process.pid, number)  # it leads a group of its own
        else:
            process.send_signal(number)
        try:
            return process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.name} did not end:\n{self.output[-3_000:]}") from None
        finally:
            if process.stdin is not None:
                process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


class Gateway(Command):
    """`storefloor run` on a site file. It may be killed and started again."""

    def __init__(self, site: Path, api_port: int, clock: ShopClockOrigin | None = None) -> None:
        clock_arguments = ["--shop-clock", str(clock)] if clock else []
        super().__init__(
            "gateway",
            [STOREFLOOR, "run", "--config", str(site), *clock_arguments],
            site.with_name("gateway.log"),
        )
        self.site = site
        self.url = f"http://127.0.0.1:{api_port}"
        self.key = ""
        self._members = 0
        self.http = self.client()

    def client(self) -> httpx.Client:
        """Return a client with no key and cookies of its own: a browser, as far as the gateway can tell."""
        # A connection per request: one kept idle is closed by the gateway after some seconds, and a question
        # that is on its way at that instant is lost.
        no_idle = httpx.Limits(max_keepalive_connections=0)
        return httpx.Client(base_url=self.url, timeout=60.0, limits=no_idle)

    @property
    def store_path(self) -> Path:
        """The embedded store's file."""
        return self.site.parent / "data" / "storefloor.db"

    def start(self) -> None:
        """Launch it; return once it is ready."""
        self.launch()
        self.until_ready()

    def until_ready(self) -> None:
        """Return once it answers that it is ready."""

        def is_ready() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, f"the gateway ended:\n{self.output[-3_000:]}"
            try:
                return self.http.get("/readyz").status_code == 200
            except httpx.TransportError:
                return False

        eventually(is_ready, "the gateway to be ready", START_S)

    def make_key(self, *scopes: str) -> tuple[str, str]:
        """Make a key with the command; return its token and id. The first one is used by `get` and `post`."""
        said = self.keys("create", "--name", "test", *(f"--scope={scope}" for scope in scopes))
        token, key_id = said.split()[1], said.split("id: ")[1].split()[0]
        if not self.key:
            self.key = token
            self.http.headers["Authorization"] = f"Bearer {token}"
        return token, key_id

    def keys(self, *arguments: str) -> str:
        """Run `storefloor keys …` beside the gateway; return what it prints."""
        command = [STOREFLOOR, "keys", *arguments, "--config", str(self.site)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_S, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def staff(self, *arguments: str, typed: str | None = None) -> str:
        """Run `storefloor staff …` beside the gateway; return what it prints."""
        command = [STOREFLOOR, "staff", *arguments, "--config", str(self.site)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=START_S, check=False, input=typed
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sign_in(self, role: str, *stores: str) -> httpx.Client:
        """Add somebody (or a device) of a role and follow their link; return a client that is signed in as they are."""
        where = [f"--store={store}" for store in stores]
        self._members += 1
        name = f"{role} {self._members}"
        said = self.staff("add", "--name", name, "--role", role, "--link", *where)
        client = self.client()
        client.headers["X-Storefloor"] = "1"
        answer = client.post("/session", json={"link": said.partition("#link=")[2].split()[0]})
        assert answer.status_code == 200, answer.text
        return client

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON of an answer that must be 200."""
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        """Return the JSON of the answer to a POST that must be 200."""
        answer = self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stock(self, skus: list[str], store: str = "lyon-1") -> dict[str, Any]:
        """Return the availability of each SKU."""
        return {i["sku"]: i for i in self.get("/v1/availability", store=store, sku=skus)["items"]}

    def device(self, device_id: str) -> Any:
        """Return a device as /v1/devices tells of it."""
        return next(d for d in self.get("/v1/devices")["items"] if d["id"] == device_id)

    def metric(self, name: str) -> float:
        """Return a metric that has no labels."""
        answer = self.http.get("/metrics")
        assert answer.status_code == 200, answer.text
        found = [line.split()[1] for line in answer.text.splitlines() if line.startswith(f"{name} ")]
        assert found, f"{name} is not among the metrics:\n{answer.text}"
        return float(found[0])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.http.close()


class SimulatedShop(Command):
    """`storefloor simulate` on a site file: the devices, their ports, and the truth in a file."""

    def __init__(
        self, site: Path, mqtt_port: int, clock: ShopClockOrigin, *, seed: int = 1, pace: str = "brisk"
    ) -> None:
        self.truth = site.with_name("truth.jsonl")
        command = [STOREFLOOR, "simulate", "--config", str(site), "--ports-dir", str(site.parent / "ports")]
        command += ["--mqtt-port", str(mqtt_port), "--speed", str(clock.speed), "--seed", str(seed)]
        command += ["--origin-monotonic-ns", str(clock.monotonic_ns)]
        command += ["--origin-shop-ns", str(clock.shop_ns), "--pace", pace]
        command += ["--truth", str(self.truth), "--control"]
        super().__init__("simulated shop", command, site.with_name("shop.log"), has_orders=True)

    def obey(self, line: str) -> None:
        """Give an order; return once it was followed."""
        done = self.output.count(f"ok {line}")
        self.order(line)
        eventually(lambda: self.output.count(f"ok {line}") > done, f"the shop to follow {line!r}")
