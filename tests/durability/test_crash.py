"""A short run of `make crash`, and that its audit can tell what is lost, doubled and broken."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.storage.ports import ApiKey, AppliedEvent, Commit
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from tests.durability.audit import Audit, Findings
from tests.durability.crash import run, tell
from tests.durability.progress import Progress
from tests.support.mosquitto import needs_mosquitto
from tests.support.scripted_devices import COUNTED, TAGGED

CYCLES = 5
TAG = "3034257BF7194E4000001A85"


@pytest.mark.broker
@pytest.mark.slow
def test_kills_under_load_lose_and_double_nothing() -> None:
    """Five kills at any instant, one of them of the broker too: all that was acknowledged is there, once, and all
    that anybody said is there in the end.
    """
    needs_mosquitto()
    report = run(CYCLES, seed=3, progress=Progress(CYCLES, "cycles"), also=("broker",))
    tell(report)
    assert not report.findings, report.findings
    assert (report.tally.lives, report.settled, report.tally.broker_kills) == (CYCLES, 1, 1)
    assert report.tally.events > 0
    assert report.tally.scans > 0


def received(event_id: str, level: int, kind: MovementKind = MovementKind.ARRIVED) -> Commit:
    """Return what one received piece makes of a store: journal, level and event."""
    came = Movement(
        kind, "receiving", "lyon-1", COUNTED, level, level, deltas=(ZoneDelta("back", 1),), ref=event_id
    )
    return Commit(
        level,
        movements=[came],
        levels=[LevelPoint("lyon-1", COUNTED, "back", level, level)],
        applied=[AppliedEvent("k1", event_id, "d", level, "{}")],
    )


def tag_came(level: int) -> Commit:
    """Return what the arrival of one tag makes of a store."""
    came = Movement(
        MovementKind.ARRIVED, "rfid", "lyon-1", TAGGED[0], level, level, epc=TAG, deltas=(ZoneDelta("front", 1),)
    )  # fmt: skip
    point = LevelPoint("lyon-1", TAGGED[0], "front", level, level)
    return Commit(level, movements=[came], levels=[point])


def audited(folder: Path, look: Callable[[Audit, SqliteStore], None], *commits: Commit) -> Findings:
    """Return what an audit finds in a store of these commits."""
    store = SqliteStore.open(folder / STORE_FILE, synchronous="OFF")
    store.add_key(ApiKey("k1", "till", "0a", ("ingest:write",), (), 1))
    for commit in commits:
        store.commit(commit)
    audit = Audit()
    look(audit, store)
    store.close()
    return audit.found


def test_a_sound_store_is_found_sound(tmp_path: Path) -> None:
    """Everything that was said is there once: nothing is found, at a look or at all of it."""

    def look(audit: Audit, store: SqliteStore) -> None:
        audit.look(store, ["a"])
        audit.look_at_all(store, ["a", "b"], [], [TAG])

    found = audited(tmp_path, look, received("a", 1), received("b", 2), tag_came(1))
    assert not found, found


def test_what_is_lost_is_found(tmp_path: Path) -> None:
    """An event, a scan or a tag that is not there is lost; an event that a repeat would apply again is told."""
    found = audited(
        tmp_path,
        lambda audit, store: audit.look_at_all(store, ["a", "b"], ["phone-1:7"], [TAG]),
        received("a", 1),
    )
    assert found.lost == ["b", "phone-1:7", TAG]
    assert found.broken == ["b would be applied again"]


def test_what_is_doubled_is_found(tmp_path: Path) -> None:
    """An event or a tag that came twice is told, though levels and journal agree."""
    twice = replace(received("a", 2), applied=[])
    found = audited(
        tmp_path, lambda audit, store: audit.look(store, ["a"]), received("a", 1), twice, tag_came(1), tag_came(2)
    )  # fmt: skip
    assert found.doubled == ["a", TAG]
    assert not found.lost
    assert not found.broken


def test_broken_laws_are_found(tmp_path: Path) -> None:
    """A level that is no sum of movements, a departure, an event that nobody sent."""
    wrong_level = replace(received("a", 1), levels=[LevelPoint("lyon-1", COUNTED, "back", 1, 5)])
    departed = received("b", 2, MovementKind.DEPARTED)
    found = audited(
        tmp_path, lambda audit, store: audit.look_at_all(store, ["a"], [], []), wrong_level, departed
    )
    assert [text.split(" ")[0] for text in found.broken] == ["departed:", "nobody"], found.broken
    found = audited(tmp_path / "2", lambda audit, store: audit.look(store, ["a"]), wrong_level)
    assert [text.split(" ")[0] for text in found.broken] == ["levels"]


def test_a_store_that_went_back_or_is_another_is_found(tmp_path: Path) -> None:
    """A journal that ends earlier than it did, or has another id, is no store that a crash may leave."""
    audit = Audit()
    store = SqliteStore.open(tmp_path / STORE_FILE, synchronous="OFF")
    store.commit(tag_came(1))
    audit.look(store, [])
    store.close()
    another = SqliteStore.open(tmp_path / "another" / STORE_FILE, synchronous="OFF")
    audit.look(another, [])
    another.close()
    assert [text.split(" ")[0] for text in audit.found.broken] == ["journal", "the", "levels"]
    assert audit.found.broken[1].startswith("the journal ends at 0, after 1")
