"""The benchmark's weight shelves: loads show, noise and drift are those of the family, hands make them swing."""

import json
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from statistics import fmean, stdev

import pytest

from simulators.benchmark.articles import Article
from simulators.benchmark.calendar import START_NS
from simulators.benchmark.families import Shelves
from simulators.benchmark.messages import Message, MqttMessage
from simulators.benchmark.shelves import TARE_G, ShelfRow

NS = 1_000_000_000
JAM = Article("W-1", "03012345000017", "floor", 10, 10, 1.0, 400.0)
STILL = Shelves(count=1, drift_g_per_sqrt_h=0.0, drift_g_per_day=0.0, touches_per_h=0.0)


def row_of(laws: Shelves, pieces: int = 0) -> ShelfRow:
    """Return a shelf with so many pieces of 400 g."""
    row = ShelfRow(laws, [JAM], Random(1), START_NS)
    for _ in range(pieces):
        row.stock("W-1", 400.0)
    return row


def weights(messages: Sequence[Message]) -> list[float]:
    """Return the grams that messages bear."""
    payloads = [m.payload for m in messages if isinstance(m, MqttMessage)]
    return [json.loads(payload)["HX711"]["WeightRaw"] for payload in payloads]


def test_a_shelf_weighs_what_lies_on_it() -> None:
    """Mean and noise of a quiet shelf are its load and the family's noise.

    A noise far above the 4 g of a change, so that nearly every sample is told: else the loud ones are.
    """
    told = weights(row_of(replace(STILL, noise_g=50.0), pieces=3).sample(START_NS + 4_000 * NS))
    assert fmean(told) == pytest.approx(TARE_G + 1_200.0, abs=4.0)
    assert stdev(told) == pytest.approx(50.0, rel=0.06)


def test_a_quiet_shelf_still_reports_every_ten_seconds() -> None:
    """Without noise nothing changes, and it tells so periodically."""
    messages = row_of(replace(STILL, noise_g=0.0)).sample(START_NS + 100 * NS)
    assert len(messages) == 10


def test_pieces_taken_and_put_show_after_the_hands_are_gone() -> None:
    """Hands press and swing for some seconds; then the shelf is lighter by what was taken."""
    row = row_of(replace(STILL, noise_g=0.0), pieces=5)
    row.sample(START_NS + 10 * NS)
    row.take("W-1", 400.0, START_NS + 12 * NS)
    during = weights(row.sample(START_NS + 13 * NS))
    assert during[-1] != pytest.approx(TARE_G + 1_600.0, abs=1.0)
    assert weights(row.sample(START_NS + 40 * NS))[-1] == pytest.approx(TARE_G + 1_600.0, abs=1.0)
    row.put("W-1", 400.0, START_NS + 41 * NS)
    assert weights(row.sample(START_NS + 60 * NS))[-1] == pytest.approx(TARE_G + 2_000.0, abs=1.0)


def test_the_zero_drifts_over_hours() -> None:
    """An empty shelf wanders: 2 g per root hour and up to 10 g a day."""
    laws = Shelves(count=1, noise_g=0.0, touches_per_h=0.0, drift_g_per_day=0.0)
    ends = []
    for seed in range(30):
        row = ShelfRow(laws, [JAM], Random(seed), START_NS)
        ends.append(weights(row.sample(START_NS + 3_600 * NS))[-1] - TARE_G)
    assert stdev(ends) == pytest.approx(2.0, rel=0.45)
    assert abs(fmean(ends)) < 2.0


def test_a_shop_without_shelves_says_nothing() -> None:
    """No shelf, no message."""
    row = ShelfRow(Shelves(), [], Random(1), START_NS)
    assert row.begin(START_NS) == []
    assert row.sample(START_NS + 60 * NS) == []
