"""`storefloor evaluate`: the same every time, honest about its inputs, and clear about wrong options."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.cli.evaluate_peers import VARIANTS, factory_of, inputs_of
from gateway.cli.evaluate_product import ProductLine
from gateway.cli.evaluate_run import RunPlan, run
from gateway.cli.evaluate_wires import Wires
from gateway.config.file import parse_catalogue, parse_site
from gateway.ports.intake import TillEvent
from readers.observations import Read, Scan
from simulators.baselines.registry import BASELINES
from simulators.benchmark.families import FAMILIES
from simulators.benchmark.messages import HttpEvents, MqttMessage
from simulators.benchmark.run import BenchmarkRun
from simulators.scoring.grid import Grid

MINUTES = 4 / (12.5 * 60)
"""Four minutes of the shop's day of twelve and a half hours."""
FEW = "rfid-alone,fixed-25,edgex-asset,ledger"


def evaluated(tmp_path: Path, name: str, *options: str) -> tuple[str, str]:
    """Run the command; return its JSON and its page."""
    words = ["evaluate", "--days", f"{MINUTES}", "--json", str(tmp_path / f"{name}.json")]
    assert main([*words, "--report", str(tmp_path / f"{name}.html"), *options]) == 0
    return (tmp_path / f"{name}.json").read_text(), (tmp_path / f"{name}.html").read_text()


def test_the_same_seed_gives_the_same_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twice the same to the last digit, in one process or in two; and every method bears its figures."""
    once = evaluated(tmp_path, "once", "--seeds", "1,2", "--baselines", FEW)
    told = capsys.readouterr().out
    again = evaluated(tmp_path, "again", "--seeds", "1-2", "--baselines", FEW, "--jobs", "2")
    assert once == again
    for method in ("product", *FEW.split(",")):
        assert f"figure: base/{method}/exact_pct = " in told
        assert f"{method}: " in told
    assert [entry["method"] for entry in json.loads(once[0])] == ["product", *FEW.split(",")]
    assert "NaN" not in once[0]


def test_another_seed_is_another_shop(tmp_path: Path) -> None:
    """A seed draws the shop, its stock and its air."""
    results = [run(RunPlan("base", seed, MINUTES, ())) for seed in (1, 2)]
    assert results[0].reads != results[1].reads
    assert results[0].pieces != results[1].pieces


class _Tags(HTMLParser):
    """Names of tags, and all that could reach out of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.reaches_out: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "onload", "onclick"} and not (value or "").startswith("#"):
                self.reaches_out.append(f"{tag} {name}={value}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone(tmp_path: Path) -> None:
    """No script, no style sheet, no picture from elsewhere; every tag is closed; the charts bear words."""
    faults = tmp_path / "faults.jsonl"
    options = ("--baselines", "fixed-25,ledger", "--scenario", "clean", "--faults", str(faults))
    _, page = evaluated(tmp_path, "page", *options)
    assert all("fault" in json.loads(line) for line in faults.read_text().splitlines())
    tags = _Tags()
    tags.feed(page)
    assert not tags.open
    assert not tags.reaches_out
    assert not tags.seen & {"script", "link", "img", "iframe"}
    assert page.count("<svg viewBox") == page.count('role="img" aria-label="') >= 4
    assert not re.search(r"\bnan\b", page)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--scenario", "moon"], "'moon' is none of"),
        (["--baselines", "fixed-25,oracle"], "'oracle' is none of"),
        (["--seeds", "4-1"], "a range goes up"),
        (["--seeds", "one"], "write numbers and ranges"),
        (["--days", "0"], "--days must be above 0"),
        (["--jobs", "0"], "--jobs must be 1"),
    ],
)
def test_wrong_options_are_told_in_words(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named before anything runs, with what would be right."""
    assert main(["evaluate", *options]) == 2
    assert words in capsys.readouterr().err


def _line(*, reads_alone: bool) -> ProductLine:
    shop = BenchmarkRun(FAMILIES["clean"], 1, MINUTES)
    grid = Grid(shop.start_ns, shop.end_ns, shop.epoch_ns, shop.end_ns - shop.start_ns)
    catalogue = parse_catalogue(shop.catalogue_csv, "clean.csv")
    skus = [article.sku for article in catalogue.articles()]
    return ProductLine(
        parse_site(shop.site_toml, "clean.toml"), catalogue, grid, skus, reads_alone=reads_alone
    )


@pytest.mark.parametrize("reads_alone", [True, False])
def test_rfid_alone_hears_no_till(*, reads_alone: bool) -> None:
    """A receipt that no reader saw is stock to the product, and nothing to the line of reads alone."""
    shop = BenchmarkRun(FAMILIES["clean"], 1, MINUTES)
    line = _line(reads_alone=reads_alone)
    site = parse_site(shop.site_toml, "clean.toml")
    sku = parse_catalogue(shop.catalogue_csv, "clean.csv").articles()[0].sku
    event = TillEvent("e-1", "receive", site.stores[0].id, sku, None, None, 1, shop.start_ns + 1)
    line.record([event], shop.start_ns + 2)
    line.take([Scan("till", "no product", shop.start_ns, shop.start_ns)], shop.start_ns + 2)
    line.tick(shop.start_ns + 10**9)
    assert bool(line.log().levels) is not reads_alone


def test_messages_pass_the_gateways_own_filters() -> None:
    """A message that comes twice is one, of a reader as of a till; broken bytes are refused and counted."""
    shop = BenchmarkRun(FAMILIES["base"], 1, MINUTES)
    wires = Wires(parse_site(shop.site_toml, "base.toml"), shop.start_ns)
    messages = list(shop.messages())
    read = next(m for m in messages if isinstance(m, MqttMessage) and wires.observations(m))
    assert not [seen for seen in wires.observations(read) if isinstance(seen, Read)]
    told = next(m for m in messages if isinstance(m, HttpEvents))
    assert wires.events(told)
    assert not wires.events(told)
    assert not wires.observations(MqttMessage(shop.start_ns, read.device, read.topic, b"{"))
    assert len(wires.refused) == 1


def test_every_baseline_says_what_it_is_given() -> None:
    """So does every point of a curve; each can be made."""
    for name in (*BASELINES, *VARIANTS):
        assert inputs_of(name)
        assert callable(factory_of(name))
