"""Recorded lines through the rules in their own time: what a pass knows, and when there is one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.articles import Catalogue
from gateway.config.file import parse_site
from gateway.engine import Engine
from gateway.ports.intake import TillEvent
from gateway.recording.playback import MAX_IDLE_NS, NS_PER_S, Pass, Playback
from gateway.recording.recorded import Recorded, ToldEvent
from gateway.site import Site
from readers.observations import Heartbeat, Read

START_NS = 1_795_284_130 * NS_PER_S
SITE = (Path(__file__).parents[2] / "scenarios" / "return" / "gateway.toml").read_text("utf-8")


def an_engine() -> Engine:
    """Return an engine of a small site, with no articles."""
    site = parse_site(SITE.replace('csv = "articles.csv"', ""), "site.toml")
    return Engine(Site(site), Catalogue(()))


def beat(at_s: float) -> Heartbeat:
    """Return a heartbeat of a reader that the site has not, at a time since the start."""
    at_ns = START_NS + round(at_s * NS_PER_S)
    return Heartbeat("ghost", True, at_ns, at_ns)


def play(lines: list[Recorded], every_s: float = 5, until_s: float | None = None) -> list[Pass]:
    """Return the passes of a new engine."""
    until_ns = None if until_s is None else START_NS + round(until_s * NS_PER_S)
    return list(Playback(an_engine(), round(every_s * NS_PER_S)).play(lines, until_ns))


@given(
    st.lists(st.floats(0, 90), min_size=1, max_size=8).map(sorted),
    st.sampled_from([0.25, 1, 1.5, 5, 7, 60]),
)
def test_a_pass_is_at_every_second_and_every_row(times_s: list[float], every_s: float) -> None:
    """Passes are at most a second apart, at each whole second and each multiple of `every`, once; they go on to
    the first row at or after the last line."""
    lines = [beat(t) for t in times_s]
    passes, every_ns = play(list(lines), every_s), round(every_s * NS_PER_S)
    times = [done.now_ns for done in passes]
    first_ns, last_ns = lines[0].received_ns, lines[-1].received_ns
    end_ns = -(-last_ns // every_ns) * every_ns
    wanted = {
        t for step in (NS_PER_S, every_ns) for t in range(-(-first_ns // step) * step, end_ns + 1, step)
    }
    assert times == sorted(wanted)
    assert [done.now_ns for done in passes if done.is_row] == [t for t in times if t % every_ns == 0]


def test_a_pass_has_seen_what_was_received_by_its_time_and_no_more() -> None:
    """A line received at T counts at T; one received a nanosecond later does not."""
    engine = an_engine()
    at_ns = START_NS + 5 * NS_PER_S
    lines: list[Recorded] = [beat(0), beat(5), Heartbeat("ghost", True, START_NS, at_ns + 1), beat(9)]
    seen = [
        (done.now_ns - START_NS, engine.state.counts.received)
        for done in Playback(engine).play(lines)
        if done.is_row
    ]
    assert seen == [(0, 1), (5 * NS_PER_S, 2), (10 * NS_PER_S, 4)]


def test_a_long_gap_is_leapt_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Years of nothing cost no more than a day of it (here: an hour), and the rows after them are where they belong."""
    idle_s, years_s = 3_600, 20 * 365 * 86_400
    assert MAX_IDLE_NS == 86_400 * NS_PER_S
    monkeypatch.setattr("gateway.recording.playback.MAX_IDLE_NS", idle_s * NS_PER_S)
    passes = play([beat(0.5), beat(years_s + 0.5)], every_s=60)
    assert idle_s < len(passes) < 1.1 * idle_s
    assert passes[-1].now_ns == START_NS // (60 * NS_PER_S) * 60 * NS_PER_S + (years_s + 60) * NS_PER_S


def test_until_ends_early_or_goes_on() -> None:
    """Nothing received after `until` is taken; where the lines end before it, time goes on."""
    assert play([beat(0), beat(100)], until_s=20)[-1].now_ns == START_NS + 20 * NS_PER_S
    assert play([beat(0)], until_s=20)[-1].now_ns == START_NS + 20 * NS_PER_S
    assert play([], until_s=20) == []


def test_what_a_device_told_twice_counts_once() -> None:
    """A read with its device's time is taken once; reads at the gateway's own time cannot be told apart."""
    reader = an_engine().site.config.readers[0].id
    own = Read(reader, 1, "3034257BF400B7800004CB2F", START_NS, START_NS + 7)
    ours = Read(reader, 1, "3034257BF400B7800004CB2F", START_NS + 9, START_NS + 9)
    playback = Playback(an_engine())
    list(playback.play([own, own, ours, ours]))
    assert playback.counts.dropped == {"duplicate": 1}
    assert playback.engine.state.counts.received == 3
    assert playback.counts.is_conserved()


def test_an_event_is_applied_once() -> None:
    """A repeat of an event is a duplicate; the same id with other content is refused; others stand by themselves."""
    engine = an_engine()
    store = engine.site.config.stores[0].id

    def told(event_id: str, qty: int = 1, source: str = "") -> ToldEvent:
        sku = engine.state.catalogue.meet("03012345000024")
        event = TillEvent(event_id, "receive", store, sku, None, None, qty, START_NS)
        return ToldEvent(event, START_NS, source)

    playback = Playback(engine)
    list(
        playback.play(
            [told("a"), told("a"), told("a", qty=2), told("a", qty=2, source="till-2"), told("b", qty=0)]
        )
    )
    assert playback.events == {
        "applied": 2, "duplicate": 1, "refused: event_id_reused": 1, "refused: bad_quantity": 1
    }  # fmt: skip


def test_rows_need_a_time_between_them() -> None:
    """`every` must be above 0."""
    with pytest.raises(ValueError, match="every_ns"):
        Playback(an_engine(), 0)
