"""An agenda of what happens when, in virtual time: the engine under the simulated shop. Pure.

A process is a generator that yields how long it waits, in ns. Nothing here reads a clock; how
`run_until` is cut into calls makes no difference to what happens.
"""

import heapq
from collections.abc import Callable, Generator

NS_PER_S = 1_000_000_000

Process = Generator[int, None, None]


class Agenda:
    """Actions in order of their time; those of one time in the order in which they were entered."""

    def __init__(self, start_ns: int) -> None:
        self.now_ns = start_ns
        self._entries: list[tuple[int, int, Callable[[], None]]] = []
        self._entered = 0

    def at(self, at_ns: int, action: Callable[[], None]) -> None:
        """Enter `action` for `at_ns` (now, where that has passed)."""
        self._entered += 1
        heapq.heappush(self._entries, (max(at_ns, self.now_ns), self._entered, action))

    def start(self, process: Process) -> None:
        """Run `process` to its first wait, and on from there as its waits end."""

        def resume() -> None:
            wait_ns = next(process, None)
            if wait_ns is not None:
                self.at(self.now_ns + wait_ns, resume)

        resume()

    def run_until(self, until_ns: int) -> None:
        """Do all that is due up to and including `until_ns`; then it is `until_ns`."""
        while self._entries and self._entries[0][0] <= until_ns:
            at_ns, _, action = heapq.heappop(self._entries)
            self.now_ns = at_ns
            action()
        self.now_ns = max(self.now_ns, until_ns)


def seconds(duration_s: float) -> int:
    """Return a duration in ns, as a process yields it."""
    return round(duration_s * NS_PER_S)
