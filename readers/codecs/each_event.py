"""Many events in one message: the bad ones are dropped and counted, the others are taken. Pure."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from readers.counts import StageCounts
from readers.errors import Malformed
from readers.observations import Observation

Event = TypeVar("Event")


def take_each(
    events: Iterable[Event],
    decode: Callable[[Event], Observation],
    counts: StageCounts,
    payload: bytes,
    rest: Malformed | None = None,
) -> list[Observation]:
    """Return an observation per good event; `rest` is what is wrong with the message's end.

    A message in which every event is bad is Malformed, and is counted as such by who decodes it.
    """
    observations: list[Observation] = []
    errors: list[Malformed] = []
    for event in events:
        try:
            observations.append(decode(event))
        except Malformed as error:
            errors.append(error)
    if rest is not None:
        errors.append(rest)
    if errors and not observations:
        raise Malformed(errors[0].reason, errors[0].detail, payload)
    counts.received += len(observations) + len(errors)
    counts.passed += len(observations)
    for refused in errors:
        counts.drop(refused.reason)
    return observations
