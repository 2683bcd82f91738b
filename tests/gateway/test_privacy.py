"""What is kept of customers goes when it should: out of rows, answers, free space and the log of the file itself."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gateway.audit import Actor, AuditQuery
from gateway.cli import main
from gateway.cli.privacy_command import told
from gateway.holds import Holds
from gateway.keys import load_pepper
from gateway.once import Once
from gateway.pipeline import Pipeline
from gateway.ports.intake import TillEvent
from gateway.reservations.model import (
    Confirm,
    LineAsked,
    NewReservation,
    Release,
    Reservation,
    ReservationQuery,
)
from gateway.serials import key_of, pseudonym
from gateway.storage.files import SCAN_BYTES, has_bytes
from gateway.storage.privacy import Erased
from gateway.storage.schema import MIGRATIONS
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from gateway.storage.writer import Writer
from tests.support.small_site import SITE, STORE, T0, S, new_engine

EPC = "3034257BF400B7800004CB2F"
REF, OTHER = "customer-48151623", "customer-10842"
ASKED = NewReservation((STORE,), (LineAsked("TOTE", 1),), "web", REF)
WEB = Actor("web", "10.0.0.7")
DAY_S = 86_400


class Clock:
    """Shop time that is set."""

    speed = 1.0
    now_s = 0

    def now_ns(self) -> int:
        self.now_s += 1
        return T0 + self.now_s * S

    def real_s(self, shop_s: float) -> float:
        return shop_s


@dataclass(frozen=True)
class Shop:
    """A gateway's holds, and the time that it lives in."""

    holds: Holds
    pipeline: Pipeline
    clock: Clock

    async def days_later(self, days: int) -> None:
        """Let days pass at once, and two passes of the pipeline take note."""
        self.clock.now_s += days * DAY_S
        for _ in range(2):
            await self.pipeline.decide(lambda _now_ns: None)


@asynccontextmanager
async def a_shop(folder: Path) -> AsyncIterator[Shop]:
    """A gateway with nine totes over a store on disk, until it stops."""
    store = SqliteStore.open(folder / STORE_FILE, synchronous="OFF")
    try:
        async with Writer(store) as writer:
            engine, clock = new_engine(), Clock()
            pipeline = Pipeline(
                engine, writer, store, clock, max_held=100, on_committed=lambda _changes, _committed: None
            )
            engine.restore_reservations(store.open_reservations())
            received = TillEvent("e", "receive", STORE, "TOTE", None, None, 9, T0)
            assert engine.record(received, T0).outcome == "applied"
            once = Once(pipeline, store, engine.state.book.answered)
            task = asyncio.create_task(pipeline.run())
            yield Shop(Holds(engine, pipeline, once, store), pipeline, clock)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    finally:
        store.close()


async def hold(holds: Holds, key: str, owner: str = REF) -> Reservation:
    """Return a reservation that must be granted."""
    outcome = (await holds.reserve(WEB, key, replace(ASKED, owner_ref=owner))).outcome
    assert isinstance(outcome, Reservation)
    return outcome


def files_with(folder: Path, text: str) -> dict[str, int]:
    """Return how often a text stands in the raw bytes of each file of a store."""
    found = {path.name: path.read_bytes().count(text.encode()) for path in folder.glob(f"{STORE_FILE}*")}
    return {name: times for name, times in found.items() if times}


def site_file(folder: Path) -> str:
    """Write a site whose store lies in `folder`; return the file's name."""
    path = folder / "site.toml"
    path.write_text(f'[gateway]\ndata_dir = "{folder}"\n{SITE}', "utf-8")
    return str(path)


def test_a_stored_answer_bears_no_owner_and_its_repeat_is_answered_whole(tmp_path: Path) -> None:
    """Whoever asks again says anew for whom; the answer in the table of keys cannot tell."""

    async def story() -> None:
        async with a_shop(tmp_path) as shop:
            holds = shop.holds
            first = await hold(holds, "a")
            again = await holds.reserve(WEB, "a", ASKED)
            assert again.replayed
            assert again.outcome == first
            assert first.owner_ref == REF

    asyncio.run(story())
    with_rows = SqliteStore.open(tmp_path / STORE_FILE)
    answered = with_rows.answered_request("web", "a")
    with_rows.close()
    assert answered is not None
    assert REF not in answered.result


def test_an_owner_is_gone_from_the_raw_file_when_the_configured_time_is_over(tmp_path: Path) -> None:
    """A week after the end of a reservation no byte of its owner is left, while the reservation is."""

    async def story() -> None:
        async with a_shop(tmp_path) as shop:
            holds = shop.holds
            made = await hold(holds, "a")
            assert isinstance(await holds.change(WEB, made.id, Confirm(), frozenset()), Reservation)
            assert isinstance(await holds.change(WEB, made.id, Release(), frozenset()), Reservation)
            await shop.days_later(6)
            kept = await holds.reservation(made.id)
            assert kept is not None
            assert kept.owner_ref == REF
            await shop.days_later(2)
            after = await holds.reservation(made.id)
            assert after is not None
            assert (after.owner_ref, after.state) == (None, "released")

    asyncio.run(story())
    assert files_with(tmp_path, REF) == {}


