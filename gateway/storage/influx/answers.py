"""What a server's answer to a write means, in the words of InfluxDB 1.8, 2 and 3. Pure.

2xx                     taken
400, 422 with JSON      lines refused (partial writes too)      → refusals.py
413                     batch too large                         → smaller ones
401, 403, 404, 3xx, …   denied until an operator mends it       → told, retried slowly
408, 425, 429, 5xx      busy or broken                          → retried, Retry-After honoured
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateway.storage.influx.errors import BatchTooLarge, InfluxError, LinesRefused, ServerAway, ServerDenies

MAX_WORDS = 500
"""Characters kept of a server's words: for a log line and a health page, not for a whole error page."""
MAX_RETRY_AFTER_S = 3_600.0
"""A server may ask for no more than this: a wrong clock in its Retry-After must not end the delivery."""

_RETRIED = frozenset({408, 425, 429})
_ACCESS = "set a token that may write there in influxdb.token_file (user:password for InfluxDB 1.8)"
_PLACE = "create it there, or mend influxdb.bucket, influxdb.org or influxdb.url"
_URL = "mend influxdb.url: it is the address of InfluxDB itself, such as http://influx.lan:8086"


def judged(status: int, headers: Mapping[str, str], body: str, now_ns: int) -> InfluxError:
    """Return what an answer other than success means."""
    document = _document(body)
    words = _words(document, body)
    said = f"{status}: {words}" if words else str(status)
    if status in {400, 422} and document is not None:
        return LinesRefused(words or said, document)
    if status == 413:
        return BatchTooLarge(said)
    if status >= 500 or status in _RETRIED:
        return ServerAway(f"the server answers {said}", _retry_after_s(headers, now_ns))
    if status in {401, 403}:
        return ServerDenies(f"the server denies access ({said})", _ACCESS)
    if status == 404 and document is not None:
        return ServerDenies(f"the server knows no such place ({said})", _PLACE)
    if 300 <= status < 400:
        where = headers.get("Location", "another address")[:MAX_WORDS]
        return ServerDenies(f"the server sends us to {where!r} ({status})", _URL)
    return ServerDenies(f"this is no answer of InfluxDB ({said})", _URL)


def _document(body: str) -> dict[str, object] | None:
    try:
        parsed = json.loads(body)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _words(document: dict[str, object] | None, body: str) -> str:
    """Return the server's own words: `message` of 2.x, `error` of 1.x and 3.x."""
    if document is None:
        return " ".join(body.split())[:MAX_WORDS]
    said = document.get("message") or document.get("error") or ""
    return " ".join(str(said).split())[:MAX_WORDS]


def _retry_after_s(headers: Mapping[str, str], now_ns: int) -> float | None:
    """Return the seconds that Retry-After asks for: a number, or a date (RFC 9110 §10.2.3)."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(float(text), MAX_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    wait_s = (at - datetime.fromtimestamp(now_ns / 1e9, UTC)).total_seconds()
    return min(max(wait_s, 0.0), MAX_RETRY_AFTER_S)
