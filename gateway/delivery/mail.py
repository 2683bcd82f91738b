"""A notice as a mail: plain text and HTML, the same words; a repeat has the same Message-ID. Pure."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape

from gateway.alerts.notices import Notice
from gateway.alerts.records import Severity
from gateway.delivery.model import MailServer
from gateway.delivery.wording import Line, Told

COLOURS = {Severity.CRITICAL: "#b3261e", Severity.WARNING: "#8a5a00", Severity.INFO: "#33508a"}
"""By severity; each readable on white (contrast above 4.5)."""


def mail_of(told: Told, notice: Notice, target: str, language: str, server: MailServer) -> EmailMessage:
    """Return the mail of a notice."""
    name, address = parseaddr(server.sender)
    mail = EmailMessage()
    mail["From"] = Address(display_name=name, addr_spec=address)
    mail["To"] = ", ".join(server.to)
    mail["Subject"] = told.subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(notice.at_ns // 1_000_000_000, tz=UTC))
    mail["Message-ID"] = message_id(notice, target, server)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail["Content-Language"] = language
    if notice.severity is Severity.CRITICAL and notice.kind != "resolved":
        mail["Importance"] = "high"
    mail.set_content(text_of(told))
    mail.add_alternative(_html_of(told, notice, language), subtype="html")
    return mail


def message_id(notice: Notice, target: str, server: MailServer) -> str:
    """Return the same id for each try of a notice for a target, so that a repeat is recognisable."""
    domain = parseaddr(server.sender)[1].rpartition("@")[2] or "storefloor.invalid"
    return f"<{notice.id}.{target}@{domain}>"


def text_of(told: Told) -> str:
    """Return a notice as plain text."""
    parts = [told.body, *(_line_text(line) for line in told.lines), told.more, told.footer]
    return "\n\n".join(part for part in parts if part) + "\n"


def _line_text(line: Line) -> str:
    return "\n".join(
        part for part in (f"{line.title} ({line.place})", line.body, line.action, line.since) if part
    )


def _html_of(told: Told, notice: Notice, language: str) -> str:
    colour = COLOURS[notice.severity]
    items = "".join(_line_html(line, colour) for line in told.lines)
    more = f"<p>{escape(told.more)}</p>" if told.more else ""
    body = f"<p>{escape(told.body)}</p>" if told.body else ""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f"<title>{escape(told.subject)}</title></head>"
        '<body style="font:16px/1.45 system-ui,sans-serif;color:#1b1b1b;background:#fff">'
        f'<h1 style="font-size:19px">{escape(told.subject)}</h1>{body}'
        f'<ul style="list-style:none;padding:0;margin:0">{items}</ul>{more}'
        f'<p style="color:#595959;font-size:13px">{escape(told.footer)}</p></body></html>\n'
    )


def _line_html(line: Line, colour: str) -> str:
    rest = "".join(f"<br>{escape(part)}" for part in (line.body, line.action) if part)
    aside = " · ".join(part for part in (line.place, line.since) if part)
    return (
        f'<li style="border-left:4px solid {colour};padding:2px 0 2px 12px;margin:0 0 14px">'
        f"<strong>{escape(line.title)}</strong>{rest}"
        f'<br><span style="color:#595959;font-size:13px">{escape(aside)}</span></li>'
    )
