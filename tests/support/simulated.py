"""The demo's site for tests of the simulators: its layout, a fixed start, the device vectors. Reads files."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from simulators.layout import SiteLayout, load_site

ROOT = Path(__file__).parents[2]
NS = 1_000_000_000
START_NS = 1_795_248_000 * NS
"""2026-11-21 08:00 UTC: the demo shop opens, nine o'clock in Lyon."""
HOUR_NS = 3_600 * NS


@cache
def demo_layout() -> SiteLayout:
    """Return the layout of config/demo.toml."""
    return load_site(ROOT / "config" / "demo.toml")


@cache
def _vectors() -> dict[str, Any]:
    text = (ROOT / "tests" / "vectors" / "simulated_devices.json").read_text("utf-8")
    return {vector["id"]: vector for vector in json.loads(text)["vectors"]}


def vector(name: str) -> Any:
    """Return the data of one vector: bytes where it is hexadecimal, else as it stands."""
    found = _vectors()[name]
    return bytes.fromhex(found["data"]) if found["encoding"] == "hex" else found["data"]


def json_vector(name: str) -> Any:
    """Return a vector that is JSON, parsed."""
    return json.loads(_vectors()[name]["data"])


def expected(name: str) -> dict[str, Any]:
    """Return what a vector's source says that it means."""
    meaning: dict[str, Any] = _vectors()[name]["expect"]
    return meaning
