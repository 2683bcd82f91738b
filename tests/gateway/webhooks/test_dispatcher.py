"""What is due is sent in order until it is taken: over restarts, outages, rotations and lost places. Virtual time."""

import asyncio
import itertools
import json
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.audit import AuditEntry, AuditQuery
from gateway.changes.model import Change, ChangeNote
from gateway.storage.ports import Commit
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from gateway.storage.writer import Writer
from gateway.webhooks.dispatcher import Dispatcher
from gateway.webhooks.lane import FAULT_RETRY_S
from gateway.webhooks.model import Answer, Endpoint
from gateway.webhooks.schedule import DISABLE_AFTER_S, REFUSED_TRIES, WAITS_S
from gateway.webhooks.sender import SendFailed
from gateway.webhooks.table import StoredWebhooks

PEPPER = b"p" * 32
STORE = "lyon-1"
DROPPED = AuditEntry(5, "k1", "10.0.0.7", "webhooks.delete", STORE, "wh_1")


class Clock:
    """The shop's clock, set by hand."""

    speed = 1.0

    def now_ns(self) -> int:
        """Return a time."""
        return 1_795_284_131 * 10**9

    def real_s(self, shop_s: float) -> float:
        """Return the same."""
        return shop_s


class Receiver:
    """Keeps what it takes; answers by `answer(number of the try)`."""

    def __init__(self, answer: Callable[[int], int] = lambda _: 204) -> None:
        self.answer = answer
        self.tries: list[tuple[str, dict[str, Any], int]] = []

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer a message."""
        status = self.answer(len(self.tries))
        self.tries.append((headers["webhook-id"], json.loads(body), status))
        if status == 0:
            raise SendFailed("nobody there")
        return Answer(status)

    @property
    def taken(self) -> list[dict[str, Any]]:
        """The bodies that were answered with 2xx."""
        return [body for _, body, status in self.tries if 200 <= status < 300]


class Shop:
    """A store on disk, its writer and a dispatcher. Its rests are noted, and take no time unless `is_patient`: then
    nothing but a sign ends them.
    """

    def __init__(self, path: Path, receiver: Receiver) -> None:
        self.store = SqliteStore.open(path, synchronous="OFF")
        self.receiver = receiver
        self.slept_s: list[float] = []
        self.is_patient = False
        self.fault: Exception | None = None
        self.now_s = 0.0
        self.numbers = itertools.count()

    async def describe(self, change: Change) -> bytes | None:
        """Return a subject, or None for one that is gone."""
        if self.fault is not None:
            raise self.fault
        return None if change.subject == "gone" else json.dumps({"sku": change.subject}).encode()

    async def rest(self, sign: asyncio.Event, seconds: float) -> None:
        """Let time pass at once, or wait for the sign."""
        self.slept_s.append(seconds)
        self.now_s += seconds
        await (sign.wait() if self.is_patient else asyncio.sleep(0))

    def dispatcher(self, writer: Writer) -> Dispatcher:
        """Return a dispatcher of this shop."""
        return Dispatcher(
            StoredWebhooks(self.store, writer),
            self.receiver,
            PEPPER,
            Clock(),  # type: ignore[arg-type]  # all that is asked of it
            self.describe,
            str,
            chance=lambda: 0.5,
            monotonic_s=lambda: self.now_s,
            rest=self.rest,
        )

    async def note(self, writer: Writer, subjects: Iterable[str]) -> None:
        """Commit changes of articles."""
        await writer.commit(Commit(1, changes=[ChangeNote(STORE, "availability", s) for s in subjects]))


@contextmanager
def shop_at(folder: Path, receiver: Receiver) -> Any:
    """Give a shop whose store is closed at the end."""
    shop = Shop(folder / STORE_FILE, receiver)
    try:
        yield shop
    finally:
        shop.store.close()


async def until(condition: Callable[[], object], timeout_s: float = 90.0) -> None:
    """Return once a condition holds."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another thread
            await asyncio.sleep(0.002)


def life(shop: Shop, live: Callable[[Dispatcher, Writer], Awaitable[None]]) -> None:
    """Run a dispatcher while `live` does, then end it as a stop does."""

    async def run() -> None:
        async with Writer(shop.store) as writer:
            dispatcher = shop.dispatcher(writer)
            task = asyncio.create_task(dispatcher.run())
            await asyncio.sleep(0)
            await until(lambda: dispatcher._group is not None)
            try:
                await live(dispatcher, writer)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def endpoint(**changes: Any) -> Endpoint:
    """Return an endpoint of one store."""
    plain = {
        "id": "wh_1",
        "url": "https://a/",
        "types": (),
        "stores": (STORE,),
        "description": "",
        "created_ns": 1,
    }
    return Endpoint(**{**plain, **changes})


