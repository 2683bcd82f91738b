"""Every sample frame, text and payload, as `storefloor decode` tells it."""

import json
from typing import Any

import pytest

from readers.describe.lines import is_dropped
from readers.describe.registry import PAYLOAD_KINDS, STREAM_KINDS
from tests.support.described import missing, vector_lines
from tests.support.vectors import vectors

FILES = {
    "cf": "cf",
    "epc": "epc",
    "esphome": "esphome",
    "impinj": "impinj",
    "m100": "m100",
    "r2000": "r2000",
    "scan": "gs1",
    "tasmota": "tasmota",
    "things_stack": "things_stack",
    "uhfreader18": "uhfreader18",
    "uhfreader288": "uhfreader288",
    "zebra": "zebra",
    "zebra_sled": "zebra_sled",
}
"""File of tests/vectors → the kind that its samples are of."""

MAPPINGS = {
    "keonn-advannet": "keonn",
    "shelly-gen2": "shelly",
    "smartreader": "smartreader",
    "zigbee2mqtt": "zigbee2mqtt",
}
"""Protocol of a sample in mappings.json → the mapping that reads it."""

HAS_A_BAD_EVENT = {"zebra-concatenated"}
"""Samples of several events, one of which is made to be refused."""


def samples(*, valid: bool) -> pytest.MarkDecorator:
    chosen = [(kind, v) for file, kind in FILES.items() for v in vectors(file) if v["valid"] is valid]
    chosen += [(MAPPINGS[v["protocol"]], v) for v in vectors("mappings") if v["valid"] is valid]
    return pytest.mark.parametrize(("kind", "vector"), chosen, ids=[v["id"] for _, v in chosen])


@samples(valid=True)
def test_a_sample_is_told_with_all_its_fields(kind: str, vector: dict[str, Any]) -> None:
    """What the source of a sample says that it means stands in its lines, and nothing of it is refused."""
    lines = vector_lines(kind, vector)
    assert missing(vector["expect"], lines) == {}, lines
    assert any(map(is_dropped, lines)) is (vector["id"] in HAS_A_BAD_EVENT)


@samples(valid=False)
def test_a_bad_sample_is_refused_with_its_bytes(kind: str, vector: dict[str, Any]) -> None:
    """A sample that is wrong gives one dropped line, with a reason and with the very bytes."""
    (line,) = vector_lines(kind, vector)
    data = json.loads(vector["data"])["payload"] if vector["encoding"] == "json" else vector["data"]
    is_hex = vector["encoding"] == "hex" and line["dropped"] != "epc_hex"
    assert line["dropped"]
    assert line["bytes"] == (data if is_hex else data.encode().hex().upper())


def test_every_kind_with_samples_is_held_to_them() -> None:
    """No kind that can be told is without samples here, but for those whose samples are another's."""
    held = set(FILES.values()) | {"scanner"}
    assert held == {*STREAM_KINDS, *PAYLOAD_KINDS}


@pytest.mark.parametrize("vector", [v for v in vectors("scan") if v["valid"]], ids=lambda v: v["id"])
def test_a_scanner_tells_the_same(vector: dict[str, Any]) -> None:
    """A code on a scanner's cable, with or without its terminator, is told as the text alone is."""
    for end in ("", "\r\n", "\x03"):
        assert vector_lines("scanner", {**vector, "data": vector["data"] + end}) == vector_lines(
            "gs1", vector
        )


def test_a_plain_web_address_is_a_scan_but_no_gs1_text() -> None:
    """A code that names no product is what a scanner sent all the same; who asks for GS1 gets none."""
    plain = {"data": "https://www.example.com/products/42", "encoding": "text"}
    assert [line["names"] for line in vector_lines("scanner", plain)] == ["not_a_product"]
    assert [line["dropped"] for line in vector_lines("gs1", plain)] == ["not_a_product"]
