"""The timeline: well-formed, told in words too, bounded, safe with any name, and the same facts as the score."""

import re
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertType
from gateway.backtest.judge import TRIED
from gateway.backtest.picture import MAX_ROWS, Shown, picture
from gateway.backtest.report import report, span
from gateway.backtest.trial import Tried, shown
from gateway.config.file import parse_catalogue
from gateway.delivery.language_files import languages
from gateway.movements import MovementKind
from gateway.site import Site
from tests.support.past_shop import DAY, HOUR, at, moved, past, rule, sight, tried
from tests.support.small_site import S, small_site

SVG = "{http://www.w3.org/2000/svg}"


def a_day() -> Tried:
    """Return a day on which totes ran low and out, and a reader was down for two hours."""
    steps = [
        moved(HOUR, "TOTE", -1),
        moved(4 * HOUR, "TOTE", -1),
        sight(6 * HOUR, "front", is_lost=True),
        sight(8 * HOUR, "front", is_lost=False),
    ]
    of = past({("TOTE", "floor"): 2, ("TEE", "floor"): 9}, steps)
    low = AlertRule("tried", AlertType.LOW_STOCK, thresholds={"fire_at": 1, "clear_at": 3}, skus=("TOTE",))
    return tried(low, of)


def drawn(found: Tried, language: str = "en") -> ET.Element:
    """Return the picture of a trial, as a document."""
    text = picture(found.score, found.lived, shown(found, Site(small_site()), languages()[language]))
    return ET.fromstring(text)  # noqa: S314 - our own text


def words_of(root: ET.Element) -> list[str]:
    """Return all texts, titles too."""
    return [element.text for element in root.iter() if element.text]


def test_it_shows_the_level_the_alert_the_stock_out_and_the_blind_hours() -> None:
    """One bar as long as the alert stood, one cross where the last piece went, hatching while nobody saw."""
    root = drawn(a_day())
    [bar] = [r for r in root.iter(f"{SVG}rect") if r.get("class") == "alert" and r.get("rx") and r.get("x")]
    width = 960 - 190 - 20
    assert float(bar.get("x", 0)) == pytest.approx(190 + width * (HOUR + 600) / DAY, abs=0.1)
    assert float(bar.get("width", 0)) == pytest.approx(width * (3 * HOUR - 540) / DAY, abs=0.1)
    crosses = [
        p for p in root.iter(f"{SVG}path") if p.get("class") == "out" and p.find(f"{SVG}title") is not None
    ]
    assert len(crosses) == 1
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert sum("Alert from" in title for title in titles) == 1
    assert sum("Not seen from" in title for title in titles) == 1
    assert any(title.startswith("Nothing on hand from") and title.endswith("to the end") for title in titles)


def test_it_says_in_words_what_it_shows() -> None:
    """Title and description, in the language asked for; the picture is one image to those who hear it."""
    for language in languages():
        root = drawn(a_day(), language)
        assert root.get("role") == "img"
        assert root.get("lang") == language
        title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
        assert title is not None
        assert desc is not None
        assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
        assert languages()[language].text("backtest.types.low_stock", {}) in (title.text or "")
        assert re.search(r"1 alerte? ", desc.text or "")


def test_a_name_is_a_name_and_nothing_else() -> None:
    """An article may be called whatever its catalogue says."""
    found = a_day()
    score = found.score
    [judged] = score.judged
    zones = {"lyon-1": ZoneInfo("Europe/Paris")}
    evil = "<script>&\"'" + "x" * 60
    lived = found.lived[0]
    lived.traces[evil] = lived.traces["TOTE"]
    object.__setattr__(judged.episode, "sku", evil)
    text = picture(score, found.lived, Shown("low_stock", at(0), at(DAY), zones, languages()["en"]))
    ET.fromstring(text)  # noqa: S314 - our own text
    assert "<script" not in text


def test_it_shows_the_articles_with_most_alerts_and_no_more_than_fit() -> None:
    """Of twelve that were sold out once, and one that was twice, the last is first, and two are left off."""
    skus = [f"A{n:02}" for n in range(13)]
    catalogue = parse_catalogue("sku,tracked_by\n" + "".join(f"{sku},count\n" for sku in skus), "a.csv")
    steps = [moved(HOUR, sku, -1) for sku in skus]
    steps += [moved(2 * HOUR, "A12", 1, kind=MovementKind.RETURNED), moved(3 * HOUR, "A12", -1)]
    found = tried(
        rule(AlertType.STOCK_OUT), past({(sku, "floor"): 1 for sku in skus}, steps), catalogue=catalogue
    )
    assert found.score.alerts == 14
    titles = [group.findtext(f"{SVG}title") or "" for group in drawn(found).iter(f"{SVG}g")]
    rows = [title for title in titles if title]
    assert rows[0] == "A12, lyon-1: 2 alerts"
    assert [title.partition(",")[0] for title in rows] == ["A12", *skus[: MAX_ROWS - 1]]


def test_nothing_told_is_said() -> None:
    """An empty picture would look like a broken one."""
    root = drawn(tried(rule(AlertType.STOCK_OUT), past({("TOTE", "floor"): 1}, [])))
    assert languages()["en"].text("backtest.nothing", {}) in words_of(root)


def test_a_level_of_ten_thousand_changes_is_a_path_as_wide_as_the_picture() -> None:
    """What falls on one place is drawn as its least and its most."""
    steps = [moved(n * 8.6, "TEE", 1 if n % 2 else -1) for n in range(10_000)]
    steps.append(moved(23.99 * HOUR, "TEE", -5))
    found = tried(rule(AlertType.STOCK_OUT, hold_s=0), past({("TEE", "floor"): 5}, steps))
    text = picture(found.score, found.lived, shown(found, Site(small_site()), languages()["en"]))
    assert len(text) < 70_000


@pytest.mark.parametrize("language", list(languages()))
def test_every_language_names_every_type(language: str) -> None:
    """That its other words are whole, tests/gateway/delivery/test_languages.py says."""
    for kind in TRIED:
        assert languages()[language].text(f"backtest.types.{kind}", {})


def test_it_is_readable_by_night() -> None:
    """Each colour that matters has one for dark pages."""
    text = picture(a_day().score, a_day().lived, shown(a_day(), Site(small_site()), languages()["en"]))
    dark = text[text.index("prefers-color-scheme:dark") :]
    for css in ("paper", "ink", "soft", "rule", "level", "area", "alert", "out", "hatch"):
        assert f".{css}{{" in dark, css


def test_the_terminal_is_told_the_same() -> None:
    """The counts of the score, in lines."""
    lines = "\n".join(report(a_day(), Site(small_site())))
    assert "alerts: 1, 1.0 a day" in lines
    assert "told before they came: 1; told after: 0; not told: 0" in lines
    assert "told ahead by (median): 2 h 50 min" in lines
    assert "not seen: " in lines
    assert "fire_at = 1" in lines


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (20, "20 s"),
        (600, "10 min"),
        (3_600, "1 h"),
        (5_400, "1 h 30 min"),
        (86_400, "24 h"),
        (200_000, "2 d 7 h"),
        (2 * 86_400, "2 d"),
        (-600, "-10 min"),
    ],
)
def test_spans_are_told_in_their_largest_units(seconds: int, told: str) -> None:
    """Nobody reads 11,520 s."""
    assert span(seconds * S) == told
