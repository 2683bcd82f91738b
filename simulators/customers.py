"""Customers: they browse, try on, put back (sometimes elsewhere), buy, steal, bring back. Pure."""

from simulators.agenda import Agenda, Process, seconds
from simulators.layout import Article
from simulators.scene import Scene
from simulators.stock import Piece


class Customers:
    """Everyone who comes in through the door."""

    def __init__(self, scene: Scene, popularity: dict[str, float]) -> None:
        self._scene = scene
        self._rng = scene.rng
        self._params = scene.params
        self._popularity = popularity
        self._till_free_ns = 0

    @property
    def _agenda(self) -> Agenda:
        return self._scene.agenda

    def arrivals(self) -> Process:
        """Let customers in while the shop is open, more of them in the rush hours."""
        busiest = max(self._params.rush)
        while True:
            yield seconds(self._rng.expovariate(self._params.customers_per_h * busiest / 3_600))
            rush = self._params.rush[self._scene.second_of_day() // 3_600]
            if self._scene.is_open() and self._rng.random() < rush / busiest:
                self._agenda.start(self.visit())

    def returners(self) -> Process:
        """Let in those who bring something back."""
        while True:
            yield seconds(self._rng.expovariate(self._params.returns_per_h / 3_600))
            if self._scene.is_open():
                self._agenda.start(self.bring_back())

    def touches(self) -> Process:
        """Let hands rest on the weight shelves without taking anything."""
        shelves = [article for article in self._scene.layout.articles if article.tracked_by == "weight"]
        while shelves:
            yield seconds(self._rng.expovariate(self._params.touches_per_h / 3_600))
            if self._scene.is_open():
                self._scene.touch_shelf(self._rng.choice(shelves))

    def visit(self) -> Process:
        """One customer, from the door to the door."""
        basket: list[Piece] = []
        for _ in range(self._rng.randint(*self._params.looks_per_customer)):
            yield from self._look_at_something(basket)
        if basket and self._would_steal(basket):
            yield from self._leave_unpaid(basket)
        elif basket:
            yield from self.buy(basket)

    def buy(self, basket: list[Piece]) -> Process:
        """Pay at the till, where each piece's code is scanned, and leave by the gate."""
        scene = self._scene
        yield scene.wait(self._params.walk_s)
        scene.carry(basket, scene.till)
        gaps_ns = [scene.wait(self._params.till_scan_gap_s) for _ in basket]
        queued_ns = scene.wait(self._params.till_queue_s)
        begin_ns = max(self._agenda.now_ns + queued_ns, self._till_free_ns)
        self._till_free_ns = begin_ns + sum(gaps_ns)
        yield begin_ns - self._agenda.now_ns
        for piece, gap_ns in zip(basket, gaps_ns, strict=True):
            yield gap_ns
            scene.scan("till", piece.article)
            scene.stock.sell(piece, self._agenda.now_ns)
        yield from self._walk_out(basket, scene.wait(self._params.till_to_exit_s))

    def bring_back(self) -> Process:
        """A customer brings back something bought earlier, with its label."""
        piece = self._sold_before(self._agenda.now_ns - seconds(self._params.return_min_age_s))
        if piece is None:
            return
        scene = self._scene
        scene.stock.enter(piece, scene.exit, self._agenda.now_ns)
        yield scene.pass_gate([piece])
        scene.carry([piece], scene.till)
        yield scene.wait(self._params.till_queue_s)
        scene.scan("return", piece.article)
        scene.stock.take_back(piece, scene.till, self._agenda.now_ns)
        yield scene.wait(self._params.return_at_till_s)
        scene.take(piece, "reshelved")
        yield scene.wait(self._params.walk_s)
        scene.put(piece, piece.article.home, "reshelved")

    def _look_at_something(self, basket: list[Piece]) -> Process:
        scene = self._scene
        article = self._wanted()
        yield scene.wait(self._params.walk_s)
        found = scene.on_floor(article.sku)
        if not found:
            return
        piece = self._rng.choice(found)
        zone = piece.stands_in or article.home
        scene.carry(basket, zone)
        scene.take(piece, "picked up")
        yield scene.wait(self._params.browse_s)
        tried = article.tracked_by == "tag" and self._rng.random() < self._params.fitting_room_share
        if tried:
            yield from self._try_on([*basket, piece])
        share = self._params.weight_buy_share if article.tracked_by == "weight" else self._params.buy_share
        if self._rng.random() < share:
            basket.append(piece)
        elif not (tried and self._rng.random() < self._params.left_in_fitting_room_share):
            if tried:
                yield scene.wait(self._params.walk_s)
            scene.put(piece, self._put_back_zone(article), "put back")
        else:
            scene.put(piece, scene.fitting_room, "left in the fitting room")

    def _try_on(self, pieces: list[Piece]) -> Process:
        yield self._scene.wait(self._params.walk_s)
        self._scene.carry(pieces, self._scene.fitting_room)
        yield self._scene.wait(self._params.fitting_room_s)

    def _put_back_zone(self, article: Article) -> str:
        elsewhere = [zone for zone in self._scene.floors if zone != article.home]
        if article.tracked_by == "tag" and elsewhere and self._rng.random() < self._params.misplaced_share:
            return self._rng.choice(elsewhere)
        return article.home

    def _wanted(self) -> Article:
        held_back = self._scene.held_back
        articles = [a for a in self._scene.layout.articles if a.sku not in held_back]
        return self._rng.choices(articles, [self._popularity[article.sku] for article in articles])[0]

    def _would_steal(self, basket: list[Piece]) -> bool:
        """Only tagged pieces are stolen: nothing in the shop could tell of the others."""
        tagged = all(piece.article.tracked_by == "tag" for piece in basket)
        return tagged and self._rng.random() < self._params.theft_share

    def _leave_unpaid(self, basket: list[Piece]) -> Process:
        yield from self._walk_out(basket, self._scene.wait(self._params.walk_s))

    def _walk_out(self, basket: list[Piece], walk_ns: int) -> Process:
        yield walk_ns
        yield self._scene.pass_gate(basket)
        for piece in basket:
            self._scene.stock.leave(piece, self._agenda.now_ns)

    def _sold_before(self, until_ns: int) -> Piece | None:
        sold = self._scene.stock.sold
        old_enough = [entry for entry in sold if entry[0] <= until_ns and entry[1].stands_in is None]
        if not old_enough:
            return None
        entry = self._rng.choice(old_enough)
        sold.remove(entry)
        return entry[1]
