"""M100 frames built from the manual, without the product's encoder. Pure."""

from hypothesis import strategies as st

ENDS = {0xBB: 0x7E, 0xAA: 0xDD}


def m100_frame(frame_type: int, command: int, param: bytes = b"", header: int = 0xBB) -> bytes:
    """Return HDR TYPE CMD PLh PLl PARAM CS END."""
    body = bytes([frame_type, command, len(param) >> 8, len(param) & 0xFF]) + param
    return bytes([header]) + body + bytes([sum(body) % 256, ENDS[header]])


def genibus(data: bytes) -> int:
    """Return CRC-16/GENIBUS bit by bit: poly 1021, init FFFF, xorout FFFF, not reflected."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc ^ 0xFFFF


def m100_tag(epc: bytes, rssi: int = 0xC9, header: int = 0xBB) -> bytes:
    """Return the notice of one tag; `epc` is whole words."""
    pc_epc = (len(epc) // 2 << 11).to_bytes(2, "big") + epc
    return m100_frame(2, 0x22, bytes([rssi]) + pc_epc + genibus(pc_epc).to_bytes(2, "big"), header)


NO_TAG = m100_frame(1, 0xFF, b"\x15")

epcs = st.integers(1, 31).flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words))
tags = st.builds(m100_tag, epcs, st.integers(0, 255), st.sampled_from([0xBB, 0xAA]))
header_rich_bytes = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.sampled_from(
            [b"\xbb", b"\xaa", b"\xbb\x02\x22\x00\x11", b"\xbb\x01\xff\x00\xa0", b"\x7e", b"\xdd"]
        ),
    ),
    max_size=12,
).map(b"".join)
"""Garbage with many false headers in it, some of which claim long frames."""


@st.composite
def chunked(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    """Cut a stream into chunks, anywhere."""
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
