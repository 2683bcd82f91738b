"""The screen "refill": tasks in walking order, what people do about them, and how they tick themselves off."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from gateway.staff.model import Role
from gateway.tasks.model import Cause, TaskItem
from tests.support.api_ports import NOW_NS, S
from tests.support.page_shop import PageShop
from tests.support.page_work import (
    COUNT_ALL,
    FETCH,
    FILL,
    FILL_PIECES,
    HOME,
    LOOK,
    PICK,
    PICK_PIECES,
    SURE,
    a_task,
    tag,
)
from tests.support.plain_staff import IDS
from tests.support.signing_in import sign_in_browser
from tests.support.tablets import CHECKS, SCHEMES, SIZES, XSS, inaccessible, live, scan, settled, tablet

pytestmark = pytest.mark.browser

PHONE, TABLET = (390, 844), (800, 1280)
SLOW = """
    const [now, later] = [performance.now.bind(performance), setTimeout];
    performance.now = () => now() / 50;
    window.setTimeout = (act, ms, ...rest) => later(act, ms === 5_000 || ms === 6_000 ? 50 * ms : ms, ...rest);
"""
"""What a person sees for some seconds stays for minutes: however busy the machine is, a test sees it too."""


@contextmanager
def refill(
    browser: Browser, shop: PageShop, size: tuple[int, int] = TABLET, locale: str = "en-GB", path: str = "refill",
    expected: tuple[str, ...] = (), *, is_slow: bool = False, role: Role = "associate", **options: object,
) -> Iterator[Page]:  # fmt: skip
    """Yield the screen on a device where somebody of a role is signed in."""
    with tablet(browser, shop, size, locale, expected, path, **options) as page:
        sign_in_browser(page.context, shop.address, role)
        if is_slow:
            page.add_init_script(SLOW)
        page.reload()
        live(page)
        yield page


def card(page: Page, title: str) -> Locator:
    """Return the card of a task."""
    return page.locator("li.task", has=page.get_by_role("heading", name=title))


def with_work(shop: PageShop) -> PageShop:
    """Return the shop with a task of each kind."""
    shop.set_task(FILL, *FILL_PIECES)
    for task in (FETCH, LOOK, HOME, COUNT_ALL):
        shop.set_task(task)
    shop.set_task(PICK, *PICK_PIECES)
    return shop


def test_tasks_stand_in_walking_order_with_all_that_is_needed_to_do_them(
    browser: Browser, shop: PageShop
) -> None:
    """Zone by zone: what, how many, from where to where, which pieces, since when; in both languages."""
    with refill(browser, with_work(shop)) as page:
        expect(page.locator(".task-group h3")).to_have_text(
            ["1Back room", "2Fitting rooms", "3Front of shop"]
        )
        titles = ["Bring 2 × Straight jeans 32", "Bring 3 × White tee M", "Pick 2 × White tee M", "Put back 1 × Denim jacket M",
                  "Look for 1 × Navy jumper M", "Count Front of shop"]  # fmt: skip
        assert sorted(page.locator(".task-title").all_inner_texts()) == sorted(titles)
        fill = card(page, "Bring 3 × White tee M")
        expect(fill.locator(".task-facts")).to_have_text("TEE-WHT-M · Size M · white")
        expect(fill.locator(".route .unseen")).to_have_text("From Back room to Front of shop")
        expect(fill.locator(".task-meta")).to_contain_text("0 of 3 on the shelf")
        expect(fill.locator(".task-meta")).to_contain_text("waiting 13 mins")
        fill.locator("summary").click()
        expect(fill.locator(".task-pieces li")).to_have_text(
            [f"Tag … {tag(n)[-6:]} Back room, 99% sure" for n in (1, 2, 3)]
        )
        expect(card(page, "Bring 2 × Straight jeans 32")).to_contain_text("Urgent")
        expect(card(page, "Bring 2 × Straight jeans 32").locator(".task-note")).to_have_text("For the window")
        expect(card(page, "Look for 1 × Navy jumper M").locator(".is-late")).to_have_text(
            "overdue since 18:52"
        )
        expect(card(page, "Pick 2 × White tee M").locator("a.primary")).to_have_attribute(
            "href", f"/collect/{SURE.id}"
        )
        expect(page.locator(".nav-link[href='/refill'] .nav-badge")).to_have_text("6")
        page.get_by_role("button", name="Refill 2").click()
        expect(page.locator("li.task")).to_have_count(2)
        page.get_by_role("button", name="Français").click()
        expect(card(page, "Apporter 3 × T-shirt blanc M")).to_contain_text("0 sur 3 en rayon")


def test_a_task_ticks_itself_off_when_its_tags_arrive(browser: Browser, shop: PageShop) -> None:
    """The bar grows with each piece; then a check says who saw it, in its place, and to screen readers too."""
    with refill(browser, with_work(shop), is_slow=True) as page:
        fill = page.locator(f"li.task[data-id={FILL.id}]")
        expect(fill.locator(".task-pieces li")).to_have_count(3)
        shop.set_task(FILL.changed(done=2, seen=(tag(1), tag(2))), FILL_PIECES[2])
        expect(fill.locator(".progress-text")).to_have_text("2 of 3 on the shelf")
        expect(fill.locator(".task-title")).to_have_text("Bring 1 × White tee M")
        expect(fill.locator(".task-pieces li")).to_have_count(1)  # asked for again: events do not tell them
        place = page.locator("li.task").evaluate_all(
            "(all, id) => all.findIndex(n => n.dataset.id === id)", FILL.id
        )
        shop.set_task(
            replace(FILL, done=3, state="completed", verified_by="rfid", closed_ns=NOW_NS, version=9)
        )
        expect(fill.locator(".task-end")).to_contain_text("Seen on the shelf by the reader")
        expect(fill.locator(".task-acts")).to_be_hidden()
        assert page.locator("li.task").nth(place).get_attribute("data-id") == FILL.id
        expect(page.locator(".refill [aria-live=polite]")).to_contain_text(
            "White tee M: Seen on the shelf by the reader"
        )
        expect(page.locator(".section-note").first).to_have_text("5 to do")
        shop.set_task(a_task(99, sku="CANDLE-FIG", qty=1))
        expect(card(page, "Bring 1 × Fig candle")).to_be_visible()


def swipe(page: Page, face: Locator, px: int) -> None:
    """Move a card with the pointer."""
    face.locator(".task-title").scroll_into_view_if_needed()
    box = face.locator(".task-head").bounding_box()
    assert box is not None
    x, y = box["x"] + 60, box["y"] + 12
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + px / 2, y + 2, steps=3)
    page.mouse.move(x + px, y + 2, steps=3)
    page.mouse.up()


def test_done_is_a_swipe_or_a_tap_and_can_be_taken_back(browser: Browser, shop: PageShop) -> None:
    """Nothing is sent while it can be undone; whoever leaves the screen meant it; a short swipe is none."""
    with refill(browser, with_work(shop), PHONE, is_slow=True) as page:
        fill = page.locator(f"li.task[data-id={FILL.id}]")
        swipe(page, fill, 60)
        expect(fill.locator(".task-done")).to_be_visible()
        swipe(page, fill, 240)
        expect(fill).to_contain_text("Marked as done.")
        fill.get_by_role("button", name="Undo").click()
        expect(fill.locator(".task-done")).to_be_focused()
        assert shop.tasks.asked == []
        fill.get_by_role("button", name="Done").press("Enter")
        expect(fill.locator(".task-undo")).to_be_focused()
        page.locator(".nav-link[href='/now']").click()
        expect(page.locator(".nav-link[href='/refill'] .nav-badge")).to_have_text("5")
        assert [(name, command.verb) for name, command in shop.tasks.asked] == [(FILL.id, "complete")]


def test_people_take_tasks_on_give_them_back_and_say_why_not(browser: Browser, shop: PageShop) -> None:
    """Each step is sent and shown; who does what is told by name; a step that came too late is explained."""
    shop.set_task(
        FETCH.changed(state="claimed", claimed_by=IDS["lead"], claimed_key=IDS["lead"], claimed_ns=NOW_NS)
    )
    with refill(browser, with_work(shop), expected=("409",), is_slow=True) as page:
        fill = page.locator(f"li.task[data-id={FILL.id}]")
        fill.get_by_role("button", name="I’ll do it").click()
        expect(fill).to_contain_text("You do it")
        assert shop.tasks.asked[-1][1].by == IDS["associate"]
        fill.get_by_role("button", name="Give back").click()
        expect(fill.get_by_role("button", name="I’ll do it")).to_be_visible()
        look = page.locator(f"li.task[data-id={LOOK.id}]")
        look.get_by_role("button", name="Not possible").click()
        page.get_by_role("dialog").get_by_role("button", name="Not found there").click()
        expect(look).to_contain_text("Set aside: Not found there")
        shop.tasks.put(
            HOME.changed(state="claimed", claimed_by=IDS["lead"], claimed_key=IDS["lead"], claimed_ns=NOW_NS)
        )
        home = page.locator(f"li.task[data-id={HOME.id}]")
        home.get_by_role("button", name="I’ll do it").click()  # before the page heard of it
        expect(page.locator(".toast.is-bad")).to_contain_text("Somebody else took this task on.")
        expect(home).to_contain_text("Lead does it")
        page.keyboard.press("Tab")  # whoever works without a thumb gets everywhere
        assert page.evaluate("document.activeElement !== document.body")


def test_two_devices_see_what_the_other_does(browser: Browser, shop: PageShop) -> None:
    """What one takes on stands on the other under their name; what is done on the other is over on both."""
    with refill(browser, with_work(shop)) as one, refill(browser, shop, PHONE, role="lead") as two:
        mine, theirs = (page.locator(f"li.task[data-id={FILL.id}]") for page in (one, two))
        mine.get_by_role("button", name="I’ll do it").click()
        expect(theirs).to_contain_text("Associate does it")
        expect(theirs.get_by_role("button", name="I’ll do it")).to_be_hidden()
        theirs.get_by_role("button", name="Done").click()
        two.locator(".nav-link[href='/now']").click()  # meant: it is sent at once
        expect(one.locator(".section-note").first).to_have_text("5 to do")
        expect(mine.locator(".task-acts")).to_be_hidden()


def test_what_is_done_without_a_line_is_marked_and_sent_later(browser: Browser, shop: PageShop) -> None:
    """Offline a step waits, visibly; with the line again it takes effect once."""
    with refill(browser, with_work(shop), expected=("ERR_INTERNET_DISCONNECTED", "net::")) as page:
        fill = page.locator(f"li.task[data-id={FILL.id}]")
        expect(fill).to_be_visible()
        page.context.set_offline(True)
        fill.get_by_role("button", name="I’ll do it").click()
        expect(fill).to_contain_text("Waits for the connection")
        expect(fill).to_contain_text("You do it")
        page.context.set_offline(False)
        expect(fill.locator(".is-pending")).to_be_hidden(timeout=60_000)
        expect(fill).to_contain_text("You do it")
        assert [command.verb for _, command in shop.tasks.asked] == ["claim"]


def test_a_task_is_made_by_hand_and_a_scan_finds_it(browser: Browser, shop: PageShop) -> None:
    """The form asks for what the gateway needs; the code of an article leads to its task, or says that there is none."""
    with refill(browser, shop, is_slow=True) as page:
        expect(page.locator(".calm-title")).to_have_text("Nothing to do")
        page.get_by_role("button", name="New task").click()
        form = page.get_by_role("dialog")
        form.get_by_role("button", name="Make the task").click()
        expect(form.locator(".sheet-problem")).to_have_text("Choose an article from the list.")
        form.get_by_label("Article").fill("tee l")
        form.get_by_role("button", name="White tee L").click()
        form.get_by_label("Pieces").fill("4")
        form.get_by_label("It is urgent").check()
        form.get_by_label("A line for whoever does it").fill("<img src=x onerror=window.pwned=1>")
        form.get_by_role("button", name="Make the task").click()
        expect(card(page, "Bring 4 × White tee L")).to_contain_text("<img src=x")
        made = shop.tasks.made[-1]
        assert (made.kind, made.sku, made.qty, made.from_zone, made.to_zone, made.priority) == (
            "replenish", "TEE-WHT-L", 4, "back-room", "front", "high",
        )  # fmt: skip
        page.locator("#refill-title").focus()
        scan(page, "TEE-WHT-L")
        expect(card(page, "Bring 4 × White tee L")).to_be_focused()
        scan(page, "CANDLE-FIG")
        expect(page.locator(".toasts")).to_contain_text("Nothing is to do for Fig candle.")


def test_the_screen_fits_each_device_by_day_and_night(browser: Browser, shop: PageShop) -> None:
    """Nothing runs over, is too small to tap or too faint, whatever texts stand there; nothing of them runs."""
    for number, text in enumerate(XSS):
        shop.set_task(a_task(50 + number, sku=f"GHOST-{number}", note=text, causes=(Cause("hand", text),)),
                      TaskItem("FF" * 12, None, 0.4))  # fmt: skip
    shop.set_task(
        replace(FILL, state="claimed", claimed_by=XSS[0], claimed_ns=NOW_NS - 60 * S, done=1), *FILL_PIECES
    )
    with refill(browser, with_work(shop), locale="fr-FR") as page:
        expect(page.locator("li.task")).to_have_count(6 + len(XSS))
        page.evaluate(CHECKS)
        page.locator("details.pieces summary").locator("visible=true").first.click()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for size in SIZES:
                page.set_viewport_size({"width": size[0], "height": size[1]})
                assert settled(page) == {}, f"{scheme}, {size}"
        assert inaccessible(page) == []
        assert page.evaluate("window.pwned") is None
