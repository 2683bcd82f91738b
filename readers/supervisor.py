"""Keeps one serial device talking: opens its port, again and again, and tells how it is. I/O.

starting ──▶ up ◀──▶ held          held: the intake is full, the port is not read
             │ ▲
       lost  ▼ │ opened            each loss gives one Heartbeat(online=False)
            down ──(backoff)──▶ opened …
"""

import asyncio
import logging
from random import Random

from readers.backoff import Backoff, BackoffPolicy
from readers.errors import DeviceRefused, LinkLost
from readers.intake import Intake
from readers.link import LinkHealth, LinkState, ShopClock
from readers.observations import Heartbeat
from readers.protocol import SerialProtocol
from readers.serial_port import SerialLine, SerialPort
from readers.serial_session import SerialSession

SERIAL_BACKOFF = BackoffPolicy(first_s=0.25, limit_s=5.0)
"""To look whether a port is there costs microseconds: a replugged reader is back within seconds."""

log = logging.getLogger(__name__)


class SerialSupervisor:
    """One serial device. `port_is_life`: its open port is the only proof of its life (a scanner that
    nobody uses says nothing), so heartbeats are given for it.
    """

    def __init__(
        self,
        device: str,
        line: SerialLine,
        protocol: SerialProtocol,
        intake: Intake,
        clock: ShopClock,
        *,
        port_is_life: bool = False,
        policy: BackoffPolicy = SERIAL_BACKOFF,
        rng: Random | None = None,
    ) -> None:
        self.device = device
        self.protocol = protocol
        self._line = line
        self._intake = intake
        self._clock = clock
        self._port_is_life = port_is_life
        self._policy = policy
        self._rng = rng or Random()
        self._session: SerialSession | None = None
        self._state: LinkState = "starting"
        self._detail = ""
        self._opened_count = 0
        self._last_bytes_at_ns: int | None = None
        self._errors = 0

    def health(self) -> LinkHealth:
        """Return how the link is now."""
        state, last_bytes_at_ns = self._state, self._last_bytes_at_ns
        if self._session is not None:
            last_bytes_at_ns = self._session.last_bytes_at_ns or last_bytes_at_ns
            state = "held" if self._session.is_held else state
        return LinkHealth(state, self._detail, self._opened_count, last_bytes_at_ns, self._errors)

    async def run(self) -> None:
        """Keep the port open until cancelled. A failing codec is counted and logged, and its port
        opened anew: one device's bug must not take the shop down.
        """
        loop = asyncio.get_running_loop()
        backoff = Backoff(self._policy, self._rng)
        try:
            while True:
                started_s = loop.time()
                try:
                    await self._talk()
                except (LinkLost, DeviceRefused) as error:
                    self._went_down(error.detail if isinstance(error, LinkLost) else str(error))
                except Exception as error:
                    self._errors += 1
                    log.exception("%s: failed on what the device sent", self.device)
                    self._went_down(f"{type(error).__name__}: {error}")
                backoff.lasted(loop.time() - started_s)
                await asyncio.sleep(backoff.next_s())
        finally:
            self._state = "stopped"

    async def _talk(self) -> None:
        port = await SerialPort.open(self.device, self._line)
        self._went_up()
        session = SerialSession(
            self.device, port, self.protocol, self._intake, self._clock, port_is_life=self._port_is_life
        )
        self._session = session
        try:
            await session.run()
        finally:
            self._last_bytes_at_ns = session.last_bytes_at_ns or self._last_bytes_at_ns
            self._session = None

    def _went_up(self) -> None:
        self._opened_count += 1
        self._state = "up"
        self._detail = f"{self._line.path} at {self._line.baud} bit/s"
        log.info("%s: opened %s", self.device, self._detail)

    def _went_down(self, detail: str) -> None:
        was_up = self._state == "up"
        if was_up or detail != self._detail:
            log.warning("%s: down: %s", self.device, detail)
        self._state = "down"
        self._detail = detail
        if was_up:
            now_ns = self._clock.now_ns()
            self._intake.offer([Heartbeat(self.device, online=False, at_ns=now_ns, received_ns=now_ns)])
