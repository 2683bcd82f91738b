"""The load of a soak is what it says: reads of one reader, each with a time of its own, at home but for a few."""

from collections import Counter

from gateway.config.file import parse_catalogue
from readers.codecs.impinj import ImpinjCodec
from readers.observations import Read
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings
from tests.soak.load import ARTICLES, Reads, gtin
from tests.soak.samples import Metrics, quantile
from tests.support.scripted_devices import BACK_ROOM, FRONT, READER, READER_TOPIC

NOW_NS = 1_795_248_000_250_000_000
LATER_NS = NOW_NS + 1_000
METRICS = """# HELP storefloor_stage_received_total observations received, by stage
storefloor_held_observations 40
storefloor_stage_received_total{stage="observations"} 100
storefloor_stage_passed_total{stage="observations"} 80
storefloor_stage_dropped_total{stage="observations",reason="late"} 5
storefloor_stage_dropped_total{stage="observations",reason="clock"} 4
storefloor_stage_held{stage="observations"} 10
storefloor_stage_received_total{stage="presence"} 7
storefloor_stage_passed_total{stage="presence"} 7
"""
"""One observation is missing."""


def taken(message: bytes, now_ns: int = NOW_NS) -> list[Read]:
    decoded = ImpinjCodec(MqttDeviceSettings(READER, READER_TOPIC)).decode(
        MqttMessage(READER_TOPIC, message, False, now_ns)
    )
    return [one for one in decoded if isinstance(one, Read)]


def test_each_read_is_taken_with_a_time_of_its_own() -> None:
    """A message holds as many reads as asked, of different times up to now, and the next goes on with the next tags."""
    reads = Reads(2_000, 100, seed=1)
    first, second = taken(reads.message(NOW_NS)), taken(reads.message(LATER_NS), LATER_NS)
    times = [read.at_ns for read in (*first, *second)]
    assert len(set(times)) == len(times) == 200
    assert min(times) >= NOW_NS - 100
    assert max(times) < LATER_NS
    assert len({read.epc for read in (*first, *second)}) == 200


def test_tags_are_read_at_home_and_what_is_carried_elsewhere() -> None:
    """Nearly all reads of a tag are those of one antenna, until it is carried to the other room."""
    reads = Reads(1, 1_000, seed=1)
    before = Counter(read.antenna for read in taken(reads.message(NOW_NS)))
    reads.carry(1)
    after = Counter(read.antenna for read in taken(reads.message(NOW_NS)))
    assert set(before) == set(after) == {FRONT, BACK_ROOM}
    assert before[BACK_ROOM] > 900 < after[FRONT]


def test_every_article_has_a_gtin_that_is_one() -> None:
    """The site's catalogue is taken, check digits and all."""
    lines = "".join(f"A-{n},{gtin(n)},A,tag\n" for n in range(ARTICLES))
    assert len(parse_catalogue(f"sku,gtin,name,tracked_by\n{lines}", "articles.csv").articles()) == ARTICLES


def test_what_the_stages_cannot_account_for_is_missing() -> None:
    """Received less passed, dropped for any reason and held, over all stages."""
    metrics = Metrics(METRICS)
    assert metrics.missing() == 1
    assert metrics.value("storefloor_held_observations") == 40
    assert metrics.value("no_such_metric") == 0


def test_quantiles_are_those_of_the_sorted() -> None:
    """p50 and p99 of a hundred, and of none."""
    spans = [float(n) for n in range(100, 0, -1)]
    assert (quantile(spans, 0.5), quantile(spans, 0.99), quantile([], 0.5)) == (51, 100, 0)
