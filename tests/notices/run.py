"""Conditions that fire and are over, while the gateway is killed and whoever is told dies: `make notices CONDITIONS=1000`.

Articles run out and come back, told over HTTP and by scanners through a real Mosquitto; each is to be told twice on
five channels: by mail to a real SMTP server, over HTTP, by a signed webhook, over MQTT, on the stream. All the while the
gateway is killed by SIGKILL at random instants of its start and its work; receivers are gone, fail, hang or are
slow; the broker is stopped, or hangs; the page hangs up. In the end all are well, and what each was told is
compared with what there was: nothing missing, at most one repeat in a hundred messages, each beginning before its end.
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.durability.fired_at import FiredGateway
from tests.durability.nursery import Nursery
from tests.durability.progress import Progress
from tests.notices.books import Channel
from tests.notices.ears import StreamEar
from tests.notices.heard import Heard
from tests.notices.misfortune import BrokerTarget, Misfortune, Pace
from tests.notices.shop import STORE, Conditions, write_shop
from tests.notices.targets import HttpTarget, MailTarget
from tests.support.figures import figure
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, ShopClockOrigin

MOST_REPEATED = 0.01
STEP_S = 0.1
PER_STEP = 2
"""Conditions raised at each step, while not too many are open: a busy till's."""
MARK_S = 120.0
"""What was taken is marked with the next commit but for a busy disk."""
SETTLE_S = 240.0
"""Longer than the waits between tries that a life of this length comes to, on a busy machine."""


@dataclass(slots=True)
class Report:
    """What a run found. `missed`, `faults`: in words."""

    channels: list[Channel]
    conditions: int
    kills: int = 0
    outages: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    told_again: int = 0
    resets: int = 0
    took_s: float = 0.0
    missed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    by_end_alone: dict[str, int] = field(default_factory=dict)

    def findings(self) -> list[str]:
        """Return what is wrong, in words, but for repeats: of few messages one may be too many."""
        found = [*self.missed, *self.faults]
        for channel in self.channels:
            found += [*channel.misordered(), *channel.faults]
        return found

    def most_repeated(self) -> float:
        """Return the greatest share of repeats among a channel's messages."""
        return max(channel.repeats / max(channel.messages, 1) for channel in self.channels)


def run(conditions: int, seed: int, progress: Progress, pace: Pace | None = None) -> Report:
    """Bring about so many conditions among misfortune; return what was told of them."""
    folder = Path(tempfile.mkdtemp(prefix="storefloor-notices-"))
    heard = Heard()
    report = Report(heard.all, conditions)
    started_s = time.monotonic()
    with Nursery("tests.durability.gateway_life") as nursery:
        _live(report, heard, folder, nursery, Random(seed), pace or Pace(), progress)
    report.took_s = time.monotonic() - started_s
    if report.findings():
        print(f"the files are kept in {folder}")
    else:
        shutil.rmtree(folder)
    return report


def _live(
    report: Report,
    heard: Heard,
    folder: Path,
    nursery: Nursery,
    rng: Random,
    pace: Pace,
    progress: Progress,
) -> None:
    mail, post = MailTarget(heard.take_mail), HttpTarget(heard.take_post)
    webhook = HttpTarget(heard.take_webhook)
    with contextlib.ExitStack() as running:
        broker = running.enter_context(Mosquitto(folder))
        for target in (mail, post, webhook):
            target.turn("up")
            running.callback(target.turn, "gone")
        api_port = free_port()
        ports = {"api_port": api_port, "mqtt_port": broker.port, "mail_port": mail.port}
        site = write_shop(folder, report.conditions, post_port=post.port, **ports)
        clock = ShopClockOrigin(1.0, time.monotonic_ns(), time.time_ns())
        gateway = running.enter_context(FiredGateway(site, api_port, clock, folder / "data", nursery))
        gateway.make_key(*EVERY_SCOPE, "admin")
        gateway.start()
        heard.secret = _endpoint(gateway, webhook.port)
        till = running.enter_context(PlainMqtt(broker.port, "till"))
        alerts = running.enter_context(
            PlainMqtt(broker.port, "alerts", f"storefloor/{STORE}/alerts", keeps_session=True)
        )
        conditions = Conditions(gateway, till, report.conditions)
        conditions.stock()
        eventually(lambda: gateway.metric("storefloor_mqtt_up") == 1, "the broker to be reached")
        page = running.enter_context(StreamEar(gateway, heard.take_stream))
        eventually(lambda: page.connections, "the stream to be open")
        gateway.kill()
        misfortune = running.enter_context(Misfortune(gateway, rng, pace))
        misfortune.add("mail", mail.turn)
        misfortune.add("post", post.turn)
        misfortune.add("webhook", webhook.turn)
        misfortune.add("broker", BrokerTarget(broker).turn, ("gone", "hanging"))
        misfortune.add("page", lambda mode: None if mode == "up" else page.hang_up(), ("gone",))
        while not conditions.is_done and not misfortune.faults:
            misfortune.step()
            conditions.step(PER_STEP)
            progress.show(conditions.over, f"{misfortune.kills} kills")
            time.sleep(STEP_S)
        misfortune.heal()
        report.missed = _missed(heard, alerts, conditions.skus())
        report.faults += [*misfortune.faults, *_not_told(gateway)]
        report.kills, report.outages = misfortune.kills, misfortune.outages
        report.refused = mail.refused + post.refused + webhook.refused
        report.told_again, report.resets = conditions.told_again, page.resets
        report.by_end_alone = {one.name: one.by_end_alone(conditions.skus()) for one in heard.all}


