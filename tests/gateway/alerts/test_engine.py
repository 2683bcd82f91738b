"""The life of alerts, by example: holds in time, thresholds apart, silence while nothing can be believed."""

import pytest

from gateway.alerts.engine import AlertEngine, Holds
from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.alerts.rules import Condition

S = 1_000_000_000
T0 = 1_800_000_000 * S
HOLD, CLEAR = 600, 60


class Watcher:
    """An alert engine over one article, with its clock, and all that it ever told."""

    def __init__(self) -> None:
        self.engine = self._new()
        self.now = T0
        self.told: list[AlertRecord] = []
        self.rows: dict[str, str] = {}

    def _new(self) -> AlertEngine:
        return AlertEngine({kind: Holds(HOLD * S, CLEAR * S) for kind in AlertType})

    def judge(self, verdict: str, *, by: str | None = None, sku: str = "TEE", evidence: int = 0) -> None:
        """Give a verdict now: "fires", "clears", "may be", or "" for neither."""
        self.engine.judge(
            Condition(
                AlertType.LOW_STOCK,
                Severity.WARNING,
                "lyon-1",
                fires=verdict == "fires",
                clears=verdict == "clears",
                inhibited_by=by,
                evidence={"available": evidence},
                sku=sku,
                pends=verdict == "may be",
            ),
            self.now,
        )

    def wait(self, seconds: float) -> list[AlertRecord]:
        """Let time pass, in one step; return what is told."""
        self.now += round(seconds * S)
        self.engine.advance(self.now)
        told = self.engine.drain()
        self.told += told
        for key, text in self.engine.dirty_rows():
            if text is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = text
        return told

    def restart(self) -> None:
        """Go on from what was written down."""
        self.wait(0)
        self.engine = self._new()
        self.engine.restore(self.rows.values())

    def firing(self) -> "Watcher":
        """Let the alert fire."""
        self.judge("fires")
        assert [record.state for record in self.wait(HOLD)] == [AlertState.FIRING]
        return self


def test_a_condition_must_hold_for_its_time_to_fire() -> None:
    """Not a second sooner; the record bears when it began and when it fired."""
    watcher = Watcher()
    watcher.judge("fires")
    assert watcher.wait(HOLD - 1) == []
    (alert,) = watcher.wait(1)
    assert (alert.state, alert.since_ns, alert.fired_at_ns) == (AlertState.FIRING, T0, T0 + HOLD * S)


@pytest.mark.parametrize(("sure_after_s", "fired_after_s"), [(HOLD - 1, HOLD), (HOLD + 50, HOLD + 50)])
def test_a_hold_runs_from_the_first_doubt(sure_after_s: int, fired_after_s: int) -> None:
    """What is believed after minutes of silence began with the silence; and without being believed it never fires."""
    watcher = Watcher()
    watcher.judge("may be")
    assert watcher.wait(sure_after_s) == []
    watcher.judge("fires")
    told = watcher.wait(1)
    assert [(alert.since_ns, alert.fired_at_ns) for alert in told] == [(T0, T0 + fired_after_s * S)]


@pytest.mark.parametrize("after_s", [HOLD - 1, HOLD + 1])
def test_a_doubt_that_passes_is_forgotten(after_s: int) -> None:
    """It was read again, within the hold or after: the next doubt holds anew."""
    watcher = Watcher()
    watcher.judge("may be")
    watcher.wait(after_s)
    watcher.judge("")
    watcher.judge("fires")
    assert watcher.wait(HOLD - 1) == []
    assert [alert.since_ns for alert in watcher.wait(1)] == [T0 + after_s * S]


@pytest.mark.parametrize("verdict", ["", "clears"])
def test_a_condition_that_ends_within_its_hold_is_forgotten(verdict: str) -> None:
    """A level that flickers around its threshold tells nobody; the next time it waits its full hold."""
    watcher = Watcher()
    watcher.judge("fires")
    watcher.wait(HOLD - 1)
    watcher.judge(verdict)
    assert watcher.wait(2) == []
    watcher.judge("fires")
    assert watcher.wait(HOLD - 1) == []
    assert len(watcher.wait(1)) == 1


def test_a_verdict_that_is_said_again_changes_nothing() -> None:
    """Holds run from the first of equal verdicts, and nothing is told twice."""
    watcher = Watcher()
    for _ in range(10):
        watcher.judge("fires")
        watcher.wait(HOLD / 10)
    assert len(watcher.told) == 1
    watcher.judge("fires")
    assert watcher.wait(HOLD) == []


def test_the_evidence_is_that_of_the_moment_it_fired() -> None:
    """It began at two pieces, and fired at one."""
    watcher = Watcher()
    watcher.judge("fires", evidence=2)
    watcher.wait(HOLD / 2)
    watcher.judge("fires", evidence=1)
    (alert,) = watcher.wait(HOLD / 2)
    assert alert.evidence == {"available": 1}


def test_it_clears_after_its_own_hold_above_its_own_threshold() -> None:
    """Between the thresholds it stays; above the upper one it ends after the clear hold."""
    watcher = Watcher().firing()
    watcher.judge("")
    assert watcher.wait(10 * HOLD) == []
    watcher.judge("clears")
    assert watcher.wait(CLEAR - 1) == []
    (alert,) = watcher.wait(1)
    assert (alert.state, alert.resolved_at_ns) == (AlertState.RESOLVED, watcher.now)
    assert watcher.engine.firing() == []


