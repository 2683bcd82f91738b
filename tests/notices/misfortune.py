"""Kills of a gateway at random instants, and receivers that are away now and then. I/O."""

import contextlib
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Self

import httpx

from tests.durability.fired_at import FiredGateway
from tests.notices.targets import FAULTS, Mode
from tests.support.mosquitto import Mosquitto

STARTING = 0.3
STARTING_S = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a gateway lives once it is ready, how many are killed; how long receivers are well and away.

    Ranges are (least, most). A share of `STARTING` is killed as long after its launch: while it starts, or soon after.
    """

    life_s: tuple[float, float] = (0.2, 12.0)
    well_s: tuple[float, float] = (2.0, 10.0)
    away_s: tuple[float, float] = (0.3, 4.0)
    most_kills: int = 1_000


@dataclass(slots=True)
class _Away:
    """Someone who is away now and then. `next_s`: when that changes."""

    name: str
    modes: tuple[Mode, ...]
    turn: Callable[[Mode], None]
    next_s: float
    mode: Mode = "up"


class Misfortune:
    """Use as a context: in the end all are well. `step` is called often. `faults`: ends that nobody brought about."""

    def __init__(self, gateway: FiredGateway, rng: Random, pace: Pace) -> None:
        self.kills = 0
        self.outages: Counter[str] = Counter()
        self.faults: list[str] = []
        self._gateway = gateway
        self._rng = rng
        self._pace = pace
        self._away: list[_Away] = []
        self._timer: threading.Timer | None = None

    def add(self, name: str, turn: Callable[[Mode], None], modes: tuple[Mode, ...] = FAULTS) -> None:
        """Have someone be away now and then."""
        self._away.append(_Away(name, modes, turn, time.monotonic() + self._rng.uniform(*self._pace.well_s)))

    def step(self) -> None:
        """Let happen what is due."""
        if not self._gateway.is_running():
            self._bury()
            self._gateway.launch_forked()
            if self._rng.random() < STARTING:
                self._strike_in((0.0, STARTING_S))
        elif self._timer is None and self._is_ready():
            self._strike_in(self._pace.life_s)
        now_s = time.monotonic()
        for one in self._away:
            if one.next_s <= now_s:
                is_up = one.mode == "up"
                one.mode = self._rng.choice(one.modes) if is_up else "up"
                one.next_s = now_s + self._rng.uniform(*(self._pace.away_s if is_up else self._pace.well_s))
                one.turn(one.mode)
                self.outages[f"{one.name} {one.mode}"] += is_up

    def _strike_in(self, range_s: tuple[float, float]) -> None:
        """Have the gateway killed, by another thread: amid whatever it does then."""
        if self.kills < self._pace.most_kills:
            self._timer = threading.Timer(self._rng.uniform(*range_s), self._gateway.strike)
            self._timer.start()

    def _is_ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self._gateway.http.get("/readyz").status_code == 200
        return False

    def _bury(self) -> None:
        process = self._gateway.process
        if process is None:  # it was never begun
            return
        code = process.poll()
        if code != -signal.SIGKILL:
            self.faults.append(f"the gateway ended by itself with {code}: {self._gateway.output[-2_000:]}")
        self._kill()

    def _kill(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._timer = None
        self._gateway.kill()
        self.kills += 1

    def heal(self) -> None:
        """Let all be well, and the gateway begin its last life."""
        self._kill()
        self._all_up()
        self._gateway.launch_forked()
        self._gateway.until_ready()

    def _all_up(self) -> None:
        for one in self._away:
            if one.mode != "up":
                one.mode = "up"
                one.turn("up")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        self._all_up()


class BrokerTarget:
    """A broker that is stopped in good order, or hangs: one that is killed loses what it has taken, by itself."""

    def __init__(self, broker: Mosquitto) -> None:
        self._broker = broker
        self._is_frozen = False

    def turn(self, mode: Mode) -> None:
        """Be so from now on."""
        if mode == "hanging":
            self._broker.freeze()
            self._is_frozen = True
        elif mode == "gone":
            self._broker.stop()
        elif self._is_frozen:
            self._broker.thaw()
            self._is_frozen = False
        else:
            self._broker.start()
