"""Documents through the pipeline and the store on disk: once per key, there after a restart, refused when full."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from gateway.answered import KeyRefused
from gateway.cli.serve import STATE_PARTS
from gateway.deliveries.desk import RECEIVED_AT_ONCE
from gateway.deliveries.model import Delivery, DeliveryQuery, DocumentRefused, LineAsked, NewDelivery
from gateway.deliveries.office import DeliveryOffice
from gateway.once import Once
from gateway.pipeline import Pipeline
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from gateway.storage.writer import Writer
from gateway.transfers.model import NewTransfer, Transfer, TransferQuery
from gateway.transfers.office import TransferOffice
from tests.support.delivery_shop import ACTOR, ALL, OTHER
from tests.support.small_site import STORE, T0, S, new_engine

TOTES = LineAsked("TOTE", None, RECEIVED_AT_ONCE * 2 + 50)
ASKED = NewDelivery(STORE, (TOTES,), T0, T0 + 3_600 * S, "ASN-1")


class FixedClock:
    """Shop time that stands still."""

    speed = 1.0

    def now_ns(self) -> int:
        return T0

    def real_s(self, shop_s: float) -> float:
        return shop_s


class Life:
    """One life of a gateway over a store in a folder."""

    def __init__(self, store: SqliteStore, writer: Writer, max_held: int) -> None:
        self.engine = new_engine()
        rows = [row for part in STATE_PARTS for row in store.state_rows(part)]
        self.engine.restore(rows, store.latest_levels(), T0, store.snapshots("item"))
        self.pipeline = Pipeline(
            self.engine,
            writer,
            store,
            FixedClock(),
            max_held=max_held,
            on_committed=lambda _changes, _committed: None,
        )
        once = Once(self.pipeline, store, self.engine.state.book.answered)
        self.deliveries = DeliveryOffice(self.engine, self.pipeline, once)
        self.transfers = TransferOffice(self.engine, self.pipeline, once)


@asynccontextmanager
async def life(folder: Path, max_held: int = 1_000) -> AsyncIterator[Life]:
    """Give a gateway that works, and end it."""
    store = SqliteStore.open(folder / STORE_FILE, synchronous="OFF")
    try:
        async with Writer(store) as writer:
            found = Life(store, writer, max_held)
            task = asyncio.create_task(found.pipeline.run())
            try:
                yield found
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
    finally:
        store.close()


def test_a_delivery_is_announced_once_over_a_restart(tmp_path: Path) -> None:
    """The same key gets the same delivery from the next life; another request with it is refused."""

    async def go() -> None:
        async with life(tmp_path) as first:
            made = (await first.deliveries.announce("erp", "k1", ASKED, ACTOR)).outcome
        assert isinstance(made, Delivery)
        async with life(tmp_path) as second:
            again = await second.deliveries.announce("erp", "k1", ASKED, ACTOR)
            assert (again.outcome, again.replayed) == (made, True)
            assert await second.deliveries.deliveries(DeliveryQuery((STORE,))) == [made]
            assert await second.deliveries.delivery(made.id) == made
            other = NewDelivery(STORE, (TOTES,), T0, T0 + S)
            with pytest.raises(KeyRefused, match="other content"):
                await second.deliveries.announce("erp", "k1", other, ACTOR)

    asyncio.run(go())


def test_many_pieces_are_received_in_several_passes(tmp_path: Path) -> None:
    """Each pass takes some, so that none is long; all are in stock before the answer, and after a restart."""

    async def go() -> None:
        async with life(tmp_path) as first:
            made = (await first.deliveries.announce("erp", "k1", ASKED, ACTOR)).outcome
            assert isinstance(made, Delivery)
            passes = first.pipeline.passes
            done = await first.deliveries.receive(made.id, None, ALL, ACTOR)
            assert isinstance(done, Delivery)
            assert done.state == "received"
            assert first.pipeline.passes - passes >= 3
        async with life(tmp_path) as second:
            assert await second.deliveries.delivery(made.id) == done
            assert second.engine.state.ledger.levels(STORE, "TOTE") == {"back": TOTES.qty}
            assert second.engine.imbalanced == 0

    asyncio.run(go())


def test_a_transfer_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Requested and sent in one life, received in the next."""

    async def go() -> None:
        asked = NewTransfer(STORE, OTHER, (LineAsked("TOTE", None, 2),))
        async with life(tmp_path) as first:
            made = (await first.transfers.request("erp", "k1", asked, ACTOR)).outcome
            assert isinstance(made, Transfer)
            assert isinstance(await first.transfers.send(made.id, ALL, ACTOR, force=True), Transfer)
        async with life(tmp_path) as second:
            assert (await second.transfers.request("erp", "k1", asked, ACTOR)).replayed
            (sent,) = await second.transfers.transfers(TransferQuery((OTHER,)))
            assert (sent.id, sent.state) == (made.id, "sent")
            done = await second.transfers.receive(made.id, None, ALL, ACTOR)
            assert isinstance(done, Transfer)
            assert (done.state, second.engine.state.ledger.levels(OTHER, "TOTE")) == (
                "received",
                {"floor": 2},
            )

    asyncio.run(go())


def test_a_full_gateway_takes_nothing(tmp_path: Path) -> None:
    """What is asked is refused as it is, and may be asked again."""

    async def go() -> None:
        async with life(tmp_path, max_held=0) as full:
            with pytest.raises(KeyRefused, match="more input"):
                await full.deliveries.announce("erp", "k1", ASKED, ACTOR)
            refused = await full.deliveries.end("dl_0", "closed", ALL, ACTOR)
            assert isinstance(refused, DocumentRefused)
            assert refused.code == "overloaded"

    asyncio.run(go())
