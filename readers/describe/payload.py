"""One MQTT or webhook payload, told event by event. Pure."""

from collections.abc import Callable

from readers.codecs.json_payload import MAX_PAYLOAD_BYTES
from readers.describe.lines import Line, dropped, refused
from readers.describe.text_lines import TextLineDescriber
from readers.errors import Malformed
from readers.protocol import MqttMessage

DescribePayload = Callable[[MqttMessage], list[Line]]
"""Message → its lines. Raises Malformed for a payload of which nothing can be read."""

_LINE_ENDS = b"\r\n"


def describe_message(describe: DescribePayload, message: MqttMessage) -> list[Line]:
    """Return the lines of one message."""
    if len(message.payload) > MAX_PAYLOAD_BYTES:
        return [dropped("too_large", message.payload)]
    try:
        return describe(message)
    except Malformed as error:
        return [refused(error, message.payload)]


class PayloadDescriber:
    """The Describer of a file that is one payload. The line end that an editor or echo added is no part."""

    def __init__(self, describe: DescribePayload, topic: str, *, retained: bool, now_ns: int) -> None:
        self._describe = describe
        self._topic = topic
        self._retained = retained
        self._now_ns = now_ns
        self._held = b""
        self._is_too_large = False

    def feed(self, data: bytes) -> list[Line]:
        """Take bytes of the payload; what is beyond the size of any payload is refused at once."""
        self._held += data
        if len(self._held) <= MAX_PAYLOAD_BYTES + len(_LINE_ENDS):
            return []
        self._is_too_large = True
        return [self._refuse()]

    def finish(self) -> list[Line]:
        """Tell what is in the payload."""
        if self._is_too_large:
            return [self._refuse()] if self._held else []
        payload = self._held.rstrip(_LINE_ENDS)
        if not payload:
            return []
        message = MqttMessage(self._topic, payload, self._retained, self._now_ns)
        return describe_message(self._describe, message)

    def _refuse(self) -> Line:
        held, self._held = self._held, b""
        return dropped("too_large", held)


class PayloadLinesDescriber:
    """The Describer of many messages, one a line. `topic` None: each line begins with its own, and a blank."""

    def __init__(self, describe: DescribePayload, topic: str | None, *, retained: bool, now_ns: int) -> None:
        self._describe = describe
        self._topic = topic
        self._retained = retained
        self._now_ns = now_ns
        self._lines = TextLineDescriber(self._describe_line, MAX_PAYLOAD_BYTES)

    def feed(self, data: bytes) -> list[Line]:
        """Take bytes of the lines."""
        return self._lines.feed(data)

    def finish(self) -> list[Line]:
        """Take the last line."""
        return self._lines.finish()

    def _describe_line(self, raw: bytes) -> list[Line]:
        topic, payload = self._topic, raw
        if topic is None:
            head, _, payload = raw.partition(b" ")
            topic = head.decode("utf-8", "replace")
        message = MqttMessage(topic, payload, self._retained, self._now_ns)
        return describe_message(self._describe, message)
