"""Receivers at which nothing listens for an hour of shop time, over real HTTP: they get all, in order, once they are back."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from api.encoding import encode_alert
from gateway.alerts.notices import Notice
from gateway.alerts.past import as_it_was
from gateway.alerts.records import AlertRecord, AlertState
from gateway.changes.model import Change, ChangeNote
from gateway.delivery.notifier import Notifier
from gateway.delivery.retries import WAITS_S
from gateway.storage.ports import Commit
from gateway.storage.writer import Writer
from gateway.webhooks.dispatcher import Dispatcher
from gateway.webhooks.model import Endpoint
from gateway.webhooks.sender import Sender
from gateway.webhooks.signing import secret_of
from gateway.webhooks.table import StoredWebhooks
from gateway.webhooks.targets import Policy
from tests.notices.targets import HttpTarget
from tests.support.hook_receiver import Hook
from tests.support.notice_shop import NoticeShop
from tests.support.noticing import AT_NS, STORE, S, alert, hook, notice

AWAY_S, MINUTE_S = 3_600, 60
STOOD_MINUTES = 7
PEPPER = b"p" * 32
LOCAL = Policy((ip_network("127.0.0.0/8"),), allow_http=True)


class Hour(NoticeShop):
    """A shop in which an alert fires each minute of an hour, and is over seven later; then `target` is back.

    `commit(records)` writes what happened while somebody rested.
    """

    def __init__(self, folder: Path, target: HttpTarget) -> None:
        super().__init__(folder, (hook(f"http://127.0.0.1:{target.port}/"),))
        self.target = target
        self.happened: list[AlertRecord] = []
        self.commit: Callable[[list[AlertRecord]], Awaitable[None]]
        self._minute = 0

    async def rest(self, sign: asyncio.Event, seconds: float) -> None:
        """Let time pass, and happen what happens in it."""
        self.now_s += seconds
        await self.happen()

    async def happen(self) -> None:
        """Write what happened by now; let the target be back where its hour is over."""
        new: list[AlertRecord] = []
        while self._minute * MINUTE_S <= min(self.now_s, AWAY_S):
            new.append(_fired(self._minute))
            if self._minute >= STOOD_MINUTES:
                over_ns = AT_NS + self._minute * MINUTE_S * S
                fired = _fired(self._minute - STOOD_MINUTES)
                new.append(replace(fired, state=AlertState.RESOLVED, resolved_at_ns=over_ns))
            self._minute += 1
        self.happened += new
        if new:
            await self.commit(new)
        if self.now_s >= AWAY_S and self.target.mode == "gone":
            self.target.turn("up")


def _fired(minute: int) -> AlertRecord:
    at_ns = AT_NS + minute * MINUTE_S * S
    return alert(minute, since_ns=at_ns, fired_at_ns=at_ns)


def _within(shop: Hour, work: Callable[[Notifier, Writer], Awaitable[None]]) -> None:
    try:
        shop.live(work)
    finally:
        shop.target.turn("gone")
        shop.store.close()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - another thread's work
            await asyncio.sleep(0.002)


def test_a_target_gets_each_notice_once_in_order(tmp_path: Path) -> None:
    """Beginnings and ends, as they came, within the longest wait between two tries."""
    came: list[str] = []
    shop = Hour(tmp_path, HttpTarget(lambda _, body: came.append(json.loads(body)["id"])))
    told: list[Notice] = []

    async def work(notifier: Notifier, writer: Writer) -> None:
        async def commit(records: list[AlertRecord]) -> None:
            new = [
                notice(
                    len(told) + n, kind="fired" if one.resolved_at_ns is None else "resolved", alerts=(one,)
                )
                for n, one in enumerate(records)
            ]
            told.extend(new)
            await shop.tell(notifier, writer, new)

        shop.commit = commit
        await shop.happen()
        await _until(lambda: bool(came) and len(came) == len(told))

    _within(shop, work)
    assert came == [one.id for one in told]
    assert [(one.alerts[0].id, one.kind) for one in told] == [
        (one.id, "fired" if one.resolved_at_ns is None else "resolved") for one in shop.happened
    ]
    assert len(told) == 61 + 61 - STOOD_MINUTES
    assert shop.now_s <= AWAY_S + WAITS_S[-1]


def test_a_webhook_gets_each_alert_in_order_signed_and_chained(tmp_path: Path) -> None:
    """That it fired, and that it was over: both of each alert, as they came; none is left out."""
    came: list[Hook] = []

    def take(headers: dict[str, str], raw: bytes) -> None:
        signatures = tuple(headers["webhook-signature"].split(" "))
        stamp, host = headers["webhook-timestamp"], headers["host"]
        came.append(Hook(headers["webhook-id"], json.loads(raw), signatures, stamp, raw, 200, host))

    shop = Hour(tmp_path, HttpTarget(take))
    endpoint = Endpoint("wh_1", f"http://127.0.0.1:{shop.target.port}/", ("alert",), (STORE,), "", AT_NS)

    async def describe(change: Change) -> bytes | None:
        found = await asyncio.to_thread(shop.store.alert, change.subject)
        return None if found is None else encode_alert(as_it_was(found, change.at_ns))

    async def work(_: Notifier, writer: Writer) -> None:
        more: dict[str, Any] = {"chance": lambda: 0.5, "monotonic_s": lambda: shop.now_s, "rest": shop.rest}
        table = StoredWebhooks(shop.store, writer)
        dispatcher = Dispatcher(table, Sender(LOCAL), PEPPER, shop, describe, str, **more)

        async def commit(records: list[AlertRecord]) -> None:
            for one in records:
                at_ns = one.resolved_at_ns or one.since_ns
                note = ChangeNote(STORE, "alert", one.id)
                await writer.commit(Commit(at_ns, alerts=[one], changes=[note]))
            dispatcher.wake()

        shop.commit = commit
        serving = asyncio.create_task(dispatcher.run())
        await _until(lambda: dispatcher._group is not None)
        await dispatcher.put(endpoint)
        await shop.happen()
        end = lambda: shop.store.last_change(STORE)  # noqa: E731 - asked again and again
        await _until(lambda: shop.target.mode == "up" and dispatcher.position("wh_1", STORE) == end())
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    _within(shop, work)
    assert all(one.is_signed_by(secret_of(PEPPER, "wh_1", 1)) for one in came)
    told = [one.body["data"] for one in came]
    assert [(one["id"], one["state"]) for one in told] == [(one.id, str(one.state)) for one in shop.happened]
    assert all((one["resolved_at"] is None) == (one["state"] == "firing") for one in told)
    assert all(one.body["data"]["fired_at"] is not None for one in came)
    chain = [one.body["previous_sequence"] for one in came[1:]]
    assert chain == [one.body["sequence"] for one in came[:-1]]
