"""What a judged change costs the alert engine and who tells of it. Run as a module.

    python -m tests.benchmarks.bench_alerts [--articles 1000,100000] [--changes 200000]

One store with 20 zones; every article is judged for every type that speaks of articles, a tenth of them stand as
alerts, and 50 silences hold that match none. 200 rules of zones, departments and articles are there; what it
costs to pick the one that applies is told by itself. Each change judges one article for all of these types anew, and
each hundredth ends a pass; were there a scan of all alerts, or of all rules, a change would cost a hundred times as much
with a hundred times the articles.
"""

import argparse
import gc
from random import Random
from time import process_time
from zoneinfo import ZoneInfo

from gateway.alert_rules.book import RuleBook
from gateway.alert_rules.defaults import default_rules
from gateway.alert_rules.model import AlertRule
from gateway.alerts.engine import AlertEngine, Holds
from gateway.alerts.quiet import DisturbingHours
from gateway.alerts.records import AlertType, Severity
from gateway.alerts.rules import Condition
from gateway.alerts.silences import Matcher, Silence
from gateway.alerts.telling import Teller, TellingRule
from gateway.config.alerts import AlertsSection
from gateway.opening_hours import OpeningHours
from tests.support.figures import figure

S = 1_000_000_000
NOON_NS = 1_795_258_800 * S
PARIS = ZoneInfo("Europe/Paris")
HOURS = OpeningHours(PARIS, (((540, 1_140),),) * 7, {})
ZONES, SILENCES, PASS = 20, 50, 100
AT_ONCE = AlertsSection(hold_s=0, clear_hold_s=0)


def rule_book() -> RuleBook:
    """Return 200 rules beside the built-in ones: of the types of articles, for zones, departments and articles."""
    book = RuleBook(default_rules(AT_ONCE), department=lambda _: "denim")
    for number in range(50):
        for kind in (
            AlertType.LOW_STOCK,
            AlertType.STOCK_OUT,
            AlertType.SHELF_EMPTY,
            AlertType.MISPLACED_ITEM,
        ):
            names = {"zones": (f"zone-{number}",)} if number % 2 else {"skus": (f"SKU-{number:06d}",)}
            if number == 0:
                names = {"departments": ("denim",)}
            letters = "".join(letter for letter in kind if letter != "_")[:20]
            book.put(
                AlertRule(f"{letters}-{number}", kind, thresholds={"hold_s": 0, "clear_hold_s": 0}, **names)
            )
    return book


def condition(number: int, kind: AlertType, rules: RuleBook, *, fires: bool) -> Condition:
    """Return the verdict of a type on the article of a number."""
    grave = Severity.CRITICAL if kind is AlertType.STOCK_OUT else Severity.WARNING
    return Condition(
        kind,
        grave,
        "lyon-1",
        fires=fires,
        clears=not fires,
        inhibited_by=None,
        evidence={"available": int(not fires)},
        zone=f"zone-{number % ZONES}",
        sku=f"SKU-{number:06d}",
        rule=rules.pick(kind, "lyon-1", f"zone-{number % ZONES}", f"SKU-{number:06d}"),
    )


class Floor:
    """An engine and its teller, as one pass of the gateway joins them."""

    def __init__(self) -> None:
        self.engine = AlertEngine({kind: Holds(0, 0) for kind in AlertType}, lambda _: "denim")
        rule = TellingRule(300 * S, 7_200 * S, (1_800 * S, 3_600 * S), Severity.CRITICAL, frozenset())
        self.teller = Teller(rule, DisturbingHours({"lyon-1": PARIS}, {"lyon-1": HOURS}, 480))
        self.notices = 0
        self.rules = rule_book()
        for number in range(SILENCES):
            silence = Silence(f"si_{number}", Matcher(zone="nowhere"), NOON_NS * 2, "", "k", 0)
            self.engine.silence(silence, NOON_NS)

    def end_pass(self, now_ns: int) -> None:
        """Let what is due take effect, and hand over what is told and written."""
        self.engine.advance(now_ns)
        for record in self.engine.changed():
            self.teller.note(record, now_ns)
        self.notices += len(self.teller.advance(now_ns, self.engine.standing_as))
        self.engine.drain()
        self.engine.dirty_rows()
        list(self.teller.dirty_rows())


def measure(articles: int, changes: int) -> None:
    """Tell the figures of one size."""
    floor, random, types = Floor(), Random(1), tuple(AlertType)
    for number in range(articles):
        for kind in types:
            floor.engine.judge(condition(number, kind, floor.rules, fires=number % 10 == 0), NOON_NS)
    floor.end_pass(NOON_NS)
    floor.end_pass(NOON_NS + 301 * S)
    each = max(changes // len(types), 1)
    told = [
        [condition(number, kind, floor.rules, fires=random.random() < 0.1) for kind in types]
        for number in (random.randrange(articles) for _ in range(each))
    ]
    gc.collect()
    gc.disable()
    began_s, now_ns = process_time(), NOON_NS + 400 * S
    for step, conditions in enumerate(told, 1):
        for verdict in conditions:
            floor.engine.judge(verdict, now_ns)
        if step % PASS == 0:
            now_ns += S
            floor.end_pass(now_ns)
    spent_s = process_time() - began_s
    gc.enable()
    figure(f"alerts_cpu_per_judged_condition_{articles}", 1e6 * spent_s / (each * len(types)), "us")
    figure(f"alerts_cpu_per_changed_article_{articles}", 1e6 * spent_s / each, "us")
    picks, book = min(changes, 100_000), floor.rules
    began_s = process_time()
    for step in range(picks):
        book.pick(types[step % len(types)], "lyon-1", f"zone-{step % ZONES}", f"SKU-{step % articles:06d}")
    figure(f"alerts_cpu_per_rule_picked_{articles}", 1e6 * (process_time() - began_s) / picks, "us")
    figure(f"alerts_standing_{articles}", len(floor.engine.standing()), "alerts")
    figure(f"alerts_notices_{articles}", floor.notices, "notices")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", default="1000,100000")
    parser.add_argument("--changes", type=int, default=200_000)
    asked = parser.parse_args()
    for articles in asked.articles.split(","):
        measure(int(articles), asked.changes)


if __name__ == "__main__":
    main()
