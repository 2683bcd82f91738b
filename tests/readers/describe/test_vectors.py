"""Every sample frame, text and payload, as `storefloor decode` tells it."""

from typing import Any

import pytest

from readers.describe.lines import is_dropped
from readers.describe.registry import PAYLOAD_KINDS, STREAM_KINDS
from tests.support.described import missing, vector_lines
from tests.support.vectors import vectors

FILES = {"m100": "m100", "epc": "epc", "scan": "gs1"}
"""File of tests/vectors → the kind that its samples are of."""


def samples(*, valid: bool) -> pytest.MarkDecorator:
    chosen = [(kind, v) for file, kind in FILES.items() for v in vectors(file) if v["valid"] is valid]
    return pytest.mark.parametrize(("kind", "vector"), chosen, ids=[v["id"] for _, v in chosen])


@samples(valid=True)
def test_a_sample_is_told_with_all_its_fields(kind: str, vector: dict[str, Any]) -> None:
    """What the source of a sample says that it means stands in its lines, and nothing of it is refused."""
    lines = vector_lines(kind, vector)
    assert missing(vector["expect"], lines) == {}, lines
    assert not any(map(is_dropped, lines))


@samples(valid=False)
def test_a_bad_sample_is_refused_with_its_bytes(kind: str, vector: dict[str, Any]) -> None:
    """A sample that is wrong gives one dropped line, with a reason and with the very bytes."""
    (line,) = vector_lines(kind, vector)
    data = vector["data"]
    given = (
        data if vector["encoding"] == "hex" and line["dropped"] != "epc_hex" else data.encode().hex().upper()
    )
    assert line["dropped"]
    assert line["bytes"] == given


def test_every_kind_with_samples_is_held_to_them() -> None:
    """No kind that can be told is without samples here, but for those whose samples are another's."""
    held = set(FILES.values()) | {"scanner"}
    assert held == {*STREAM_KINDS, *PAYLOAD_KINDS}
