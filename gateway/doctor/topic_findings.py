"""What the messages on a broker mean, in words, and what to do about it. Pure."""

from collections.abc import Iterator

from gateway.doctor.config_blocks import Place, mqtt_block
from gateway.doctor.findings import Finding
from gateway.doctor.topics import DeviceHeard, TopicSeen, TopicWatch

MAX_UNKNOWN = 20
"""Unknown topics that are listed one by one."""


def broker_findings(watch: TopicWatch, seconds: float, failure: str = "") -> Iterator[Finding]:
    """Yield what is to be said of a broker that was listened to for so long."""
    if failure:
        yield Finding(
            "problem",
            "broker",
            f"The broker cannot be listened to: {failure}",
            "Check its address, port, user and password, and that this user may subscribe to #.",
        )
        return
    if not watch.messages:
        yield Finding(
            "problem" if watch.devices else "note",
            "no_messages",
            f"Not one message in {seconds:g} s.",
            "Do the devices publish to this broker (address, user)? Some publish every few minutes: --seconds 600.",
        )
    for heard in watch.devices.values():
        yield _device(heard, seconds)
    yield from _unmatched(watch)


def _device(heard: DeviceHeard, seconds: float) -> Finding:
    filters = ", ".join(heard.filters)
    if not heard.messages:
        return Finding(
            "problem",
            "device_silent",
            f"{heard.device}: nothing on {filters} in {seconds:g} s.",
            "Is its topic written as the device has it? Topics that look like devices are listed below.",
        )
    refused = heard.refused.total()
    if refused == heard.messages:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(heard.refused.items()))
        return Finding(
            "problem",
            "device_refused",
            f"{heard.device}: none of its {heard.messages} messages can be read ({why}).",
            "Its kind or its payload format is not what the site file says: see docs/devices.",
        )
    if heard.retained == heard.messages:
        return Finding(
            "note",
            "device_retained",
            f"{heard.device}: only what the broker kept of it ({heard.messages} retained), nothing fresh.",
            "Is it alive? What is retained is history.",
        )
    ports = f" by antennas {', '.join(map(str, sorted(heard.antennas)))}" if heard.antennas else ""
    text = f"{heard.device}: {heard.messages} messages, {heard.observations} observations{ports}"
    if refused:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(heard.refused.items()))
        return Finding("problem", "device_partly_refused", f"{text}; {refused} refused ({why}).")
    return Finding("good", "device_heard", f"{text}.")


def _unmatched(watch: TopicWatch) -> Iterator[Finding]:
    unknown: list[TopicSeen] = []
    for seen in watch.unmatched():
        name = watch.format_of(seen)
        if name is None:
            unknown.append(seen)
            continue
        ports = f", antennas {', '.join(map(str, sorted(seen.antennas)))}" if seen.antennas else ""
        yield Finding(
            "note",
            "unmatched",
            f"{seen.topic}: {_times(seen)} as {name} sends them{ports}; no device of the site listens there.",
        )
    for seen in unknown[:MAX_UNKNOWN]:
        yield Finding(
            "note",
            "unknown",
            f"{seen.topic}: {_times(seen)} in no format that is known here, such as {_shown(seen.sample)}.",
        )
    more = len(unknown) - MAX_UNKNOWN
    if more > 0 or watch.untold_topics:
        told = f"{max(more, 0)} more unknown topics"
        yield Finding("note", "more", f"{told}, {watch.untold_topics} messages on topics beyond counting.")


def _times(seen: TopicSeen) -> str:
    fresh = seen.messages - seen.retained
    return f"{fresh} message(s)" if fresh else f"{seen.retained} retained message(s)"


def _shown(sample: bytes) -> str:
    return repr(sample.decode("utf-8", "replace"))


def topic_blocks(watch: TopicWatch, place: Place) -> list[str]:
    """Return the tables to paste for topics that look like devices: one for each device."""
    keys_of: dict[tuple[str, str], dict[str, str]] = {}
    antennas: dict[tuple[str, str], set[int]] = {}
    table_of: dict[str, str] = {}
    for seen in watch.unmatched():
        name = watch.format_of(seen)
        keys = watch.keys_of(name, seen.topic) if name is not None else {}
        if name is None or not keys:
            continue
        device = (name, keys["topic"])
        keys_of[device] = {**keys_of.get(device, {}), **keys}
        antennas.setdefault(device, set()).update(seen.antennas)
        table_of[name] = watch.table_of(name)
    blocks, numbers = [], dict.fromkeys(table_of, 0)
    for device, keys in keys_of.items():
        name = device[0]
        numbers[name] += 1
        kind = "mapping" if "mapping" in keys else name
        title = f"{name.replace('_', '-')}-{numbers[name]}"
        blocks.append(mqtt_block(table_of[name], title, kind, keys.items(), place, sorted(antennas[device])))
    return blocks
