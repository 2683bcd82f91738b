"""What is queued is told, in order, until it is taken or given up: over outages, crashes and restarts."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

from gateway.alerts.notices import Notice
from gateway.alerts.records import AlertType, Severity
from gateway.delivery.model import QueuedNotice, Target, routed
from gateway.delivery.notifier import Notifier
from gateway.delivery.retries import REFUSED_TRIES, WAITS_S, Outcome
from gateway.storage.notices import MAX_GIVEN_UP, MAX_WAITING, QUEUE_FULL
from gateway.storage.ports import Commit
from gateway.storage.writer import Writer
from gateway.webhooks.model import Delivered, GiveUp, Retry
from tests.support.notice_shop import NoticeShop, notice_shop
from tests.support.noticing import AT_NS, S, alert, hook, notice


class Post:
    """A courier that keeps the ids that it carried; `outcome(try)` says what became of each."""

    def __init__(self, outcome: Callable[[Notice, int], Outcome] = lambda *_: Delivered(200)) -> None:
        self.outcome = outcome
        self.taken: list[str] = []

    def ready(self, target: Target, told: Notice) -> Callable[[int], Outcome]:
        """Return what sends it."""

        def send(tries: int) -> Outcome:
            outcome = self.outcome(told, tries)
            if isinstance(outcome, Delivered):
                self.taken.append(told.id)
            return outcome

        return send


class Receiver:
    """A real HTTP server that keeps the bodies and headers that it got, and answers with `status`."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, Any], dict[str, str]]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                receiver.came.append((body, {k.lower(): v for k, v in self.headers.items()}))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/services/T0/s3cret-path"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def many(count: int) -> list[Notice]:
    """Return notices with ids in order."""
    return [notice(n) for n in range(1, count + 1)]


def ids(notices: list[Notice]) -> list[str]:
    """Return their ids."""
    return [one.id for one in notices]


def told_through(shop: NoticeShop, notices: list[Notice]) -> None:
    """Queue notices in one life of the notifier, and wait until none waits."""

    async def work(notifier: Notifier, writer: Writer) -> None:
        await shop.tell(notifier, writer, notices)
        await shop.told(notifier)

    shop.live(work)


def test_notices_go_to_a_real_receiver_and_no_secret_into_a_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The body is the template's, the header the file's; of a refusal neither path nor token is told anywhere."""
    caplog.set_level(logging.INFO)  # the most that `storefloor run -v` shows
    with Receiver() as receiver, notice_shop(tmp_path, hook(receiver.url)) as shop:
        told_through(shop, many(3))
        assert [body["id"] for body, _ in receiver.came] == ids(many(3))
        assert receiver.came[0][0]["title"] == "Refill Jeans 501 – Lyon Part-Dieu, Denim"
        assert receiver.came[0][1]["authorization"] == "Bearer s3cret-token"
        receiver.status = 400

        async def refused(notifier: Notifier, writer: Writer) -> None:
            await shop.tell(notifier, writer, [notice(4)])
            await shop.told(notifier)
            [state] = await notifier.states()
            assert (state.state, state.given_up, state.waiting) == ("failing", 1, 0)
            assert state.last_error == f"status 400, {REFUSED_TRIES} times"
            assert "s3cret" not in repr(state)

        shop.live(refused)
    assert "notices for chat: not taken: status 400" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_target_that_is_nowhere_is_named_without_its_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What a client says of a failure may have the whole URL in it."""
    with Receiver() as receiver:
        url = receiver.url
    caplog.set_level(logging.INFO)
    with notice_shop(tmp_path, hook(url), replace(hook("http://10.1.2.3/s3cret"), id="private")) as shop:

        async def work(notifier: Notifier, writer: Writer) -> None:
            first, second = [await notifier.test(target.id) for target in notifier.targets()]
            assert first.outcome == second.outcome == "given_up"
            assert "refused" in first.reason
            assert "not a public address" in second.reason

        shop.live(work)
        assert [tried.outcome for tried in shop.store.notice_tries("chat", 5)] == ["given_up"]
    assert "s3cret" not in caplog.text


