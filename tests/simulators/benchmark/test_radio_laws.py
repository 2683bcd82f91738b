"""The benchmark's air keeps to its laws: how often tags answer, how strongly, and who is silent."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from readers.observations import Read
from simulators.benchmark.calendar import START_NS
from simulators.benchmark.families import FAMILIES, Family
from simulators.benchmark.radio import EPOCH_NS, Radio
from simulators.benchmark.run import BenchmarkRun
from simulators.benchmark.topology import TOPOLOGIES
from tests.support.benchmark_wire import ProductEars

TAGS = 300
EPOCHS = 100
SIGMAS = 5.0


def radio_with(family: Family, zone: str, hold: float = 1.0) -> Radio:
    """Return the air of a shop with tags in one zone."""
    topology = TOPOLOGIES[family.topology]
    antennas = topology.antennas(family.corner_reach, is_reader_per_zone=False)
    radio = Radio(family, topology, antennas, 7, START_NS)
    for number in range(TAGS):
        epc = f"{number:024X}"
        radio.print_tag(epc)
        radio.place(epc, zone, hold, START_NS)
    return radio


def hits(radio: Radio, epochs: int = EPOCHS) -> np.ndarray:
    """Return the share of epochs in which each antenna read each tag."""
    counts = np.zeros((len(radio.epc_of_row), len(radio.antennas)))
    for epoch in range(epochs):
        reads = radio.draw(START_NS + epoch * EPOCH_NS)
        counts[reads.rows, reads.antennas] += 1
    return counts / epochs


def antennas_of(radio: Radio, zone: str) -> list[int]:
    """Return the numbers of a zone's antennas."""
    return [number for number, antenna in enumerate(radio.antennas) if antenna.zone == zone]


def test_perfect_tags_are_read_as_often_as_their_place_allows() -> None:
    """With no shadow and perfect tags each antenna reads each tag at the share of its placement."""
    radio = radio_with(FAMILIES["clean"], "floor-a")
    share = np.minimum(radio._share.copy(), 0.98)
    seen = hits(radio)
    spread = np.sqrt(np.maximum(share * (1 - share), 1e-9) / EPOCHS)
    assert np.abs(seen - share).max() <= 6 * spread.max()
    assert np.abs((seen - share).sum()) <= SIGMAS * sqrt((spread**2).sum())


def test_the_nearest_antenna_reads_four_fifths_within_seven_tenths_of_its_reach() -> None:
    """The law of distance: 0.8 within 0.7 R, then falling in a line to 0 at R."""
    radio = radio_with(FAMILIES["clean"], "floor-a")
    parts = radio._parts(radio._places_m)
    mine = radio._is_mine
    assert radio._share[mine & (parts <= 0.7)] == pytest.approx(0.8)
    between = mine & (parts > 0.7) & (parts < 1.0)
    assert radio._share[between] == pytest.approx(0.8 * (1 - parts[between]) / 0.3)
    assert not radio._share[mine & (parts >= 1.0)].any()
    rows = mine.any(axis=1)
    assert np.where(mine, parts, 9.0)[rows].min(axis=1).max() <= 0.85 + 1e-9


def test_being_carried_and_being_weak_cost_their_share() -> None:
    """On the arm a tag is read 0.45 times as often, in foil not at all."""
    clean = FAMILIES["clean"]
    lying = hits(radio_with(clean, "floor-a")).sum()
    assert hits(radio_with(clean, "floor-a", hold=0.45)).sum() == pytest.approx(0.45 * lying, rel=0.03)
    assert hits(radio_with(clean, "floor-a", hold=0.0)).sum() == 0
    weak = replace(clean, weak_share=1.0)
    assert hits(radio_with(weak, "floor-a")).sum() == pytest.approx(0.35 * lying, rel=0.03)


