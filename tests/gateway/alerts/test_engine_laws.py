"""Every interleaving of verdicts, inhibitions, time and restarts tells what its whole history says."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.alerts.engine import AlertEngine, Holds
from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.alerts.rules import Condition

S = 1_000_000_000
T0 = 1_800_000_000
HOLDS = {
    AlertType.LOW_STOCK: (100, 30),
    AlertType.STOCK_OUT: (0, 10),
    AlertType.READER_DOWN: (30, 0),
}
verdicts = st.sampled_from(["fires", "fires", "may be", "neither", "clears"])


@dataclass
class Episode:
    """An episode as the model sees it. Times in seconds."""

    since: int
    fired: int | None = None
    resolved: int | None = None
    mark: str | None = None


@dataclass
class History:
    """All that was said of one alert: (second, verdict, inhibition), and restarts as (second, "restart", None)."""

    fire_s: int
    clear_s: int
    said: list[tuple[int, str, str | None]] = field(default_factory=list)

    def episodes(self, now: int) -> list[Episode]:
        """Return the episodes that fired, read off the history from its beginning."""
        replay = Replay(self.fire_s, self.clear_s)
        for second, verdict, by in self.said:
            replay.live_until(second - 1)
            replay.judge(second, verdict, by)
        replay.live_until(now)
        return replay.fired


@dataclass
class Replay:
    """The rules once more, for one alert: what is live, since when a hold runs, what fired."""

    fire_s: int
    clear_s: int
    fired: list[Episode] = field(default_factory=list)
    live: Episode | None = None
    held_since: int | None = None
    fires: bool = False
    waits: bool = False

    def judge(self, second: int, verdict: str, by: str | None) -> None:
        """A hold runs while its verdict is given and believed; the same verdict again does not restart it. What may be
        holds as what fires does, and fires with the first such verdict once its hold is over.
        """
        if verdict == "restart":
            self.held_since, self.waits = None, False
            return
        is_pending = self.live is None or self.live.fired is None
        holds = verdict in ({"fires", "may be"} if is_pending else {"clears"}) and by is None
        self.fires = verdict == "fires"
        self.waits &= holds
        if self.live is not None and self.waits and self.fires:
            self._fire(second)
            return
        if self.live is None and holds:
            self.live = Episode(second)
        elif is_pending and by is None and not holds:
            self.live = None
        elif self.live is not None and not is_pending:
            self.live.mark = by
        if not holds:
            self.held_since = None
        elif self.held_since is None:
            self.held_since = second
            if self.live is not None and is_pending:
                self.live.since = second

    def live_until(self, second: int) -> None:
        """Let a hold that is over take effect, at the second when it was over."""
        if self.live is None or self.held_since is None:
            return
        if self.live.fired is None and self.held_since + self.fire_s <= second:
            self.waits = not self.fires
            if self.fires:
                self._fire(self.held_since + self.fire_s)
        elif self.live.fired is not None and self.held_since + self.clear_s <= second:
            self.live.resolved, self.live.mark = self.held_since + self.clear_s, None
            self.live = self.held_since = None

    def _fire(self, second: int) -> None:
        assert self.live is not None
        self.live.fired, self.held_since, self.waits = second, None, False
        self.fired.append(self.live)


class AnyInterleaving(RuleBasedStateMachine):
    """Three alerts of different holds, judged at most once a second each, as passes do."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = self.new_engine()
        self.now = T0
        self.history = {kind: History(*HOLDS[kind]) for kind in HOLDS}
        self.rows: dict[str, str] = {}
        self.told: dict[str, AlertRecord] = {}
        self.inhibited: dict[str, str | None] = {}

    def new_engine(self) -> AlertEngine:
        return AlertEngine({kind: Holds(fire * S, clear * S) for kind, (fire, clear) in HOLDS.items()})

    @rule(
        kind=st.sampled_from(list(HOLDS)), verdict=verdicts, by=st.sampled_from([None, None, "reader_down"])
    )
    def judge(self, kind: AlertType, verdict: str, by: str | None) -> None:
        self.now += 1
        condition = Condition(
            kind,
            Severity.WARNING,
            "lyon-1",
            fires=verdict == "fires",
            clears=verdict == "clears",
            inhibited_by=by,
            evidence={},
            sku="TEE",
            pends=verdict == "may be",
        )
        self.engine.judge(condition, self.now * S)
        self.history[kind].said.append((self.now, verdict, by))
        self.inhibited[condition.fingerprint] = by
        self.live()

    @rule(seconds=st.sampled_from([1, 9, 29, 30, 99, 100, 500]))
    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.live()

    @rule()
    def restart(self) -> None:
        self.now += 1
        self.engine = self.new_engine()
        self.engine.restore(self.rows.values())
        for history in self.history.values():
            history.said.append((self.now, "restart", None))

    def live(self) -> None:
        """End a pass: let holds take effect, and hear what is told."""
        self.engine.advance(self.now * S)
        for record in self.engine.drain():
            before = self.told.get(record.id)
            if before is None or before.state is not record.state:
                assert self.inhibited[record.fingerprint] is None, "fired or cleared while inhibited"
            assert before is None or before.state is AlertState.FIRING, "told on after its end"
            self.told[record.id] = record
        for key, text in self.engine.dirty_rows():
            if text is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = text

    @invariant()
    def told_is_what_the_history_says(self) -> None:
        """Each episode, its times to the second, and its mark."""
        for kind, history in self.history.items():
            told = [
                Episode(
                    record.since_ns // S,
                    record.fired_at_ns and record.fired_at_ns // S,
                    record.resolved_at_ns and record.resolved_at_ns // S,
                    record.suppressed_by,
                )
                for record in self.told.values()
                if record.type is kind
            ]
            assert told == history.episodes(self.now)

    @invariant()
    def one_episode_at_a_time(self) -> None:
        """At most one firing per fingerprint, and as many firing here as were told."""
        firing = [record for record in self.told.values() if record.state is AlertState.FIRING]
        assert len({record.fingerprint for record in firing}) == len(firing)
        assert sorted(record.id for record in self.engine.firing()) == sorted(record.id for record in firing)


TestAnyInterleaving = AnyInterleaving.TestCase
TestAnyInterleaving.settings = settings(max_examples=150, stateful_step_count=30)
