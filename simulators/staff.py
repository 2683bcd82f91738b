"""Staff: they refill the floor in rounds, tidy up, and take deliveries in. Pure."""

from simulators.agenda import Process, seconds
from simulators.layout import Article
from simulators.scene import Scene
from simulators.stock import Piece

ROUND_JITTER = (0.85, 1.15)
CLOSED_CHECK_S = 900
"""How often staff look whether it is time to open."""


class Staff:
    """Those who work here. `targets`: pieces of an article that a delivery brings it back up to."""

    def __init__(self, scene: Scene, targets: dict[str, int], capacities: dict[str, int]) -> None:
        self._scene = scene
        self._params = scene.params
        self._targets = targets
        self._capacities = capacities

    def restock_rounds(self) -> Process:
        """Walk a round every so often while the shop is open; between two, a shelf may run empty."""
        yield seconds(self._params.first_restock_s)
        while True:
            yield from self._until_open()
            yield from self.tidy()
            for article in self._scene.layout.articles:
                if article.sku not in self._scene.held_back:
                    yield from self.refill(article)
            yield seconds(self._params.restock_interval_s * self._scene.between(ROUND_JITTER))

    def deliveries(self) -> Process:
        """Take in a van every few hours: first what the shop's scanners must be told of."""
        yield seconds(self._params.first_receiving_s)
        for article in self._scene.layout.articles:
            if article.tracked_by != "tag":
                yield from self._receive(article)
        yield seconds(self._params.first_delivery_s)
        while True:
            yield from self._until_open()
            for article in self._scene.layout.articles:
                wanted = self._scene.rng.random() < self._params.delivered_share
                if wanted and article.sku not in self._scene.held_back:
                    yield from self._receive(article)
            yield seconds(self._params.delivery_interval_s * self._scene.between(ROUND_JITTER))

    def tidy(self) -> Process:
        """Bring home what customers left in the fitting room or in a foreign floor zone."""
        for article in self._scene.layout.articles:
            for zone in (*self._scene.floors, self._scene.fitting_room):
                if zone == article.home:
                    continue
                for piece in self._scene.stock.placed(article.sku, zone):
                    if self._scene.rng.random() < self._params.put_back_share:
                        yield from self._bring([piece], article.home, "put back by staff")

    def refill(self, article: Article) -> Process:
        """Bring pieces of an article from the back room until its place on the floor is full."""
        missing = self._capacities[article.sku] - len(self._scene.stock.placed(article.sku, article.home))
        in_back = self._scene.stock.placed(article.sku, self._scene.back_room)
        if missing > 0 and in_back:
            yield from self._bring(in_back[:missing], article.home, "restocked")

    def _bring(self, pieces: list[Piece], zone: str, why: str) -> Process:
        scene = self._scene
        for piece in pieces:
            scene.take(piece, why)
        yield scene.wait(self._params.walk_s)
        scene.carry(pieces, zone)
        for piece in pieces:
            yield scene.wait(self._params.shelving_s)
            scene.put(piece, zone, why)

    def _receive(self, article: Article) -> Process:
        """Unpack an article; what no tag reports is scanned in, piece by piece."""
        scene = self._scene
        missing = self._targets[article.sku] - scene.stock.truth(article.sku).on_hand
        for _ in range(missing):
            yield scene.wait(self._params.receiving_gap_s)
            if article.tracked_by != "tag":
                scene.scan("receiving", article)
            scene.make(article, scene.back_room, "delivered")

    def _until_open(self) -> Process:
        while not self._scene.is_open():
            yield seconds(CLOSED_CHECK_S)
