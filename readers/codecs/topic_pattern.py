"""Topic patterns of mappings: `shop/{device}/{antenna}/tags`, a filter with names. Pure.

`{device}` is the device's own topic, filled in; any other name stands for one whole level, and is
captured. `+` and `#` are the wildcards of MQTT.
"""

import re

from readers.topics import check_filter

DEVICE = "device"
NAME = re.compile(r"\{([a-z_]{1,32})\}")


class TopicPattern:
    """A pattern, filled in for one device."""

    def __init__(self, pattern: str, device_topic: str) -> None:
        """Raises ValueError, saying what is wrong."""
        check_pattern(pattern)
        levels = pattern.replace(f"{{{DEVICE}}}", device_topic).split("/")
        self._level_of = {level[1:-1]: at for at, level in enumerate(levels) if NAME.fullmatch(level)}
        self.filter = "/".join("+" if NAME.fullmatch(level) else level for level in levels)
        check_filter(self.filter)

    def captured(self, name: str, topic: str) -> str | None:
        """Return the level that `name` stands for in a topic of this pattern; None: a wildcard's own sign.

        (What comes by another way than MQTT is decoded as if on the filter itself: see data_topic.)
        """
        level = topic.split("/")[self._level_of[name]]
        return None if level in ("+", "#") else level


def names_in(pattern: str) -> frozenset[str]:
    """Return the names in a pattern."""
    return frozenset(NAME.findall(pattern))


def check_pattern(pattern: str) -> None:
    """Raise ValueError where `pattern` cannot become a topic filter."""
    for level in pattern.split("/"):
        rest = level.replace(f"{{{DEVICE}}}", "x")
        if ("{" in rest or "}" in rest) and NAME.fullmatch(level) is None:
            raise ValueError(
                f"topic {pattern!r}: a name in braces stands alone between slashes, in small letters"
            )
    names = NAME.findall(pattern)
    twice = [name for name in names if name != DEVICE and names.count(name) > 1]
    if twice:
        raise ValueError(f"topic {pattern!r}: {{{twice[0]}}} stands twice")
    check_filter(NAME.sub("x", pattern))
