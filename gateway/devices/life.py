"""What the gateway knows of each device's life: seen, silent, offline; and what became of its input. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

DeviceState = Literal["online", "silent", "offline", "never"]


@dataclass(slots=True)
class DeviceLife:
    """One configured device. `silent_after_ns` None: the open port alone proves its life (scanners)."""

    id: str
    kind: str
    role: str
    store: str
    zones: tuple[str, ...]
    silent_after_ns: int | None
    last_seen_ns: int | None = None
    offline: bool = False
    detail: str = ""
    fault: str = ""
    observations: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def seen(self, at_ns: int) -> None:
        """Take note of a sign of life."""
        if self.last_seen_ns is None or at_ns > self.last_seen_ns:
            self.last_seen_ns = at_ns
        self.offline = False

    def state(self, now_ns: int) -> DeviceState:
        """Return how the device is now."""
        if self.offline:
            return "offline"
        if self.last_seen_ns is None:
            return "never"
        if self.silent_after_ns is not None and now_ns - self.last_seen_ns > self.silent_after_ns:
            return "silent"
        return "online"
