"""Whom people are told of alerts to, and when: by example, and as laws over any course of a day."""

import json
from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.alerts.notices import MAX_NOTICE_ALERTS, Notice
from gateway.alerts.quiet import DisturbingHours
from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.alerts.telling import Teller, TellingRule
from gateway.opening_hours import OpeningHours, parse_span

S = 1_000_000_000
MINUTE, HOUR = 60, 3_600
NOON = 1_800_014_400
"""Friday 2027-01-15, 13:00 in Paris."""
CLOSES, OPENS = NOON + 6 * HOUR, NOON + 20 * HOUR
"""The same day at 19:00, the next at 09:00."""
PARIS = ZoneInfo("Europe/Paris")
DAILY = (parse_span("09:00-19:00"),)
RULE = TellingRule(
    window_ns=5 * MINUTE * S,
    repeat_ns=2 * HOUR * S,
    escalate_ns=(30 * MINUTE * S, HOUR * S),
    escalate_from=Severity.CRITICAL,
    digest_only=frozenset({"count_variance"}),
)


def hours(*, has_hours: bool = True) -> DisturbingHours:
    places = {"lyon-1": OpeningHours(PARIS, (DAILY,) * 7, {})} if has_hours else {}
    return DisturbingHours({"lyon-1": PARIS}, places, 8 * 60)


class Desk:
    """A teller with its clock, and the alerts that stand."""

    def __init__(self, *, has_hours: bool = True, rule: TellingRule = RULE, now: int = NOON) -> None:
        self.rule, self.has_hours = rule, has_hours
        self.teller = Teller(rule, hours(has_hours=has_hours))
        self.now = now
        self.standing: dict[str, AlertRecord] = {}
        self.rows: dict[str, str] = {}
        self.told: list[Notice] = []

    def note(self, sku: str, **changes: object) -> None:
        """Let an alert be so; the first time it fires."""
        kind, grave = AlertType.LOW_STOCK, Severity.WARNING
        plain = self.standing.get(sku) or AlertRecord(
            f"{sku}{self.now}", sku, kind, grave, "lyon-1", AlertState.FIRING, self.now * S, "denim", sku
        )
        record = replace(plain, **changes)  # type: ignore[arg-type] # fields by name
        self.standing[sku] = record
        if record.state is AlertState.RESOLVED:
            del self.standing[sku]
        self.teller.note(record, self.now * S)

    def wait(self, seconds: int) -> list[Notice]:
        """Let time pass, by the minute; return what is told."""
        told: list[Notice] = []
        end = self.now + seconds
        while True:
            told += self.teller.advance(self.now * S, self.standing.get)
            self.save()
            if self.now >= end:
                break
            self.now = min(self.now + MINUTE, end)
        self.told += told
        return told

    def save(self) -> None:
        for key, text in self.teller.dirty_rows():
            if text is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = text

    def restart(self) -> None:
        self.save()
        self.teller = Teller(self.rule, hours(has_hours=self.has_hours))
        self.teller.restore(self.rows.items())


def said(notices: list[Notice]) -> list[tuple[str, list[str], str]]:
    return [(n.kind, [alert.fingerprint for alert in n.alerts], n.level) for n in notices]


def test_what_fires_within_the_window_is_told_as_one() -> None:
    """Not before it is over; another zone is another message."""
    desk = Desk()
    for number in range(12):
        desk.note(f"sku-{number:02d}")
        assert desk.wait(10) == []
    desk.note("elsewhere", zone="tops")
    assert desk.wait(2 * MINUTE) == []
    first, second = desk.wait(5 * MINUTE)
    assert (first.kind, first.total, first.zone, first.type) == ("fired", 12, "denim", "low_stock")
    assert (first.at_ns, first.level) == (NOON * S + RULE.window_ns, "associate")
    assert [alert.fingerprint for alert in second.alerts] == ["elsewhere"]


