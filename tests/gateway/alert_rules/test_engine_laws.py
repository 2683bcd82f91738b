"""Every interleaving of verdicts, time, restarts, and rules changed and switched between tells what its history says."""

from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.alert_rules.book import RuleBook
from gateway.alert_rules.defaults import default_rules
from gateway.alert_rules.model import AlertRule
from gateway.alerts.engine import AlertEngine, holds_of
from gateway.alerts.records import RULE_OFF, AlertRecord, AlertState, AlertType
from gateway.alerts.rules import Condition
from gateway.config.alerts import AlertsSection

S = 1_000_000_000
T0 = 1_800_000_000
LOW = AlertType.LOW_STOCK
DEFAULTS = default_rules(AlertsSection(hold_s=100, clear_hold_s=30))
SUBJECTS = ("TEE", "CAP")
RULES = {"tees": ("TEE",), "all": ()}
"""Rules that may be there, and their articles; CAP never has a rule of its own."""


@dataclass
class Expected:
    """What one article's alert must be, by its history. Times in seconds."""

    since: int | None = None
    fired: int | None = None
    due: int | None = None
    rule: str = ""
    ended: tuple[int, str | None] | None = None


class ChangingRules(RuleBasedStateMachine):
    """Two articles; rules come, go, are switched, and get other holds."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.book = RuleBook(DEFAULTS)
        self.engine = self.new_engine()
        self.rows: dict[str, str] = {}
        self.live: dict[str, Expected] = {}
        self.over: list[Expected] = []
        self.told: dict[str, AlertRecord] = {}

    def new_engine(self) -> AlertEngine:
        return AlertEngine({each.type: holds_of(each) for each in DEFAULTS})

    def rule_of(self, sku: str) -> AlertRule:
        """Return the rule that applies, as the model has it: an article's own, then that of all, then built in."""
        for name in ("tees", "all"):
            found = self.book.get(name)
            if found is not None and (not found.skus or sku in found.skus):
                return self.book.whole(found)
        built_in = self.book.get("default-low-stock")
        assert built_in is not None
        return built_in

    @rule(sku=st.sampled_from(SUBJECTS), verdict=st.sampled_from(["fires", "fires", "neither", "clears"]))
    def judge(self, sku: str, verdict: str) -> None:
        self.now += 1
        picked = self.book.pick(LOW, "lyon-1", None, sku)
        assert picked == self.rule_of(sku)
        fires, clears = verdict == "fires", verdict == "clears"
        self.engine.judge(
            Condition(
                LOW, picked.gravity, "lyon-1", fires=fires, clears=clears, inhibited_by=None, evidence={}, sku=sku,
                rule=picked,
            ),
            self.now * S,
        )  # fmt: skip
        self.expect(sku, picked, fires=fires, clears=clears)
        self.end_pass()

    def expect(self, sku: str, picked: AlertRule, *, fires: bool, clears: bool) -> None:
        if not picked.enabled:
            return
        live = self.live.get(sku)
        if live is None and fires:
            self.live[sku] = Expected(self.now, None, self.now + int(picked["hold_s"]), picked.id)
        elif live is not None and live.fired is None:
            if not fires:
                del self.live[sku]
            else:
                live.rule = picked.id
                if live.due is None:  # restarted: it waits its full hold again
                    live.since, live.due = self.now, self.now + int(picked["hold_s"])
        elif live is not None:
            if not clears:
                live.due = None
            elif live.due is None:
                live.due = self.now + int(picked["clear_hold_s"])

    @rule(seconds=st.sampled_from([1, 10, 29, 30, 99, 100, 400]))
    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.end_pass()

    @rule(name=st.sampled_from(list(RULES)), hold=st.sampled_from([0, 5, 200]), clear=st.sampled_from([0, 60]),
          enabled=st.booleans())  # fmt: skip
    def enter(self, name: str, hold: int, clear: int, enabled: bool) -> None:
        self.now += 1
        thresholds = {"hold_s": hold, "clear_hold_s": clear}
        self.book.put(AlertRule(name, LOW, enabled, skus=RULES[name], thresholds=thresholds))
        self.change()

    @rule(name=st.sampled_from(list(RULES)))
    def drop(self, name: str) -> None:
        self.now += 1
        if self.book.get(name) is not None:
            self.book.drop(name)
            self.change()

    @rule(enabled=st.booleans())
    def switch_the_built_in_one(self, enabled: bool) -> None:
        self.now += 1
        self.book.switch("default-low-stock", enabled=enabled)
        self.change()

    @rule()
    def restart(self) -> None:
        """A hold that ran is judged anew; the rules may be others then, and end what they do not judge."""
        self.now += 1
        self.engine = self.new_engine()
        self.engine.restore(self.rows.values())
        for live in self.live.values():
            live.due = None
        self.change()

    def change(self) -> None:
        """What stands of a rule that is off ends; what waits of it is forgotten."""
        self.engine.switch_off(
            lambda record: self.book.pick(LOW, record.store, None, record.sku), self.now * S
        )
        for sku, live in list(self.live.items()):
            if not self.rule_of(sku).enabled:
                del self.live[sku]
                if live.fired is not None:
                    self.over.append(replace(live, due=None, ended=(self.now, RULE_OFF)))
        self.end_pass()

    def end_pass(self) -> None:
        for sku, live in list(self.live.items()):
            if live.due is None or live.due > self.now:
                continue
            if live.fired is None:
                live.fired, live.due = live.due, None
            else:
                del self.live[sku]
                self.over.append(replace(live, due=None, ended=(live.due, None)))
        self.engine.advance(self.now * S)
        for record in self.engine.drain():
            before = self.told.get(record.id)
            assert before is None or before.state is AlertState.FIRING, "told on after its end"
            self.told[record.id] = record
        for key, text in self.engine.dirty_rows():
            if text is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = text

    @invariant()
    def told_is_what_the_history_says(self) -> None:
        """Each episode: when it fired, by which rule, when it was over and why."""
        expected = [*self.over, *(live for live in self.live.values() if live.fired is not None)]
        told = [
            Expected(
                record.since_ns // S,
                record.fired_at_ns and record.fired_at_ns // S,
                None,
                record.rule or "",
                None
                if record.resolved_at_ns is None
                else (record.resolved_at_ns // S, record.resolved_reason),
            )
            for record in self.told.values()
        ]
        key = lambda each: (each.since, each.fired, each.rule, str(each.ended))  # noqa: E731 - an order, no more
        assert sorted(told, key=key) == sorted((replace(each, due=None) for each in expected), key=key)

    @invariant()
    def nothing_lives_of_a_rule_that_is_off(self) -> None:
        """Neither pending nor standing."""
        assert len(self.engine.live) == len(self.live)
        for sku in self.live:
            assert self.rule_of(sku).enabled


TestChangingRules = ChangingRules.TestCase
TestChangingRules.settings = settings(max_examples=60, stateful_step_count=25)
