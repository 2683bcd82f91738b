"""Mails over a real SMTP server: what arrives, what is refused, what is never said."""

import email
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from gateway.alerts.notices import Notice
from gateway.alerts.records import Severity
from gateway.delivery.mail import mail_of
from gateway.delivery.model import MailServer
from gateway.delivery.retries import REFUSED_TRIES, Outcome
from gateway.delivery.smtp import send_mail
from gateway.webhooks.model import Delivered, GiveUp, Retry
from tests.support.noticing import NASTY, alert, mailbox, notice, wordings
from tests.support.ports import free_port

PASSWORD = "pa55-word-of-the-shop"


class Inbox:
    """Keeps what it takes; answers a recipient with the next of `answers`, else takes it."""

    def __init__(self) -> None:
        self.came: list[EmailMessage] = []
        self.answers: list[str] = []

    async def handle_RCPT(  # noqa: N802 - its name in aiosmtpd
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Take a recipient, or refuse it."""
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - its name in aiosmtpd
        """Take a mail."""
        self.came.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]  # EmailMessage by that policy
        return "250 OK"


@contextmanager
def mail_server(inbox: Inbox, tls: ssl.SSLContext | None = None, **more: Any) -> Iterator[int]:
    """Give the port of an SMTP server."""
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), tls_context=tls, **more)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def sent(server: MailServer, told: Notice, tries: int = 1, article: str = "Jeans 501") -> Outcome:
    """Return what becomes of the mail of a notice in French."""
    words = wordings(article)["fr"].told(told)
    return send_mail(server, mail_of(words, told, "floor", "fr", server), tries)


def server_at(port: int, **changes: Any) -> MailServer:
    """Return the settings of a server on this machine."""
    channel = mailbox(port).channel
    assert isinstance(channel, MailServer)
    return replace(channel, **changes)


def test_a_mail_arrives_in_text_and_html_and_a_repeat_is_recognisable() -> None:
    """The same words twice, escaped in HTML; no foreign text becomes a header; the same Message-ID each time."""
    inbox = Inbox()
    with mail_server(inbox) as port:
        told = notice(severity=Severity.CRITICAL)
        assert [sent(server_at(port), told, article=NASTY) for _ in range(2)] == [Delivered(250)] * 2
    first, second = inbox.came
    assert first["Message-ID"] == second["Message-ID"] == f"<{told.id}.floor@shop.example>"
    assert first["Subject"].startswith('Réassortir\u00a0: Le Jean "501" <b>& Bcc: all@shop.example')
    assert first["Bcc"] is None
    assert (first["To"], first["Importance"], first["Auto-Submitted"]) == (
        "floor@shop.example",
        "high",
        "auto-generated",
    )
    text, html = (first.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert "4 pièces attendent hors de vue." in text.get_content()
    assert "<b>&" in text.get_content()
    assert "&lt;b&gt;&amp;" in html.get_content()
    assert "<b>" not in html.get_content()
    assert 'lang="fr"' in html.get_content()


def test_a_digest_is_one_mail_with_a_line_each() -> None:
    """What waited for the opening comes together, with how many more there are."""
    inbox = Inbox()
    with mail_server(inbox) as port:
        many = tuple(alert(n) for n in range(60))
        told = notice(kind="digest", alerts=many, total=60, zone=None, type=None)
        assert sent(server_at(port), told) == Delivered(250)
    html = inbox.came[0].get_body(("html",))
    assert html is not None
    assert inbox.came[0]["Subject"] == "60 choses à voir, Lyon Part-Dieu"
    assert html.get_content().count("<li") == 50
    assert "… et 10 autres." in html.get_content()


def test_starttls_is_judged_and_never_gone_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A server of our authority gets mail and password; another's, or one without TLS, gets neither."""
    caplog.set_level(logging.DEBUG)
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    seen: list[bytes] = []

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        seen.append(data.password)
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    inbox = Inbox()
    ours: dict[str, Any] = {
        "tls": "starttls",
        "username": "alerts",
        "password": PASSWORD,
        "ca_file": str(ca_file),
    }
    with mail_server(inbox, tls, authenticator=authenticate, auth_required=True) as port:
        assert sent(server_at(port, **ours), notice()) == Delivered(250)
        strangers = sent(server_at(port, **ours | {"ca_file": None}), notice())
        wrong = sent(server_at(port, **ours | {"password": "another-s3cret"}), notice())
    with mail_server(inbox) as port:
        plain = sent(server_at(port, **ours), notice())
    assert len(inbox.came) == 1
    assert seen[0] == PASSWORD.encode()
    for outcome, words in (
        (strangers, "CERTIFICATE_VERIFY_FAILED"),
        (wrong, "user name or password"),
        (plain, "STARTTLS"),
    ):
        assert isinstance(outcome, Retry)
        assert words in outcome.reason
        assert PASSWORD not in outcome.reason
        assert "another-s3cret" not in outcome.reason
    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(server_at(port, **ours))


def test_answers_are_told_apart() -> None:
    """4xx passes by itself; 5xx is tried some times and given up; of several recipients, those taken are told."""
    inbox = Inbox()
    with mail_server(inbox) as port:
        server = server_at(port, to=("a@shop.example", "b@shop.example"))
        inbox.answers = ["451 later", "451 later"]
        assert isinstance(sent(server, notice(), REFUSED_TRIES + 9), Retry)
        inbox.answers = ["550 nobody", "550 nobody"]
        assert isinstance(sent(server, notice()), Retry)
        inbox.answers = ["550 nobody", "550 nobody"]
        assert isinstance(sent(server, notice(), REFUSED_TRIES), GiveUp)
        inbox.answers = ["550 nobody"]
        partly = sent(server, notice())
    assert partly == Delivered(550, "not to a@shop.example: nobody")
    assert len(inbox.came) == 1
    assert isinstance(sent(server_at(free_port()), notice(), 99), Retry)
