"""The weight shelves of the benchmark's shop: load cells that are noisy, drift, and are leant on. Pure, seeded.

    sample = tare + pieces + foreign things + drift + noise + (hands, while somebody is at the shelf)

One sample a second. Each is a Tasmota with an HX711, as simulators/devices/tasmota.py has it: it
publishes periodically, and whenever a sample differs by more than 4 g from the last one published.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from simulators.agenda import NS_PER_S, Process, seconds
from simulators.benchmark.articles import Article
from simulators.benchmark.calendar import HOUR_NS, Calendar
from simulators.benchmark.families import Range, Shelves
from simulators.benchmark.messages import Message, MqttMessage
from simulators.devices.tasmota import ONLINE, RAW_OFFSET, RAW_PER_G
from simulators.times import zoneless

TARE_G = 1_500
"""Of an empty shelf."""
TELE_PERIOD_NS = 10 * NS_PER_S
CHANGE_G = 4.0
UTC_OFFSET_S = 3_600
LATENCY_NS = 30_000_000
HANDLING_S: Range = (1.0, 5.0)
PRESS_G: Range = (-150.0, 600.0)
"""A hand leans on the shelf, or lifts a piece a little."""
FOREIGN_G: Range = (60.0, 700.0)
DAY_S = 86_400


def shelf_id(article: Article) -> str:
    """Return the id of the shelf on which a weighed article lies."""
    return f"shelf-{article.sku.lower()}"


def shelf_topic(article: Article) -> str:
    """Return the device's name in its topics."""
    return f"tasmota_{article.sku}"


class _Touch(NamedTuple):
    """Somebody at a shelf: until then it swings; from `at_ns` on it bears `more_g` more."""

    at_ns: int
    until_ns: int
    press_g: float
    more_g: float


@dataclass(slots=True)
class _Scale:
    article: Article
    drift_g_per_s: float
    load_g: float = 0.0
    zero_g: float = 0.0
    swings_until_ns: int = 0
    press_g: float = 0.0
    told_g: float = math.inf
    told_ns: int = 0
    touches: list[_Touch] = field(default_factory=list)


class ShelfRow:
    """All shelves of a shop; a weighed article lies on one of its own."""

    def __init__(self, laws: Shelves, articles: Sequence[Article], rng: Random, start_ns: int) -> None:
        self._laws = laws
        self._rng = rng
        self._sampled_ns = start_ns
        self._scales = {
            a.sku: _Scale(a, rng.uniform(-1.0, 1.0) * laws.drift_g_per_day / DAY_S)
            for a in articles
            if a.weight_g
        }

    def put(self, sku: str, weight_g: float, now_ns: int) -> None:
        """A piece is laid on its article's shelf."""
        self._touch(sku, weight_g, now_ns)

    def take(self, sku: str, weight_g: float, now_ns: int) -> None:
        """A piece is taken from its article's shelf."""
        self._touch(sku, -weight_g, now_ns)

    def stock(self, sku: str, weight_g: float) -> None:
        """A piece lies there from the start."""
        self._scales[sku].load_g += weight_g

    def hands(self, calendar: Calendar, now_ns: Callable[[], int]) -> Process:
        """Let people touch shelves, and at times leave a thing there that does not belong."""
        laws, rng = self._laws, self._rng
        if not self._scales or laws.touches_per_h <= 0:
            return
        skus = list(self._scales)
        leaving: list[tuple[int, str, float]] = []
        while True:
            yield round(rng.expovariate(laws.touches_per_h * len(skus)) * HOUR_NS)
            at_ns = now_ns()
            for due in [entry for entry in leaving if entry[0] <= at_ns]:
                leaving.remove(due)
                self._touch(due[1], -due[2], at_ns)
            if not calendar.is_open(at_ns):
                continue
            sku = rng.choice(skus)
            is_foreign, foreign_g = rng.random() < laws.foreign_share, rng.uniform(*FOREIGN_G)
            stays_ns = seconds(rng.uniform(*laws.foreign_stays_s))
            self._touch(sku, foreign_g if is_foreign else 0.0, at_ns)
            if is_foreign:
                leaving.append((at_ns + stays_ns, sku, foreign_g))

    def begin(self, now_ns: int) -> list[Message]:
        """Return what the scales publish on connecting."""
        return [
            MqttMessage(
                now_ns + LATENCY_NS, shelf_id(s.article), f"tele/{shelf_topic(s.article)}/LWT", ONLINE
            )
            for s in self._scales.values()
        ]

    def sample(self, until_ns: int) -> list[Message]:
        """Return what the scales publish of the seconds up to a moment."""
        messages: list[Message] = []
        while self._scales and self._sampled_ns + NS_PER_S <= until_ns:
            self._sampled_ns += NS_PER_S
            for scale in self._scales.values():
                message = self._weigh(scale, self._sampled_ns)
                messages += [] if message is None else [message]
        return messages

    def _touch(self, sku: str, more_g: float, now_ns: int) -> None:
        rng = self._rng
        until_ns = now_ns + seconds(rng.uniform(*HANDLING_S))
        self._scales[sku].touches.append(_Touch(now_ns, until_ns, rng.uniform(*PRESS_G), more_g))

    def _weigh(self, scale: _Scale, now_ns: int) -> MqttMessage | None:
        laws, rng = self._laws, self._rng
        while scale.touches and scale.touches[0].at_ns <= now_ns:
            touch = scale.touches.pop(0)
            scale.load_g += touch.more_g
            scale.swings_until_ns = max(scale.swings_until_ns, touch.until_ns)
            scale.press_g = touch.press_g
        scale.zero_g += scale.drift_g_per_s + rng.gauss(0.0, laws.drift_g_per_sqrt_h / 60.0)
        weight_g = TARE_G + scale.load_g + scale.zero_g + rng.gauss(0.0, laws.noise_g)
        if now_ns < scale.swings_until_ns:
            weight_g += scale.press_g + rng.uniform(-1.0, 1.0) * laws.swing_g
        is_due = now_ns - scale.told_ns >= TELE_PERIOD_NS
        if not is_due and abs(weight_g - scale.told_g) <= CHANGE_G:
            return None
        scale.told_g, scale.told_ns = weight_g, now_ns
        return _message(scale.article, weight_g, now_ns)


def _message(article: Article, weight_g: float, now_ns: int) -> MqttMessage:
    """Return a SENSOR report: less than nothing is shown as 0, as the driver does."""
    shown_g = max(round(weight_g), 0)
    text = (
        f'{{"Time":"{zoneless(now_ns, UTC_OFFSET_S)}","HX711":{{"Weight":{shown_g / 1_000:.3f},'
        f'"WeightRaw":{shown_g},"AbsRaw":{RAW_OFFSET + round(weight_g * RAW_PER_G)}}}}}'
    )
    topic = f"tele/{shelf_topic(article)}/SENSOR"
    return MqttMessage(now_ns + LATENCY_NS, shelf_id(article), topic, text.encode("ascii"))