def test_changes_arrive_once_each_in_order_and_each_names_the_one_before(tmp_path: Path) -> None:
    """A chain of sequences that a receiver can check; what came before it was made is not told."""
    receiver = Receiver()

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await shop.note(writer, ["early"])
        await dispatcher.put(endpoint())
        for subject in ("a", "b", "c"):
            await shop.note(writer, [subject])
            dispatcher.wake()
            await until(lambda n=subject: receiver.taken and receiver.taken[-1]["data"] == {"sku": n})

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
        chain = [(m["previous_sequence"], m["sequence"], m["data"]["sku"]) for m in receiver.taken]
        assert chain == [(1, 2, "a"), (2, 3, "b"), (3, 4, "c")]
        first = receiver.taken[0]
        assert (first["type"], first["store"], first["journal"]) == (
            "availability.changed", STORE, shop.store.journal_id,
        )  # fmt: skip


def test_of_many_changes_of_one_subject_the_newest_alone_is_told(tmp_path: Path) -> None:
    """Whoever was away gets each subject once, as it reads now; what is gone and what was not asked for is passed over."""
    receiver = Receiver()

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint(types=("availability",)))
        notes = [ChangeNote(STORE, "availability", s) for s in ("a", "b", "a", "gone", "a")]
        await writer.commit(Commit(1, changes=[*notes, ChangeNote(STORE, "alert", "x")]))
        dispatcher.wake()
        await until(lambda: dispatcher.position("wh_1", STORE) == 6)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
    assert [(m["previous_sequence"], m["sequence"], m["data"]["sku"]) for m in receiver.taken] == [
        (0, 2, "b"), (2, 5, "a"),
    ]  # fmt: skip


def test_of_an_alert_the_first_change_is_told_too_where_it_read_differently(tmp_path: Path) -> None:
    """That it fired, then that it is over; what reads the same at its first change and now comes once."""
    receiver = Receiver()

    async def describe(change: Change) -> bytes | None:
        return json.dumps(
            {"sku": change.subject, "n": change.seq if change.subject == "over" else 0}
        ).encode()

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint())
        subjects = ("over", "stands", "over", "stands", "over")
        await writer.commit(Commit(1, changes=[ChangeNote(STORE, "alert", s) for s in subjects]))
        dispatcher.wake()
        await until(lambda: dispatcher.position("wh_1", STORE) == 5)

    with shop_at(tmp_path, receiver) as shop:
        shop.describe = describe
        life(shop, live)
    told = [(m["previous_sequence"], m["sequence"], m["data"]["sku"]) for m in receiver.taken]
    assert told == [(0, 1, "over"), (1, 4, "stands"), (4, 5, "over")]


def test_a_receiver_that_is_away_gets_all_of_it_once_it_is_back(tmp_path: Path) -> None:
    """Waits as in the schedule; the same id at each try; nothing out of order, nothing left out."""
    receiver = Receiver(lambda tries: 0 if tries < 3 else 503 if tries < 5 else 204)

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint())
        await shop.note(writer, ["a", "b", "c"])
        dispatcher.wake()
        await until(lambda: dispatcher.position("wh_1", STORE) == 3)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
        assert len({message for message, _, _ in receiver.tries[:6]}) == 1
        assert [m["data"]["sku"] for m in receiver.taken] == ["a", "b", "c"]
        assert shop.slept_s[:5] == list(WAITS_S[:5])
        log = shop.store.webhook_deliveries("wh_1", 100)
        assert [d.tries for d in reversed(log)] == [1, 2, 3, 4, 5, 6, 1, 1]
        assert [bool(d.reason) for d in reversed(log)] == [True] * 5 + [False] * 3


def test_one_that_stays_away_is_disabled_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """After five days, with the reason; enabled again, nothing is missing."""
    receiver = Receiver(lambda _: 0)

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint())
        await shop.note(writer, ["a", "b"])
        dispatcher.wake()
        await until(lambda: not dispatcher.endpoints()[0].is_enabled)
        assert "nothing was taken for 5 days: nobody there" in dispatcher.endpoints()[0].disabled_reason
        assert shop.now_s > DISABLE_AFTER_S
        receiver.answer = lambda _: 204
        await dispatcher.put(endpoint())
        await until(lambda: len(receiver.taken) == 2)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)


@pytest.mark.parametrize("status", [400, 404])
def test_a_message_that_a_receiver_cannot_read_does_not_stop_the_rest(tmp_path: Path, status: int) -> None:
    """Given up after some tries, counted and logged; the chain shows the receiver that it is missing."""
    receiver = Receiver(lambda tries: status if tries < REFUSED_TRIES else 204)

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint())
        await shop.note(writer, ["bad", "good"])
        dispatcher.wake()
        await until(lambda: receiver.taken)
        counts = dispatcher.counts()
        assert (counts.given_up, counts.failed) == (1, REFUSED_TRIES - 1)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
    assert [(m["previous_sequence"], m["data"]["sku"]) for m in receiver.taken] == [(1, "good")]


