"""The product as a method of the benchmark: its real engine in virtual time, and what it believed. Wiring."""

import time
from collections.abc import Sequence

import numpy as np

from gateway.alerts.records import AlertState
from gateway.answers import availability
from gateway.catalogue.articles import Catalogue
from gateway.config.site import SiteConfig
from gateway.engine import Changes, Engine
from gateway.ports.intake import TillEvent
from gateway.site import NS_PER_S, Site
from readers.observations import Heartbeat, Observation, Read
from simulators.scoring.beliefs import ANSWER_EVERY_NS, OUTLOOK_EVERY_NS, OUTLOOK_HOURS, BeliefLog
from simulators.scoring.grid import Grid


class ProductLine:
    """One engine. `reads_alone`: it is given reads and proofs of readers' life, and nothing that people,
    tills or shelves say: the like-for-like line against methods that have no other input.
    """

    def __init__(
        self, site: SiteConfig, catalogue: Catalogue, grid: Grid, skus: Sequence[str], *, reads_alone: bool
    ) -> None:
        self._engine = Engine(Site(site), catalogue)
        self._store = site.stores[0].id
        self._skus = skus
        self._reads_alone = reads_alone
        self._answer_due_ns = grid.start_ns + ANSWER_EVERY_NS
        self._outlook_due_ns = grid.start_ns + OUTLOOK_EVERY_NS
        self._fired: set[str] = set()
        self._items: list[tuple[int, str, str | None]] = []
        self._levels: list[tuple[int, str, str, int]] = []
        self._alerts: list[tuple[int, str, str]] = []
        self._cleared: list[tuple[int, str, str]] = []
        self._outlooks: list[tuple[int, str, int, float]] = []
        self._chances: list[list[float]] = []
        self._promises: list[list[bool]] = []
        self._seconds = 0.0

    def take(self, observations: Sequence[Observation], now_ns: int) -> None:
        """Take in what devices said."""
        began_s = time.process_time()
        if self._reads_alone:
            observations = [seen for seen in observations if isinstance(seen, Read | Heartbeat)]
        self._engine.observe_all(observations, now_ns)
        self._seconds += time.process_time() - began_s

    def record(self, events: Sequence[TillEvent], now_ns: int) -> None:
        """Take in what tills said."""
        if self._reads_alone:
            return
        for event in events:
            self._engine.record(event, now_ns)

    def tick(self, now_ns: int) -> None:
        """Let time pass, and note what is believed now."""
        began_s = time.process_time()
        self._engine.advance(now_ns)
        changes = self._engine.drain()
        self._seconds += time.process_time() - began_s
        self._note(changes, now_ns)
        if now_ns >= self._answer_due_ns:
            self._answer_due_ns += ANSWER_EVERY_NS
            self._answer(now_ns)
        if now_ns >= self._outlook_due_ns:
            self._outlook_due_ns += OUTLOOK_EVERY_NS
            self._look_ahead(now_ns)

    def _note(self, changes: Changes, now_ns: int) -> None:
        self._levels += [(now_ns, point.sku, point.zone, point.pieces) for point in changes.points]
        state = self._engine.state
        for movement in changes.movements:
            if movement.epc is not None:
                place = state.presence.place_of(movement.epc)
                zone = None if place is None else state.site.places[place].zone
                self._items.append((now_ns, movement.epc, zone))
        for alert in changes.alerts:
            is_new = alert.state is AlertState.FIRING and alert.id not in self._fired
            if is_new and alert.sku is not None and alert.fired_at_ns is not None:
                self._fired.add(alert.id)
                self._alerts.append((alert.fired_at_ns, alert.type.value, alert.sku))
            if alert.resolved_at_ns is not None and alert.sku is not None:
                self._cleared.append((alert.resolved_at_ns, alert.type.value, alert.sku))

    def _answer(self, now_ns: int) -> None:
        chances: list[float] = []
        promises: list[bool] = []
        for sku in self._skus:
            answer = availability(self._engine.state, self._store, sku, 1, now_ns, is_dated=False)
            is_there = answer.belief.at_least(1) if answer.belief is not None else float(answer.on_hand >= 1)
            chances.append(is_there)
            promises.append(answer.pickup == "yes" and answer.available >= 1)
        self._chances.append(chances)
        self._promises.append(promises)

    def _look_ahead(self, now_ns: int) -> None:
        state = self._engine.state
        for sku in self._skus:
            pieces = sum(state.ledger.levels(self._store, sku).values())
            for hours in OUTLOOK_HOURS if pieces else ():
                until_ns = now_ns + hours * 3_600 * NS_PER_S
                p = state.demand.p_stock_out(self._store, sku, pieces, now_ns, until_ns)
                self._outlooks.append((now_ns, sku, hours, p))

    def log(self) -> BeliefLog:
        """Return what was believed."""
        alone = self._reads_alone
        return BeliefLog(
            name="rfid-alone" if alone else "product",
            inputs="reads, heartbeats" if alone else "all messages",
            items=self._items,
            levels=self._levels,
            chances=np.asarray(self._chances, dtype=np.float32).reshape(-1, len(self._skus)).T,
            promises=np.asarray(self._promises, dtype=np.bool_).reshape(-1, len(self._skus)).T,
            alerts=self._alerts,
            cleared=self._cleared,
            outlooks=self._outlooks,
            seconds=self._seconds,
        )
