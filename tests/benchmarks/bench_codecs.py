"""What it costs to decode, per frame of each serial reader and per EPC, in process, on one core.

Run as `python tests/benchmarks/bench_codecs.py`. Each session is set and started first, and then fed what
its reader would send: reports of one tag with a 96-bit EPC, 40 to a read of the port (some 1 KB, what
a loop finds after 80 ms of a full 115200 line), or single bytes, which is as bad as a wire can be. The
cost is that of the whole session: cutting, checksum, tag, Read, counts. `worth` is what share of a core
64 ports would take, each at the rate that its wire can carry at most. EPCs are the sample of each
scheme, decoded to their GS1 keys.
"""

import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from readers.errors import Malformed
from readers.identity.epc import decode_epc
from readers.observations import Read
from tests.support.figures import figure
from tests.support.reader_kinds import KINDS, NO_FAULTS, ReaderKind
from tests.support.reader_talk import ReaderTalk, S
from tests.support.vectors import vectors

FRAMES = 40
ROUNDS = 1_000
BYTEWISE_ROUNDS = 40
EPC_BYTES = 12
EPC_DECODES = 200_000
PORTS = 64
BITS_PER_BYTE = 10
BAUD = {"uhfreader288": 57_600, "uhfreader18": 57_600}
DEFAULT_BAUD = 115_200


def cost_per_frame_us(kind: ReaderKind, *, bytewise: bool) -> tuple[float, int]:
    """Return (microseconds, bytes) per report of one tag."""
    talk = ReaderTalk(kind.session(), kind.device(NO_FAULTS, 1))
    talk.run(10, tags=False)
    session, now_ns, rng = talk.session, talk.now_ns + S, Random(kind.name)
    reports = [kind.report([rng.randbytes(EPC_BYTES)], rng) for _ in range(FRAMES)]
    stream = b"".join(reports)
    pieces = [stream[n : n + 1] for n in range(len(stream))] if bytewise else [stream]
    rounds, reads = BYTEWISE_ROUNDS if bytewise else ROUNDS, 0
    best_s = float("inf")
    for _ in range(5):
        begin_s = time.process_time()
        for _ in range(rounds // 5):
            for piece in pieces:
                steps = session.feed(piece, now_ns)
                reads += len(steps.observations)
        best_s = min(best_s, time.process_time() - begin_s)
    assert reads >= rounds * FRAMES, "each frame is a read"
    assert all(isinstance(o, Read) for o in steps.observations)
    return best_s / (rounds // 5) / FRAMES * 1e6, len(stream) // FRAMES


def epc_decodes_per_s(texts: list[str]) -> float:
    """Return how many EPCs are decoded in a second."""
    best_s = float("inf")
    for _ in range(3):
        begin_s = time.process_time()
        for _ in range(EPC_DECODES // len(texts) // 3):
            for text in texts:
                decode_epc(text)
        best_s = min(best_s, time.process_time() - begin_s)
    return EPC_DECODES // len(texts) // 3 * len(texts) / best_s


def is_decodable(text: str) -> bool:
    """Return whether an EPC names a GS1 key."""
    try:
        decode_epc(text)
    except Malformed:
        return False
    return True


def measure() -> None:
    """Measure each kind, and the EPCs."""
    for kind in KINDS:
        cost_us, size = cost_per_frame_us(kind, bytewise=False)
        worst_us, _ = cost_per_frame_us(kind, bytewise=True)
        frames_per_s = BAUD.get(kind.kind, DEFAULT_BAUD) / BITS_PER_BYTE / size
        figure(f"decode a frame of {kind.name} ({size} bytes)", cost_us, "us")
        figure(f"decode a frame of {kind.name}, byte by byte", worst_us, "us")
        figure(
            f"worth of {PORTS} full lines of {kind.name}", PORTS * frames_per_s * cost_us / 1e4, "% of a core"
        )
    texts = [v["data"] for v in vectors("epc") if v["valid"] and is_decodable(v["data"])]
    sgtin_96 = [text for text in texts if text.startswith("30")]
    figure("decode EPCs, all schemes mixed", epc_decodes_per_s(texts), "EPCs/s")
    figure("decode EPCs, SGTIN-96", epc_decodes_per_s(sgtin_96), "EPCs/s")


if __name__ == "__main__":
    measure()
