"""The page on the benchmark's shops tells of the families that there are."""

import re
from pathlib import Path

from simulators.benchmark.families import FAMILIES

PAGE = Path(__file__).parents[3] / "docs" / "shops.md"


def test_the_page_lists_each_family_as_it_is() -> None:
    """Name, whether it is held, and what it is about: one row each, in the order of the code."""
    rows = re.findall(r"^\| `([\w-]+)` \| (held)? ?\| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == [(f.name, "held" if f.held else "", f.about) for f in FAMILIES.values()]
