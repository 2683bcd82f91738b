"""A site's file makes targets, and what its alerts tell waits for them in the commit of the alerts."""

import asyncio
from pathlib import Path

import pytest

from gateway.cli.notify_parts import make_notifier
from gateway.config.file import parse_site
from gateway.config.site import SiteConfig
from gateway.delivery.language_files import languages
from gateway.delivery.model import HttpHook, MailServer
from gateway.delivery.notifier import Notifier
from gateway.errors import ConfigError
from gateway.pipeline import Pipeline
from gateway.storage.writer import Writer
from tests.support.notice_shop import NoticeShop, notice_shop
from tests.support.noticing import alert, hook, notice
from tests.support.small_site import SITE, new_engine

MAIL = """
[[notify]]
id = "floor"
kind = "email"
host = "mail.shop.example"
sender = "Storefloor <alerts@shop.example>"
to = ["floor@shop.example"]
username = "alerts"
password_file = "mail.password"
"""
CHAT = '\n[[notify]]\nid = "chat"\nkind = "http"\nurl_file = "chat.url"\nheader_files = { Authorization = "chat.token" }\n'


def parsed(more: str) -> SiteConfig:
    """Return the small site with more tables."""
    return parse_site(SITE + more, "site.toml")


def made(shop: NoticeShop, folder: Path, more: str) -> Notifier:
    """Return the notifier of a site."""
    found: list[Notifier] = []

    async def work(_: Notifier, writer: Writer) -> None:
        found.append(make_notifier(parsed(more), folder, new_engine(), shop.store, writer, shop))

    shop.live(work)
    return found[0]


def test_secrets_come_from_files_and_show_nowhere(tmp_path: Path) -> None:
    """The first line of each file; neither the settings' repr nor an error says it."""
    for name in ("mail.password", "chat.url", "chat.token"):
        (tmp_path / name).write_text("https://s3cret.example/x\nmore\n")
    with notice_shop(tmp_path) as shop:
        mail, chat = made(shop, tmp_path, MAIL + CHAT).targets()
        assert isinstance(mail.channel, MailServer)
        assert isinstance(chat.channel, HttpHook)
        assert (mail.channel.password, mail.channel.port) == ("https://s3cret.example/x", 587)
        assert chat.channel.url == chat.channel.headers["Authorization"] == "https://s3cret.example/x"
        assert "s3cret" not in repr((mail, chat))
        (tmp_path / "chat.token").unlink()
        with pytest.raises(ConfigError, match=r"header_files\.Authorization"):
            made(shop, tmp_path, MAIL + CHAT)
        with pytest.raises(ConfigError, match=r"notify\[0\].language: 'xx'"):
            made(shop, tmp_path, MAIL + 'language = "xx"\n')


def test_the_language_of_alerts_is_the_site_s_own_first(tmp_path: Path) -> None:
    """English where the file says nothing; a language that there is not is refused by name."""
    with notice_shop(tmp_path) as shop:
        assert made(shop, tmp_path, "").languages()[0] == "en"
        own = made(shop, tmp_path, '[alerts.notices]\nlanguage = "fr"\n')
        assert set(own.languages()) == languages().keys()
        assert own.languages()[0] == "fr"
        assert own.text(alert(), "fr").title == "Réassortir\u00a0: DEN-501"
        with pytest.raises(ConfigError, match=r"alerts\.notices\.language: 'xx'"):
            made(shop, tmp_path, '[alerts.notices]\nlanguage = "xx"\n')


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (MAIL + MAIL, "is the id of another"),
        (MAIL + 'stores = ["lion-1"]', "did you mean 'lyon-1'"),
        (MAIL + 'url = "https://a.example"', 'url has no meaning with kind = "email"'),
        (MAIL + 'tls = "none"', "readable"),
        (MAIL.replace("password_file", "#"), "go together"),
        (MAIL.replace("floor@", "floor\\n@"), "no address"),
        (MAIL.replace("Storefloor <", "A\\r\\nBcc: <"), "no sender"),
        (CHAT + 'url = "https://a.example"', "one of url and url_file"),
        (CHAT + "body = '{'", "no JSON"),
        (CHAT + 'headers = { "A b" = "c" }', "no name of a header"),
    ],
)
def test_a_wrong_table_is_refused_in_words(table: str, words: str) -> None:
    """When the file is read: key, value, remedy."""
    with pytest.raises(ConfigError) as caught:
        parsed(table)
    assert words in str(caught.value)


def test_notices_are_queued_in_the_commit_of_their_alerts(tmp_path: Path) -> None:
    """What a pass tells is on disk with what made it, for each target that it is for."""
    engine = new_engine()
    with notice_shop(tmp_path, hook("https://chat.example/")) as shop:

        async def run() -> None:
            async with Writer(shop.store) as writer:
                route = shop.notifier(writer).route
                pipeline = Pipeline(
                    engine, writer, shop.store, shop, max_held=10, on_committed=lambda *_: None, route=route
                )
                engine._changes.notices.append(notice())  # an alert takes ten minutes to fire
                await pipeline.pass_once()

        asyncio.run(run())
        [waiting] = shop.store.waiting_notices("chat", 5)
        assert waiting.notice == notice()