def _endpoint(gateway: FiredGateway, port: int) -> str:
    """Make a webhook endpoint for alerts; return its secret."""
    asked = {"url": f"http://127.0.0.1:{port}/hooks", "stores": [STORE], "types": ["alert"]}
    answer = gateway.http.post("/v1/webhook-endpoints", json=asked, headers={"Idempotency-Key": "notices"})
    assert answer.status_code == 201, answer.text
    secret: str = answer.json()["secret"]
    return secret


def _missed(heard: Heard, alerts: PlainMqtt, skus: list[str]) -> list[str]:
    """Wait until all was told; return what was not, if that takes too long."""
    missed: list[str] = []
    taken = 0

    def is_all_told() -> bool:
        nonlocal taken
        payloads = [message.payload for message in alerts.heard[taken:]]
        taken += len(payloads)
        heard.take_mqtt(payloads)
        missed[:] = [text for channel in heard.all for text in channel.missed(skus)]
        return not missed

    with contextlib.suppress(AssertionError):
        eventually(is_all_told, "all to be told", SETTLE_S, 0.05)
    return missed


def _not_told(gateway: FiredGateway) -> list[str]:
    """Return what was given up, and what still waits once the last one taken had its time to be marked."""
    found: list[str] = []

    def is_none_left() -> bool:
        targets = gateway.get("/v1/notify-targets")["items"]
        names = ("waiting", "given_up")
        found[:] = [f"{one['id']}: {one[name]} {name}" for one in targets for name in names if one[name]]
        return not found

    with contextlib.suppress(AssertionError):
        eventually(is_none_left, "nothing to wait for a target", MARK_S)
    return found


def tell(report: Report) -> None:
    """Print the figures."""
    figure("notices conditions", report.conditions, "conditions")
    figure("notices gateway kills", report.kills, "kills")
    for name, count in sorted(report.outages.items()):
        if count:
            figure(f"notices outages, {name}", count, "outages")
    figure("notices messages refused by a receiver", report.refused, "messages")
    figure("notices requests told again for want of an answer", report.told_again, "requests")
    figure("notices streams that had to be loaded anew", report.resets, "times")
    for channel in report.channels:
        name = channel.name
        figure(f"notices {name} messages", channel.messages, "messages")
        missed = sum(text.startswith(f"{name}:") for text in report.missed)
        figure(f"notices {name} tellings missed", missed, "tellings")
        figure(f"notices {name} messages told twice", channel.repeats, "messages")
        figure(f"notices {name} share told twice", 100 * channel.repeats / max(channel.messages, 1), "%")
        figure(f"notices {name} told in the wrong order", len(channel.misordered()), "conditions")
        if channel.is_state:
            alone = report.by_end_alone.get(name, 0)
            figure(f"notices {name} told by their end alone", alone, "conditions")
    figure("notices took", report.took_s, "s")


def main() -> int:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="make notices", description=__doc__)
    parser.add_argument("--conditions", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    report = run(arguments.conditions, arguments.seed, Progress(arguments.conditions, "conditions"))
    tell(report)
    findings = report.findings()
    if report.most_repeated() > MOST_REPEATED:
        findings.append(f"more than {MOST_REPEATED:.0%} of a channel's messages came twice")
    print("\n".join(findings[:40]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
