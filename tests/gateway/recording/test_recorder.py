"""A recording beside the gateway's work: all that was taken, bounded in size, readable when it is cut."""

import gzip
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.cli.recording_files import opened_input
from gateway.engine import Engine
from gateway.ports.intake import TillEvent
from gateway.recording.parts import Parts
from gateway.recording.playback import Playback
from gateway.recording.reading import LineReader
from gateway.recording.recorded import LineRefused, Recorded, ToldEvent
from gateway.recording.recorder import FLUSH_EVERY_S, MAX_WAITING, MIN_BYTES, Recorder
from readers.errors import Malformed
from readers.observations import Heartbeat, Identified, Observation, Read
from tests.support.polling import eventually
from tests.support.virtual_shop import VirtualShop

START_NS = 1_795_284_130_000_000_000
NAMES = ("obs.jsonl", "obs.jsonl.gz")


def reads(count: int) -> list[Read]:
    """Return reads of tags that compress badly."""
    return [
        Read("r-1", 1 + n % 4, os.urandom(12).hex().upper(), START_NS + n, START_NS + 7 * n, -60.5)
        for n in range(count)
    ]


def recorded_in(path: Path) -> list[Recorded | LineRefused]:
    """Return what a recording says."""
    reader = LineReader()
    with opened_input(str(path), "test") as source:
        return [recorded for block in source.blocks() for recorded in reader.read_lines(block, 1)]


@pytest.mark.parametrize("name", NAMES)
def test_all_that_was_taken_is_in_the_file_in_order(name: str, tmp_path: Path) -> None:
    """Observations and events are read back as they were; what a device says of itself alone has no line."""
    event = TillEvent("e-1", "sale", "lyon-1", "TEE", None, None, 1, START_NS)
    batches = [reads(3), reads(500), [Heartbeat("r-1", False, START_NS, START_NS)]]
    with Recorder(tmp_path / name, 10**9) as recorder:
        for batch in batches:
            recorder.observed(batch)
        recorder.observed([Identified("r-1", "R700", START_NS)])
        recorder.told("till-key", event, START_NS + 5)
    told = ToldEvent(event, START_NS + 5, "till-key")
    assert recorded_in(tmp_path / name) == [*batches[0], *batches[1], *batches[2], told]
    assert (recorder.recorded, recorder.left_out, recorder.ended) == (505, 0, "")
    assert recorder.written_bytes == (tmp_path / name).stat().st_size


@pytest.mark.parametrize("name", NAMES)
def test_what_was_flushed_can_be_read_while_it_goes_on(name: str, tmp_path: Path) -> None:
    """Within a flush or two all lines are on disk, in a file that has no end yet."""
    batch = reads(100)
    with Recorder(tmp_path / name, 10**9) as recorder:
        recorder.observed(batch)
        eventually(lambda: recorded_in(tmp_path / name) == batch, "the lines", 20 * FLUSH_EVERY_S)


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_ends_at_its_size_and_says_so(name: str, tmp_path: Path) -> None:
    """The file never grows beyond the bound; it is whole, and what came after is counted."""
    with Recorder(tmp_path / name, MIN_BYTES) as recorder:
        recorder.observed(reads(5_000))
    size = (tmp_path / name).stat().st_size
    assert MIN_BYTES // 8 < size <= MIN_BYTES
    assert "full" in recorder.ended
    assert len(recorded_in(tmp_path / name)) == recorder.recorded == 5_000 - recorder.left_out
    if name.endswith(".gz"):
        gzip.decompress((tmp_path / name).read_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_in_parts_goes_on_and_lets_the_oldest_go(name: str, tmp_path: Path) -> None:
    """Life after life: whole parts in order, never more bytes than are to be kept, the newest lines always there."""
    others = tmp_path / f"obs-1{name.removeprefix('obs')}"
    others.write_text("of somebody else")
    keep_bytes, told = 4 * MIN_BYTES, []
    for _ in range(3):
        parts = Parts(tmp_path / name, keep_bytes)
        with Recorder(tmp_path / name, MIN_BYTES, parts) as recorder:
            batch = reads(4_000)
            recorder.observed(batch)
            told += batch
        assert (recorder.ended, recorder.left_out) == ("", 0)
        files = sorted(path for path in tmp_path.iterdir() if path != others)
        assert sum(path.stat().st_size for path in files) <= keep_bytes
        assert all(path.stat().st_size <= MIN_BYTES for path in files)
        kept = [line for path in files for line in recorded_in(path)]
        assert kept == told[-len(kept) :]
        assert len(kept) > 1_000
    assert parts.deleted > 0
    assert others.read_text() == "of somebody else"


def test_what_waits_is_bounded(tmp_path: Path) -> None:
    """A batch that would make more wait than there is room for is left out, and counted."""
    recorder = Recorder(tmp_path / "obs.jsonl", 10**9)
    recorder.observed(reads(1) * MAX_WAITING)
    recorder.observed(reads(2))
    assert recorder.left_out == 2
    with recorder:
        pass
    assert recorder.recorded == MAX_WAITING


def test_a_recording_is_never_written_over(tmp_path: Path) -> None:
    """A file that exists is left alone."""
    (tmp_path / "obs.jsonl").write_text("precious")
    with pytest.raises(FileExistsError):
        Recorder(tmp_path / "obs.jsonl", 10**9)


class _Tee:
    """An intake that hands all on to the shop's engine, and to a recorder."""

    def __init__(self, shop: VirtualShop, recorder: Recorder) -> None:
        self._shop = shop
        self._recorder = recorder

    def offer(self, observations: Sequence[Observation], on_durable: object = None) -> None:
        """Observe and record."""
        self._shop.engine.observe_all(observations, self._shop.now_ns)
        self._recorder.observed(list(observations))

    def refuse(self, device: str, error: Malformed, on_durable: object = None) -> None:
        """Let the engine take note: what could not be read is in no recording."""
        self._shop.engine.refuse(device, error)

    def is_full(self) -> bool:
        """Return False."""
        return False

    async def drained(self) -> None:
        """Return at once."""


def levels_of(engine: Engine) -> dict[tuple[str, str], dict[str, int]]:
    """Return all levels of an engine."""
    ledger = engine.state.ledger
    return {key: dict(levels) for key in ledger.line_keys() if (levels := ledger.levels(*key))}


def test_a_replay_of_a_recording_ends_with_the_levels_of_the_live_gateway(tmp_path: Path) -> None:
    """Minute by minute, what is replayed is what was believed: half an hour of the demo's shop."""
    shop, live = VirtualShop(seed=5), {}
    with Recorder(tmp_path / "obs.jsonl.gz", 10**9) as recorder:
        shop.give_to(_Tee(shop, recorder))
        for _ in range(30):
            shop.run(60)
            live[shop.now_ns] = levels_of(shop.engine)
    assert recorder.left_out == 0
    recorded = recorded_in(tmp_path / "obs.jsonl.gz")
    lines = [line for line in recorded if not isinstance(line, LineRefused)]
    assert lines == recorded
    lines.sort(key=lambda line: line.received_ns)
    engine = shop.new_engine()
    replayed = {
        done.now_ns: levels_of(engine)
        for done in Playback(engine).play(lines, shop.now_ns)
        if done.now_ns in live
    }
    assert replayed == live
    assert sum(len(levels) for levels in live.values()) > 100, "a shop with nothing in it proves nothing"