def test_gone_is_the_end_of_it(tmp_path: Path) -> None:
    """410 disables at once."""
    receiver = Receiver(lambda _: 410)

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint())
        await shop.note(writer, ["a"])
        dispatcher.wake()
        await until(lambda: not dispatcher.endpoints()[0].is_enabled)
        counts = dispatcher.counts()
        assert (counts.endpoints, counts.disabled, counts.delivered) == (1, 1, 0)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
    assert len(receiver.tries) == 1


def test_a_restart_goes_on_behind_what_was_taken(tmp_path: Path) -> None:
    """Endpoints and positions are on disk; what changed meanwhile is told."""
    receiver = Receiver()

    async def first(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint())
        await shop.note(writer, ["a"])
        dispatcher.wake()
        await until(lambda: dispatcher.position("wh_1", STORE) == 1)

    async def second(dispatcher: Dispatcher, _: Writer) -> None:
        await until(lambda: dispatcher.position("wh_1", STORE) == 2)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, first)
        shop.store.commit(Commit(1, changes=[ChangeNote(STORE, "availability", "b")]))
    with shop_at(tmp_path, receiver) as shop:
        life(shop, second)
    assert [m["data"]["sku"] for m in receiver.taken] == ["a", "b"]


def test_a_lost_place_is_told_as_a_reset(tmp_path: Path) -> None:
    """Away for longer than the log: one message that says to begin anew, then the changes from there."""
    receiver = Receiver()

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint())
        shop.store._changes._most = 2
        await shop.note(writer, [str(number) for number in range(10)])
        dispatcher.wake()
        await until(lambda: dispatcher.position("wh_1", STORE) == 10)
        await shop.note(writer, ["next"])
        dispatcher.wake()
        await until(lambda: dispatcher.position("wh_1", STORE) == 11)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
    told = [(m["type"], m["previous_sequence"], m["sequence"]) for m in receiver.taken]
    assert told == [("changes.reset", None, 10), ("availability.changed", 10, 11)]


def test_a_replay_tells_again_from_where_it_is_asked(tmp_path: Path) -> None:
    """With the same ids; a place that never was is refused."""
    receiver = Receiver()

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint())
        await shop.note(writer, ["a", "b", "c"])
        dispatcher.wake()
        await until(lambda: dispatcher.position("wh_1", STORE) == 3)
        assert not await dispatcher.replay("wh_1", STORE, 99)
        assert await dispatcher.replay("wh_1", STORE, 1)
        await until(lambda: len(receiver.taken) == 5)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
    ids = [message for message, _, _ in receiver.tries]
    assert ids[3:] == ids[1:3]


@pytest.mark.parametrize("mend", ["url", "replay"])
def test_an_operator_need_not_wait_for_the_next_try(tmp_path: Path, mend: str) -> None:
    """A receiver that is away is asked again hours later, whatever the shop sells meanwhile; but at once where its
    endpoint was changed, or is to be told again.
    """
    receiver = Receiver(lambda _: 0)

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        shop.is_patient = True
        await dispatcher.put(endpoint())
        await shop.note(writer, ["a"])
        dispatcher.wake()
        await until(lambda: shop.slept_s)
        await shop.note(writer, ["b"])
        dispatcher.wake()
        for _ in range(20):
            await asyncio.sleep(0)
        assert (len(receiver.tries), dispatcher.failing("wh_1")) == (1, 1)
        receiver.answer = lambda _: 204
        if mend == "url":
            await dispatcher.put(endpoint(url="https://mended/"))
        else:
            assert await dispatcher.replay("wh_1", STORE, 0)
        await until(lambda: len(receiver.taken) == 2)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
    assert [m["data"]["sku"] for m in receiver.taken] == ["a", "b"]


class Deaf(Receiver):
    """Thinks over each message until it is let go on."""

    def __init__(self, answer: Callable[[int], int]) -> None:
        super().__init__(answer)
        self.is_asked, self.goes_on = threading.Event(), threading.Event()

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer a message, once that is wanted."""
        self.is_asked.set()
        assert self.goes_on.wait(90)
        return super().post(url, headers, body)


@pytest.mark.parametrize("old_answer", [410, 404, 0])
def test_what_the_old_address_answers_says_nothing_of_the_new_one(tmp_path: Path, old_answer: int) -> None:
    """Changed while a message is under way: it is neither disabled nor left alone for the old one's answer."""
    receiver = Deaf(lambda tries: old_answer if tries == 0 else 204)

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        shop.is_patient = True
        await dispatcher.put(endpoint())
        await shop.note(writer, ["a"])
        dispatcher.wake()
        await until(receiver.is_asked.is_set)
        await dispatcher.put(endpoint(url="https://mended/"))
        receiver.goes_on.set()
        await until(lambda: receiver.taken)
        assert dispatcher.endpoints()[0].is_enabled

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
        assert shop.slept_s == []


