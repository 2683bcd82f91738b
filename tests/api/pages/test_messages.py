"""The page's texts: complete in every language, and none that is missing or unused."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from api.pages.missing import TEXTS as OF_MISSING
from api.pages.mount import languages_of, page_files
from gateway.alerts.records import STANDING, AlertState, AlertType, Severity
from gateway.availability import (
    IN_DOUBT,
    NOT_ENOUGH,
    NOT_SURE,
    ONLY_UNPICKABLE,
    QUOTA_REACHED,
    UNWATCHED,
)
from gateway.book_stock.books import Doubt
from gateway.channels.model import NOT_OFFERED_HERE, NOT_SOLD_HERE, SafetySource
from gateway.config.devices import ScannerRole
from gateway.config.stores import ZoneRole
from gateway.devices.clocks import ClockState
from gateway.explanation import EventKind
from gateway.ports.health import DeviceHealth
from gateway.ports.inventory import Status
from gateway.presence.model import Phase
from gateway.reservations.model import OPEN_STATES
from tests.support.source import modules

FILES = page_files()
LANGUAGES = languages_of(FILES)


def texts_of(code: str) -> dict[str, dict[str, Any]]:
    """Return all texts of a language: those of the page, and those of its parts, messages/<code>/<part>.json."""
    texts: dict[str, dict[str, Any]] = {}
    for path in sorted(FILES):
        if path == f"messages/{code}.json" or path.startswith(f"messages/{code}/"):
            for section, found in json.loads(FILES[path].content).items():
                known = texts.setdefault(section, {})
                assert known.keys().isdisjoint(found), f"{path}: {section} has a text twice"
                known.update(found)
    return texts


TEXTS = {code: texts_of(code) for code in LANGUAGES}
CODE = "\n".join(file.content.decode() for path, file in FILES.items() if path.endswith(".js"))
WORD_SECTIONS = set(re.findall(r'\bword\(\s*"([a-z_]+)"', CODE))
"""Sections whose keys are codes of the API, looked up by `word()`, which has a text for all others."""
CODE_SECTIONS = WORD_SECTIONS | set(re.findall(r"\bt\(`([a-z_]+)\.\$", CODE))
"""Those, and the ones whose keys are codes of the page's own tables."""
CONNECTION_STATES = ("connecting", "live", "reconnecting", "lost")
NOT_OF_DEVICES = ("gateway.storage",)
"""Stages that drop nothing that a device sent."""


def leaves(code: str) -> dict[str, Any]:
    """Return the texts of a language by `section.name`."""
    return {
        f"{section}.{name}": text for section, texts in TEXTS[code].items() for name, text in texts.items()
    }


def forms(text: Any) -> list[str]:
    """Return the forms of a text: one, or one per plural."""
    return list(text.values()) if isinstance(text, dict) else [text]


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_each_language_has_the_texts_of_english(code: str) -> None:
    """It has the same keys, and plural forms for the same of them."""
    english, other = leaves("en"), leaves(code)
    assert english.keys() == other.keys()
    assert [key for key in english if isinstance(english[key], dict) != isinstance(other[key], dict)] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_plurals_have_the_forms_that_the_language_asks_for(code: str) -> None:
    """A text with plurals has `one` and `other`; a language that counts further may, all else falls back on `other`."""
    further = set() if code in {"en", "fr"} else {"zero", "two", "few", "many"}
    assert [
        key
        for key, text in leaves(code).items()
        if isinstance(text, dict) and not {"one", "other"} <= set(text) <= {"one", "other"} | further
    ] == []


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_each_language_says_the_same_values(code: str) -> None:
    """A text names the same values as the English one, in all of its forms."""
    english, other = leaves("en"), leaves(code)
    for key in english:
        named = {
            frozenset(re.findall(r"{(\w+)}", form)) for form in (*forms(english[key]), *forms(other[key]))
        }
        assert len(named) == 1, f"{key}: {named}"


def test_french_has_its_spaces() -> None:
    """No French text breaks a line before a double mark: the space before it is a no-break space."""
    assert [
        text for key, found in leaves("fr").items() for text in forms(found) if re.search(r" [:;?!»]", text)
    ] == []


@pytest.mark.parametrize("key", sorted(set(re.findall(r'\bt\("([a-z_]+\.[a-z_]+)"', CODE))))
def test_each_text_that_the_page_asks_for_exists(key: str) -> None:
    """A key that stands in a module stands in the messages."""
    assert key in leaves("en")


def test_no_text_is_left_over() -> None:
    """Each text is asked for by some module, or by the page of addresses that lead nowhere."""
    named = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', CODE)) | {f"missing.{name}" for name in OF_MISSING}
    devices = {f"devices.{name}" for name in re.findall(r'\bt\("([a-z_]+)"', CODE)}
    unused = leaves("en").keys() - named - devices
    assert {key for key in unused if key.partition(".")[0] not in CODE_SECTIONS} == set()


