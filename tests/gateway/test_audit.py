"""Who changed what: one entry per change, in the commit of the change, and nothing that is secret or a person's."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from gateway.answered import KeyRefused
from gateway.audit import MAX_DETAIL_CHARS, Actor, AuditEntry, AuditQuery, cut, lines_told
from gateway.audit_log import AuditLog
from gateway.cli import main
from gateway.cli.webhook_parts import WebhookParts
from gateway.config.webhooks import WebhooksSection
from gateway.engine import Engine
from gateway.holds import Holds
from gateway.once import Once
from gateway.pipeline import Pipeline
from gateway.ports.intake import TillEvent
from gateway.reservations.model import (
    Amend,
    Collect,
    Confirm,
    LineAsked,
    NewReservation,
    Pick,
    Release,
    Reservation,
    Transfer,
)
from gateway.storage.ports import Commit
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from gateway.storage.writer import Writer
from gateway.webhooks.ports import WebhookRefused
from tests.support.small_site import STORE, T0, new_engine

WEB = Actor("web", "10.0.0.7")
ASKED = NewReservation((STORE,), (LineAsked("TOTE", 2),), "web", "cart-of-anna")
PEPPER = b"p" * 32
HOOK_URL = "https://93.184.216.34/hooks?token=hush"
SITE = """
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "floor", role = "floor" }]
[gateway]
data_dir = "."
"""


class Clock:
    """Time stands still."""

    speed = 1.0

    def now_ns(self) -> int:
        return T0

    def real_s(self, shop_s: float) -> float:
        return shop_s


class Gateway:
    """All that writes the log, over a store on disk; `kept` are the commits that reached it, in order."""

    def __init__(self, store: SqliteStore, writer: Writer) -> None:
        self.store = store
        self.kept: list[Commit] = []
        self.engine: Engine = new_engine()
        self.engine.restore((), store.latest_levels(), T0)
        self.engine.restore_reservations(store.open_reservations())
        self.pipeline = Pipeline(
            self.engine, writer, store, Clock(), max_held=1_000, on_committed=lambda _changes, _done: None
        )
        once = Once(self.pipeline, store, self.engine.state.book.answered)
        self.holds = Holds(self.engine, self.pipeline, once, store)
        self.log = AuditLog(store, self.engine.state, Clock().now_ns)
        parts = WebhookParts(
            WebhooksSection.model_validate({}), self.engine, store, writer, PEPPER, Clock(), once
        )
        self.dispatcher, self.hooks = parts.dispatcher, parts.desk

    def entries(self) -> list[AuditEntry]:
        """Return the log on disk, oldest first."""
        return [row.entry for row in reversed(self.store.audit_rows(AuditQuery()))]

    def actions(self) -> list[str]:
        """Return what was done, oldest first."""
        return [entry.action for entry in self.entries()]


def live(folder: Path, test: Callable[[Gateway], Awaitable[None]], totes: int = 5) -> None:
    """Run a test over a gateway that is killed at its end: no last pass, no good-bye."""

    async def run() -> None:
        with opened(folder) as store:
            async with Writer(store) as writer:
                gateway = Gateway(store, writer)
                task = asyncio.create_task(gateway.pipeline.run())
                try:
                    event = TillEvent("e", "receive", STORE, "TOTE", None, None, totes, T0)
                    await gateway.pipeline.record("till", [event])
                    await test(gateway)
                finally:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task

    asyncio.run(run())


@contextmanager
def opened(folder: Path) -> Iterator[SqliteStore]:
    """Give the store in a folder."""
    store = SqliteStore.open(folder / STORE_FILE, synchronous="OFF")
    try:
        yield store
    finally:
        store.close()


async def held(gateway: Gateway, key: str = "k1") -> Reservation:
    """Return the reservation that must have been granted."""
    decided = await gateway.holds.reserve(WEB, key, ASKED)
    assert isinstance(decided.outcome, Reservation), decided.outcome
    return decided.outcome


def test_each_step_of_a_reservation_is_one_entry(tmp_path: Path) -> None:
    """With who, from where, which store and which pieces; never with the word of whose they are."""

    async def test(gateway: Gateway) -> None:
        made = await held(gateway)
        for command in (
            Amend(made.version, None, None, (LineAsked("TOTE", 3),)),
            Confirm(),
            Pick((), (LineAsked("TOTE", 3),)),
            Collect(),
        ):
            assert isinstance(await gateway.holds.change(WEB, made.id, command, frozenset()), Reservation)
        verbs = ["create", "amend", "confirm", "pick", "collect"]
        assert gateway.actions() == [f"reservations.{verb}" for verb in verbs]
        assert {(e.key_id, e.address, e.store, e.subject, e.at_ns) for e in gateway.entries()} == {
            ("web", "10.0.0.7", STORE, made.id, T0)
        }
        assert [e.detail for e in gateway.entries()] == ["TOTE ×2", "TOTE ×3", "", "TOTE ×3", ""]
        assert "anna" not in repr(gateway.entries())

    live(tmp_path, test)


def test_what_changes_nothing_is_not_written_down(tmp_path: Path) -> None:
    """A refusal, a repeat with the same key, and a step whose end is reached already."""

    async def test(gateway: Gateway) -> None:
        made = await held(gateway)
        again = await gateway.holds.reserve(WEB, "k1", ASKED)
        assert again.replayed
        await gateway.holds.reserve(WEB, "k2", NewReservation((STORE,), (LineAsked("TOTE", 99),), "web"))
        await gateway.holds.change(WEB, made.id, Collect(), frozenset())  # not confirmed yet
        await gateway.holds.change(WEB, made.id, Transfer(STORE), frozenset())  # it is there
        await gateway.holds.change(WEB, made.id, Release(), frozenset({"paris-1"}))  # not of that store
        for _ in range(2):
            await gateway.holds.change(WEB, made.id, Release(), frozenset())
        assert gateway.actions() == ["reservations.create", "reservations.release"]

    live(tmp_path, test)


def test_an_entry_is_in_the_commit_of_its_change(tmp_path: Path) -> None:
    """Where the commit is refused, neither is there; where it is written, both are, through a kill."""

    async def test(gateway: Gateway) -> None:
        for number in range(2):
            await held(gateway, f"k{number}")

    seen: list[Commit] = []

    class Watched(SqliteStore):
        def _write(self, sql: object, commit: Commit) -> object:  # type: ignore[override]  # looked at on its way
            seen.append(commit)
            return super()._write(sql, commit)  # type: ignore[arg-type]  # as it was given

    async def run() -> None:
        store = Watched.open(tmp_path / STORE_FILE, synchronous="OFF")
        try:
            async with Writer(store) as writer:
                gateway = Gateway(store, writer)
                task = asyncio.create_task(gateway.pipeline.run())
                event = TillEvent("e", "receive", STORE, "TOTE", None, None, 5, T0)
                await gateway.pipeline.record("till", [event])
                await test(gateway)
                task.cancel()
        finally:
            store.close()

    asyncio.run(run())
    changing = [commit for commit in seen if commit.audited]
    assert [{e.subject for e in c.audited} for c in changing] == [
        {r.id for r in c.reservations} for c in changing
    ]
    with opened(tmp_path) as store:
        assert {row.entry.subject for row in store.audit_rows(AuditQuery())} == {
            r.id for r in store.open_reservations()
        }
        assert len(store.open_reservations()) == 2


def test_a_webhook_endpoint_is_made_once_per_key_with_one_secret(tmp_path: Path) -> None:
    """The repeat is answered in the same words, after a kill too; the secret stands nowhere on disk."""
    first: list[Any] = []

    async def create(gateway: Gateway, key: str = "h1", url: str = HOOK_URL) -> Any:
        made = await gateway.hooks.create(
            WEB, key, url=url, types=("alert",), stores=(STORE,), description="shop"
        )
        first.append(made.outcome)
        return made

    async def test(gateway: Gateway) -> None:
        assert not (await create(gateway)).replayed
        assert (await create(gateway)).replayed
        with pytest.raises(KeyRefused, match="other content"):
            await create(gateway, url="https://93.184.216.35/")
        with pytest.raises(WebhookRefused, match="not a public address"):
            await create(gateway, "h2", "https://127.0.0.1/")
        assert len(gateway.hooks.endpoints()) == 1

    async def later(gateway: Gateway) -> None:
        assert (await create(gateway)).replayed
        assert [e.id for e in gateway.store.webhook_endpoints()] == [first[0][0].endpoint.id]
        assert gateway.actions() == ["webhooks.create"]

    live(tmp_path, test)
    live(tmp_path, later, totes=1)
    assert all(outcome == first[0] for outcome in first)
    secret = first[0][1].removeprefix("whsec_").encode()
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret not in on_disk
    assert first[0][0].endpoint.id.encode() in on_disk


def test_changes_of_webhooks_are_entries_without_their_addresses(tmp_path: Path) -> None:
    """A URL may hold a secret of its receiver's; what reads as before is no change."""

    async def test(gateway: Gateway) -> None:
        hooks, dispatcher = gateway.hooks, gateway.dispatcher
        made = await hooks.create(WEB, "h1", url=HOOK_URL, types=(), stores=(STORE,), description="")
        one = made.outcome[0].endpoint.id
        await hooks.change(WEB, one, description="till", enabled=False)
        await hooks.change(WEB, one, description="till", enabled=False)
        with pytest.raises(WebhookRefused):
            await hooks.change(WEB, one, url="https://10.0.0.1/")
        await hooks.rotate(WEB, one)
        assert await hooks.replay(WEB, one, STORE, 0)
        assert not await hooks.replay(WEB, one, STORE, 99)
        assert await hooks.drop(WEB, one)
        assert dispatcher.endpoints() == []
        told = [(e.action.partition(".")[2], e.store, e.subject, e.detail) for e in gateway.entries()]
        assert told == [
            ("create", STORE, one, STORE),
            ("change", STORE, one, "description, disabled"),
            ("rotate_secret", STORE, one, ""),
            ("replay", STORE, one, f"{STORE} after 0"),
            ("delete", STORE, one, ""),
        ]
        assert "hush" not in repr(gateway.entries())

    live(tmp_path, test)


