"""One browser for all tests of the page, and the shop that it looks at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium_or_skip
from tests.support.page_shop import PageShop
from tests.support.page_stock import LOW, REFILL, SOLD_OUT


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the browser; one per file, since its driver holds an event loop that other tests want to run."""
    with chromium_or_skip() as started:
        yield started


@pytest.fixture
def shop() -> Iterator[PageShop]:
    """Return a shop on a busy afternoon, with three things to do."""
    with PageShop() as served:
        for record in (REFILL, SOLD_OUT, LOW):
            served.set_alert(record)
        yield served
