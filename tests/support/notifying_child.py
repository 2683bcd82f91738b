"""A notifier that is killed between a delivery and its mark: run by tests with a folder and how many it may mark."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from gateway.alerts.notices import Notice
from gateway.delivery.model import NoticeTry, Target
from gateway.delivery.notifier import Notifier
from gateway.delivery.retries import Outcome
from gateway.delivery.table import StoredNotices
from gateway.storage.writer import Writer
from gateway.webhooks.model import Delivered
from tests.support.notice_shop import notice_shop
from tests.support.noticing import hook

FOLDER, MARKS = Path(sys.argv[1]), int(sys.argv[2])


class Told:
    """Writes down each id that it took."""

    def ready(self, target: Target, told: Notice) -> Callable[[int], Outcome]:
        """Return what takes it."""

        def send(tries: int) -> Outcome:
            with (FOLDER / "told.txt").open("a") as log:
                log.write(f"{told.id}\n")
            return Delivered(200)

        return send


class Mortal(StoredNotices):
    """Dies before the mark that is one too many."""

    left = MARKS

    async def settle(self, row: int | None, tried: NoticeTry) -> None:
        """Mark it, or die."""
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
        await super().settle(row, tried)


with notice_shop(FOLDER, hook("https://chat.example/"), courier=Told()) as shop:
    shop.queue = Mortal

    async def work(notifier: Notifier, writer: Writer) -> None:
        """Wait until all are told."""
        await shop.told(notifier)

    shop.live(work)
