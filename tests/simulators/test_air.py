"""The air: tags answer by the laws that its parameters state."""

from dataclasses import replace
from itertools import pairwise

from simulators.air import EPOCH_NS, SLOT_NS, SLOTS_PER_EPOCH, Air, TagSeen
from simulators.params import AirParams
from simulators.signals import GatePassed
from simulators.stock import Piece
from tests.support.simulated import NS, START_NS, demo_layout

PLAIN = AirParams(quality_beta=(1e6, 1.0), weak_share=0.0, shadow_factor=1.0, border_share=0.0, far_mean=1e-9)
"""Perfect tags in plain view, away from any border."""


def piece(n: int, zone: str, *, carried: bool = False) -> Piece:
    """Return a tagged piece that lies, or is carried, in a zone."""
    return Piece(n, demo_layout().articles[0], f"{n:024X}", 0.0, True, zone, carried, 1)


def air(params: AirParams = PLAIN, seed: int = 1) -> Air:
    """Return the air of the demo's site."""
    return Air(demo_layout(), seed, params, START_NS)


def reads_of(an_air: Air, pieces: list[Piece], epochs: int) -> list[tuple[str, TagSeen]]:
    """Return (reader, read) of some epochs."""
    seen = []
    for epoch in range(epochs):
        start_ns = START_NS + epoch * EPOCH_NS
        an_air.plan_epoch(start_ns, pieces)
        for slot in range(SLOTS_PER_EPOCH):
            reads = an_air.take_slot(start_ns // SLOT_NS + slot)
            seen += [(reader, read) for reader in reads for read in reads[reader]]
    return seen


def test_a_plain_tag_is_read_in_eight_of_ten_epochs() -> None:
    """The own zone's antenna reads a perfect tag in plain view with the share that the parameters say."""
    seen = reads_of(air(), [piece(1, "front")], 2_000)
    assert {reader for reader, _ in seen} == {"m100-front"}
    assert 0.77 < len(seen) / 2_000 < 0.83


def test_a_body_shields() -> None:
    """A carried tag is read less often, by the factor that the parameters say."""
    seen = reads_of(air(), [piece(1, "front", carried=True)], 2_000)
    assert 0.32 < len(seen) / 2_000 < 0.40


def test_misses_come_in_runs() -> None:
    """With shadows, a tag is silent for minutes far more often than independent misses would make it."""
    seen = reads_of(air(AirParams(weak_share=0.0)), [piece(1, "front")], 20_000)
    times = [read.at_ns for _, read in seen]
    long_gaps = sum(b - a > 60 * NS for a, b in pairwise(times))
    assert long_gaps > 20


def test_neighbours_read_weakly() -> None:
    """At a border, antennas of adjacent zones read a tag too, seldom and some 14 dB weaker or so."""
    border = replace(PLAIN, border_share=1.0)
    seen = reads_of(air(border), [piece(n, "denim") for n in range(20)], 300)
    own = [read.rssi_dbm for reader, read in seen if reader == "m100-denim"]
    cross = [read.rssi_dbm for reader, read in seen if reader != "m100-denim"]
    assert 0.05 < len(cross) / len(own) < 0.9
    assert sum(own) / len(own) > sum(cross) / len(cross) + 3
    assert {(reader, read.port) for reader, read in seen} == {
        ("m100-denim", 1), ("m100-front", 1), ("r700-back", 1), ("r700-back", 2)
    }  # fmt: skip


def test_dead_tags_are_never_read() -> None:
    """A dead tag answers nobody."""
    assert reads_of(air(replace(PLAIN, dead_share=1.0)), [piece(1, "front")], 200) == []


def test_a_piece_that_moves_falls_silent_where_it_was() -> None:
    """What was planned for a place is not read after the piece has left it."""
    an_air, moved = air(), piece(1, "front")
    an_air.plan_epoch(START_NS, [moved])
    moved.placements += 1
    assert all(not an_air.take_slot(START_NS // SLOT_NS + slot) for slot in range(SLOTS_PER_EPOCH))


def test_the_gate_reads_a_passing_several_times() -> None:
    """Of 400 who paid some 95 % are seen, 3 to 8 times each, within the passing; of thieves some 85 %."""
    for paid, least, most in ((True, 0.92, 0.98), (False, 0.80, 0.90)):
        an_air, seen = air(), 0
        for n in range(400):
            at_ns = START_NS + n * 10 * NS
            an_air.pass_gate(GatePassed(at_ns, at_ns + 4 * NS, f"{n:024X}", paid))
            slots = range(at_ns // SLOT_NS, (at_ns + 4 * NS) // SLOT_NS)
            reads = [read for slot in slots for read in an_air.take_slot(slot).get("r700-back", ())]
            assert not reads or 3 <= len(reads) <= 8
            assert all(read.port == 4 and at_ns <= read.at_ns < at_ns + 4 * NS for read in reads)
            seen += bool(reads)
        assert least < seen / 400 < most


def test_a_tag_is_the_same_whenever_it_comes() -> None:
    """A tag's quality depends on the seed and its EPC alone, not on what else is on the air."""
    mixed = replace(PLAIN, quality_beta=(8.0, 2.0), weak_share=0.5)
    alone = reads_of(air(mixed), [piece(7, "front")], 3_000)
    in_company = reads_of(air(mixed), [piece(n, "front") for n in range(10)], 3_000)
    counts = [sum(read.epc == f"{n:024X}" for _, read in in_company) for n in range(10)]
    assert abs(counts[7] - len(alone)) < 150
    assert max(counts) - min(counts) > 600
