"""A notice in words: subject, a line per alert, what to do. Pure.

subject   Still to do: 12 shelves to refill – Lyon, Denim
line      Refill Jeans 501 (Lyon, Denim)   The shelf is empty; 4 pieces wait out of sight.
          Since 14:05                      To do: Bring it from Back room to Denim.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.alerts.notices import Notice
from gateway.alerts.records import AlertRecord, AlertState
from gateway.delivery.language import Language, NotKnown, one_line
from gateway.delivery.model import TEST
from gateway.delivery.names import Names

MAX_SUBJECT_CHARS = 120
"""More is cut off by every mail program and lock screen."""
MAX_LINES = 50
"""Alerts shown in one message; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One alert in words; an empty part is not known or not said."""

    title: str
    place: str
    since: str
    body: str
    action: str


@dataclass(frozen=True, slots=True)
class Told:
    """A notice in words. `more`: what is not shown; `body`: what stands in place of lines (a test)."""

    subject: str
    lines: tuple[Line, ...]
    more: str
    footer: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class AlertText:
    """One alert as people read it: one line, what is known of it, what to do first. Either of these may be empty."""

    title: str
    body: str
    action: str


class Wording:
    """Says alerts and notices in one language."""

    def __init__(self, language: Language, names: Names) -> None:
        self.language = language
        self._names = names

    def title(self, alert: AlertRecord) -> str:
        """Return an alert in one line; its code and subject where the language has no text for it."""
        subject = alert.sku or alert.device or alert.zone or alert.store
        return self._said(f"alerts.{alert.type}.title", self._values(alert)) or f"{alert.type}: {subject}"

    def body(self, alert: AlertRecord) -> str:
        """Return what is known of an alert; empty: nothing but its title."""
        values = self._values(alert)
        parts = (self._said(f"alerts.{alert.type}.{part}", values) for part in ("body", "detail"))
        return " ".join(part for part in parts if part)

    def action(self, alert: AlertRecord) -> str:
        """Return what to do about an alert first."""
        return self._said(f"alerts.{alert.type}.action", self._values(alert))

    def text(self, alert: AlertRecord) -> AlertText:
        """Return an alert in words. Of one that is over nothing is to be done."""
        action = "" if alert.state is AlertState.RESOLVED else self.action(alert)
        return AlertText(self.title(alert), self.body(alert), action)

    def told(self, notice: Notice) -> Told:
        """Return a notice in words."""
        footer = self._said("page.footer", {"now": self._when(notice.store, notice.at_ns, notice.at_ns)})
        store = self._names.store(notice.store)
        if notice.id.startswith(TEST):
            subject = self._said("kinds.test", {"store": store}) or store
            return Told(subject, (), "", footer, self._said("page.test_body", {}))
        shown = notice.alerts[:MAX_LINES]
        rest = notice.total - len(shown)
        more = self._said("page.more", {"more": rest}) if rest > 0 else ""
        lines = tuple(self._line(notice, alert) for alert in shown)
        return Told(self._subject(notice, store), lines, more, footer)

    def _subject(self, notice: Notice, store: str) -> str:
        values: dict[str, object] = {"total": notice.total, "store": store}
        if notice.kind != "digest":
            values["title"] = self._notice_title(notice, store)
        text = self._said(f"kinds.{notice.kind}", values) or str(values.get("title", store))
        return text if len(text) <= MAX_SUBJECT_CHARS else text[: MAX_SUBJECT_CHARS - 1] + "…"

    def _notice_title(self, notice: Notice, store: str) -> str:
        first = notice.alerts[0]
        title = self.title(first)
        if notice.total > 1:
            title = self._said(f"alerts.{first.type}.many", {"total": notice.total}) or title
        place = self._place(notice.store, notice.zone)
        return title if store in title and notice.zone is None else f"{title} – {place}"

    def _line(self, notice: Notice, alert: AlertRecord) -> Line:
        action = "" if notice.kind == "resolved" else self.action(alert)
        return Line(
            self.title(alert),
            self._place(alert.store, alert.zone),
            self._said("page.since", {"since": self._when(alert.store, alert.since_ns, notice.at_ns)}),
            "" if notice.kind == "resolved" else self.body(alert),
            self._said("page.to_do", {"action": action}),
        )

    def _place(self, store: str, zone: str | None) -> str:
        name = one_line(self._names.store(store))
        if zone is None:
            return name
        values = {"store": name, "zone": self._names.zone(store, zone, self.language.code)}
        return self._said("page.place", values) or name

    def _when(self, store: str, at_ns: int, now_ns: int) -> str:
        at, now = self._names.local(store, at_ns), self._names.local(store, now_ns)
        clock = self.language.clock(at)
        return clock if at.date() == now.date() else f"{self.language.day(at)}, {clock}"

    def _values(self, alert: AlertRecord) -> dict[str, object]:
        code = self.language.code
        values: dict[str, object] = {
            key: self._value(alert, key, value) for key, value in alert.evidence.items()
        }
        values |= {"store": self._names.store(alert.store), "sku": alert.sku, "device": alert.device}
        values["article"] = self._names.article(alert.sku, code) if alert.sku else None
        if alert.zone:
            values["zone"] = self._names.zone(alert.store, alert.zone, code)
        return values

    def _value(self, alert: AlertRecord, key: str, value: object) -> object:
        """Return a fact as people read it: names of zones, times of the store's clock."""
        if not isinstance(value, str) or not value:
            return value
        if key == "zone" or key.endswith("_zone"):
            return self._names.zone(alert.store, value, self.language.code)
        if key == "zones":
            named = (
                self._names.zone(alert.store, one, self.language.code) for one in value.split(", ") if one
            )
            return ", ".join(named)
        if key.endswith("_at"):
            try:
                at_ns = int(datetime.fromisoformat(value).timestamp()) * 1_000_000_000
            except ValueError:
                return value
            return self._when(alert.store, at_ns, alert.fired_at_ns or alert.since_ns)
        return value

    def _said(self, path: str, values: Mapping[str, object]) -> str:
        """Return a text; empty where there is none, or one of its values is not known."""
        if not self.language.has(path):
            return ""
        try:
            return self.language.text(path, values)
        except NotKnown:
            return ""