def test_a_replay_while_a_message_is_under_way_is_not_passed_over(tmp_path: Path) -> None:
    """The message that is taken meanwhile moves nothing: all that was asked for is told, and on disk."""
    receiver = Deaf(lambda _: 204)

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        receiver.goes_on.set()
        await dispatcher.put(endpoint())
        await shop.note(writer, ["a", "b"])
        dispatcher.wake()
        await until(lambda: dispatcher.position("wh_1", STORE) == 2)
        receiver.goes_on.clear()
        receiver.is_asked.clear()
        await shop.note(writer, ["c", "d"])
        dispatcher.wake()
        await until(receiver.is_asked.is_set)
        assert await dispatcher.replay("wh_1", STORE, 0)
        receiver.goes_on.set()
        await until(lambda: dispatcher.position("wh_1", STORE) == 4)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
        assert [p.seq for p in shop.store.webhook_positions()] == [4]
    told = [(m["previous_sequence"], m["sequence"]) for m in receiver.taken]
    assert told == [(0, 1), (1, 2), (2, 3), (0, 1), (1, 2), (2, 3), (3, 4)]


def test_a_fault_of_ours_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is counted, logged once, and tried again after a rest that no sale cuts short; then nothing is missing."""
    receiver = Receiver()

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        shop.fault = KeyError("a fault")
        await dispatcher.put(endpoint())
        await shop.note(writer, ["a"])
        dispatcher.wake()
        await until(lambda: dispatcher.counts().faults >= 3)
        shop.fault = None
        await until(lambda: receiver.taken)

    with shop_at(tmp_path, receiver) as shop, caplog.at_level("ERROR"):
        life(shop, live)
        assert set(shop.slept_s) == {FAULT_RETRY_S}
    assert [m["data"]["sku"] for m in receiver.taken] == ["a"]
    [said] = [record.getMessage() for record in caplog.records]
    assert said.startswith(
        "webhook wh_1: a fault of storefloor itself; it is tried again: KeyError at describe:"
    )


def test_one_that_is_away_holds_nobody_up(tmp_path: Path) -> None:
    """The others are told at once."""

    class Two(Receiver):
        def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
            if "away" in url:
                raise SendFailed("nobody there")
            return super().post(url, headers, body)

    receiver = Two()

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint(id="wh_1", url="https://away/"))
        await dispatcher.put(endpoint(id="wh_2"))
        await shop.note(writer, ["a"])
        dispatcher.wake()
        await until(lambda: receiver.taken)
        assert await dispatcher.drop("wh_1", DROPPED)
        assert not await dispatcher.drop("wh_1", DROPPED)

    with shop_at(tmp_path, receiver) as shop:
        life(shop, live)
        assert [e.id for e in shop.store.webhook_endpoints()] == ["wh_2"]
        assert shop.store.webhook_deliveries("wh_1", 10) == []
        assert [row.entry for row in shop.store.audit_rows(AuditQuery())] == [DROPPED], "once"


@settings(max_examples=25)
@given(
    batches=st.lists(st.lists(st.sampled_from("abcde"), max_size=4), min_size=1, max_size=6),
    statuses=st.lists(st.sampled_from([0, 204, 500, 204]), max_size=12),
)
def test_in_the_end_each_subject_was_told_after_its_last_change(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[str]], statuses: list[int]
) -> None:
    """Whatever fails meanwhile: sequences rise, each names the one before, and no change is left untold."""
    receiver = Receiver(lambda tries: statuses[tries] if tries < len(statuses) else 204)
    total = sum(len(batch) for batch in batches)

    async def live(dispatcher: Dispatcher, writer: Writer) -> None:
        await dispatcher.put(endpoint())
        for batch in batches:
            await shop.note(writer, batch)
            dispatcher.wake()
            await asyncio.sleep(0)
        await until(lambda: dispatcher.position("wh_1", STORE) == total)

    with shop_at(tmp_path_factory.mktemp("hooks"), receiver) as shop:
        life(shop, live)
    last = {subject: seq for seq, subject in enumerate(itertools.chain(*batches), 1)}
    told = [(m["sequence"], m["previous_sequence"], m["data"]["sku"]) for m in receiver.taken]
    sequences = [seq for seq, _, _ in told]
    assert sequences == sorted(set(sequences))
    assert {subject: seq for seq, _, subject in told} == last
    assert [previous for _, previous, _ in told] == [0, *sequences][: len(told)]
