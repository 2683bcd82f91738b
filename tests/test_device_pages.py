"""The device pages show configuration that works: each TOML block is part of a site that could run."""

import re

import pytest

from gateway.config.file import parse_site
from gateway.devices.of_site import check_devices
from tests.support.source import ROOT

BLOCK = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
ZONES = ", ".join(
    f'{{ id = "{zone}", role = "{role}" }}'
    for zone, role in [("front", "floor"), ("back-room", "back_room"), ("exit", "exit"), ("till", "till"),
                       ("fitting-room", "fitting_room"), ("denim", "floor")]
)  # fmt: skip
SITE = f"""
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ZONES}]
"""
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in sorted((ROOT / "docs" / "devices").glob("*.md"))
    for number, block in enumerate(BLOCK.findall(page.read_text("utf-8")))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_to_paste_is_good(block: str) -> None:
    """It stands in a site of one store, with a broker, and is refused by nothing."""
    check_devices(parse_site(f"[mqtt]\n{SITE}\n{block}", "page.md"))
