"""Every interleaving of verdicts, acts, silences, inhibitions, time and restarts is what a plain model says."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.alerts.acts import Acknowledge, Act, ActRefused, Assign, Resolve, Snooze, Unacknowledge
from gateway.alerts.engine import AlertEngine, Holds
from gateway.alerts.records import SILENCE, AlertRecord, AlertState, AlertType, Severity
from gateway.alerts.rules import Condition
from gateway.alerts.silences import Matcher, Silence

S = 1_000_000_000
T0 = 1_800_000_000
FIRE_S, CLEAR_S = 20, 10
SKUS = ("TEE", "DEN")
DEPARTMENT = {"TEE": "tops", "DEN": "denim"}


@dataclass
class Model:
    """One article's alert, second by second."""

    sku: str
    verdict: str = ""
    by: str | None = None
    state: str = ""
    held_s: int | None = None
    until_s: int | None = None
    assignee: str | None = None
    history: list[str] = field(default_factory=list)

    def judge(self, verdict: str, by: str | None) -> None:
        """Hear a verdict."""
        self.verdict, self.by = verdict, by
        if self.state == "" and verdict == "fires" and by is None:
            self._become("pending")
        elif self.state == "pending" and verdict != "fires" and by is None:
            self._become("")
        wanted = "fires" if self.state == "pending" else "clears"
        if by is not None or verdict != wanted or self.state == "":
            self.held_s = None
        elif self.held_s is None:
            self.held_s = 0

    def settle(self, now_s: int) -> None:
        """Let what is due at this second take effect."""
        is_over = self.held_s is not None and self.held_s >= (FIRE_S if self.state == "pending" else CLEAR_S)
        if is_over and self.state == "pending":
            self._become("firing")
        elif is_over:
            if self.state != "resolved by hand":
                self.history.append("resolved")
            self._become("")
        if self.state == "snoozed" and self.until_s == now_s:
            self._become("firing")

    def act(self, act: Act) -> bool:
        """Hear of an act; return whether it is possible."""
        if self.state not in {"firing", "acknowledged", "snoozed"}:
            return isinstance(act, Resolve) and self.state == "resolved by hand"
        match act:
            case Acknowledge():
                self._become("acknowledged", keeps_hold=True)
            case Unacknowledge():
                self._become("firing", keeps_hold=True)
            case Snooze(until_ns):
                self.until_s = until_ns // S
                self._become("snoozed", keeps_hold=True)
            case Resolve():
                self.history.append("resolved")
                self._become("resolved by hand", keeps_hold=True)
            case Assign(user):
                self.assignee = user
        return True

    def _become(self, state: str, *, keeps_hold: bool = False) -> None:
        if state == "firing" and self.state == "pending":
            self.history.append("fired")
            self.assignee = None
        is_woken = self.state == "snoozed" and state == "firing"
        self.state = state
        if not keeps_hold and not is_woken:
            self.held_s = None


