"""Any device that sends JSON: what its messages mean is told by a mapping, not by code. Pure.

Each rule of a mapping is a topic pattern and where its fields are: expressions into the JSON, or
captures of the topic. Per item of a message:

    reads ─▶ Read        readings ─▶ Reading        scans ─▶ Scan        availability ─▶ Heartbeat

Rules: 1. What is retained is history, but for the news that a device is gone. 2. A message on a topic
of data in which nothing is found proves that its device lives; one on a topic of availability alone
may come from the broker, and proves nothing by itself. 3. A field that an item lacks is asked of the
whole message, but for the EPC, the weight and the code.
"""

from collections.abc import Callable, Iterable
from functools import partial

from readers.codecs.device_time import time_of, trusted_time_ns, unix_time_ns
from readers.codecs.each_event import take_each
from readers.codecs.expressions import Expression
from readers.codecs.json_payload import MAX_VALUES, Json, number_of, parse_json
from readers.codecs.mapping_fields import Field, Item, code_of, number_or, payload_text, word_of
from readers.codecs.own_topic import check_topic
from readers.codecs.read_fields import antenna_of, epc_of, reads_of, rssi_of
from readers.codecs.topic_pattern import TopicPattern
from readers.codecs.weight import grams_of
from readers.counts import StageCounts
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Observation, Read, Reading, Scan
from readers.protocol import MqttMessage
from readers.settings import (
    AvailabilityRule,
    MqttDeviceSettings,
    ReadingsRule,
    ReadsRule,
    ScansRule,
    TimeFormat,
)
from readers.topics import TopicFilters

NS_PER_UNIT = {"unix_s": 1_000_000_000, "unix_ms": 1_000_000, "unix_us": 1_000, "unix_ns": 1}

Taker = Callable[[MqttMessage], list[Observation]]


class MappingCodec:
    """The MqttCodec of one device of a mapping."""

    def __init__(self, settings: MqttDeviceSettings) -> None:
        """`settings.topic` is what `{device}` stands for. Raises DeviceRefused."""
        mapping = settings.mapping
        if mapping is None:
            raise DeviceRefused(f"{settings.device}: kind mapping needs mapping, the name of one")
        check_topic(settings.device, settings.topic, "the device's own part of the mapping's topics")
        if set("{}") & set(settings.topic):
            raise DeviceRefused(f"{settings.device}: topic {settings.topic!r} must be without braces")
        self.event_counts = StageCounts()
        self._device = settings.device
        self._takers: TopicFilters[Taker] = TopicFilters()
        self._data: TopicFilters[bool] = TopicFilters()
        self._filters: dict[str, None] = {}
        try:
            for reads in mapping.reads:
                self._add(_Reads(reads, settings, self.event_counts))
            for readings in mapping.readings:
                self._add(_Readings(readings, settings, self.event_counts))
            for scans in mapping.scans:
                self._add(_Scans(scans, settings, self.event_counts))
            self._data_topic = next(iter(self._filters), "")
            for availability in mapping.availability:
                self._add(_Availability(availability, settings))
        except ValueError as error:
            raise DeviceRefused(f"{settings.device}: mapping {mapping.name!r}: {error}") from error

    def _add(self, rule: "_Reads | _Readings | _Scans | _Availability") -> None:
        self._takers.add(rule.pattern.filter, rule.take)
        if not isinstance(rule, _Availability):
            self._data.add(rule.pattern.filter, True)
        self._filters[rule.pattern.filter] = None

    def topics(self) -> tuple[str, ...]:
        """Return the filters of all rules."""
        return tuple(self._filters)

    def data_topic(self) -> str:
        """Return the filter of the first rule that gives data."""
        return self._data_topic

    def decode(self, message: MqttMessage) -> list[Observation]:
        """Return what all rules of the message's topic find in it. Raises Malformed where all fail."""
        observations: list[Observation] = []
        errors: list[Malformed] = []
        for take in self._takers.match(message.topic):
            try:
                observations += take(message)
            except Malformed as error:
                errors.append(error)
        if errors and not observations and not message.retained:
            raise Malformed(errors[0].reason, errors[0].detail, message.payload)
        for refused in errors:
            self.event_counts.received += 1
            self.event_counts.drop(refused.reason)
        if observations or message.retained or not self._data.match(message.topic):
            return observations
        return [Heartbeat(self._device, True, message.received_ns, message.received_ns)]


class _Rule:
    """What the rules that give data have in common: a pattern, items, a time."""

    def __init__(
        self, rule: ReadsRule | ReadingsRule | ScansRule, settings: MqttDeviceSettings, counts: StageCounts
    ) -> None:
        self.pattern = TopicPattern(rule.topic, settings.topic)
        self._device = settings.device
        self._counts = counts
        self._items = None if rule.items is None else Expression(rule.items)
        self._time = self._field(rule.time)
        self._time_format: TimeFormat = rule.time_format

    def _field(self, source: str | None) -> Field | None:
        return None if source is None else Field(source, self.pattern)

    def _each(self, message: MqttMessage, take: Callable[[Item], Observation | None]) -> list[Observation]:
        """Return what `take` makes of each item of a message."""
        whole = parse_json(message.payload)
        found = whole if self._items is None else self._items.of(whole)
        if self._items is None:
            values: Iterable[Json] = (whole,)
        elif found is None:
            values = ()
        elif not isinstance(found, list):
            raise Malformed("items", f"{self._items.text!r} finds no list")
        elif len(found) > MAX_VALUES:
            raise Malformed("too_many", f"more than {MAX_VALUES} items")
        else:
            values = found
        items = (Item(value, whole, message.topic) for value in values)
        return _taken(items, take, self._counts, message.payload)

    def _at_ns(self, item: Item, received_ns: int) -> int:
        found = item.any(self._time)
        if self._time_format == "rfc3339":
            return trusted_time_ns(time_of(found), received_ns)
        number = number_of(found)
        at_ns = None if number is None else unix_time_ns(number, NS_PER_UNIT[self._time_format])
        return trusted_time_ns(at_ns, received_ns)


