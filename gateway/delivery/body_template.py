"""The body of a posted notice: JSON whose texts have {placeholders}. Pure.

The template is read as JSON and filled value by value, so that what comes out is JSON whatever text goes in. A
value that is one placeholder and nothing else keeps its type: `"{total}"` becomes a number.
"""

import json
from collections.abc import Mapping
from typing import Any

from gateway.alerts.notices import Notice
from gateway.delivery.language import PLACEHOLDER
from gateway.delivery.mail import text_of
from gateway.delivery.wording import Told

MAX_TEMPLATE_CHARS = 8_192
DEFAULT = (
    '{"id": "{id}", "kind": "{kind}", "severity": "{severity}", "level": "{level}", "store": "{store}",'
    ' "total": "{total}", "title": "{title}", "text": "{text}"}'
)
PRIORITY = {"info": 2, "warning": 3, "critical": 5}
"""As ntfy counts: 1 is the lowest, 5 rings through."""
MAX_SHORT_CHARS = 2_800
"""Of `short`: Slack refuses a section of more than 3,000 characters, ntfy a message of more than 4,096 bytes."""
FIELDS = (
    "id", "kind", "severity", "priority", "level", "store", "zone", "type", "total", "title", "text", "short", "at",
)  # fmt: skip
"""What a template may name."""


class TemplateRefused(ValueError):  # noqa: N818 - named by what happened
    """A template that no body can be made of; its text says why."""


def check_template(template: str) -> None:
    """Raise TemplateRefused where a template is no JSON, or names what there is not."""
    try:
        parsed = json.loads(template)
    except ValueError as error:
        raise TemplateRefused(f"the body is no JSON: {error}") from error
    for name in _names(parsed):
        if name not in FIELDS:
            raise TemplateRefused(f"{{{name}}} is no placeholder: write one of {', '.join(FIELDS)}")


def values_of(notice: Notice, told: Told, at: str) -> dict[str, object]:
    """Return what a template may name; `at` is the notice's time, RFC 3339."""
    text = text_of(told).strip()
    return {
        "id": notice.id,
        "kind": notice.kind,
        "severity": str(notice.severity),
        "priority": PRIORITY[notice.severity],
        "level": notice.level,
        "store": notice.store,
        "zone": notice.zone,
        "type": notice.type,
        "total": notice.total,
        "title": told.subject,
        "text": text,
        "short": shortened(text),
        "at": at,
    }


def shortened(text: str) -> str:
    """Return a text of at most MAX_SHORT_CHARS: whole alerts of it, as many as there is room for."""
    if len(text) <= MAX_SHORT_CHARS:
        return text
    head = text[: MAX_SHORT_CHARS - 3]
    return (head.rpartition("\n\n")[0] or head) + "\n\n…"


def body_of(template: str, values: Mapping[str, object]) -> bytes:
    """Return the JSON of a template and its values."""
    return json.dumps(_filled(json.loads(template), values), ensure_ascii=False).encode("utf-8", "replace")


def _filled(part: Any, values: Mapping[str, object]) -> Any:
    if isinstance(part, dict):
        return {key: _filled(inner, values) for key, inner in part.items()}
    if isinstance(part, list):
        return [_filled(inner, values) for inner in part]
    if not isinstance(part, str):
        return part
    whole = PLACEHOLDER.fullmatch(part)
    if whole is not None:
        return values[whole[1]]
    return PLACEHOLDER.sub(lambda m: "" if values[m[1]] is None else str(values[m[1]]), part)


def _names(part: Any) -> list[str]:
    if isinstance(part, dict):
        return [name for inner in part.values() for name in _names(inner)]
    if isinstance(part, list):
        return [name for inner in part for name in _names(inner)]
    return PLACEHOLDER.findall(part) if isinstance(part, str) else []
