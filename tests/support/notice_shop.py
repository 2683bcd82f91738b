"""A store, a queue and a notifier over them, whose rests take no time: for tests of the delivery of notices."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from gateway.alerts.notices import Notice
from gateway.delivery.courier import NoticeCourier
from gateway.delivery.model import Target
from gateway.delivery.notifier import Notifier
from gateway.delivery.ports import Courier
from gateway.delivery.table import StoredNotices
from gateway.storage.ports import Commit
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from gateway.storage.writer import Writer
from gateway.webhooks.sender import Sender
from gateway.webhooks.targets import Policy
from tests.support.noticing import AT_NS, STORE, S, wordings

LOCAL = Policy((ip_network("127.0.0.0/8"),), allow_http=True)


class NoticeShop:
    """Its clock goes on by its rests alone."""

    speed = 1.0

    def __init__(self, folder: Path, targets: tuple[Target, ...], courier: Courier | None = None) -> None:
        self.store = SqliteStore.open(folder / STORE_FILE, synchronous="OFF")
        self.targets = targets
        self.courier = courier or NoticeCourier(wordings(), Sender(LOCAL))
        self.now_s = 0.0
        self.rests_s: list[float] = []
        self.queue: Callable[[SqliteStore, Writer], Any] = StoredNotices
        self._writer: Writer

    def now_ns(self) -> int:
        """Return the shop's time."""
        return AT_NS + int(self.now_s * S)

    def real_s(self, shop_s: float) -> float:
        """Return the same."""
        return shop_s

    async def rest(self, sign: asyncio.Event, seconds: float) -> None:
        """Let time pass at once."""
        self.rests_s.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)

    def notifier(self, writer: Writer) -> Notifier:
        """Return a notifier that does not run yet."""
        return Notifier(
            self.targets, self.queue(self.store, writer), self.courier, self, (STORE,), wordings(),
            chance=lambda: 0.5, monotonic_s=lambda: self.now_s, rest=self.rest,
        )  # fmt: skip

    def live(self, work: Callable[[Notifier, Writer], Awaitable[None]]) -> None:
        """Run a notifier while `work` does, then end it as a stop does."""

        async def run() -> None:
            async with Writer(self.store) as writer:
                notifier = self.notifier(writer)
                self._writer = writer
                task = asyncio.create_task(notifier.run())
                try:
                    await work(notifier, writer)
                finally:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task

        asyncio.run(run())

    async def tell(self, notifier: Notifier, writer: Writer, notices: Iterable[Notice]) -> None:
        """Commit notices as the pipeline does."""
        await writer.commit(Commit(self.now_ns(), notices=notifier.route(list(notices))))
        notifier.wake()

    async def told(self, notifier: Notifier) -> None:
        """Return once nothing waits any more, and who emptied the queue has learned of it."""
        async with asyncio.timeout(60):
            while any(state.waiting for state in await notifier.states()):  # noqa: ASYNC110 - another thread's work
                await asyncio.sleep(0.002)
            await self._writer.aside(
                lambda: None
            )  # the lane waits for what the writer's thread did before this


@contextmanager
def notice_shop(folder: Path, *targets: Target, courier: Courier | None = None) -> Any:
    """Give a shop whose store is closed at the end."""
    shop = NoticeShop(folder, targets, courier)
    try:
        yield shop
    finally:
        shop.store.close()
