from hypothesis import given
from hypothesis import strategies as st

from readers.duplicates import Duplicates
from readers.observations import Heartbeat, Read, Reading, Scan

RECEIVED_NS = 10**18


def read(epc="E2" * 12, antenna=1, at_ns=5, received_ns=RECEIVED_NS):
    return Read("reader", antenna, epc, at_ns, received_ns)


READS = st.builds(
    read, epc=st.sampled_from(["AA", "BB", "CC"]), antenna=st.integers(1, 3), at_ns=st.integers(1, 4)
)


@given(st.lists(st.lists(READS, max_size=10), max_size=10))
def test_within_the_bound_each_read_passes_once(batches):
    """The reads that pass are the first of each (EPC, antenna, device time), in order."""
    duplicates = Duplicates(1_000)
    passed = [r for batch in batches for r in duplicates.fresh("reader", batch)]
    assert passed == list(dict.fromkeys(r for batch in batches for r in batch))


def test_a_redelivery_is_known_though_it_is_received_later():
    """`received_ns` differs when a message is told twice, and does not make it new."""
    duplicates = Duplicates()
    assert duplicates.fresh("reader", [read()])
    assert not duplicates.fresh("reader", [read(received_ns=RECEIVED_NS + 1)])


def test_reads_without_device_time_are_never_dropped():
    """Where the device gives no time, two equal reads may be two reads."""
    duplicates = Duplicates()
    untimed = read(at_ns=RECEIVED_NS)
    assert duplicates.fresh("reader", [untimed, untimed]) == [untimed, untimed]


def test_codes_and_weights_with_a_time_of_their_own_are_known_too():
    """Told again they are dropped; another time, or another code or weight, makes another."""
    duplicates = Duplicates()
    told = [Scan("s", "x", 1, 9), Reading("w", 1.0, 1, 9)]
    assert duplicates.fresh("d", told) == told
    assert duplicates.fresh("d", told) == []
    others = [Scan("s", "x", 2, 9), Scan("s", "y", 1, 9), Reading("w", 1.0, 2, 9), Reading("w", 2.0, 1, 9)]
    assert duplicates.fresh("d", others) == others


def test_signs_of_life_and_what_has_no_time_pass():
    """Heartbeats may repeat; a code without device time scanned twice is two pieces."""
    duplicates = Duplicates()
    others = [
        Scan("s", "x", 2, 2),
        Reading("w", 1.0, 2, 2),
        Heartbeat("r", online=True, at_ns=1, received_ns=2),
    ]
    assert duplicates.fresh("d", others * 2) == others * 2


def test_devices_do_not_share_their_memory():
    """The same read of two devices is two reads."""
    duplicates = Duplicates()
    assert duplicates.fresh("a", [read()])
    assert duplicates.fresh("b", [read()])


@given(st.integers(2, 50), st.integers(0, 300))
def test_memory_is_bounded_and_keeps_the_newest_half(bound, reads):
    """Never more keys than the bound; the newest half of the bound is still known."""
    duplicates = Duplicates(bound)
    for number in range(reads):
        duplicates.fresh("r", [read(at_ns=number)])
        memory = duplicates._memories["r"]
        assert len(memory.newer) + len(memory.older) <= bound
    recent = range(max(0, reads - bound // 2), reads)
    assert not duplicates.fresh("r", [read(at_ns=number) for number in recent])
