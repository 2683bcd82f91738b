"""Devices that look at the staff app, and what is asked of any screen on them: its size, touch targets and contrast.

A Content-Security-Policy that is broken, a script that fails or a file that is missing is a message on
the browser's console: each look ends by asking that there was none.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from playwright.sync_api import Browser, Page, expect

PATIENCE_MS = 60_000
"""How long something that must come is waited for: many tests share the machine."""
expect.set_options(timeout=PATIENCE_MS)
TABLET = (1280, 800)
SIZES = (TABLET, (800, 1280), (390, 844))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SETTLE_LOOKS, SETTLE_LOOK_MS = 300, 100
MIN_TOUCH_PX = 44
MIN_CONTRAST = 4.5
CHECKS = (Path(__file__).parent / "page_checks.js").read_text("utf-8")
SERIOUS = frozenset({"serious", "critical"})
"""Impacts of axe-core's rules that no screen may have; the rest is a matter of taste or of the page's frame."""
BLOCKED = "Service Worker registration blocked"
"""What Playwright says where a context has none."""
XSS = (
    "<img src=x onerror=window.pwned=1>",
    "</script><script>window.pwned=1</script>",
    '"><svg/onload=window.pwned=1>',
    "{n}${window.pwned=1}{{constructor}}",
    "javascript:window.pwned=1",
)


class Served(Protocol):
    """Whoever serves the page; `address` ends in a slash."""

    @property
    def address(self) -> str:
        """The page's address."""


@contextmanager
def tablet(
    browser: Browser, shop: Served, size: tuple[int, int] = TABLET, locale: str = "en-GB",
    expected: tuple[str, ...] = (), path: str = "", **options: Any,
) -> Iterator[Page]:  # fmt: skip
    """Yield the page at `path` on a device of its own; its console must stay silent but for `expected`.

    `options` are those of a browser context. Without `service_workers="allow"` nothing is kept for a lost line.
    """
    said: list[str] = []
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=locale,
        reduced_motion="reduce",
        **{"service_workers": "block", **options},
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda message: said.extend([message.text] * (message.type in {"error", "warning"})))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(shop.address + path.lstrip("/"))
    try:
        yield page
        assert [line for line in said if not any(part in line for part in (BLOCKED, *expected))] == []
    finally:
        context.close()


def inaccessible(page: Page) -> list[str]:
    """Return what axe-core finds on the page that keeps somebody from using it: rule, and elements it is broken by."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {[node['html'][:120] for node in rule['nodes'][:5]]}"
        for rule in found
        if rule["impact"] in SERIOUS
    ]


def live(page: Page) -> None:
    """Wait until the page says that it is live."""
    expect(page.locator(".live")).to_have_attribute("data-state", "live")


def scan(page: Page, code: str) -> None:
    """Scan a code with a scanner that types: however busy the machine is, its keys come one right after the other."""
    page.evaluate(
        """(code) => [...code, "Enter"].forEach((key) => (document.activeElement ?? document.body).dispatchEvent(
            new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })))""",
        code,
    )


def settled(page: Page) -> dict[str, Any]:
    """Return the faults that stay: the floor plan is drawn anew a moment after the screen has turned."""
    for _ in range(SETTLE_LOOKS):
        if not (faults := judge(page)):
            return {}
        page.wait_for_timeout(SETTLE_LOOK_MS)
    return faults


def judge(page: Page) -> dict[str, Any]:
    """Return the faults that the checks find on the page as it is."""
    checks: dict[str, Callable[[], Any]] = {
        "wider than the screen": lambda: page.evaluate("overflows()"),
        "too small to tap": lambda: page.evaluate(f"smallTargets({MIN_TOUCH_PX})"),
        "too faint": lambda: page.evaluate(f"faintTexts({MIN_CONTRAST})"),
    }
    return {name: faults for name, check in checks.items() if (faults := check())}
