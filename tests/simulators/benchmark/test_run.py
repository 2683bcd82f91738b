"""A run of the benchmark's shop: the same for the same seed, heard by the product, its truth kept apart."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from api.schemas.events import TillEventIn
from gateway.config.file import parse_catalogue, parse_site
from readers.observations import Heartbeat, Read, Reading
from simulators.benchmark.families import FAMILIES, Transport
from simulators.benchmark.messages import HttpEvents, Message
from simulators.benchmark.recorded import Recorder
from simulators.benchmark.run import BenchmarkRun
from simulators.times import rfc3339
from tests.support.benchmark_wire import ProductEars

SHORT_DAYS = 0.003
"""Two minutes: 27 epochs."""


@cache
def told(name: str, transport: Transport | None = None) -> tuple[BenchmarkRun, tuple[Message, ...]]:
    """Return a short run of a family, over its own wires or over others, and all its messages."""
    family = FAMILIES[name]
    if transport is not None:
        family = replace(family, transport=transport)
    run = BenchmarkRun(family, 1, SHORT_DAYS)
    return run, tuple(run.messages())


def digest(messages: Sequence[Message]) -> str:
    """Return a hash of all that messages say."""
    return hashlib.sha256("\n".join(map(repr, messages)).encode()).hexdigest()


@pytest.mark.parametrize("name", FAMILIES)
def test_the_same_seed_gives_the_same_messages(name: str) -> None:
    """Family, seed and length determine each byte and each moment; another seed is another day."""
    first, messages = told(name)
    again, other = (BenchmarkRun(FAMILIES[name], seed, SHORT_DAYS) for seed in (1, 2))
    assert digest(messages) == digest(tuple(again.messages()))
    assert first.truth == again.truth
    assert digest(messages) != digest(tuple(other.messages()))


@pytest.mark.parametrize("name", FAMILIES)
def test_messages_come_in_order(name: str) -> None:
    """Messages are handed out by the time at which they come in, and truth is never behind them."""
    run, messages = told(name)
    last_ns = run.start_ns
    for message in messages:
        assert last_ns <= message.received_ns < run.end_ns
        last_ns = message.received_ns
    assert last_ns > run.end_ns - 2 * run.epoch_ns


@pytest.mark.parametrize("name", FAMILIES)
def test_the_product_takes_the_site_and_the_catalogue(name: str) -> None:
    """Site file and catalogue are valid; each article is of the catalogue with its GTIN."""
    run, _ = told(name)
    site = parse_site(run.site_toml, "site.toml")
    catalogue = parse_catalogue(run.catalogue_csv, "articles.csv")
    assert {zone.rect is None for zone in site.stores[0].zones} == {False}
    assert set(run.ledger) == {article.sku for article in catalogue.articles()}


PERFECT = Transport()


@pytest.mark.parametrize("name", FAMILIES)
def test_the_product_decodes_all_of_it(name: str) -> None:
    """Over perfect wires the product's codecs drop nothing; each tag is one that the shop has or had."""
    run, messages = told(name, PERFECT)
    ears = ProductEars(run.site_toml)
    heard = list(ears.hear(messages))
    tags = {seen.epc for seen in heard if isinstance(seen, Read)}
    present = {change.epc for change in run.truth.changes if not change.epc.startswith("piece:")}
    assert 0.8 * len(present) < len(tags)
    assert tags <= present
    assert not any(codec.event_counts.dropped for codec in ears.codecs.values())
    assert any(isinstance(seen, Heartbeat) for seen in heard)
    shelves = {seen.sensor for seen in heard if isinstance(seen, Reading)}
    assert len(shelves) == run.family.shelves.count


@pytest.mark.parametrize("name", FAMILIES)
def test_two_readings_of_the_wire_agree(name: str) -> None:
    """The recorded lines, read without the product's codecs, say what the product's codecs say."""
    run, messages = told(name, PERFECT)
    recorder = Recorder()
    rows = [json.loads(line) for message in messages for line in recorder.lines(message)]
    reads = [
        (row["reader"], row["antenna"], row["epc"], row["rssi_dbm"], row["count"], row["received"])
        for row in rows
        if row["kind"] == "read"
    ]
    heard = list(ProductEars(run.site_toml).hear(messages))
    assert reads == [
        (seen.reader, seen.antenna, seen.epc, seen.rssi_dbm, seen.count, rfc3339(seen.received_ns))
        for seen in heard
        if isinstance(seen, Read)
    ]
    weights = [(row["sensor"], row["weight_g"]) for row in rows if row["kind"] == "reading"]
    assert weights == [(seen.sensor, seen.weight_g) for seen in heard if isinstance(seen, Reading)]


KEYS = {
    "read": {"at", "received", "kind", "reader", "antenna", "epc", "rssi_dbm", "count"},
    "scan": {"at", "received", "kind", "scanner", "text"},
    "reading": {"at", "received", "kind", "sensor", "weight_g"},
    "heartbeat": {"at", "received", "kind", "reader"},
} | {
    kind: {"at", "received", "kind", "store", "sku", "epc", "qty", "event_id"}
    for kind in ("sale", "return", "receive")
}
"""The recorded format: these keys, and no others, which truth could hide in."""


@pytest.mark.parametrize("name", FAMILIES)
def test_recorded_lines_bear_their_keys_and_no_truth(name: str) -> None:
    """Each line has exactly the keys of its kind; its words are those of devices, not of causes or classes."""
    run, messages = told(name)
    recorder = Recorder()
    lines = [line for message in messages for line in recorder.lines(message)]
    for row in map(json.loads, lines):
        assert set(row) == KEYS[row["kind"]]
    words = set(run.truth.quality.values()) | {change.cause for change in run.truth.changes} | {"ghost"}
    everything = "".join(lines)
    assert not any(f'"{word}"' in everything for word in words)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_api_takes_its_events(name: str) -> None:
    """Each event that the shop posts is a valid one of POST /v1/events, at most 1,000 in a post."""
    _, messages = told(name)
    for message in messages:
        if isinstance(message, HttpEvents):
            assert 1 <= len(message.events) <= 1_000
            for event in message.events:
                TillEventIn.model_validate(dict(event))


def test_messages_are_taken_once() -> None:
    """A second take of the same run is refused, for its truth has been told."""
    run = BenchmarkRun(FAMILIES["base"], 1, SHORT_DAYS)
    list(run.messages())
    with pytest.raises(RuntimeError, match="taken once"):
        next(run.messages())
