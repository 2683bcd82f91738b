"""The outbox, the router and the keyboard scanner of the staff app, asked in the browser with a clock and a line of the test's."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.page_shop import PageShop

pytestmark = pytest.mark.browser

SETUP = """
  const kept = new Map(v.kept ? [["storefloor.outbox", v.kept]] : []);
  const storage = {getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text)};
  const sent = [], timers = [];
  let answers = [...(v.answers ?? [])], nowMs = v.nowMs ?? 1_000_000;
  const send = async (item) => {
    sent.push([item.path, item.key, item.who]);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer.status) throw answer;
    return answer;
  };
  const box = () => new m.Outbox(send, () => null, {kept: storage, nowMs: () => nowMs, later: (act) => timers.push(act)});
  const settle = async () => { for (let i = 0; i < 20; i++) await null; };
  const later = async () => { await settle(); for (const act of timers.splice(0)) act(); await settle(); };
"""
LOST, DONE, CONFLICT = {"status": 503}, {"ok": True}, {"status": 409, "code": "task_over", "detail": "gone"}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Return a page that modules can be loaded into."""
    with PageShop() as shop:
        context = browser.new_context(service_workers="block")
        opened = context.new_page()
        opened.goto(shop.address)
        yield opened
        context.close()


def run(page: Page, body: str, module: str = "outbox.js", **values: Any) -> Any:
    """Return what `body` returns, run with the module as `m`, the values as `v` and the outbox's surroundings."""
    script = f"async (v) => {{ const m = await import('/static/{module}'); {SETUP} {body} }}"
    return page.evaluate(script, values)


def test_an_act_without_a_line_is_kept_and_sent_once_with_the_same_key(page: Page) -> None:
    """No answer: it waits, in order; sent again it bears the key of the first time; done, it is forgotten."""
    body = """
      const one = box(); one.belongsTo("k1");
      const first = await one.do({path: "/a", label: "A"});
      const second = one.do({path: "/b", label: "B"});
      const waiting = one.waiting.map(({label}) => label);
      answers = [v.done];
      await later();
      return {first, second: await second, waiting, sent, left: one.items.length, kept: kept.get("storefloor.outbox")};
    """
    found = run(page, body, answers=[LOST], done=DONE)
    assert found["first"] == {"state": "waiting"}
    assert found["second"] == {"state": "done", "body": DONE}
    assert found["waiting"] == ["A", "B"]
    paths = [path for path, _, _ in found["sent"]]
    assert paths[-2:] == ["/a", "/b"]
    assert set(paths[:-1]) == {"/a"}
    assert len({key for path, key, _ in found["sent"] if path == "/a"}) == 1
    assert (found["left"], found["kept"]) == (0, "[]")


def test_what_waits_outlives_the_page(page: Page) -> None:
    """Another page on the same device sends what the first one kept, under its key."""
    body = """
      const one = box(); one.belongsTo("k1"); await one.do({path: "/a"});
      answers = [v.done];
      const two = box(); two.belongsTo("k1"); await settle();
      return {keys: [...new Set(sent.map(([, key]) => key))].length, times: sent.length, left: two.items.length};
    """
    assert run(page, body, answers=[LOST], done=DONE) == {"keys": 1, "times": 2, "left": 0}


def test_an_act_is_sent_by_whoever_did_it_alone(page: Page) -> None:
    """While somebody else is signed in it waits; nothing is done in another person's name."""
    body = """
      const one = box(); one.belongsTo("k1"); await one.do({path: "/a"});
      answers = [v.done];
      one.belongsTo("k2"); await later();
      const meanwhile = [sent.length, one.waiting.length];
      one.belongsTo("k1"); await settle();
      return {meanwhile, who: sent.map(([, , who]) => who), left: one.items.length};
    """
    assert run(page, body, answers=[LOST], done=DONE) == {"meanwhile": [1, 1], "who": ["k1", "k1"], "left": 0}


def test_a_refusal_is_told_to_who_looks_and_kept_for_who_does_not(page: Page) -> None:
    """Refused at once: the screen that asked is told. Refused after a wait: it stays until somebody read why."""
    body = """
      const one = box(); one.belongsTo("k1");
      const now = await one.do({path: "/a"});
      answers = [v.lost]; await one.do({path: "/b", label: "B"});
      answers = [v.conflict, v.done]; await later(); await one.do({path: "/c"});
      const refused = one.refused.map(({label, problem}) => [label, problem.code]);
      one.forget(one.refused[0].key);
      return {now, refused, left: one.items.length, last: sent.at(-1)[0]};
    """
    found = run(page, body, answers=[CONFLICT], lost=LOST, conflict=CONFLICT, done=DONE)
    assert found["now"] == {"state": "refused", "problem": CONFLICT}
    assert (found["refused"], found["left"], found["last"]) == ([["B", "task_over"]], 0, "/c")


def test_what_waited_too_long_is_not_sent_and_nothing_is_dropped_in_silence(page: Page) -> None:
    """Past the time for which keys are remembered an act might take effect twice; a full box says so."""
    body = """
      const one = box(); one.belongsTo("k1"); await one.do({path: "/old", label: "old"});
      nowMs += 13 * 3_600_000; answers = [v.done]; await later();
      const old = [sent.length, one.refused.map(({label, problem}) => [label, problem.code])];
      answers = [v.lost]; one.forget(one.refused[0].key);
      let full = 0;
      for (let i = 0; i < 250; i++) try { one.do({path: "/x"}); } catch (error) { full += error instanceof m.OutboxFull; }
      return {old, full, kept: one.items.length};
    """
    found = run(page, body, answers=[LOST], lost=LOST, done=DONE)
    assert found == {"old": [1, [["old", "too_old"]]], "full": 50, "kept": 200}


@pytest.mark.parametrize("kept", ["", "no json", "{}", "null"])
def test_a_box_that_cannot_be_read_is_empty(page: Page, kept: str) -> None:
    """Whatever stands in the device's storage, the page opens."""
    assert run(page, "return box().items", kept=kept) == []


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/", ["now"]),
        ("/now", ["now"]),
        ("/nowhere/at/all", ["now"]),
        ("/now/a%2Fb/c%20d", ["now", "a/b", "c d"]),
        ("/now/%E0%A4%A", ["now", "%E0%A4%A"]),
    ],
)
def test_an_address_means_a_screen_and_what_it_shows(page: Page, path: str, place: list[str]) -> None:
    """An unknown address means the first screen; what is no text of ours is shown as it stands."""
    body = "const {screen, rest} = m.placeOf(v.path); return [screen.id, ...rest]"
    assert run(page, body, "router.js", path=path) == place
    assert run(page, "return m.pathTo('find', 'a/b c')", "router.js") == "/find/a%2Fb%20c"


def test_a_scanner_that_types_is_told_from_a_person(page: Page) -> None:
    """Keys within milliseconds, ended by Enter, are a code; slow ones, and those in a field, are not."""
    body = """
      let at = 0; const codes = [];
      new m.Wedge((code) => codes.push(code), () => at);
      const field = document.body.appendChild(document.createElement("input"));
      const type = (text, gapMs, target = document.body) => {
        for (const key of [...text, "Enter"]) { at += gapMs; target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true})); }
        at += 1_000;
      };
      type("3012345000024", 15); type("3012345000031", 150); type("3012345000048", 15, field); type("ab", 15); type("(01)03012345000024", 30);
      field.remove();
      return codes;
    """
    assert run(page, body, "wedge.js") == ["3012345000024", "(01)03012345000024"]
