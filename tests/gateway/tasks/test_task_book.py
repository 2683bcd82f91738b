"""What the book of tasks keeps, and for how long."""

from dataclasses import replace

from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.site import Site
from gateway.state import State
from gateway.tasks.book import CLOSED_KEPT_NS, TaskBook
from gateway.tasks.model import Cause, Task
from gateway.tasks.watch import TaskWatch
from tests.support.small_site import STORE, T0, articles, epc, small_site


def task(number: int, cause: Cause | None = None, **more: object) -> Task:
    """Return a task; each number has an id of its own."""
    name = f"tk_{number:016x}"
    plain = Task(name, "replenish", STORE, "TEE", 1, T0, (cause or Cause("hand", name),))
    return replace(plain, **more)  # type: ignore[arg-type]  # fields by name


def over(number: int, at_ns: int, cause: Cause | None = None) -> Task:
    """Return a task that is completed."""
    return task(number, cause, state="completed", closed_ns=at_ns)


def written(book: TaskBook, rows: dict[str, str]) -> None:
    """Keep what a book writes down."""
    for name, text in book.dirty_rows():
        if text is None:
            rows.pop(name)
        else:
            rows[name] = text


def test_tasks_that_are_over_are_let_go_in_time() -> None:
    """And their rows with them; the live ones stay however old they are."""
    book, rows = TaskBook(), {}
    book.put(task(1))
    book.put(over(2, T0))
    book.put(over(3, T0 + 100))
    book.advance(T0 + CLOSED_KEPT_NS)
    written(book, rows)
    assert len(rows) == 3
    book.advance(T0 + CLOSED_KEPT_NS + 50)
    written(book, rows)
    assert sorted(rows) == [task(1).id, task(3).id]
    assert book.get(task(2).id) is None
    again = TaskBook()
    again.restore(list(rows.items()), {STORE: {}})
    assert [again.get(name) for name in sorted(rows)] == [task(1), over(3, T0 + 100)]


def test_a_task_whose_cause_stands_is_kept_lest_it_be_made_again() -> None:
    """However old it is; when the cause is gone it goes."""
    book = TaskBook()
    cause = Cause("alert", "fp", "a1")
    book.put(over(1, T0, cause))
    book.put(over(2, T0))
    late = T0 + 2 * CLOSED_KEPT_NS
    book.advance(late)
    assert [book.get(task(n).id) is not None for n in (1, 2)] == [True, False]
    book.put(over(1, T0, replace(cause, gone=True)), is_told=False)
    book.advance(late)
    assert book.get(task(1).id) is None
    assert book.of_cause("alert", "fp") == []


def test_no_more_are_kept_than_the_bounds_say() -> None:
    """The oldest that is over goes first; a store that is full gets no further task, and that is counted."""
    book = TaskBook(max_closed=2)
    for number in range(4):
        book.put(over(number, T0 + number))
    book.advance(T0 + 10)
    assert [book.get(task(n).id) is not None for n in range(4)] == [False, False, True, True]
    state = State(Site(small_site()), articles())
    state.tasks = TaskBook(max_live=1)
    watch = TaskWatch(state, list)
    for sku in ("TEE", "JEANS"):
        state.ledger.tag_arrived(STORE, sku, epc(sku, 1), "back", T0, T0, came_back=False)
        record = AlertRecord(
            f"a-{sku}", f"f-{sku}", AlertType.SHELF_EMPTY, Severity.WARNING, STORE, AlertState.FIRING, T0,
            zone="floor", sku=sku, evidence={"to_zone": "floor"},
        )  # fmt: skip
        watch.take([record], [], [], T0)
    assert [found.sku for found in state.tasks.live()] == ["TEE"]
    assert state.tasks.not_made == {"too_many_live": 1}
    assert state.tasks.is_full(STORE)
    assert not state.tasks.is_full("paris-1")


def test_what_a_site_no_longer_has_is_let_go() -> None:
    """Tasks of a store that was taken out of the file."""
    book = TaskBook()
    book.restore([("x", task(1).to_json())], {"other": {}})
    assert not book.live()
    assert book.dirty_rows() == [(task(1).id, None)]


def test_an_alert_that_nobody_is_told_of_asks_nobody() -> None:
    """Silenced, or not to be believed now: the task comes when it is told."""
    state = State(Site(small_site()), articles())
    state.ledger.tag_arrived(STORE, "TEE", epc("TEE", 1), "back", T0, T0, came_back=False)
    watch = TaskWatch(state, list)
    record = AlertRecord(
        "a1", "f1", AlertType.SHELF_EMPTY, Severity.CRITICAL, STORE, AlertState.FIRING, T0,
        zone="floor", sku="TEE", suppressed_by="silence:s1", evidence={"to_zone": "floor"},
    )  # fmt: skip
    watch.take([record], [], [], T0)
    assert not state.tasks.live()
    watch.take([replace(record, suppressed_by=None)], [], [], T0)
    (made,) = state.tasks.live()
    assert (made.qty, made.priority, made.from_zone) == (1, "high", "back")