def test_a_target_down_for_an_hour_gets_all_in_order_once_it_is_back(tmp_path: Path) -> None:
    """Waits grow and are bounded, so that an hour's outage is over minutes after its end."""
    post = Post()
    with notice_shop(tmp_path, hook("https://chat.example/"), courier=post) as shop:
        post.outcome = lambda *_: Delivered(200) if shop.now_s >= 3_600 else Retry("nobody there")
        told_through(shop, many(50))
        assert post.taken == ids(many(50))
        assert 3_600 <= shop.now_s <= 3_600 + WAITS_S[-1]
        assert shop.rests_s[: len(WAITS_S)] == list(WAITS_S)


def test_each_target_has_a_lane_of_its_own(tmp_path: Path) -> None:
    """One that is away holds nobody up, and its notices outlive a restart."""
    away, here = (
        replace(hook("https://a.example/"), id="away"),
        replace(hook("https://b.example/"), id="here"),
    )

    class Split(Post):
        def ready(self, target: Target, told: Notice) -> Callable[[int], Outcome]:
            if target.id == "here":
                return super().ready(target, told)
            return lambda _: Retry("away", after_s=0.0)  # else a day may pass, and it would be given up

    post = Split()
    with notice_shop(tmp_path, away, here, courier=post) as shop:

        async def work(notifier: Notifier, writer: Writer) -> None:
            await shop.tell(notifier, writer, many(5))
            is_over = False
            while not is_over:
                states = {state.target.id: state for state in await notifier.states()}
                is_over = (states["here"].waiting, states["away"].state) == (0, "failing")
            assert states["away"].waiting == 5

        shop.live(work)
        assert post.taken == ids(many(5))
        shop.courier = later = Post()
        told_through(shop, [])
        assert later.taken == ids(many(5))


def test_what_was_not_taken_for_a_day_is_given_up_and_shown(tmp_path: Path) -> None:
    """Nothing is dropped in silence: it is counted, kept, and the log says why."""
    post = Post(lambda *_: Retry("no such host"))
    with notice_shop(tmp_path, hook("https://chat.example/"), courier=post) as shop:

        async def work(notifier: Notifier, writer: Writer) -> None:
            await shop.tell(notifier, writer, many(3))
            await shop.told(notifier)
            [state] = await notifier.states()
            assert (state.state, state.given_up, state.last_error) == ("failing", 3, "no such host")
            assert state.counts.given_up == 3

        shop.live(work)
        last_ns = shop.store.notice_tries("chat", 1)[0].at_ns
        assert 86_400 * S < last_ns - AT_NS <= (86_400 + WAITS_S[-1]) * S


def test_one_that_is_called_wrong_lets_the_next_pass(tmp_path: Path) -> None:
    """A refused notice is given up after some tries; those behind it are told."""
    wrong = many(3)[1].id
    post = Post(lambda told, _: GiveUp("status 400", 400) if told.id == wrong else Delivered(200))
    with notice_shop(tmp_path, hook("https://chat.example/"), courier=post) as shop:
        told_through(shop, many(3))
        assert post.taken == [one.id for one in many(3) if one.id != wrong]
        assert shop.store.notice_totals() == {"chat": (0, 1)}


def test_a_fault_of_ours_is_counted_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It ends no gateway, and its text, which may bear a secret, is not logged."""
    faults = [ValueError("s3cret"), ValueError("s3cret")]

    def outcome(told: Notice, tries: int) -> Outcome:
        if faults:
            raise faults.pop()
        return Delivered(200)

    with notice_shop(tmp_path, hook("https://chat.example/"), courier=Post(outcome)) as shop:

        async def work(notifier: Notifier, writer: Writer) -> None:
            await shop.tell(notifier, writer, many(1))
            await shop.told(notifier)
            [state] = await notifier.states()
            assert (state.counts.faults, state.state) == (2, "ok")

        shop.live(work)
    assert "ValueError" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_queue_that_is_full_gives_its_oldest_up(tmp_path: Path) -> None:
    """The queue and what is kept of it are bounded, by target."""
    with notice_shop(tmp_path, hook("https://chat.example/")) as shop:
        queued = [QueuedNotice("chat", notice(n)) for n in range(MAX_WAITING + MAX_GIVEN_UP + 7)]
        shop.store.commit(Commit(1, notices=queued))
        shop.store.commit(Commit(1, notices=queued[-3:]))  # the same again changes nothing
        assert shop.store.notice_totals() == {"chat": (MAX_WAITING, MAX_GIVEN_UP)}
        [oldest] = shop.store.waiting_notices("chat", 1)
        assert oldest.notice == queued[MAX_GIVEN_UP + 7].notice
        assert QUEUE_FULL


def test_a_target_that_the_file_does_not_name_any_more_is_forgotten_aloud(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its notices have nowhere to go, and the log says how many there were."""
    with notice_shop(tmp_path, hook("https://chat.example/"), courier=Post()) as shop:
        shop.store.commit(Commit(1, notices=[QueuedNotice("gone", notice(n)) for n in range(3)]))
        told_through(shop, [])
        assert shop.store.notice_totals() == {}
    assert "3 notices waited for 'gone'" in caplog.text


