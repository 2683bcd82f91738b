"""Sample frames and payloads of real devices, from tests/vectors. Reads files."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "vectors"


@cache
def vectors(name: str) -> tuple[dict[str, Any], ...]:
    """Return the vectors of one file, in order."""
    return tuple(json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["vectors"])


def each_vector(name: str, *, valid: bool, kinds: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """Parametrise a test's `vector` over those of a file; no `kinds` means all."""
    chosen = [v for v in vectors(name) if v["valid"] is valid and (not kinds or v["kind"] in kinds)]
    assert chosen, f"{name}.json has none of {kinds}"
    return pytest.mark.parametrize("vector", chosen, ids=[v["id"] for v in chosen])
