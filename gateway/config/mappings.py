"""[[mappings]] of a site file: what the JSON of a kind of device means. Models. Pure.

Expressions are compiled and patterns judged here, so that a mistake is told with its key.
"""

from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from gateway.config.section import Id, Section
from readers.codecs.expressions import MAX_EXPRESSION_CHARS, Expression
from readers.codecs.topic_pattern import DEVICE, NAME, check_pattern, names_in
from readers.settings import (
    AvailabilityRule,
    DeviceMapping,
    ReadingsRule,
    ReadsRule,
    ScansRule,
    TimeFormat,
)

MAX_RULES = 16
"""Rules of one sort in a mapping: a device has a topic or two for each."""
Unit = Literal["mg", "g", "kg", "oz", "lb"]
GRAMS: dict[Unit, float] = {"mg": 0.001, "g": 1.0, "kg": 1_000.0, "oz": 28.349523125, "lb": 453.59237}
"""Avoirdupois, exactly."""


Rule = TypeVar("Rule", bound="ReadsSection | ReadingsSection | ScansSection | AvailabilitySection")


def _expression(text: str) -> str:
    Expression(text)
    return text


def _source(text: str) -> str:
    return text if NAME.fullmatch(text) else _expression(text)


def _pattern(text: str) -> str:
    check_pattern(text)
    return text


TopicText = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_pattern)]
Expr = Annotated[str, Field(min_length=1, max_length=MAX_EXPRESSION_CHARS), AfterValidator(_expression)]
Source = Annotated[str, Field(min_length=1, max_length=MAX_EXPRESSION_CHARS), AfterValidator(_source)]
Scale = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]


def grams_per_unit(unit: Unit | None, scale: float | None) -> float:
    """Return the grams in one of the device's units."""
    return GRAMS[unit or "g"] * (1.0 if scale is None else scale)


def _known_captures(rule: Rule) -> Rule:
    """Refuse a field that names a capture which its topic does not have."""
    known = names_in(rule.topic) - {DEVICE}
    for key in type(rule).model_fields:
        value = getattr(rule, key)
        name = NAME.fullmatch(value) if isinstance(value, str) and key != "topic" else None
        if name is not None and name[1] not in known:
            names = ", ".join(sorted(f"{{{known_name}}}" for known_name in known)) or "none"
            raise ValueError(f"{key}: {value!r} is no capture of topic {rule.topic!r}: it has {names}")
    return rule


def _names_its_device(rule: Rule) -> Rule:
    """Refuse a rule for data that would hear every device's messages as one's own."""
    if DEVICE not in names_in(rule.topic):
        raise ValueError(
            f"topic: {rule.topic!r} lacks {{device}}: write it where the device's own topic stands"
        )
    return rule


class ReadsSection(Section):
    """Where tag reads are. A source is a JMESPath expression, or {name}, a capture of the topic."""

    topic: TopicText = Field(description="pattern: {device}, captures such as {antenna}, + and #")
    items: Expr | None = Field(
        None, description="expression for the list of reads; left out: one per message"
    )
    epc: Source = Field(description="EPC as hex")
    antenna: Source | None = Field(None, description="antenna port; left out: 1")
    rssi: Source | None = Field(None, description="received power")
    rssi_per_dbm: float = Field(1.0, gt=0, le=1_000, description="units of rssi per dBm: 100 for 1/100 dBm")
    count: Source | None = Field(None, description="how often the tag was read; left out: once")
    time: Source | None = Field(None, description="when it was read; left out: the gateway's time")
    time_format: TimeFormat = Field("rfc3339", description="rfc3339, unix_s, unix_ms, unix_us, unix_ns")

    _check_captures = model_validator(mode="after")(_known_captures)
    _check_device = model_validator(mode="after")(_names_its_device)


class ReadingsSection(Section):
    """Where weights are."""

    topic: TopicText = Field(description="pattern, as of reads")
    items: Expr | None = Field(
        None, description="expression for the list of weights; left out: one per message"
    )
    value: Source | None = Field(None, description="the weight; left out: the shelf's own `value`")
    unit: Unit | None = Field(None, description="mg, g, kg, oz, lb; left out: the shelf's own")
    scale: Scale | None = Field(None, description="factor on the weight; left out: the shelf's own")
    time: Source | None = Field(None, description="when it was weighed; left out: the gateway's time")
    time_format: TimeFormat = Field("rfc3339", description="as of reads")

    _check_captures = model_validator(mode="after")(_known_captures)
    _check_device = model_validator(mode="after")(_names_its_device)


class ScansSection(Section):
    """Where scanned codes are."""

    topic: TopicText = Field(description="pattern, as of reads")
    items: Expr | None = Field(
        None, description="expression for the list of codes; left out: one per message"
    )
    text: Source | None = Field(None, description="the code; left out: the payload as it stands")
    time: Source | None = Field(None, description="when it was scanned; left out: the gateway's time")
    time_format: TimeFormat = Field("rfc3339", description="as of reads")

    _check_captures = model_validator(mode="after")(_known_captures)
    _check_device = model_validator(mode="after")(_names_its_device)


class AvailabilitySection(Section):
    """Where a device's coming and going is told, by itself or by its last will."""

    topic: TopicText = Field(
        description="pattern, as of reads; without {device}: of what all devices hang on"
    )
    value: Source | None = Field(None, description="the word; left out: the payload as it stands")
    online: tuple[str, ...] = Field((), max_length=8, description="words that say that it is there")
    offline: tuple[str, ...] = Field((), max_length=8, description="words that say that it is gone")

    _check_captures = model_validator(mode="after")(_known_captures)

    @model_validator(mode="after")
    def _words(self) -> Self:
        if not self.online and not self.offline:
            raise ValueError('offline: give the words that say that the device is gone, such as ["offline"]')
        if both := set(self.online) & set(self.offline):
            raise ValueError(f"offline: {min(both)!r} stands in online too: remove it from one of them")
        return self


class MappingSection(Section):
    """What the messages of a kind of device mean; devices name it as `mapping`."""

    name: Id = Field(description="what devices call it")
    reads: tuple[ReadsSection, ...] = Field((), max_length=MAX_RULES, description="where tag reads are")
    readings: tuple[ReadingsSection, ...] = Field((), max_length=MAX_RULES, description="where weights are")
    scans: tuple[ScansSection, ...] = Field((), max_length=MAX_RULES, description="where codes are")
    availability: tuple[AvailabilitySection, ...] = Field(
        (), max_length=MAX_RULES, description="where a device's coming and going is told"
    )

    @model_validator(mode="after")
    def _gives_something(self) -> Self:
        if not (self.reads or self.readings or self.scans):
            raise ValueError("give reads, readings or scans: a mapping without any tells nothing")
        return self

    def settings(self) -> DeviceMapping:
        """Return the mapping as readers/ knows it."""
        return DeviceMapping(
            self.name,
            reads=tuple(ReadsRule(**dict(rule)) for rule in self.reads),
            readings=tuple(_readings_rule(rule) for rule in self.readings),
            scans=tuple(ScansRule(**dict(rule)) for rule in self.scans),
            availability=tuple(AvailabilityRule(**dict(rule)) for rule in self.availability),
        )


def _readings_rule(rule: ReadingsSection) -> ReadingsRule:
    is_open = rule.unit is None and rule.scale is None
    return ReadingsRule(
        rule.topic,
        rule.items,
        rule.value,
        None if is_open else grams_per_unit(rule.unit, rule.scale),
        rule.time,
        rule.time_format,
    )
