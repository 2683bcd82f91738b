"""What every EPC scheme decodes to, and the characters GS1 allows in it. Pure."""

from dataclasses import dataclass

from readers.errors import Malformed
from readers.identity.percent import encode_percent

_SERIAL_AI = {"01": "21", "414": "254"}
GS1_CHARACTERS = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
"""The 82 characters of GS1 alphanumeric values (General Specifications, figure 7.11-1)."""


@dataclass(frozen=True, slots=True)
class EpcIdentity:
    """The GS1 key that a tag carries.

    `ai` and `key` are the key as an application identifier and its value; `gtin` (14 digits) is set
    for trade items. `serial` is AI 21 of a trade item, AI 254 of a location. `filter` is the tag's
    own hint (1 point of sale, 2 full case, 4 inner pack, 6 unit load). `date` is (AI, YYMMDD) of a
    DSGTIN.
    """

    scheme: str
    ai: str
    key: str
    filter: int
    gtin: str | None = None
    serial: str | None = None
    date: tuple[str, str] | None = None

    @property
    def digital_link_path(self) -> str:
        """Return the key as the path (and query) of a GS1 Digital Link, percent-encoded."""
        path = f"/{self.ai}/{encode_percent(self.key)}"
        if self.serial is not None:
            path += f"/{_SERIAL_AI[self.ai]}/{encode_percent(self.serial)}"
        return path if self.date is None else f"{path}?{self.date[0]}={self.date[1]}"


def check_serial(serial: str) -> str:
    """Return `serial`. Raises Malformed `epc_serial` when it is empty or has foreign characters."""
    if not serial or not GS1_CHARACTERS.issuperset(serial):
        raise Malformed("epc_serial", f"serial {serial!r}")
    return serial


def location_extension(extension: str) -> str | None:
    """Return the extension of a location's GLN; "0" says that it has none (TDS §6.3.3)."""
    return None if extension == "0" else extension
