"""The tally of what a device says while it is watched."""

from gateway.doctor.tally import MAX_TAGS, TOP_TAGS, Tally
from readers.counts import StageCounts
from readers.observations import Fault, Heartbeat, Read, Scan


def read(epc: str, antenna: int = 1, rssi_dbm: float | None = -55.0, raw: int | None = None) -> Read:
    return Read("r", antenna, epc, 0, 0, rssi_dbm, raw)


def test_reads_are_told_apart_by_antenna_and_tag() -> None:
    """Reads, tags and signal are counted per antenna, and each tag over all of them."""
    tally = Tally()
    tally.take([read("AA", 1, -60), read("AA", 2, -50), read("BB", 1, -70), Heartbeat("r", True, 0, 0)])
    watched = tally.watched(2.0, (1, 2), StageCounts(), StageCounts())
    assert [(seen.antenna, seen.reads, seen.tags) for seen in watched.antennas] == [(1, 2, 2), (2, 1, 1)]
    assert [(tag.epc, tag.reads, tag.antennas, tag.best) for tag in watched.tags] == [
        ("AA", 2, (1, 2), -50),
        ("BB", 1, (1,), -70),
    ]
    assert watched.reads == 3


def test_signals_without_a_scale_stay_raw() -> None:
    """A reader without dBm has its raw byte shown, and named so."""
    tally = Tally()
    tally.take([read("AA", 1, None, 100), read("AA", 1, None, 110), read("AA", 1, None, 105)])
    signal = tally.watched(1.0, (1,), StageCounts(), StageCounts()).antennas[0].signal
    assert signal is not None
    assert (signal.unit, signal.lowest, signal.median, signal.highest) == ("raw", 100, 105, 110)


def test_scans_and_faults_are_kept_once() -> None:
    """A code or fault that repeats is one, the last word of a fault counting."""
    tally = Tally()
    tally.take([Scan("s", "401", 0, 0), Scan("s", "401", 0, 0)])
    tally.take([Fault("r", "error_20", "first", 0), Fault("r", "error_20", "last", 0)])
    watched = tally.watched(1.0, (), StageCounts(), StageCounts())
    assert watched.codes == ("401",)
    assert watched.faults == (("error_20", "last"),)


def test_a_tally_is_bounded() -> None:
    """However many tags pass, a bounded number is told apart, and a screenful is listed."""
    tally = Tally()
    tally.take(read(f"{number:08X}") for number in range(MAX_TAGS + 500))
    watched = tally.watched(1.0, (1,), StageCounts(), StageCounts())
    assert (watched.reads, watched.tag_count, len(watched.tags)) == (MAX_TAGS + 500, MAX_TAGS, TOP_TAGS)


def test_refused_bytes_are_those_of_the_codec() -> None:
    """The share of broken bytes is of what was heard to the end."""
    of_bytes = StageCounts(received=110, passed=80, held=10)
    of_bytes.drop("checksum", 20)
    watched = Tally().watched(1.0, (1,), of_bytes, StageCounts())
    assert (watched.heard_bytes, watched.refused_share) == (100, 0.2)
