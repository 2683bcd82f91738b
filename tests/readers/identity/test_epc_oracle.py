"""Our EPC decoder against another one (epcpy 0.1.8), over random EPCs of every scheme that both know.

Where epcpy deviates from the standard, and is no oracle therefore:
    - it knows no scheme of TDS 2.x;
    - it fails on many texts with characters that a URN escapes (`"%&/<>?`), counting or cutting the escape;
    - it ends the reference of a GIAI before a `:`;
    - it writes out the extension "0" of a location, which says that there is none (TDS §6.3.3).
"""

from random import Random

import pytest

from readers.identity.epc import decode_epc
from tests.support.epc_oracle import element_string
from tests.support.random_epcs import DRAWS

SERIAL_AI = {"01": "21", "414": "254"}


def our_words(epc: str) -> str:
    """Return the element string of what we read, with the extension "0" that epcpy would write."""
    identity = decode_epc(epc)
    serial = identity.serial or ("0" if identity.ai == "414" else None)
    text = f"({identity.ai}){identity.key}"
    return text if serial is None else f"{text}({SERIAL_AI[identity.ai]}){serial}"


@pytest.mark.parametrize("name", DRAWS)
def test_epcpy_reads_the_same(name: str) -> None:
    """Two decoders that share no line read the same key and serial in 500 random EPCs of each scheme."""
    rng = Random(name)
    for _ in range(500):
        epc = DRAWS[name](rng)
        assert decode_epc(epc).scheme == name
        assert our_words(epc) == element_string(epc), epc
