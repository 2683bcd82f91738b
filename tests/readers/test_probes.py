"""The questions that find readers are harmless, and every serial reader kind is among those found."""

import pytest

from readers.codecs import cf, m100, r2000, uhfreader
from readers.describe.registry import STREAM_KINDS
from readers.probes import PROBES, bauds, is_answered
from readers.registry import SERIAL_KINDS

ONLY_LOOK = {
    "cf": {cf.Command.INFO, cf.Command.GET_PARAMETERS},
    "m100": {m100.Command.INFO, m100.Command.GET_REGION, m100.Command.GET_POWER},
    "r2000": {
        r2000.Command.INFO,
        r2000.Command.GET_POWER,
        r2000.Command.GET_REGION,
        r2000.Command.TEMPERATURE,
    },
    "uhfreader288": {uhfreader.Command.INFO},
}
"""The commands of each protocol that read and change nothing, by its manual."""


def questions(kind: str) -> list[bytes]:
    return [ask for knock in PROBES[kind].knocks for ask in (knock.ask, *knock.then)]


def test_every_serial_reader_can_be_found() -> None:
    """Each kind of RFID reader that a site may name has a probe; UHFReader18 and 288 share theirs."""
    assert {*PROBES, "uhfreader18", "scanner"} == set(SERIAL_KINDS)


@pytest.mark.parametrize("kind", sorted(PROBES))
def test_a_probe_only_looks(kind: str) -> None:
    """Every question of a probe is an intact command that reads and changes nothing."""
    for question in questions(kind):
        (line,) = STREAM_KINDS[kind].make().feed(question)
        code = line.get("cmd_code", line["cmd"])
        assert line["frame"] == "command"
        assert code in ONLY_LOOK[kind]


@pytest.mark.parametrize("kind", sorted(PROBES))
def test_a_question_is_no_answer(kind: str) -> None:
    """An adapter that echoes our own words is not taken for a reader."""
    for question in questions(kind):
        assert not is_answered(PROBES[kind], STREAM_KINDS[kind].make().feed(question))


@pytest.mark.parametrize("kind", sorted(PROBES))
def test_no_protocol_takes_the_words_of_another(kind: str) -> None:
    """No question of one protocol is a frame of another."""
    for other in set(PROBES) - {kind}:
        for question in questions(other):
            lines = STREAM_KINDS[kind].make().feed(question)
            assert not [line for line in lines if "dropped" not in line]


def test_the_default_baud_of_each_kind_is_tried() -> None:
    """A reader as its maker ships it is found."""
    for kind in ("cf", "m100", "r2000", "uhfreader288"):
        assert SERIAL_KINDS[kind].default_baud in PROBES[kind].bauds
    assert set(bauds()) == {baud for probe in PROBES.values() for baud in probe.bauds}
