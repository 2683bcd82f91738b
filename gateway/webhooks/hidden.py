"""What may be said of a receiver: its host, and nothing behind it. Pure."""

MAX_REASON_CHARS = 300
MIN_SECRET_CHARS = 2
"""A path such as "/" says nothing, and stands in every second word."""


def hidden(text: str, url: str, *secrets: str) -> str:
    """Return a text without the path and the query of a URL, which are a secret at a chat, and without these values."""
    path = url.partition("://")[2].partition("/")[2]
    for part in sorted((url, path, *secrets), key=len, reverse=True):
        if len(part) >= MIN_SECRET_CHARS:
            text = text.replace(part, "…")
    return text[:MAX_REASON_CHARS]
