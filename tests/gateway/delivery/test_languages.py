"""Every alert is said in every language, in its own plurals, numbers and times."""

import ast
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import gateway
from gateway.alerts.notices import NoticeKind
from gateway.alerts.records import AlertType, Severity
from gateway.delivery.language import PLURAL_RULES, Language, LanguageRefused, NotKnown, language_of
from gateway.delivery.language_files import languages
from tests.support.noticing import AT_NS, S, alert, names, notice, wordings

LANGUAGES = languages()
TITLE_VALUES = {"store", "article", "device", "zone", "sku"}
GENERAL = {"store", "article", "device", "zone", "sku"}
FULL = {
    "available": 1, "on_hand": 2, "back_room": 1, "reservations": 2, "pieces": 3, "zones": "denim, back",
    "from_zone": "back", "to_zone": "denim", "due_at": "2026-11-21T19:00:00Z", "delivery_at": "2026-11-22T07:30:00Z",
    "median_at": "2026-11-21T20:00:00Z", "early_at": "2026-11-21T19:10:00Z", "late_at": "2026-11-21T21:00:00Z",
}  # fmt: skip
"""A value for each fact that a text may name."""


def facts_in_rules() -> set[str]:
    """Return all names of facts that any rule writes: keys of dicts, and names given to them one by one."""
    found: set[str] = set()
    for path in Path(next(iter(gateway.__path__))).rglob("*.py"):
        source = path.read_text("utf-8")
        if "Condition(" in source or "evidence" in source:
            found |= {
                n.value
                for n in ast.walk(ast.parse(source))
                if isinstance(n, ast.Constant) and isinstance(n.value, str)
            }
    return found


@pytest.mark.parametrize("kind", get_args(NoticeKind))
@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_type_of_alert_is_told_in_every_kind_and_language(code: str, kind: NoticeKind) -> None:
    """No type falls back on its code, none leaves a brace, and one or several are both said."""
    wording = wordings()[code]
    for type_ in AlertType:
        one = alert(type=type_, device="r-1", evidence=FULL)
        for total in (1, 2, 12_345):
            told = wording.told(notice(kind=kind, alerts=(one,), total=total, type=type_))
            words = [told.subject, told.more, told.footer, *(part for line in told.lines for part in
                     (line.title, line.body, line.action, line.since, line.place))]  # fmt: skip
            assert told.subject
            assert told.footer
            assert not any(type_.value in text or "{" in text or "}" in text for text in words), words
            if kind != "resolved":
                assert all((told.lines[0].body, told.lines[0].action)), (type_, told)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_language_has_the_same_texts_and_they_name_what_there_is(code: str) -> None:
    """Texts and their values are those of English; a title needs no fact, for an alert that is over may have none."""
    language, known = LANGUAGES[code], facts_in_rules()
    assert language.texts.keys() == LANGUAGES["en"].texts.keys()
    for path in language.texts:
        assert language.placeholders(path) == LANGUAGES["en"].placeholders(path), path
        if path.startswith("alerts."):
            allowed = (
                TITLE_VALUES if path.endswith(".title") else {"total"} if path.endswith(".many") else None
            )
            named = language.placeholders(path)
            assert named <= (allowed if allowed is not None else GENERAL | known), path


@pytest.mark.parametrize("type_", AlertType)
def test_an_alert_without_any_fact_is_still_told(type_: AlertType) -> None:
    """An alert that is over, or came from an older version, has a title in words at least."""
    for wording in wordings().values():
        bare = alert(type=type_, device="r-1", evidence={})
        assert type_.value not in wording.title(bare)
        assert "{" not in wording.body(bare)


def test_what_a_language_does_not_know_is_told_by_its_code() -> None:
    """An alert of a type that a file has no text for is not lost: type and subject stand in its place."""
    raw: dict[str, Any] = {
        "name": "X", "plural": {"rule": "none"}, "number": {"group": ""},
        "time": {"time": "{hour2}", "date": "{day}", "weekdays": ["d"] * 7, "months": ["m"] * 12},
    }  # fmt: skip
    from gateway.delivery.wording import Wording

    wording = Wording(language_of("xx", raw), names())
    assert wording.title(alert()) == "shelf_empty_backroom_has_stock: DEN-501"
    assert wording.told(notice()).subject


@pytest.mark.parametrize(
    ("rule", "counts", "form"),
    [
        ("one", [1], "one"), ("one", [0, 2, 21, 101], "other"),
        ("zero_one", [0, 1], "one"), ("zero_one", [2, 21, 1_000_000], "other"),
        ("polish", [1], "one"), ("polish", [2, 4, 22, 104], "few"), ("polish", [0, 5, 12, 21, 112], "many"),
        ("east_slavic", [1, 21, 101], "one"), ("east_slavic", [2, 24], "few"), ("east_slavic", [0, 11, 14, 111], "many"),
        ("czech", [1], "one"), ("czech", [2, 4], "few"), ("czech", [0, 5, 21, 22], "other"),
        ("none", [0, 1, 2], "other"),
    ],
)  # fmt: skip
def test_plural_forms_are_those_of_cldr(rule: str, counts: list[int], form: str) -> None:
    """Forms of whole numbers, by the samples of CLDR 45's plural rules (en, fr, pl, ru, cs, ja)."""
    forms, choose = PLURAL_RULES[rule]
    assert [choose(n) for n in counts] == [form] * len(counts)
    assert form in forms


