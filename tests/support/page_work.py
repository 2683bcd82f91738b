"""Tasks and reservations of the page's shop: the product's own rules over what a test put there, each step told."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.answered import Answered
from gateway.audit import Actor
from gateway.catalogue.codes import Named
from gateway.config.file import load_catalogue
from gateway.config.site import SiteConfig
from gateway.reservations import lifecycle
from gateway.reservations.lifecycle import TimeLimits
from gateway.reservations.model import (
    Amend,
    Collect,
    Command,
    Confirm,
    Outcome,
    Pick,
    Ready,
    Refusal,
    Release,
    Reservation,
    ReservationQuery,
    ReservedLine,
    Risk,
    Short,
    Transfer,
)
from gateway.site import Site
from gateway.state import State
from gateway.tasks.desk import TaskDesk
from gateway.tasks.model import (
    Cause,
    NewTask,
    Task,
    TaskCommand,
    TaskItem,
    TaskOutcome,
    TaskQuery,
    TaskView,
)
from simulators.epc import sgtin96
from tests.support.api_ports import NOW_NS, FakeReservations, reservation
from tests.support.page_stock import STORE, S, catalogue
from tests.support.source import ROOT

HOUR = 3_600 * S
LIMITS = TimeLimits(600 * S, 4 * HOUR, 72 * HOUR, 168 * HOUR)


GTINS = {article.sku: article.gtins[0] for article in catalogue()}


def tag(number: int, sku: str = "TEE-WHT-M") -> str:
    """Return the EPC of a piece, as its label bears it."""
    return sgtin96(GTINS[sku], 7, number)


class _Desk(TaskDesk):
    """The real desk; where the pieces of a task are is told by the test: nothing is read here."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.pieces: dict[str, tuple[TaskItem, ...]] = {}

    def view(self, task: Task, now_ns: int) -> TaskView:
        """Return a task with its pieces."""
        return TaskView(task, self.pieces.get(task.id, ()) if task.is_live else ())


class ShopTasks:
    """Implements TasksPort with the real desk and book. `told(task)` is called after each step of a person."""

    def __init__(self, config: SiteConfig, told: Callable[[Task], None]) -> None:
        state = State(Site(config), load_catalogue(config, ROOT / "config"))
        self.book, self.desk, self._told = state.tasks, _Desk(state), told
        self._answers: dict[tuple[str, str], TaskOutcome] = {}
        self.asked: list[tuple[str, TaskCommand]] = []
        self.made: list[NewTask] = []

    def put(self, task: Task, *pieces: TaskItem) -> None:
        """Let there be a task, or let one be as it is by now."""
        self.book.put(task)
        if pieces:
            self.desk.pieces[task.id] = pieces

    async def create(self, source: str, key: str, asked: NewTask, actor: Actor) -> Answered[TaskOutcome]:
        if before := self._answers.get((source, key)):
            return Answered(before, replayed=True)
        self.made.append(asked)
        made = self.desk.create(f"tk_{0xF00 + len(self.made):016x}", asked, actor, NOW_NS)
        self._answers[source, key] = made
        return Answered(self._tell(made))

    async def task(self, task_id: str) -> TaskView | None:
        return self.desk.get(task_id, NOW_NS)

    async def tasks(self, query: TaskQuery) -> Sequence[TaskView]:
        return self.desk.find(query, NOW_NS)

    def place_of(self, task: Task, query: TaskQuery) -> tuple[int, str]:
        return self.desk.place_of(task, query)

    async def change(
        self, task_id: str, command: TaskCommand, actor: Actor, stores: frozenset[str]
    ) -> TaskOutcome:
        self.asked.append((task_id, command))
        return self._tell(self.desk.change(task_id, command, actor, stores, NOW_NS))

    def _tell(self, outcome: TaskOutcome) -> TaskOutcome:
        if isinstance(outcome, TaskView):
            self._told(outcome.task)
        return outcome


