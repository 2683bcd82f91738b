"""A device's topic must name one device: what a filter would mix up is refused. Pure."""

from readers.errors import DeviceRefused
from readers.topics import check_filter


def check_topic(device: str, topic: str, remedy: str) -> None:
    """Raise DeviceRefused where `topic` is empty or a filter; `remedy` says what it must be."""
    if not topic or set("+#\0") & set(topic):
        raise DeviceRefused(f"{device}: topic {topic!r} must be {remedy}")


def check_filters(device: str, filters: tuple[str, ...]) -> None:
    """Raise DeviceRefused where one of a device's `status_topics` is no topic filter."""
    for topic_filter in filters:
        try:
            check_filter(topic_filter)
        except ValueError as error:
            raise DeviceRefused(f"{device}: status_topics: {error}: give whole topics") from error
