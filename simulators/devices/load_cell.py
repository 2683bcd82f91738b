"""A load cell under a shelf: what lies on it, and the hands that disturb it. Pure, seeded."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class CellOptions:
    """The empty shelf's own weight, the noise of a sample, and how hands make it swing; all in grams."""

    tare_g: float = 0.0
    noise_g: float = 5.0
    swing_g: float = 150.0


class LoadCell:
    """One cell. It is told what lies on it, and until when somebody's hand is there."""

    def __init__(self, options: CellOptions, load_g: float, rng: Random) -> None:
        self._options = options
        self._rng = rng
        self._load_g = load_g
        self._settles_ns = 0
        self._press_g = 0.0

    def touch(self, load_g: float, settles_ns: int, press_g: float) -> None:
        """Somebody puts hands on the shelf until a time; then it bears `load_g` of goods."""
        self._load_g = load_g
        self._settles_ns = max(self._settles_ns, settles_ns)
        self._press_g = press_g

    def weigh(self, now_ns: int) -> float:
        """Return a sample in grams, gross of the shelf."""
        options, rng = self._options, self._rng
        weight_g = options.tare_g + self._load_g + rng.gauss(0.0, options.noise_g)
        if now_ns < self._settles_ns:
            weight_g += self._press_g + rng.uniform(-1, 1) * options.swing_g
        return weight_g
