"""One mail over SMTP: connected, secured, authenticated, handed in. I/O.

By smtplib in a thread, with a time limit on each step: mails are few and their server is one, so a client for the
loop would be a dependency for nothing. TLS is judged by the system's authorities (or `ca_file`) and the host's
name; a server that does not offer STARTTLS where it is asked for gets nothing.
"""

import base64
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import parseaddr

from gateway.delivery.model import MailServer
from gateway.delivery.retries import Outcome, refused
from gateway.webhooks.model import Delivered, Retry

STEP_S = 20.0
"""Limit of each step: a server that scans what it takes may think for a while, and only this target waits."""
MAX_REASON_CHARS = 300


def send_mail(server: MailServer, mail: EmailMessage, tries: int) -> Outcome:
    """Return what became of a mail. Blocks: call it off the loop."""
    try:
        with _connected(server) as client:
            sender = parseaddr(server.sender)[1]
            not_taken = client.send_message(mail, sender, list(server.to))
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return _answered(server, "no recipient is taken", code, text, tries)
    except smtplib.SMTPAuthenticationError as error:
        return Retry(
            _hidden(server, f"user name or password is not taken: {_said(error.smtp_error)}"), error.smtp_code
        )
    except smtplib.SMTPSenderRefused as error:
        return _answered(server, f"{server.sender!r} may not send", error.smtp_code, error.smtp_error, tries)
    except smtplib.SMTPResponseException as error:
        return _answered(server, "the mail is not taken", error.smtp_code, error.smtp_error, tries)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return Retry(_hidden(server, f"{type(error).__name__}: {error}"))
    if not_taken:
        code, text = next(iter(not_taken.values()))
        names = ", ".join(not_taken)
        return Delivered(code, _hidden(server, f"not to {names}: {_said(text)}"))
    return Delivered(250)


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_file) if server.tls != "none" else None
    client: smtplib.SMTP
    if server.tls == "tls":
        client = smtplib.SMTP_SSL(server.host, server.port, timeout=STEP_S, context=context)
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=STEP_S)
    try:
        if server.tls == "starttls":
            client.starttls(context=context)  # raises where it is not offered: nothing is sent in the clear
        if server.username is not None:
            client.login(server.username, server.password or "")
    except BaseException:
        client.close()
        raise
    return client


def _answered(server: MailServer, what: str, code: int, text: bytes | str, tries: int) -> Outcome:
    """Return what a reply means: 4xx passes by itself, 5xx is about this mail (RFC 5321 §4.2.1)."""
    reason = _hidden(server, f"{what}: {code} {_said(text)}")
    return Retry(reason, code) if 400 <= code < 500 else refused(reason, code, tries)


def _said(text: bytes | str) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return " ".join(plain.split())


def _hidden(server: MailServer, text: str) -> str:
    """Return a text in which no password stands, plain or as SMTP sends it: a server may echo what it got."""
    secret = server.password
    if secret:
        user = server.username or ""
        for part in (secret, _base64(secret), _base64(f"\0{user}\0{secret}")):
            text = text.replace(part, "…")
    return text[:MAX_REASON_CHARS]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