def test_what_has_no_commit_of_its_own_comes_with_the_next(tmp_path: Path) -> None:
    """A sign-in waits for no disk."""

    async def test(gateway: Gateway) -> None:
        gateway.log.note(WEB, "session.open", "", "web")
        assert gateway.actions() == []
        await held(gateway)
        assert gateway.actions() == ["session.open", "reservations.create"]
        rows = await gateway.log.rows(AuditQuery(action="session.open"))
        assert [row.entry.key_id for row in rows] == ["web"]

    live(tmp_path, test)


def test_keys_made_and_ended_on_the_command_line_are_told_by_its_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the transaction that makes or ends them; ending one that is not there is no change."""
    site = tmp_path / "site.toml"
    site.write_text(SITE, "utf-8")
    create = ["--name", "shop", "--scope", "admin", "--store", STORE, "--config", str(site)]
    assert main(["keys", "create", *create]) == 0
    token, key_id = capsys.readouterr().out.split()[1], ""
    with opened(tmp_path) as store:
        [key] = store.keys()
        key_id = key.id
    assert [main(["keys", "revoke", key_id, "--config", str(site)]) for _ in range(2)] == [0, 1]
    with opened(tmp_path) as store:
        entries = [row.entry for row in reversed(store.audit_rows(AuditQuery()))]
    assert [(e.action, e.store, e.subject, e.detail, e.address) for e in entries] == [
        ("keys.create", STORE, key_id, f"shop: admin; {STORE}", ""),
        ("keys.revoke", "", key_id, "", ""),
    ]
    assert all(e.key_id.startswith("os:") and len(e.key_id) > 3 for e in entries)
    assert token.rpartition("_")[2] not in repr(entries)


def test_the_log_is_asked_by_store_kind_key_and_time(tmp_path: Path) -> None:
    """Newest first; a page goes on where the one before ended, though times are alike."""
    entries = [
        AuditEntry(T0 + at, key, "", action, store, str(at))
        for at, (key, action, store) in enumerate(
            [("a", "x.y", "lyon-1"), ("b", "x.y", ""), ("a", "x.z", "paris-1"), ("b", "x.z", "lyon-1")]
        )
    ] + [AuditEntry(T0 + 3, "a", "", "x.z", "lyon-1", "4")]
    with opened(tmp_path) as store:
        store.commit(Commit(T0, audited=entries))

        def ask(**asked: object) -> list[str]:
            return [row.entry.subject for row in store.audit_rows(AuditQuery(**asked))]  # type: ignore[arg-type]  # by name

        assert ask() == ["4", "3", "2", "1", "0"]
        assert ask(stores=["lyon-1", "paris-1"]) == ["4", "3", "2", "0"]
        assert ask(stores=[]) == []
        assert (ask(action="x.y"), ask(key_id="b")) == (["1", "0"], ["3", "1"])
        assert ask(from_ns=T0 + 1, to_ns=T0 + 3) == ["2", "1"]
        paged, before = [], None
        while page := store.audit_rows(AuditQuery(before=before, limit=1)):
            paged.append(page[0].entry.subject)
            before = (page[0].entry.at_ns, page[0].id)
        assert paged == ask()


def test_details_are_bounded() -> None:
    """A basket of a thousand lines is a line in the log."""
    assert lines_told([("A", 1), ("B", 2)]) == "A ×1, B ×2"
    assert len(lines_told([("SKU", 1)] * 1_000)) == MAX_DETAIL_CHARS
    assert cut("x" * MAX_DETAIL_CHARS) == "x" * MAX_DETAIL_CHARS
