"""Acknowledgements go out in the order in which the messages came in. Pure.

MQTT asks it of a receiver ([MQTT-4.6.0-2] in 3.1.1 and 5), while messages become durable in
whatever order their consumers finish. One window belongs to one connection: packet ids mean
nothing on the next one, where an old id may name another message.
"""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class AckOrder:
    """The messages of one connection that are not acknowledged yet, in order of arrival."""

    _packets: deque[tuple[int, int]] = field(default_factory=deque)
    _first_ticket: int = 0
    _done: set[int] = field(default_factory=set)

    @property
    def waiting(self) -> int:
        """Return how many messages are not acknowledged."""
        return len(self._packets)

    def arrived(self, packet_id: int, qos: int) -> int:
        """Take note of a message; return the ticket by which it is done later."""
        self._packets.append((packet_id, qos))
        return self._first_ticket + len(self._packets) - 1

    def done(self, ticket: int) -> list[tuple[int, int]]:
        """Return the (packet id, QoS) that may now be acknowledged, in order. A repeat gives none."""
        if ticket < self._first_ticket:
            return []
        self._done.add(ticket)
        ready: list[tuple[int, int]] = []
        while self._first_ticket in self._done:
            self._done.remove(self._first_ticket)
            self._first_ticket += 1
            ready.append(self._packets.popleft())
        return ready