def test_what_clears_or_is_seen_to_before_it_is_told_is_never_told() -> None:
    """A message about what is over already is noise."""
    desk = Desk()
    desk.note("over")
    desk.note("seen-to")
    desk.wait(MINUTE)
    desk.note("over", state=AlertState.RESOLVED)
    desk.note("seen-to", state=AlertState.ACKNOWLEDGED)
    assert desk.wait(HOUR) == []
    desk.note("seen-to", state=AlertState.RESOLVED)
    assert desk.wait(HOUR) == []
    assert desk.rows == {}


def test_a_critical_one_is_told_at_once_and_those_after_it_together() -> None:
    """The first does not wait; a hundred more within the window are one message more."""
    desk = Desk()
    desk.note("first", severity=Severity.CRITICAL)
    assert said(desk.wait(0)) == [("fired", ["first"], "associate")]
    for number in range(120):
        desk.note(f"more-{number:03d}", severity=Severity.CRITICAL)
        assert desk.wait(1) == []
    (notice,) = desk.wait(5 * MINUTE)
    assert (notice.total, len(notice.alerts)) == (120, MAX_NOTICE_ALERTS)


def test_it_is_repeated_only_while_nobody_sees_to_it() -> None:
    """Every two hours; not what was acknowledged; and told anew once it is let go of."""
    desk = Desk()
    desk.note("a")
    desk.note("b")
    assert len(desk.wait(5 * MINUTE)) == 1
    desk.note("a", state=AlertState.ACKNOWLEDGED)
    assert said(desk.wait(2 * HOUR)) == [("repeated", ["b"], "associate")]
    desk.note("b", state=AlertState.ACKNOWLEDGED)
    assert desk.wait(3 * HOUR) == []
    desk.note("b", state=AlertState.FIRING)
    assert said(desk.wait(5 * MINUTE)) == [("fired", ["b"], "associate")]


