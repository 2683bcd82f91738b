"""A short run of the fuzzer, and what it would find. A long one: `make fuzz INPUTS=10000000`."""

from random import Random

import pytest

from readers.errors import Malformed
from tests.fuzz import run
from tests.fuzz.mutation import Mutator
from tests.fuzz.target import Target, held_bytes

INPUTS = 20_000


def test_no_decoder_falls_over_broken_inputs() -> None:
    """20,000 inputs: nothing but the documented error, counts conserved, bounds kept; each decoder decodes."""
    report = run.Fuzzer(run.TARGETS, seed=1).run(INPUTS)
    assert not report.crashes, "\n".join(report.crashes[:3])
    assert report.inputs.total() == INPUTS
    assert report.growth_bytes < run.MAX_GROWTH_BYTES
    assert [name for name, taken in report.taken.items() if not taken] == []


def test_the_same_seed_gives_the_same_inputs() -> None:
    """What a run found is found again, on any machine."""
    first, second = (Mutator(Random("7"), [b"seed", b"other"], (b"\n",)) for _ in range(2))
    assert [first.next() for _ in range(500)] == [second.next() for _ in range(500)]


class Faulty(Target):
    """A decoder with the faults that the fuzzer is there for."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    def next_input(self) -> bytes:
        return b"x" * 4_000

    def state(self) -> object:
        return self.kept

    def feed(self, data: bytes) -> None:
        self.kept.append(bytes(data) + bytes(len(self.kept)))
        if len(self.kept) == 50:
            raise Malformed("undocumented", "here it is none")


def test_an_exception_and_growth_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    """A decoder that raises, and keeps all that it gets, is reported for both, with its input."""
    report = run.Fuzzer({"faulty": lambda _: Faulty()}, seed=1).run(run.ROUND)
    assert len(report.crashes) == 2
    assert report.crashes[0].startswith("faulty, input 49: " + "78" * 100)
    assert "holds" in report.crashes[1]
    assert "Malformed" in capsys.readouterr().err


def test_what_is_held_is_weighed_through_objects() -> None:
    """A list in an attribute counts with all that is in it; classes and modules do not."""
    target = Faulty()
    before = held_bytes(target)
    target.kept = [bytes([n]) * 1_000 for n in range(100)]
    assert 100_000 < held_bytes(target) - before < 120_000
