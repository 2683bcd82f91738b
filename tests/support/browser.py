"""A Chromium for tests and tools: Debian's own, driven by Playwright; nothing is downloaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",  # a container's root has none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def chromium_or_skip() -> Iterator[Browser]:
    """Yield the browser; skip the test where there is none, or fail where nothing may skip."""
    if not CHROMIUM.exists():
        reason = f"no Chromium at {CHROMIUM} (Debian package chromium)"
        if os.environ.get("STOREFLOOR_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with chromium() as browser:
        yield browser