def test_a_kill_between_delivery_and_mark_tells_one_notice_twice_at_most(tmp_path: Path) -> None:
    """SIGKILL at each of the first marks: all are told, in order, and no more repeats than kills."""
    told = many(6)
    kills = 0
    with notice_shop(tmp_path, hook("https://chat.example/")) as shop:
        shop.store.commit(Commit(AT_NS, notices=[QueuedNotice("chat", one) for one in told]))
    log = tmp_path / "told.txt"
    for left in (1, 2, 99):
        arguments = [sys.executable, "-m", "tests.support.notifying_child", str(tmp_path), str(left)]
        code = subprocess.run(
            arguments,
            check=False,
            cwd=Path(__file__).parents[3],
            env={**os.environ, "PYTHONPATH": "."},
            timeout=200,
        ).returncode
        kills += code == -signal.SIGKILL
        assert code in (0, -signal.SIGKILL)
    came = log.read_text().split()
    assert kills == 2
    assert list(dict.fromkeys(came)) == ids(told)
    assert len(came) == len(told) + kills


def test_who_is_told_what() -> None:
    """Stores, severities and types pick alerts; levels pick people; an escalation is never told to nobody."""
    all_ = hook("https://a.example/", id="all")
    lead = replace(all_, id="lead", level="lead")
    stock_outs = replace(all_, id="stock-outs", types=(AlertType.STOCK_OUT,))
    paris = replace(all_, id="paris", stores=("paris-1",))
    loud = replace(all_, id="loud", severities=(Severity.CRITICAL,), digest=False)
    targets = (all_, lead, stock_outs, paris, loud)

    def told(one: Notice, among: tuple[Target, ...] = targets) -> list[str]:
        return [queued.target for queued in routed(among, [one])]

    out = alert(2, type=AlertType.STOCK_OUT, severity=Severity.CRITICAL)
    assert told(notice()) == ["all"]
    assert told(notice(alerts=(out,), severity=Severity.CRITICAL)) == ["all", "stock-outs", "loud"]
    assert told(notice(kind="escalated", level="lead")) == ["lead"]
    assert told(notice(kind="escalated", level="manager")) == ["lead"]
    assert told(notice(kind="escalated", level="manager"), (all_,)) == ["all"]
    assert told(notice(kind="repeated", level="lead")) == ["all", "lead"]
    assert told(notice(kind="resolved", level="lead")) == ["all", "lead"]
    assert told(notice(kind="resolved")) == ["all"]
    digest = notice(kind="digest", alerts=(alert(1), out), total=2, severity=Severity.CRITICAL)
    assert told(digest) == ["all", "stock-outs"]
    [part] = routed((stock_outs,), [digest])
    assert (part.notice.alerts, part.notice.total) == ((out,), 1)


def test_the_words_of_staff_stay_in_the_shop(tmp_path: Path) -> None:
    """Comments are told to nobody, and are not copied into the queue; all else comes back as it was."""
    from gateway.alerts.records import Comment

    with notice_shop(tmp_path, hook("https://chat.example/")) as shop:
        said = notice(alerts=(alert(comments=(Comment(AT_NS + S, "k1", "private"),)),))
        shop.store.commit(Commit(1, notices=[QueuedNotice("chat", said)]))
        [waiting] = shop.store.waiting_notices("chat", 5)
    assert waiting.notice == notice()