@given(st.sampled_from(sorted(PLURAL_RULES)), st.integers(0, 10**9))
def test_each_count_has_a_form_that_a_text_must_have(rule: str, n: int) -> None:
    """No count asks for a form that a file was not made to have."""
    forms, choose = PLURAL_RULES[rule]
    assert choose(n) in forms


def test_numbers_and_times_are_those_of_the_language() -> None:
    """Thousands, hours, weekdays: as they are written in France and in English."""
    at = datetime(2026, 11, 21, 9, 5)  # noqa: DTZ001 - a time of day alone
    en, fr = LANGUAGES["en"], LANGUAGES["fr"]
    assert (en.number(1234), en.number(12345), en.number(-1234567)) == ("1234", "12,345", "−1,234,567")
    assert fr.number(12345) == "12\u202f345"
    assert (en.clock(at), fr.clock(at)) == ("09:05", "9\u00a0h\u00a005")
    assert (en.day(at), fr.day(at)) == ("Saturday 21 November", "samedi 21 novembre")


def test_a_time_of_another_day_bears_its_day() -> None:
    """Since when, by the store's clock: 18:02 UTC is 19:02 in Lyon."""
    wording = wordings()["en"]
    today = wording.told(notice(alerts=(alert(since_ns=AT_NS),))).lines[0].since
    before = wording.told(notice(alerts=(alert(since_ns=AT_NS - 86_400 * S),))).lines[0].since
    assert (today, before) == ("Since 19:02", "Since Friday 20 November, 19:02")


def test_kinds_are_told_apart_and_many_are_one() -> None:
    """The subject says what it is of, where, and whether it is new."""
    fr, en = wordings()["fr"], wordings()["en"]
    assert en.told(notice()).subject == "Refill Jeans 501 – Lyon Part-Dieu, Denim"
    many = notice(kind="escalated", alerts=tuple(alert(n) for n in range(3)), total=12)
    assert en.told(many).subject == "Nobody sees to it: 12 shelves to refill – Lyon Part-Dieu, Denim"
    assert en.told(many).more == "… and 9 more."
    digest = notice(kind="digest", zone=None, type=None, severity=Severity.INFO)
    assert fr.told(digest).subject == "1 chose à voir, Lyon Part-Dieu"
    line = fr.told(notice(kind="repeated")).lines[0]
    assert line.body == "Le rayon est vide\u202f; 4 pièces attendent hors de vue."
    assert "Réserve" in line.action
    assert "Denim hommes" in line.action


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"plural": {"rule": "dual"}}, "plural.rule 'dual'"),
        ({"time": {"time": "", "date": "", "weekdays": [], "months": []}}, "7 time.weekdays"),
        ({"alerts": {"x": {"title": {"by": "n", "one": "a"}}}}, "alerts.x.title needs by, one, other"),
        ({"alerts": {"x": {"title": "{Bad}"}}}, "brace"),
        ({"kinds": {"fired": 3}}, "kinds.fired"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    """Who adds a language is told which text is wrong."""
    raw: dict[str, Any] = {
        "name": "X", "plural": {"rule": "one"}, "number": {"group": ","},
        "time": {"time": "{hour}", "date": "{day}", "weekdays": ["d"] * 7, "months": ["m"] * 12},
    }  # fmt: skip
    with pytest.raises(LanguageRefused, match=words.replace(".", r"\.")):
        language_of("xx", raw | change)


@example({"available": 1, "article": "a\x85b", "store": "lyon"})
@given(
    st.dictionaries(st.sampled_from(["available", "article", "store"]), st.none() | st.text() | st.integers())
)
def test_foreign_values_never_break_a_text(values: dict[str, Any]) -> None:
    """A text is one line of bounded length whatever stands in it, or says that a value is not known."""
    language: Language = LANGUAGES["en"]
    for path in ("alerts.low_stock.title", "alerts.low_stock.body"):
        try:
            said = language.text(path, values)
        except NotKnown:
            continue
        assert said.splitlines() in ([said], [])
        assert len(said) < 400
        said.encode("utf-8")


@pytest.mark.parametrize(
    ("n", "digits", "en", "fr"),
    [
        (1_234.5, 1, "1234.5", "1234,5"),
        (12_345.25, 2, "12,345.25", "12\u202f345,25"),
        (-0.5, 1, "−0.5", "−0,5"),
        (3.0, 0, "3", "3"),
    ],
)
def test_a_fraction_is_written_as_in_the_language(n: float, digits: int, en: str, fr: str) -> None:
    """The sign before, the groups of the whole part, the language's own mark."""
    assert [LANGUAGES[code].decimal_number(n, digits) for code in ("en", "fr")] == [en, fr]


def test_a_day_on_an_axis_is_digits() -> None:
    """In the language's own order."""
    at = datetime(2026, 11, 3, 9, 5)  # noqa: DTZ001 - wall time
    assert [LANGUAGES[code].short_day(at) for code in ("en", "fr")] == ["11-03", "03/11"]
