"""Passwords, tokens and URLs of receivers are in no log, whatever fails and however much is logged."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.changes.model import Change, ChangeNote
from gateway.delivery.courier import NoticeCourier
from gateway.delivery.model import HttpHook, Target
from gateway.delivery.notifier import Notifier
from gateway.storage.ports import Commit
from gateway.storage.writer import Writer
from gateway.webhooks.dispatcher import Dispatcher
from gateway.webhooks.model import Answer, Endpoint
from gateway.webhooks.sender import Sender, SendFailed
from gateway.webhooks.table import StoredWebhooks
from tests.notices.targets import HttpTarget, MailTarget
from tests.support.notice_shop import LOCAL, NoticeShop, notice_shop
from tests.support.noticing import STORE, hook, mailbox, notice, wordings

SECRET = "s3cret"
PATH = f"/services/{SECRET}-path?token={SECRET}-query"
TIRED_S = 2_000.0
"""Shop time after which enough was tried."""


class Talkative(Sender):
    """A sender whose client tells all that it was given, and whose own fault does so too."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__(LOCAL)
        self.error = error

    def post(self, url: str, headers: dict[str, str], body: bytes, method: str = "POST") -> Answer:
        raise self.error(f"cannot {method} {url} with {headers}")


@pytest.fixture(autouse=True)
def all_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Let every logger of ours and of others' say all that it would, and see that no secret was said."""
    caplog.set_level(logging.DEBUG)
    yield
    said = [record.getMessage() + (record.exc_text or "") for record in caplog.get_records("call")]
    assert said
    assert not [text for text in said if SECRET in text]


def failing(mode: Any) -> HttpTarget:
    """Return a receiver over HTTP that fails so."""
    target = HttpTarget(lambda *_: None)
    target.turn(mode)
    return target


def told_in_vain(shop: NoticeShop) -> str:
    """Try to tell one notice again and again; return all that the API would say of it."""
    told: list[str] = []

    async def work(notifier: Notifier, writer: Writer) -> None:
        await shop.tell(notifier, writer, [notice()])
        async with asyncio.timeout(60):
            while shop.now_s < TIRED_S:  # noqa: ASYNC110 - another task's work
                await asyncio.sleep(0.002)
        target = notifier.targets()[0].id
        told.append(repr((await notifier.states(), await notifier.tries(target, 100), notifier.targets())))

    shop.live(work)
    return told[0]


@pytest.mark.parametrize("mode", ["gone", "failing"])
def test_a_chat_that_fails_is_told_without_its_url(tmp_path: Path, mode: str) -> None:
    """Nobody there, and 500: the path is the secret of a chat, the header's value a token."""
    target = failing(mode)
    try:
        url = f"http://127.0.0.1:{target.port}{PATH}"
        channel = HttpHook(url, "POST", {"Authorization": f"Bearer {SECRET}"}, "{}")
        with notice_shop(tmp_path, Target("chat", channel)) as shop:
            said = told_in_vain(shop)
            assert "failing" in said
            assert SECRET not in said
    finally:
        target.turn("gone")


@pytest.mark.parametrize("error", [SendFailed, ValueError])
def test_a_client_that_tells_all_is_not_repeated(tmp_path: Path, error: type[Exception]) -> None:
    """What it says of a failure is told without URL and headers; of a fault of ours nothing but where it was."""
    chat = hook(f"http://127.0.0.1:9{PATH}")
    with notice_shop(tmp_path, chat, courier=NoticeCourier(wordings(), Talkative(error))) as shop:
        said = told_in_vain(shop)
        assert ("cannot POST" in said) == (error is SendFailed)
        assert SECRET not in said


@pytest.mark.parametrize("mode", ["gone", "up"])
def test_a_mail_server_that_fails_is_told_without_the_password(tmp_path: Path, mode: Any) -> None:
    """Nobody there, and one that offers no sign-in."""
    server = MailTarget(lambda _: None)
    server.turn(mode)
    try:
        box = mailbox(server.port, host="127.0.0.1", username="alerts", password=f"{SECRET}-password")
        with notice_shop(tmp_path, replace(box, id="floor")) as shop:
            assert SECRET not in told_in_vain(shop)
    finally:
        server.turn("gone")


@pytest.mark.parametrize("sender", [None, Talkative(SendFailed), Talkative(ValueError)])
def test_a_webhook_that_fails_is_told_without_its_url(tmp_path: Path, sender: Sender | None) -> None:
    """500 over real HTTP, a client that tells all, and a fault of ours."""
    target = failing("failing")
    endpoint = Endpoint("wh_1", f"http://127.0.0.1:{target.port}{PATH}", (), (STORE,), "", 1)

    async def describe(_: Change) -> bytes | None:
        return b"{}"

    async def work(_: Notifier, writer: Writer) -> None:
        more: dict[str, Any] = {"chance": lambda: 0.5, "monotonic_s": lambda: shop.now_s, "rest": shop.rest}
        table = StoredWebhooks(shop.store, writer)
        dispatcher = Dispatcher(table, sender or Sender(LOCAL), b"p" * 32, shop, describe, str, **more)
        serving = asyncio.create_task(dispatcher.run())
        async with asyncio.timeout(60):
            while dispatcher._group is None:  # noqa: ASYNC110 - another task's work
                await asyncio.sleep(0.002)
            await dispatcher.put(endpoint)
            await writer.commit(Commit(1, changes=[ChangeNote(STORE, "alert", "a1")]))
            dispatcher.wake()
            while shop.now_s < TIRED_S:  # noqa: ASYNC110 - another task's work
                await asyncio.sleep(0.002)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        assert SECRET not in repr(shop.store.webhook_deliveries("wh_1", 100))

    try:
        with notice_shop(tmp_path) as shop:
            shop.live(work)
    finally:
        target.turn("gone")
