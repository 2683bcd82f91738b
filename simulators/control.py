"""What a person or a test may do to a running site, one line each. Pure parsing.

unplug m100-front     power off, line hangs up (MQTT: the connection breaks, the will is sent)
replug m100-front     power on; the device remembers nothing
silence r700-back     says nothing, though powered and connected
resume r700-back
quit
"""

from dataclasses import dataclass

VERBS = ("unplug", "replug", "silence", "resume")
MAX_LINE_BYTES = 256


class RefusedError(ValueError):
    """The line is no order that can be followed; the text says what would be."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order; `quit` has no device."""

    verb: str
    device: str = ""


def parse_order(line: str, devices: tuple[str, ...]) -> Order:
    """Return the order in one line. Raises RefusedError."""
    words = line.split()
    if words == ["quit"]:
        return Order("quit")
    if len(words) != 2 or words[0] not in VERBS:
        raise RefusedError(f"{line[:MAX_LINE_BYTES]!r}: write {'|'.join(VERBS)} <device>, or quit")
    if words[1] not in devices:
        raise RefusedError(f"no device {words[1]!r}: one of {', '.join(devices)}")
    return Order(words[0], words[1])