def test_a_critical_one_rises_to_the_lead_and_the_manager() -> None:
    """Each level after its time, while nobody acknowledges; repeats go to who was told last."""
    desk = Desk(rule=replace(RULE, repeat_ns=20 * MINUTE * S))
    desk.note("out", severity=Severity.CRITICAL)
    told = desk.wait(2 * HOUR)
    assert [(n.kind, n.level, (n.at_ns // S - NOON) // MINUTE) for n in told] == [
        ("fired", "associate", 0), ("repeated", "associate", 20), ("escalated", "lead", 30),
        ("repeated", "lead", 50), ("repeated", "lead", 70), ("escalated", "manager", 90),
        ("repeated", "manager", 110),
    ]  # fmt: skip
    assert len({notice.id for notice in told}) == len(told)


def test_that_it_is_over_is_told_to_all_whom_it_had_risen_to() -> None:
    """Of two, one had risen to the lead before somebody saw to it: the lead hears of the end of that one alone."""
    desk = Desk()
    desk.note("risen", severity=Severity.CRITICAL)
    desk.wait(40 * MINUTE)
    desk.note("fresh", severity=Severity.CRITICAL)
    assert said(desk.wait(MINUTE)) == [("fired", ["fresh"], "associate")]
    desk.note("risen", state=AlertState.ACKNOWLEDGED, severity=Severity.CRITICAL)
    desk.restart()
    desk.note("risen", state=AlertState.RESOLVED, severity=Severity.CRITICAL)
    desk.note("fresh", state=AlertState.RESOLVED, severity=Severity.CRITICAL)
    desk.restart()
    assert sorted(said(desk.wait(5 * MINUTE))) == [
        ("resolved", ["fresh"], "associate"),
        ("resolved", ["risen"], "lead"),
    ]
    assert all(key.startswith("r|") for key in desk.rows)


def test_what_an_earlier_version_wrote_of_an_end_is_told() -> None:
    """It had no levels: those on the floor are told."""
    desk = Desk()
    desk.note("a")
    desk.wait(5 * MINUTE)
    desk.note("a", state=AlertState.RESOLVED)
    desk.save()
    [name] = [key for key in desk.rows if key.startswith("o|")]
    desk.rows[name] = json.dumps(json.loads(desk.rows[name])[:-1])
    desk.restart()
    assert said(desk.wait(5 * MINUTE)) == [("resolved", ["a"], "associate")]


def test_the_night_is_quiet_and_the_opening_tells_all() -> None:
    """What is critical passes; the rest is one digest when the shop opens, the gravest first."""
    desk = Desk(now=CLOSES)
    desk.note("low")
    desk.note("elsewhere", zone="tops")
    desk.note("gone", zone="shoes")
    desk.note("out", severity=Severity.CRITICAL)
    assert said(desk.wait(0)) == [("fired", ["out"], "associate")]
    desk.note("out", state=AlertState.ACKNOWLEDGED)
    assert desk.wait(OPENS - CLOSES - HOUR) == []
    desk.note("gone", state=AlertState.RESOLVED)
    desk.restart()
    assert said(desk.wait(HOUR)) == [("digest", ["elsewhere", "low"], "associate")]
    assert {n.kind for n in desk.wait(2 * HOUR)} == {"repeated"}


def test_what_is_for_digests_never_disturbs() -> None:
    """By day it waits for the next opening, or for its time of the day; it is told once."""
    for has_hours, at in ((True, OPENS), (False, OPENS - HOUR)):
        desk = Desk(has_hours=has_hours)
        desk.note("odd", type=AlertType.COUNT_VARIANCE)
        assert desk.wait(at - NOON - MINUTE) == []
        assert said(desk.wait(MINUTE)) == [("digest", ["odd"], "associate")]
        assert desk.wait(40 * HOUR) == []
        desk.note("odd", state=AlertState.RESOLVED)
        assert desk.wait(HOUR) == []


def test_what_was_told_and_is_over_is_told_together() -> None:
    """Also what people made of it; in a window of its own."""
    desk = Desk()
    for sku in ("a", "b"):
        desk.note(sku)
    desk.wait(5 * MINUTE)
    desk.note("a", state=AlertState.RESOLVED)
    desk.wait(MINUTE)
    desk.restart()
    desk.note("b", state=AlertState.ACKNOWLEDGED)
    desk.note("b", state=AlertState.RESOLVED)
    assert said(desk.wait(4 * MINUTE)) == [("resolved", ["a", "b"], "associate")]
    assert desk.rows == {}


def test_of_what_is_suppressed_nobody_is_told_until_it_is_not() -> None:
    """Neither first nor again, nor that it is over; afterwards of what fires still."""
    desk = Desk()
    desk.note("hushed", suppressed_by="silence:si_1")
    desk.note("later")
    desk.wait(5 * MINUTE)
    desk.note("later", suppressed_by="reader_down|lyon-1||r1")
    assert desk.wait(3 * HOUR) == []
    desk.note("hushed", suppressed_by=None)
    desk.note("later", suppressed_by=None)
    told = said(desk.wait(2 * HOUR))
    assert ("fired", ["hushed"], "associate") in told
    assert ("repeated", ["later"], "associate") in told
    desk.note("later", suppressed_by="silence:si_2")
    desk.note("later", state=AlertState.RESOLVED, suppressed_by=None)
    assert [n for n in desk.wait(HOUR) if n.kind == "resolved"] == []


def test_a_change_of_one_of_a_thousand_writes_that_one() -> None:
    """What is written for a change does not grow with the alerts that it is told with."""
    desk = Desk()
    for number in range(1_000):
        desk.note(f"sku-{number}")
    desk.wait(5 * MINUTE)
    desk.note("sku-7", state=AlertState.ACKNOWLEDGED)
    rows = dict(desk.teller.dirty_rows())
    assert list(rows) == ["m|sku-7"]
    desk.note("sku-7", state=AlertState.RESOLVED)
    desk.note("sku-8", state=AlertState.RESOLVED)
    rows = dict(desk.teller.dirty_rows())
    assert sorted(key[:2] for key in rows) == ["e|", "e|", "m|", "m|", "o|"]
    assert all(len(text or "") < 1_000 for text in rows.values())


class AnyDay(RuleBasedStateMachine):
    """Alerts come, go and are acted on over days; beside the teller another one that restarts at every pass."""

    def __init__(self) -> None:
        super().__init__()
        self.desk, self.twin = Desk(), Desk()
        self.told_at: dict[str, int] = {}
        self.count = 0

    @rule(
        sku=st.sampled_from(["a", "b", "c"]),
        zone=st.sampled_from(["denim", "tops"]),
        kind=st.sampled_from([AlertType.LOW_STOCK, AlertType.STOCK_OUT, AlertType.COUNT_VARIANCE]),
    )
    def fire(self, sku: str, zone: str, kind: AlertType) -> None:
        if sku not in self.desk.standing:
            grave = Severity.CRITICAL if kind is AlertType.STOCK_OUT else Severity.WARNING
            self.count += 1
            self.both(sku, zone=zone, type=kind, severity=grave, id=f"{sku}{self.count}")

    @rule(sku=st.sampled_from(["a", "b", "c"]), state=st.sampled_from(list(AlertState)[1:]))
    def become(self, sku: str, state: AlertState) -> None:
        if sku in self.desk.standing:
            more = {"suppressed_by": None} if state is AlertState.RESOLVED else {}
            self.both(sku, state=state, **more)

    @rule(sku=st.sampled_from(["a", "b", "c"]), by=st.sampled_from([None, "silence:si_1"]))
    def suppress(self, sku: str, by: str | None) -> None:
        if sku in self.desk.standing:
            self.both(sku, suppressed_by=by)

    @rule(minutes=st.sampled_from([1, 5, 30, 120, 600]))
    def wait(self, minutes: int) -> None:
        for _ in range(minutes // min(minutes, 5)):
            self.step(min(minutes, 5) * MINUTE)

    def both(self, sku: str, **changes: object) -> None:
        self.desk.note(sku, **changes)
        self.twin.note(sku, **changes)
        self.step(0)

    def step(self, seconds: int) -> None:
        told = self.desk.wait(seconds)
        assert self.twin.wait(seconds) == told, "a restart changed what is told"
        self.twin.restart()
        opening = hours()
        for notice in told:
            assert notice.total == len(notice.alerts) > 0
            for alert in notice.alerts:
                if notice.kind != "resolved":
                    assert alert.state is AlertState.FIRING
                    assert alert.suppressed_by is None
                    assert self.desk.standing[alert.fingerprint] == alert
                    self.told_at[alert.id] = self.desk.now
                else:
                    assert alert.id in self.told_at, "over, and never told"
            if notice.severity is not Severity.CRITICAL:
                assert opening.quiet_until("lyon-1", notice.at_ns) is None, "told by night"
            if any(alert.type is AlertType.COUNT_VARIANCE for alert in notice.alerts):
                assert notice.kind == "digest"

    @invariant()
    def no_notice_is_told_twice(self) -> None:
        ids = [notice.id for notice in self.desk.told]
        assert len(set(ids)) == len(ids)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        """What fires while the shop is open, and is not for digests, was told within a window since it could be."""
        open_since = self.desk.now - 2 * 5 * MINUTE
        if any(hours().quiet_until("lyon-1", at * S) for at in (self.desk.now, open_since)):
            return
        for alert in self.desk.standing.values():
            is_told = alert.id in self.told_at
            may_wait = alert.type is AlertType.COUNT_VARIANCE or alert.since_ns > open_since * S
            was_let = alert.state is AlertState.FIRING and alert.suppressed_by is None
            if was_let and not may_wait and not self.just_let(alert):
                assert is_told, alert

    def just_let(self, alert: AlertRecord) -> bool:
        """Return whether an alert waits in a thread whose window is not over."""
        member = self.desk.teller._members[alert.fingerprint]
        thread = self.desk.teller._threads[member.thread or ""]
        return thread.due_ns is not None and thread.due_ns > self.desk.now * S and thread.number == 0

    @invariant()
    def nothing_is_kept_of_what_is_over(self) -> None:
        kept = {key.partition("|")[2] for key in self.desk.rows if key.startswith("m|")}
        assert kept == set(self.desk.standing)
        assert len([key for key in self.desk.rows if key.startswith("t|")]) <= len(kept)


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
