"""Percent-encoding of web addresses (RFC 3986 §2.1), on text. Pure."""

import re

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_RESERVED = re.compile(r"[^A-Za-z0-9._~-]")


def decode_percent(text: str) -> str:
    """Return `text` with its escapes decoded as UTF-8; `+` stays, a broken escape stays as it is."""
    return _ESCAPES.sub(lambda run: _bytes_of(run.group()).decode("utf-8", "replace"), text)


def encode_percent(text: str) -> str:
    """Return `text` with all but unreserved characters escaped."""
    return _RESERVED.sub(lambda character: _escape(character.group()), text)


def _bytes_of(escapes: str) -> bytes:
    return bytes.fromhex(escapes.replace("%", ""))


def _escape(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "replace"))
