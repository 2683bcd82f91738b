"""The laws of tasks, whatever comes in whatever order: alerts, tags, people, reservations, restarts."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.audit import Actor
from gateway.movements import Movement, MovementKind, ZoneDelta
from gateway.reservations.model import Reservation, ReservedLine, Risk
from gateway.site import Site
from gateway.state import State
from gateway.tasks.desk import TaskDesk
from gateway.tasks.model import NewTask, Task, TaskCommand, Verb
from gateway.tasks.watch import LINGER_NS, TaskWatch
from tests.support.small_site import STORE, T0, S, articles, epc, small_site

SITE = Site(small_site())
SKU = "TEE"
ANYBODY = Actor("staff", "127.0.0.1")
ALL: frozenset[str] = frozenset()
VERBS: tuple[Verb, ...] = ("claim", "unclaim", "complete", "fail")


class Tasks(RuleBasedStateMachine):
    """A shop in which anything happens. One pass after each rule; what a pass writes down is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.rows: dict[str, str] = {}
        self.alerts: dict[str, AlertRecord] = {}
        self.holds: dict[str, Reservation] = {}
        self.episodes = self.hands = 0
        self.over: dict[str, Task] = {}

    @initialize()
    def open_shop(self) -> None:
        """Five pieces lie behind the shelf."""
        self.begin()

    def begin(self) -> None:
        self.state = State(SITE, articles())
        for serial in range(5):
            self.state.ledger.tag_arrived(STORE, SKU, epc(SKU, serial), "back", T0, T0, came_back=False)
        self.state.tasks.restore(list(self.rows.items()), self.state.site.roles)
        self.state.book.restore(hold for hold in self.holds.values() if hold.is_open)
        self.watch = TaskWatch(self.state, lambda: list(self.alerts.values()))
        self.desk = TaskDesk(self.state)

    def live(self, *, alerts: tuple[AlertRecord, ...] = (), moved: tuple[Movement, ...] = ()) -> None:
        """One pass."""
        holds, _ = self.state.book.drain()
        self.watch.take(alerts, moved, holds, self.now)
        for key, text in self.state.tasks.dirty_rows():
            if text is None:
                self.rows.pop(key)
            else:
                self.rows[key] = text

    @property
    def tasks(self) -> list[Task]:
        book = self.state.tasks
        return [task for name in self.rows if (task := book.get(name)) is not None]

    # -- what happens ---------------------------------------------------------------------------------

    @rule(shelf=st.sampled_from(["", "2"]))
    def fire(self, shelf: str) -> None:
        """An alert fires, or is told again while it does; two of one article and zone are one task."""
        fingerprint = f"shelf_empty_backroom_has_stock|{STORE}|{SKU}|{shelf}"
        if fingerprint not in self.alerts:
            self.episodes += 1
            self.alerts[fingerprint] = AlertRecord(
                f"a{self.episodes}", fingerprint, AlertType.SHELF_EMPTY, Severity.WARNING, STORE, AlertState.FIRING,
                self.now, zone="floor", sku=SKU, evidence={"to_zone": "floor", "from_zone": "back"},
            )  # fmt: skip
        self.live(alerts=(self.alerts[fingerprint],))

    @precondition(lambda self: self.alerts)
    @rule(data=st.data())
    def clear(self, data: st.DataObject) -> None:
        """An alert is over."""
        fingerprint = data.draw(st.sampled_from(sorted(self.alerts)))
        record = self.alerts.pop(fingerprint)
        self.live(alerts=(replace(record, state=AlertState.RESOLVED, resolved_at_ns=self.now),))

    @rule(serial=st.sampled_from([0, 1, None]), back=st.sampled_from([False, False, False, True]))
    def carry(self, serial: int | None, back: bool) -> None:
        """A piece goes to the floor, or back; one without a number has no tag."""
        source, target = ("floor", "back") if back else ("back", "floor")
        deltas = (ZoneDelta(source, -1), ZoneDelta(target, 1))
        tag = None if serial is None else epc(SKU, serial)
        self.live(moved=(Movement(MovementKind.MOVED, "rfid", STORE, SKU, self.now, self.now, 1, tag, source, target, deltas),))  # fmt: skip

    @rule(serial=st.integers(0, 1))
    def see_again(self, serial: int) -> None:
        """A tag on the floor that was only unseen was brought by nobody."""
        before = {task.id: task.done for task in self.tasks}
        deltas, tag = (ZoneDelta("floor", 1),), epc(SKU, serial)
        self.live(moved=(Movement(MovementKind.ARRIVED, "rfid", STORE, SKU, self.now, self.now, 1, tag, None, "floor", deltas, note="was only unseen"),))  # fmt: skip
        assert {task.id: task.done for task in self.tasks} == before

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), verb=st.sampled_from(VERBS))
    def step(self, data: st.DataObject, verb: Verb) -> None:
        """A person does something."""
        name = data.draw(st.sampled_from(sorted(self.rows)))
        self.desk.change(name, TaskCommand(verb, by="a", reason="r"), ANYBODY, ALL, self.now)
        self.live()

    @precondition(lambda self: self.hands < 2)
    @rule()
    def think_of(self) -> None:
        """A person makes a task."""
        self.hands += 1
        asked = NewTask(STORE, "replenish", SKU, 2, "back", "floor")
        self.desk.create(f"tk_hand{self.hands}", asked, ANYBODY, self.now)
        self.live()

    @rule(name=st.sampled_from(["r1", "r2"]), picked=st.integers(0, 2), state=st.sampled_from(
        ["confirmed", "picking", "ready", "collected", "released"]), risk=st.booleans())  # fmt: skip
    def reserve(self, name: str, picked: int, state: str, risk: bool) -> None:
        """A reservation is made, or changes; what is over begins as another one."""
        before = self.holds.get(name)
        if before is not None and not before.is_open:
            return
        line = ReservedLine("TEE", 2, 2, picked)
        risks = (Risk("TEE", "not_enough"),) if risk else ()
        hold = Reservation(
            name, STORE, state, (line,), "web", None, 0.9, T0, self.now, T0 + 10**15,  # type: ignore[arg-type]  # of those
            risks=risks, version=1 if before is None else before.version + 1,
        )  # fmt: skip
        self.holds[name] = hold
        self.state.book.put(hold)
        self.live()

    @rule(seconds=st.sampled_from([1, 60, LINGER_NS // S]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now += seconds * S
        self.live()

    @rule()
    def restart(self) -> None:
        """All that was not written down is lost, and nothing is missed."""
        before = {task.id: task for task in self.tasks}
        self.begin()
        assert {task.id: task for task in self.tasks} == before
        self.live()

    # -- what holds -----------------------------------------------------------------------------------

    @invariant()
    def a_cause_has_one_live_task_at_most(self) -> None:
        causes = [
            (task.kind, cause.type, cause.ref, task.sku)
            for task in self.tasks
            if task.is_live
            for cause in task.causes
        ]
        assert len(causes) == len(set(causes))
        shelves = [t.to_zone for t in self.tasks if t.is_live and t.causes[0].type == "alert"]
        assert len(shelves) == len(set(shelves))

    @invariant()
    def progress_is_bounded(self) -> None:
        for task in self.tasks:
            assert 0 <= task.done <= task.qty
            assert len(set(task.seen)) == len(task.seen) <= task.done or task.kind != "replenish"
            assert task.state != "withdrawn" or task.kind != "replenish" or not task.done

    @invariant()
    def what_is_over_stays_over(self) -> None:
        for task in self.tasks:
            plain = replace(task, causes=())
            if not task.is_live:
                assert self.over.setdefault(task.id, plain) == plain
                assert task.closed_ns is not None
            else:
                assert task.id not in self.over

    @invariant()
    def what_stands_was_asked_for_and_what_is_gone_is_not_asked_for(self) -> None:
        told = {(cause.ref, cause.episode) for task in self.tasks for cause in task.causes}
        assert {(a.fingerprint, a.id) for a in self.alerts.values()} <= told
        for task in self.tasks:
            if task.is_live and not task.is_wanted:
                assert task.done > 0
                assert task.lingers_until_ns is not None

    @invariant()
    def reservations_have_their_tasks(self) -> None:
        for hold in self.holds.values():
            of_it = [t for t in self.tasks if any(c.ref == hold.id for c in t.causes)]
            if not hold.is_open:
                assert not [t for t in of_it if t.is_live]
            elif hold.state in {"confirmed", "picking"} and not hold.lines[0].is_picked:
                assert [t for t in of_it if t.kind == "pick"]
            if hold.is_open and hold.risks:
                assert [t for t in of_it if t.kind == "find"]
            elif hold.is_open:
                assert not [t for t in of_it if t.kind == "find" and t.is_live]


Tasks.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestTasks = Tasks.TestCase
