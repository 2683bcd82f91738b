"""What the wires do to messages: doubled, lost (single and in bursts), late, reordered, corrupted. Pure, seeded.

Takes messages as the devices send them, hands them out in the order in which they come in. Posts over
HTTP are never lost, since a till posts again until it is answered: they come late, or twice under the
same event_id. A serial line neither loses nor delays: it turns bits.
"""

import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

from simulators.agenda import NS_PER_S
from simulators.benchmark.families import Range, Transport
from simulators.benchmark.messages import HttpEvents, Message, MqttMessage, SerialBytes

Z_95 = 1.6448536
"""The normal distribution's 95 % point: makes a lognormal of a median and a p95."""
MAX_LATE_S = 1_800.0
"""No queue on the way keeps a message longer: the lognormal's tail is cut here."""


class Wires:
    """All wires between the devices and the gateway."""

    def __init__(
        self,
        transport: Transport,
        devices: Iterable[str],
        rng: Random,
        start_ns: int,
        day_ns: int,
        end_ns: int,
    ) -> None:
        self._transport = transport
        self._rng = rng
        self._sigma = math.log(transport.late_p95_s / transport.late_median_s) / Z_95
        self._bursts = {
            device: _bursts(transport, rng, start_ns, day_ns, end_ns) for device in sorted(devices)
        }
        self._waiting: list[tuple[int, int, Message]] = []
        self._taken = 0

    def send(self, messages: Iterable[Message]) -> None:
        """Take messages, each with the time at which it would come in over perfect wires."""
        for message in messages:
            for arrived in self._carried(message):
                self._taken += 1
                heapq.heappush(self._waiting, (arrived.received_ns, self._taken, arrived))

    def receive(self, until_ns: int) -> Iterator[Message]:
        """Yield what comes in before a moment, in that order."""
        while self._waiting and self._waiting[0][0] < until_ns:
            yield heapq.heappop(self._waiting)[2]

    def _carried(self, message: Message) -> list[Message]:
        transport, rng = self._transport, self._rng
        if isinstance(message, SerialBytes):
            return [self._corrupted(message)]
        is_posted = isinstance(message, HttpEvents)
        if isinstance(message, MqttMessage) and self._is_lost(message.device, message.received_ns):
            return []
        delay_ns = 0
        if rng.random() < transport.late_share:
            late_s = transport.late_median_s * math.exp(rng.gauss(0.0, self._sigma))
            delay_ns = round(min(late_s, MAX_LATE_S) * NS_PER_S)
        elif rng.random() < transport.reordered_share:
            delay_ns = self._drawn_ns(transport.reordered_s)
        if delay_ns:
            message = replace(message, received_ns=message.received_ns + delay_ns)
        if rng.random() < transport.duplicate_share:
            again_ns = message.received_ns + self._drawn_ns(transport.duplicate_after_s)
            if is_posted:
                again_ns += NS_PER_S
            return [message, replace(message, received_ns=again_ns)]
        return [message]

    def _is_lost(self, device: str, at_ns: int) -> bool:
        drawn = self._rng.random()
        return drawn < self._transport.lost_share or any(
            begin <= at_ns < end for begin, end in self._bursts.get(device, ())
        )

    def _corrupted(self, message: SerialBytes) -> SerialBytes:
        share, rng = self._transport.corrupted_bytes_share, self._rng
        if share == 0.0:
            return message
        data = bytes(b ^ (1 << rng.randrange(8)) if rng.random() < share else b for b in message.data)
        return replace(message, data=data)

    def _drawn_ns(self, bounds_s: Range) -> int:
        return round(self._rng.uniform(*bounds_s) * NS_PER_S)


def _bursts(
    transport: Transport, rng: Random, start_ns: int, day_ns: int, end_ns: int
) -> tuple[tuple[int, int], ...]:
    """Return when one device's messages are lost altogether: (begin, end) of each stretch."""
    bursts, at_ns = [], start_ns
    while transport.lost_bursts_per_device_day > 0:
        at_ns += round(rng.expovariate(transport.lost_bursts_per_device_day) * day_ns)
        if at_ns >= end_ns:
            break
        bursts.append((at_ns, at_ns + round(rng.uniform(*transport.lost_burst_s) * NS_PER_S)))
    return tuple(bursts)
