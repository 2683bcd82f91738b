"""The bytes after a command's code, as named fields: small decoders to build tables from. Pure.

A decoder that finds other bytes than it knows gives them as hex, under `data`: a capture is shown as it is.
"""

from collections.abc import Callable, Mapping

from readers.codecs.json_payload import Json
from readers.describe.lines import Line

Fields = Callable[[bytes], Line]


def unknown(data: bytes) -> Line:
    """Return the bytes as they are; nothing where there are none."""
    return {"data": data.hex().upper()} if data else {}


def uint(name: str, size: int = 1, scale: int = 1) -> Fields:
    """Return the decoder of one whole number, most significant byte first, times `scale`."""

    def fields(data: bytes) -> Line:
        return {name: int.from_bytes(data, "big") * scale} if len(data) == size else unknown(data)

    return fields


def coded(name: str, meanings: Mapping[int, str], label: str) -> Fields:
    """Return the decoder of a one-byte code: its number as `name`, what it means as `label`."""

    def fields(data: bytes) -> Line:
        if len(data) != 1:
            return unknown(data)
        line: Line = {name: data[0]}
        if data[0] in meanings:
            line[label] = meanings[data[0]]
        return line

    return fields


def text(name: str) -> Fields:
    """Return the decoder of a device's text: ASCII, its control characters and padding left out."""
    return lambda data: {name: printable(data)}


def printable(raw: bytes) -> str:
    """Return the printable ASCII of `raw`, without the padding around it."""
    return "".join(chr(byte) for byte in raw if 0x20 <= byte < 0x7F).strip()


def epc_and_rest(data: bytes, rest: str = "data") -> Line:
    """Return the fields of `UL PC(2) EPC[UL-2] …`: which tag an answer is about."""
    ul = data[0] if data else 0
    if not 2 <= ul < len(data) or ul % 2:
        return unknown(data)
    line: Line = {"ul": ul, "pc": data[1:3].hex().upper(), "epc": data[3 : ul + 1].hex().upper()}
    if data[ul + 1 :]:
        line[rest] = data[ul + 1 :].hex().upper()
    return line


def merged(*parts: Mapping[str, Json]) -> Line:
    """Return one line of several parts, in order."""
    return {name: value for part in parts for name, value in part.items()}