def test_each_section_of_codes_has_a_text_for_all_others() -> None:
    """A code that the page does not know is shown as it is, in a text of its section."""
    closed = {"connection", "sort"}
    assert [section for section in WORD_SECTIONS - closed if "other" not in TEXTS["en"][section]] == []


# -- every code has its words ------------------------------------------------------------------------


def device_states() -> tuple[str, ...]:
    """Return the states of a device."""
    annotation = DeviceHealth.__annotations__["state"]
    return tuple(get_args(annotation))


def drop_reasons() -> Iterator[str]:
    """Yield each reason for which something that a device sent can be dropped, as it stands in the code."""
    for module in modules("readers", "gateway"):
        if module.name.startswith(NOT_OF_DEVICES):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                yield from _reasons_of_call(node)
            elif isinstance(node, ast.Return) and module.name.startswith("readers.codecs."):
                yield from _literals([node.value] if node.value else [])


def _reasons_of_call(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in {"Malformed", "_drop_frame"}:
        yield from _literals(call.args[:1])
    elif name in {"drop", "clear"}:
        yield from _literals(call.args[:2])


def _literals(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(r"[a-z_0-9]+", node.value)
        ):
            yield node.value


OTHER_REASONS = ("stale", "too_long", "epc_header", "epc_tid", "epc_unprogrammed")
"""Reasons that stand in tables or variables of the framer and of the EPC decoder."""


def js_codes(path: str, pattern: str) -> tuple[str, ...]:
    """Return the codes that a module of the page makes up itself."""
    return tuple(sorted(set(re.findall(pattern, FILES[path].content.decode()))))


CODES: dict[str, tuple[str, ...]] = {
    "status": get_args(Status),
    "kiosk_status": get_args(Status),
    "kiosk_short": get_args(Status),
    "alert_title": tuple(AlertType),
    "alert_text": tuple(AlertType),
    "alert_action": tuple(AlertType),
    "alert_kind": tuple(AlertType),
    "alert_state": tuple(AlertState),
    "severity": tuple(Severity),
    "device_state": device_states(),
    "down": tuple(state for state in device_states() if state != "online"),
    "drop": tuple(sorted({*drop_reasons(), *OTHER_REASONS})),
    "role": (*get_args(ZoneRole), "in_hand"),
    "device_role": ("rfid", "weight", *get_args(ScannerRole)),
    "connection": CONNECTION_STATES,
    "readiness": ("starting", "store", "overloaded"),
    "clock": ("ahead", "behind", *(set(get_args(ClockState)) - {"ok", "no_clock", "offset"})),
    "why_reason": (
        UNWATCHED,
        IN_DOUBT,
        NOT_ENOUGH,
        ONLY_UNPICKABLE,
        NOT_SURE,
        QUOTA_REACHED,
        NOT_SOLD_HERE,
        NOT_OFFERED_HERE,
        *get_args(Doubt),
    ),
    "evidence_event": (
        *get_args(EventKind),
        *js_codes("parts/evidence-events.js", r'(?:add\("\w+", [\w.]+, )"(\w+)"'),
    ),
    "safety_source": get_args(SafetySource),
    "hold_state": tuple(OPEN_STATES),
    "phase": get_args(Phase),
    "item_reason": js_codes("parts/item-reason.js", r'(?:\[|, )"(\w+)"'),
    "lane": js_codes("parts/evidence-events.js", r'add\("(\w+)"'),
    "ignored": js_codes("parts/evidence-events.js", r'\bcode: "(\w+)"'),
    "hold": ("reader_down", "coverage_low", "unwatched", "zone_unwatched", "shelf_in_doubt", "silence"),
}


@pytest.mark.parametrize("section", sorted(CODES))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_gateway_has_its_words(section: str, language: str) -> None:
    """Each status, alert, severity, device, role and drop reason has words in both languages."""
    missing = set(CODES[section]) - TEXTS[language][section].keys()
    assert missing == set(), f"add to api/pages/static/messages/{language}.json, section {section!r}"


def test_every_zone_role_has_an_icon() -> None:
    """Each role of a zone has its icon on the map."""
    shapes = FILES["icons.js"].content.decode()
    assert [role for role in CODES["role"] if f"  {role}: " not in shapes] == []


def test_the_page_keeps_the_alerts_that_stand() -> None:
    """The page takes any state but these as the end of an alert."""
    shown = re.search(r"const STANDING = new Set\(\[(.*)\]\);", FILES["model.js"].content.decode())
    assert shown is not None
    assert {state.strip(' "') for state in shown[1].split(",")} == set(STANDING)
    assert set(AlertState) - set(STANDING) == {"pending", "resolved"}