def test_shadows_last_as_long_as_their_law_says() -> None:
    """The share of time in shadow is mean shadow / (mean shadow + mean visible), for each law."""
    for law, mean_s in (("lognormal", 60.0 * np.exp(1.3**2 / 2)), ("weibull-uniform", None)):
        family = replace(FAMILIES["clean"], shadow_law=law, visible_mean_s=300.0)
        radio = radio_with(family, "floor-a")
        dark = []
        for epoch in range(1_500):
            radio.draw(START_NS + epoch * EPOCH_NS)
            if epoch >= 600:
                dark.append(radio._is_shadowed.sum() / TAGS)
        expected_s = mean_s
        if expected_s is None:
            weibull_s = 60.0 / np.log(2.0) ** (1 / 0.6) * 1.504575  # Γ(1 + 1/0.6)
            expected_s = 0.7 * weibull_s + 0.3 * 315.0
        assert np.mean(dark) == pytest.approx(expected_s / (expected_s + 300.0), rel=0.1)


def test_walls_let_through_what_the_family_says() -> None:
    """30 % of placements are read next door at 2 to 25 %, the others hardly; far antennas at 2 in 10,000."""
    radio = radio_with(replace(FAMILIES["base"], shadow_law="none"), "floor-a")
    beside = antennas_of(radio, "back-room") + antennas_of(radio, "floor-b")
    far = antennas_of(radio, "till") + antennas_of(radio, "exit")
    shares = radio._share[radio._is_mine.any(axis=1)]
    is_border = (shares[:, beside] >= 0.02).all(axis=1)
    assert abs(is_border.mean() - 0.30) <= SIGMAS * sqrt(0.3 * 0.7 / TAGS)
    assert shares[is_border][:, beside].max() <= 0.25
    assert shares[~is_border][:, beside].mean() == pytest.approx(0.003, rel=0.2)
    assert (shares[:, far] == 2e-4).all()


def test_rssi_falls_with_distance_and_noise_with_rounds() -> None:
    """-53 - 14 d/R dBm around which noise is 1.5 / sqrt(rounds); nothing below the floor of -77."""
    family = replace(FAMILIES["clean"], tag_sigma_db=0.0, place_sigma_db=0.0)
    radio = radio_with(family, "floor-a")
    parts = radio._parts(radio._places_m)
    off: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for epoch in range(60):
        reads = radio.draw(START_NS + epoch * EPOCH_NS)
        away = reads.rssi_dbm - (-53.0 - 14.0 * parts[reads.rows, reads.antennas])
        assert reads.rssi_dbm.min() >= -77.0
        for rounds, errors in off.items():
            errors.extend(away[reads.rounds == rounds].tolist())
    for rounds, errors in off.items():
        assert np.std(errors) == pytest.approx(1.5 / sqrt(rounds), rel=0.05)
        assert abs(np.mean(errors)) < 0.1


def test_rounds_are_those_of_a_poisson() -> None:
    """Given that a tag answered, how often follows the Poisson whose zero class is the miss."""
    radio = radio_with(replace(FAMILIES["clean"], full_reach=0.9999, corner_reach=0.85), "floor-a")
    rounds = np.concatenate([radio.draw(START_NS + n * EPOCH_NS).rounds for n in range(60)])
    mean = -np.log(0.2)
    assert (rounds == 1).mean() == pytest.approx(mean * 0.2 / 0.8, rel=0.02)
    assert (rounds == 2).mean() == pytest.approx(mean**2 / 2 * 0.2 / 0.8, rel=0.02)


def test_a_knock_changes_what_half_of_the_antennas_see() -> None:
    """After the knock each second antenna reads its zone's tags otherwise; the others see what they saw."""
    radio = radio_with(FAMILIES["clean"], "floor-a")
    before = radio._share.copy()
    radio.bump()
    changed = (radio._share != before).any(axis=0)
    own = antennas_of(radio, "floor-a")
    assert [number for number in own if changed[number]] == [number for number in own if number % 2]
    assert not any(changed[number] for number in range(len(radio.antennas)) if number not in own)


