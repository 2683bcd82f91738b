"""The passes of the gateway: evidence in, time forward, changes out. Pure: no I/O, no clock.

A pass is: any number of `observe`, `refuse` and `record`, then `advance(now)`, then `drain`. What a
pass changed comes out of that one drain, to be written in one transaction.

    intake, till ─▶ presence ─▶ identified ─▶ stock ─▶ availability ─▶ alerts
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.alert_rules.changed import ChangedRules
from gateway.alert_rules.defaults import default_rules
from gateway.alert_rules.desk import RuleDesk
from gateway.alerts.engine import AlertEngine, holds_of
from gateway.alerts.notices import Notice
from gateway.alerts.of_site import teller_of
from gateway.alerts.records import AlertRecord, AlertType
from gateway.alerts.rules import article_conditions, reader_condition
from gateway.alerts.scores import RuleScores
from gateway.answered import AnsweredRequest
from gateway.answers import article_view
from gateway.audit import AuditEntry
from gateway.catalogue.articles import Catalogue
from gateway.catalogue.desk import take_up
from gateway.counting.adjustments import AdjustmentDesk
from gateway.counting.desk import CountDesk
from gateway.counting.watch import count_conditions
from gateway.deliveries.watch import DeliveryWatch
from gateway.devices.life import DeviceLife
from gateway.forecast.feed import DemandFeed
from gateway.intake import ObservationIntake
from gateway.judging import Judges
from gateway.kept_parts import KeptParts, rows_by_part, written
from gateway.kept_tags import KeptTags
from gateway.kpis.model import KpiDay
from gateway.kpis.seen import enter_all, sighting
from gateway.movements import LevelPoint, Movement
from gateway.presence_to_stock import PresenceToStock
from gateway.proofs import count_proves
from gateway.reservations.desk import ReservationDesk
from gateway.reservations.model import Forgetting, Reservation
from gateway.sales import settle_paid, settle_sales
from gateway.site import Site, ns
from gateway.state import State
from gateway.storage.ports import Snapshot, StateRow
from gateway.tasks.model import Task
from gateway.tasks.watch import TaskWatch
from gateway.till import Till
from gateway.wavering import Wavering
from gateway.webhooks.model import NewEndpoint
from readers.errors import Malformed
from readers.observations import Observation, Read


@dataclass(slots=True)
class Changes:
    """All that one pass changed. `touched`: (store, sku) whose answer may differ now."""

    movements: list[Movement] = field(default_factory=list)
    points: list[LevelPoint] = field(default_factory=list)
    state: list[StateRow] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    alerts: list[AlertRecord] = field(default_factory=list)
    refused: list[tuple[str, Malformed]] = field(default_factory=list)
    reservations: list[Reservation] = field(default_factory=list)
    answered: list[AnsweredRequest] = field(default_factory=list)
    forgetting: Forgetting | None = None
    audited: list[AuditEntry] = field(default_factory=list)
    kpi_days: list[KpiDay] = field(default_factory=list)
    endpoints: list[NewEndpoint] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    touched: set[tuple[str, str]] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)


class Engine:
    """The rules of one site, joined. One owner calls it."""

    def __init__(self, site: Site, catalogue: Catalogue) -> None:
        self.site = site
        self.state = State(site, catalogue)
        self.till = Till(self.state)
        self.imbalanced = 0
        self._apply_presence = PresenceToStock(self.state, self.till).apply
        intake = ObservationIntake(self.state, self.till)
        self.observe, self.observe_all = intake.observe, intake.observe_all
        self.refuse, self.record = intake.refuse, self.till.record
        self.counts = CountDesk(self.state, self._apply_presence)
        self.adjustments = AdjustmentDesk(self.state, self.till, self._apply_presence)
        self.desk = ReservationDesk(self.state, self.till, self._apply_presence)
        self._delivery_watch = DeliveryWatch(self.state)
        self._judges = Judges(self.state)
        self.alerts = AlertEngine(
            {rule.type: holds_of(rule) for rule in default_rules(site.config.alerts)}, self.state.department
        )
        self._changed_rules = ChangedRules(self.state)
        self._wavering = Wavering(self.state)
        self.alert_rules = RuleDesk(self.state)
        self.alert_scores = RuleScores()
        self._teller = teller_of(site)
        self._task_watch = TaskWatch(self.state, self.alerts.standing)
        self._was_watched = {place.id: False for place in site.places}
        self._device_states: dict[str, str] = {}
        self._kept_tags = KeptTags()
        self._kept_parts = KeptParts(
            self.state, self.alert_rules, self.alerts, self._teller, self.alert_scores
        )
        self._demand = DemandFeed(self.state.demand, site, catalogue, self.state.ledger)
        self._began_ns = self._now_ns = 0
        self._settled_ns = 0
        self._changes = Changes()

    # -- time ---------------------------------------------------------------------------------------

    def advance(self, now_ns: int) -> None:
        """Let all that is due take effect, and judge what changed."""
        for _ in self.advancing(now_ns):
            pass

    def advancing(self, now_ns: int) -> Iterator[None]:
        """Do what `advance` does, in steps: others may ask in between, and nothing else may be told or drained."""
        self._now_ns = now_ns
        yield from self.state.kpis.advancing(now_ns)
        for store, reads in self.state.presence.sold_reads.items():
            self.state.kpis.read_sold(store, reads)
        self.state.presence.sold_reads.clear()
        yield from self.state.presence.advancing(now_ns)
        self._apply_presence(now_ns)
        self._settle_sales(now_ns)
        self._close_counts(now_ns)
        self.state.ledger.expire(
            now_ns,
            lambda store, zone: self.state.is_watched(store, zone, now_ns),
            lambda store, sku: self.state.book.picked(store, sku, now_ns)[1],
        )
        if self._changed_rules.are_new():
            self._rules_changed(now_ns)
        self._judge_devices(now_ns)
        for condition in self._judges.devices(now_ns, self.alerts.live):
            self.alerts.judge(condition, now_ns)
        self._judge_places(now_ns)
        self.counts.advance()
        movements = self.state.ledger.drain_movements()
        self.state.counting.drained()
        self._changes.movements += movements
        self._judges.moved(movements)
        self._changes.points += self.state.ledger.drain_points()
        self.state.touched.update((m.store, m.sku) for m in movements)
        self.state.touched.update(self.state.books.faded(now_ns))
        yield from self.state.demand.advancing(now_ns)
        self._demand.tell(movements, self.state.touched, now_ns)
        self._judge_reservations(now_ns)
        self._judge_deliveries(now_ns)
        for condition in self._judges.judged(now_ns, self.alerts.live):
            self.alerts.judge(condition, now_ns)
        self._task_watch.counts(self.state.counting.to_judge, now_ns)
        for condition in count_conditions(self.state.counting, self.state.rules):
            self.alerts.judge(condition, now_ns)
        for store, sku in self.state.touched:
            on_hand = sum(self.state.ledger.levels(store, sku).values())
            self.state.books.compare(store, sku, on_hand, now_ns)
            self._judge_article(store, sku, now_ns)
        for store, sku in (*self._changed_rules.to_judge(), *self._wavering.to_judge(self.state.touched)):
            if (store, sku) not in self.state.touched:
                self._judge_article(store, sku, now_ns)
        self.alerts.advance(now_ns)
        for record in self.alerts.changed():
            self._teller.note(record, now_ns)
        self._changes.notices += self._teller.advance(now_ns, self.alerts.standing_as)

    def depart_now(self, now_ns: int) -> None:
        """Let departures take effect that a till or a transfer told just now."""
        self._apply_presence(now_ns)

    def _settle_sales(self, now_ns: int) -> None:
        """Look which tags the unpaid sales took, once per epoch; each is a handful of tags."""
        epoch_ns = self.state.presence.epoch_ns
        if epoch_ns == self._settled_ns:
            return
        self._settled_ns = epoch_ns
        owing = self.state.ledger.owing()
        for store, sku in owing:
            settle_sales(self.state, store, sku, now_ns)
        for store, sku in self.state.sale_marks.keys() - set(owing):
            settle_paid(self.state, store, sku)
        self._apply_presence(now_ns)

    def _close_counts(self, now_ns: int) -> None:
        idle_ns = ns(self.site.config.stock.count_idle_s)
        for scanner in [
            s for s, session in self.state.sessions.items() if session.last_ns + idle_ns <= now_ns
        ]:
            session = self.state.sessions.pop(scanner)
            section = self.site.scanners[scanner]
            for sku, pieces in sorted(session.pieces.items()):
                place = section.store, sku, section.zone
                count_proves(self.state, *place, pieces, now_ns, tells_of_none=False)
                self.state.ledger.counted(
                    section.store, sku, section.zone, pieces, session.ref, session.last_ns, now_ns
                )
            self.state.save_session(scanner)

    # -- judging --------------------------------------------------------------------------------------

    def _rules_changed(self, now_ns: int) -> None:
        """End what nobody judges any more, and have all that a rule may see otherwise now looked at again."""
        self.alerts.switch_off(self._changed_rules.rule_of, now_ns)
        self.state.counting.to_judge.update(self.site.roles)
        self.desk.risk.look_at(self.state.book.keys())

    def _judge_devices(self, now_ns: int) -> None:
        for device in self.state.devices.values():
            state = device.state(now_ns)
            if self._device_states.get(device.id) != state:
                self._device_states[device.id] = state
                self.state.touched_devices.add(device.id)
                if shelf := self.site.shelves.get(device.id):  # the only witness of its article there
                    self.state.touched.add((shelf.store, shelf.sku))
            reader = self.state.watch.readers.get(device.id)
            if reader is not None or device.role == "weight":
                if reader is not None:
                    alive = reader.is_alive(now_ns)
                else:  # a scale reports by minutes: one that was not heard yet is not missed yet
                    alive = state == "online" or (state == "never" and not self._is_overdue(device, now_ns))
                rule = self.state.rules.pick_of_zones(AlertType.READER_DOWN, device.store, device.zones)
                condition = reader_condition(
                    device.store, device.id, device.zones, rule, alive=alive, state=state
                )
                self.alerts.judge(condition, now_ns)

    def _is_overdue(self, device: DeviceLife, now_ns: int) -> bool:
        """Return whether a device that was never heard should have been since the gateway began."""
        self._began_ns = self._began_ns or now_ns
        return now_ns - self._began_ns > (device.silent_after_ns or 0)

    def _judge_places(self, now_ns: int) -> None:
        """Judge a store's articles anew when one of its zones came into sight or went out of it."""
        stores = set()
        for place in self.site.places:
            if place.readers:
                phase = self.state.presence.phase(place.id)
                self.state.phases.note(place.store, place.zone, phase, now_ns)
            settled = (
                self.state.is_watched(place.store, place.zone, now_ns) and place.id not in self.state.dim
            )
            if settled != self._was_watched[place.id]:
                self._was_watched[place.id] = settled
                stores.add(place.store)
        if stores:
            self.state.touched.update(key for key in self.state.ledger.line_keys() if key[0] in stores)

    def _judge_reservations(self, now_ns: int) -> None:
        """Let reservations end whose time is over, and see which holds are at risk."""
        self.desk.advance(now_ns)
        for condition in self.desk.risk.drain():
            self.alerts.judge(condition, now_ns)
        self._changes.forgetting = self.desk.forgetting(now_ns)
        transitions, self.state.book.transitions = self.state.book.transitions, []
        for before, after in transitions:
            self.state.kpis.reservation(before, after)
            self._judges.reserved(after)

    def _judge_deliveries(self, now_ns: int) -> None:
        """Let deliveries become late, and see which were not seen."""
        deliveries = self.state.deliveries
        deliveries.advance(now_ns)
        self.state.transfers.advance(now_ns)
        self.state.touched |= deliveries.touched
        deliveries.touched = set()
        for condition in self._delivery_watch.judged(now_ns, self.alerts.live):
            self.alerts.judge(condition, now_ns)

    def _judge_article(self, store: str, sku: str, now_ns: int) -> None:
        article = self.state.catalogue.article(sku)
        if article is None or not article.known:
            return
        view = article_view(self.state, store, article, now_ns, self.alerts.live)
        self._wavering.judged(view)
        self.state.kpis.judge(sighting(self.state, article, view), now_ns)
        for condition in (*article_conditions(view, self.state.rules), *self._judges.article(view, now_ns)):
            self.alerts.judge(condition, now_ns)

    # -- out --------------------------------------------------------------------------------------------

    def recordable(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        """Return observations without the reads of sold tags that left: they change nothing, and are nobody's."""
        has_left = self.state.presence.has_left
        if not any(isinstance(o, Read) and has_left(o.epc, o.at_ns) for o in observations):
            return observations
        return [o for o in observations if not (isinstance(o, Read) and has_left(o.epc, o.at_ns))]

    def drain(self) -> Changes:
        """Return all that changed since the last drain."""
        changes, self._changes = self._changes, Changes()
        state = self.state
        changes.state, state.rows = state.rows, []
        changes.refused, state.refused = state.refused, []
        changes.audited, state.audited = state.audited, []
        changes.kpi_days = state.kpis.drain_days()
        changes.endpoints, state.endpoints = state.endpoints, []
        changes.touched, state.touched = state.touched, set()
        changes.devices, state.touched_devices = state.touched_devices, set()
        changes.state += self._kept_parts.rows(self._now_ns)
        for epc in state.presence.forgotten():
            state.identifier.forget(epc)
        rows, changes.snapshots = self._kept_tags.written(state.presence)
        changes.state += rows
        changes.alerts = self.alerts.drain()
        changes.reservations, changes.answered = state.book.drain()
        self._task_watch.take(changes.alerts, changes.movements, changes.reservations, self._now_ns)
        changes.tasks = state.tasks.drain()
        changes.state += self._kept_parts.task_rows()
        return changes

    def restore(
        self,
        rows: Iterable[StateRow],
        latest: Iterable[LevelPoint],
        now_ns: int,
        snapshots: Iterable[Snapshot] = (),
    ) -> None:
        """Take up an earlier life from its rows, its snapshots (which the rows are newer than) and its stored
        levels. Raises BadChunk where a snapshot cannot be read.
        """
        by_part = rows_by_part(rows)
        take_up(self.state, by_part.get("article", ()))
        parts = by_part.pop("item", []), snapshots, by_part.pop("tag", [])
        self._kept_tags.restore(self.state.presence, *parts)
        self._kept_parts.restore(by_part)
        self.imbalanced = self.state.ledger.settle_restored(latest, now_ns)
        self.state.kpis.restore(written(by_part, "kpi"))
        enter_all(self.state, now_ns)
        self._judge_counted()

    def restore_reservations(self, reservations: Iterable[Reservation]) -> None:
        """Take up the open reservations of an earlier life, after `restore`."""
        self.state.book.restore(reservations)
        self._judges.restore(self.state.book.open(), self.alerts.live, self.alerts.standing())
        self.desk.risk.restore(self.alerts.live)

    def _judge_counted(self) -> None:
        """Have what scans alone track judged anew: no zone and no shelf comes into sight for it."""
        ledger = self.state.ledger
        self.state.touched.update(key for key in ledger.line_keys() if ledger.tracked_by(*key) == "count")