@pytest.mark.parametrize("verdict", ["", "fires"])
def test_an_end_that_does_not_hold_is_none(verdict: str) -> None:
    """A piece put down for half a minute is no refill."""
    watcher = Watcher().firing()
    watcher.judge("clears")
    watcher.wait(CLEAR - 1)
    watcher.judge(verdict)
    assert watcher.wait(10 * CLEAR) == []
    watcher.judge("clears")
    assert len(watcher.wait(CLEAR)) == 1


def test_nothing_begins_while_it_is_inhibited() -> None:
    """A dead reader raises no stock alert."""
    watcher = Watcher()
    watcher.judge("fires", by="reader_down")
    assert watcher.wait(10 * HOLD) == []
    assert watcher.rows == {}


def test_a_pending_one_waits_anew_after_an_inhibition() -> None:
    """What held before the reader died proves nothing of the time after."""
    watcher = Watcher()
    watcher.judge("fires")
    watcher.wait(HOLD - 10)
    watcher.judge("fires", by="reader_down")
    assert watcher.wait(HOLD) == []
    watcher.judge("fires")
    back_ns = watcher.now
    assert watcher.wait(HOLD - 1) == []
    (alert,) = watcher.wait(1)
    assert alert.since_ns == back_ns


def test_a_firing_one_stays_and_is_marked_as_suppressed() -> None:
    """It neither clears nor goes on as if it were seen; when its reader is back the mark goes."""
    watcher = Watcher().firing()
    watcher.judge("clears", by="reader_down|lyon-1||front")
    (marked,) = watcher.wait(10 * CLEAR)
    assert (marked.state, marked.suppressed_by) == (AlertState.FIRING, "reader_down|lyon-1||front")
    watcher.judge("clears")
    (unmarked,) = watcher.wait(CLEAR - 1)
    assert (unmarked.state, unmarked.suppressed_by) == (AlertState.FIRING, None)
    (resolved,) = watcher.wait(1)
    assert (resolved.state, resolved.suppressed_by) == (AlertState.RESOLVED, None)


def test_an_inhibition_takes_back_a_clear_hold() -> None:
    """Half of it ran before the reader died: it runs anew."""
    watcher = Watcher().firing()
    watcher.judge("clears")
    watcher.wait(CLEAR - 1)
    watcher.judge("clears", by="reader_down")
    watcher.wait(CLEAR)
    watcher.judge("clears")
    assert [a.state for a in watcher.wait(CLEAR - 1)] == [AlertState.FIRING]
    assert [a.state for a in watcher.wait(1)] == [AlertState.RESOLVED]


def test_an_episode_keeps_its_id_and_the_next_one_gets_another() -> None:
    """Fired, suppressed, resolved: one id; fired again a day later: a second."""
    watcher = Watcher().firing()
    watcher.judge("", by="reader_down")
    watcher.wait(1)
    watcher.judge("clears")
    watcher.wait(CLEAR)
    ids = {alert.id for alert in watcher.told}
    assert len(ids) == 1
    watcher.wait(86_400)
    watcher.firing()
    assert watcher.told[-1].id not in ids
    assert watcher.told[-1].fingerprint == watcher.told[0].fingerprint


def test_a_restart_keeps_what_fires_and_makes_what_waits_wait_anew() -> None:
    """Time spent down proves nothing, for either hold."""
    watcher = Watcher()
    watcher.judge("fires", sku="A")
    watcher.wait(HOLD)
    watcher.judge("fires", sku="B")
    watcher.wait(HOLD - 10)
    watcher.restart()
    watcher.now += 10 * HOLD * S
    assert [alert.sku for alert in watcher.engine.firing()] == ["A"]
    assert watcher.wait(HOLD) == [], "no verdict, no hold"
    watcher.judge("fires", sku="A")
    watcher.judge("fires", sku="B")
    assert watcher.wait(HOLD - 1) == []
    assert [(alert.sku, alert.state) for alert in watcher.wait(1)] == [("B", AlertState.FIRING)]


def test_a_suppressed_one_is_suppressed_after_a_restart() -> None:
    """And the mark goes when the reader is back, told once."""
    watcher = Watcher().firing()
    watcher.judge("", by="reader_down")
    watcher.wait(1)
    watcher.restart()
    watcher.judge("", by="reader_down")
    assert watcher.wait(1) == []
    watcher.judge("")
    assert [alert.suppressed_by for alert in watcher.wait(1)] == [None]


def test_an_alert_that_fires_is_told_once_over_a_restart() -> None:
    """Restoring tells nothing anew."""
    watcher = Watcher().firing()
    watcher.restart()
    watcher.judge("fires")
    assert watcher.wait(10 * HOLD) == []


def test_rows_are_of_live_alerts_alone() -> None:
    """What ended, or never fired, leaves none behind."""
    watcher = Watcher()
    watcher.judge("fires", sku="A")
    watcher.judge("fires", sku="B")
    watcher.wait(1)
    assert len(watcher.rows) == 2
    watcher.judge("", sku="B")
    watcher.wait(HOLD)
    assert len(watcher.rows) == 1
    watcher.judge("clears", sku="A")
    watcher.wait(CLEAR)
    assert watcher.rows == {}
    assert list(watcher.engine.live) == []


def test_deadlines_that_were_taken_back_do_not_pile_up() -> None:
    """A flickering level leaves dead deadlines behind, each gone when its time is over."""
    watcher = Watcher()
    for _ in range(1_000):
        watcher.judge("fires")
        watcher.judge("")
        watcher.wait(2)
    assert len(watcher.engine._deadlines) <= HOLD // 2 + 1