def test_no_tag_is_read_where_it_cannot_be() -> None:
    """No read of an item before it came or after it went through the door; none of dead tags and ghosts."""
    run = BenchmarkRun(replace(FAMILIES["base"], sales_per_day=1_500.0, returns_per_day=60.0), 2, 0.04)
    ears = ProductEars(run.site_toml)
    reads = [seen for seen in ears.hear(run.messages()) if isinstance(seen, Read)]
    truth = run.truth
    came, left = {}, {}
    for change in truth.changes:
        if change.cause in {"initial", "delivered"}:
            came[change.epc] = change.at_ns
        if change.cause == "stolen":
            left[change.epc] = change.at_ns
        if change.cause == "returned":
            left.pop(change.epc, None)
    back = {change.epc for change in truth.changes if change.cause == "returned"}
    left |= {walk.epc: walk.left_ns for walk in truth.walks if walk.epc not in back}
    assert len(left) > 20
    for read in reads:
        assert truth.quality[read.epc] != "dead"
        assert read.epc not in truth.ghosts
        assert read.epc in back or came[read.epc] <= read.at_ns <= left.get(read.epc, run.end_ns)


@pytest.mark.parametrize("name", ["outage", "outage-unplugged", "outage-silent", "outage-reader"])
def test_an_outage_silences_what_it_should(name: str) -> None:
    """A dead reader says nothing at all; a zone's dead antennas read nothing while their reader goes on."""
    family = replace(FAMILIES[name], outage_s=100.0)
    run = BenchmarkRun(family, 1, 0.006)
    ears = ProductEars(run.site_toml)
    antennas = run._radio.antennas
    zone_of = {(antenna.reader, antenna.port): antenna.zone for antenna in antennas}
    heard = list(ears.hear(run.messages()))
    marks = [mark for mark in run.truth.marks if mark.kind == "outage"]
    zones = {mark.where for mark in marks}
    readers = {antenna.reader for antenna in antennas if antenna.zone in zones}
    assert family.outage_zone in zones
    begin_ns, end_ns = marks[0].at_ns, marks[0].until_ns
    during = [seen for seen in heard if begin_ns <= seen.at_ns < end_ns]
    reads = [seen for seen in during if isinstance(seen, Read)]
    assert reads
    assert not any(zone_of[read.reader, read.antenna] in zones for read in reads)
    alive = {getattr(seen, "reader", None) or seen.device for seen in during}
    if family.outage == "reader":
        assert not readers & alive
    elif family.reader_kind == "zebra":
        assert readers <= alive, "its heartbeats go on"
    after = [seen for seen in heard if isinstance(seen, Read) and seen.at_ns >= end_ns]
    assert any(zone_of[read.reader, read.antenna] in zones for read in after)


def test_readers_that_rest_hear_nothing_meanwhile() -> None:
    """A reader that listens for one epoch in six is silent for the five others."""
    radio = radio_with(FAMILIES["resting"], "floor-a")
    counts = [len(radio.draw(START_NS + epoch * EPOCH_NS).rows) for epoch in range(24)]
    assert sum(count > 0 for count in counts) == 4
    assert len({place % 6 for place, count in enumerate(counts) if count}) == 1


def test_a_reader_that_tells_each_answer_tells_no_more_answers() -> None:
    """What else is one event of several rounds are as many events of one round, at the same antennas."""
    once = radio_with(FAMILIES["base"], "floor-a").draw(START_NS)
    each = radio_with(FAMILIES["chatty"], "floor-a").draw(START_NS)
    assert len(each.rows) == once.rounds.sum() > len(once.rows)
    assert set(zip(each.rows.tolist(), each.antennas.tolist(), strict=True)) == set(
        zip(once.rows.tolist(), once.antennas.tolist(), strict=True)
    )
    assert (each.rounds == 1).all()
