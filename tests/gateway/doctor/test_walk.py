"""The walk test and what it makes of a zone's coverage."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.doctor.findings import Finding
from gateway.doctor.walk import MAX_TAGS, WalkTest
from gateway.doctor.walk_findings import walk_findings
from readers.observations import Heartbeat, Read

S = 1_000_000_000
ZONES = {("r", 1): "front", ("r", 2): "front", ("b", 1): "back"}


def read(epc: str, at_s: float, antenna: int = 1, rssi_dbm: float | None = -55.0, reader: str = "r") -> Read:
    at_ns = round(at_s * S)
    return Read(reader, antenna, epc, at_ns, at_ns, rssi_dbm)


def walked(
    *reads: Read, seconds: float = 100.0, expected: frozenset[str] = frozenset()
) -> dict[str, list[Finding]]:
    """Return the findings of a walk, by zone (the word before the colon) and code."""
    test = WalkTest(ZONES, 0, expected)
    test.take(reads)
    found: dict[str, list[Finding]] = {}
    for finding in walk_findings(test.coverage(round(seconds * S) - 1)):
        found.setdefault(f"{finding.text.partition(':')[0]} {finding.code}", []).append(finding)
    return found


def every(epc: str, step_s: float, **more: object) -> list[Read]:
    return [read(epc, at_s / 10, **more) for at_s in range(0, 1_000, round(step_s * 10))]


def test_tags_heard_in_every_window_are_steady() -> None:
    """A tag that is heard each second is steady, and the zone is well covered."""
    found = walked(*every("AA", 1), *every("BB", 1, antenna=2))
    assert found["front coverage"][0].text == "front: 2 tag(s); 100% heard steadily, 0% often, 0% seldom."
    assert found["front coverage"][0].level == "good"
    assert "front deaf_antenna" not in found


def test_weak_tags_heard_seldom_want_power_or_nearness() -> None:
    """Tags that are heard seldom and weakly are too far away."""
    found = walked(*every("AA", 1), *every("BB", 30, rssi_dbm=-78.0), *every("CC", 1, antenna=2))
    finding = found["front too_far"][0]
    assert "BB (20%)" in finding.text
    assert "power_dbm" in finding.remedy


def test_loud_tags_heard_seldom_are_shadowed() -> None:
    """Tags that are heard seldom, but then loudly, are in each other's shadow: power would not help."""
    found = walked(*every("AA", 1), *every("BB", 30))
    assert "turn the antenna" in found["front shadowed"][0].remedy


def test_an_antenna_that_hears_nothing_is_named() -> None:
    """Each antenna of a zone has to hear something."""
    found = walked(*every("AA", 1))
    assert found["front deaf_antenna"][0].text == "front: antenna 2 of r heard nothing."
    assert "back empty" in found


def test_zones_that_hear_each_others_tags_are_told() -> None:
    """A zone that hears the tags of another nearly as loudly takes them for its own in the end."""
    own = every("AA", 1, rssi_dbm=-55.0)
    other = every("AA", 5, reader="b", rssi_dbm=-58.0)
    assert "power_dbm of the reader of back" in walked(*own, *other)["front overlap"][0].remedy
    quiet = every("AA", 5, reader="b", rssi_dbm=-75.0)
    assert "front overlap" not in walked(*own, *quiet)


def test_passages_need_one_read_of_a_tag() -> None:
    """At an exit tags go by: heard once is heard, and nobody passing is no fault."""
    test = WalkTest(ZONES, 0)
    test.take([*every("AA", 1), read("BB", 50, reader="b")])
    told = {
        f.code: f.level for f in walk_findings(test.coverage(100 * S), passages={"back"}, unwatched=["till"])
    }
    assert told["passed"] == "good"
    assert told["unwatched"] == "note"
    empty = walk_findings(WalkTest(ZONES, 0).coverage(S), "back", passages={"back"})
    assert [(finding.code, finding.level) for finding in empty] == [("nobody_passed", "note")]


def test_expected_tags_that_nobody_heard_are_listed() -> None:
    """With a list of what lies there, what was never heard is told by its EPC."""
    found = walked(*every("AA", 1), expected=frozenset({"AA", "BB"}))
    (finding,) = next(findings for name, findings in found.items() if name.endswith("missing"))
    assert "BB" in finding.text
    assert "AA" not in finding.text


def test_other_antennas_and_other_news_are_no_part_of_it() -> None:
    """Reads by antennas that watch no zone, and signs of life, change nothing."""
    test = WalkTest(ZONES, 0)
    test.take([read("AA", 1, antenna=9), Heartbeat("r", True, 0, 0)])
    assert all(not zone.tags for zone in test.coverage(S).zones)


def test_a_walk_is_bounded() -> None:
    """However many tags pass, a bounded number is kept."""
    test = WalkTest(ZONES, 0)
    test.take(read(f"{number:08X}", 1) for number in range(MAX_TAGS + 100))
    assert sum(len(zone.tags) for zone in test.coverage(S).zones) == MAX_TAGS


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 999), st.sampled_from([1, 2])), max_size=60))
def test_shares_are_those_of_a_simple_count(events: list[tuple[str, int, int]]) -> None:
    """A tag's share is the number of windows in which it was heard, by all windows: counted the long way."""
    test = WalkTest(ZONES, 0)
    ordered = sorted(events, key=lambda event: event[1])
    test.take(read(epc, tenth / 10, antenna) for epc, tenth, antenna in ordered)
    heard = {epc: {tenth // 50 for other, tenth, _ in events if other == epc} for epc, _, _ in events}
    told = {tag.epc: tag.share for zone in test.coverage(100 * S - 1).zones for tag in zone.tags}
    assert told == {epc: len(windows) / 20 for epc, windows in heard.items()}
