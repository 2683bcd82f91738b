"""The truth as JSON Lines, one line per true change, for whoever scores the gateway. I/O."""

import json
from pathlib import Path

from simulators.stock import Change
from simulators.times import rfc3339


def truth_line(change: Change) -> str:
    """Return one change as a line of the truth log."""
    return json.dumps(
        {
            "at": rfc3339(change.at_ns),
            "sku": change.sku,
            "on_hand": change.on_hand,
            "zones": change.zones,
            "why": change.why,
        },
        separators=(",", ":"),
    )


class TruthLog:
    """A file that is complete up to the last line at any moment. It grows with the shop's life."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", buffering=1)

    def write(self, change: Change) -> None:
        """Append one change."""
        self._file.write(truth_line(change) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
