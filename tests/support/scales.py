"""A weight shelf fed by hand: what it bears, for how long, and what it tells."""

from random import Random

from gateway.weight.shelves import Settled, Shelf

S = 1_000_000_000
TARE_G, SETTLE_S = 1_500.0, 15


class FedShelf:
    """A shelf and its clock: a reading each second, with seeded noise."""

    def __init__(self, unit_g: float, noise_g: float = 2.0, seed: int = 7) -> None:
        self.unit_g = unit_g
        self.shelf = Shelf("shelf-1", unit_g, TARE_G, SETTLE_S * S)
        self.now_s = 1_000
        self.extra_g = 0.0
        self._noise_g = noise_g
        self._rng = Random(seed)

    def press(self, load_g: float, seconds: int = 1) -> list[Settled]:
        """Bear `load_g` net of the tare for so many seconds; return what settled."""
        settled = []
        for weight_g in self.weights_of(load_g, seconds):
            self.now_s += 1
            found = self.shelf.feed(weight_g, self.now_s * S)
            settled += [found] if found else []
        return settled

    def weights_of(self, load_g: float, seconds: int = 40) -> list[float]:
        """Return what the cell reads under `load_g` for so many seconds."""
        return [TARE_G + self.extra_g + load_g + self._rng.gauss(0, self._noise_g) for _ in range(seconds)]

    def rest(self, pieces: int, seconds: int = 40) -> list[Settled]:
        """Bear so many pieces (and what `extra_g` says) for a while."""
        return self.press(pieces * self.unit_g, seconds)

    def told(self) -> tuple[int | None, bool]:
        """Return the count, and whether it is in doubt."""
        return self.shelf.pieces, self.shelf.in_doubt
