"""One conversation with a serial device, from port opened to port lost or closed. I/O.

Bytes go to the protocol with the shop's time; what it wants written is written, what it learned is
handed to the intake, and it is ticked when it asks for it. While the intake is full neither is
done: the device's silence would be our own.
"""

import asyncio
import logging

from readers.intake import Intake
from readers.link import ShopClock
from readers.observations import Heartbeat
from readers.protocol import SerialProtocol, Steps
from readers.serial_port import SerialPort

NS_PER_S = 1_000_000_000
LIFE_SIGN_S = 10.0
"""Shop seconds between heartbeats of a device whose open port is its only sign of life."""
SOONEST_TICK_S = 0.001
"""A protocol whose deadline does not move must not spin the loop."""
RESUME_GRACE_S = 0.05
"""After a pause the bytes that wait in the kernel are read before time is said to have passed."""
GOODBYE_WAIT_S = 1.0
"""What the last words of a protocol may take; some tens of bytes need a few ms at 9,600 bit/s."""

log = logging.getLogger(__name__)


class SerialSession:
    """One opened port and its protocol. `run` it once."""

    def __init__(
        self,
        device: str,
        port: SerialPort,
        protocol: SerialProtocol,
        intake: Intake,
        clock: ShopClock,
        *,
        port_is_life: bool,
    ) -> None:
        self._device = device
        self._port = port
        self._protocol = protocol
        self._intake = intake
        self._clock = clock
        self._life_sign_due_ns: int | None = clock.now_ns() if port_is_life else None
        self._loop = asyncio.get_running_loop()
        self._stirred = asyncio.Event()
        self._error: Exception | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due_ns = 0
        self.is_held = False
        self.last_bytes_at_ns: int | None = None

    async def run(self) -> None:
        """Talk until the link is lost (raises LinkLost), the protocol fails (raises what it raised)
        or the caller cancels: then the device is told goodbye.
        """
        try:
            self._port.listen(self._on_bytes, self._fail)
            self._begin()
            await self._watch()
        except asyncio.CancelledError:
            await self._say_goodbye()
            raise
        finally:
            self._stop_timer()
            await self._port.close()

    def _begin(self) -> None:
        now_ns = self._clock.now_ns()
        if self._life_sign_due_ns is not None:
            self._give_life_sign(now_ns)
        self._perform(self._protocol.opened(now_ns))

    async def _watch(self) -> None:
        """Sleep until something is wrong or full; the callbacks below do the work meanwhile."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            if self._error is not None:
                raise self._error
            if self.is_held:
                await self._intake.drained()
                self._resume()

    def _on_bytes(self, data: bytes) -> None:
        now_ns = self._clock.now_ns()
        self.last_bytes_at_ns = now_ns
        try:
            self._perform(self._protocol.feed(data, now_ns))
        except Exception as error:  # noqa: BLE001 - the edge of this task: `run` raises it, the supervisor counts it
            self._fail(error)

    def _on_timer(self) -> None:
        self._timer = None
        if self.is_held or self._error is not None:
            return
        now_ns = self._clock.now_ns()
        try:
            if self._life_sign_due_ns is not None and self._life_sign_due_ns <= now_ns:
                self._give_life_sign(now_ns)
            deadline_ns = self._protocol.deadline_ns
            if deadline_ns is not None and deadline_ns <= now_ns:
                self._perform(self._protocol.tick(now_ns))
            self._arm()
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(error)

    def _perform(self, steps: Steps) -> None:
        for data in steps.writes:
            self._port.write(data)
        if steps.observations:
            self._intake.offer(steps.observations)
        if self._intake.is_full() and not self.is_held:
            self._hold()
        self._arm()

    def _give_life_sign(self, now_ns: int) -> None:
        self._life_sign_due_ns = now_ns + round(LIFE_SIGN_S * NS_PER_S)
        self._intake.offer([Heartbeat(self._device, online=True, at_ns=now_ns, received_ns=now_ns)])

    def _hold(self) -> None:
        self.is_held = True
        self._port.pause()
        self._stop_timer()
        self._stirred.set()

    def _resume(self) -> None:
        self.is_held = False
        self._port.resume()
        self._arm(not_before_s=RESUME_GRACE_S)

    def _fail(self, error: Exception) -> None:
        if self._error is None:
            self._error = error
            self._port.pause()
            self._stirred.set()

    def _arm(self, not_before_s: float = SOONEST_TICK_S) -> None:
        """See to it that the timer goes off when something is due. One that is set for earlier stays:
        it looks again then, which is cheaper than a new timer for each frame.
        """
        dues_ns = [due for due in (self._protocol.deadline_ns, self._life_sign_due_ns) if due is not None]
        if not dues_ns or self.is_held:
            return
        due_ns = min(dues_ns)
        if self._timer is not None:
            if self._timer_due_ns <= due_ns:
                return
            self._timer.cancel()
        self._timer_due_ns = due_ns
        wait_s = self._clock.real_s((due_ns - self._clock.now_ns()) / NS_PER_S)
        self._timer = self._loop.call_later(max(wait_s, not_before_s), self._on_timer)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _say_goodbye(self) -> None:
        try:
            for data in self._protocol.closing(self._clock.now_ns()).writes:
                self._port.write(data)
        except Exception:
            # The cancellation that is under way must not turn into another error.
            log.exception("%s: could not be told goodbye", self._device)
        await self._port.flush(GOODBYE_WAIT_S)