class ShopReservations(FakeReservations):
    """Implements ReservationsPort with the real life of a reservation; stock is not looked at.

    `named_by` says what a code names. `givers`: stores that have all of any reservation.
    """

    def __init__(self, told: Callable[[Reservation], None], named_by: Callable[[str], Named]) -> None:
        super().__init__()
        self._told, self._named_by = told, named_by
        self.givers: set[str] = set()

    async def reservations(self, query: ReservationQuery) -> list[Reservation]:
        found = await super().reservations(replace(query, limit=1_000))
        return [r for r in found if not query.states or r.state in query.states][: query.limit]

    async def change(
        self, actor: Actor, reservation_id: str, command: Command, stores: frozenset[str]
    ) -> Outcome:
        found = await super().change(actor, reservation_id, command, stores)
        if isinstance(found, Refusal) or lifecycle.is_done(found, command):
            return found
        outcome = lifecycle.wrong_state(found, command) or self._after(found, command)
        if isinstance(outcome, Reservation):
            self.kept[outcome.id] = outcome
            self._told(outcome)
        return outcome

    def _after(self, found: Reservation, command: Command) -> Outcome:
        match command:
            case Confirm():
                return lifecycle.confirm(found, command, LIMITS, NOW_NS)
            case Pick():
                skus = {epc: self._named_by(epc).sku or "" for epc in command.epcs}
                return lifecycle.pick(found, skus, command.lines, NOW_NS)
            case Ready():
                return lifecycle.make_ready(found, NOW_NS)
            case Collect():
                return lifecycle.end(found, "collected", NOW_NS)
            case Short():
                return lifecycle.end(found, "short", NOW_NS)
            case Release():
                return lifecycle.end(found, "released", NOW_NS)
            case Transfer() if command.store in self.givers:
                return lifecycle.moved_to(found, command.store, found.lines, NOW_NS)
            case Amend() if command.version != found.version:
                return Refusal("reservation_changed", f"it is at version {found.version}")
            case Amend():
                return self._amended(found, command)
            case _:
                return Refusal("insufficient_availability", "not enough there")

    def _amended(self, found: Reservation, command: Amend) -> Outcome:
        extended = lifecycle.extended(found, command, LIMITS, NOW_NS)
        if isinstance(extended, Refusal):
            return extended
        wanted = {line.sku: line.qty for line in command.lines}
        lines = tuple(
            replace(line, requested=wanted.get(line.sku, line.requested), secured=wanted.get(line.sku, line.secured))
            for line in found.lines
            if wanted.get(line.sku, 1)
        )  # fmt: skip
        return found.changed(NOW_NS, expires_ns=extended.expires_ns, lines=lines)


# -- what there is to do on a busy afternoon --------------------------------------------------------------


def a_task(number: int, **changes: object) -> Task:
    """Return a task: three white tees for the front of the shop, thirteen minutes old."""
    cause = Cause("alert", f"shelf_empty_backroom_has_stock|{STORE}|TEE-WHT-M|", "a1")
    plain = Task(f"tk_{number:016x}", "replenish", STORE, "TEE-WHT-M", 3, NOW_NS - 780 * S, (cause,),
                 from_zone="back-room", to_zone="front")  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields by name


def an_order(number: int, *lines: ReservedLine, due_s: float = 3_600, **changes: object) -> Reservation:
    """Return an order that is confirmed, of one white tee, due in an hour."""
    return reservation(
        number, **{"state": "confirmed", "lines": lines or (ReservedLine("TEE-WHT-M", 1, 1),),
                   "owner_ref": f"order-{4_100 + number}", "created_ns": NOW_NS - 900 * S, "confirmed_ns": NOW_NS - 880 * S,
                   "expires_ns": NOW_NS + int(due_s * S), **changes},
    )  # fmt: skip


FILL = a_task(1)
FILL_PIECES = tuple(TaskItem(tag(n), "back-room", 0.99) for n in (1, 2, 3))
FETCH = a_task(2, sku="DEN-501-32", to_zone="denim", qty=2, priority="high", causes=(Cause("hand", "x"),), note="For the window")  # fmt: skip
LOOK = a_task(
    3, kind="find", sku="KNIT-NVY-M", qty=1, from_zone="front", to_zone=None, due_ns=NOW_NS - 600 * S
)
HOME = a_task(4, kind="put_back", sku="DEN-JKT-M", qty=1, from_zone="fitting-room", to_zone="denim")
COUNT_ALL = a_task(5, kind="count", sku=None, qty=1, from_zone=None, to_zone="front", causes=(Cause("hand", "y"),))  # fmt: skip
SURE = an_order(1, ReservedLine("TEE-WHT-M", 2, 2), ReservedLine("TOTE-CANVAS", 1, 1))
RISKY = an_order(2, ReservedLine("KNIT-NVY-M", 1, 1), due_s=7_200, risks=(Risk("KNIT-NVY-M", "not_sure"),))
LYING = an_order(3, ReservedLine("DEN-501-32", 1, 1, 1, (tag(9, "DEN-501-32"),)), due_s=-60, state="ready", ready_ns=NOW_NS - 300 * S)  # fmt: skip
CART = reservation(4, owner_ref="cart-81c2")
PICK = a_task(
    6, kind="pick", qty=2, causes=(Cause("reservation", SURE.id),), from_zone="back-room", to_zone=None
)
PICK_PIECES = (TaskItem(tag(1), "back-room", 0.99), TaskItem(tag(2), "back-room", 0.97))
