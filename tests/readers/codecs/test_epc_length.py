"""An EPC is as long as a tag's PC word can count, whatever length a sound frame claims (found by the fuzzer)."""

import pytest

from readers.observations import Read
from readers.registry import serial_kind
from readers.settings import RfidSettings
from simulators.devices import cf_frames, uhfreader_frames

NOW_NS = 1_795_255_200_000_000_000
FRAMES = {
    "uhfreader18": lambda epc: uhfreader_frames.answer(0, 0x01, 0x03, bytes((1, len(epc))) + epc),
    "cf": lambda epc: cf_frames.answer(0, 0x0001, 0x00, bytes((0xFD, 0xA8, 1, 0, len(epc))) + epc),
}


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize(("epc_bytes", "is_read"), [(0, 0), (2, 1), (3, 0), (62, 1), (64, 0), (120, 0)])
def test_an_epc_has_2_to_62_bytes(kind: str, epc_bytes: int, is_read: int) -> None:
    """One to 31 words are a read; a longer one would be no identifier that the gateway can keep."""
    session = serial_kind(kind).make(RfidSettings("reader-1"))
    session.opened(NOW_NS)
    seen = session.feed(FRAMES[kind](bytes(range(1, epc_bytes + 1))), NOW_NS).observations
    assert sum(isinstance(one, Read) for one in seen) == is_read
    assert session.frame_counts.is_conserved()
