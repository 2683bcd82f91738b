"""The ledger's requests: each slice once per key, on disk before the answer, through any crash."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from gateway.answered import Answered, AnsweredRequest, KeyRefused
from gateway.book_stock.model import LedgerLine, LineVerdict
from gateway.book_stock.office import SLICE, LedgerBooks, VerdictsForm
from gateway.catalogue.model import NewArticle
from gateway.catalogue.office import CatalogueKeeper
from gateway.once import Once
from gateway.pipeline import Pipeline
from gateway.ports.intake import TillEvent
from gateway.storage.ports import StateRow
from tests.support.ledger_site import ACTOR, LEDGER_SITE, WEB, ledger_engine
from tests.support.scripted_writer import ScriptedWriter
from tests.support.small_site import T0, S
from tests.support.virtual_loop import loop_s, run_virtual


class Clock:
    """Shop time that passes with the loop's."""

    speed = 1.0

    def now_ns(self) -> int:
        return T0 + round(loop_s() * S)

    def real_s(self, shop_s: float) -> float:
        return shop_s


class Tables(ScriptedWriter):
    """A writer that knows the requests it committed."""

    def answered_request(self, source: str, key: str) -> AnsweredRequest | None:
        found = [a for commit in self.commits for a in commit.answered if (a.source, a.key) == (source, key)]
        return found[-1] if found else None

    def answered_keys(self, after_ns: int, limit: int) -> list[tuple[str, str, int]]:
        return [(a.source, a.key, a.at_ns) for commit in self.commits for a in commit.answered]

    def rows(self) -> list[StateRow]:
        """Return the state as the commits left it."""
        return list({(row.part, row.key): row for commit in self.commits for row in commit.state}.values())


class Gateway:
    """A gateway over tables; `skus` beside those of its file are put in at once."""

    def __init__(self, tables: Tables) -> None:
        self.engine = ledger_engine(LEDGER_SITE)
        self.engine.restore(
            tables.rows(),
            [point for commit in tables.commits for point in commit.levels],
            T0,
        )
        self.pipeline = Pipeline(
            self.engine,
            tables,
            tables,
            Clock(),
            max_held=1_000,
            on_committed=lambda _changes, _committed: None,
        )
        once = Once(self.pipeline, tables, self.engine.state.book.answered)
        self.books = LedgerBooks(self.engine, once, self.pipeline.clock_now_ns)
        self.catalogue = CatalogueKeeper(self.engine, self.pipeline)

    async def tell(self, key: str, *lines: LedgerLine) -> Answered[tuple[LineVerdict, ...]]:
        """Tell of lines with a key."""
        return await self.books.tell("erp", key, lines, ACTOR)

    def pieces(self, sku: str = "TOTE") -> int:
        """Return the stock of the warehouse."""
        return sum(self.engine.state.ledger.levels(WEB, sku).values())


def lived(test: Callable[[Gateway], Awaitable[None]], tables: Tables | None = None) -> Tables:
    """Run a test in virtual time over a gateway that works; return what it left on disk."""

    async def main() -> Tables:
        kept = tables or Tables()
        gateway = Gateway(kept)
        working = asyncio.create_task(gateway.pipeline.run())
        await test(gateway)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        return kept

    return run_virtual(main())


TOTES = LedgerLine(WEB, "TOTE", 7, None)
"""Of now: told again later, it would be another figure."""


def test_a_repeat_has_no_effect_even_after_a_crash_and_a_sale() -> None:
    """The same key gets the first verdicts; the sale in between is not forgotten by the figure that comes again."""

    async def first(gateway: Gateway) -> None:
        answered = await gateway.tell("k1", TOTES)
        assert (answered.outcome, answered.replayed) == (("applied",), False)
        await asyncio.sleep(1)
        sale = TillEvent("e1", "sale", WEB, "TOTE", None, None, 1, gateway.pipeline.clock_now_ns())
        await gateway.pipeline.record("till", [sale])
        again = await gateway.tell("k1", TOTES)
        assert (again.outcome, again.replayed) == (("applied",), True)
        assert gateway.pieces() == 6

    async def second(gateway: Gateway) -> None:
        again = await gateway.tell("k1", TOTES)
        assert (again.outcome, again.replayed, gateway.pieces()) == (("applied",), True, 6)
        with pytest.raises(KeyRefused) as refused:
            await gateway.tell("k1", LedgerLine(WEB, "TOTE", 8, None))
        assert refused.value.code == "idempotency_key_reused"
        assert gateway.pieces() == 6

    lived(second, lived(first))


def test_nothing_is_answered_before_it_is_on_disk() -> None:
    """While the disk is slow the ERP waits; then figures, movements and the answer lie in one commit."""

    async def test(gateway: Gateway) -> None:
        tables.hold()
        asked = asyncio.create_task(gateway.tell("k1", TOTES))
        await asyncio.sleep(5)
        assert not asked.done()
        tables.open.set()
        await asked
        (commit,) = [commit for commit in tables.commits if commit.answered]
        assert [movement.cause for movement in commit.movements] == ["ledger"]
        assert ("book", f"{WEB}/TOTE") in {(row.part, row.key) for row in commit.state}

    tables = Tables()
    lived(test, tables)


def test_a_long_file_is_taken_in_by_slices_and_goes_on_where_a_crash_cut_it() -> None:
    """Three slices, three commits; of a file of which the first was taken in, the repeat takes in the others."""
    lines = [LedgerLine(WEB, f"SKU-{n:04d}", n % 7, T0) for n in range(2 * SLICE + 1)]

    async def first(gateway: Gateway) -> None:
        await gateway.catalogue.put([NewArticle(line.sku) for line in lines], ACTOR)
        telling = asyncio.create_task(gateway.tell("k1", *lines))
        while not any(c.answered for c in tables.commits):  # noqa: ASYNC110 - the disk has no event for it
            await asyncio.sleep(0.01)
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling

    async def second(gateway: Gateway) -> None:
        answered = await gateway.tell("k1", *lines)
        assert (set(answered.outcome), len(answered.outcome)) == ({"applied"}, len(lines))
        assert not answered.replayed
        keys = [a.key for commit in tables.commits for a in commit.answered]
        assert keys == ["k1", "k1\x1f1", "k1\x1f2"]
        assert (await gateway.tell("k1", *lines)).replayed
        assert sum(gateway.pieces(line.sku) for line in lines) == sum(line.pieces for line in lines)

    tables = Tables()
    lived(first, tables)
    for commit in tables.commits[:]:  # what came after the first slice was lost with the machine
        if any(a.key != "k1" for a in commit.answered):
            tables.commits.remove(commit)
    lived(second, tables)


def test_a_gateway_that_is_full_takes_nothing() -> None:
    """Neither lines nor articles: both are told to come again."""

    async def test(gateway: Gateway) -> None:
        gateway.pipeline.is_full = lambda: True  # type: ignore[method-assign]  # as with a disk that refuses
        with pytest.raises(KeyRefused, match="more input"):
            await gateway.tell("k1", TOTES)
        with pytest.raises(KeyRefused, match="more input"):
            await gateway.catalogue.put([NewArticle("CAP")], ACTOR)

    lived(test)


def test_verdicts_are_stored_in_a_letter_each() -> None:
    """What is written is read again: all of them."""
    every: tuple[LineVerdict, ...] = (
        "applied", "unchanged", "older", "too_old", "time_in_future", "unknown_store", "unknown_sku",
    )  # fmt: skip
    form = VerdictsForm()
    assert form.read(form.write(every)) == every
    assert form.is_lasting(every)