def test_what_is_kept_of_a_reservation_goes_in_its_time(tmp_path: Path) -> None:
    """The answer to its key after a day, its owner after a week, the rest after ninety days."""

    async def story() -> None:
        async with a_shop(tmp_path) as shop:
            made = await hold(shop.holds, "a")
            await shop.holds.change(WEB, made.id, Release(), frozenset())
            for days, answers, owners, rows in ((0, 1, 1, 1), (2, 0, 1, 1), (6, 0, 0, 1), (90, 0, 0, 0)):
                await shop.days_later(days)
                assert counts(tmp_path) == (answers, owners, rows), days

    asyncio.run(story())


def counts(folder: Path) -> tuple[int, int, int]:
    """Return how many answers, owners and reservations stand in the tables."""
    store = SqliteStore.attach(folder / STORE_FILE)
    try:
        with store._reading() as sql:
            [(answers,)] = sql.execute("SELECT count(*) FROM idempotency").fetchall()
            [(owners, rows)] = sql.execute("SELECT count(owner_ref), count(*) FROM reservations").fetchall()
    finally:
        store.close()
    return int(answers), int(owners), int(rows)


def test_the_page_for_data_protection_names_every_table_of_the_store() -> None:
    """A table that is new is put down there, with what it holds of people, or among those that hold none."""
    tables = set(re.findall(r"CREATE TABLE (\w+)", "\n".join(s for entry in MIGRATIONS for s in entry)))
    page = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text("utf-8")
    assert tables - set(re.findall(r"`(\w+)`", page)) == set()


def test_erasing_beside_a_running_gateway_leaves_no_byte_and_nothing_brings_it_back(tmp_path: Path) -> None:
    """Open and closed reservations, answers, log and free space; the other customer's stay; it is audited."""
    config = site_file(tmp_path)

    async def story() -> None:
        async with a_shop(tmp_path) as shop:
            holds = shop.holds
            open_one, closed = await hold(holds, "a"), await hold(holds, "b")
            await hold(holds, "c", OTHER)
            await holds.change(WEB, closed.id, Release(), frozenset())
            assert files_with(tmp_path, REF)
            assert (
                await asyncio.to_thread(main, ["privacy", "erase", "--owner", REF, "--config", config]) == 0
            )
            assert files_with(tmp_path, REF) == {}
            await holds.change(WEB, open_one.id, Confirm(), frozenset())
            assert await holds.reservations(ReservationQuery(owner_ref=REF)) == []
            assert len(await holds.reservations(ReservationQuery(owner_ref=OTHER))) == 1
            again = await holds.reservation(open_one.id)
            assert again is not None
            assert (again.state, again.owner_ref) == ("confirmed", None)

    asyncio.run(story())
    assert files_with(tmp_path, REF) == {}
    assert files_with(tmp_path, OTHER)
    store = SqliteStore.open(tmp_path / STORE_FILE)
    [entry] = store.audit_rows(AuditQuery(None, "privacy.erase", None, None, None, None, 10))
    store.close()
    assert entry.entry.key_id.startswith("os:")


def test_a_file_that_was_not_overwritten_is_said_to_hold_the_owner_and_written_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Builds of the library that leave old bytes in place: free pages go, pages in use need the whole file."""
    store = SqliteStore.open(tmp_path / STORE_FILE, synchronous="OFF")
    store._connection.execute("PRAGMA secure_delete = OFF")
    with store._writing() as sql:
        sql.executemany(
            "INSERT INTO reservations VALUES (?, 'lyon-1', 'released', ?, 1, 1, 1, '{}')",
            [(f"r{number}", f"{REF}-{number}") for number in range(5_000)],
        )
    with store._writing() as sql:
        sql.execute("DELETE FROM reservations")
    store.close()
    config = site_file(tmp_path)
    before = files_with(tmp_path, REF)[STORE_FILE]
    assert main(["privacy", "erase", "--owner", REF, "--config", config]) == 1
    assert f"still stand somewhere in {STORE_FILE}" in capsys.readouterr().out
    assert files_with(tmp_path, REF)[STORE_FILE] < before / 10
    assert main(["privacy", "erase", "--owner", REF, "--config", config, "--rewrite"]) == 0
    assert files_with(tmp_path, REF) == {}


def test_bytes_are_found_over_the_seam_of_two_chunks(tmp_path: Path) -> None:
    """And nothing is found where nothing is."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * (SCAN_BYTES - 3) + REF.encode() + b"y" * 10)
    assert has_bytes(path, REF)
    assert not has_bytes(path, OTHER)


def test_what_is_left_to_do_is_said() -> None:
    """Files that still hold it, backups, other systems: nobody is told that all is done."""
    lines = told(Erased(2, (STORE_FILE,)), [Path("b/one.db"), Path("b/two.db")])
    said = "\n".join(lines)
    assert "2 reservations" in lines[0]
    assert all(word in said for word in (STORE_FILE, "--rewrite", "2 backups", "one.db", "e-shop"))


def test_a_tag_is_found_again_by_its_pseudonym(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who holds a piece and the store's secret can join it to its old movements: a return, a recall."""
    config = site_file(tmp_path)
    pepper = load_pepper(tmp_path, keys_exist=False)
    assert main(["privacy", "pseudonym", "--epc", EPC, "--config", config]) == 0
    assert capsys.readouterr().out.strip() == pseudonym(key_of(pepper), EPC)
