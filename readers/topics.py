"""MQTT topic filters: which of them a topic matches (MQTT 5 §4.7). Pure.

Filters are kept in a tree by level, so that a site of a thousand devices costs a message its
number of levels, not a thousand comparisons.
"""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_LEVELS = 64
"""A topic may hold 65,535 slashes; no device scheme comes near this, and the walk stays short."""


@dataclass(slots=True)
class _Node(Generic[T]):
    children: dict[str, "_Node[T]"] = field(default_factory=dict)
    values: list[T] = field(default_factory=list)
    values_below: list[T] = field(default_factory=list)


def check_filter(topic_filter: str) -> None:
    """Raise ValueError for what no broker would take as a filter, or what is beyond our bound."""
    levels = topic_filter.split("/")
    if not topic_filter or len(levels) > MAX_LEVELS or "\0" in topic_filter:
        raise ValueError(f"not a topic filter: {topic_filter[:200]!r}")
    for position, level in enumerate(levels):
        wild = "+" in level or "#" in level
        if wild and (len(level) > 1 or (level == "#" and position != len(levels) - 1)):
            raise ValueError(f"a wildcard stands alone in its level, # at the end: {topic_filter[:200]!r}")


class TopicFilters(Generic[T]):
    """Values by topic filter."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, topic_filter: str, value: T) -> None:
        """Keep `value` under a filter. Raises ValueError when the filter is none."""
        check_filter(topic_filter)
        node = self._root
        for level in topic_filter.split("/"):
            if level == "#":
                node.values_below.append(value)
                return
            node = node.children.setdefault(level, _Node())
        node.values.append(value)

    def match(self, topic: str) -> list[T]:
        """Return the values of every filter that `topic` matches; one value per filter.

        A filter that begins with a wildcard does not match a topic that begins with `$`.
        """
        levels = topic.split("/", MAX_LEVELS)
        found: list[T] = []
        if len(levels) > MAX_LEVELS:
            return found
        nodes = [self._root]
        for position, level in enumerate(levels):
            open_to_wildcards = position > 0 or not level.startswith("$")
            deeper: list[_Node[T]] = []
            for node in nodes:
                if open_to_wildcards:
                    found.extend(node.values_below)
                    if (any_level := node.children.get("+")) is not None:
                        deeper.append(any_level)
                if level != "+" and (exact := node.children.get(level)) is not None:
                    deeper.append(exact)
            nodes = deeper
        for node in nodes:
            found.extend(node.values)
            found.extend(node.values_below)  # "a/#" matches "a" too (§4.7.1.2)
        return found
