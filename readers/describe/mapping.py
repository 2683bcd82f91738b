"""What devices with a mapping publish, for people. Pure.

The device's own part of a topic is found by the mapping's patterns. A value that only a device's own
settings name is not known here: the whole payload is shown.
"""

import re

from readers.codecs.json_payload import parse_json
from readers.codecs.mapping import MappingCodec
from readers.codecs.topic_pattern import NAME
from readers.describe.events import DEVICE, EventDescriber, EventFormat
from readers.describe.lines import Line
from readers.errors import DeviceRefused, Malformed
from readers.protocol import MqttCodec, MqttMessage
from readers.settings import DeviceMapping, MqttDeviceSettings, ReadingsRule, ReadsRule, ScansRule

_NO_VALUE = "`null`"
_WILDCARD = re.compile(r"\\\{device\\\}|\\\{[a-z_]+\\\}|\\\+|\\?#")


def describer(mapping: DeviceMapping) -> EventDescriber:
    """Return what tells the messages of the devices of one mapping."""
    data: tuple[ReadsRule | ReadingsRule | ScansRule, ...]
    data = (*mapping.reads, *mapping.readings, *mapping.scans)
    topics = [*(rule.topic for rule in data), *(rule.topic for rule in mapping.availability)]
    patterns = [_pattern(topic) for topic in topics if "{device}" in topic]

    is_told = bool(mapping.reads) or all(rule.value is not None for rule in mapping.readings)

    def keys(topic: str) -> dict[str, str]:
        found = (match for pattern in patterns if (match := pattern.fullmatch(topic)))
        device = min(
            (match["device"] for match in found), key=len, default=None
        )  # most words are the pattern's
        if device is None and topic not in topics:
            raise DeviceRefused(f"topic {topic!r} is none of {', '.join(topics)}")
        open_value = {} if is_told else {"value": "weight"}
        return {"topic": device or DEVICE, "mapping": mapping.name, **open_value}

    def codec(message: MqttMessage) -> MappingCodec:
        device = keys(message.topic)["topic"]
        return MappingCodec(MqttDeviceSettings(DEVICE, device, value=_NO_VALUE, mapping=mapping))

    example = NAME.sub("1", topics[0].replace("{device}", DEVICE)).replace("+", "1").replace("#", "1")
    return EventDescriber(
        EventFormat(
            codec,
            lambda _: example,
            whole=_whole,
            is_unit_known=False,
            table="readers" if mapping.reads else "shelves",
            keys=keys,
            has_own_topics=True,
        )
    )


def of_device(codec: MqttCodec) -> EventDescriber:
    """Return what tells the messages of one configured device, as its own codec reads them."""
    return EventDescriber(EventFormat(lambda _: codec, whole=_whole)).of_device(codec)


def _pattern(topic: str) -> re.Pattern[str]:
    """Return what a topic of this pattern looks like; `device` is the device's own part of it."""
    is_named = False

    def level(match: re.Match[str]) -> str:
        nonlocal is_named
        if match.group().endswith("#"):
            return ".*"
        if "device" not in match.group():
            return "[^/]+"
        named, is_named = is_named, True
        return "(?P=device)" if named else "(?P<device>.+)"

    return re.compile(_WILDCARD.sub(level, re.escape(topic)))


def _whole(payload: bytes) -> Line:
    try:
        return {"payload": parse_json(payload)}
    except Malformed:
        return {"payload": payload.decode("utf-8", "replace")}
