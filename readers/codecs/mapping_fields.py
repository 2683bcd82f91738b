"""The fields of a mapping's messages: found by expression or in the topic, and turned into values. Pure."""

from readers.codecs.expressions import Expression
from readers.codecs.json_payload import Json, number_in
from readers.codecs.topic_pattern import NAME, TopicPattern
from readers.errors import Malformed

MAX_CODE_CHARS = 4_096
"""As of a scanner on a cable: no code is longer."""


class Field:
    """Where a field is: an expression, or a capture of the topic."""

    def __init__(self, source: str, pattern: TopicPattern) -> None:
        name = NAME.fullmatch(source)
        self._pattern = pattern
        self._name = name[1] if name is not None else None
        self._expression = None if name is not None else Expression(source)

    def of(self, value: Json, topic: str) -> Json:
        """Return what it finds in `value`, or in the topic; None: nothing."""
        if self._expression is not None:
            return self._expression.of(value)
        return self._pattern.captured(self._name or "", topic)


class Item:
    """One item of a message, and what surrounds it."""

    __slots__ = ("_topic", "_value", "_whole")

    def __init__(self, value: Json, whole: Json, topic: str) -> None:
        self._value, self._whole, self._topic = value, whole, topic

    def own(self, field: Field) -> Json:
        """Return a field of the item itself."""
        return field.of(self._value, self._topic)

    def any(self, field: Field | None) -> Json:
        """Return a field of the item, or of the whole message; a number in a text as a number."""
        if field is None:
            return None
        found = field.of(self._value, self._topic)
        if found is None and self._value is not self._whole:
            found = field.of(self._whole, self._topic)
        return number_or(found)


def number_or(value: Json) -> Json:
    """Return the number that a text is; templates on devices quote what they like."""
    number = number_in(value) if isinstance(value, str) else None
    return value if number is None else number


def payload_text(payload: bytes) -> str:
    try:
        return payload[: MAX_CODE_CHARS + 1].decode()
    except UnicodeDecodeError as error:
        raise Malformed("text", "no UTF-8", payload) from error


def code_of(value: Json) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not 0 < len(text) <= MAX_CODE_CHARS:
        raise Malformed("text", "no text of a code, or too long")
    return text


def word_of(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else ""
