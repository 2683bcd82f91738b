"""Which language a caller is answered in: Accept-Language, as RFC 9110 §12.5.4 has it, by lookup (RFC 4647 §3.4). Pure."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from api.answers import VARY

MAX_CHARS, MAX_RANGES = 512, 20
"""Of the header no more is read: browsers send a handful of languages."""
LANGUAGE_HEADER: dict[str, Any] = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "Languages of `title`, `body` and `action`, as browsers send it; one that there is not is passed over. "
    "Left out: the site's own. All else of an answer is the same in all languages.",
    "schema": {"type": "string", "examples": ["fr-FR, fr;q=0.9, en;q=0.5"]},
}
"""For OpenAPI."""


def language_for(request: Request, known: Sequence[str]) -> str:
    """Return the language of `known` that a request wants most; the first of them where it wants none of them."""
    return preferred(request.headers.get("accept-language", ""), known)


def preferred(wanted: str, known: Sequence[str]) -> str:
    """Return the best of `known` for the text of an Accept-Language header; what is no language range is passed over.

    A range of a region (fr-CH) is answered by its language (fr); `*` by the first known that no range refuses.
    """
    ranges = [_range(part) for part in wanted[:MAX_CHARS].split(",")[:MAX_RANGES]]
    refused = {tag for tag, weight in ranges if weight == 0}
    for tag, weight in sorted(ranges, key=lambda one: -one[1]):
        if weight <= 0:
            break
        if tag == "*":
            return next((code for code in known if code not in refused), known[0])
        code = tag.partition("-")[0]
        if code in known:
            return code
    return known[0]


def spoken(language: str) -> dict[str, str]:
    """Return the header fields of an answer in a language."""
    return {"content-language": language, "vary": f"{VARY}, Accept-Language"}


def _range(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    name, _, value = parameter.strip().partition("=")
    weight = 1.0
    if name.strip().lower() == "q":
        try:
            weight = float(value)
        except ValueError:
            weight = 0.0
    return tag.strip().lower(), weight if 0.0 <= weight <= 1.0 else 0.0
