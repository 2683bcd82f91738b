from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from readers.errors import MAX_SAMPLE_BYTES, Malformed
from readers.mqtt_router import MAX_PAYLOAD_BYTES, MAX_TOPIC_CHARS, MAX_UNMATCHED_TOPICS, MqttRouter
from readers.observations import Reading
from readers.protocol import MqttMessage


@dataclass
class NumberCodec:
    """A payload of digits is a weight."""

    device: str
    filters: tuple[str, ...]

    def topics(self):
        return self.filters

    def data_topic(self):
        return self.filters[0]

    def decode(self, message):
        if message.payload == b"crash":
            raise KeyError("missing")
        if message.payload == b"no sample":
            raise Malformed("bare")
        if not message.payload.isdigit():
            raise Malformed("not_a_number", sample=message.payload)
        return [Reading(self.device, float(message.payload), 1, message.received_ns)]


def router(**filters):
    return MqttRouter({device: NumberCodec(device, topics) for device, topics in filters.items()})


def message(topic, payload=b"12"):
    return MqttMessage(topic, payload, retained=False, received_ns=2)


def test_a_message_goes_to_the_device_of_its_topic():
    """One device's topic, one device's observations."""
    routed = router(a=("tele/a/SENSOR",), b=("tele/b/SENSOR",)).route(message("tele/b/SENSOR"))
    assert [(d.device, list(d.observations), d.error) for d in routed] == [
        ("b", [Reading("b", 12.0, 1, 2)], None)
    ]


def test_overlapping_filters_give_the_message_to_both_devices_once():
    """Two devices share a topic; a device whose own filters overlap gets it once."""
    routed = router(a=("x/+", "x/#"), b=("x/y",)).route(message("x/y"))
    assert sorted(d.device for d in routed) == ["a", "b"]


def test_what_one_device_cannot_read_is_an_error_of_that_device():
    """A malformed payload, a codec's bug and an oversized one each become a reason."""
    r = router(a=("a",))
    reasons = [
        r.route(message("a", payload))[0].error.reason
        for payload in (b"x", b"crash", b"1" * (MAX_PAYLOAD_BYTES + 1))
    ]
    assert reasons == ["not_a_number", "codec_error", "too_large"]
    assert r.device_counts["a"].dropped == dict.fromkeys(reasons, 1)
    assert r.device_counts["a"].is_conserved()


def test_an_error_always_bears_what_came():
    """Where a codec gives no sample of what it refused, the payload's beginning is the sample."""
    assert router(a=("a",)).route(message("a", b"no sample"))[0].error.sample == b"no sample"


def test_filters_are_each_listed_once():
    """Devices that share a filter share the subscription."""
    assert router(a=("x/+", "y"), b=("x/+",)).filters() == ("x/+", "y")


def test_topics_of_no_device_are_counted_with_a_bounded_sample():
    """The last topics stay, cut to a length; the count knows them all."""
    r = router(a=("a",))
    for number in range(300):
        assert r.route(message(f"stray/{number}/" + "x" * 1_000)) == []
    assert r.message_counts.dropped["no_device"] == 300
    sample = r.unmatched_topics()
    assert len(sample) == MAX_UNMATCHED_TOPICS
    assert all(len(unmatched.topic) == MAX_TOPIC_CHARS for unmatched in sample)
    r.route(message("again"))
    r.route(message("again", b"x" * 1_000))
    last = r.unmatched_topics()[-1]
    assert (last.topic, last.count, last.retained, last.received_ns) == ("again", 2, False, 2)
    assert last.sample == b"x" * MAX_SAMPLE_BYTES


def test_what_a_device_posts_is_decoded_as_if_on_its_datas_topic():
    """It counts for the device, not for the broker; a device that posts is not subscribed."""
    r = MqttRouter({"a": NumberCodec("a", ("x/a",)), "b": NumberCodec("b", ("x/b",))}, unheard={"b"})
    assert r.filters() == ("x/a",)
    assert r.decode_posted("b", b"12", 5).observations == [Reading("b", 12.0, 1, 5)]
    assert r.decode_posted("b", b"x", 5).error.reason == "not_a_number"
    assert (r.device_counts["b"].received, r.message_counts.received) == (2, 0)
    assert r.device_counts["b"].is_conserved()
    assert r.route(message("x/b")) == []


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c/d", "e"]), st.sampled_from([b"1", b"x", b"crash"]))))
def test_messages_are_conserved(messages):
    """Per router and per device: received == passed + dropped."""
    r = router(a=("a", "+"), b=("b",), c=("c/#",))
    for topic, payload in messages:
        r.route(message(topic, payload))
    assert r.message_counts.is_conserved()
    assert r.message_counts.received == len(messages)
    assert all(counts.is_conserved() for counts in r.device_counts.values())
