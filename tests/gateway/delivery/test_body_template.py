"""A posted body is JSON whatever text goes into it."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.delivery import NotifySection
from gateway.delivery.body_template import (
    DEFAULT,
    FIELDS,
    TemplateRefused,
    body_of,
    check_template,
    shortened,
    values_of,
)
from tests.support.noticing import NASTY, alert, notice, wordings

DOCS = Path(__file__).parents[3] / "docs" / "notices.md"


def documented() -> list[NotifySection]:
    """Return the targets of the examples in the documentation."""
    blocks = [part.split("```")[0] for part in DOCS.read_text("utf-8").split("```toml\n")[1:]]
    return [
        NotifySection.model_validate_json(json.dumps(raw), strict=True)
        for block in blocks
        for raw in tomllib.loads(block).get("notify", [])
    ]


def test_every_example_of_the_documentation_is_json_with_any_text() -> None:
    """Mail, ntfy, Slack, Teams: the tables can be copied, and a name full of quotes breaks none of them."""
    found = documented()
    assert {target.id for target in found} >= {"floor", "ntfy", "slack", "teams"}
    told = wordings(NASTY)["en"].told(notice())
    for target in found:
        body = body_of(target.body, values_of(notice(), told, "2026-11-21T18:02:11Z"))
        shown = json.dumps(json.loads(body), ensure_ascii=False)
        assert "501" in shown
        assert "{text}" not in shown


def test_a_long_digest_fits_into_a_chat() -> None:
    """By the documentation's own tables: Slack takes 3,000 characters a section and 150 a header, ntfy 4,096 bytes."""
    digest = notice(kind="digest", alerts=tuple(alert(n) for n in range(60)), total=60, zone=None, type=None)
    told = wordings("Jeans with a name that is rather long, as articles have")["fr"].told(digest)
    values = values_of(digest, told, "2026-11-21T18:02:11Z")
    assert len(str(values["text"])) > 5_000
    bodies = {
        target.id: json.loads(body_of(target.body, values))
        for target in documented()
        if target.kind == "http"
    }
    header, section = (block["text"]["text"] for block in bodies["slack"]["blocks"])
    assert len(header) <= 150
    assert 2_000 < len(section) <= 3_000
    assert section.endswith("\n\n…")
    assert section.removesuffix("\n\n…") in str(values["text"])
    assert len(bodies["ntfy"]["message"].encode()) <= 4_096
    assert shortened("x" * 2_800) == "x" * 2_800
    assert len(shortened("x" * 9_000)) == 2_800


@given(st.text(), st.text(), st.sampled_from(FIELDS))
def test_any_text_in_any_template_is_json(name: str, around: str, field: str) -> None:
    """What comes out parses, and has what went in, character for character."""
    template = json.dumps({"a": [{"b": f"<{{{field}}}>"}], "n": "{total}", "x": 1, "y": None})
    check_template(template)
    told = wordings(name + "x")["fr"].told(notice())
    values = values_of(notice(alerts=(alert(),)), told, "now") | {"title": name + around}
    parsed = json.loads(body_of(template, values))
    shown = "" if values[field] is None else str(values[field]).encode("utf-8", "replace").decode()
    assert parsed == {"a": [{"b": f"<{shown}>"}], "n": 1, "x": 1, "y": None}


def test_a_placeholder_alone_keeps_its_type() -> None:
    """ntfy wants its priority as a number."""
    values = values_of(notice(zone=None), wordings()["en"].told(notice()), "now")
    parsed = json.loads(body_of('{"p": "{priority}", "z": "{zone}", "t": "{total} x"}', values))
    assert parsed == {"p": 3, "z": None, "t": "1 x"}
    assert json.loads(body_of(DEFAULT, values))["total"] == 1


@pytest.mark.parametrize(("template", "words"), [("{", "no JSON"), ('{"a": "{titel}"}', "titel")])
def test_a_wrong_template_is_refused_in_words(template: str, words: str) -> None:
    """When the site's file is read, not when the first alert fires."""
    with pytest.raises(TemplateRefused, match=words):
        check_template(template)
