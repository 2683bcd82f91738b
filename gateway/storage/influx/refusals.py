"""Which lines of a batch a server refused, as far as its words tell. Pure.

1.x, 2.x   "unable to parse 'LINE': why"             each such line, by its text
1.x, 2.x   "input field "F" on measurement "M" …"    the lines of M with F, if as many as were dropped
3.x        "data": [{"line_number": 2, …}]           by their numbers (at most 100 are told)
"""

import re
from collections.abc import Sequence

from gateway.storage.influx.errors import LinesRefused

_CONFLICT = re.compile(r'input field "(?P<field>.+?)" on measurement "(?P<measurement>.+?)" is type')
_DROPPED = re.compile(r"\bdropped=(\d+)")
_BEYOND_RETENTION = "beyond retention policy"


def full_words(refusal: LinesRefused) -> str:
    """Return the server's whole words, uncut, line breaks kept."""
    said = refusal.document.get("message") or refusal.document.get("error") or ""
    return str(said)


def dropped(refusal: LinesRefused) -> int | None:
    """Return how many points a partial write left out; None where it was not partial, or is not told."""
    words = full_words(refusal)
    found = _DROPPED.search(words)
    return int(found[1]) if found and "partial write" in words else None


def is_beyond_retention(refusal: LinesRefused) -> bool:
    """Return whether points were left out only because the database no longer keeps such old ones."""
    return _BEYOND_RETENTION in full_words(refusal) and dropped(refusal) is not None


def named_lines(refusal: LinesRefused, lines: Sequence[bytes]) -> dict[int, str]:
    """Return the places of the lines that the server names, each with its reason; empty: none is named."""
    return _by_number(refusal, lines) or _by_text(refusal, lines) or _by_conflict(refusal, lines)


def _by_number(refusal: LinesRefused, lines: Sequence[bytes]) -> dict[int, str]:
    data = refusal.document.get("data")
    named = {}
    for entry in data if isinstance(data, list) else [data]:
        if not isinstance(entry, dict):
            continue
        number = entry.get("line_number")
        if isinstance(number, int) and 1 <= number <= len(lines) and _is_that(entry, lines[number - 1]):
            named[number - 1] = str(entry.get("error_message", refusal.detail))
    return named


def _is_that(entry: dict[str, object], line: bytes) -> bool:
    """Return whether an entry means this line: what it quotes of it, if anything, is its beginning."""
    quoted = entry.get("original_line")
    return not isinstance(quoted, str) or line.startswith(quoted.rstrip("….").encode())


def _by_text(refusal: LinesRefused, lines: Sequence[bytes]) -> dict[int, str]:
    words = full_words(refusal).encode()
    if b"unable to parse '" not in words:
        return {}
    named = {}
    for place, line in enumerate(lines):
        _, mark, reason = words.partition(b"unable to parse '" + line + b"': ")
        if mark:
            named[place] = _DROPPED.sub("", reason.partition(b"\n")[0].decode(errors="replace")).strip()
    return named


def _by_conflict(refusal: LinesRefused, lines: Sequence[bytes]) -> dict[int, str]:
    """Return the lines of a field whose type differs from the server's, unless others may be meant.

    The type is fixed per shard of time there: lines of another shard may have been taken.
    """
    found = _CONFLICT.search(full_words(refusal))
    if found is None:
        return {}
    start = found["measurement"].encode()
    field = found["field"].encode() + b"="
    meant = [
        place
        for place, line in enumerate(lines)
        if line.startswith((start + b",", start + b" ")) and (b" " + field in line or b"," + field in line)
    ]
    return dict.fromkeys(meant, refusal.detail) if len(meant) == dropped(refusal) else {}