class _Reads(_Rule):
    def __init__(self, rule: ReadsRule, settings: MqttDeviceSettings, counts: StageCounts) -> None:
        super().__init__(rule, settings, counts)
        self._epc = Field(rule.epc, self.pattern)
        self._antenna, self._rssi, self._count = map(self._field, (rule.antenna, rule.rssi, rule.count))
        self._rssi_per_dbm = rule.rssi_per_dbm
        self._is_single = rule.items is None

    def take(self, message: MqttMessage) -> list[Observation]:
        """Return a Read per item."""
        if message.retained:
            return []
        return self._each(message, partial(self._read, received_ns=message.received_ns))

    def _read(self, item: Item, received_ns: int) -> Read | None:
        epc = item.own(self._epc)
        if epc is None and self._is_single:
            return None  # a message of another kind on the same topic
        return Read(
            self._device,
            antenna_of(item.any(self._antenna), "antenna"),
            epc_of(epc, "epc"),
            self._at_ns(item, received_ns),
            received_ns,
            rssi_of(item.any(self._rssi), "rssi", self._rssi_per_dbm),
            count=reads_of(item.any(self._count), "count"),
        )


class _Readings(_Rule):
    def __init__(self, rule: ReadingsRule, settings: MqttDeviceSettings, counts: StageCounts) -> None:
        super().__init__(rule, settings, counts)
        source = rule.value if rule.value is not None else settings.value
        if source is None:
            raise ValueError("it leaves open where the weight is: give value, an expression into its JSON")
        self._value = Field(source, self.pattern)
        own = rule.grams_per_unit
        self._grams_per_unit = settings.grams_per_unit if own is None else own

    def take(self, message: MqttMessage) -> list[Observation]:
        """Return a Reading per item that has a weight."""
        if message.retained:
            return []
        return self._each(message, partial(self._read, received_ns=message.received_ns))

    def _read(self, item: Item, received_ns: int) -> Reading | None:
        value = number_or(item.own(self._value))
        if value is None:
            return None
        weight_g = grams_of(value, self._grams_per_unit, "value")
        return Reading(self._device, weight_g, self._at_ns(item, received_ns), received_ns)


class _Scans(_Rule):
    def __init__(self, rule: ScansRule, settings: MqttDeviceSettings, counts: StageCounts) -> None:
        super().__init__(rule, settings, counts)
        self._text = self._field(rule.text)

    def take(self, message: MqttMessage) -> list[Observation]:
        """Return a Scan per item; without `text` the payload is the code."""
        if message.retained:
            return []
        if self._text is None:
            code = code_of(payload_text(message.payload))
            return [Scan(self._device, code, message.received_ns, message.received_ns)]
        return self._each(message, partial(self._scan, self._text, received_ns=message.received_ns))

    def _scan(self, text: Field, item: Item, received_ns: int) -> Scan | None:
        found = item.own(text)
        if found is None:
            return None
        return Scan(self._device, code_of(found), self._at_ns(item, received_ns), received_ns)


class _Availability:
    def __init__(self, rule: AvailabilityRule, settings: MqttDeviceSettings) -> None:
        self.pattern = TopicPattern(rule.topic, settings.topic)
        self._device = settings.device
        self._value = None if rule.value is None else Field(rule.value, self.pattern)
        self._is_online = dict.fromkeys(rule.online, True) | dict.fromkeys(rule.offline, False)

    def take(self, message: MqttMessage) -> list[Observation]:
        """Return the news that the device came or went."""
        if self._value is None:
            word = payload_text(message.payload).strip()
        else:
            word = word_of(self._value.of(parse_json(message.payload), message.topic))
        is_online = self._is_online.get(word)
        if is_online is None:
            if self._value is None:
                raise Malformed("availability", f"{word[:40]!r} is neither online nor offline")
            return []  # a message of another kind on the same topic
        if is_online and message.retained:
            return []
        return [Heartbeat(self._device, is_online, message.received_ns, message.received_ns)]


def _taken(
    items: Iterable[Item],
    take: Callable[[Item], Observation | None],
    counts: StageCounts,
    payload: bytes,
) -> list[Observation]:
    """Return what each item gives; an item that gives nothing is no event of this rule."""
    pending: list[Observation | Malformed] = []
    for item in items:
        try:
            taken = take(item)
        except Malformed as error:
            pending.append(error)
            continue
        if taken is not None:
            pending.append(taken)
    return take_each(pending, _or_raise, counts, payload)


def _or_raise(outcome: Observation | Malformed) -> Observation:
    if isinstance(outcome, Malformed):
        raise outcome
    return outcome
