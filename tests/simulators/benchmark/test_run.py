"""A run of the benchmark's shop: the same for the same seed, heard by the product, its truth kept apart."""

import hashlib

import pytest

from api.schemas.events import TillEventIn
from gateway.config_file import parse_catalogue, parse_site
from readers.observations import Heartbeat, Read
from simulators.benchmark.families import FAMILIES
from simulators.benchmark.messages import HttpEvents, Message
from simulators.benchmark.run import BenchmarkRun
from tests.support.benchmark_wire import ProductEars

SHORT_DAYS = 0.02
"""A quarter of an hour: 180 epochs."""


def digest(messages: list[Message]) -> str:
    """Return a hash of all that messages say."""
    return hashlib.sha256("\n".join(map(repr, messages)).encode()).hexdigest()


@pytest.mark.parametrize("name", FAMILIES)
def test_the_same_seed_gives_the_same_messages(name: str) -> None:
    """Family, seed and length determine each byte and each moment; another seed is another day."""
    first, again, other = (BenchmarkRun(FAMILIES[name], seed, SHORT_DAYS) for seed in (1, 1, 2))
    told = digest(list(first.messages()))
    assert told == digest(list(again.messages()))
    assert first.truth == again.truth
    assert told != digest(list(other.messages()))


@pytest.mark.parametrize("name", FAMILIES)
def test_messages_come_in_order(name: str) -> None:
    """Messages are handed out by the time at which they come in, and truth is never behind them."""
    run = BenchmarkRun(FAMILIES[name], 3, SHORT_DAYS)
    last_ns = run.start_ns
    for message in run.messages():
        assert last_ns <= message.received_ns < run.end_ns
        last_ns = message.received_ns
    assert last_ns > run.end_ns - 2 * run.epoch_ns


@pytest.mark.parametrize("name", FAMILIES)
def test_the_product_takes_the_site_and_the_catalogue(name: str) -> None:
    """Site file and catalogue are valid; each article is of the catalogue with its GTIN."""
    run = BenchmarkRun(FAMILIES[name], 1, SHORT_DAYS)
    site = parse_site(run.site_toml, "site.toml")
    catalogue = parse_catalogue(run.catalogue_csv, "articles.csv")
    assert {zone.rect is None for zone in site.stores[0].zones} == {False}
    assert set(run.ledger) == {article.sku for article in catalogue.articles()}


@pytest.mark.parametrize("name", ["clean", "base"])
def test_the_product_decodes_all_of_it(name: str) -> None:
    """Over perfect wires the product's codecs drop nothing; each tag is one that the shop has or had."""
    run = BenchmarkRun(FAMILIES[name], 1, SHORT_DAYS)
    ears = ProductEars(run.site_toml)
    messages = list(run.messages())
    heard = list(ears.hear(messages))
    tags = {seen.epc for seen in heard if isinstance(seen, Read)}
    assert len(tags) > 600
    assert tags <= set(run.truth.quality) - set(run.truth.ghosts)
    assert not any(codec.event_counts.dropped for codec in ears.codecs.values())
    assert sum(isinstance(seen, Heartbeat) for seen in heard) > 0


@pytest.mark.parametrize("name", FAMILIES)
def test_the_api_takes_its_events(name: str) -> None:
    """Each event that the shop posts is a valid one of POST /v1/events, at most 1,000 in a post."""
    run = BenchmarkRun(FAMILIES[name], 1, SHORT_DAYS)
    for message in run.messages():
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