class AnyLife(RuleBasedStateMachine):
    """Two articles, people who act, silences of one or both, restarts; at most one pass a second."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.engine = self.fresh()
        self.models = {sku: Model(sku) for sku in SKUS}
        self.rows: dict[str, str] = {}
        self.silence_rows: dict[str, str] = {}
        self.silences: dict[str, tuple[Matcher, int]] = {}
        self.latest: dict[str, AlertRecord] = {}
        self.told: dict[str, list[str]] = {sku: [] for sku in SKUS}
        self.number = 0

    def fresh(self) -> AlertEngine:
        return AlertEngine(
            {kind: Holds(FIRE_S * S, CLEAR_S * S) for kind in AlertType}, lambda sku: DEPARTMENT[sku]
        )

    @rule(
        sku=st.sampled_from(SKUS),
        verdict=st.sampled_from(["fires", "fires", "", "clears"]),
        by=st.sampled_from([None, None, "reader_down"]),
        wait=st.sampled_from([0, CLEAR_S, FIRE_S]),
    )
    def judge(self, sku: str, verdict: str, by: str | None, wait: int) -> None:
        self.tick()
        self.engine.judge(
            Condition(
                AlertType.LOW_STOCK,
                Severity.WARNING,
                "lyon-1",
                fires=verdict == "fires",
                clears=verdict == "clears",
                inhibited_by=by,
                evidence={},
                sku=sku,
            ),
            self.now * S,
        )
        self.models[sku].judge(verdict, by)
        self.end_pass()
        self.pass_time(wait)

    @rule(seconds=st.sampled_from([1, CLEAR_S, FIRE_S, 60]))
    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.tick()
            self.end_pass()

    @precondition(lambda self: bool(self.latest))
    @rule(
        sku=st.sampled_from(SKUS),
        what=st.sampled_from(["ack", "unack", "snooze", "resolve", "assign"]),
        seconds=st.integers(1, 40),
    )
    def act(self, sku: str, what: str, seconds: int) -> None:
        record = self.latest.get(sku)
        if record is None:
            return
        self.tick()
        act: Act = {
            "ack": Acknowledge(),
            "unack": Unacknowledge(),
            "snooze": Snooze((self.now + seconds) * S),
            "resolve": Resolve("rebuilt"),
            "assign": Assign(f"u{seconds % 2}"),
        }[what]
        outcome = self.engine.act(record, act, "k1", self.now * S)
        is_over = record.state is AlertState.RESOLVED
        if is_over:  # a newer episode may live: the old one stays as it is
            assert isinstance(outcome, ActRefused) or outcome == record
        else:
            assert isinstance(outcome, ActRefused) is not self.models[sku].act(act)
            assert self.engine.act(outcome, act, "k1", self.now * S) == outcome, (
                "not the same when sent again"
            )
        self.end_pass()

    @rule(
        matcher=st.sampled_from([Matcher(sku="TEE"), Matcher(department="denim"), Matcher(store="lyon-1")]),
        seconds=st.sampled_from([1, 15, 50]),
    )
    def silence(self, matcher: Matcher, seconds: int) -> None:
        if len(self.silences) >= 4:
            return
        self.tick()
        self.number += 1
        name = f"si_{self.number}"
        until = self.now + seconds
        assert self.engine.silence(Silence(name, matcher, until * S, "", "k1", self.now * S), self.now * S)
        self.silences[name] = (matcher, until)
        self.end_pass()

    @precondition(lambda self: bool(self.silences))
    @rule(data=st.data())
    def end_silence(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.silences)))
        self.tick()
        self.engine.end_silence(name, self.now * S)
        self.silences.pop(name, None)
        self.end_pass()

    @rule()
    def restart(self) -> None:
        self.engine = self.fresh()
        self.engine.restore(self.rows.values(), self.silence_rows.values())
        for model in self.models.values():
            model.held_s = None

    def tick(self) -> None:
        self.now += 1
        for model in self.models.values():
            if model.held_s is not None:
                model.held_s += 1

    def end_pass(self) -> None:
        for model in self.models.values():
            model.settle(self.now)
        self.engine.advance(self.now * S)
        for record in self.engine.drain():
            assert record.sku is not None
            before = self.latest.get(record.sku)
            if before is None or before.id != record.id:
                self.told[record.sku].append("fired")
            if record.state is AlertState.RESOLVED and (before is None or before.state is not record.state):
                self.told[record.sku].append("resolved")
            self.latest[record.sku] = record
        for rows, dirty in (
            (self.rows, self.engine.dirty_rows()),
            (self.silence_rows, self.engine.silences.dirty_rows()),
        ):
            for key, text in dirty:
                if text is None:
                    rows.pop(key, None)
                else:
                    rows[key] = text
        self.silences = {k: v for k, v in self.silences.items() if v[1] > self.now}

    @invariant()
    def states_are_the_models(self) -> None:
        """Its state, who is to see to it, when a snooze ends, and all that it ever told."""
        for sku, model in self.models.items():
            assert self.told[sku] == model.history
            record = self.latest.get(sku)
            if model.state in {"", "pending", "resolved by hand"}:
                assert record is None or record.state is AlertState.RESOLVED
                continue
            assert record is not None
            assert record.state == model.state
            assert record.assignee == model.assignee
            assert record.snoozed_until_ns == (
                model.until_s * S if model.state == "snoozed" and model.until_s is not None else None
            )
            assert record == self.engine.episode(record.id)

    @invariant()
    def suppressed_is_what_is_inhibited_or_silenced(self) -> None:
        """The inhibition first; else the silence that lasts longest, to the second."""
        for sku, model in self.models.items():
            if model.state not in {"firing", "acknowledged", "snoozed"}:
                continue
            found = [
                (until, name)
                for name, (matcher, until) in self.silences.items()
                if matcher.sku in {None, sku} and matcher.department in {None, DEPARTMENT[sku]}
            ]
            silence = SILENCE + max(found)[1] if found else None
            assert self.latest[sku].suppressed_by == (model.by or silence)

    @invariant()
    def live_and_durable_are_one(self) -> None:
        """What is live has its row, and nothing else has; silences too."""
        assert set(self.rows) == set(self.engine.live)
        assert set(self.silence_rows) == set(self.silences)


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
